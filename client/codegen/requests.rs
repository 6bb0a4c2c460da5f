//! The pass over the builders of requests.

use std::collections::BTreeMap;

use quote::quote;
use syn::{Expr, Ident, ImplItem, Item, ItemMod, ReturnType, Stmt, parse_quote};

use super::rust::{first_argument, last_ident};
use super::unexpected;

/// The arguments that `send` refuses to go without, though the builder takes them
/// for optional, by the name of each builder; see `description::as_called`.
pub(super) type Required = BTreeMap<String, Vec<Ident>>;

/// Changes the builders of requests; see the functions that it calls.
pub(super) fn requests(module: &mut ItemMod, required: &Required) -> Result<(), String> {
    let (mut builders, mut sends) = (0, 0);
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        match item {
            Item::Struct(request) => {
                builders += 1;
                readable(request);
            }
            Item::Impl(block) => {
                let name = last_ident(&block.self_ty).map(Ident::to_string);
                let required = name.and_then(|name| required.get(&name));
                let required = required.map_or(&[][..], Vec::as_slice);
                for item in &mut block.items {
                    let ImplItem::Fn(function) = item else {
                        continue;
                    };
                    match function.sig.ident.to_string().as_str() {
                        "new" => missing_arguments(function),
                        "send" => {
                            sends += 1;
                            one_error(function, required)
                                .ok_or_else(|| unexpected("`send` returns no `Result`"))?;
                        }
                        _ => unusable_argument(function),
                    }
                }
            }
            _ => {}
        }
    }
    let operations = required.len();
    if (builders, sends) != (operations, operations) {
        let found = format!("{builders} builders with {sends} `send` for {operations} operations");
        return Err(unexpected(&found));
    }
    Ok(())
}

/// Warns of a request that is never sent, and lets the rest of the crate read
/// what it asks for: the pager goes on from its page and size.
fn readable(request: &mut syn::ItemStruct) {
    request
        .attrs
        .push(parse_quote!(#[must_use = "a request does nothing until it is sent"]));
    for field in &mut request.fields {
        field.vis = parse_quote!(pub(crate));
    }
}

/// Lets `send` fail with the crate's own error. The generated one prints whole
/// bodies and headers, and would make every caller convert it.
fn one_error(function: &mut syn::ImplItemFn, required: &[Ident]) -> Option<()> {
    let ReturnType::Type(_, outcome) = function.sig.output.clone() else {
        return None;
    };
    let success = first_argument(&outcome)?;
    let value = first_argument(success)?;
    let body = &function.block;
    function.block = parse_quote!({
        #(
            if matches!(self.#required, Ok(None)) {
                return Err(crate::Error::argument(crate::error::missing(stringify!(#required))));
            }
        )*
        let client = self.client;
        let outcome: #outcome = async move #body.await;
        outcome.map_err(|error| crate::Error::from_generated::<#value, _>(error, client))
    });
    function.sig.output = parse_quote!(-> Result<#success, crate::Error>);
    Some(())
}

/// Says in our words which argument is missing: `generate` refuses progenitor's.
fn missing_arguments(new: &mut syn::ImplItemFn) {
    let Some(Stmt::Expr(Expr::Struct(request), None)) = new.block.stmts.last_mut() else {
        return;
    };
    for field in &mut request.fields {
        let is_missing = matches!(&field.expr, Expr::Call(call)
            if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")));
        if let (true, syn::Member::Named(name)) = (is_missing, &field.member) {
            let name = name.to_string();
            field.expr = parse_quote!(Err(crate::error::missing(#name)));
        }
    }
}

/// Says in the words of the value what is wrong with it: `generate` refuses
/// progenitor's. Rust's own words for a number that does not fit are not for people.
fn unusable_argument(setter: &mut syn::ImplItemFn) {
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
    let words = &call.args;
    let words = quote!(#words).to_string();
    let bits = ["32", "64"]
        .into_iter()
        .find(|bits| words.contains(&format!("`i{bits}`")));
    let handler: Expr = if let Some(bits) = bits {
        let words = format!("it must be a signed {bits}-bit integer");
        parse_quote!(|_| crate::error::unusable(#name, #words))
    } else {
        let clause = setter.sig.generics.make_where_clause();
        clause
            .predicates
            .push(parse_quote!(V::Error: std::fmt::Display));
        parse_quote!(|error| crate::error::unusable(#name, error))
    };
    call.args = std::iter::once(handler).collect();
}
