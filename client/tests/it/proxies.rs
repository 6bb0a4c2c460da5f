//! Proxies: of the environment and of the builder, and what errors say of them.

use std::process::Command;

use oceanbase_ocp::{Client, RetryPolicy};

use crate::server::{call, http, json, respond_with, serve};

const OK: &str = r#"{"successful":true,"data":{"contents":[]}}"#;

/// Runs a test of this binary again, with proxies in the environment.
fn with_variables(name: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    let output = command
        .args(["--exact", name, "--nocapture"])
        .envs(variables.iter().copied())
        .env("INSIDE", "1")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}\n{stderr}"
    );
}

fn is_inside() -> bool {
    std::env::var_os("INSIDE").is_some()
}

#[tokio::test]
async fn a_loopback_host_uses_no_proxy_of_the_environment() {
    if !is_inside() {
        let dead = "http://127.0.0.1:9";
        let name = "proxies::a_loopback_host_uses_no_proxy_of_the_environment";
        with_variables(name, &[("HTTP_PROXY", dead), ("ALL_PROXY", dead)]);
        with_variables(name, &[("http_proxy", dead), ("NO_PROXY", "example.com")]);
        return;
    }
    let (url, _server) = respond_with(json(OK)).await;
    call(&Client::new(&url).unwrap()).await.unwrap();
    let (url, _server) = respond_with(json(OK)).await;
    let url = url.replace("127.0.0.1", "localhost");
    call(&Client::new(&url).unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_explicit_proxy_counts_for_a_loopback_host_too() {
    let (proxy, server) = respond_with(json(OK)).await;
    let proxy = proxy.replace("://", "://user:pa55word@");
    let client = Client::builder("http://127.0.0.1:9").proxy(proxy);
    call(&client.build().unwrap()).await.unwrap();
    let head = server.await.unwrap();
    assert!(head.starts_with("GET http://127.0.0.1:9/api/v2/"), "{head}");
    assert!(head.contains("proxy-authorization: Basic "), "{head}");
    let error = Client::builder("http://ocp")
        .proxy("proxy:3128")
        .build()
        .unwrap_err();
    let expected = "`proxy` is unusable: it is not a URL like http://proxy.example:3128";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_dead_proxy_is_named_with_the_variable_that_names_it() {
    let name = "proxies::a_dead_proxy_is_named_with_the_variable_that_names_it";
    if !is_inside() {
        for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let proxy = "http://user:pa55word@127.0.0.1:9";
            with_variables(name, &[(variable, proxy), ("EXPECTED", variable)]);
        }
        return;
    }
    let client = Client::builder("http://ocp.invalid:8080").retry(RetryPolicy::disabled());
    let error = call(&client.build().unwrap()).await.unwrap_err();
    let variable = std::env::var("EXPECTED").unwrap();
    let expected = format!(
        "no response from http://ocp.invalid:8080 through the proxy http://127.0.0.1:9 (from the variable {variable}): Connection refused (os error 111)"
    );
    assert_eq!(error.to_string(), expected);
    assert!(!format!("{error:?}").contains("pa55word"), "{error:?}");
}

#[tokio::test]
async fn a_proxy_of_another_scheme_is_told_at_once() {
    if !is_inside() {
        let name = "proxies::a_proxy_of_another_scheme_is_told_at_once";
        with_variables(name, &[("ALL_PROXY", "socks5://127.0.0.1:9")]);
        return;
    }
    let client = Client::builder("http://ocp.invalid");
    let error = call(&client.build().unwrap()).await.unwrap_err();
    let expected = "no response from http://ocp.invalid through the proxy socks5://127.0.0.1:9 (from the variable ALL_PROXY): a proxy of that scheme cannot be used; it must be one of http:// or https://";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.attempts(), 1);
}

/// CONNECT, which only TLS needs.
#[tokio::test]
#[cfg(any(feature = "rustls", feature = "native-tls"))]
async fn a_proxy_that_opens_no_connection_has_its_sentence() {
    for (response, asked, expected) in [
        (
            "407 Proxy Authentication Required",
            1,
            "(set with `proxy`) demands credentials; they can stand in its URL, as in http://user:password@host:port",
        ),
        (
            "403 Forbidden",
            2,
            "(set with `proxy`): the proxy refused to connect to it (2 attempts)",
        ),
    ] {
        let (proxy, heads) = serve(move |_, _| http(response, "")).await;
        let client = Client::builder("https://ocp.invalid").proxy(&*proxy);
        let client = client.retry(RetryPolicy::default().max_attempts(2));
        let client = client.build().unwrap();
        let error = call(&client).await.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
        assert!(error.to_string().contains(&proxy), "{error}");
        assert_eq!(heads.len(), asked, "{error}");
    }
}

/// Of plain HTTP a proxy refuses the request itself.
#[tokio::test]
async fn a_proxy_that_demands_credentials_is_not_asked_again() {
    let (proxy, heads) = serve(|_, _| http("407 Proxy Authentication Required", "")).await;
    let client = Client::builder("http://ocp.invalid").proxy(&*proxy);
    let error = call(&client.build().unwrap()).await.unwrap_err();
    assert_eq!(heads.len(), 1);
    let expected = format!("the proxy {proxy} (set with `proxy`) demands credentials");
    assert!(error.to_string().contains(&expected), "{error}");
}

/// A client of plain HTTP needs certificate authorities for such a proxy.
#[tokio::test]
#[cfg(feature = "rustls")]
async fn a_proxy_may_be_reached_by_tls() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (der, key) = (own.cert.der().clone(), &own.signing_key);
    let (port, _) = crate::tls::serve_certificate(der, key, None).await;
    let proxy = format!("https://localhost:{port}");
    let builder = Client::builder("http://ocp.invalid").proxy(&*proxy);
    let trusting = builder.clone().root_certificate_pem(own.cert.pem());
    call(&trusting.build().unwrap()).await.unwrap();

    let mut other = rcgen::CertificateParams::new(["other".to_owned()]).unwrap();
    let name = rcgen::DnType::CommonName;
    other.distinguished_name.push(name, "another authority");
    let other = other
        .self_signed(&rcgen::KeyPair::generate().unwrap())
        .unwrap();
    let trusting = builder.root_certificate_pem(other.pem());
    let error = call(&trusting.build().unwrap()).await.unwrap_err();
    let expected = format!(
        "no response from http://ocp.invalid through the proxy {proxy} (set with `proxy`): no authority that this client trusts has signed the proxy's certificate"
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
}
