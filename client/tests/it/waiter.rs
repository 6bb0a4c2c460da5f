//! The end of a wait.

use std::time::Duration;

use oceanbase_ocp::builder::ListTenantRestoreTasks;
use oceanbase_ocp::types::{RestoreHistoryTask, RestoreTaskStatusFilter};
use oceanbase_ocp::{Client, ErrorKind, RestoreOutcome, RetryPolicy, WaitError};

use crate::server::{http, json, serve, unhurried};

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

/// The lists that the server shows, one at each look: the last again and again.
type Looks = &'static [Seen];

/// One look at the server.
#[derive(Clone, Copy)]
enum Seen {
    Rows(&'static str),
    /// Fewer rows than it says that there are.
    TooFew(&'static str),
    /// Another status, with these headers.
    Refused(&'static str),
    /// The page of something that starts, under HTTP 200.
    Page,
    /// A body that ends too early.
    Cut,
    /// No response at all.
    Nothing,
}
use Seen::{Cut, Nothing, Page, Refused, Rows, TooFew};

type Failure = WaitError<RestoreHistoryTask>;

/// The outcome of waiting for task 7 for a minute, and the waits in seconds.
async fn wait<T>(
    looks: Looks,
    until: impl AsyncFnOnce(Waiter) -> Result<T, Failure>,
) -> (Result<T, Failure>, Vec<u128>) {
    let (url, heads) = serve(
        move |number, _| match looks[(number - 1).min(looks.len() - 1)] {
            Rows(rows) => body(rows),
            TooFew(rows) => counted(rows, 5),
            Refused(head) => http(head, ""),
            Page => http("200 OK\r\ncontent-type: text/html", "<html>Starting</html>"),
            Cut => {
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
                    .to_vec()
            }
            Nothing => Vec::new(),
        },
    )
    .await;
    let client = unhurried(&url).retry(RetryPolicy::disabled()).build();
    let client = client.unwrap();
    let waiter = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2)
        .wait_for(7)
        .interval(Duration::from_secs(4))
        .max_interval(Duration::from_secs(10))
        .appears_within(Duration::from_secs(20))
        .tolerance(Duration::from_secs(30))
        .timeout(Duration::from_secs(60));
    let outcome = until(waiter).await;
    let waits = heads.waits().iter().map(|wait| wait / 1000).collect();
    (outcome, waits)
}

async fn ended(waiter: Waiter) -> Result<RestoreOutcome<RestoreHistoryTask>, Failure> {
    waiter.until_ended().await
}

#[tokio::test(start_paused = true)]
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

#[tokio::test(start_paused = true)]
async fn who_asks_for_success_gets_an_error_for_a_failure() {
    let until = async |waiter: Waiter| waiter.until_succeeded().await;
    let (outcome, _) = wait(&[Rows(RUNNING), Rows(SUCCEEDED)], until).await;
    assert_eq!(outcome.unwrap().id, 7);
    let (outcome, _) = wait(&[Rows(RUNNING), Rows(FAILED)], until).await;
    let error = outcome.unwrap_err();
    assert!(error.error().is_restore_failed(), "{error}");
    let task = error.task().unwrap();
    assert_eq!(task.error_msg.as_deref(), Some("disk full"));
    assert_eq!(error.looks(), 2);
    let text =
        "restore task 7 has failed after 4 s (looked 2 times), in state RESTORE_FAIL: disk full";
    assert_eq!(error.to_string(), text);
}

/// Each row: what is seen, the error, the waits before it, and its message.
#[tokio::test(start_paused = true)]
async fn a_task_that_is_not_there_is_an_error() {
    let cases: [(&str, Looks, ErrorKind, &[u128], &str); 6] = [
        (
            "never there",
            &[Rows(OTHER)],
            ErrorKind::NotListed,
            &[4, 6, 9, 1],
            "restore task 7 is not listed, and 1 other task is, after 20 s (looked 5 times): are its id and the arguments of the request right?",
        ),
        (
            "an empty list",
            &[Rows("")],
            ErrorKind::NotListed,
            &[4, 6, 9, 1],
            "restore task 7 is not listed, and 0 other tasks are, after 20 s (looked 5 times): are its id and the arguments of the request right?",
        ),
        (
            "there, then gone",
            &[Rows(OTHER), Rows(RUNNING), Rows(OTHER)],
            ErrorKind::NoLongerListed,
            &[4, 6],
            "restore task 7 is no longer listed, and 1 other task is, after 10 s (looked 4 times): it was last seen in state RESTORE_WAIT_LS",
        ),
        (
            "there, then gone, but not for certain at first",
            &[Rows(RUNNING), TooFew(OTHER), Rows(OTHER)],
            ErrorKind::NoLongerListed,
            &[4, 6],
            "restore task 7 is no longer listed, and 1 other task is, after 10 s (looked 4 times): it was last seen in state RESTORE_WAIT_LS",
        ),
        (
            "rows are always missing",
            &[TooFew(OTHER)],
            ErrorKind::Incomplete,
            &[4, 6, 9, 1],
            "nothing was learnt of restore task 7 after 20 s (looked 5 times): the list is incomplete: 1 of 5 rows came; page 1 of 100 rows each was asked for, and it came with 1 rows; rows may have moved between the pages; read the list again",
        ),
        (
            "there, then rows are always missing",
            &[Rows(RUNNING), TooFew(OTHER)],
            ErrorKind::WaitTimeout,
            &[4, 6, 9, 10, 10, 10, 10, 1],
            "restore task 7 is still in state RESTORE_WAIT_LS after 60 s (looked 9 times)",
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
        assert_eq!(error.error().attempts(), 0, "{name}: no request failed");
    }
}

#[tokio::test(start_paused = true)]
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
#[tokio::test(start_paused = true)]
async fn a_task_that_must_be_there_at_once_is_not_waited_for() {
    let until = async |waiter: Waiter| waiter.appears_within(Duration::ZERO).until_ended().await;
    let (outcome, waits) = wait(&[Rows(OTHER)], until).await;
    let error = outcome.unwrap_err();
    assert!(error.error().is_not_listed() && waits.is_empty(), "{error}");
    assert_eq!((error.looks(), error.listed()), (2, Some(1)));
    for first in [Rows(OTHER), TooFew(OTHER)] {
        let looks: Looks = Box::leak(Box::new([first, Rows(SUCCEEDED)]));
        assert!(wait(looks, until).await.0.is_ok());
    }
    let (outcome, waits) = wait(&[TooFew(OTHER)], until).await;
    assert!(outcome.unwrap_err().error().is_incomplete() && waits.is_empty());
    // The whole time limits this one, too.
    let until = async |waiter: Waiter| waiter.timeout(Duration::from_secs(5)).until_ended().await;
    let (outcome, waits) = wait(&[Rows(OTHER)], until).await;
    assert!(outcome.unwrap_err().error().is_not_listed());
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
        assert!(error.error().is_configuration(), "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "`{filter}` is unusable: a filter may hide the task that is waited for; leave it out"
            )
        );
        assert_eq!((error.error().attempts(), error.looks()), (0, 0));
    }
    assert!(heads.all().is_empty());
    let paged = request().page(4).size(10).wait_for(7);
    assert!(paged.until_succeeded().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_time_out_tells_what_was_known() {
    let (outcome, waits) = wait(&[Rows(RUNNING)], ended).await;
    let error = outcome.unwrap_err();
    assert!(error.error().is_wait_timeout(), "{error}");
    assert_eq!(error.task().unwrap().id, 7);
    assert!(error.task().unwrap().is_running());
    assert_eq!(error.elapsed().as_secs(), 60);
    assert_eq!(
        waits.iter().sum::<u128>(),
        60,
        "to the very end, and no longer"
    );
    assert_eq!(error.looks() as usize, waits.len() + 1);
    let text = "restore task 7 is still in state RESTORE_WAIT_LS after 60 s (looked 9 times)";
    assert_eq!(error.to_string(), text);
}

/// A secret that a server sends back is not printed.
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
    assert!(error.error().is_restore_failed(), "{text}");
    let text = error.to_string();
    assert!(text.len() < 1000, "{text}");
    assert!(!text.contains("pa55") && !text.contains('\n'), "{text}");
}

/// A look that fails for what passes is no news, and the next one comes.
#[tokio::test(start_paused = true)]
async fn a_wait_survives_what_passes() {
    const RUNS: Seen = Rows(RUNNING);
    const DONE: Seen = Rows(SUCCEEDED);
    for passing in [
        Refused("500 Internal Server Error"),
        Refused("502 Bad Gateway"),
        Refused("503 Service Unavailable"),
        Refused("429 Too Many Requests"),
        Page,
        Refused("404 Not Found"),
        Cut,
        Nothing,
    ] {
        let looks: Looks = Box::leak(Box::new([RUNS, passing, passing, DONE]));
        let (outcome, waits) = wait(looks, ended).await;
        assert!(
            matches!(outcome, Ok(RestoreOutcome::Succeeded(_))),
            "{outcome:?}"
        );
        assert_eq!(waits, [4, 6, 9]);
    }
    // Before there is any news, too, and the task still has its time to appear.
    let looks: Looks = &[
        Nothing,
        Refused("502 Bad Gateway"),
        Rows(OTHER),
        Rows(OTHER),
        DONE,
    ];
    let (outcome, waits) = wait(looks, ended).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(waits, [4, 6, 9, 10]);
    let looks: Looks = &[Nothing, Nothing, Nothing, Rows(OTHER)];
    let (outcome, waits) = wait(looks, ended).await;
    assert!(outcome.unwrap_err().error().is_not_listed());
    assert_eq!(
        waits,
        [4, 6, 9, 10, 10],
        "twenty seconds from the fourth look on"
    );
}

/// Each row: what is seen, the kind of the error, the waits before it, and its message.
#[tokio::test(start_paused = true)]
async fn what_ends_a_wait_tells_how_often_was_looked() {
    const RUNS: Seen = Rows(RUNNING);
    let cases: [(Looks, ErrorKind, &[u128], &str); 9] = [
        (
            &[RUNS, Refused("502 Bad Gateway")],
            ErrorKind::Server,
            &[4, 6, 9, 10, 1],
            "no more news of restore task 7 after 30 s (looked 6 times), last seen in state RESTORE_WAIT_LS: the request was refused with HTTP status 502 Bad Gateway",
        ),
        (
            &[Nothing],
            ErrorKind::Connection,
            &[4, 6, 9, 10, 1],
            "nothing was learnt of restore task 7 after 30 s (looked 6 times): no response from http",
        ),
        (
            &[Page],
            ErrorKind::UnexpectedResponse,
            &[],
            "nothing was learnt of restore task 7 after 0 s (looked once): the response is `text/html`",
        ),
        (
            &[Refused("404 Not Found")],
            ErrorKind::NotFound,
            &[],
            "nothing was learnt of restore task 7 after 0 s (looked once): the request was refused with HTTP status 404",
        ),
        (
            &[RUNS, Refused("401 Unauthorized")],
            ErrorKind::Unauthorized,
            &[4],
            "no more news of restore task 7 after 4 s (looked 2 times), last seen in state RESTORE_WAIT_LS: the request was refused with HTTP status 401",
        ),
        (
            &[RUNS, Refused("403 Forbidden")],
            ErrorKind::Forbidden,
            &[4],
            "no more news of restore task 7",
        ),
        (
            &[RUNS, Refused("400 Bad Request")],
            ErrorKind::BadRequest,
            &[4],
            "no more news of restore task 7",
        ),
        // The server's own pause is kept, as far as there is time.
        (
            &[RUNS, Refused("503 Busy\r\nretry-after: 25"), Page],
            ErrorKind::UnexpectedResponse,
            &[4, 25, 1],
            "no more news of restore task 7 after 30 s (looked 4 times)",
        ),
        (
            &[RUNS, RUNS, RUNS, RUNS, RUNS, RUNS, Page],
            ErrorKind::WaitTimeout,
            &[4, 6, 9, 10, 10, 10, 10, 1],
            "restore task 7 is still in state RESTORE_WAIT_LS after 60 s (looked 9 times); the last look failed: the response is `text/html`",
        ),
    ];
    for (looks, kind, waits, expected) in cases {
        let (outcome, waited) = wait(looks, ended).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(waited, waits, "{error}");
        assert_eq!(error.looks() as usize, waits.len() + 1);
        let is_seen = matches!(looks[0], Rows(_));
        assert_eq!(error.task().is_some(), is_seen, "{error}");
    }
    // An unknown host before any news.
    let client = Client::builder("http://no-such-host.invalid").retry(RetryPolicy::disabled());
    let client = client.build().unwrap();
    let request = client.list_cluster_restore_tasks().cluster_id(1);
    let error = request.wait_for(7).until_ended().await.unwrap_err();
    assert_eq!(error.looks(), 1, "{error}");
    // Zero tolerates nothing.
    let until = async |waiter: Waiter| waiter.tolerance(Duration::ZERO).until_ended().await;
    let (outcome, waits) = wait(&[RUNS, Nothing], until).await;
    assert!(outcome.unwrap_err().error().is_connection());
    assert_eq!(waits, [4]);
}

/// Small ids are given per database, so that different rows may have the same.
#[tokio::test(start_paused = true)]
async fn two_rows_of_one_id_are_told_apart() {
    const FIRST: &str = r#"{"id":7,"status":"RESTORE_FAIL","finished":true,"createTime":"2024-08-08T08:00:00Z","restoreTenantName":"a"}"#;
    const SECOND: &str = r#"{"id":7,"status":"RESTORE_SUCCESS","finished":true,"successful":true,"createTime":"2024-08-08T09:00:00Z","restoreTenantName":"b"}"#;
    let both: &'static str = Box::leak(format!("{FIRST},{SECOND}").into_boxed_str());
    let looks: Looks = Box::leak(Box::new([Rows(both)]));
    let (outcome, waits) = wait(looks, ended).await;
    let error = outcome.unwrap_err();
    assert!(error.error().is_ambiguous() && waits.is_empty(), "{error}");
    assert_eq!(error.candidates().len(), 2);
    assert_eq!(
        error.to_string(),
        "2 different restore tasks have the id 7: one into tenant a, created 2024-08-08T08:00:00+00:00, in state RESTORE_FAIL; one into tenant b, created 2024-08-08T09:00:00+00:00, in state RESTORE_SUCCESS; wait for one of them with `wait_for_row`"
    );
    let (url, _) = serve(move |_, _| body(both)).await;
    let client = Client::new(&url).unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    for (row, succeeds) in error.candidates().iter().zip([false, true]) {
        let outcome = request.clone().wait_for_row(row).until_succeeded().await;
        assert_eq!(outcome.is_ok(), succeeds, "{outcome:?}");
    }
    // One that comes later does not matter any more.
    let running = FIRST.replace("true", "false");
    let running: &'static str = Box::leak(running.into_boxed_str());
    let looks: Looks = Box::leak(Box::new([Rows(running), Rows(both)]));
    let (outcome, _) = wait(looks, ended).await;
    assert!(
        matches!(outcome, Ok(RestoreOutcome::Failed(_))),
        "{outcome:?}"
    );
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
    let asked = heads.len();
    assert_eq!(asked, 4, "to the end, since another row may have the id");
}
