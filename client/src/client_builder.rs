//! The settings of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::error::Error;
use crate::transport::Transport;
use crate::transport::certificates::{Pem, certificates};
use crate::transport::connection::root_cause;
use crate::transport::credentials::Credentials;
use crate::transport::exchange::{Exchange, Observer};
use crate::transport::retry::RetryPolicy;
use crate::transport::route::{Route, is_loopback};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// A change of the settings of the HTTP client.
type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// The settings of a [`Client`](crate::Client); [`build`](Self::build) checks them all.
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    base_url: String,
    credentials: Credentials,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    accept_language: Option<String>,
    user_agent: Option<String>,
    pub(crate) root_certificates: Vec<Pem>,
    client_certificate: Option<Pem>,
    proxy: Option<String>,
    configure: Option<Configure>,
    http_client: Option<reqwest::Client>,
    max_body_bytes: usize,
    observer: Option<Observer>,
    retry: RetryPolicy,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            credentials: Credentials::anonymous(),
            connect_timeout: None,
            timeout: None,
            accept_language: None,
            user_agent: None,
            root_certificates: Vec::new(),
            client_certificate: None,
            proxy: None,
            configure: None,
            http_client: None,
            max_body_bytes: MAX_BODY_BYTES,
            observer: None,
            retry: RetryPolicy::default(),
        }
    }

    /// The identity of the caller. Default: none.
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = credentials.into();
        self
    }

    /// The longest time to reach the server. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The longest time of one attempt, from connecting to the last byte of the
    /// response. Default: 60 seconds, or that of your own
    /// [`http_client`](Self::http_client).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The language of OCP's messages and descriptions, as in the header
    /// `Accept-Language`: `en-US`, `zh-CN`. Default: OCP's own.
    pub fn accept_language(mut self, language: impl Into<String>) -> Self {
        self.accept_language = Some(language.into());
        self
    }

    /// The name that the client introduces itself by. Default: name and version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Trusts these certificate authorities, too: one or more certificates in
    /// PEM form. If the host has no authorities of its own, only these are trusted.
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let root = ("root_certificate_pem", pem.into());
        self.root_certificates.push(root);
        self
    }

    /// Shows this certificate to a server that demands one: the certificate, those above it
    /// and its private key, in PEM form. Default: none.
    pub fn client_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.client_certificate = Some(("client_certificate_pem", pem.into()));
        self
    }

    /// Sends everything through this proxy, whatever the environment says, loopback hosts
    /// included: a URL such as `http://proxy.example:3128`, with a user and a password if the
    /// proxy demands them. Default: the proxies of the environment.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Changes any other setting of the HTTP client, after all those that are made here:
    /// versions of TLS, connections that are kept, name resolution. It must not let the
    /// client follow redirects.
    ///
    /// ```
    /// let client = oceanbase_ocp::Client::builder("https://ocp.example")
    ///     .configure_http(|http| http.tls_version_min(reqwest::tls::Version::TLS_1_3))
    ///     .build();
    /// assert!(client.is_ok());
    /// ```
    pub fn configure_http(
        mut self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Some(Arc::new(change));
        self
    }

    /// Uses your own HTTP client, with its connections, proxies and TLS.
    ///
    /// It decides on `connect_timeout`, `user_agent`, `proxy` and certificates, which
    /// therefore cannot be set beside it. It must not follow redirects; a
    /// response from elsewhere is refused. It must not add headers that begin with
    /// `x-ocp` when an access key signs: they would go out unsigned.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// The longest response, in bytes after decompression. Default: 64 MiB;
    /// a page of 2000 tasks is about 2 MB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// The rule by which a failed call is tried again. Default: 4 attempts within
    /// 60 seconds, see [`RetryPolicy`]; [`RetryPolicy::disabled`] switches it off.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Calls back after each response with what went over the wire, whatever the
    /// client then makes of it: to keep it, to check it, to debug. Not called
    /// when no response came, or one from elsewhere after a redirect.
    ///
    /// It runs inside the call, so it should be quick.
    ///
    /// ```
    /// let client = oceanbase_ocp::Client::builder("http://localhost:8080")
    ///     .on_exchange(|exchange| eprintln!("{} {}", exchange.status(), exchange.url()))
    ///     .build();
    /// assert!(client.is_ok());
    /// ```
    pub fn on_exchange(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The transport of a client with these settings.
    pub(crate) fn transport(self, url: &Url) -> Result<Transport, Error> {
        let zero = Some(Duration::ZERO);
        let wrong = |setting, what| Err(Error::configuration(setting, what));
        if self.connect_timeout == zero {
            return wrong("connect_timeout", "it must be longer than zero");
        }
        if self.timeout == zero {
            return wrong("timeout", "it must be longer than zero");
        }
        if self.max_body_bytes == 0 {
            return wrong("max_body_bytes", "it must be more than zero");
        }
        let accept_language = self.accept_language.as_deref().map(language).transpose()?;
        let own_default = self.http_client.is_none().then_some(TIMEOUT);
        let route = self.route(url)?;
        Ok(Transport {
            http: self.http(url, &route)?,
            route,
            secrets: self.credentials.secrets(),
            credentials: self.credentials,
            accept_language,
            timeout: self.timeout.or(own_default),
            max_body_bytes: self.max_body_bytes,
            observer: self.observer,
            retry: self.retry,
        })
    }

    pub(crate) fn checked_url(&self) -> Result<Url, Error> {
        // Nothing here repeats the URL: it may hold a password.
        let wrong = |what: &str| Err(Error::configuration("base_url", what));
        let Ok(url) = Url::parse(self.base_url.trim()) else {
            return wrong("it is not a URL like http://ocp.example:8080");
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return wrong("it must begin with http:// or https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("it must not hold a user or a password; use `credentials`");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("it must not have a query or a fragment");
        }
        if url.scheme() == "https"
            && self.http_client.is_none()
            && !cfg!(any(feature = "rustls-no-provider", feature = "native-tls"))
        {
            return wrong("https:// needs the feature `rustls` or `native-tls` of this crate");
        }
        Ok(url)
    }

    fn route(&self, url: &Url) -> Result<Route, Error> {
        let Some(proxy) = &self.proxy else {
            return Ok(match self.http_client {
                None if !is_loopback(url) => Route::of_environment(url),
                _ => Route::direct(url),
            });
        };
        let proxy = Url::parse(proxy).ok().filter(|proxy| proxy.has_host());
        let proxy = proxy.filter(|proxy| matches!(proxy.scheme(), "http" | "https"));
        let what = "it is not a URL like http://proxy.example:3128";
        let proxy = proxy.ok_or_else(|| Error::configuration("proxy", what))?;
        Ok(Route::through(url, &proxy, "set with `proxy`"))
    }

    fn http(&self, url: &Url, route: &Route) -> Result<reqwest::Client, Error> {
        if let Some(http) = &self.http_client {
            self.refuse_beside_own_client()?;
            return Ok(http.clone());
        }
        // reqwest would panic.
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let what = "the feature `rustls-no-provider` needs a provider: install one first, such as `rustls::crypto::ring::default_provider().install_default()`";
            return Err(Error::configuration("TLS", what));
        }
        let user_agent = self.user_agent.as_deref().unwrap_or(USER_AGENT);
        let user_agent = header("user_agent", user_agent)?;
        let roots = &self.root_certificates;
        let certified = certificates(roots, self.client_certificate.as_ref())?;
        let proxy = self.proxy.as_deref().map(reqwest::Proxy::all).transpose();
        let proxy = proxy.map_err(|error| Error::configuration("proxy", root_cause(&error)))?;
        let build = |loads_host| {
            let builder = reqwest::Client::builder()
                .connect_timeout(self.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
                .user_agent(user_agent.clone())
                // OCP redirects only to have a person log in.
                .redirect(reqwest::redirect::Policy::none())
                // This crate unpacks bodies itself, also if another one of the program lets
                // reqwest do it.
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate();
            let builder = match &proxy {
                Some(proxy) => builder.no_proxy().proxy(proxy.clone()),
                None if is_loopback(url) => builder.no_proxy(),
                None => builder,
            };
            let builder = certified(builder, loads_host);
            match &self.configure {
                Some(change) => change(builder).build(),
                None => builder.build(),
            }
        };
        // Loading the host's authorities fails if there are none, and plain HTTP needs none.
        let built = match build(url.scheme() == "https" || route.has_tls_proxy) {
            Err(_) if !roots.is_empty() => build(false),
            built => built,
        };
        built.map_err(|error| self.not_set_up(error))
    }

    /// Refuses settings that an HTTP client of the caller's own decides on.
    fn refuse_beside_own_client(&self) -> Result<(), Error> {
        let settings = [
            ("connect_timeout", self.connect_timeout.is_some()),
            ("user_agent", self.user_agent.is_some()),
            ("root_certificate_pem", !self.root_certificates.is_empty()),
            ("client_certificate_pem", self.client_certificate.is_some()),
            ("proxy", self.proxy.is_some()),
            ("configure_http", self.configure.is_some()),
        ];
        let Some((setting, _)) = settings.iter().find(|(_, is_set)| *is_set) else {
            return Ok(());
        };
        let what = "`http_client` decides on it; set it there";
        Err(Error::configuration(setting, what))
    }

    fn not_set_up(&self, error: reqwest::Error) -> Error {
        let root = self.root_certificates.first();
        let setting = root.map_or("base_url", |(name, _)| name);
        let cause = root_cause(&error);
        let hint = match cause.to_ascii_lowercase().contains("no ca certificates") {
            true => {
                "; install certificate authorities on this host, or give one with `root_certificate_pem`"
            }
            false => "",
        };
        let what = format!("TLS cannot be set up: {cause}{hint}");
        Error::configuration(setting, what).caused_by(error)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is not checked yet and may hold a password.
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("accept_language", &self.accept_language)
            .field("user_agent", &self.user_agent)
            .field("root_certificates", &self.root_certificates.len())
            .field("client_certificate", &self.client_certificate.is_some())
            .field("proxy", &self.proxy.is_some())
            .field("max_body_bytes", &self.max_body_bytes)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// A language as a header.
pub(crate) fn language(language: &str) -> Result<HeaderValue, Error> {
    header("accept_language", language)
}

fn header(setting: &str, text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .ok()
        .filter(|value| !value.is_empty() && value.to_str().is_ok())
        .ok_or_else(|| Error::configuration(setting, "it must be visible ASCII text"))
}

#[cfg(all(test, feature = "rustls-no-provider", not(feature = "rustls")))]
mod tests {
    use super::*;

    #[test]
    fn without_a_provider_there_is_an_error_and_no_panic() {
        let error = ClientBuilder::new("http://ocp:8080").build().unwrap_err();
        let expected = "`TLS` is unusable: the feature `rustls-no-provider` needs a provider";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
