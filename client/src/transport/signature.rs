//! The signatures `OCP-ACCESS-KEY-HMACSHA1` and `OCP-ACCESS-KEY-HMACSHA256`.
//!
//! Source: "AK/SK authentication" of the documentation, V4.0.3 to V4.2.2. Where
//! its text and its sample code differ, the code decides: it is what the two
//! documented signatures were made with. The newest documentation (V4.4.2) has the
//! same message for SHA-256, with the SHA-256 of the body instead of its MD5.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, no_control_character};

/// All but the unreserved characters of RFC 3986.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The algorithm of a signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// `OCP-ACCESS-KEY-HMACSHA1`, which every OCP from V4.0.3 on takes.
    #[default]
    HmacSha1,
    /// `OCP-ACCESS-KEY-HMACSHA256`, which OCP takes from V4.4.2 on.
    HmacSha256,
}

impl SignatureAlgorithm {
    /// The end of the name of the scheme in `Authorization`.
    fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMACSHA1",
            Self::HmacSha256 => "HMACSHA256",
        }
    }

    /// The digest of a body in upper-case hex; empty without a body.
    fn digest(self, body: &[u8]) -> String {
        let digest = match self {
            _ if body.is_empty() => Vec::new(),
            Self::HmacSha1 => md5::compute(body).to_vec(),
            Self::HmacSha256 => hmac_sha256::Hash::hash(body).to_vec(),
        };
        digest.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn sign(self, secret: &str, message: &str) -> String {
        let (message, secret) = (message.as_bytes(), secret.as_bytes());
        match self {
            Self::HmacSha1 => STANDARD.encode(hmac_sha1_compact::HMAC::mac(message, secret)),
            Self::HmacSha256 => STANDARD.encode(hmac_sha256::HMAC::mac(message, secret)),
        }
    }
}

/// An algorithm by the end of its scheme: `HMACSHA1` or `HMACSHA256`.
impl FromStr for SignatureAlgorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let mut all = [Self::HmacSha1, Self::HmacSha256].into_iter();
        let what = "it must be HMACSHA1 or HMACSHA256";
        all.find(|one| one.name() == name)
            .ok_or_else(|| Error::configuration("signature", what))
    }
}

/// An access key and its secret, which sign requests. Never printed.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: SecretString,
    algorithm: SignatureAlgorithm,
}

impl AccessKey {
    /// An access key (AK) and its secret (SK), as OCP's console shows them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when one of them is
    /// empty, or the key holds what does not fit the header: anything but visible ASCII, or a
    /// colon; when the secret holds a control character, such as the line break at the end of
    /// a file.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, Error> {
        let (id, secret) = (id.into(), SecretString::from(secret.into()));
        let wrong = |what| Err(Error::configuration("access key", what));
        let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        if id.is_empty() || !id.bytes().all(is_visible) {
            return wrong("it must be visible ASCII without a colon");
        }
        if secret.expose_secret().is_empty() {
            return wrong("its secret must not be empty");
        }
        no_control_character("credentials", "the secret key", secret.expose_secret())?;
        Ok(Self {
            id,
            secret,
            algorithm: SignatureAlgorithm::default(),
        })
    }

    /// The same key with another algorithm; SHA-1 is the default, since older OCPs know no
    /// other.
    ///
    /// ```
    /// use oceanbase_ocp::{AccessKey, SignatureAlgorithm};
    ///
    /// let key = AccessKey::new("cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d")?
    ///     .algorithm(SignatureAlgorithm::HmacSha256);
    /// let url = "http://ocp.example:8080/api/v2/ob/tenants".parse()?;
    /// let headers = Default::default();
    /// let signed = key.sign(&reqwest::Method::GET, &url, &headers, b"", chrono::Utc::now());
    /// let authorization = signed["authorization"].to_str()?;
    /// assert!(authorization.starts_with("OCP-ACCESS-KEY-HMACSHA256 cqammmxBpfGjFlto:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Signs a request; the headers to add are `Authorization` and `Date`.
    ///
    /// `headers` are those that will be sent, and are signed as they are:
    /// `Content-Type`, every `x-ocp…`, `Host` (by default that of the URL) and
    /// `Date` (by default `time`, which OCP accepts for 15 minutes). An empty
    /// `body` is no body.
    ///
    /// The query is signed in a canonical form, whatever form the URL has, so
    /// its parameters may be sent in any order, and several values of one
    /// parameter repeated or joined by commas.
    ///
    /// ```
    /// use oceanbase_ocp::AccessKey;
    /// use reqwest::header::{CONTENT_TYPE, HeaderMap};
    ///
    /// // The second example of OCP's documentation.
    /// let key = AccessKey::new("cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d")?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert(CONTENT_TYPE, "application/json;charset=utf-8".parse()?);
    /// let signed = key.sign(
    ///     &reqwest::Method::GET,
    ///     &"http://ocp.alibaba.net:8080/api/v2/compute/idcs?size=100".parse()?,
    ///     &headers,
    ///     b"",
    ///     "2023-01-17T04:14:02Z".parse()?,
    /// );
    /// assert_eq!(signed["date"], "Tue, 17 Jan 2023 04:14:02 GMT");
    /// assert_eq!(
    ///     signed["authorization"],
    ///     "OCP-ACCESS-KEY-HMACSHA1 cqammmxBpfGjFlto:TsQD6HDOuZuJ409m0wdnZPmijlc="
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: &[u8],
        time: DateTime<Utc>,
    ) -> HeaderMap {
        let date = match headers.get(DATE) {
            Some(date) => date.clone(),
            None => ascii(&time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        };
        let digest = self.algorithm.digest(body);
        let message = message(method, url, headers, digest, &text(&date));
        let signature = self.algorithm.sign(self.secret.expose_secret(), &message);
        let (name, id) = (self.algorithm.name(), &self.id);
        let mut authorization = ascii(&format!("OCP-ACCESS-KEY-{name} {id}:{signature}"));
        authorization.set_sensitive(true);
        [(AUTHORIZATION, authorization), (DATE, date)]
            .into_iter()
            .collect()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey([REDACTED])")
    }
}

