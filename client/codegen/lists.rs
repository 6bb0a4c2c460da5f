//! What lets every operation that lists something be paged through.

use heck::{ToSnakeCase, ToUpperCamelCase};
use quote::format_ident;
use serde_json::Value;
use syn::{Ident, parse_quote};

use super::description::{list, operations};
use super::rust::{field_of, first_argument, in_types, send_of};
use super::unexpected;

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
        let (data, row) = (in_types(data), in_types(row));
        let page = list.has_page.then(|| format_ident!("page"));
        let id = list.has_id.then(|| format_ident!("id"));
        let filters = list.filters.iter().map(|name| method(name));
        file.items.push(parse_quote! {
            crate::pager::paged_list! {
                #request, #data, #row,
                info: [#page], id: [#id], filters: [#(#filters)*]
            }
        });
    }
    Ok(())
}

/// The method of a builder for a parameter.
pub(super) fn method(name: &str) -> Ident {
    format_ident!("{}", name.to_snake_case())
}
