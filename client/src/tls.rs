//! Certificates, and what TLS fails for, each cause in one sentence.
//!
//! A cause has a hint only if the hint is right whenever the cause is.

use reqwest::{Certificate, ClientBuilder};

use crate::error::Error;

/// The other side, unless there is a proxy that speaks TLS.
pub(crate) const SERVER: &str = "the server";

/// The cause of a failure of TLS.
pub(crate) struct Cause {
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl Cause {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

pub(crate) fn unknown_authority(peer: &str) -> Cause {
    Cause::new(format!("no authority that this client trusts has signed {peer}'s certificate")).hint(
        "to trust it, give the certificate of the authority that signed it with `root_certificate_pem`",
    )
}

pub(crate) fn no_tls(peer: &str) -> Cause {
    let cause = Cause::new("it is not TLS that comes back");
    match peer {
        SERVER => cause.hint(
            "if the server speaks plain HTTP at this port, the base URL must begin with http://",
        ),
        _ => cause,
    }
}

/// Reads one or more certificates in PEM form, given by a setting or a variable.
pub(crate) fn certificates(name: &str, pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    let wrong = |what| Error::configuration(name, what);
    match Certificate::from_pem_bundle(pem) {
        Ok(none) if none.is_empty() => Err(wrong(
            "it holds no certificate in PEM form; expected is the text of one, not the path of a file",
        )),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(wrong("it is not a certificate in PEM form").caused_by(error)),
    }
}

/// Trusts these authorities and no others.
pub(crate) fn only(builder: ClientBuilder, roots: Vec<Certificate>) -> ClientBuilder {
    builder.tls_certs_only(roots)
}

/// Trusts these authorities beside those of the host.
pub(crate) fn extra(builder: ClientBuilder, roots: Vec<Certificate>) -> ClientBuilder {
    builder.tls_certs_merge(roots)
}

/// Reads a client certificate and its key in PEM form.
pub(crate) fn identity(pem: &[u8]) -> Result<reqwest::Identity, Error> {
    #[cfg(feature = "rustls-no-provider")]
    let identity = reqwest::Identity::from_pem(pem);
    #[cfg(not(feature = "rustls-no-provider"))]
    let identity = reqwest::Identity::from_pkcs8_pem(pem, pem);
    identity.map_err(|error| {
        let what = "it is not a certificate and its private key in PEM form";
        Error::configuration("client_certificate_pem", what).caused_by(error)
    })
}

/// Shows a client certificate where one is demanded.
pub(crate) fn with_identity(builder: ClientBuilder, identity: reqwest::Identity) -> ClientBuilder {
    builder.identity(identity)
}

/// The sentence for each error of rustls. `peer` is the other side: the server, the proxy, or
/// one of them.
#[cfg(feature = "rustls-no-provider")]
pub(crate) fn cause(error: &rustls::Error, peer: &str) -> Cause {
    use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};
    let peer_does = |what: &str| Cause::new(format!("{peer} {what}"));
    match error {
        Error::InvalidCertificate(error) => of_certificate(error, peer),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        )
        | Error::PeerSentOversizedRecord => no_tls(peer),
        Error::InvalidMessage(_) => Cause::new("what comes back is no proper TLS"),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => peer_does("speaks neither TLS 1.2 nor TLS 1.3"),
        Error::AlertReceived(alert) => match alert {
            AlertDescription::ProtocolVersion => peer_does("speaks neither TLS 1.2 nor TLS 1.3"),
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
                peer_does("accepts none of the ciphers that this client offers")
            }
            AlertDescription::CertificateRequired => peer_does("demands a client certificate")
                .hint("give one, with its key, with `client_certificate_pem`"),
            AlertDescription::UnrecognisedName => {
                peer_does("has no certificate for the host that it is asked for")
            }
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => peer_does(&format!(
                "does not accept the client certificate, or demands one ({alert:?})"
            )),
            alert => peer_does(&format!("ended the handshake of TLS ({alert:?})")),
        },
        error => Cause::new(format!("TLS failed: {error}")),
    }
}

/// The sentence for each reason not to accept a certificate.
#[cfg(feature = "rustls-no-provider")]
fn of_certificate(error: &rustls::CertificateError, peer: &str) -> Cause {
    use rustls::CertificateError as C;
    let its = |what: &str| Cause::new(format!("{peer}'s certificate {what}"));
    match error {
        C::UnknownIssuer => unknown_authority(peer),
        C::Expired => its("has expired by this host's clock"),
        C::ExpiredContext { time, not_after } => its(&format!(
            "has expired: it was valid until {}, and this host's clock says {}",
            date(*not_after),
            date(*time)
        )),
        C::NotValidYet => its("is not valid yet by this host's clock"),
        C::NotValidYetContext { time, not_before } => its(&format!(
            "is not valid yet: it will be from {}, and this host's clock says {}",
            date(*not_before),
            date(*time)
        )),
        C::Revoked => its("has been revoked"),
        C::NotValidForName => its("is for another host name"),
        C::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names: Vec<&str> = presented.iter().map(|name| plain(name)).collect();
            let expected = expected.to_str();
            if names.is_empty() {
                its(&format!(
                    "names no host: it has no subject alternative names, so it is not valid for {expected}"
                ))
            } else {
                its(&format!("is for {}, not for {expected}", names.join(", ")))
            }
        }
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            its("is not one for servers (extended key usage)")
        }
        C::BadSignature => its(
            "fails at a signature, which was made with another key than the one named, or with one that is too weak",
        ),
        C::BadEncoding => its("cannot be read: its encoding is wrong"),
        C::UnhandledCriticalExtension => {
            its("has an extension that must be understood and is not known")
        }
        C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            its("is signed with an algorithm that this client does not accept")
        }
        C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => {
            its("cannot be checked: the list of revoked certificates has expired")
        }
        C::UnknownRevocationStatus => {
            its("cannot be checked: whether it is revoked cannot be found out")
        }
        C::Other(other) => match other.to_string().as_str() {
            "CaUsedAsEndEntity" => its(
                "is that of an authority (CA:TRUE), which no server may use as its own, trusted or not",
            )
            .hint("it needs one with CA:FALSE"),
            // The platform's verifier means the extended key usage.
            "certificate had invalid extensions" => {
                its("is not one for servers (extended key usage)")
            }
            "UnsupportedCertVersion" => its("is of X.509 version 1 or 2, and not of version 3"),
            "PathLenConstraintViolated" => its("has more authorities above it than one of them allows"),
            "EndEntityUsedAsCa" => its("is signed by a certificate that is not one of an authority"),
            "NameConstraintViolation" => its("is for a name that its authority may not sign"),
            text => its(&format!("is not accepted: {text}")),
        },
        error => its(&format!("is not accepted: {error}")),
    }
}

/// The name in a debug form, such as `DnsName("ocp")`.
#[cfg(feature = "rustls-no-provider")]
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest);
    inner.trim_end_matches(')').trim_matches('"')
}

#[cfg(feature = "rustls-no-provider")]
fn date(time: rustls::pki_types::UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match chrono::DateTime::from_timestamp(seconds, 0) {
        Some(date) => date.format("%Y-%m-%d %H:%M UTC").to_string(),
        None => "a time that is no date".to_owned(),
    }
}
