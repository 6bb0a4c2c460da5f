//! Settings: checked once, each named by its error.

use std::fmt::Write;
use std::time::Duration;

use oceanbase_ocp::{Client, ClientBuilder, Credentials};

use crate::server::{call, http, json, respond_with};

const OK: &str = r#"{"successful":true,"data":{"contents":[]}}"#;

#[test]
fn each_unusable_setting_is_named() {
    let to = |url| Client::builder(url);
    let ocp = || to("http://ocp:8080");
    let mut printed = String::new();
    let mut note = |name: &str, builder: ClientBuilder| {
        let error = builder.build().unwrap_err();
        assert!(error.is_configuration(), "{name}: {error}");
        writeln!(printed, "{name}\n    {error}").unwrap();
    };
    note("no scheme", to("ocp:8080"));
    note("nothing", to(""));
    note("another scheme", to("ftp://ocp"));
    note("a user", to("http://admin:geheim@ocp"));
    note("a query", to("http://ocp/?a=1"));
    note("a fragment", to("http://ocp/#a"));
    note(
        "connect time-out of zero",
        ocp().connect_timeout(Duration::ZERO),
    );
    note("time-out of zero", ocp().timeout(Duration::ZERO));
    note("limit of zero", ocp().max_body_bytes(0));
    note(
        "language with a line break",
        ocp().accept_language("en\r\nx: y"),
    );
    note("language not in ASCII", ocp().accept_language("中文"));
    note("empty user agent", ocp().user_agent(""));
    note(
        "PEM without a certificate",
        ocp().root_certificate_pem("hello"),
    );
    note(
        "PEM with a broken certificate",
        to("https://ocp")
            .root_certificate_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    );
    note(
        "certificate and own client",
        ocp()
            .http_client(reqwest::Client::new())
            .root_certificate_pem("x"),
    );
    note(
        "user agent and own client",
        ocp().http_client(reqwest::Client::new()).user_agent("x"),
    );
    assert!(!printed.contains("geheim"));
    for (name, user) in [("empty user", ""), ("user with a colon", "a:b")] {
        writeln!(
            printed,
            "{name}\n    {}",
            Credentials::basic(user, "x").unwrap_err()
        )
        .unwrap();
    }
    insta::assert_snapshot!(printed);
}

#[tokio::test]
async fn a_path_prefix_is_kept_and_a_slash_makes_no_difference() {
    for (suffix, path) in [
        ("", "/api"),
        ("/", "/api"),
        ("/ocp", "/ocp/api"),
        ("/a/ocp/", "/a/ocp/api"),
    ] {
        let (url, server) = respond_with(json(OK)).await;
        call(&Client::new(&format!("{url}{suffix}")).unwrap())
            .await
            .unwrap();
        let head = server.await.unwrap();
        assert!(
            head.starts_with(&format!("GET {path}/v2/ob/clusters/1/tenants/2/")),
            "{head}"
        );
    }
}

#[tokio::test]
async fn language_and_user_agent_are_sent() {
    let (url, server) = respond_with(json(OK)).await;
    let client = Client::builder(&url)
        .accept_language("zh-CN")
        .user_agent("drill/1")
        .build()
        .unwrap();
    call(&client).await.unwrap();
    let head = server.await.unwrap();
    assert!(head.contains("\r\naccept-language: zh-CN\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: drill/1\r\n"), "{head}");
    assert!(head.contains("\r\naccept-encoding: gzip\r\n"), "{head}");
}

#[tokio::test]
async fn the_users_own_client_is_used_and_may_not_follow_redirects() {
    let (elsewhere, _there) = respond_with(json(OK)).await;
    let (url, _here) =
        respond_with(http(&format!("302 Found\r\nlocation: {elsewhere}/x"), "")).await;
    let own = reqwest::Client::builder()
        .no_proxy()
        .user_agent("own")
        .build()
        .unwrap();
    let client = Client::builder(&url)
        .http_client(own.clone())
        .build()
        .unwrap();
    let error = call(&client).await.unwrap_err();
    assert!(
        error.is_unexpected_response() && error.to_string().contains("followed a redirect"),
        "{error}"
    );

    let (url, server) = respond_with(json(OK)).await;
    call(&Client::builder(&url).http_client(own).build().unwrap())
        .await
        .unwrap();
    assert!(server.await.unwrap().contains("\r\nuser-agent: own\r\n"));
}

/// Runs the test `name` of this binary on a host without certificate
/// authorities: one that looks for them in a folder without any.
#[cfg(all(target_os = "linux", feature = "rustls", not(feature = "native-tls")))]
fn without_authorities(name: &str) -> std::process::Output {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SSL_CERT_FILE", "/nonexistent/authorities.pem")
        .env("SSL_CERT_DIR", "/nonexistent")
        .env("INSIDE", "1")
        .output()
        .unwrap()
}

#[test]
#[cfg(all(target_os = "linux", feature = "rustls", not(feature = "native-tls")))]
fn a_plain_http_client_needs_no_certificate_authorities() {
    if std::env::var_os("INSIDE").is_none() {
        let output = without_authorities(
            "configuration::a_plain_http_client_needs_no_certificate_authorities",
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        return;
    }
    assert!(Client::new("http://ocp:8080").is_ok());
    let error = Client::new("https://ocp").unwrap_err();
    assert!(
        error.is_configuration(),
        "the host has authorities after all: {error}"
    );
    assert!(
        error.to_string().contains("root_certificate_pem"),
        "{error}"
    );
    let own = rcgen::generate_simple_self_signed(["ocp".to_owned()])
        .unwrap()
        .cert
        .pem();
    assert!(
        Client::builder("https://ocp")
            .root_certificate_pem(own)
            .build()
            .is_ok()
    );
}
