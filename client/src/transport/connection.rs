//! The errors for a connection that failed, and for a response that did not come whole.

use std::error::Error as StdError;
use std::io;

use super::route::Route;
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
use super::tls;
use crate::error::{Error, ErrorKind};
use crate::redact::shortened;

/// The error for a request that got no response.
pub(super) fn no_response(error: reqwest::Error, route: &Route) -> Error {
    failed(error, &format!("no response from {route}"), route)
}

/// The error for a response that did not come whole.
pub(super) fn broke_off(error: reqwest::Error, route: &Route) -> Error {
    let what = format!("the response from {route} broke off");
    failed(error, &what, route)
}

/// The error for a proxy that demands credentials: HTTP 407, which no OCP sends.
pub(super) fn proxy_demands(route: &Route) -> Error {
    let proxy = route.proxy.as_deref().unwrap_or("a proxy");
    Error::lasting(format!("{proxy} demands credentials"))
        .with_hint("they can stand in its URL, as in http://user:password@host:port")
}

fn failed(error: reqwest::Error, what: &str, route: &Route) -> Error {
    let error = error.without_url();
    let failed = match (error.is_timeout(), error.is_connect()) {
        (true, true) => Error::new(ErrorKind::Connection, "connecting took too long"),
        (true, false) => Error::new(ErrorKind::Timeout, "it took too long"),
        _ => cause(&error, route),
    };
    let is_unknown_host = causes(&error).any(|cause| cause.to_string() == "dns error");
    failed
        .prefixed(what)
        .with(|error| error.is_unknown_host = is_unknown_host)
        .caused_by(error)
}

fn cause(error: &reqwest::Error, route: &Route) -> Error {
    #[cfg(feature = "rustls-no-provider")]
    if let Some(error) = causes(error).find_map(|cause| cause.downcast_ref()) {
        return tls::of_rustls(error, route.tls_peer());
    }
    let parse = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if let Some(error) = parse.filter(|error| error.is_parse()) {
        return of_head(&error.to_string(), route);
    }
    let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
    let says = |text: &str| texts.iter().any(|one| one.contains(text));
    if says("tunnel error: proxy authorization required") {
        return proxy_demands(route);
    }
    if route.proxy.is_some() && says("unsupported scheme") {
        return Error::lasting("a proxy of that scheme cannot be used")
            .with_hint("it must be one of http:// or https://");
    }
    if says("tunnel error: unsuccessful") {
        let what = "the proxy refused to connect to it";
        return Error::new(ErrorKind::Connection, what);
    }
    #[cfg(feature = "native-tls")]
    if let Some(error) = tls::of_native_tls(&texts.join(": "), route.tls_peer()) {
        return error;
    }
    Error::new(ErrorKind::Connection, root_cause(error))
}

/// A response whose head cannot be read; hyper says why.
fn of_head(text: &str, route: &Route) -> Error {
    if text.contains("too large") {
        return Error::lasting("the head of the response is too large");
    }
    if !text.contains("version") {
        let text = shortened(text);
        return Error::lasting(format!("the head of the response is malformed: {text}"));
    }
    let error = Error::lasting("it is not HTTP that comes back");
    if route.is_tls || route.proxy.is_some() {
        return error;
    }
    error.with_hint("if the server speaks TLS at this port, the base URL must begin with https://")
}

/// An error and all its causes, from the outermost on.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An I/O error hides the error that it wraps.
        let io = error.downcast_ref::<io::Error>();
        match io.and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}

/// The innermost cause of an error; the outer ones only say that there was one.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let last = causes(error).last().map(ToString::to_string);
    shortened(&last.unwrap_or_default())
}
