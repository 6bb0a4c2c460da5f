//! The generator's settings: `openapi.json` in, Rust out.
//!
//! Used by `build.rs`, and by path by `cargo xtask regen`, so that both agree
//! on what can be generated. What progenitor's settings do not reach is done
//! by a few passes over its output, in `codegen/`, each with its reason.

use std::cell::Cell;
use std::sync::Once;

use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::Value;
use syn::Item;

#[path = "codegen/lists.rs"]
mod lists;
#[path = "codegen/names.rs"]
mod names;
#[path = "codegen/operation.rs"]
mod operation;
#[path = "codegen/requests.rs"]
mod requests;
#[path = "codegen/types.rs"]
mod types;
#[path = "codegen/vocabularies.rs"]
mod vocabularies;

use operation::Operation;
pub(crate) use types::HAND_WRITTEN;

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
    let document: openapiv3::OpenAPI = serde_json::from_str(openapi_json)
        .map_err(|error| format!("it is not OpenAPI: {error}"))?;
    let vocabularies = vocabularies::vocabularies(&spec);

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

    let operations = Operation::all(&spec)?;
    // How a client is made and what it sends is our own.
    file.items
        .retain(|item| matches!(item, Item::Mod(module) if module.ident != "prelude"));
    for item in &mut file.items {
        let Item::Mod(module) = item else { continue };
        if module.ident == "types" {
            types::types(module, &vocabularies, &operations)?;
        } else {
            requests::requests(module, &operations)?;
        }
    }
    file.items.push(requests::client(&operations));
    file.items.extend(vocabularies::filter_labels(&spec)?);
    for operation in &operations {
        file.items.extend(lists::list(&spec, operation)?);
    }
    Ok(prettyplease::unparse(&file))
}

thread_local! {
    /// True while this thread generates, so that a panic is a message and not a fault.
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

#[cfg(test)]
#[path = "codegen/tests.rs"]
pub(crate) mod tests;
