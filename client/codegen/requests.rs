//! The pass over the builders of requests.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use quote::quote;
use syn::{
    Expr, Fields, FnArg, Generics, Ident, ImplItem, ImplItemFn, Item, ItemMod, ItemStruct, LitStr,
    PathArguments, ReturnType, Stmt, Type, parse_quote,
};

use super::rust::{first_argument, last_ident, unexpected};

/// What the copy of the description that progenitor gets does not say of an operation;
/// see `description::as_called`.
pub(super) struct Operation {
    /// The arguments that `send` refuses to go without, though the builder takes them
    /// for optional.
    pub(super) required: Vec<Ident>,
    /// The query parameters that are called other than on the wire.
    pub(super) renamed: Vec<(String, String)>,
}

/// The operations by the name of the builder of each.
pub(super) type Operations = BTreeMap<String, Operation>;

/// Changes the builders of requests, see the functions that it calls, and returns the
/// types of the responses.
pub(super) fn requests(module: &mut ItemMod, operations: &Operations) -> Result<Vec<Type>, String> {
    let mut builders = BTreeMap::new();
    let mut responses = Vec::new();
    let Some((_, items)) = &mut module.content else {
        return Err(unexpected("`builder` is empty"));
    };
    items.retain(
        |item| !matches!(item, Item::Use(one) if quote!(#one).to_string().contains("ClientHooks")),
    );
    items.push(parse_quote!(
        use crate::transport::request::{QueryParam, Unusable as Error, encode_path};
    ));
    for item in items {
        match item {
            Item::Struct(request) => {
                owned(request)?;
                builders.insert(request.ident.to_string(), request.fields.clone());
            }
            Item::Impl(block) => {
                block.generics = Generics::default();
                without_lifetime(&mut block.self_ty);
                let name = last_ident(&block.self_ty).map(Ident::to_string);
                let name = name.unwrap_or_default();
                let known = operations.get(&name).zip(builders.get(&name));
                let Some((operation, fields)) = known else {
                    return Err(unexpected(&format!(
                        "`{name}` is no builder of an operation"
                    )));
                };
                for item in &mut block.items {
                    let ImplItem::Fn(function) = item else {
                        continue;
                    };
                    match function.sig.ident.to_string().as_str() {
                        "new" => new(function),
                        "send" => {
                            let value = send(function, operation, &name.to_snake_case());
                            let what = "`send` makes no `request` before it tells its hooks";
                            responses.push(value.ok_or_else(|| unexpected(what))?);
                        }
                        _ => setter(function, fields),
                    }
                }
            }
            _ => {}
        }
    }
    let (builders, sends, operations) = (builders.len(), responses.len(), operations.len());
    if (builders, sends) != (operations, operations) {
        let found = format!("{builders} builders with {sends} `send` for {operations} operations");
        return Err(unexpected(&found));
    }
    Ok(responses)
}

/// Lets a request own its client, so that it can be returned and spawned; warns of one
/// that is never sent; and lets the rest of the crate read what it asks for: the pager
/// goes on from its page and size.
fn owned(request: &mut ItemStruct) -> Result<(), String> {
    request.generics = Generics::default();
    request
        .attrs
        .push(parse_quote!(#[must_use = "a request does nothing until it is sent"]));
    let mut has_client = false;
    for field in &mut request.fields {
        field.vis = parse_quote!(pub(crate));
        if let Type::Reference(reference) = &field.ty {
            field.ty = (*reference.elem).clone();
            has_client = true;
        }
    }
    let name = &request.ident;
    has_client
        .then_some(())
        .ok_or_else(|| unexpected(&format!("`{name}` has no client")))
}

/// `Request<'_>` as `Request`.
pub(super) fn without_lifetime(of: &mut Type) {
    if let Type::Path(path) = of
        && let Some(last) = path.path.segments.last_mut()
    {
        last.arguments = PathArguments::None;
    }
}

/// Lets `send` hand its request to our transport, and return our response or our error.
/// The generated one would print whole bodies and headers, make every caller convert its
/// error, and read each response a second time.
///
/// Returns the type of the body.
fn send(function: &mut ImplItemFn, known: &Operation, operation: &str) -> Option<Type> {
    let ReturnType::Type(_, outcome) = &function.sig.output else {
        return None;
    };
    let value = first_argument(first_argument(outcome)?)?.clone();
    let mut request = std::mem::take(&mut function.block.stmts);
    request.truncate(request.iter().position(|one| binds(one, "info"))?);
    let sent = request.iter_mut().find(|one| binds(one, "request"))?;
    wire_names(sent, &known.renamed);
    let required = &known.required;
    // The version of the *description* is not for OCP.
    request.retain(|one| !quote!(#one).to_string().contains("\"api-version\""));
    function.block = parse_quote!({
        #(
            if matches!(self.#required, Ok(None)) {
                return Err(crate::Error::argument(crate::error::missing(stringify!(#required))));
            }
        )*
        let request = move || -> Result<_, Error> {
            #(#request)*
            Ok((client, request))
        };
        let (client, request) = request()?;
        client.call(request, #operation).await
    });
    function.sig.output = parse_quote!(-> Result<crate::Response<#value>, crate::Error>);
    Some(value)
}

/// Gives query parameters their names on the wire back, in a chain of `.query(…)`.
fn wire_names(sent: &mut Stmt, renamed: &[(String, String)]) {
    let Stmt::Local(syn::Local {
        init: Some(init), ..
    }) = sent
    else {
        return;
    };
    let mut link = &mut *init.expr;
    loop {
        link = match link {
            Expr::Try(fallible) => &mut fallible.expr,
            Expr::MethodCall(call) => {
                let name = call.args.first_mut().and_then(name_of_parameter);
                if let Some(name) = name
                    && let Some((_, wire)) = renamed.iter().find(|(one, _)| *one == name.value())
                {
                    *name = LitStr::new(wire, name.span());
                }
                &mut call.receiver
            }
            _ => return,
        };
    }
}

/// The name in `&QueryParam::new("name", &value)`.
fn name_of_parameter(argument: &mut Expr) -> Option<&mut LitStr> {
    let Expr::Reference(reference) = argument else {
        return None;
    };
    let Expr::Call(call) = &mut *reference.expr else {
        return None;
    };
    match call.args.first_mut()? {
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(name),
            ..
        }) => Some(name),
        _ => None,
    }
}

/// Whether a statement is `let name = …`.
fn binds(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Local(local)
        if matches!(&local.pat, syn::Pat::Ident(bound) if bound.ident == name))
}

/// Lets a request begin with a clone of the client. And says which argument
/// is missing: `generate` refuses progenitor's.
fn new(new: &mut ImplItemFn) {
    new.vis = parse_quote!(pub(crate));
    let Some(Stmt::Expr(Expr::Struct(request), None)) = new.block.stmts.last_mut() else {
        return;
    };
    for field in &mut request.fields {
        let syn::Member::Named(name) = &field.member else {
            continue;
        };
        let is_missing = matches!(&field.expr, Expr::Call(call)
            if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")));
        if name == "client" {
            field.expr = parse_quote!(client.clone());
        } else if is_missing {
            let name = name.to_string();
            field.expr = parse_quote!(Err(crate::error::missing(#name)));
        }
    }
    for input in &mut new.sig.inputs {
        if let FnArg::Typed(client) = input
            && let Type::Reference(reference) = &mut *client.ty
        {
            reference.lifetime = None;
        }
    }
}

/// Lets a list be given as anything that iterates over values like its items; other
/// values say themselves what is wrong with them.
fn setter(setter: &mut ImplItemFn, fields: &Fields) {
    let name = setter.sig.ident.clone();
    let field = fields
        .iter()
        .find(|field| field.ident.as_ref() == Some(&name));
    let Some(value) = field.and_then(|field| first_argument(&field.ty)) else {
        return;
    };
    let is = |of: &Type, name: &str| last_ident(of).is_some_and(|ident| ident == name);
    let (list, is_optional) = match first_argument(value) {
        Some(inner) if is(value, "Option") => (inner, true),
        _ => (value, false),
    };
    let Some(item) = first_argument(list).filter(|_| is(list, "Vec")) else {
        return unusable_argument(setter);
    };
    let mut values: Expr = parse_quote!(values.into_iter().map(Into::into).collect());
    if is_optional {
        values = parse_quote!(Some(#values));
    }
    let (attributes, visibility) = (&setter.attrs, &setter.vis);
    *setter = parse_quote! {
        #(#attributes)*
        #visibility fn #name<I>(mut self, values: I) -> Self
        where
            I: IntoIterator,
            I::Item: Into<#item>,
        {
            self.#name = Ok(#values);
            self
        }
    };
}

/// Says what the value itself says is wrong with it: `generate` refuses
/// progenitor's. Rust's own message for a number that does not fit is not for people.
fn unusable_argument(setter: &mut ImplItemFn) {
    let name = setter.sig.ident.to_string();
    let Some(Stmt::Expr(Expr::Assign(assignment), _)) = setter.block.stmts.first_mut() else {
        return;
    };
    let Expr::MethodCall(call) = &mut *assignment.right else {
        return;
    };
    if call.method != "map_err" {
        return;
    }
    let message = &call.args;
    let message = quote!(#message).to_string();
    let bits = ["32", "64"]
        .into_iter()
        .find(|bits| message.contains(&format!("`i{bits}`")));
    let handler: Expr = if let Some(bits) = bits {
        let message = format!("it must be a signed {bits}-bit integer");
        parse_quote!(|_| crate::error::unusable(#name, #message))
    } else {
        let clause = setter.sig.generics.make_where_clause();
        clause
            .predicates
            .push(parse_quote!(V::Error: std::fmt::Display));
        parse_quote!(|error| crate::error::unusable(#name, error))
    };
    call.args = std::iter::once(handler).collect();
}
