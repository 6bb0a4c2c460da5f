//! A real TLS server with a certificate that nobody but us has signed.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::sync::Arc;

use oceanbase_ocp::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{call, json, read_head};

/// Serves one success over TLS, with a certificate for this host name. Returns
/// the port and the certificate.
async fn tls_server(name: &str) -> (u16, String) {
    let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        if let Ok(mut socket) = acceptor.accept(socket).await {
            read_head(&mut socket).await;
            let response = json(r#"{"successful":true,"data":{"contents":[]}}"#);
            let _ = socket.write_all(&response).await;
            let _ = socket.shutdown().await;
        }
    });
    (port, own.cert.pem())
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_when_given() {
    let (port, pem) = tls_server("localhost").await;
    let client = Client::builder(&format!("https://localhost:{port}"))
        .root_certificate_pem(pem)
        .build()
        .unwrap();
    assert!(call(&client).await.is_ok());
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_with_advice() {
    let (port, _) = tls_server("localhost").await;
    // Trusting another authority than the server's; needs none of the host's.
    let other = rcgen::generate_simple_self_signed(["other".to_owned()])
        .unwrap()
        .cert
        .pem();
    let client = Client::builder(&format!("https://localhost:{port}"))
        .root_certificate_pem(other)
        .build()
        .unwrap();
    let error = call(&client).await.unwrap_err();
    assert!(error.is_connection(), "{error}");
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("root_certificate_pem")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_with_advice() {
    let (port, pem) = tls_server("ocp.example").await;
    let client = Client::builder(&format!("https://localhost:{port}"))
        .root_certificate_pem(pem)
        .build()
        .unwrap();
    let error = call(&client).await.unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("host name")),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_wrong_scheme_is_guessed() {
    let (port, pem) = tls_server("localhost").await;
    let error = call(&Client::new(&format!("http://localhost:{port}")).unwrap())
        .await
        .unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("https://")),
        "{error:?}"
    );

    // A server without TLS takes a handshake for a bad request.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read_u8().await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let client = Client::builder(&url.replace("http:", "https:"))
        .root_certificate_pem(pem)
        .build()
        .unwrap();
    let error = call(&client).await.unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("http://")),
        "{error:?}"
    );
}
