//! The settings of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::clock::{Clock, TokioClock};
use crate::connection::root_cause;
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
    root_certificates: Vec<Vec<u8>>,
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
            http_client: None,
            max_body_bytes: MAX_BODY_BYTES,
            observer: None,
            retry: RetryPolicy::default(),
            clock: None,
        }
    }

    /// The settings that the environment has: the base URL in `OCP_BASE_URL`; who calls
    /// in `OCP_USER` and `OCP_PASSWORD`, or in `OCP_ACCESS_KEY` and `OCP_SECRET_KEY`;
    /// more certificate authorities, in PEM form, in `OCP_CA_CERTIFICATE`.
    /// A variable that is empty counts as one that is not set.
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
    /// good.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name| variable(name).filter(|text| !text.is_empty());
        let Some(base_url) = variable("OCP_BASE_URL") else {
            let what = "it is not set; it names the OCP, such as http://ocp.example:8080";
            return Err(Error::configuration("OCP_BASE_URL", what));
        };
        let pair = |name, other| match (variable(name), variable(other)) {
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
        Ok(match variable("OCP_CA_CERTIFICATE") {
            Some(pem) => builder.root_certificate_pem(pem),
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
    /// PEM form. Where the host has no authorities of its own, only these.
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Uses your own HTTP client, with its connections, proxies and TLS.
    ///
    /// It decides on `connect_timeout`, `user_agent` and certificates, which
    /// therefore cannot be set beside it. It must not follow redirects; an
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

    /// What retries and waiters measure time and wait with, and
    /// what signatures are dated by: for tests, and for simulations. Default: the
    /// clock of tokio, and the system's date.
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
    ///     .on_exchange(|exchange| eprintln!("{} {}", exchange.status, exchange.url))
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
            http: self.http(url)?,
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

    fn http(self, url: &Url) -> Result<reqwest::Client, Error> {
        if let Some(http) = self.http_client {
            for (setting, is_set) in [
                ("connect_timeout", self.connect_timeout.is_some()),
                ("user_agent", self.user_agent.is_some()),
                ("root_certificate_pem", !self.root_certificates.is_empty()),
            ] {
                if is_set {
                    return Err(Error::configuration(
                        setting,
                        "`http_client` decides on it; set it there",
                    ));
                }
            }
            return Ok(http);
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
        for pem in &self.root_certificates {
            roots.extend(tls::certificates(pem)?);
        }
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(self.connect_timeout.unwrap_or(CONNECT_TIMEOUT))
                .user_agent(user_agent.clone())
                // OCP redirects only to have a person log in.
                .redirect(reqwest::redirect::Policy::none())
        };
        let built = if url.scheme() == "http" {
            // Loading the host's authorities fails where there are none.
            tls::only(builder(), roots).build()
        } else {
            match tls::extra(builder(), roots.clone()).build() {
                Err(_) if !roots.is_empty() => tls::only(builder(), roots).build(),
                built => built,
            }
        };
        built.map_err(|error| {
            let setting = if self.root_certificates.is_empty() {
                "base_url"
            } else {
                "root_certificate_pem"
            };
            let cause = root_cause(&error);
            let hint = if cause.to_ascii_lowercase().contains("no ca certificates") {
                "; install certificate authorities on this host, or give one with `root_certificate_pem`"
            } else {
                ""
            };
            Error::configuration(setting, format!("TLS cannot be set up: {cause}{hint}")).caused_by(error)
        })
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
mod tls {
    use reqwest::{Certificate, ClientBuilder};

    use crate::error::Error;

    /// Reads one or more certificates in PEM form.
    pub(super) fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
        let wrong = |what| Error::configuration("root_certificate_pem", what);
        match Certificate::from_pem_bundle(pem) {
            Ok(none) if none.is_empty() => Err(wrong("it holds no certificate in PEM form")),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(wrong("it is not a certificate in PEM form").caused_by(error)),
        }
    }

    /// Trusts these authorities and no others.
    pub(super) fn only(builder: ClientBuilder, roots: Vec<Certificate>) -> ClientBuilder {
        builder.tls_certs_only(roots)
    }

    /// Trusts these authorities beside those of the host.
    pub(super) fn extra(builder: ClientBuilder, roots: Vec<Certificate>) -> ClientBuilder {
        builder.tls_certs_merge(roots)
    }
}

/// Without TLS there are no certificates, and no `https://` gets this far.
#[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
mod tls {
    use reqwest::ClientBuilder;

    use crate::error::Error;

    #[derive(Clone)]
    pub(super) enum Certificate {}

    pub(super) fn certificates(_: &[u8]) -> Result<Vec<Certificate>, Error> {
        Err(Error::configuration(
            "root_certificate_pem",
            "it needs the feature `rustls` or `native-tls` of this crate",
        ))
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
            Some(found.1.to_owned())
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
        assert_eq!(builder.root_certificates, [b"PEM"]);
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
