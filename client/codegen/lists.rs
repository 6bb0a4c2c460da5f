//! The implementation of the pager for every operation that lists rows.

use quote::quote;
use serde_json::Value;
use syn::{Expr, Ident, Item, parse_quote};

use super::operation::{Operation, component, ident, is_plain, requires, resolved, texts};

/// Lets an operation be paged through by `src/pager.rs`, if it lists something.
///
/// # Errors
///
/// A sentence, if the pager cannot read the list.
pub(super) fn list(spec: &Value, operation: &Operation<'_>) -> Result<Option<Item>, String> {
    let list = &operation.node["x-list"];
    if list.is_null() {
        return Ok(None);
    }
    let refusal = |what: &str| format!("`{}` cannot be read page by page: {what}", operation.id);
    let paging = |name: &str| operation.parameters.iter().find(|one| one["name"] == name);
    for name in ["page", "size"] {
        if !paging(name).is_some_and(|one| is_plain(&one["schema"], "integer")) {
            let what = format!("the parameter `{name}` must be an integer of 64 bits");
            return Err(refusal(&what));
        }
    }
    let data = &operation.envelope["properties"]["data"];
    let page = component(data).filter(|_| requires(operation.envelope, "data"));
    let page = page.ok_or_else(|| refusal("`data` must be required, and a component"))?;
    let data = resolved(spec, data);
    let (contents, info) = (&data["properties"]["contents"], &data["properties"]["page"]);
    if !requires(data, "contents") || contents["type"] != "array" || contents["nullable"] == true {
        return Err(refusal(
            "`data.contents` must be a required array, without null",
        ));
    }
    let row = component(&contents["items"]);
    let row = row.ok_or_else(|| refusal("a row must be a component"))?;
    let has_info = !info.is_null();
    if has_info && (requires(data, "page") || component(info).is_none_or(|of| of != "PageInfo")) {
        return Err(refusal("`data.page` must be an optional `PageInfo`"));
    }
    let info = has_info.then(|| ident("page"));
    let names: Vec<&str> = texts(&list["identity"]).collect();
    let identity = identity(spec, resolved(spec, &contents["items"]), &names)
        .map_err(|what| format!("the `x-identity` of the rows of `{}` {what}", operation.id))?;
    let is_confirmed = |member: &str| texts(&list["page"]).any(|one| one == member);
    let (rows, pages) = (is_confirmed("totalElements"), is_confirmed("totalPages"));
    let filters = operation.parameters.iter().filter_map(filter);
    let request = operation.request();
    Ok(Some(parse_quote! {
        crate::pager::paged_list! {
            #request, crate::types::#page, crate::types::#row,
            info: [#info], counts: (#rows, #pages), identity: |_row| #identity, filters: [#(#filters)*]
        }
    }))
}

/// The name of an optional query parameter other than `page` and `size`.
fn filter(parameter: &Value) -> Option<Ident> {
    let name = parameter["name"].as_str()?;
    let is_filter = parameter["in"] == "query" && parameter["required"] != true;
    (is_filter && !["page", "size"].contains(&name)).then(|| ident(name))
}

/// A hash of the members that make a row the same. A row with an id, and without the second
/// of them, the time of its creation, is known by its id: the rest says too little.
fn identity(spec: &Value, row: &Value, names: &[&str]) -> Result<Expr, String> {
    for name in names {
        let member = resolved(spec, &row["properties"][name]);
        let kinds = ["string", "integer", "boolean"];
        if !kinds.iter().any(|kind| member["type"] == *kind) {
            return Err(format!("names `{name}`, which is no plain value"));
        }
    }
    let hash = |names: &[&str]| -> Expr {
        let members = names.iter().map(|name| ident(name)).rev();
        let all = members.fold(quote!(()), |rest, one| quote!((&_row.#one, #rest)));
        parse_quote!(crate::pager::hash(#all))
    };
    match names {
        [] => Ok(parse_quote!(None)),
        [id, created, ..] if *id == "id" && !requires(row, created) => {
            let (all, id, created) = (hash(names), hash(&names[..1]), ident(created));
            Ok(parse_quote!(if _row.#created.is_some() { #all } else { #id }))
        }
        names => Ok(hash(names)),
    }
}
