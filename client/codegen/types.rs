//! The pass over the types of requests and responses.

use std::collections::BTreeSet;

use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Attribute, Item, ItemStruct, parse_quote};

use super::operation::{Operation, ident, members};

/// Component schemas whose Rust type is written by hand: `src/error.rs` and
/// `src/decode/query_time.rs` have them.
pub(crate) const HAND_WRITTEN: [&str; 2] = ["ErrorCode", "QueryTime"];

/// Makes structs grow without breaking their users, and lets their numbers and
/// times be read in every form that OCP writes.
pub(super) fn types(spec: &Value, items: &mut Vec<Item>, operations: &[Operation<'_>]) {
    // Nothing is converted by typify's own code.
    items.retain(|item| !matches!(item, Item::Mod(_)));
    let (mut objects, mut scalars) = (Vec::new(), Vec::new());
    for item in &mut *items {
        let Item::Struct(item) = item else { continue };
        // A named scalar is a tuple struct, which serde reads as it should be.
        if matches!(item.fields, syn::Fields::Named(_)) {
            let schema = &spec["components"]["schemas"][item.ident.to_string()];
            objects.push(object(item, schema));
        } else {
            scalars.push(item.ident.clone());
        }
        item.attrs
            .push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
    }
    let envelopes: BTreeSet<_> = operations.iter().map(|one| &one.response).collect();
    let envelopes = envelopes.into_iter();
    items.push(parse_quote!(crate::decode::verdict::envelope!(#(#envelopes),*);));
    items.extend(objects);
    items.push(parse_quote!(crate::decode::wire::plain!(#(#scalars),*);));
    // Every schema of the spec is found in one place.
    for name in HAND_WRITTEN {
        let ident = format_ident!("{name}");
        items.push(parse_quote!(pub use crate::#ident;));
    }
}

/// Takes serde's reader from a struct: our own takes every form of a number or a time, and no
/// array for an object.
fn object(item: &mut ItemStruct, schema: &Value) -> Item {
    let derived: Attribute = match schema["required"].is_null() {
        true => parse_quote!(#[derive(Clone, Debug, Default, PartialEq, ::serde::Serialize)]),
        false => parse_quote!(#[derive(Clone, Debug, PartialEq, ::serde::Serialize)]),
    };
    item.attrs.retain(|one| !one.path().is_ident("derive"));
    item.attrs
        .extend([derived, parse_quote!(#[non_exhaustive])]);
    let members = members(&schema["properties"]);
    let members = members.map(|(name, _)| (ident(name), name));
    let members = members.map(|(member, name)| quote!(#member = #name,));
    let name = &item.ident;
    parse_quote!(crate::decode::wire::object!(#name { #(#members)* });)
}
