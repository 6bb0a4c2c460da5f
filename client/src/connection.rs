//! Errors of the HTTP client: why there was no connection, or no whole response.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::IpAddr;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::error::{Error, ErrorKind};
use crate::excerpt::shortened;

/// The way to the server, as far as messages speak of it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    server: String,
    is_tls: bool,
    proxy: Option<Proxy>,
}

/// A proxy, and what names it.
#[derive(Clone, Debug)]
struct Proxy {
    /// Scheme, host and port; no user and no password.
    origin: String,
    source: String,
}

/// The cause of a failure, as one sentence.
struct Cause {
    what: String,
    hint: Option<String>,
    /// Whether the same comes out each time.
    is_final: bool,
}

impl Cause {
    fn passing(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
            is_final: false,
        }
    }

    fn lasting(what: impl Into<String>) -> Self {
        Self {
            is_final: true,
            ..Self::passing(what)
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Route {
    /// The way that a client takes that decides on proxies by itself.
    pub(crate) fn unknown(url: &Url) -> Self {
        Self {
            server: url.origin().ascii_serialization(),
            is_tls: url.scheme() == "https",
            proxy: None,
        }
    }

    /// The way through a proxy that was set.
    pub(crate) fn through(url: &Url, proxy: &Url) -> Self {
        Self {
            proxy: Some(Proxy {
                origin: origin(proxy.as_str()),
                source: "set with `proxy`".into(),
            }),
            ..Self::unknown(url)
        }
    }

    /// The way by the proxies of the environment, which a loopback host never uses.
    pub(crate) fn of_environment(url: &Url) -> Self {
        let uri = url.as_str().parse::<http::Uri>().ok();
        let intercept = uri.and_then(|uri| Matcher::from_system().intercept(&uri));
        let proxy = intercept.map(|intercept| {
            let own = match url.scheme() {
                "https" => ["HTTPS_PROXY", "https_proxy"],
                _ => ["HTTP_PROXY", "http_proxy"],
            };
            let names = own.into_iter().chain(["ALL_PROXY", "all_proxy"]);
            let is_set =
                |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let source = names.into_iter().find(is_set);
            Proxy {
                origin: origin(&intercept.uri().to_string()),
                source: source.map_or("from the system's settings".into(), |name| {
                    format!("from the variable {name}")
                }),
            }
        });
        Self {
            proxy,
            ..Self::unknown(url)
        }
    }

    /// Whether the proxy is reached by TLS.
    pub(crate) fn has_tls_proxy(&self) -> bool {
        let proxy = self.proxy.as_ref();
        proxy.is_some_and(|proxy| proxy.origin.starts_with("https:"))
    }

    /// Who speaks TLS with this client.
    #[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
    fn tls_peer(&self) -> &'static str {
        match (self.has_tls_proxy(), self.is_tls) {
            (false, _) => crate::tls::SERVER,
            (true, false) => "the proxy",
            (true, true) => "the server or the proxy",
        }
    }

    /// The proxy, named for a message; `None` if there is none.
    pub(crate) fn proxy(&self) -> Option<String> {
        let Proxy { origin, source } = self.proxy.as_ref()?;
        Some(format!("the proxy {origin} ({source})"))
    }
}

/// A URL without user, password, path and query.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.server)?;
        match self.proxy() {
            Some(proxy) => write!(f, " through {proxy}"),
            None => Ok(()),
        }
    }
}

