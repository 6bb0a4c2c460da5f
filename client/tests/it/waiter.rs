//! How a restore ends, or does not.

use std::time::Duration;

use oceanbase_ocp::builder::ListTenantRestoreTasks;
use oceanbase_ocp::types::{RestoreHistoryTask, RestoreTaskStatusFilter};
use oceanbase_ocp::{Client, Error, ErrorKind, RestoreOutcome};

use crate::server::{Waits, http, json, serve};

/// A list of one page.
fn body(rows: &str) -> Vec<u8> {
    let total = rows.matches(r#""id""#).count();
    counted(rows, total)
}

/// One page of a list that says how many rows it has.
fn counted(rows: &str, total: usize) -> Vec<u8> {
    json(format!(
        r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{{"totalElements":{total},"totalPages":1}}}}}}"#
    ))
}

const OTHER: &str = r#"{"id":9,"status":"RESTORE_SUCCESS","finished":true,"successful":true}"#;
const RUNNING: &str = r#"{"id":9,"status":"RESTORE_SUCCESS","finished":true,"successful":true},{"id":7,"status":"RESTORE_WAIT_LS","finished":false,"successful":false}"#;
const SUCCEEDED: &str = r#"{"id":7,"status":"RESTORE_SUCCESS","finished":true,"successful":true}"#;
const FAILED: &str =
    r#"{"id":7,"status":"RESTORE_FAIL","finished":true,"successful":false,"errorMsg":"disk full"}"#;

type Waiter = oceanbase_ocp::Waiter<ListTenantRestoreTasks>;

/// What the server shows at each look: the last of these again and again.
type Looks = &'static [Seen];