/// The seven lines that are signed.
fn message(
    method: &Method,
    url: &Url,
    headers: &HeaderMap,
    body_digest: String,
    date: &str,
) -> String {
    let header = |name| headers.get(name).map(text);
    [
        method.as_str().to_uppercase(),
        body_digest,
        header(CONTENT_TYPE).unwrap_or_default(),
        date.to_owned(),
        header(HOST).unwrap_or_else(|| host(url)),
        ocp_headers(headers),
        path_and_query(url),
    ]
    .join("\n")
}

/// `key:value,value` for each header whose name begins with `x-ocp`, by name;
/// values in the order as sent (the documentation's text says sorted, its
/// first example is not).
fn ocp_headers(headers: &HeaderMap) -> String {
    let names = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-ocp"));
    let mut names: Vec<&HeaderName> = names.collect();
    names.sort_by_key(|name| name.as_str());
    let lines = names.into_iter().map(|name| {
        let values: Vec<String> = headers.get_all(name).iter().map(text).collect();
        format!("{name}:{}", values.join(","))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The path as sent, and the query as the server rebuilds it from the parameters that it has
/// parsed: keys and values in Java's order, empty values dropped, the values of a key joined
/// before they are encoded.
fn path_and_query(url: &Url) -> String {
    let mut parameters: Vec<_> = url.query_pairs().collect();
    // Java orders by UTF-16 code units. Rust's order differs if characters beyond the BMP meet
    // U+E000 to U+FFFF.
    let in_java = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    parameters.sort_by_cached_key(|(key, value)| (in_java(key), in_java(value)));
    let pairs = parameters
        .chunk_by(|(key, _), (next, _)| key == next)
        .map(|same| {
            let values = same.iter().map(|(_, value)| value.as_ref());
            let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
            let values = values.join(",");
            let encoded = |text| utf8_percent_encode(text, RESERVED);
            format!("{}={}", encoded(&same[0].0), encoded(&values))
        });
    let pairs: Vec<String> = pairs.collect();
    match &pairs[..] {
        [] => url.path().to_owned(),
        pairs => format!("{}?{}", url.path(), pairs.join("&")),
    }
}

/// The `Host` header of a request to this URL: no port if it is the scheme's own.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A header value from text of our own making, which is ASCII.
fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AccessKey {
        AccessKey::new("cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d").unwrap()
    }

    /// The first example of the documentation (the second is in the docs of
    /// [`AccessKey::sign`]).
    #[test]
    fn the_documented_request_has_the_documented_signature() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        headers.append("x-ocp-data", "A".parse().unwrap());
        headers.append("x-ocp-data", "1".parse().unwrap());
        let url = "http://ocp.alibaba.net:8080/api/v2/compute/idcs"
            .parse()
            .unwrap();
        let body = br#"{"name":"test01","description":"test","regionId":1}"#;
        let time = "2023-01-17T09:13:57Z".parse().unwrap();
        assert_eq!(
            message(
                &Method::POST,
                &url,
                &headers,
                SignatureAlgorithm::HmacSha1.digest(body),
                "Tue, 17 Jan 2023 09:13:57 GMT"
            ),
            "POST\n186974DB33A090A16D3E2CA35F547B56\napplication/json\nTue, 17 Jan 2023 09:13:57 GMT\nocp.alibaba.net:8080\nx-ocp-data:A,1\n/api/v2/compute/idcs"
        );
        let signed = key().sign(&Method::POST, &url, &headers, body, time);
        assert_eq!(
            signed[AUTHORIZATION],
            "OCP-ACCESS-KEY-HMACSHA1 cqammmxBpfGjFlto:XN8P+O+v3vUabB16ZCooq5wMJoY="
        );
    }

    /// Longer than a block of the hash, so that it is hashed itself. The values are those of
    /// another implementation of HMAC.
    #[test]
    fn a_secret_may_be_long() {
        let secret = "k".repeat(100);
        for (algorithm, signature) in [
            (SignatureAlgorithm::HmacSha1, "/6jDef6uL2QTYAYKf+pg1528mTI="),
            (
                SignatureAlgorithm::HmacSha256,
                "HChzVBbTIBY/Vvgb27g9ZR7tUI0YTmuLA2YnQKUzKT4=",
            ),
        ] {
            assert_eq!(algorithm.sign(&secret, "message"), signature);
        }
    }

    /// The Java sample of the newer documentation, with both algorithms.
    #[test]
    fn one_message_is_signed_with_either_algorithm() {
        let url = "http://127.0.0.1:8080/api/v2/monitor/top?startTime=2024-04-15T14:29:55%2B08:00\
                   &endTime=2024-04-15T14:30:55%2B08:00&maxPoints=360&metrics=host_disk_total\
                   &labels=svr_ip:127.0.0.1&groupBy=app,svr_ip,device,mount_point";
        let key = AccessKey::new("gDCcIqbkJJINjXBn", "d75332c5eed8d440a84a35ac6248d397").unwrap();
        let headers = [
            ("x-ocp-origin", "for-test"),
            ("content-type", "application/json"),
        ];
        let headers = headers.map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            )
        });
        let headers: HeaderMap = headers.into_iter().collect();
        let time = "2024-04-15T09:25:02Z".parse().unwrap();
        for (algorithm, signature) in [
            ("HMACSHA1", "To11kg1EsB/dPWyDnnpuUzIUoQk="),
            ("HMACSHA256", "st1MMwFPs+obm1L3YE0E3mWC51t25dPdtyDmaHmnw7M="),
        ] {
            let key = key.clone().algorithm(algorithm.parse().unwrap());
            let signed = key.sign(&Method::GET, &url.parse().unwrap(), &headers, b"", time);
            let expected = format!("OCP-ACCESS-KEY-{algorithm} gDCcIqbkJJINjXBn:{signature}");
            assert_eq!(signed[AUTHORIZATION], expected);
        }
        let body = SignatureAlgorithm::HmacSha256.digest(b"{}");
        assert_eq!(
            body,
            "44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"
        );
        assert!("SHA256".parse::<SignatureAlgorithm>().is_err());
    }

    #[test]
    fn the_query_is_signed_as_the_server_rebuilds_it() {
        for (query, signed) in [
            ("", "/a"),
            ("?", "/a"),
            ("?b=2&a=1", "/a?a=1&b=2"),
            ("?s=B&s=A", "/a?s=A%2CB"),
            ("?s=B,A", "/a?s=B%2CA"),
            ("?s=&s=B&s=", "/a?s=B"),
            ("?s=&t", "/a?s=&t="),
            ("?s=a+b%20c", "/a?s=a%20b%20c"),
            ("?s=%2B*~%25%26%3D", "/a?s=%2B%2A~%25%26%3D"),
            ("?k%20y=%E6%81%A2", "/a?k%20y=%E6%81%A2"),
            // U+1F980 is D83E DD80 in UTF-16, before U+FF21.
            (
                "?s=%EF%BC%A1&s=%F0%9F%A6%80",
                "/a?s=%F0%9F%A6%80%2C%EF%BC%A1",
            ),
            ("?a-b=1&a=2&A=3&aa=4", "/a?A=3&a=2&a-b=1&aa=4"),
        ] {
            let url = format!("http://host/a{query}").parse().unwrap();
            assert_eq!(path_and_query(&url), signed, "{query}");
        }
    }

    #[test]
    fn the_host_has_a_port_only_where_it_is_not_the_schemes_own() {
        for (url, expected) in [
            ("http://ocp:80/", "ocp"),
            ("https://ocp:443/", "ocp"),
            ("https://ocp:80/", "ocp:80"),
            ("http://[::1]:8080/", "[::1]:8080"),
        ] {
            assert_eq!(host(&url.parse().unwrap()), expected);
        }
    }

    #[test]
    fn own_host_date_and_method_are_signed_as_they_are() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "proxy".parse().unwrap());
        headers.insert(DATE, "Mon, 3 Jan 2010 08:33:47 GMT".parse().unwrap());
        headers.insert("x-ocp-b", "2".parse().unwrap());
        headers.insert("X-OCP-A", "1".parse().unwrap());
        let url = "http://ocp/p/a%20b".parse().unwrap();
        assert_eq!(
            message(
                &Method::GET,
                &url,
                &headers,
                String::new(),
                &text(&headers[DATE])
            ),
            "GET\n\n\nMon, 3 Jan 2010 08:33:47 GMT\nproxy\nx-ocp-a:1\nx-ocp-b:2\n/p/a%20b"
        );
        let signed = key().sign(&Method::GET, &url, &headers, b"", Utc::now());
        assert_eq!(signed[DATE], headers[DATE]);
    }

    #[test]
    fn an_unusable_key_is_refused() {
        for (id, secret) in [("", "s"), ("a:b", "s"), ("a b", "s"), ("ä", "s"), ("a", "")] {
            assert!(AccessKey::new(id, secret).is_err(), "{id}");
        }
    }
}
