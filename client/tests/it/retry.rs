//! Which failures are tried again, over real sockets.

use std::time::Duration;

use oceanbase_ocp::{AccessKey, Client, Credentials, RetryPolicy};

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
            let is_lengthened = |wait: &u128| (7000..8000).contains(wait);
            assert!(waits.all().iter().all(is_lengthened), "{:?}", waits.all());
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

/// What a gateway asks for counts, too; a window of an hour is reported at once.
#[tokio::test]
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
        let (url, _) = serve(move |number, _| match number {
            1 => http(trouble, ""),
            _ => json(OK),
        })
        .await;
        let waits = Waits::default();
        let client = Client::builder(&url).clock(waits.clone()).build().unwrap();
        call(&client).await.unwrap();
        let [wait] = waits.all()[..] else {
            panic!("{:?}", waits.all());
        };
        assert!((least..least + 1000).contains(&wait), "{trouble}: {wait}");
    }
    let (url, heads) = serve(|_, _| http("503 Busy\r\nretry-after: 3600", "")).await;
    let waits = Waits::default();
    let client = Client::builder(&url).clock(waits.clone()).build().unwrap();
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!((heads.lock().unwrap().len(), waits.all().len()), (1, 0));
}

/// What comes out the same each time is not asked for again.
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
        let client = Client::builder(&url)
            .clock(Waits::default())
            .build()
            .unwrap();
        let error = call(&client).await.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
        assert!(error.is_connection() && !error.is_retryable(), "{error}");
        assert_eq!(heads.lock().unwrap().len(), 1, "{error}");
    }
}

/// A signature is refused if the clocks differ; the response's date tells by how much.
#[tokio::test]
async fn a_refused_signature_says_how_far_the_clocks_are_apart() {
    // The clock of these tests begins at noon of 2024-08-07.
    for (date, expected) in [
        ("Wed, 07 Aug 2024 10:00:00 GMT", Some("2 h 0 min ahead of")),
        ("Wed, 07 Aug 2024 12:20:00 GMT", Some("20 min behind")),
        ("Wed, 07 Aug 2024 12:01:00 GMT", None),
    ] {
        let refused = format!("401 Unauthorized\r\ndate: {date}\r\ncontent-type: application/json");
        let body = r#"{"successful":false,"status":401,"error":{"code":0,"message":"no"}}"#;
        let (url, _) = serve(move |_, _| http(&refused, body)).await;
        let key = AccessKey::new("key", "a secret of ours").unwrap();
        let client = Client::builder(&url).clock(Waits::default());
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
