//! The operation of a cluster: its own sample, its own query, the same pager and
//! waiter.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use oceanbase_ocp::types::{ClusterRestoreTask, RestoreTaskStatus};
use oceanbase_ocp::{Client, Completeness, RestoreOutcome, RetryPolicy, WaitError};

use crate::pager::{body, number, totals};
use crate::server::{Heads, json, respond_with, serve, unhurried};

const SAMPLE: &str = include_str!(
    "../../../openapi/interactions/listClusterRestoreTasks/documented-sample/response.json"
);
const OK: &str = r#"{"successful":true,"data":{"contents":[]}}"#;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn the_documented_sample_is_read() {
    let (url, server) = respond_with(json(SAMPLE)).await;
    let client = Client::new(&url).unwrap();
    let request = client.list_cluster_restore_tasks().cluster_id(1_000_005);
    let response = request.page(1).size(10).send().await.unwrap();
    let target = "/api/v2/ob/clusters/1000005/backup/task/restoreTasks?page=1&size=10";
    let head = server.await.unwrap();
    assert!(head.starts_with(&format!("GET {target} ")), "{head}");

    let [failed, succeeded] = &response.value().data.contents[..] else {
        panic!("{response:?}");
    };
    assert_eq!((failed.id, failed.ocp_job_id), (4, Some(-1)));
    assert_eq!(failed.status, RestoreTaskStatus::RestoreFail);
    assert!(failed.is_failed() && succeeded.is_succeeded());
    // Written with the offset +0800.
    let times = [
        failed.create_time,
        failed.finish_time,
        failed.restore_end_time,
    ];
    let written = [
        "2021-09-09T10:32:18.833Z",
        "2021-09-09T10:32:20.066Z",
        "2021-09-09T09:19:00Z",
    ];
    assert_eq!(times, written.map(|time| Some(instant(time))));
    assert_eq!(succeeded.restore_uris(), ["file:///obbackup/"]);
    assert_eq!(succeeded.restore_pools(), ["pool_ycrestore_zone1_gmb"]);
    let page = response.value().data.page.as_ref().unwrap();
    assert_eq!((page.total_elements, page.pages()), (Some(2), Some(1)));
}

/// RFC 3339 with a `Z`, percent-encoded; the documentation has fractions.
#[tokio::test]
async fn a_time_of_any_offset_goes_out_in_utc() {
    for (time, sent) in [
        (
            "2021-09-16T15:14:51.397+08:00",
            "2021-09-16T07%3A14%3A51.397Z",
        ),
        ("2021-09-16T02:14:51-05:00", "2021-09-16T07%3A14%3A51Z"),
        (
            "2021-09-16T07:14:51.000001Z",
            "2021-09-16T07%3A14%3A51.000001Z",
        ),
    ] {
        let (url, server) = respond_with(json(OK)).await;
        let client = Client::new(&url).unwrap();
        let time = DateTime::parse_from_rfc3339(time).unwrap();
        let request = client.list_cluster_restore_tasks().cluster_id(1);
        let request = request
            .start_time(time)
            .end_time(instant("2021-09-17T00:00:00Z"));
        request.page(1).size(10).send().await.unwrap();
        let head = server.await.unwrap();
        let query =
            format!("?endTime=2021-09-17T00%3A00%3A00Z&page=1&size=10&startTime={sent} HTTP");
        assert!(head.lines().next().unwrap().contains(&query), "{head}");
    }
}

/// The operation requires `page` and `size`; the pager knows both.
#[tokio::test]
async fn all_rows_come_without_a_page_or_a_size() {
    let (url, heads) = serve(|_, head| {
        let (page, size) = (number(head, "page"), number(head, "size"));
        let first = (page - 1) * size + 1;
        body(first..=(first + size - 1).min(205), &totals(205, size))
    })
    .await;
    let client = Client::new(&url).unwrap();
    let request = || client.list_cluster_restore_tasks().cluster_id(1);
    let asked = || -> Vec<[i64; 2]> {
        let heads = heads.take();
        let asked = heads.iter();
        asked
            .map(|head| [number(head, "page"), number(head, "size")])
            .collect()
    };

    let mut rows = request().rows();
    let found: Vec<i64> = (&mut rows)
        .map_ok(|row| row.id)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(found, (1..=205).collect::<Vec<_>>());
    assert_eq!(rows.completeness(), Some(Completeness::Complete));
    assert_eq!(asked(), [[1, 100], [2, 100], [3, 100]]);

    let pages: Vec<_> = request()
        .page(2)
        .size(80)
        .pages()
        .try_collect()
        .await
        .unwrap();
    let lengths: Vec<_> = pages.iter().map(|page| page.contents.len()).collect();
    assert_eq!(lengths, [80, 45]);
    assert_eq!(asked(), [[2, 80], [3, 80]]);

    // A wrong argument is not taken for a missing one.
    let mut rows = request().size(u64::MAX).rows();
    let error = rows.try_next().await.unwrap_err();
    let expected = "`size` is unusable: it must be a signed 64-bit integer";
    assert_eq!(error.to_string(), expected);
    assert!(asked().is_empty());
}

