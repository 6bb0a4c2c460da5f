//! A real TLS server with a certificate that nobody but us has signed.

#![cfg(any(feature = "rustls", feature = "native-tls"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    let mut other = rcgen::CertificateParams::new(["other".to_owned()]).unwrap();
    other
        .distinguished_name
        .push(rcgen::DnType::CommonName, "another authority");
    let other = other
        .self_signed(&rcgen::KeyPair::generate().unwrap())
        .unwrap()
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

/// The sentence for each reason not to accept a certificate, which is final.
#[tokio::test]
#[cfg(feature = "rustls")]
async fn each_certificate_that_is_not_accepted_has_its_sentence() {
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair};

    type Change = fn(&mut CertificateParams);
    let cases: [(&[&str], Change, &str); 6] = [
        (
            &["localhost"],
            |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1),
            "the server's certificate has expired: it was valid until 2020-01-01",
        ),
        (
            &["localhost"],
            |params| params.not_before = rcgen::date_time_ymd(2999, 1, 1),
            "the server's certificate is not valid yet: it will be from 2999-01-01",
        ),
        (
            &["ocp.example", "10.0.0.1"],
            |_| {},
            "the server's certificate is for ocp.example, 10.0.0.1, not for localhost",
        ),
        (
            &[],
            |_| {},
            "the server's certificate names no host: it has no subject alternative names, so it is not valid for localhost",
        ),
        (
            &["localhost"],
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            "the server's certificate is that of an authority (CA:TRUE), which no server may use as its own, trusted or not; it needs one with CA:FALSE",
        ),
        (
            &["localhost"],
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            "the server's certificate is not one for servers",
        ),
    ];
    for (names, change, expected) in cases {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (port, attempts) = serve_certificate(certificate.der().clone(), &key, None).await;
        let client = Client::builder(&format!("https://localhost:{port}"))
            .root_certificate_pem(certificate.pem());
        let error = call(&client.build().unwrap()).await.unwrap_err();
        let start = format!("no response from https://localhost:{port}: {expected}");
        assert!(
            error.to_string().starts_with(&start),
            "{error}\nexpected: {expected}"
        );
        assert!(error.is_connection() && !error.is_retryable(), "{error}");
        assert_eq!(attempts.load(Ordering::SeqCst), 1, "{error}");
    }
}

/// Serves TLS with a certificate; counts connections.
#[cfg(feature = "rustls")]
pub(crate) async fn serve_certificate(
    certificate: tokio_rustls::rustls::pki_types::CertificateDer<'static>,
    key: &rcgen::KeyPair,
    client_authority: Option<tokio_rustls::rustls::pki_types::CertificateDer<'static>>,
) -> (u16, Arc<AtomicUsize>) {
    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::server::WebPkiClientVerifier;

    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match client_authority {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let config = builder.with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            if let Ok(mut socket) = acceptor.accept(socket).await {
                read_head(&mut socket).await;
                let response = json(r#"{"successful":true,"data":{"contents":[]}}"#);
                let _ = socket.write_all(&response).await;
                let _ = socket.shutdown().await;
            }
        }
    });
    (port, connections)
}

#[tokio::test]
#[cfg(feature = "rustls")]
async fn a_client_certificate_is_shown_to_a_server_that_demands_one() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let clients = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
    let authority = Some(clients.cert.der().clone());
    let (port, _) = serve_certificate(own.cert.der().clone(), &own.signing_key, authority).await;
    let builder =
        Client::builder(&format!("https://localhost:{port}")).root_certificate_pem(own.cert.pem());
    let pem = clients.cert.pem() + &clients.signing_key.serialize_pem();
    let client = builder.clone().client_certificate_pem(pem).build().unwrap();
    assert!(call(&client).await.is_ok());
    let error = call(&builder.build().unwrap()).await.unwrap_err();
    let expected = "the server demands a client certificate; give one, with its key, with `client_certificate_pem`";
    assert!(error.to_string().ends_with(expected), "{error}");
}
