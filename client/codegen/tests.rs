use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocp_contract::{Document, resolved};
use quote::quote;
use serde_json::json;
use syn::Item;

use super::*;

/// Two operations that list something: one with an id, a filter and a page
/// that counts; one of another kind, without any of them.
pub(crate) fn description() -> Value {
    let document = Document::parse("tests.yaml", include_str!("tests.yaml"));
    document.unwrap().value().clone()
}

/// The client for a description as people write it.
fn client(description: &Value) -> Result<String, String> {
    generate(&resolved(description, &[]).to_string())
}

fn spaceless(code: &str) -> String {
    code.replace(char::is_whitespace, "")
}

/// The calls of a macro in the generated file, without white space.
fn calls(code: &str, path: &str) -> Vec<String> {
    let file = syn::parse_file(code).unwrap();
    let calls = file.items.into_iter().filter_map(|item| match item {
        Item::Macro(call) => Some(call.mac),
        _ => None,
    });
    calls
        .filter(|call| {
            let called = &call.path;
            spaceless(&quote!(#called).to_string()) == path
        })
        .map(|call| spaceless(&call.tokens.to_string()))
        .collect()
}

/// The output of `generate` for the description after a change.
fn changed(pointer: &str, to: Value) -> Result<String, String> {
    let mut spec = description();
    *spec.pointer_mut(pointer).unwrap() = to;
    client(&spec)
}

/// The path has two operations, and the parameter stands beside them.
#[test]
fn a_path_parameter_has_the_name_that_it_is_given() {
    let paths = |argument: Value, other: Value| {
        let id = |argument| {
            let schema = json!({"type": "integer", "format": "int64"});
            json!({"name": "id", "in": "path", "required": true, "schema": schema, "x-argument": argument})
        };
        let word =
            json!({"name": "hostId", "in": "path", "required": true, "schema": {"type": "string"}});
        let host = |id: &str, parameters: Value| {
            let mut host = description()["paths"]["/one"]["get"].clone();
            host["operationId"] = id.into();
            host["parameters"] = parameters;
            host
        };
        json!({"/racks/{id}/hosts/{hostId}:{id}": {
            "parameters": [id(argument.clone()), word],
            "get": host("getHost", json!([])),
            "delete": host("deleteHost", json!([id(other)])),
        }})
    };
    let code = changed("/paths", paths("rack_id".into(), "rack_id".into())).unwrap();
    assert_eq!(code.matches("pub fn rack_id<").count(), 2);
    assert_eq!(code.matches("pub fn host_id<").count(), 2);
    assert!(!code.contains(r#"missing("id")"#));
    assert!(code.contains("/racks/{rack_id}/hosts/{hostId}:{rack_id}"));
    for value in [
        "rack_id=crate::transport::request::encode_path(&self.rack_id?",
        "hostId=crate::transport::request::encode_path(&self.host_id?",
    ] {
        assert_eq!(spaceless(&code).matches(value).count(), 2, "{value}");
    }

    let error = changed("/paths", paths("rack_id".into(), "shelf_id".into())).unwrap_err();
    assert!(error.contains("missing from path"), "{error}");
    let error = changed("/paths", paths("host_id".into(), "host_id".into())).unwrap_err();
    assert!(
        error.contains("two parameters of `deleteHost` would be called `host_id`"),
        "{error}"
    );
}

#[test]
fn a_filter_has_the_name_that_it_is_given_and_its_own_on_the_wire() {
    let mut filters = description()["paths"]["/hosts"]["get"]["parameters"].clone();
    filters[2]["name"] = "client".into();
    filters[2]["x-argument"] = "client_name".into();
    let code = changed("/paths/~1hosts/get/parameters", filters).unwrap();
    assert!(code.contains("pub fn client_name<"));
    assert!(spaceless(&code).contains(r#".query("client",&self.client_name?"#));
    let lists = calls(&code, "crate::pager::paged_list");
    assert!(lists[0].ends_with("filters:[client_name]"), "{lists:?}");
}

#[test]
fn a_filter_that_is_a_keyword_has_an_underscore_behind_it() {
    for keyword in ["type", "self", "Self", "crate", "super", "async", "gen"] {
        let code = changed("/paths/~1hosts/get/parameters/2/name", keyword.into()).unwrap();
        let method = format!("{}_", keyword.to_lowercase());
        assert!(code.contains(&format!("pub fn {method}<")), "{keyword}");
        let query = format!(".query({keyword:?},&self.{method}?");
        assert!(spaceless(&code).contains(&query), "{keyword}");
        let lists = calls(&code, "crate::pager::paged_list");
        let filters = format!("filters:[{method}]");
        assert!(lists[0].ends_with(&filters), "{lists:?}");
    }
}

/// Two threads generate at once, and the last to end does not keep the hook of the first.
#[test]
fn a_panic_of_another_thread_is_printed_while_and_after_threads_generate() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        match panic.payload().downcast_ref::<&str>() {
            Some(&"seen by the hook") => _ = SEEN.fetch_add(1, Ordering::SeqCst),
            _ => hook(panic),
        }
    }));
    let (both, first_ended) = (&Barrier::new(2), &Barrier::new(2));
    let panics = || {
        let panicking = std::thread::spawn(|| std::panic::panic_any("seen by the hook"));
        panicking.join().unwrap_err();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            quietly(|| _ = both.wait()).unwrap();
            first_ended.wait();
        });
        scope.spawn(|| {
            quietly(|| {
                both.wait();
                first_ended.wait();
                panics();
            })
            .unwrap();
        });
    });
    panics();
    let error = quietly(|| std::panic::panic_any("unseen")).unwrap_err();
    assert_eq!(error, "the generator gave up: unseen");
    assert_eq!(SEEN.load(Ordering::SeqCst), 2);
}