const OTHER: &str = r#"{"id":9,"status":"RESTORE_SUCCESS","finished":true,"successful":true}"#;
const CREATED: &str = r#"{"id":7,"status":"RESTORE_CREATE_TENANT","finished":false}"#;
const RUNNING: &str = r#"{"id":7,"status":"RESTORE_WAIT_LS","finished":false,"successful":false}"#;
const SUCCEEDED: &str =
    r#"{"id":7,"status":"RESTORE_SUCCESS","finished":true,"successful":true,"ocpJobId":-1}"#;
const FAILED: &str =
    r#"{"id":7,"status":"RESTORE_FAIL","finished":true,"successful":false,"errorMsg":"disk full"}"#;

/// The outcome of waiting for task 7, and the waits in seconds. Each look shows the
/// next of these lists, and the last again and again.
async fn wait(
    looks: &'static [&'static str],
) -> (
    Result<RestoreOutcome<ClusterRestoreTask>, WaitError<ClusterRestoreTask>>,
    Vec<u128>,
) {
    let (client, heads) = shown(looks).await;
    let request = client.list_cluster_restore_tasks().cluster_id(1);
    let outcome = request.wait_for(7).until_ended().await;
    (
        outcome,
        heads.waits().iter().map(|wait| wait / 1000).collect(),
    )
}

async fn shown(looks: &'static [&'static str]) -> (Client, Heads) {
    let (url, heads) = serve(move |number, _| {
        let rows = looks[(number - 1).min(looks.len() - 1)];
        json(format!(
            r#"{{"successful":true,"data":{{"contents":[{rows}]}}}}"#
        ))
    })
    .await;
    let client = unhurried(&url).retry(RetryPolicy::disabled());
    (client.build().unwrap(), heads)
}

#[tokio::test(start_paused = true)]
async fn a_restore_is_followed_from_before_it_is_listed_to_its_end() {
    let (outcome, waits) = wait(&["", OTHER, CREATED, RUNNING, SUCCEEDED]).await;
    let Ok(RestoreOutcome::Succeeded(task)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((task.id, task.ocp_job_id), (7, Some(-1)));
    assert_eq!(waits, [5, 7, 11, 16]);

    let (outcome, _) = wait(&[OTHER, RUNNING, FAILED]).await;
    assert!(matches!(outcome, Ok(RestoreOutcome::Failed(task)) if task.is_failed()));
    let (outcome, waits) = wait(&[OTHER]).await;
    assert!(outcome.unwrap_err().error().is_not_listed());
    assert_eq!(waits, [5, 7, 11, 16, 19], "a minute in all");
}

#[tokio::test(start_paused = true)]
async fn a_failed_restore_is_the_error_of_who_asks_for_success() {
    let (client, _) = shown(&[OTHER, RUNNING, FAILED]).await;
    let request = client.list_cluster_restore_tasks().cluster_id(1);
    let error = request.wait_for(7).until_succeeded().await.unwrap_err();
    assert!(error.error().is_restore_failed());
    let text =
        "restore task 7 has failed after 12 s (looked 3 times), in state RESTORE_FAIL: disk full";
    assert_eq!(error.to_string(), text);
    let task = error.task().unwrap();
    assert_eq!((task.id, task.error_msg.as_deref()), (7, Some("disk full")));
    assert_eq!(task.status, RestoreTaskStatus::RestoreFail);
    assert_eq!((error.listed(), error.looks()), (Some(1), 3));
}

#[tokio::test]
async fn a_time_window_would_hide_the_task_and_is_refused() {
    let (client, heads) = shown(&[SUCCEEDED]).await;
    let time = instant("2021-09-16T00:00:00Z");
    let request = || client.list_cluster_restore_tasks().cluster_id(1);
    for (name, request) in [
        ("start_time", request().start_time(time)),
        ("end_time", request().end_time(time + TimeDelta::days(1))),
    ] {
        let error = request.wait_for(7).until_ended().await.unwrap_err();
        assert!(error.error().is_configuration());
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(heads.all().is_empty());
}
