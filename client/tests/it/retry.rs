//! Which failures are tried again, over real sockets.

use std::time::Duration;

use oceanbase_ocp::{AccessKey, Client, RetryPolicy};

use crate::server::{Waits, call, http, json, respond_with, serve};

const OK: &str = r#"{"successful":true,"data":{"contents":[]}}"#;

/// What a server says before it gives in, and how often it is asked.
#[tokio::test]
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
        let waits = Waits::default();
        let client = Client::builder(&url).clock(waits.clone()).build().unwrap();
        let outcome = call(&client).await;
        assert_eq!(heads.lock().unwrap().len(), asked, "{trouble}");
        assert_eq!(outcome.is_ok(), asked == 3, "{trouble}: {outcome:?}");
        assert_eq!(waits.all().len(), asked - 1, "{trouble}");
        if trouble.ends_with(": 7") {
            assert_eq!(waits.all(), [7000, 7000]);
        }
        if let Err(error) = outcome {
            assert_eq!(error.attempts(), 1, "{error}");
        }
    }
}

#[tokio::test]
async fn attempts_and_time_are_bounded() {
    let refusing = |_: usize, _: &str| http("503 Service Unavailable", "");
    let (url, heads) = serve(refusing).await;
    let waits = Waits::default();
    let client = |policy| {
        Client::builder(&url)
            .retry(policy)
            .clock(waits.clone())
            .build()
            .unwrap()
    };
    let error = call(&client(RetryPolicy::default())).await.unwrap_err();
    assert_eq!((error.attempts(), heads.lock().unwrap().len()), (4, 4));
    assert!(error.to_string().contains("4 attempts"), "{error}");

    let many = RetryPolicy::default()
        .max_attempts(1000)
        .max_elapsed(Duration::from_secs(90));
    let before = waits.all().iter().sum::<u128>();
    let error = call(&client(many)).await.unwrap_err();
    let waited = waits.all().iter().sum::<u128>() - before;
    assert!((50_000..=90_000).contains(&waited), "{waited} ms");
    assert!(error.attempts() > 4, "{error}");

    let before = heads.lock().unwrap().len();
    let error = call(&client(RetryPolicy::disabled())).await.unwrap_err();
    assert_eq!(
        (error.attempts(), heads.lock().unwrap().len()),
        (1, before + 1)
    );
}

/// The same signature twice would be refused once it is too old.
#[tokio::test]
async fn each_attempt_is_signed_anew() {
    let (url, heads) = serve(|number, _| match number {
        1 => http("429 Too Many Requests\r\nRateLimit-Reset: 500", ""),
        _ => json(OK),
    })
    .await;
    let key = AccessKey::new("key", "0123456789abcdef").unwrap();
    let client = Client::builder(&url)
        .credentials(key)
        .retry(RetryPolicy::default().max_elapsed(Duration::from_secs(900)))
        .clock(Waits::default())
        .build()
        .unwrap();
    call(&client).await.unwrap();
    let heads = heads.lock().unwrap();
    let header = |head: &str, name: &str| {
        let line = head.lines().find(|line| line.starts_with(name));
        line.unwrap().to_owned()
    };
    let dates = [&heads[0], &heads[1]].map(|head| header(head, "date: "));
    assert_eq!(
        dates,
        [
            "date: Wed, 07 Aug 2024 12:00:00 GMT",
            "date: Wed, 07 Aug 2024 12:08:20 GMT"
        ]
    );
    let signatures = [&heads[0], &heads[1]].map(|head| header(head, "authorization: "));
    assert_ne!(signatures[0], signatures[1]);
}

/// By the default clock, which is tokio's.
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
    let sent = heads.lock().unwrap().len();
    assert_eq!(sent, 3, "the dropped call sent nothing any more");
}

/// Twenty of them lock the caller out.
#[tokio::test]
async fn a_refused_log_in_is_not_repeated_even_if_its_body_breaks_off() {
    let cut = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 100\r\n\r\n{".to_vec();
    let (url, heads) = serve(move |_, _| cut.clone()).await;
    let client = Client::builder(&url)
        .clock(Waits::default())
        .build()
        .unwrap();
    assert!(call(&client).await.unwrap_err().is_unauthorized());
    assert_eq!(heads.lock().unwrap().len(), 1);
    // A closed port is tried again.
    let (url, server) = respond_with("").await;
    server.abort();
    let _ = server.await;
    let waits = Waits::default();
    let client = Client::builder(&url).clock(waits.clone()).build().unwrap();
    assert_eq!(call(&client).await.unwrap_err().attempts(), 4);
    assert_eq!(waits.all().len(), 3);
}
