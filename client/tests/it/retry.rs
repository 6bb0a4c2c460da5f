//! Which failures are tried again, over real sockets.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use oceanbase_ocp::{AccessKey, Client, Credentials, RetryPolicy};
use tokio::time::Instant;

use crate::server::{call, http, json, respond_with, serve, unhurried};

const OK: &str = r#"{"successful":true,"data":{"contents":[]}}"#;

/// Each trouble of a server that gives in at the third request, and how often it is asked.
#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_nothing_else() {
    for (trouble, asked) in [
        ("429 Too Many Requests\r\nRateLimit-Reset: 7", 3),
        ("429 Too Many Requests", 3),
        ("429 Too Many Requests\r\nRateLimit-Reset: 86400", 1),
        ("502 Bad Gateway", 3),
        ("503 Service Unavailable", 3),
        ("504 Gateway Timeout", 3),
        ("", 3),
        ("500 Internal Server Error", 1),
        ("400 Bad Request", 1),
        ("401 Unauthorized", 1),
        ("403 Forbidden", 1),
        ("404 Not Found", 1),
        ("302 Found\r\nlocation: /login", 1),
        ("204 No Content", 1),
    ] {
        let (url, heads) = serve(move |number, _| match (number, trouble) {
            (3, _) => json(OK),
            (_, "") => Vec::new(),
            (_, trouble) => http(trouble, ""),
        })
        .await;
        let outcome = call(&unhurried(&url).build().unwrap()).await;
        let waits = heads.waits();
        assert_eq!(heads.len(), asked, "{trouble}");
        assert_eq!(outcome.is_ok(), asked == 3, "{trouble}: {outcome:?}");
        assert_eq!(waits.len(), asked - 1, "{trouble}");
        if trouble.ends_with(": 7") {
            let is_lengthened = |wait: &u128| (7000..8000).contains(wait);
            assert!(waits.iter().all(is_lengthened), "{waits:?}");
        }
        if let Err(error) = outcome {
            assert_eq!(error.attempts(), 1, "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_and_time_are_bounded() {
    let refusing = |_: usize, _: &str| http("503 Service Unavailable", "");
    let (url, heads) = serve(refusing).await;
    let client = |policy| unhurried(&url).retry(policy).build().unwrap();
    let error = call(&client(RetryPolicy::default())).await.unwrap_err();
    assert_eq!((error.attempts(), heads.len()), (4, 4));
    assert!(error.to_string().contains("4 attempts"), "{error}");

    let many = RetryPolicy::default()
        .max_attempts(1000)
        .max_elapsed(Duration::from_secs(90));
    let started = Instant::now();
    let error = call(&client(many)).await.unwrap_err();
    let waited = started.elapsed().as_millis();
    assert!((50_000..=90_100).contains(&waited), "{waited} ms");
    assert!(error.attempts() > 4, "{error}");

    let before = heads.len();
    let error = call(&client(RetryPolicy::disabled())).await.unwrap_err();
    assert_eq!((error.attempts(), heads.len()), (1, before + 1));
}

/// The same signature twice would be refused once it is too old.
#[tokio::test]
async fn each_attempt_is_signed_anew() {
    let (url, heads) = serve(|number, _| match number {
        1 => http("429 Too Many Requests\r\nRateLimit-Reset: 1", ""),
        _ => json(OK),
    })
    .await;
    let key = AccessKey::new("key", "0123456789abcdef").unwrap();
    let client = Client::builder(&url).credentials(key).build().unwrap();
    call(&client).await.unwrap();
    let header = |name: &str| {
        let all = heads.all();
        let lines = all.iter().flat_map(|head| head.lines());
        let lines = lines.filter(|line| line.starts_with(name));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for name in ["date: ", "authorization: "] {
        let [first, second] = &header(name)[..] else {
            panic!("{:?}", heads.all());
        };
        assert_ne!(first, second);
    }
}

/// In real time.
#[tokio::test]
async fn a_window_is_waited_for_and_dropping_the_future_ends_it() {
    let (url, heads) = serve(|number, _| match number {
        1 | 2 => http("429 Too Many Requests\r\nRateLimit-Reset: 1", ""),
        _ => json(OK),
    })
    .await;
    let client = Client::builder(&url).build().unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(200), call(&client)).await;
    assert!(dropped.is_err());
    let started = tokio::time::Instant::now();
    call(&client).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    let sent = heads.len();
    assert_eq!(sent, 3, "the dropped call sent nothing any more");
}

/// Twenty of them lock the caller out.
#[tokio::test(start_paused = true)]
async fn a_refused_log_in_is_not_repeated_even_if_its_body_breaks_off() {
    let cut = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let (url, heads) = serve(move |_, _| cut.clone()).await;
    let client = unhurried(&url).build().unwrap();
    assert!(call(&client).await.unwrap_err().is_unauthorized());
    assert_eq!(heads.len(), 1);
    // A closed port is tried again.
    let (url, server) = respond_with("").await;
    server.abort();
    let _ = server.await;
    let client = unhurried(&url).build().unwrap();
    assert_eq!(call(&client).await.unwrap_err().attempts(), 4);
}

/// The wait that a gateway asks for counts, too; a window of an hour is reported at once.
#[tokio::test(start_paused = true)]
async fn the_wait_of_a_gateway_is_kept() {
    for (trouble, least) in [
        ("503 Busy\r\nretry-after: 12", 12_000),
        ("429 Busy\r\nretry-after: 7", 7_000),
        ("429 Busy\r\nretry-after: 7\r\nratelimit-reset: 9", 9_000),
        (
            "503 Busy\r\ndate: Wed, 21 Oct 2015 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2015 07:28:20 GMT",
            20_000,
        ),
    ] {
        let (url, heads) = serve(move |number, _| match number {
            1 => http(trouble, ""),
            _ => json(OK),
        })
        .await;
        call(&unhurried(&url).build().unwrap()).await.unwrap();
        let [wait] = heads.waits()[..] else {
            panic!("{:?}", heads.waits());
        };
        assert!((least..=least + 1000).contains(&wait), "{trouble}: {wait}");
    }
    let (url, heads) = serve(|_, _| http("503 Busy\r\nretry-after: 3600", "")).await;
    let started = Instant::now();
    let error = call(&unhurried(&url).build().unwrap()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!((heads.len(), started.elapsed().as_secs()), (1, 0));
}

/// A response that comes out the same each time is not asked for again.
#[tokio::test]
async fn a_head_that_cannot_be_read_is_final() {
    let many = "x: y\r\n".repeat(200);
    for (head, expected) in [
        (
            "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n".to_owned(),
            "the head of the response is malformed: invalid HTTP header parsed",
        ),
        (
            "HTTP/1.1 2x0 OK\r\n\r\n".to_owned(),
            "the head of the response is malformed: invalid HTTP status-code parsed",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n".to_owned(),
            "the head of the response is malformed: invalid content-length parsed",
        ),
        (
            format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
            "the head of the response is too large",
        ),
    ] {
        let (url, heads) = serve(move |_, _| head.clone().into_bytes()).await;
        let client = Client::new(&url).unwrap();
        let error = call(&client).await.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
        assert!(error.is_connection() && !error.is_retryable(), "{error}");
        assert_eq!(heads.len(), 1, "{error}");
    }
}

/// A signature is refused if the clocks differ; the response's date tells by how much.
#[tokio::test]
async fn a_refused_signature_says_how_far_the_clocks_are_apart() {
    for (minutes, expected) in [
        (-120, Some("2 h 0 min ahead of")),
        (21, Some("20 min behind")),
        (1, None),
    ] {
        let date = Utc::now() + TimeDelta::minutes(minutes);
        let date = date.format("%a, %d %b %Y %H:%M:%S GMT");
        let refused = format!("401 Unauthorized\r\ndate: {date}\r\ncontent-type: application/json");
        let body = r#"{"successful":false,"status":401,"error":{"code":0,"message":"no"}}"#;
        let (url, _) = serve(move |_, _| http(&refused, body)).await;
        let key = AccessKey::new("key", "a secret of ours").unwrap();
        let client = Client::builder(&url);
        let signing = client.clone().credentials(key).build().unwrap();
        let error = call(&signing).await.unwrap_err();
        let hint = error.hint().unwrap_or_default();
        match expected {
            Some(expected) => assert!(hint.contains(expected), "{error}"),
            None => assert_eq!(hint, "", "{error}"),
        }
        // A password has no date.
        let basic = Credentials::basic("user", "a secret of ours").unwrap();
        let error = call(&client.credentials(basic).build().unwrap())
            .await
            .unwrap_err();
        assert_eq!(error.hint(), None, "{error}");
    }
}
