//! The settings of a client.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::clock::{Clock, TokioClock};
use crate::connection::{Route, is_loopback, root_cause};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::exchange::{Exchange, Observer};
use crate::retry::RetryPolicy;
use crate::signature::AccessKey;
use crate::transport::Transport;

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
    /// In PEM form, each with the name of the setting or variable that it came from.
    root_certificates: Vec<(&'static str, Vec<u8>)>,
    client_certificate: Option<Vec<u8>>,
    proxy: Option<String>,
    configure: Option<Configure>,
    http_client: Option<reqwest::Client>,
    max_body_bytes: usize,
    observer: Option<Observer>,
    retry: RetryPolicy,
    clock: Option<Arc<dyn Clock>>,
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
            clock: None,
        }
    }

    /// The settings that the environment has: the base URL in `OCP_BASE_URL`; who calls
    /// in `OCP_USER` and `OCP_PASSWORD`, or in `OCP_ACCESS_KEY` and `OCP_SECRET_KEY`;
    /// more certificate authorities in `OCP_CA_CERTIFICATE`, the text of their certificates in
    /// PEM form. A variable that is empty counts as one that is not set.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// let ocp = oceanbase_ocp::ClientBuilder::from_env()?
    ///     .timeout(Duration::from_secs(10))
    ///     .build()?;
    /// # Ok::<(), oceanbase_ocp::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the
    /// variable: no base URL; half of a pair; both pairs; credentials that are no
    /// good, such as those with a line break at the end; a text that is not UTF-8.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let text = |name: &'static str| match variable(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(Err(_)) => Err(Error::configuration(name, "it is not UTF-8")),
        };
        let secret = |name| {
            let text = text(name)?;
            match text
                .as_ref()
                .is_some_and(|text| text.contains(char::is_control))
            {
                true => Err(Error::configuration(
                    name,
                    "it holds a control character, such as a line break at its end",
                )),
                false => Ok(text),
            }
        };
        let Some(base_url) = text("OCP_BASE_URL")? else {
            let what = "it is not set; it names the OCP, such as http://ocp.example:8080";
            return Err(Error::configuration("OCP_BASE_URL", what));
        };
        let pair = |name, other| match (secret(name)?, secret(other)?) {
            (Some(one), Some(two)) => Ok(Some((one, two))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Error::configuration(
                other,
                format!("{name} is set without it"),
            )),
            (None, Some(_)) => Err(Error::configuration(
                name,
                format!("{other} is set without it"),
            )),
        };
        let user = pair("OCP_USER", "OCP_PASSWORD")?;
        let key = pair("OCP_ACCESS_KEY", "OCP_SECRET_KEY")?;
        let credentials = match (user, key) {
            (Some(_), Some(_)) => {
                let what = "OCP_USER is set, too; set one of them";
                return Err(Error::configuration("OCP_ACCESS_KEY", what));
            }
            (Some((user, password)), None) => Credentials::basic(&user, password)?,
            (None, Some((key, secret))) => AccessKey::new(key, secret)?.into(),
            (None, None) => Credentials::anonymous(),
        };
        let builder = Self::new(&base_url).credentials(credentials);
        Ok(match text("OCP_CA_CERTIFICATE")? {
            Some(pem) => builder.root_certificate("OCP_CA_CERTIFICATE", pem.into_bytes()),
            None => builder,
        })
    }

    /// Who calls. Default: nobody.
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = credentials.into();
        self
    }

    /// How long reaching the server may take. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the
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

    /// How the client introduces itself. Default: name and version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Trusts these certificate authorities, too: one or more certificates in
    /// PEM form. If the host has no authorities of its own, only these are trusted.
    pub fn root_certificate_pem(self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificate("root_certificate_pem", pem.into())
    }

    fn root_certificate(mut self, name: &'static str, pem: Vec<u8>) -> Self {
        self.root_certificates.push((name, pem));
        self
    }

    /// Shows this certificate to a server that demands one: the certificate, those above it
    /// and its private key, in PEM form. Default: none.
    pub fn client_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.client_certificate = Some(pem.into());
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

    /// How long a response may be, in bytes after decompression. Default: 64 MiB;
    /// a page of 2000 tasks is about 2 MB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Whether and when a failed call is tried again. Default: 4 attempts within
    /// 60 seconds, see [`RetryPolicy`]; [`RetryPolicy::disabled`] switches it off.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The clock that retries and waiters wait by, and that signatures are dated by. For
    /// the tests of this crate; no part of its interface.
    #[doc(hidden)]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
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

    /// What the client sends with, if the settings are good.
    pub(crate) fn transport(self, url: &Url) -> Result<Transport, Error> {
        for (setting, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("timeout", self.timeout),
        ] {
            if timeout == Some(Duration::ZERO) {
                return Err(Error::configuration(setting, "it must be longer than zero"));
            }
        }
        if self.max_body_bytes == 0 {
            return Err(Error::configuration(
                "max_body_bytes",
                "it must be more than zero",
            ));
        }
        let accept_language = self.accept_language.as_deref().map(language).transpose()?;
        let own_default = self.http_client.is_none().then_some(TIMEOUT);
        let route = self.route(url)?;
        Ok(Transport {
            secrets: self.credentials.secrets(),
            credentials: self.credentials.clone(),
            accept_language,
            timeout: self.timeout.or(own_default),
            max_body_bytes: self.max_body_bytes,
            observer: self.observer.clone(),
            retry: self.retry,
            clock: self
                .clock
                .clone()
                .unwrap_or_else(|| Arc::new(TokioClock::default())),
            http: self.http(url, &route)?,
            route,
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

    /// The way to the server, by its proxy.
    fn route(&self, url: &Url) -> Result<Route, Error> {
        let Some(proxy) = &self.proxy else {
            return Ok(match self.http_client {
                None if !is_loopback(url) => Route::of_environment(url),
                _ => Route::unknown(url),
            });
        };
        let proxy = Url::parse(proxy).ok().filter(|proxy| proxy.has_host());
        let proxy = proxy.filter(|proxy| matches!(proxy.scheme(), "http" | "https"));
        let what = "it is not a URL like http://proxy.example:3128";
        let proxy = proxy.ok_or_else(|| Error::configuration("proxy", what))?;
        Ok(Route::through(url, &proxy))
    }

    fn http(self, url: &Url, route: &Route) -> Result<reqwest::Client, Error> {
        if let Some(http) = &self.http_client {
            self.refuse_beside_own_client()?;
            return Ok(http.clone());
        }
        let user_agent = header(
            "user_agent",
            self.user_agent.as_deref().unwrap_or(USER_AGENT),
        )?;
        // reqwest would panic.
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let what = "the feature `rustls-no-provider` needs a provider: install one first, such as `rustls::crypto::ring::default_provider().install_default()`";
            return Err(Error::configuration("TLS", what));
        }
        let mut roots = Vec::new();
        for (name, pem) in &self.root_certificates {
            roots.extend(tls::certificates(name, pem)?);
        }
        let identity = self.client_certificate.as_deref().map(tls::identity);
        let identity = identity.transpose()?;
        let proxy = self.proxy.as_deref().map(reqwest::Proxy::all).transpose();
        let proxy = proxy.map_err(|error| Error::configuration("proxy", root_cause(&error)))?;
        let builder = || {
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
            let builder = match &identity {
                Some(identity) => tls::with_identity(builder, identity.clone()),
                None => builder,
            };
            match &proxy {
                Some(proxy) => builder.no_proxy().proxy(proxy.clone()),
                None if is_loopback(url) => builder.no_proxy(),
                None => builder,
            }
        };
        let finish = |builder| match &self.configure {
            Some(change) => change(builder).build(),
            None => builder.build(),
        };
        // Loading the host's authorities fails if there are none, and plain HTTP needs none.
        let built = if url.scheme() == "http" && !route.has_tls_proxy() {
            finish(tls::only(builder(), roots))
        } else {
            match finish(tls::extra(builder(), roots.clone())) {
                Err(_) if !roots.is_empty() => finish(tls::only(builder(), roots)),
                built => built,
            }
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
        match settings.iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((setting, _)) => Err(Error::configuration(
                setting,
                "`http_client` decides on it; set it there",
            )),
        }
    }

    fn not_set_up(&self, error: reqwest::Error) -> Error {
        let setting = match self.root_certificates.first() {
            Some((name, _)) => name,
            None => "base_url",
        };
        let cause = root_cause(&error);
        let hint = if cause.to_ascii_lowercase().contains("no ca certificates") {
            "; install certificate authorities on this host, or give one with `root_certificate_pem`"
        } else {
            ""
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

#[cfg(any(feature = "rustls-no-provider", feature = "native-tls"))]
use crate::tls;

/// Without TLS there are no certificates, and no `https://` gets this far.
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
mod tls {
    use reqwest::ClientBuilder;

    use crate::error::Error;

    #[derive(Clone)]
    pub(super) enum Certificate {}

    #[derive(Clone)]
    pub(super) enum Identity {}

    const WHAT: &str = "it needs the feature `rustls` or `native-tls` of this crate";

    pub(super) fn certificates(name: &str, _: &[u8]) -> Result<Vec<Certificate>, Error> {
        Err(Error::configuration(name, WHAT))
    }

    pub(super) fn identity(_: &[u8]) -> Result<Identity, Error> {
        Err(Error::configuration("client_certificate_pem", WHAT))
    }

    pub(super) fn with_identity(builder: ClientBuilder, _: Identity) -> ClientBuilder {
        builder
    }

    pub(super) fn only(builder: ClientBuilder, _: Vec<Certificate>) -> ClientBuilder {
        builder
    }

    pub(super) fn extra(builder: ClientBuilder, _: Vec<Certificate>) -> ClientBuilder {
        builder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<ClientBuilder, Error> {
        ClientBuilder::from_variables(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name)?;
            Some(found.1.into())
        })
    }

    #[test]
    fn the_environment_has_all_that_a_client_needs() {
        const URL: (&str, &str) = ("OCP_BASE_URL", "http://ocp:8080");
        for (variables, credentials) in [
            (&[URL][..], "Anonymous"),
            (
                &[URL, ("OCP_USER", ""), ("OCP_SECRET_KEY", "")],
                "Anonymous",
            ),
            (
                &[URL, ("OCP_USER", "admin"), ("OCP_PASSWORD", "p")],
                "Basic",
            ),
            (
                &[URL, ("OCP_ACCESS_KEY", "k"), ("OCP_SECRET_KEY", "s")],
                "AccessKey",
            ),
        ] {
            let builder = from(variables).unwrap();
            assert_eq!(
                format!("{:?}", builder.credentials),
                format!("Credentials({credentials})")
            );
            assert_eq!(builder.base_url, URL.1);
        }
        let builder = from(&[URL, ("OCP_CA_CERTIFICATE", "PEM")]).unwrap();
        assert_eq!(
            builder.root_certificates,
            [("OCP_CA_CERTIFICATE", b"PEM".to_vec())]
        );
    }

    #[test]
    fn a_variable_that_cannot_be_sent_is_named() {
        let with = |name: &'static str, value: OsString| {
            ClientBuilder::from_variables(|asked| match asked {
                "OCP_BASE_URL" if name != asked => Some("http://ocp".into()),
                _ if asked == name => Some(value.clone()),
                "OCP_USER" | "OCP_PASSWORD" if name.contains("USER") || name.contains("PASS") => {
                    Some("x".into())
                }
                "OCP_ACCESS_KEY" | "OCP_SECRET_KEY" if name.contains("KEY") => Some("x".into()),
                _ => None,
            })
        };
        let error = |name, value| with(name, value).err().unwrap().to_string();
        for name in [
            "OCP_USER",
            "OCP_PASSWORD",
            "OCP_ACCESS_KEY",
            "OCP_SECRET_KEY",
        ] {
            for end in ["\n", "\r\n", "\t", "\0", "\u{7f}"] {
                let text = error(name, format!("s3cret{end}").into());
                let expected = format!(
                    "`{name}` is unusable: it holds a control character, such as a line break at its end"
                );
                assert_eq!(text, expected);
            }
        }
        #[cfg(unix)]
        for name in [
            "OCP_BASE_URL",
            "OCP_USER",
            "OCP_SECRET_KEY",
            "OCP_CA_CERTIFICATE",
        ] {
            use std::os::unix::ffi::OsStringExt;
            let text = error(name, OsString::from_vec(vec![b'a', 0xff]));
            assert_eq!(text, format!("`{name}` is unusable: it is not UTF-8"));
        }
        let path = with("OCP_CA_CERTIFICATE", "/etc/ca.pem".into()).unwrap();
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        assert_eq!(
            path.build().unwrap_err().to_string(),
            "`OCP_CA_CERTIFICATE` is unusable: it holds no certificate in PEM form; expected is the text of one, not the path of a file"
        );
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        assert!(path.build().is_err());
    }

    #[test]
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    fn without_a_provider_there_is_an_error_and_no_panic() {
        let error = ClientBuilder::new("http://ocp:8080").build().unwrap_err();
        let expected = "`TLS` is unusable: the feature `rustls-no-provider` needs a provider";
        assert!(error.to_string().starts_with(expected), "{error}");
    }

    #[test]
    fn what_is_missing_in_the_environment_is_named() {
        const URL: (&str, &str) = ("OCP_BASE_URL", "http://ocp:8080");
        for (variables, expected) in [
            (
                &[][..],
                "`OCP_BASE_URL` is unusable: it is not set; it names the OCP, such as http://ocp.example:8080",
            ),
            (
                &[URL, ("OCP_USER", "admin")],
                "`OCP_PASSWORD` is unusable: OCP_USER is set without it",
            ),
            (
                &[URL, ("OCP_SECRET_KEY", "s3cret")],
                "`OCP_ACCESS_KEY` is unusable: OCP_SECRET_KEY is set without it",
            ),
            (
                &[
                    URL,
                    ("OCP_USER", "a"),
                    ("OCP_PASSWORD", "b"),
                    ("OCP_ACCESS_KEY", "c"),
                    ("OCP_SECRET_KEY", "d"),
                ],
                "`OCP_ACCESS_KEY` is unusable: OCP_USER is set, too; set one of them",
            ),
        ] {
            let Err(error) = from(variables) else {
                panic!("{variables:?} were taken");
            };
            assert_eq!(error.to_string(), expected);
        }
    }
}
