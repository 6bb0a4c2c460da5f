//! The pass over the types of requests and responses.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use syn::{ImplItem, Item, ItemMod, Type, parse_quote};

use super::operation::Operation;
use super::vocabularies::variant;

/// Component schemas whose Rust type is written by hand, in `src/decode/values.rs`.
pub(crate) const HAND_WRITTEN: [&str; 2] = ["ErrorCode", "QueryTime"];

/// Makes structs grow without breaking their users, lets their numbers and
/// times be read in every form that OCP writes, and adds the open enums that
/// typify cannot make: its own refuse a value they do not know.
pub(super) fn types(
    module: &mut ItemMod,
    vocabularies: &BTreeMap<String, (Vec<String>, String)>,
    operations: &[Operation<'_>],
) -> Result<(), String> {
    let (_, items) = module.content.get_or_insert_default();
    if operations
        .iter()
        .all(|one| one.node.get("requestBody").is_none())
    {
        without_builders(items);
    }
    let (mut structs, mut scalars) = (Vec::new(), Vec::new());
    for item in &mut *items {
        let Item::Struct(item) = item else { continue };
        item.attrs
            .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
        // A named scalar is a tuple struct, which serde reads as it should be.
        if matches!(item.fields, syn::Fields::Named(_)) {
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            item.fields.iter_mut().for_each(reader);
            structs.push(item.ident.clone());
        } else {
            scalars.push(item.ident.clone());
        }
    }
    let envelopes: BTreeSet<_> = operations.iter().map(|one| &one.response).collect();
    let envelopes = envelopes.into_iter();
    items.push(parse_quote!(crate::decode::envelope::envelope!(#(#envelopes),*);));
    items.push(parse_quote!(crate::decode::wire::object!(#(#structs),*);));
    items.push(parse_quote!(crate::decode::wire::plain!(#(#scalars),*);));
    // Every schema of the spec is found in one place.
    for name in HAND_WRITTEN {
        let ident = format_ident!("{name}");
        items.push(parse_quote!(pub use crate::#ident;));
    }
    for (name, (values, description)) in vocabularies {
        items.push(open_enum(name, values, description)?);
    }
    Ok(())
}

/// An open enum, with a variant for each known value.
fn open_enum(name: &str, values: &[String], description: &str) -> Result<Item, String> {
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    for value in values {
        let variant = variant(value, name)?.to_string();
        if variant == "Other" {
            return Err(format!(
                "the value `{value}` of {name} would hide the variant for all others"
            ));
        }
        if let Some(other) = variants.insert(variant, value) {
            return Err(format!(
                "the values `{other}` and `{value}` of {name} would be one variant"
            ));
        }
    }
    let ident = format_ident!("{name}");
    let variants = values.iter().map(|value| {
        let variant = format_ident!("{}", value.to_upper_camel_case());
        let doc = format!("`{value}`");
        quote!(#[doc = #doc] #variant = #value,)
    });
    Ok(parse_quote! {
        crate::decode::vocabulary::vocabulary! {
            #[doc = #description]
            #ident { #(#variants)* }
        }
    })
}

/// Takes out typify's builders of types and their errors. Only requests with a body need
/// them; they are two thirds of the generated code, and part of the interface for ever.
fn without_builders(items: &mut Vec<Item>) {
    items.retain_mut(|item| match item {
        Item::Mod(inner) => inner.ident != "builder" && inner.ident != "error",
        Item::Impl(block) if block.trait_.is_none() => {
            let is_builder =
                |item: &ImplItem| matches!(item, ImplItem::Fn(one) if one.sig.ident == "builder");
            block.items.retain(|item| !is_builder(item));
            !block.items.is_empty()
        }
        _ => true,
    });
}

/// Hangs the reader of `src/decode/wire.rs` on a member. serde's own would take one
/// form of a number or a time only, and an array for a struct.
fn reader(field: &mut syn::Field) {
    field
        .attrs
        .push(parse_quote!(#[serde(deserialize_with = "crate::decode::wire::read")]));
    let optional = matches!(&field.ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Option"));
    if optional {
        // With a reader of its own, serde no longer takes absence for `None`.
        field.attrs.push(parse_quote!(#[serde(default)]));
    }
}
