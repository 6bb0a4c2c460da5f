//! Both operations on restore tasks, over HTTP: one set of tasks, each operation's own form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ocp_contract::Operation;
use ocp_contract::strict::Strict;
use ocp_mock::{EmbeddedOcp, Settings, Variant, tasks};
use serde_json::{Value, json};

const CLUSTER: &str = "/api/v2/ob/clusters/1000005/backup/task/restoreTasks";
const TENANT: &str = "/api/v2/ob/clusters/1000005/tenants/1000012/backup/task/restoreTasks";

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn get(ocp: &EmbeddedOcp, path: &str, query: &str) -> (u16, Value) {
    let url = format!("{}{path}?{query}", ocp.url());
    let response = client().get(url).send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

fn rows(body: &Value) -> &Vec<Value> {
    body["data"]["contents"].as_array().unwrap()
}

#[tokio::test]
async fn the_documented_rows_of_a_cluster_come_as_they_are_documented() {
    let sample = ocp_contract_embedded::interactions().unwrap();
    let sample = sample
        .into_iter()
        .find(|one| {
            one.operation_id == "listClusterRestoreTasks" && one.case == "documented-sample"
        })
        .unwrap();
    let due: Value = serde_json::from_str(&sample.body).unwrap();
    // Restore tasks get the shape of their operation; these have it already.
    for settings in [Settings::default(), Settings::new(rows(&due).clone())] {
        let ocp = EmbeddedOcp::start(settings).await.unwrap();
        let (_, body) = get(&ocp, CLUSTER, "page=1&size=10").await;
        assert_eq!(body["data"], due["data"]);
    }
}

#[tokio::test]
async fn both_operations_list_the_same_tasks_until_and_after_they_end() {
    let ocp = EmbeddedOcp::start(Settings::new(tasks::made(12)))
        .await
        .unwrap();
    let all = "page=1&size=20";
    let running = async || {
        let (_, of_tenant) = get(&ocp, TENANT, all).await;
        let (_, of_cluster) = get(&ocp, CLUSTER, all).await;
        let values = |body: &Value| -> Vec<_> {
            let rows = rows(body).iter();
            rows.map(|row| {
                (
                    row["id"].clone(),
                    row["status"].clone(),
                    row["finished"].clone(),
                )
            })
            .collect()
        };
        assert_eq!(values(&of_tenant), values(&of_cluster));
        let runs = |row: &&Value| row["finished"] == false;
        rows(&of_cluster).iter().filter(runs).count()
    };
    assert_eq!(running().await, 2);
    ocp.finish_restores();
    assert_eq!(running().await, 0);
    let (_, of_cluster) = get(&ocp, CLUSTER, all).await;
    let row = &rows(&of_cluster)[0];
    for time in ["createTime", "finishTime", "restoreEndTime"] {
        let text = row[time].as_str().unwrap();
        assert!(
            text.len() == 28 && text.ends_with("+0800"),
            "{time}: {text}"
        );
    }
    assert_eq!(row["ocpJobId"], -1);
}

#[tokio::test]
async fn the_operation_of_a_cluster_pages_and_filters_in_its_own_way() {
    let ocp = EmbeddedOcp::start(Settings::new(tasks::made(12)))
        .await
        .unwrap();
    for (query, status, total, size) in [
        ("page=1&size=20", 200, json!(12), json!(12)),
        ("page=2&size=10", 200, json!(12), json!(2)),
        (
            "page=1&size=20&status=RESTORE_FAIL",
            200,
            json!(12),
            json!(12),
        ),
        (
            "page=1&size=20&restoreClusterName=none",
            200,
            json!(12),
            json!(12),
        ),
        (
            "page=1&size=20&startTime=2024-08-08T16:25:39.150%2B08:00",
            200,
            json!(1),
            json!(1),
        ),
        (
            "page=1&size=20&endTime=2024-08-08T03:25:38-05:00",
            200,
            json!(11),
            json!(11),
        ),
        (
            "page=1&size=20&startTime=yesterday",
            400,
            Value::Null,
            Value::Null,
        ),
        ("page=1", 400, Value::Null, Value::Null),
        ("size=10", 400, Value::Null, Value::Null),
        ("", 400, Value::Null, Value::Null),
    ] {
        let (came, body) = get(&ocp, CLUSTER, query).await;
        assert_eq!(came, status, "{query}: {body}");
        assert_eq!(body["data"]["page"]["totalElements"], total, "{query}");
        assert_eq!(body["data"]["page"]["size"], size, "{query}");
    }
}

#[tokio::test]
async fn ids_are_refused_by_each_operation() {
    let ocp = EmbeddedOcp::start(Settings::new(tasks::made(1)))
        .await
        .unwrap();
    for (path, status, code) in [
        (
            "/api/v2/ob/clusters/7/backup/task/restoreTasks",
            404,
            json!("OBE11001"),
        ),
        (
            "/api/v2/ob/clusters/abc/backup/task/restoreTasks",
            400,
            json!(0),
        ),
        (
            "/api/v2/ob/clusters/1000009/backup/task/restoreTasks",
            403,
            json!("IAM11000"),
        ),
    ] {
        let (came, body) = get(&ocp, path, "page=1&size=10").await;
        assert_eq!((came, &body["error"]["code"]), (status, &code), "{path}");
    }
}

/// The name of an HTTP scheme has no case; OCP's own scheme is documented in capitals.
#[tokio::test]
async fn the_basic_scheme_is_read_in_any_case() {
    let ocp = EmbeddedOcp::start(Settings {
        basic: Some(("foo".into(), "bar".into())),
        ..Settings::default()
    })
    .await
    .unwrap();
    for (authorization, status) in [
        ("Basic Zm9vOmJhcg==", 200),
        ("basic Zm9vOmJhcg==", 200),
        ("BASIC Zm9vOmJhcg==", 200),
        ("basic Zm9vOmJhUg==", 401),
        ("Basic", 401),
        ("Bearer Zm9vOmJhcg==", 401),
        ("Zm9vOmJhcg==", 401),
    ] {
        let request = client().get(ocp.url() + TENANT);
        let response = request.header("authorization", authorization).send();
        assert_eq!(response.await.unwrap().status(), status, "{authorization}");
    }
}

/// The answer is the page of the console, as at any path that OCP does not know.
#[tokio::test]
async fn methods_that_an_operation_lacks_are_answered_by_the_console() {
    let ocp = EmbeddedOcp::start(Settings {
        basic: Some(("foo".into(), "bar".into())),
        ..Settings::default()
    })
    .await
    .unwrap();
    for (method, body, password, status, content_type) in [
        ("POST", "", "bar", 200, "text/html;charset=UTF-8"),
        ("POST", "{}", "bar", 200, "text/html;charset=UTF-8"),
        ("PUT", "{}", "bar", 200, "text/html;charset=UTF-8"),
        ("DELETE", "", "bar", 200, "text/html;charset=UTF-8"),
        ("POST", "{}", "baz", 401, "application/json"),
        ("HEAD", "", "bar", 200, "application/json"),
        ("HEAD", "", "baz", 401, "application/json"),
        ("OPTIONS", "", "bar", 200, ""),
    ] {
        let request = client().request(method.parse().unwrap(), ocp.url() + TENANT);
        let request = request.basic_auth("foo", Some(password)).body(body);
        let response = request.send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let came = (response.status().as_u16(), header("content-type"));
        assert_eq!(came, (status, content_type.into()), "{method} {password}");
        let allowed = if method == "OPTIONS" {
            "GET,HEAD,OPTIONS"
        } else {
            ""
        };
        assert_eq!(header("allow"), allowed, "{method}");
    }
}

/// A signature covers the body; the console's page says that it was found right.
#[tokio::test]
async fn a_signed_request_may_have_a_body() {
    let ocp = EmbeddedOcp::start(Settings {
        access_key: Some(("key".into(), "secret".into())),
        ..Settings::default()
    })
    .await
    .unwrap();
    let host = ocp.url().replace("http://", "");
    let date = chrono::Utc::now().format("%a, %d %b %Y %T GMT").to_string();
    // The documented body, and its documented MD5.
    let body = r#"{"name":"test01","description":"test","regionId":1}"#;
    let digest = "186974DB33A090A16D3E2CA35F547B56";
    for (sent, signed, status) in [
        (body, digest, 200),
        ("", "", 200),
        (body, "", 401),
        ("", digest, 401),
        ("{}", digest, 401),
    ] {
        let message = format!("POST\n{signed}\n\n{date}\n{host}\n\n{TENANT}");
        let signature = hmac_sha1_compact::HMAC::mac(message.as_bytes(), b"secret");
        let signature = STANDARD.encode(signature);
        let authorization = format!("OCP-ACCESS-KEY-HMACSHA1 key:{signature}");
        let request = client().post(ocp.url() + TENANT).body(sent);
        let request = request.header("date", &date);
        let response = request.header("authorization", authorization).send();
        assert_eq!(response.await.unwrap().status(), status, "{sent} {signed}");
    }
}

/// No body departs from the strict view of its operation where the documented one does
/// not.
#[tokio::test]
async fn what_it_sends_departs_from_nothing() {
    let spec = ocp_contract_embedded::spec().unwrap();
    let evidence = ocp_contract_embedded::evidence().unwrap();
    for (id, path) in [
        ("listTenantRestoreTasks", TENANT),
        ("listClusterRestoreTasks", CLUSTER),
    ] {
        let strict = Strict::new(spec, id, evidence).unwrap();
        // The embedded OCP may depart from it as the documentation's own rows do.
        let ocp = EmbeddedOcp::start(Settings::default()).await.unwrap();
        let (status, body) = get(&ocp, path, "page=1&size=10").await;
        let of_sample: Vec<_> = strict
            .departures(status, &body)
            .into_iter()
            .map(|one| (one.place(), one.rule))
            .collect();
        for tasks in [tasks::documented().unwrap(), tasks::made(40)] {
            let ocp = EmbeddedOcp::start(Settings::new(tasks)).await.unwrap();
            for query in [
                "page=1&size=50",
                "page=9&size=50",
                "page=1&size=10&startTime=yesterday",
            ] {
                let (status, body) = get(&ocp, path, query).await;
                let mut departures = strict.departures(status, &body);
                departures.retain(|one| !of_sample.contains(&(one.place(), one.rule.clone())));
                assert!(departures.is_empty(), "{id} {query}: {departures:#?}");
            }
        }
    }
}

/// No row has a member that its schema lacks, even if the evidence excuses it.
#[tokio::test]
async fn rows_have_no_member_but_those_of_their_schema() {
    let spec = ocp_contract_embedded::spec().unwrap();
    let ocp = EmbeddedOcp::start(Settings {
        variants: vec![Variant::Nulls],
        ..Settings::new(tasks::made(9))
    })
    .await
    .unwrap();
    for (id, path) in [
        ("listTenantRestoreTasks", TENANT),
        ("listClusterRestoreTasks", CLUSTER),
    ] {
        let list = Operation::find(spec, id).unwrap().list.unwrap();
        let (_, body) = get(&ocp, path, "page=1&size=10").await;
        for (name, _) in rows(&body).iter().flat_map(|row| row.as_object().unwrap()) {
            assert!(list.row["properties"].get(name).is_some(), "{id}: {name}");
        }
    }
}
