//! What lets every operation that lists something be paged through.

use heck::ToUpperCamelCase;
use quote::format_ident;
use serde_json::Value;
use syn::{Ident, Type, parse_quote};

use super::description::{PAGING, list, operations};
use super::parameters::snake;
use super::rust::{argument_of, field_of, first_argument, in_types, send_of, spelled, unexpected};

/// Lets every operation that lists something be paged through, by `src/pager.rs`.
pub(super) fn lists(spec: &Value, file: &mut syn::File) -> Result<(), String> {
    for (item, operation, id) in operations(spec) {
        let Some(list) = list(spec, item, operation) else {
            continue;
        };
        let request = format_ident!("{}", id.to_upper_camel_case());
        let data = send_of(file, &request)
            .and_then(|envelope| field_of(file, envelope, "data"))
            .ok_or_else(|| unexpected(&format!("`{request}` has no `data` to page through")))?;
        let row = field_of(file, data, "contents")
            .and_then(first_argument)
            .ok_or_else(|| unexpected(&format!("`{request}` lists no rows")))?;
        is_paged(file, &request, data)
            .map_err(|what| format!("`{id}` cannot be read page by page: {what}"))?;
        let (data, row) = (in_types(data), in_types(row));
        let page = list.has_page.then(|| format_ident!("page"));
        let identity = identity_of(file, &row, &list.identity)
            .map_err(|what| format!("the `x-identity` of the rows of `{id}` {what}"))?;
        let filters = list.filters.iter().map(|name| method(name));
        file.items.push(parse_quote! {
            crate::pager::paged_list! {
                #request, #data, #row,
                info: [#page], identity: [#(#identity)*], filters: [#(#filters)*]
            }
        });
    }
    Ok(())
}

/// The members that make a row the same, which `src/pager.rs` hashes; of an id that cannot
/// be hashed none.
fn identity_of(file: &syn::File, row: &Type, names: &[String]) -> Result<Vec<Ident>, String> {
    let mut members = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let member = method(name);
        let of = field_of(file, row, &member.to_string()).map(spelled);
        let of = of.ok_or_else(|| format!("names `{name}`, which they do not have"))?;
        let inner = of.split("Option<").last().unwrap_or_default();
        let is_hashed = ["i64", "i32", "bool", "String", "DateTime<"]
            .iter()
            .any(|known| inner.contains(known) && !inner.contains("Vec<"));
        match (is_hashed, index) {
            (false, 0) if names.len() == 1 => return Ok(Vec::new()),
            (false, _) => return Err(format!("names `{name}`, which is no plain value")),
            (true, 1) if !of.contains("Option<") => {
                return Err(format!("names `{name}` second, which must be optional"));
            }
            (true, _) => members.push(member),
        }
    }
    Ok(members)
}

/// Refuses a list that `src/pager.rs` cannot read.
fn is_paged(file: &syn::File, request: &Ident, data: &Type) -> Result<(), String> {
    let spelled_as = |of: Option<&Type>| of.map(spelled).unwrap_or_default();
    for name in PAGING {
        if spelled_as(argument_of(file, request, name)) != "Result<Option<i64>,String>" {
            return Err(format!(
                "the parameter `{name}` must be an integer of 64 bits"
            ));
        }
    }
    let contents = spelled_as(field_of(file, data, "contents"));
    if !contents.starts_with("::std::vec::Vec<") || contents.contains("Option<") {
        return Err("`data.contents` must be a required array, without null".to_owned());
    }
    match field_of(file, data, "page").map(spelled) {
        Some(page) if page != "::std::option::Option<PageInfo>" => {
            Err("`data.page` must be an optional `PageInfo`".to_owned())
        }
        _ => Ok(()),
    }
}

/// The method of a builder for a parameter.
pub(super) fn method(name: &str) -> Ident {
    format_ident!("{}", snake(name))
}