/// `send` refuses to go without a page that is required; the pager sets it.
#[test]
fn a_list_takes_its_page_and_size_for_optional() {
    let code = client(&description()).unwrap();
    for name in ["page", "size"] {
        let field = format!("pub(crate) {name}: Result<Option<i64>, crate::Error>");
        assert_eq!(code.matches(&field).count(), 2, "{name}");
        let refusal = format!("crate::error::missing(\"{name}\")");
        assert_eq!(code.matches(&refusal).count(), 1, "{name}");
    }
}

#[test]
fn whatever_lists_something_is_paged() {
    let lists = calls(&client(&description()).unwrap(), "crate::pager::paged_list");
    assert_eq!(
        lists,
        [
            "ListHosts,crate::types::Hosts,crate::types::Host,info:[page],counts:(false,false),identity:|_row|crate::pager::hash((&_row.id,())),filters:[host_state]",
            "ListWords,crate::types::Words,crate::types::Word,info:[],counts:(false,false),identity:|_row|None,filters:[]",
        ]
    );
}

#[test]
fn rows_are_told_apart_by_the_members_that_the_description_lists() {
    for (names, identity) in [
        (
            json!(["name", "id"]),
            "crate::pager::hash((&_row.name,(&_row.id,())))",
        ),
        (
            json!(["id", "name"]),
            "if_row.name.is_some(){crate::pager::hash((&_row.id,(&_row.name,())))}else{crate::pager::hash((&_row.id,()))}",
        ),
    ] {
        let mut spec = description();
        spec["components"]["schemas"]["Word"]["x-identity"] = names;
        let lists = calls(&client(&spec).unwrap(), "crate::pager::paged_list");
        let expected = format!("identity:|_row|{identity},filters:[]");
        assert!(lists[1].ends_with(&expected), "{lists:?}");
    }
    let mut spec = description();
    let word = &mut spec["components"]["schemas"]["Word"];
    word["x-identity"] = json!(["id", "name"]);
    word["required"] = json!(["name"]);
    let lists = calls(&client(&spec).unwrap(), "crate::pager::paged_list");
    let expected = "identity:|_row|crate::pager::hash((&_row.id,(&_row.name,()))),filters:[]";
    assert!(lists[1].ends_with(expected), "{lists:?}");

    spec["components"]["schemas"]["Word"]["properties"]["name"]["type"] = "number".into();
    let error = client(&spec).unwrap_err();
    assert!(
        error.contains("names `name`, which is no plain value"),
        "{error}"
    );
}

#[test]
fn filter_labels_say_what_they_leave_out() {
    let mut spec = description();
    let schemas = &mut spec["components"]["schemas"];
    schemas["State"] = json!({
        "type": "string",
        "x-extensible-enum": ["UP", "GOING_DOWN"],
        "x-filter-labels": {"GOING_DOWN": "GOES DOWN"},
    });
    schemas["StateFilter"] =
        json!({"type": "string", "x-extensible-enum": ["GOES DOWN", "LOST", "SOLD"]});
    let code = client(&spec).unwrap();
    for text in [
        "No value that is publicly known belongs to these filter values: `LOST`, `SOLD`.",
        "Self::GoingDown => StateFilter::GoesDown,",
    ] {
        assert!(code.contains(text), "{text}");
    }
}

/// Each of these would make code that does not compile.
#[test]
fn what_the_client_cannot_read_is_refused() {
    for (pointer, to, expected) in [
        (
            "/components/schemas/HostsResponse/properties/successful",
            json!({}),
            "no member `successful` that is a required boolean",
        ),
        (
            "/components/schemas/HostsResponse/required",
            json!(["data", "successful", "status"]),
            "no member `status` that is an optional integer of 64 bits",
        ),
        (
            "/paths/~1one/get/responses",
            json!({"200": {"description": ""}}),
            "a response of `getHost` is no object",
        ),
        (
            "/paths/~1hosts/get/parameters/0/schema/format",
            json!("int32"),
            "`listHosts` cannot be read page by page: the parameter `page` must be",
        ),
        (
            "/components/schemas/Hosts/required",
            json!(["page", "contents"]),
            "`data.page` must be an optional `PageInfo`",
        ),
        (
            "/components/schemas/Hosts/properties/contents/nullable",
            json!(true),
            "`data.contents` must be a required array",
        ),
    ] {
        let mut spec = description();
        match pointer.strip_suffix("/nullable") {
            Some(list) => spec.pointer_mut(list).unwrap()["nullable"] = to,
            None => *spec.pointer_mut(pointer).unwrap() = to,
        }
        let error = client(&spec).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
