//! Requests, written from the description.
//!
//! The requests of progenitor fail with whole bodies and headers, show its tokens to people,
//! send a blank as `+`, and read each response a second time.

use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Block, Expr, Ident, ImplItemFn, Type, parse_quote};

use super::names::rust_type;
use super::operation::{Operation, ident, requires};

/// An argument of a request.
struct Argument<'a> {
    name: Ident,
    of: Type,
    /// The type of an item, if it is a list.
    item: Option<Type>,
    /// True if the wire requires it: callers may leave out `page` and `size`, because the
    /// pager sets them.
    is_required: bool,
    parameter: &'a Value,
}

impl<'a> Argument<'a> {
    fn new(operation: &'a Operation<'_>, parameter: &'a Value) -> Result<Self, String> {
        let schema = &parameter["schema"];
        let item = (schema["type"] == "array").then(|| rust(&schema["items"]));
        let name = parameter["name"].as_str().unwrap_or_default();
        Ok(Self {
            name: ident(name),
            of: rust(schema)?,
            item: item.transpose()?,
            is_required: parameter["required"] == true || requires(&operation.node["x-list"], name),
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
        if let Some(item) = &self.item {
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
        let schema = &self.parameter["schema"];
        let mut bound = Some(quote!(V::Error: std::fmt::Display,));
        let mut reason = quote!(|error| crate::Error::configuration(#text, error));
        if schema["type"] == "integer" {
            let bits = if schema["format"] == "int32" { 32 } else { 64 };
            let message = format!("it must be a signed {bits}-bit integer");
            (bound, reason) = (
                None,
                quote!(|_| crate::Error::configuration(#text, #message)),
            );
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
        let required = self
            .is_required
            .then(|| quote!(.ok_or_else(|| crate::error::missing(#text))?));
        parse_quote!(self.#name? #required)
    }
}

/// The method of the client that begins a request, the type of the request, and its methods.
///
/// # Errors
///
/// A sentence, if an argument has no type in Rust.
pub(super) fn request(operation: &Operation<'_>) -> Result<syn::File, String> {
    let parameters = operation.parameters.iter();
    let arguments = parameters.map(|one| Argument::new(operation, one));
    let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
    let (name, function) = (operation.request(), operation.function());
    let (method, path) = (operation.method.to_uppercase(), operation.path);
    let sends = format!("Sends a `{method}` request to `{path}`.");
    let docs = ["summary", "description"].map(|key| operation.node[key].as_str());
    let docs = docs.into_iter().flatten().chain([sends.as_str()]);
    let docs = docs.collect::<Vec<_>>().join("\n\n");
    let doc = format!("A request of [`Client::{function}`](crate::Client::{function}).");
    let response = &operation.response;
    let names: Vec<&Ident> = arguments.iter().map(|one| &one.name).collect();
    let types = arguments.iter().map(|one| &one.of);
    let setters = arguments.iter().map(Argument::setter);
    let send = send(operation, &arguments);
    Ok(parse_quote! {
        impl crate::Client {
            #[doc = #docs]
            pub fn #function(&self) -> #name {
                #name { client: self.clone(), #(#names: Ok(None),)* }
            }
        }

        #[doc = #doc]
        #[derive(Debug, Clone)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #name {
            pub(crate) client: crate::Client,
            #(pub(crate) #names: Result<Option<#types>, crate::Error>,)*
        }

        impl #name {
            #(#setters)*

            /// Sends the request.
            ///
            /// # Errors
            ///
            /// If an argument is missing or unusable, or there is no success.
            pub async fn send(self) -> Result<crate::Response<types::#response>, crate::Error> #send
        }
    })
}

/// Makes the request and hands it to the transport.
fn send(operation: &Operation<'_>, arguments: &[Argument<'_>]) -> Block {
    let of_path = |one: &&Argument<'_>| one.parameter["in"] == "path";
    let in_path = arguments.iter().filter(of_path).map(|one| {
        let name = format_ident!("{}", one.parameter["name"].as_str().unwrap_or_default());
        let value = one.value();
        quote!(#name = crate::transport::request::encode_path(&#value.to_string()))
    });
    let parts = arguments.iter().filter_map(|one| {
        let (wire, value) = (one.wire(), one.value());
        Some(match one.parameter["in"].as_str()? {
            "query" => quote!(.query(#wire, &#value)),
            "header" => quote!(.header(#wire, &#value)),
            "body" => quote!(.json(&#value)),
            _ => return None,
        })
    });
    let template = format!("{{}}{}", operation.path);
    let method = format_ident!("{}", operation.method.to_uppercase());
    let name = operation.function().to_string();
    parse_quote!({
        let url = format!(#template, self.client.baseurl, #(#in_path),*);
        let request = crate::transport::request::RequestBuilder::new(::http::Method::#method, url);
        let request = request #(#parts)* .build()?;
        self.client.call(request, #name).await
    })
}

/// The type of a value of this schema.
fn rust(schema: &Value) -> Result<Type, String> {
    let name = rust_type(schema);
    syn::parse_str(&name).map_err(|error| format!("`{name}` is no type: {error}"))
}
