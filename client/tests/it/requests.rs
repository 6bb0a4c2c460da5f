//! Requests as they go out: credentials and signatures, checked without the client's code.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use oceanbase_ocp::types::RestoreTaskStatusFilter;
use oceanbase_ocp::{AccessKey, Client, Credentials};

use crate::server::{call, json, respond_with};

const OK: &str = r#"{"successful":true,"data":{"contents":[]}}"#;

fn header<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(one, _)| one.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn basic_credentials_go_out_unasked() {
    let (url, server) = respond_with(json(OK)).await;
    let client = Client::builder(&url)
        .credentials(Credentials::basic("foo", "bar").unwrap())
        .build()
        .unwrap();
    call(&client).await.unwrap();
    let head = server.await.unwrap();
    assert_eq!(
        header(&head, "authorization"),
        ["Basic Zm9vOmJhcg=="],
        "the documented example"
    );

    let (url, server) = respond_with(json(OK)).await;
    call(&Client::new(&url).unwrap()).await.unwrap();
    assert!(header(&server.await.unwrap(), "authorization").is_empty());
}

#[tokio::test]
async fn an_access_key_signs_what_really_goes_out() {
    let (url, server) = respond_with(json(OK)).await;
    let key = AccessKey::new("cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d").unwrap();
    let client = Client::builder(&format!("{url}/ocp"))
        .credentials(key)
        .build()
        .unwrap();
    client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2)
        .restore_cluster_name(["b c", "a,+"])
        .status([RestoreTaskStatusFilter::Completed])
        .send()
        .await
        .unwrap();
    let head = server.await.unwrap();
    let (Some(date), Some(host)) = (header(&head, "date").pop(), header(&head, "host").pop())
    else {
        panic!("{head}");
    };
    assert_eq!(format!("http://{host}"), url);
    let sent = chrono::DateTime::parse_from_rfc2822(date).unwrap();
    assert!((chrono::Utc::now() - sent.to_utc()).num_seconds() < 60);
    assert!(date.ends_with(" GMT"), "{date}");
    let message = format!(
        "GET\n\napplication/json\n{date}\n{host}\n\n/ocp/api/v2/ob/clusters/1/tenants/2/backup/task/restoreTasks?restoreClusterName=a%2C%2B%2Cb%20c&status=COMPLETED"
    );
    let secret = b"2fc0c299cc94c6be266f2ceece765d4d";
    let signature = STANDARD.encode(hmac_sha1_compact::HMAC::mac(message.as_bytes(), secret));
    assert_eq!(
        header(&head, "authorization"),
        [format!(
            "OCP-ACCESS-KEY-HMACSHA1 cqammmxBpfGjFlto:{signature}"
        )]
    );
}

/// A list that requires `page` and `size`: whoever asks for one page names it.
#[tokio::test]
async fn one_page_is_not_asked_for_without_the_arguments_that_it_requires() {
    let client = Client::new("http://127.0.0.1:1").unwrap();
    let request = client.list_cluster_restore_tasks().cluster_id(1);
    for (request, expected) in [
        (
            request.clone().size(10),
            "`page` is missing: the request needs it",
        ),
        (request.page(1), "`size` is missing: the request needs it"),
    ] {
        let error = request.send().await.unwrap_err();
        assert!(error.is_configuration());
        assert_eq!(
            (error.to_string().as_str(), error.attempts()),
            (expected, 0)
        );
    }
}

#[tokio::test]
async fn a_request_with_unusable_arguments_is_not_sent() {
    let client = Client::new("http://127.0.0.1:1").unwrap();
    let request = || {
        client
            .list_tenant_restore_tasks()
            .cluster_id(1)
            .tenant_id(2)
    };
    for (request, expected) in [
        (
            client.list_tenant_restore_tasks().cluster_id(1),
            "`tenant_id` is missing: the request needs it",
        ),
        (
            client.list_tenant_restore_tasks().tenant_id(1),
            "`cluster_id` is missing: the request needs it",
        ),
        (
            request().cluster_id(u64::MAX),
            "`cluster_id` is unusable: it must be a signed 64-bit integer",
        ),
        (
            request().size(i128::MIN),
            "`size` is unusable: it must be a signed 64-bit integer",
        ),
        (
            request().start_time("yesterday"),
            "`start_time` is unusable: `yesterday` is not a UTC time of the form YYYY-MM-DDThh:mm:ssZ",
        ),
        (
            request().end_time("2024-08-06"),
            "`end_time` is unusable: `2024-08-06` is not a UTC time of the form YYYY-MM-DDThh:mm:ssZ",
        ),
    ] {
        let error = request.clone().send().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.attempts(), 0, "{error}");
        let error = request.rows().try_next().await.unwrap_err();
        assert_eq!(error.to_string(), expected, "the pager");
    }
}