/// What the server shows at a look.
#[derive(Clone, Copy)]
enum Seen {
    Rows(&'static str),
    /// Fewer rows than it says that there are.
    TooFew(&'static str),
}
use Seen::{Rows, TooFew};

/// What comes of waiting for task 7 for a minute, and the waits in seconds.
async fn wait<T>(
    looks: Looks,
    until: impl AsyncFnOnce(Waiter) -> Result<T, Error>,
) -> (Result<T, Error>, Vec<u128>) {
    let (url, _) = serve(
        move |number, _| match looks[(number - 1).min(looks.len() - 1)] {
            Rows(rows) => body(rows),
            TooFew(rows) => counted(rows, 5),
        },
    )
    .await;
    let waits = Waits::default();
    let client = Client::builder(&url).clock(waits.clone()).build().unwrap();
    let waiter = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2)
        .wait_for(7)
        .interval(Duration::from_secs(4))
        .max_interval(Duration::from_secs(10))
        .appears_within(Duration::from_secs(20))
        .timeout(Duration::from_secs(60));
    let outcome = until(waiter).await;
    let waits = waits.all().iter().map(|wait| wait / 1000).collect();
    (outcome, waits)
}

async fn ended(waiter: Waiter) -> Result<RestoreOutcome<RestoreHistoryTask>, Error> {
    waiter.until_ended().await
}

#[tokio::test]
async fn the_outcomes_are_told_apart() {
    const RUNS: Seen = Rows(RUNNING);
    let (outcome, waits) = wait(&[RUNS, RUNS, RUNS, RUNS, Rows(SUCCEEDED)], ended).await;
    assert!(matches!(outcome, Ok(RestoreOutcome::Succeeded(task)) if task.id == 7));
    assert_eq!(waits, [4, 6, 9, 10], "half as long again, up to the limit");
    let (outcome, waits) = wait(&[Rows(FAILED)], ended).await;
    let Ok(RestoreOutcome::Failed(task)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(task.error_msg.as_deref(), Some("disk full"));
    assert!(waits.is_empty());
}

#[tokio::test]
async fn who_asks_for_success_gets_an_error_for_a_failure() {
    let until = async |waiter: Waiter| waiter.until_succeeded().await;
    let (outcome, _) = wait(&[Rows(RUNNING), Rows(SUCCEEDED)], until).await;
    assert_eq!(outcome.unwrap().id, 7);
    let (outcome, _) = wait(&[Rows(RUNNING), Rows(FAILED)], until).await;
    let error = outcome.unwrap_err();
    assert!(error.is_failed(), "{error}");
    assert_eq!(error.task().unwrap().error_msg(), Some("disk full"));
    assert_eq!(error.waited().unwrap().attempts, 2);
    let text = "restore task 7 has failed, in state RESTORE_FAIL: disk full";
    assert_eq!(error.to_string(), text);
}

/// Each row: what is seen, the error, the waits before it, and its message.
#[tokio::test]
async fn a_task_that_is_not_there_is_an_error() {
    let cases: [(&str, Looks, ErrorKind, &[u128], &str); 6] = [
        (
            "never there",
            &[Rows(OTHER)],
            ErrorKind::NotListed,
            &[4, 6, 9, 1],
            "restore task 7 is not listed, and 1 other task is, after 20 s (looked at 5 times): are its id and the arguments of the request right?",
        ),
        (
            "an empty list",
            &[Rows("")],
            ErrorKind::NotListed,
            &[4, 6, 9, 1],
            "restore task 7 is not listed, and 0 other tasks are, after 20 s (looked at 5 times): are its id and the arguments of the request right?",
        ),
        (
            "there, then gone",
            &[Rows(OTHER), Rows(RUNNING), Rows(OTHER)],
            ErrorKind::NoLongerListed,
            &[4, 6],
            "restore task 7 is no longer listed, and 1 other task is, after 10 s (looked at 4 times): it was last seen in state RESTORE_WAIT_LS",
        ),
        (
            "there, then gone, but not for certain at first",
            &[Rows(RUNNING), TooFew(OTHER), Rows(OTHER)],
            ErrorKind::NoLongerListed,
            &[4, 6],
            "restore task 7 is no longer listed, and 1 other task is, after 10 s (looked at 4 times): it was last seen in state RESTORE_WAIT_LS",
        ),
        (
            "rows are always missing",
            &[TooFew(OTHER)],
            ErrorKind::Incomplete,
            &[4, 6, 9, 1],
            "the list is incomplete: 1 of 5 rows came; page 1 of 100 rows each was asked for, and it came with 1 rows; rows may have moved between the pages; read the list again",
        ),
        (
            "there, then rows are always missing",
            &[Rows(RUNNING), TooFew(OTHER)],
            ErrorKind::WaitTimeout,
            &[4, 6, 9, 10, 10, 10, 10, 1],
            "restore task 7 is still in state RESTORE_WAIT_LS after 60 s (looked at 9 times)",
        ),
    ];
    for (name, looks, kind, waits, expected) in cases {
        let (outcome, waited) = wait(looks, ended).await;
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (kind, expected),
            "{name}"
        );
        assert_eq!(waited, waits, "{name}");
        let is_known = kind == ErrorKind::NoLongerListed || kind == ErrorKind::WaitTimeout;
        assert_eq!(error.task().is_some(), is_known, "{name}");
        assert_eq!(error.attempts(), 0, "{name}: no request failed");
    }
}

#[tokio::test]
async fn a_task_may_take_a_moment_to_appear_and_may_be_hidden_for_a_look() {
    let cases: [(&str, Looks, &[u128]); 5] = [
        (
            "it appears",
            &[Rows(OTHER), Rows(OTHER), Rows(SUCCEEDED)],
            &[4, 6],
        ),
        (
            "it is hidden once",
            &[Rows(RUNNING), Rows(OTHER), Rows(SUCCEEDED)],
            &[4],
        ),
        (
            "rows are missing at first",
            &[TooFew(OTHER), Rows(SUCCEEDED)],
            &[4],
        ),
        (
            "rows are missing in between",
            &[Rows(RUNNING), TooFew(OTHER), Rows(SUCCEEDED)],
            &[4, 6],
        ),
        (
            "it stands before the missing rows",
            &[TooFew(SUCCEEDED)],
            &[],
        ),
    ];
    for (name, looks, waits) in cases {
        let (outcome, waited) = wait(looks, ended).await;
        assert!(
            matches!(outcome, Ok(RestoreOutcome::Succeeded(_))),
            "{name}: {outcome:?}"
        );
        assert_eq!(waited, waits, "{name}");
    }
}

/// Two looks at once, because one is no proof.
#[tokio::test]
async fn a_task_that_must_be_there_at_once_is_not_waited_for() {
    let until = async |waiter: Waiter| waiter.appears_within(Duration::ZERO).until_ended().await;
    let (outcome, waits) = wait(&[Rows(OTHER)], until).await;
    let error = outcome.unwrap_err();
    assert!(error.is_not_listed() && waits.is_empty(), "{error}");
    assert_eq!(error.waited().unwrap().attempts, 2);
    assert_eq!(error.waited().unwrap().listed, Some(1));
    for first in [Rows(OTHER), TooFew(OTHER)] {
        let looks: Looks = Box::leak(Box::new([first, Rows(SUCCEEDED)]));
        assert!(wait(looks, until).await.0.is_ok());
    }
    let (outcome, waits) = wait(&[TooFew(OTHER)], until).await;
    assert!(outcome.unwrap_err().is_incomplete() && waits.is_empty());
    // The whole time limits this one, too.
    let until = async |waiter: Waiter| waiter.timeout(Duration::from_secs(5)).until_ended().await;
    let (outcome, waits) = wait(&[Rows(OTHER)], until).await;
    assert!(outcome.unwrap_err().is_not_listed());
    assert_eq!(waits, [4, 1]);
}

#[tokio::test]
async fn a_request_with_filters_is_refused() {
    let (url, heads) = serve(|_, _| body(SUCCEEDED)).await;
    let client = Client::new(&url).unwrap();
    let request = || {
        client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2)
    };
    let refused: [(&str, ListTenantRestoreTasks); 4] = [
        (
            "status",
            request().status([RestoreTaskStatusFilter::Completed]),
        ),
        (
            "restore_cluster_name",
            request().restore_cluster_name(vec!["ob".to_owned()]),
        ),
        ("start_time", request().start_time("2024-08-06T00:00:00Z")),
        ("end_time", request().end_time("2024-08-07T00:00:00Z")),
    ];
    for (filter, request) in refused {
        let error = request.wait_for(7).until_ended().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "`{filter}` is unusable: a filter may hide the task that is waited for; leave it out"
            )
        );
        assert_eq!(error.attempts(), 0);
    }
    assert!(heads.lock().unwrap().is_empty());
    let paged = request().page(4).size(10).wait_for(7);
    assert!(paged.until_succeeded().await.is_ok());
}

#[tokio::test]
async fn the_time_out_tells_what_was_known() {
    let (outcome, waits) = wait(&[Rows(RUNNING)], ended).await;
    let error = outcome.unwrap_err();
    assert!(error.is_wait_timeout(), "{error}");
    let waited = error.waited().unwrap();
    assert_eq!(error.task().unwrap().id(), 7);
    assert!(error.task().unwrap().is_running());
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

/// What a server sends back must not make us print it.
#[tokio::test]
async fn the_words_about_a_task_show_no_secret_and_are_short() {
    let (url, _) = serve(|_, _| {
        let long = "x".repeat(1000);
        body(&format!(
            r#"{{"id":7,"status":"pa55-w0rd-of-mine","finished":true,"errorMsg":"pa55-w0rd-of-mine\n{long}"}}"#
        ))
    })
    .await;
    let client = Client::builder(&url)
        .credentials(oceanbase_ocp::Credentials::basic("admin", "pa55-w0rd-of-mine").unwrap())
        .build()
        .unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    let error = request.wait_for(7).until_succeeded().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(error.is_failed() && text.len() < 1000, "{text}");
    assert!(!text.contains("pa55") && !text.contains('\n'), "{text}");
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
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
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
        .cluster_id(1)
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
