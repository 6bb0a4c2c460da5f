//! The sentence for each cause for which TLS fails. All of them last.
//!
//! A cause has a hint only if the hint is right whenever the cause is. `peer` is the other
//! side: the server, the proxy, or one of them.

#[cfg(feature = "rustls-no-provider")]
use rustls::{
    AlertDescription as Alert, CertificateError as Certificate, InvalidMessage, PeerIncompatible,
};

use super::route::SERVER;
use crate::error::Error;

fn unknown_authority(peer: &str) -> Error {
    let what = format!("no authority that this client trusts has signed {peer}'s certificate");
    Error::lasting(what).with_hint(
        "to trust it, give the certificate of the authority that signed it with `root_certificate_pem`",
    )
}

fn no_tls(peer: &str) -> Error {
    let error = Error::lasting("it is not TLS that comes back");
    if peer != SERVER {
        return error;
    }
    error.with_hint(
        "if the server speaks plain HTTP at this port, the base URL must begin with http://",
    )
}

/// The errors of OpenSSL and its like, by their texts: they have nothing else.
#[cfg(feature = "native-tls")]
pub(super) fn of_native_tls(texts: &str, peer: &str) -> Option<Error> {
    let texts = texts.to_ascii_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| texts.contains(part));
    if says(&["self-signed", "self signed", "unable to get local issuer"]) {
        return Some(unknown_authority(peer));
    }
    if says(&[
        "wrong version number",
        "record overflow",
        "packet length too long",
    ]) {
        return Some(no_tls(peer));
    }
    let sentences = [
        ("hostname mismatch", "is for another host name"),
        (
            "certificate has expired",
            "has expired by this host's clock",
        ),
        (
            "certificate is not yet valid",
            "is not valid yet by this host's clock",
        ),
        ("certificate verify failed", "cannot be verified"),
    ];
    let (_, what) = sentences.into_iter().find(|(text, _)| says(&[text]))?;
    Some(Error::lasting(format!("{peer}'s certificate {what}")))
}

/// The errors of rustls.
#[cfg(feature = "rustls-no-provider")]
pub(super) fn of_rustls(error: &rustls::Error, peer: &str) -> Error {
    match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error, peer),
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        )
        | rustls::Error::PeerSentOversizedRecord => no_tls(peer),
        rustls::Error::InvalidMessage(_) => Error::lasting("what comes back is no proper TLS"),
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => of_alert(Alert::ProtocolVersion, peer),
        rustls::Error::AlertReceived(alert) => of_alert(*alert, peer),
        error => Error::lasting(format!("TLS failed: {error}")),
    }
}

#[cfg(feature = "rustls-no-provider")]
fn of_alert(alert: Alert, peer: &str) -> Error {
    let does = |what: &str| Error::lasting(format!("{peer} {what}"));
    match alert {
        Alert::ProtocolVersion => does("speaks neither TLS 1.2 nor TLS 1.3"),
        Alert::HandshakeFailure | Alert::InsufficientSecurity => {
            does("accepts none of the ciphers that this client offers")
        }
        Alert::CertificateRequired => does("demands a client certificate")
            .with_hint("give one, with its key, with `client_certificate_pem`"),
        Alert::UnrecognisedName => does("has no certificate for the host that it is asked for"),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied => does(&format!(
            "does not accept the client certificate, or demands one ({alert:?})"
        )),
        alert => does(&format!("ended the handshake of TLS ({alert:?})")),
    }
}

#[cfg(feature = "rustls-no-provider")]
fn of_certificate(error: &Certificate, peer: &str) -> Error {
    let its = |what: &str| Error::lasting(format!("{peer}'s certificate {what}"));
    match error {
        Certificate::UnknownIssuer => unknown_authority(peer),
        Certificate::ExpiredContext { time, not_after } => its(&format!(
            "has expired: it was valid until {}, and this host's clock says {}",
            date(*not_after),
            date(*time)
        )),
        Certificate::NotValidYetContext { time, not_before } => its(&format!(
            "is not valid yet: it will be from {}, and this host's clock says {}",
            date(*not_before),
            date(*time)
        )),
        Certificate::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().map(|name| plain(name)).collect();
            its(&match (&names[..], expected.to_str()) {
                ([], expected) => format!(
                    "names no host: it has no subject alternative names, so it is not valid for {expected}"
                ),
                (_, expected) => format!("is for {}, not for {expected}", names.join(", ")),
            })
        }
        Certificate::Other(other) => match other.to_string().as_str() {
            "CaUsedAsEndEntity" => its(
                "is that of an authority (CA:TRUE), which no server may use as its own, trusted or not",
            )
            .with_hint("it needs one with CA:FALSE"),
            // The platform's verifier means the extended key usage.
            "certificate had invalid extensions" => of_certificate(&Certificate::InvalidPurpose, peer),
            "UnsupportedCertVersion" => its("is of X.509 version 1 or 2, and not of version 3"),
            "PathLenConstraintViolated" => its("has more authorities above it than one of them allows"),
            "EndEntityUsedAsCa" => its("is signed by a certificate that is not one of an authority"),
            "NameConstraintViolation" => its("is for a name that its authority may not sign"),
            text => its(&format!("is not accepted: {text}")),
        },
        error => match flaw(error) {
            Some(flaw) => its(flaw),
            None => its(&format!("is not accepted: {error}")),
        },
    }
}

/// The flaw of a certificate, if rustls says no more of it than its kind.
#[cfg(feature = "rustls-no-provider")]
fn flaw(error: &Certificate) -> Option<&'static str> {
    Some(match error {
        Certificate::Expired => "has expired by this host's clock",
        Certificate::NotValidYet => "is not valid yet by this host's clock",
        Certificate::Revoked => "has been revoked",
        Certificate::NotValidForName => "is for another host name",
        Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. } => {
            "is not one for servers (extended key usage)"
        }
        Certificate::BadSignature => {
            "fails at a signature, which was made with another key than the one named, or with one that is too weak"
        }
        Certificate::BadEncoding => "cannot be read: its encoding is wrong",
        Certificate::UnhandledCriticalExtension => {
            "has an extension that must be understood and is not known"
        }
        Certificate::ExpiredRevocationList | Certificate::ExpiredRevocationListContext { .. } => {
            "cannot be checked: the list of revoked certificates has expired"
        }
        Certificate::UnknownRevocationStatus => {
            "cannot be checked: whether it is revoked cannot be found out"
        }
        Certificate::UnsupportedSignatureAlgorithmContext { .. }
        | Certificate::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed with an algorithm that this client does not accept"
        }
        _ => return None,
    })
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
