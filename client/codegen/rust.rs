//! What is looked up in the generated code.

use quote::quote;
use syn::{ImplItem, Item, ReturnType, Type, parse_quote};

/// The body of a success: `send` returns it inside a `Result<Response<…>>`.
pub(super) fn send_of<'a>(file: &'a syn::File, request: &syn::Ident) -> Option<&'a Type> {
    let blocks = items_of(file, "builder").filter_map(|item| match item {
        Item::Impl(block) if last_ident(&block.self_ty) == Some(request) => Some(&block.items),
        _ => None,
    });
    let send = blocks.flatten().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "send" => Some(&function.sig.output),
        _ => None,
    });
    match send? {
        ReturnType::Type(_, outcome) => first_argument(first_argument(outcome)?),
        ReturnType::Default => None,
    }
}

/// The type of an argument in the builder of a request.
pub(super) fn argument_of<'a>(
    file: &'a syn::File,
    request: &syn::Ident,
    name: &str,
) -> Option<&'a Type> {
    let fields = items_of(file, "builder").filter_map(|item| match item {
        Item::Struct(item) if item.ident == *request => Some(item.fields.iter()),
        _ => None,
    });
    let mut fields = fields.flatten();
    let field = fields.find(|field| field.ident.as_ref().is_some_and(|ident| ident == name))?;
    Some(&field.ty)
}

/// The type of a member of a generated struct.
pub(super) fn field_of<'a>(file: &'a syn::File, of: &Type, name: &str) -> Option<&'a Type> {
    let of = last_ident(of)?;
    let mut fields = items_of(file, "types").find_map(|item| match item {
        Item::Struct(item) if item.ident == *of => Some(item.fields.iter()),
        _ => None,
    })?;
    let field = fields.find(|field| field.ident.as_ref().is_some_and(|ident| ident == name))?;
    Some(&field.ty)
}

fn items_of<'a>(file: &'a syn::File, module: &str) -> impl Iterator<Item = &'a Item> {
    let modules = file.items.iter().filter_map(move |item| match item {
        Item::Mod(one) if one.ident == module => one.content.as_ref(),
        _ => None,
    });
    modules.flat_map(|(_, items)| items)
}

pub(super) fn last_ident(of: &Type) -> Option<&syn::Ident> {
    let Type::Path(path) = of else { return None };
    Some(&path.path.segments.last()?.ident)
}

/// A type of the module `types` as it is called outside; others stay.
pub(super) fn in_types(of: &Type) -> Type {
    match of {
        Type::Path(path) if path.path.get_ident().is_some() => parse_quote!(crate::types::#path),
        _ => of.clone(),
    }
}

/// A type as text, without blanks.
pub(super) fn spelled(of: &Type) -> String {
    quote!(#of).to_string().replace(' ', "")
}

/// The first generic argument of a type.
pub(super) fn first_argument(generic: &Type) -> Option<&Type> {
    let Type::Path(path) = generic else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(first) => Some(first),
        _ => None,
    }
}

/// What a pass says that does not find what it is to change.
pub(super) fn unexpected(what: &str) -> String {
    format!("progenitor generates other code than codegen.rs changes: {what}")
}
