//! Errors of the HTTP client: why there was no connection, or no whole response.

use std::error::Error as _;

use crate::error::{ConnectionTrouble, Error, ErrorKind};
use crate::excerpt::shortened;

/// The error for a request that got no whole response; `what` says what failed.
pub(crate) fn error(error: reqwest::Error, what: &str) -> Error {
    let error = error.without_url();
    let trouble = ConnectionTrouble::of_causes(&causes(&error).join(": "));
    let (kind, root) = if error.is_timeout() && error.is_connect() {
        let what = "connecting took too long";
        (ErrorKind::Connection, what.to_owned())
    } else if error.is_timeout() {
        (ErrorKind::Timeout, "it took too long".to_owned())
    } else {
        (ErrorKind::Connection, root_cause(&error))
    };
    Error::new(kind, format!("{what}: {root}"))
        .caused_by(error)
        .with_trouble(trouble)
}

fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(next) = cause {
        causes.push(next.to_string());
        cause = next.source();
    }
    causes
}

/// The innermost cause; the outer ones only say that there was an error.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    shortened(&causes(error).pop().unwrap_or_default())
}

impl ConnectionTrouble {
    /// Recognised by messages of the TLS and HTTP libraries: they have nothing else.
    fn of_causes(causes: &str) -> Option<Self> {
        let causes = causes.to_ascii_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| causes.contains(text));
        Some(
            if says(&[
                "unknownissuer",
                "unknown issuer",
                "self-signed",
                "self signed",
                "unable to get local issuer",
            ]) {
                Self::UnknownAuthority
            } else if says(&["notvalidforname", "not valid for name", "hostname mismatch"]) {
                Self::OtherHost
            } else if says(&["certificate expired", "certificate has expired"]) {
                Self::Expired
            } else if says(&[
                "invalidcontenttype",
                "corrupt message",
                "wrong version number",
                "record overflow",
            ]) {
                Self::ServerSpeaksNoTls
            } else if says(&["invalid http version", "invalid http"]) {
                Self::ServerSpeaksNoHttp
            } else if says(&["invalid peer certificate", "certificate verify failed"]) {
                Self::UnknownAuthority
            } else {
                return None;
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why nothing can be repeated is decided by what is the matter, not by
    /// whether a message mentions it.
    #[test]
    fn the_messages_of_libraries_are_understood() {
        use ConnectionTrouble::*;
        for (texts, trouble) in [
            (
                "invalid peer certificate: UnknownIssuer",
                Some(UnknownAuthority),
            ),
            (
                "invalid peer certificate: BadSignature",
                Some(UnknownAuthority),
            ),
            ("certificate not valid for name \"ocp\"", Some(OtherHost)),
            (
                "invalid peer certificate: certificate expired: verification time …",
                Some(Expired),
            ),
            ("error:0A000086: certificate has expired", Some(Expired)),
            (
                "received corrupt message of type InvalidContentType",
                Some(ServerSpeaksNoTls),
            ),
            ("invalid HTTP version parsed", Some(ServerSpeaksNoHttp)),
            ("Connection refused (os error 111)", None),
            ("the lease of the name has expired", None),
        ] {
            assert_eq!(ConnectionTrouble::of_causes(texts), trouble, "{texts}");
        }
    }
}
