//! Requests: the arguments and their types are progenitor's, what is sent is ours.
//!
//! The requests of progenitor fail with whole bodies and headers, show its tokens to people,
//! send a blank as `+`, and read each response a second time.

use std::collections::BTreeMap;

use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Block, Expr, Field, Ident, ImplItemFn, Item, ItemMod, Type, parse_quote};

use super::operation::{Operation, component, ident};

/// Fills the module of the requests anew.
///
/// # Errors
///
/// A sentence, if progenitor gives a request other arguments than the description.
pub(super) fn requests(module: &mut ItemMod, operations: &[Operation<'_>]) -> Result<(), String> {
    let (_, items) = module.content.get_or_insert_default();
    let structs = std::mem::replace(
        items,
        vec![parse_quote!(
            use super::types;
        )],
    );
    let structs = structs.into_iter().filter_map(|item| match item {
        Item::Struct(item) => Some((item.ident, item.fields)),
        _ => None,
    });
    let structs: BTreeMap<Ident, syn::Fields> = structs.collect();
    for operation in operations {
        let fields = structs.get(&operation.request()).into_iter().flatten();
        // The client is borrowed.
        let fields = fields.filter(|field| !matches!(field.ty, Type::Reference(_)));
        let arguments: Option<Vec<_>> = fields
            .map(|field| Argument::new(operation, field))
            .collect();
        let arguments = arguments.filter(|all| all.len() == operation.parameters.len());
        let arguments = arguments
            .ok_or_else(|| format!("progenitor has other arguments of `{}`", operation.id))?;
        items.extend(request(operation, &arguments).items);
    }
    Ok(())
}

/// The methods of the client that begin a request.
pub(super) fn client(operations: &[Operation<'_>]) -> Item {
    let methods = operations.iter().map(|operation| {
        let (name, request) = (operation.function(), operation.request());
        let (method, path) = (operation.method.to_uppercase(), operation.path);
        let sends = format!("Sends a `{method}` request to `{path}`.");
        let docs = ["summary", "description"].map(|key| operation.node[key].as_str());
        let docs = docs.into_iter().flatten().chain([sends.as_str()]);
        let docs = docs.collect::<Vec<_>>().join("\n\n");
        quote! {
            #[doc = #docs]
            pub fn #name(&self) -> builder::#request {
                builder::#request::new(self)
            }
        }
    });
    parse_quote!(impl crate::Client { #(#methods)* })
}

/// An argument of a request.
struct Argument<'a> {
    name: Ident,
    of: Type,
    /// True if the wire requires it: callers may leave out `page` and `size`, because the
    /// pager sets them.
    is_required: bool,
    parameter: &'a Value,
}

impl<'a> Argument<'a> {
    fn new(operation: &'a Operation<'_>, field: &Field) -> Option<Self> {
        let name = field.ident.clone()?;
        let is_it = |one: &&Value| one["name"].as_str().is_some_and(|one| ident(one) == name);
        let parameter = operation.parameters.iter().find(is_it)?;
        let is_required = parameter["required"] == true;
        let of = match (component(&parameter["schema"]), first_argument(&field.ty)?) {
            // Progenitor takes the builder of a body.
            (Some(body), _) if parameter["in"] == "body" => parse_quote!(types::#body),
            (_, of) if is_required => of.clone(),
            (_, optional) => first_argument(optional)?.clone(),
        };
        let required = operation.node["x-list"]["required"].as_array();
        let mut required = required.into_iter().flatten();
        Some(Self {
            is_required: is_required || required.any(|one| *one == parameter["name"]),
            name,
            of,
            parameter,
        })
    }

    /// The name on the wire.
    fn wire(&self) -> &str {
        let names = ["x-wire-name", "name"].map(|key| self.parameter[key].as_str());
        names.into_iter().flatten().next().unwrap_or_default()
    }

    /// A list is given as anything that iterates over values like its items. Other values say
    /// themselves what is wrong with them; Rust's own message for a number is not for people.
    fn setter(&self) -> ImplItemFn {
        let (name, of, text) = (&self.name, &self.of, self.name.to_string());
        let doc = self.parameter["description"].as_str().unwrap_or_default();
        let schema = &self.parameter["schema"];
        if schema["type"] == "array" {
            let item = first_argument(of);
            return parse_quote! {
                #[doc = #doc]
                pub fn #name<I>(mut self, values: I) -> Self
                where
                    I: IntoIterator,
                    I::Item: Into<#item>,
                {
                    self.#name = Ok(Some(values.into_iter().map(Into::into).collect()));
                    self
                }
            };
        }
        let mut bound = Some(quote!(V::Error: std::fmt::Display,));
        let mut reason = quote!(|error| crate::error::unusable(#text, error));
        if schema["type"] == "integer" {
            let bits = if schema["format"] == "int32" { 32 } else { 64 };
            let message = format!("it must be a signed {bits}-bit integer");
            (bound, reason) = (None, quote!(|_| crate::error::unusable(#text, #message)));
        }
        parse_quote! {
            #[doc = #doc]
            pub fn #name<V>(mut self, value: V) -> Self
            where
                V: TryInto<#of>,
                #bound
            {
                self.#name = value.try_into().map(Some).map_err(#reason);
                self
            }
        }
    }

    /// The value, if `send` does not fail for it.
    fn value(&self) -> Expr {
        let (name, text) = (&self.name, self.name.to_string());
        let missing = quote!(crate::Error::argument(crate::error::missing(#text)));
        let required = self.is_required.then(|| quote!(.ok_or_else(|| #missing)?));
        parse_quote!(self.#name.map_err(crate::Error::argument)? #required)
    }
}

fn request(operation: &Operation<'_>, arguments: &[Argument<'_>]) -> syn::File {
    let (name, function) = (operation.request(), operation.function());
    let doc = format!("A request of [`Client::{function}`](crate::Client::{function}).");
    let response = &operation.response;
    let names: Vec<&Ident> = arguments.iter().map(|one| &one.name).collect();
    let types = arguments.iter().map(|one| &one.of);
    let setters = arguments.iter().map(Argument::setter);
    let send = send(operation, arguments);
    parse_quote! {
        #[doc = #doc]
        #[derive(Debug, Clone)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #name {
            pub(crate) client: crate::Client,
            #(pub(crate) #names: Result<Option<#types>, String>,)*
        }

        impl #name {
            pub(crate) fn new(client: &crate::Client) -> Self {
                Self { client: client.clone(), #(#names: Ok(None),)* }
            }

            #(#setters)*

            /// Sends the request.
            ///
            /// # Errors
            ///
            /// If an argument is missing or unusable, or there is no success.
            pub async fn send(self) -> Result<crate::Response<types::#response>, crate::Error> #send
        }
    }
}

/// Makes the request and hands it to the transport.
fn send(operation: &Operation<'_>, arguments: &[Argument<'_>]) -> Block {
    let to = |place: &'static str| {
        let arguments = arguments.iter();
        arguments.filter(move |one| one.parameter["in"] == place)
    };
    let in_path = to("path").map(|one| {
        let name = format_ident!("{}", one.parameter["name"].as_str().unwrap_or_default());
        let value = one.value();
        quote!(#name = crate::transport::request::encode_path(&#value.to_string()))
    });
    let query = to("query").map(|one| {
        let (wire, value) = (one.wire(), one.value());
        quote!(.query(#wire, &#value))
    });
    let headers = to("header").map(|one| {
        let (wire, value) = (one.wire(), one.value());
        let value = if one.is_required {
            quote!(Some(#value))
        } else {
            quote!(#value)
        };
        quote! {
            if let Some(value) = #value {
                request = request.header(#wire, &value.to_string())?;
            }
        }
    });
    let body = to("body").map(Argument::value);
    let template = format!("{{}}{}", operation.path);
    let method = format_ident!("{}", operation.method.to_uppercase());
    let name = operation.function().to_string();
    parse_quote!({
        let url = format!(#template, self.client.baseurl, #(#in_path),*);
        let request = crate::transport::request::RequestBuilder::new(::http::Method::#method, url);
        let mut request = request.header("accept", "application/json")?;
        #(#headers)*
        let request = request #(#query)* #(.json(&#body))* .build()?;
        self.client.call(request, #name).await
    })
}

/// The first generic argument of a type.
fn first_argument(generic: &Type) -> Option<&Type> {
    let Type::Path(path) = generic else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(first) => Some(first),
        _ => None,
    }
}
