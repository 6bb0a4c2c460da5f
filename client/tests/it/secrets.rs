//! Secrets stay secret, whatever is printed and whatever a server sends back.

use std::fmt::Write;

use oceanbase_ocp::{AccessKey, Client, Credentials};

use crate::server::{call, http, respond_with};

const PASSWORD: &str = "pa55-w0rd-of-mine";
const SECRET_KEY: &str = "2fc0c299cc94c6be266f2ceece765d4d";

fn all() -> [Credentials; 3] {
    [
        Credentials::anonymous(),
        Credentials::basic("admin", PASSWORD).unwrap(),
        AccessKey::new("cqammmxBpfGjFlto", SECRET_KEY)
            .unwrap()
            .into(),
    ]
}

#[test]
fn debug_shows_no_secret() {
    let mut shown = String::new();
    for credentials in all() {
        let builder = Client::builder("http://ocp:8080").credentials(credentials.clone());
        let client = builder.clone().build().unwrap();
        writeln!(shown, "{credentials:?}\n{builder:?}\n{client:?}\n").unwrap();
        let request = builder.build().unwrap();
        assert_secret_free(&format!(
            "{:?}",
            request.list_tenant_restore_tasks().cluster_id(1)
        ));
    }
    writeln!(
        shown,
        "{:?}",
        AccessKey::new("cqammmxBpfGjFlto", SECRET_KEY)
    )
    .unwrap();
    assert_secret_free(&shown);
    insta::assert_snapshot!(shown);
}

fn assert_secret_free(text: &str) {
    use base64::Engine;
    let token = base64::engine::general_purpose::STANDARD.encode(format!("admin:{PASSWORD}"));
    for secret in [PASSWORD, SECRET_KEY, &token] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// A server that sends back all that it got must not make us print it.
#[tokio::test]
async fn errors_show_no_secret_even_when_the_server_does() {
    use base64::Engine;
    let token = base64::engine::general_purpose::STANDARD.encode(format!("admin:{PASSWORD}"));
    let echo = format!("Basic {token} {PASSWORD} {SECRET_KEY}");
    for credentials in all().into_iter().skip(1) {
        for response in [
            http("401 Unauthorized\r\ncontent-type: text/html", &echo),
            http("200 OK\r\ncontent-type: text/html", &echo),
            http(
                "200 OK\r\ncontent-type: application/json",
                format!("\"{echo}\""),
            ),
            http(
                "400 Bad Request\r\ncontent-type: application/json",
                format!(r#"{{"successful":false,"error":{{"code":"{echo}","message":"{echo}"}}}}"#),
            ),
            http(&format!("302 Found\r\nlocation: /{echo}"), ""),
            http(
                "200 OK\r\ncontent-type: application/json",
                format!(r#"{{"successful":true,"data":{{"contents":[{{"id":"{echo}"}}]}}}}"#),
            ),
            http(&format!("200 OK\r\ncontent-type: {echo}"), "{}"),
        ] {
            let (url, _server) = respond_with(response).await;
            let client = Client::builder(&url)
                .credentials(credentials.clone())
                .build()
                .unwrap();
            let error = call(&client).await.unwrap_err();
            let text = format!("{error} {error:?} {:?} {:?}", error.message(), error.code());
            let secrets = match format!("{credentials:?}").as_str() {
                "Credentials(Basic)" => vec![PASSWORD, &token],
                _ => vec![SECRET_KEY],
            };
            for secret in secrets {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}
