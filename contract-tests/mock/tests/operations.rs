//! Both operations on restore tasks, over HTTP: one set of tasks, each operation's own form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use ocp_contract::Operation;
use ocp_contract::strict::Strict;
use ocp_mock::{EmbeddedOcp, Settings, Variant, tasks};
use serde_json::{Value, json};

const CLUSTER: &str = "/api/v2/ob/clusters/1000005/backup/task/restoreTasks";
const TENANT: &str = "/api/v2/ob/clusters/1000005/tenants/1000012/backup/task/restoreTasks";

async fn get(ocp: &EmbeddedOcp, path: &str, query: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{path}?{query}", ocp.url());
    let response = client.get(url).send().await.unwrap();
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
    // As rows of the kind they are shaped, and are in shape already.
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

/// No body departs from the strict view of its operation where the documented one does
/// not.
#[tokio::test]
async fn what_it_sends_departs_from_nothing() {
    let document = ocp_contract_embedded::document().unwrap();
    let evidence = ocp_contract_embedded::evidence().unwrap();
    for (id, path) in [
        ("listTenantRestoreTasks", TENANT),
        ("listClusterRestoreTasks", CLUSTER),
    ] {
        let strict = Strict::new(document.value(), id, &evidence).unwrap();
        // What the documentation's own rows do, the embedded OCP may do, too.
        let ocp = EmbeddedOcp::start(Settings::default()).await.unwrap();
        let (status, body) = get(&ocp, path, "page=1&size=10").await;
        let of_sample: Vec<_> = strict
            .departures(status, &body)
            .into_iter()
            .map(|one| (one.place, one.rule))
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
                departures
                    .retain(|one| !of_sample.contains(&(one.place.clone(), one.rule.clone())));
                assert!(departures.is_empty(), "{id} {query}: {departures:#?}");
            }
        }
    }
}

/// Whatever the evidence says: no row has a member that its schema has not.
#[tokio::test]
async fn rows_have_no_member_but_those_of_their_schema() {
    let document = ocp_contract_embedded::document().unwrap();
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
        let list = Operation::find(document.value(), id).unwrap().list.unwrap();
        let (_, body) = get(&ocp, path, "page=1&size=10").await;
        for (name, _) in rows(&body).iter().flat_map(|row| row.as_object().unwrap()) {
            assert!(list.row["properties"].get(name).is_some(), "{id}: {name}");
        }
    }
}
