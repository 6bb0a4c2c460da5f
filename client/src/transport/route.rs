//! The way to the server, as far as messages speak of it.

use std::fmt;
use std::net::IpAddr;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use super::signature::host;

/// The other side of TLS, unless there is a proxy that speaks it.
#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
pub(super) const SERVER: &str = "the server";

/// The way to the server.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    server: String,
    pub(super) is_tls: bool,
    /// The proxy, named for a message without its user and its password.
    pub(super) proxy: Option<String>,
    /// True if the proxy is reached by TLS.
    pub(crate) has_tls_proxy: bool,
}

impl Route {
    /// The way without a proxy, or with one that only the caller's own client knows.
    pub(crate) fn direct(url: &Url) -> Self {
        Self {
            server: url.origin().ascii_serialization(),
            is_tls: url.scheme() == "https",
            proxy: None,
            has_tls_proxy: false,
        }
    }

    /// The way through a proxy, with what names it.
    pub(crate) fn through(url: &Url, proxy: &Url, source: &str) -> Self {
        let (scheme, host) = (proxy.scheme(), host(proxy));
        Self {
            proxy: Some(format!("the proxy {scheme}://{host} ({source})")),
            has_tls_proxy: scheme == "https",
            ..Self::direct(url)
        }
    }

    /// The way by the proxies of the environment.
    pub(crate) fn of_environment(url: &Url) -> Self {
        let uri = url.as_str().parse::<http::Uri>().ok();
        let intercept = uri.and_then(|uri| Matcher::from_system().intercept(&uri));
        let proxy = intercept.and_then(|proxy| Url::parse(&proxy.uri().to_string()).ok());
        let Some(proxy) = proxy else {
            return Self::direct(url);
        };
        let own = match url.scheme() {
            "https" => ["HTTPS_PROXY", "https_proxy"],
            _ => ["HTTP_PROXY", "http_proxy"],
        };
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut names = own.into_iter().chain(["ALL_PROXY", "all_proxy"]);
        match names.find(is_set) {
            Some(name) => Self::through(url, &proxy, &format!("from the variable {name}")),
            None => Self::through(url, &proxy, "from the system's settings"),
        }
    }

    /// The other side of TLS.
    #[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
    pub(super) fn tls_peer(&self) -> &'static str {
        match (self.has_tls_proxy, self.is_tls) {
            (false, _) => SERVER,
            (true, false) => "the proxy",
            (true, true) => "the server or the proxy",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.server)?;
        match &self.proxy {
            Some(proxy) => write!(f, " through {proxy}"),
            None => Ok(()),
        }
    }
}

/// True if a host is this one, by its name alone.
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
        let route = Route::through(&"https://ocp".parse().unwrap(), &proxy, "set with `proxy`");
        assert_eq!(
            route.to_string(),
            "https://ocp through the proxy http://proxy.example:3128 (set with `proxy`)"
        );
    }
}
