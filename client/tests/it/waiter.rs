//! How a restore ends, or does not.

use std::time::Duration;

use oceanbase_ocp::{Client, RestoreOutcome};

use crate::server::{Waits, http, json, serve};

fn body(rows: &str) -> Vec<u8> {
    json(format!(
        r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{{"totalPages":1}}}}}}"#
    ))
}

const RUNNING: &str = r#"{"id":9,"status":"RESTORE_SUCCESS","finished":true,"successful":true},{"id":7,"status":"RESTORE_WAIT_LS","finished":false,"successful":false}"#;
const SUCCEEDED: &str = r#"{"id":7,"status":"RESTORE_SUCCESS","finished":true,"successful":true}"#;
const FAILED: &str =
    r#"{"id":7,"status":"RESTORE_FAIL","finished":true,"successful":false,"errorMsg":"disk full"}"#;

/// What comes of waiting for task 7, and the waits in seconds.
async fn wait(
    end: &'static str,
    looks: usize,
) -> (Result<RestoreOutcome, oceanbase_ocp::Error>, Vec<u128>) {
    let (url, _) = serve(move |number, _| body(if number < looks { RUNNING } else { end })).await;
    let waits = Waits::default();
    let client = Client::builder(&url).clock(waits.clone()).build().unwrap();
    let outcome = client
        .list_tenant_restore_tasks()
        .id(1)
        .tenant_id(2)
        .wait_for(7)
        .interval(Duration::from_secs(4))
        .max_interval(Duration::from_secs(10))
        .timeout(Duration::from_secs(60))
        .until_ended()
        .await;
    let waits = waits.all().iter().map(|wait| wait / 1000).collect();
    (outcome, waits)
}

#[tokio::test]
async fn the_outcomes_are_told_apart() {
    let (outcome, waits) = wait(SUCCEEDED, 5).await;
    assert!(matches!(outcome, Ok(RestoreOutcome::Succeeded(task)) if task.id == 7));
    assert_eq!(waits, [4, 6, 9, 10], "half as long again, up to the limit");
    let (outcome, waits) = wait(FAILED, 1).await;
    let Ok(RestoreOutcome::Failed(task)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(task.error_msg.as_deref(), Some("disk full"));
    assert!(waits.is_empty());
    let (outcome, _) = wait("", 1).await;
    assert_eq!(outcome.unwrap(), RestoreOutcome::NotListed);
    let (outcome, _) = wait("", 3).await;
    assert_eq!(outcome.unwrap(), RestoreOutcome::NotListed, "it is gone");
}

#[tokio::test]
async fn the_time_out_tells_what_was_known() {
    let (outcome, waits) = wait(SUCCEEDED, 1000).await;
    let error = outcome.unwrap_err();
    assert!(error.is_unfinished(), "{error}");
    let waited = error.waited().unwrap();
    assert_eq!(waited.last.id, 7);
    assert!(waited.last.is_running());
    assert_eq!(waited.elapsed, Duration::from_secs(60));
    assert_eq!(
        waits.iter().sum::<u128>(),
        60,
        "to the very end, and no longer"
    );
    assert_eq!(waited.attempts as usize, waits.len() + 1);
    let text = "restore task 7 is still in state RESTORE_WAIT_LS after 60 s (looked at 9 times)";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_failed_look_ends_the_waiting() {
    let (url, heads) = serve(|number, _| match number {
        1 => body(RUNNING),
        2 => http("503 Service Unavailable", ""),
        3 => body(RUNNING),
        _ => http("403 Forbidden", ""),
    })
    .await;
    let client = Client::builder(&url)
        .clock(Waits::default())
        .build()
        .unwrap();
    let request = client.list_tenant_restore_tasks().id(1).tenant_id(2);
    let error = request.wait_for(7).until_ended().await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    assert_eq!(heads.lock().unwrap().len(), 4, "a passing failure does not");
}

/// A task that is not on the first page is looked for on the others.
#[tokio::test]
async fn the_whole_list_is_searched() {
    let (url, heads) = serve(|_, head| {
        let page: i64 = head
            .split("page=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let rows = if page == 3 {
            SUCCEEDED.to_owned()
        } else {
            SUCCEEDED.replace('7', &(page + 10).to_string())
        };
        json(format!(
            r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{{"totalPages":4}}}}}}"#
        ))
    })
    .await;
    let client = Client::new(&url).unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .id(1)
        .tenant_id(2)
        .page(2);
    let outcome = request.size(1).wait_for(7).until_ended().await.unwrap();
    assert!(matches!(outcome, RestoreOutcome::Succeeded(_)));
    assert_eq!(
        heads.lock().unwrap().len(),
        3,
        "no further than the task, and from page 1 on"
    );
}
