//! A client generated from another description: each kind of operation is called once.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use another_description::types::{NewCluster, RestoreTaskStatusFilter};
use another_description::{Client, QueryTime};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn server(mock: wiremock::MockBuilder, data: Value) -> (MockServer, Client) {
    let server = MockServer::start().await;
    let body = json!({ "data": data, "successful": true, "status": 200, "traceId": "1f" });
    let response = ResponseTemplate::new(200).set_body_json(body);
    mock.respond_with(response).expect(1).mount(&server).await;
    let client = Client::new(&server.uri()).unwrap();
    (server, client)
}

#[tokio::test]
async fn a_list_is_paged_and_its_rows_are_read() {
    let mock = Mock::given(method("GET"))
        .and(path("/clusters/7/tasks"))
        .and(query_param("page", "1"))
        .and(query_param("host", "a"))
        .and(query_param("state", "COMPLETED"))
        .and(query_param("since", "2024-08-06T00:00:00Z"));
    let task = json!({
        "id": "9007199254740993",
        "status": "RESTORE_SUCCESS",
        "name": "daily",
        "startTime": "2024-08-06T00:00:00+0800",
        "owner": { "team": null },
    });
    let page = json!({ "number": 1, "size": 100, "totalElements": 1, "totalPages": 1 });
    let (_server, client) = server(mock, json!({ "contents": [task], "page": page })).await;
    let since: QueryTime = "2024-08-06T00:00:00Z".parse().unwrap();
    let request = client
        .list_tasks()
        .cluster_id(7)
        .since(since)
        .host(["a"])
        .state([RestoreTaskStatusFilter::Completed]);
    let mut rows = request.rows();
    let task = rows.next().await.unwrap().unwrap();
    assert_eq!(task.id, 9_007_199_254_740_993);
    assert_eq!(task.hosts, None);
    assert_eq!(task.owner.unwrap().team, None);
    assert!(rows.next().await.is_none());
}

/// Keywords, names that the client's own code has, and such that Rust cannot say.
#[tokio::test]
async fn names_that_rust_does_not_take_as_they_are_go_over_the_wire_as_they_are() {
    let mut mock = Mock::given(method("GET")).and(header("X-Reason", "drill"));
    for name in [
        "type", "self", "async", "gen", "url", "response", "result", "value", "values", "error",
        "client", "rows", "1st", "größe", "%",
    ] {
        mock = mock.and(query_param(name, name));
    }
    let names = [
        "type", "self", "super", "client", "new", "default", "builder", "a.b",
    ];
    let mut task = json!({ "id": 1, "status": "RUNNING", "name": "daily" });
    for name in names {
        task[name] = name.into();
    }
    let (_server, client) = server(mock, json!({ "contents": [task] })).await;
    let request = client
        .list_tasks()
        .cluster_id(7)
        .type_("type")
        .self_("self")
        .async_("async")
        .gen_("gen")
        .url("url")
        .response("response")
        .result("result")
        .value("value")
        .values("values")
        .error("error")
        .client_name("client")
        .row_count("rows")
        .first("1st")
        .length("größe")
        .percent("%")
        .x_reason("drill");
    let task = request.rows().next().await.unwrap().unwrap();
    let read = [
        task.type_,
        task.self_,
        task.super_,
        task.client,
        task.new,
        task.default,
        task.builder,
        task.a_b,
    ];
    assert_eq!(read.map(Option::unwrap), names);
    let refused = client.list_tasks().x_reason("two\nlines").cluster_id(7);
    let error = refused.send().await.unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
}

#[tokio::test]
async fn an_operation_without_a_list_and_one_with_a_body_are_called() {
    let cluster = json!({ "id": 7, "name": "trade" });
    let mock = Mock::given(method("GET")).and(path("/clusters/7"));
    let (_server, client) = server(mock, cluster.clone()).await;
    let response = client.get_cluster().cluster_id(7).send().await.unwrap();
    assert_eq!(response.value().data.name, "trade");

    let mock = Mock::given(method("DELETE")).and(path("/clusters/7"));
    let (_server, client) = server(mock, cluster.clone()).await;
    let response = client.move_().cluster_id(7).send().await.unwrap();
    assert_eq!(response.value().data.name, "trade");

    let body = json!({ "name": "trade", "zone": "z1" });
    let mock = Mock::given(method("POST"))
        .and(path("/clusters"))
        .and(body_json(&body));
    let (_server, client) = server(mock, cluster).await;
    let body: NewCluster = serde_json::from_value(body).unwrap();
    let response = client.add_cluster().body(body).send().await.unwrap();
    assert_eq!(response.value().data.id, 7);
}
