//! The generator's settings: `openapi.json` in, Rust out.
//!
//! Used by `build.rs`, and by path by `cargo xtask regen`, so that both agree
//! on what can be generated. What progenitor's settings do not reach is done
//! by a few passes over its output, in `codegen/`, each with its reason.

use std::cell::Cell;
use std::sync::Once;

use progenitor::{GenerationSettings, Generator};
use serde_json::Value;
use syn::parse_quote;

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

    let mut settings = GenerationSettings::default();
    settings.with_derive("PartialEq");
    for name in HAND_WRITTEN {
        settings.with_replacement(name, format!("crate::{name}"), std::iter::empty());
    }
    for (name, _) in vocabularies::vocabularies(&spec) {
        settings.with_replacement(name, format!("crate::types::{name}"), std::iter::empty());
    }
    let mut generator = Generator::new(&settings);
    // It refuses what it cannot call; how a client is made and what it sends is our own.
    generator
        .generate_tokens(&document)
        .map_err(|error| error.to_string())?;
    let types = generator.get_type_space().to_stream();
    let types: syn::File = syn::parse2(types).map_err(|error| error.to_string())?;
    let mut types = types.items;

    let operations = Operation::all(&spec)?;
    types::types(&mut types, &operations);
    for (name, schema) in vocabularies::vocabularies(&spec) {
        types.extend(vocabularies::open_enum(&spec, name, schema)?.items);
    }
    let (mut requests, mut lists) = (Vec::new(), Vec::new());
    for operation in &operations {
        requests.extend(requests::request(operation)?.items);
        lists.extend(lists::list(&spec, operation)?);
    }
    let file = parse_quote! {
        /// The types of requests and responses.
        pub mod types { #(#types)* }
        /// The requests of all operations.
        pub mod builder {
            use super::types;
            #(#requests)*
        }
        #(#lists)*
    };
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
