//! The pass over the types of requests and responses.

use std::collections::BTreeSet;

use quote::{format_ident, quote};
use syn::{Item, Type, parse_quote};

use super::operation::Operation;

/// Component schemas whose Rust type is written by hand: `src/error.rs` and
/// `src/decode/query_time.rs` have them.
pub(crate) const HAND_WRITTEN: [&str; 2] = ["ErrorCode", "QueryTime"];

/// Makes structs grow without breaking their users, and lets their numbers and
/// times be read in every form that OCP writes.
pub(super) fn types(items: &mut Vec<Item>, operations: &[Operation<'_>]) {
    // Nothing is converted by typify's own code.
    items.retain(|item| !matches!(item, Item::Mod(_)));
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
    items.push(parse_quote!(crate::decode::verdict::envelope!(#(#envelopes),*);));
    items.push(parse_quote!(crate::decode::wire::object!(#(#structs),*);));
    items.push(parse_quote!(crate::decode::wire::plain!(#(#scalars),*);));
    // Every schema of the spec is found in one place.
    for name in HAND_WRITTEN {
        let ident = format_ident!("{name}");
        items.push(parse_quote!(pub use crate::#ident;));
    }
}

/// Hangs the reader of `src/decode/wire.rs` on a member. serde's own would take one
/// form of a number or a time only, and an array for a struct.
fn reader(field: &mut syn::Field) {
    let is_optional = matches!(&field.ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Option"));
    // With a reader of its own, serde no longer takes absence for `None`.
    let default = is_optional.then(|| quote!(default,));
    field
        .attrs
        .push(parse_quote!(#[serde(#default deserialize_with = "crate::decode::wire::read")]));
}
