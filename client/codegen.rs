//! The generator's settings: `openapi.json` in, Rust out.
//!
//! Used by `build.rs`, and by path by `cargo xtask regen`, so that both agree
//! on what can be generated. What progenitor's settings do not reach is done
//! by a few passes over its output, in `codegen/`, each with its reason.

use std::cell::Cell;
use std::sync::Once;

use heck::ToUpperCamelCase;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::Value;
use syn::{ImplItem, Item, parse_quote};

#[path = "codegen/description.rs"]
mod description;
#[path = "codegen/lists.rs"]
mod lists;
#[path = "codegen/parameters.rs"]
mod parameters;
#[path = "codegen/requests.rs"]
mod requests;
#[path = "codegen/rust.rs"]
mod rust;
#[path = "codegen/types.rs"]
mod types;
#[path = "codegen/vocabularies.rs"]
mod vocabularies;

use description::{list, operations, renamed};
use lists::{lists, method};
use requests::{Operation, Operations, requests};
use rust::unexpected;
pub(crate) use types::HAND_WRITTEN;
use types::{types, without_builders};
use vocabularies::{filter_labels, vocabularies};

/// Generates the client, formatted.
///
/// # Errors
///
/// A sentence, when the text is not OpenAPI or the generator refuses it.
pub(crate) fn generate(openapi_json: &str) -> Result<String, String> {
    quietly(|| code(openapi_json))?
}

fn code(openapi_json: &str) -> Result<String, String> {
    let spec: Value =
        serde_json::from_str(openapi_json).map_err(|error| format!("it is not JSON: {error}"))?;
    let document: openapiv3::OpenAPI = serde_json::from_value(description::as_called(&spec)?)
        .map_err(|error| format!("it is not OpenAPI: {error}"))?;
    let vocabularies = vocabularies(&spec);

    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_derive("PartialEq");
    for name in HAND_WRITTEN {
        settings.with_replacement(name, format!("crate::{name}"), std::iter::empty());
    }
    for name in vocabularies.keys() {
        settings.with_replacement(name, format!("crate::types::{name}"), std::iter::empty());
    }

    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .map_err(|error| error.to_string())?;
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| error.to_string())?;
    file.items.retain(is_kept);
    file.items.push(parse_quote!(
        use crate::client::Client;
    ));
    let mut responses = Vec::new();
    for item in &mut file.items {
        match item {
            Item::Mod(module) if module.ident == "builder" => {
                responses = requests(module, &known(&spec))?;
            }
            Item::Impl(block) => methods(&mut block.items),
            _ => {}
        }
    }
    for item in &mut file.items {
        if let Item::Mod(module) = item
            && module.ident == "types"
        {
            types(module, &vocabularies, &responses)?;
            if operations(&spec).all(|(_, operation, _)| operation.get("requestBody").is_none()) {
                without_builders(module);
            }
        }
    }
    file.items.extend(filter_labels(&spec)?);
    lists(&spec, &mut file)?;
    // Requests are made with our own, see `src/transport/request.rs`.
    let code = prettyplease::unparse(&file).replace("progenitor_client::", "");
    // Progenitor's messages on arguments show its tokens to people.
    for message in [
        "was not initialized",
        "conversion to `",
        "progenitor_client",
    ] {
        if code.contains(message) {
            return Err(unexpected(&format!("there still is `{message}`")));
        }
    }
    Ok(code)
}

/// Whether an item stays. The client is our own, one type needs no prelude, and
/// there are no hooks.
fn is_kept(item: &Item) -> bool {
    match item {
        Item::Mod(module) => module.ident != "prelude",
        Item::Impl(block) => block.trait_.is_none(),
        Item::Use(_) | Item::Const(_) | Item::Struct(_) => false,
        _ => true,
    }
}

/// What [`requests()`] needs to know of every operation.
fn known(spec: &Value) -> Operations {
    let operations = operations(spec).map(|(item, operation, id)| {
        let required = list(spec, item, operation).map(|list| list.required);
        let required = required.iter().flatten().map(|name| method(name));
        let known = Operation {
            required: required.collect(),
            renamed: renamed(spec, item, operation),
        };
        (id.to_upper_camel_case(), known)
    });
    operations.collect()
}

thread_local! {
    /// Whether this thread generates, so that a panic is a message and not a fault.
    static GENERATES: Cell<bool> = const { Cell::new(false) };
}

/// Runs the generator, which panics on some of what it cannot take, and
/// returns the message of the panic instead of printing it. The hook that prints is one for
/// all threads, and stays: it is only passed over in a thread that generates.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !GENERATES.get() {
                hook(panic);
            }
        }));
    });
    GENERATES.set(true);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    GENERATES.set(false);
    outcome.map_err(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        format!(
            "the generator gave up: {}",
            message.unwrap_or("it did not say why")
        )
    })
}

/// Leaves the operations: how a client is made is our own. A request owns its client,
/// and the example of each operation is text, since it names variables that are nowhere
/// made.
fn methods(items: &mut Vec<ImplItem>) {
    items.retain(|item| {
        !matches!(item, ImplItem::Fn(one) if one.sig.ident == "new" || one.sig.ident == "new_with_client")
    });
    for item in items {
        let ImplItem::Fn(one) = item else { continue };
        if let syn::ReturnType::Type(_, request) = &mut one.sig.output {
            requests::without_lifetime(request);
        }
        for attribute in &mut one.attrs {
            if let syn::Meta::NameValue(syn::MetaNameValue {
                value:
                    syn::Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Str(doc),
                        ..
                    }),
                ..
            }) = &mut attribute.meta
            {
                *doc = syn::LitStr::new(&doc.value().replace("```ignore", "```text"), doc.span());
            }
        }
    }
}

#[cfg(test)]
#[path = "codegen/tests.rs"]
mod tests;