/// Whether a host is this one, by its name alone.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback(),
        Ok(IpAddr::V6(address)) => {
            let mapped = address.to_ipv4_mapped();
            address.is_loopback() || mapped.is_some_and(|address| address.is_loopback())
        }
        Err(_) => {
            let host = host.trim_end_matches('.');
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

/// The error for a request that got no response.
pub(crate) fn no_response(error: reqwest::Error, route: &Route) -> Error {
    failed(error, &format!("no response from {route}"), route)
}

/// The error for a response that did not come whole.
pub(crate) fn broke_off(error: reqwest::Error, route: &Route) -> Error {
    failed(
        error,
        &format!("the response from {route} broke off"),
        route,
    )
}

fn failed(error: reqwest::Error, what: &str, route: &Route) -> Error {
    let error = error.without_url();
    let (kind, cause) = if error.is_timeout() && error.is_connect() {
        let cause = Cause::passing("connecting took too long");
        (ErrorKind::Connection, cause)
    } else if error.is_timeout() {
        (ErrorKind::Timeout, Cause::passing("it took too long"))
    } else {
        (ErrorKind::Connection, cause(&error, route))
    };
    let failed = Error::new(kind, format!("{what}: {}", cause.what));
    let failed = match cause.hint {
        Some(hint) => failed.with_hint(hint),
        None => failed,
    };
    let is_unknown_host = texts(&error).iter().any(|text| text == "dns error");
    failed
        .lasting(cause.is_final)
        .of_unknown_host(is_unknown_host)
        .caused_by(error)
}

fn cause(error: &reqwest::Error, route: &Route) -> Cause {
    #[cfg(feature = "rustls-no-provider")]
    if let Some(error) = find::<rustls::Error>(error) {
        return crate::tls::cause(error, route.tls_peer()).into();
    }
    if let Some(error) = find::<hyper::Error>(error)
        && error.is_parse()
    {
        return of_head(error, route);
    }
    let texts = texts(error);
    let says = |text: &str| texts.iter().any(|one| one.contains(text));
    if says("tunnel error: proxy authorization required") {
        return credentials_for(route);
    }
    if route.proxy.is_some() && says("unsupported scheme") {
        return Cause::lasting("a proxy of that scheme cannot be used")
            .hint("it must be one of http:// or https://");
    }
    if says("tunnel error: unsuccessful") {
        return Cause::passing("the proxy refused to connect to it");
    }
    #[cfg(feature = "native-tls")]
    if let Some(cause) = of_native_tls(&texts, route.tls_peer()) {
        return cause;
    }
    // The innermost cause; the outer ones only say that there was an error.
    Cause::passing(shortened(texts.last().map_or("", String::as_str)))
}

fn credentials_for(route: &Route) -> Cause {
    let proxy = route.proxy().unwrap_or("a proxy".into());
    Cause::lasting(format!("{proxy} demands credentials"))
        .hint("they can stand in its URL, as in http://user:password@host:port")
}

/// The error for HTTP 407, which no OCP sends.
pub(crate) fn proxy_demands(route: &Route) -> Error {
    let Cause { what, hint, .. } = credentials_for(route);
    let error = Error::new(ErrorKind::Connection, what).lasting(true);
    error.with_hint(hint.unwrap_or_default())
}

/// The head of the response cannot be read; hyper says why, and it comes out the same each
/// time.
fn of_head(error: &hyper::Error, route: &Route) -> Cause {
    let text = error.to_string();
    if text.contains("too large") {
        return Cause::lasting("the head of the response is too large");
    }
    if text.contains("version") {
        let cause = Cause::lasting("it is not HTTP that comes back");
        return match route.is_tls || route.proxy.is_some() {
            true => cause,
            false => cause.hint(
                "if the server speaks TLS at this port, the base URL must begin with https://",
            ),
        };
    }
    Cause::lasting(format!(
        "the head of the response is malformed: {}",
        shortened(&text)
    ))
}

/// The causes that OpenSSL and its like report, by their texts: they have nothing else.
#[cfg(feature = "native-tls")]
fn of_native_tls(texts: &[String], peer: &str) -> Option<Cause> {
    let texts = texts.join(": ").to_ascii_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| texts.contains(part));
    let its = |what: &str| Cause::lasting(format!("{peer}'s certificate {what}"));
    Some(
        if says(&["self-signed", "self signed", "unable to get local issuer"]) {
            crate::tls::unknown_authority(peer).into()
        } else if says(&["hostname mismatch"]) {
            its("is for another host name")
        } else if says(&["certificate has expired"]) {
            its("has expired by this host's clock")
        } else if says(&["certificate is not yet valid"]) {
            its("is not valid yet by this host's clock")
        } else if says(&[
            "wrong version number",
            "record overflow",
            "packet length too long",
        ]) {
            crate::tls::no_tls(peer).into()
        } else if says(&["certificate verify failed"]) {
            its("cannot be verified")
        } else {
            return None;
        },
    )
}

#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
impl From<crate::tls::Cause> for Cause {
    fn from(cause: crate::tls::Cause) -> Self {
        Self {
            what: cause.what,
            hint: cause.hint,
            is_final: true,
        }
    }
}

/// The error of a type among the causes of another.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        cause = next(error);
    }
    None
}

fn next<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    // An I/O error hides the error that it wraps.
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn texts(error: &(dyn StdError + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut cause = error;
    while let Some(error) = next(cause) {
        texts.push(error.to_string());
        cause = error;
    }
    texts
}

/// The innermost cause of an error.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    shortened(texts(error).last().map_or("", String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_host_is_known_by_its_name() {
        for (url, expected) in [
            ("http://localhost:8080", true),
            ("http://LOCALHOST./a", true),
            ("http://ocp.localhost", true),
            ("http://127.0.0.1", true),
            ("http://127.8.0.1:1", true),
            ("http://[::1]:8080", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://128.0.0.1", false),
            ("http://localhost.example", false),
            ("http://[::2]", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn a_proxy_is_named_without_its_credentials() {
        let proxy = "http://user:pa55@proxy.example:3128/".parse().unwrap();
        let route = Route::through(&"https://ocp".parse().unwrap(), &proxy);
        assert_eq!(
            route.to_string(),
            "https://ocp through the proxy http://proxy.example:3128 (set with `proxy`)"
        );
    }
}
