//! Open enums and their labels: typify's own enums refuse a value they do not know.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Ident, Item, parse_quote};

use super::operation::{members, texts};

/// Every component with an `x-extensible-enum`.
pub(super) fn vocabularies(spec: &Value) -> impl Iterator<Item = (&String, &Value)> {
    members(&spec["components"]["schemas"])
        .filter(|(_, schema)| schema["x-extensible-enum"].is_array())
}

/// An open enum, with a variant for each known value, and its labels.
///
/// # Errors
///
/// A sentence, if a value cannot be a variant of its own.
pub(super) fn open_enum(spec: &Value, name: &str, schema: &Value) -> Result<syn::File, String> {
    let mut seen: BTreeMap<Ident, &str> = BTreeMap::new();
    let mut variants = Vec::new();
    for value in texts(&schema["x-extensible-enum"]) {
        let variant = variant(value, name)?;
        if variant == "Other" {
            return Err(format!(
                "the value `{value}` of {name} would hide the variant for all others"
            ));
        }
        let doc = format!("`{value}`");
        variants.push(quote!(#[doc = #doc] #variant = #value,));
        if let Some(other) = seen.insert(variant, value) {
            return Err(format!(
                "the values `{other}` and `{value}` of {name} would be one variant"
            ));
        }
    }
    let ident = format_ident!("{name}");
    let description = schema["description"].as_str().unwrap_or_default();
    let labels = schema.get("x-filter-labels");
    let labels = labels.map(|labels| filter_labels(spec, name, labels));
    let labels = labels.transpose()?;
    Ok(parse_quote! {
        crate::decode::vocabulary::vocabulary! {
            #[doc = #description]
            #ident { #(#variants)* }
        }
        #labels
    })
}

/// The labels to filter by, instead of the values that responses have: values of the vocabulary
/// of the same name with `Filter` behind it.
fn filter_labels(spec: &Value, name: &str, labels: &Value) -> Result<Item, String> {
    let filter = format!("{name}Filter");
    let (vocabulary, filters) = (format_ident!("{name}"), format_ident!("{filter}"));
    let mut arms = Vec::new();
    for (value, label) in members(labels) {
        let value = variant(value, name)?;
        let label = variant(label.as_str().unwrap_or_default(), &filter)?;
        arms.push(quote!(Self::#value => #filters::#label,));
    }
    let rest = without_name(spec, &filter, labels);
    Ok(parse_quote! {
        impl #vocabulary {
            /// The documented filter value for this, a display label; `None` for
            /// a value that the contract does not know.
            ///
            /// Which label belongs to which value is inferred from the console of
            /// an open-source sibling of OCP.
            #[doc = #rest]
            pub fn filter_label(&self) -> Option<#filters> {
                Some(match self {
                    #(#arms)*
                    _ => return None,
                })
            }
        }
    })
}

/// Names the filter values that no value belongs to.
fn without_name(spec: &Value, filter: &str, labels: &Value) -> String {
    let taken: Vec<_> = members(labels).map(|(_, label)| label).collect();
    let values = texts(&spec["components"]["schemas"][filter]["x-extensible-enum"]);
    let rest: Vec<_> = values
        .filter(|value| !taken.iter().any(|label| label == value))
        .collect();
    match &rest[..] {
        [] => String::new(),
        rest => format!(
            "No value that is publicly known belongs to these filter values: `{}`.",
            rest.join("`, `")
        ),
    }
}

/// The variant of a vocabulary that a value becomes.
fn variant(value: &str, of: &str) -> Result<Ident, String> {
    syn::parse_str(&value.to_upper_camel_case())
        .map_err(|_| format!("the value `{value}` of {of} cannot name a variant"))
}
