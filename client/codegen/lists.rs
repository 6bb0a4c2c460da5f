//! What lets every operation that lists something be paged through.

use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};
use quote::format_ident;
use serde_json::Value;
use syn::parse_quote;

use super::description::{members, property, resolved};
use super::rust::{field_of, first_argument, in_types, send_of};
use super::unexpected;

/// Lets every operation that lists something be paged through, by `src/pager.rs`.
pub(super) fn lists(spec: &Value, file: &mut syn::File) -> Result<(), String> {
    let items = members(&spec["paths"]).map(|(_, item)| item);
    for (item, operation) in items.flat_map(|item| members(item).map(move |(_, one)| (item, one))) {
        let Some(name) = operation.get("operationId").and_then(Value::as_str) else {
            continue;
        };
        let Some(list) = list(spec, item, operation) else {
            continue;
        };
        let request = format_ident!("{}", name.to_upper_camel_case());
        let data = send_of(file, &request)
            .and_then(|envelope| field_of(file, envelope, "data"))
            .ok_or_else(|| unexpected(&format!("`{request}` has no `data` to page through")))?;
        let row = field_of(file, data, "contents")
            .and_then(first_argument)
            .ok_or_else(|| unexpected(&format!("`{request}` lists no rows")))?;
        let (data, row) = (in_types(data), in_types(row));
        let (info, id, filters) = (list.info, list.id, list.filters);
        file.items.push(parse_quote! {
            crate::pager::paged_list! {
                #request, #data, #row,
                info: [#info], id: [#id], filters: [#(#filters)*]
            }
        });
    }
    Ok(())
}

/// What the description says of an operation that lists something.
struct List {
    info: Option<syn::Ident>,
    id: Option<syn::Ident>,
    filters: Vec<syn::Ident>,
}

/// `None` where the operation has no `page` and `size`, or no `data.contents[]`.
fn list(spec: &Value, item: &Value, operation: &Value) -> Option<List> {
    let lists = [item, operation].map(|one| one.get("parameters").and_then(Value::as_array));
    let parameters = lists.into_iter().flatten().flatten();
    let query: BTreeMap<&str, bool> = parameters
        .map(|parameter| resolved(spec, parameter))
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| Some((parameter["name"].as_str()?, parameter["required"] == true)))
        .collect();
    if !["page", "size"].iter().all(|name| query.contains_key(name)) {
        return None;
    }
    let answer = resolved(spec, operation.pointer("/responses/200")?);
    let body = answer.pointer("/content/application~1json/schema")?;
    let data = property(spec, resolved(spec, body), "data")?;
    let contents = property(spec, data, "contents")?;
    let row = resolved(spec, contents.get("items")?);
    let required = |name: &str| {
        let mut names = row["required"].as_array().into_iter().flatten();
        names.any(|one| one == name)
    };
    let has_id = property(spec, row, "id").is_some_and(|id| id["type"] == "integer");
    let ident = |name: &str| format_ident!("{}", name.to_snake_case());
    Some(List {
        info: property(spec, data, "page").map(|_| ident("page")),
        id: (has_id && required("id")).then(|| ident("id")),
        filters: query
            .into_iter()
            .filter(|(name, required)| !required && !["page", "size"].contains(name))
            .map(|(name, _)| ident(name))
            .collect(),
    })
}
