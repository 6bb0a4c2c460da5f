use serde_json::json;

use super::*;

/// Two operations that list something: one with an id, a filter and a page
/// that counts; one of another kind, without any of them.
fn description() -> Value {
    let query = |name: &str, required: bool| {
        let schema = json!({"type": "integer", "format": "int64"});
        json!({"name": name, "in": "query", "required": required, "schema": schema})
    };
    let body = |schema: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}})
    };
    let envelope =
        |data: Value| json!({"type": "object", "required": ["data"], "properties": {"data": data}});
    let reference = |schema: &str| json!({"$ref": format!("#/components/schemas/{schema}")});
    let contents = |row: &str| json!({"type": "array", "items": reference(row)});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "", "version": "1"},
        "paths": {
            "/hosts": {"get": {
                "operationId": "listHosts",
                "parameters": [query("page", false), query("size", false), query("hostState", false)],
                "responses": body("HostsResponse"),
            }},
            "/words": {
                "parameters": [query("size", true)],
                "get": {
                    "operationId": "listWords",
                    "parameters": [{"$ref": "#/components/parameters/page"}],
                    "responses": body("WordsResponse"),
                },
            },
            "/one": {"get": {"operationId": "getHost", "responses": body("HostsResponse")}},
        },
        "components": {
            "parameters": {"page": query("page", true)},
            "schemas": {
                "HostsResponse": envelope(reference("Hosts")),
                "Hosts": {"type": "object", "required": ["contents"], "properties": {
                    "contents": contents("Host"), "page": reference("PageInfo"),
                }},
                "Host": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "format": "int64"}}},
                "PageInfo": {"type": "object", "properties": {"totalPages": {"type": "integer", "format": "int64"}}},
                "WordsResponse": envelope(json!({
                    "type": "object", "required": ["contents"], "properties": {"contents": contents("Word")},
                })),
                "Word": {"type": "object", "properties": {"id": {"type": "string"}}},
            },
        },
    })
}

/// The calls of a macro in the generated file, without white space.
fn calls(code: &str, path: &str) -> Vec<String> {
    let file = syn::parse_file(code).unwrap();
    let calls = file.items.into_iter().filter_map(|item| match item {
        Item::Macro(call) => Some(call.mac),
        _ => None,
    });
    let spaceless = |tokens: String| tokens.replace(char::is_whitespace, "");
    calls
        .filter(|call| {
            let called = &call.path;
            spaceless(quote!(#called).to_string()) == path
        })
        .map(|call| spaceless(call.tokens.to_string()))
        .collect()
}

#[test]
fn whatever_lists_something_is_paged() {
    let code = generate(&description().to_string()).unwrap();
    assert_eq!(
        calls(&code, "crate::pager::paged_list"),
        [
            "ListHosts,crate::types::Hosts,crate::types::Host,info:[page],id:[id],filters:[host_state]",
            "ListWords,crate::types::WordsResponseData,crate::types::Word,info:[],id:[],filters:[]",
        ]
    );
}
