//! The pass over the types of requests and responses.

use std::collections::BTreeSet;

use quote::{format_ident, quote};
use syn::{GenericArgument, Item, PathArguments, Type, parse_quote};

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
    let optional = optional(&field.ty);
    if is_plain(optional.unwrap_or(&field.ty)) {
        return;
    }
    // With a reader of its own, serde no longer takes absence for `None`.
    let default = optional.map(|_| quote!(default,));
    let attribute = parse_quote!(#[serde(#default deserialize_with = "crate::decode::wire::read")]);
    field.attrs.push(attribute);
}

/// The type in an `Option`.
fn optional(of: &Type) -> Option<&Type> {
    let Type::Path(of) = of else { return None };
    let last = of.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(inner) if last.ident == "Option" => {
            match inner.args.first() {
                Some(GenericArgument::Type(inner)) => Some(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

/// True for a type that serde reads as it should be: one of these, or written by hand. Readers
/// for the members of these types would be half of all, and take their time to compile.
fn is_plain(of: &Type) -> bool {
    let Type::Path(of) = of else { return false };
    let names = of.path.segments.iter().map(|one| one.ident.to_string());
    let names: Vec<String> = names.collect();
    let plain = ["bool", "f64", "String", "Value"];
    let is_own = names.first().is_some_and(|first| first == "crate");
    is_own
        || names
            .last()
            .is_some_and(|last| plain.contains(&last.as_str()))
}
