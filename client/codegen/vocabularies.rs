//! Open enums and their labels: typify's own enums refuse a value they do not know.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Item, parse_quote};

use super::operation::members;

/// For each vocabulary with `x-filter-labels`: what to filter by, instead of the
/// values that responses have. The labels are values of the vocabulary of the same
/// name with `Filter` behind it.
pub(super) fn filter_labels(spec: &Value) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for (name, schema) in members(&spec["components"]["schemas"]) {
        let Some(labels) = schema.get("x-filter-labels") else {
            continue;
        };
        let filter = format!("{name}Filter");
        let (vocabulary, filters) = (format_ident!("{name}"), format_ident!("{filter}"));
        let mut arms = Vec::new();
        for (value, label) in members(labels) {
            let value = variant(value, name)?;
            let label = variant(label.as_str().unwrap_or_default(), &filter)?;
            arms.push(quote!(Self::#value => types::#filters::#label,));
        }
        let rest = without_name(spec, &filter, labels);
        items.push(parse_quote! {
            impl types::#vocabulary {
                /// The documented filter value for this, a display label; `None` for
                /// a value that the contract does not know.
                ///
                /// Which label belongs to which value is inferred from the console of
                /// an open-source sibling of OCP.
                #[doc = #rest]
                pub fn filter_label(&self) -> Option<types::#filters> {
                    Some(match self {
                        #(#arms)*
                        _ => return None,
                    })
                }
            }
        });
    }
    Ok(items)
}

/// Names the filter values that no value belongs to.
fn without_name(spec: &Value, filter: &str, labels: &Value) -> String {
    let taken: Vec<_> = members(labels).map(|(_, label)| label).collect();
    let values = spec["components"]["schemas"][filter]["x-extensible-enum"].as_array();
    let values = values.into_iter().flatten();
    let rest = values.filter(|value| !taken.contains(value));
    let rest: Vec<_> = rest.filter_map(Value::as_str).collect();
    match &rest[..] {
        [] => String::new(),
        rest => format!(
            "No value that is publicly known belongs to these filter values: `{}`.",
            rest.join("`, `")
        ),
    }
}

/// The variant of a vocabulary that a value becomes.
pub(super) fn variant(value: &str, of: &str) -> Result<syn::Ident, String> {
    syn::parse_str(&value.to_upper_camel_case())
        .map_err(|_| format!("the value `{value}` of {of} cannot name a variant"))
}

/// The values and the description of every component with an `x-extensible-enum`.
pub(super) fn vocabularies(spec: &Value) -> BTreeMap<String, (Vec<String>, String)> {
    members(&spec["components"]["schemas"])
        .filter_map(|(name, schema)| {
            let values = schema.get("x-extensible-enum")?.as_array()?;
            let values = values.iter().filter_map(Value::as_str).map(str::to_owned);
            let description = schema.get("description").and_then(Value::as_str);
            Some((
                name.clone(),
                (values.collect(), description.unwrap_or_default().to_owned()),
            ))
        })
        .collect()
}
