//! What the client's own code says, as far as the lint must know it: read in the sources,
//! or, where those are macros and what progenitor writes, listed.

use ocp_contract::{Document, Finding, lint};

use crate::codegen;

const CLIENT: &str = include_str!("../../client/src/client.rs");

/// The kinds of rows of which the client knows more than the description says.
const ROW_KINDS: [&str; 1] = ["restore_task"];

/// What `send` and the builders of requests name: progenitor's, those of
/// `client/src/pager.rs`, and those of `client/src/waiter.rs`.
const BUILDER_METHODS: [&str; 10] = [
    "client",
    "header_map",
    "info",
    "new",
    "pages",
    "request",
    "rows",
    "send",
    "wait_for",
    "wait_for_row",
];

/// What the module `builder` of the generated code names without a path.
const BUILDERS: [&str; 8] = [
    "Error",
    "Into",
    "IntoIterator",
    "Option",
    "QueryParam",
    "Result",
    "Self",
    "String",
];

/// The same of the module `types`, and what the passes over it know a type by.
const TYPES: [&str; 5] = ["Default", "Option", "Result", "Self", "Vec"];

/// Applies every rule to the description.
pub(crate) fn lint(document: &Document) -> Vec<Finding> {
    let methods = methods();
    let client = lint::Client {
        hand_written: &codegen::HAND_WRITTEN,
        row_kinds: &ROW_KINDS,
        methods: &methods.iter().map(String::as_str).collect::<Vec<_>>(),
        builders: &BUILDERS,
        builder_methods: &BUILDER_METHODS,
        types: &TYPES,
    };
    lint::lint(document, &client)
}

/// The methods of the client.
fn methods() -> Vec<String> {
    let items = syn::parse_file(CLIENT).map(|file| file.items);
    let blocks = items.into_iter().flatten().filter_map(|item| match item {
        syn::Item::Impl(block) => Some(block.items),
        _ => None,
    });
    let methods = blocks.flatten().filter_map(|item| match item {
        syn::ImplItem::Fn(function) => Some(function.sig.ident.to_string()),
        _ => None,
    });
    methods.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_client_has_is_found_in_its_sources() {
        for name in ["new", "builder", "execute", "call"] {
            assert!(methods().contains(&name.to_owned()), "{name}");
        }
    }

    #[test]
    fn each_method_that_a_macro_gives_a_request_is_listed() {
        for source in [
            include_str!("../../client/src/pager.rs"),
            include_str!("../../client/src/waiter.rs"),
        ] {
            let requests = source.split("impl crate::builder::$request {").skip(1);
            let methods = requests.flat_map(|block| block.split("pub fn ").skip(1));
            let methods = methods.filter_map(|method| method.split_once('('));
            for (name, _) in methods.filter(|(_, rest)| rest.starts_with("self")) {
                assert!(BUILDER_METHODS.contains(&name), "{name}");
            }
        }
    }
}
