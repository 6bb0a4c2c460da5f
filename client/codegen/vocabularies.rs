//! Open enums and their labels: typify's own enums refuse a word they do not know.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Item, parse_quote};

use super::description::members;

/// For each vocabulary with `x-filter-labels`: what to filter by, instead of the
/// words that responses have. The labels are words of the vocabulary of the same
/// name with `Filter` behind it.
pub(super) fn filter_labels(spec: &Value) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for (name, schema) in members(&spec["components"]["schemas"]) {
        let Some(labels) = schema.get("x-filter-labels") else {
            continue;
        };
        let filter = format!("{name}Filter");
        let arms = members(labels).map(|(word, label)| {
            let word = variant(word, name)?;
            let label = variant(label.as_str().unwrap_or_default(), &filter)?;
            let filter = format_ident!("{filter}");
            Ok(quote!(Self::#word => types::#filter::#label,))
        });
        let arms = arms.collect::<Result<Vec<_>, String>>()?;
        let (ident, filter) = (format_ident!("{name}"), format_ident!("{filter}"));
        items.push(parse_quote! {
            impl types::#ident {
                /// The documented filter value for this, a display label; `None` for
                /// a word that the contract does not know.
                ///
                /// Which label belongs to which word is inferred from the console of
                /// an open-source sibling of OCP.
                pub fn filter_label(&self) -> Option<types::#filter> {
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

/// The variant of a vocabulary that a word becomes.
pub(super) fn variant(word: &str, of: &str) -> Result<syn::Ident, String> {
    syn::parse_str(&word.to_upper_camel_case())
        .map_err(|_| format!("the word `{word}` of {of} cannot name a variant"))
}

/// The words and the description of every component with an `x-extensible-enum`.
pub(super) fn vocabularies(spec: &Value) -> BTreeMap<String, (Vec<String>, String)> {
    members(&spec["components"]["schemas"])
        .filter_map(|(name, schema)| {
            let words = schema.get("x-extensible-enum")?.as_array()?;
            let words = words.iter().filter_map(Value::as_str).map(str::to_owned);
            let description = schema.get("description").and_then(Value::as_str);
            Some((
                name.clone(),
                (words.collect(), description.unwrap_or_default().to_owned()),
            ))
        })
        .collect()
}
