//! Credentials as OCP checks them, written from its documentation and without the client's
//! code: if the two readings of one page differ, one of them is wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hyper::Request;
use hyper::body::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::response::Refusal;
use crate::{Settings, Variant, query};

/// Everything but letters, digits and `-._~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const SHA1: &str = "OCP-ACCESS-KEY-HMACSHA1 ";
const SHA256: &str = "OCP-ACCESS-KEY-HMACSHA256 ";
/// Minutes by which `Date` may be off.
const TOLERANCE: i64 = 15;

/// Refuses a caller without the right credentials, in OCP's words as far as they are known.
pub(crate) fn check(settings: &Settings, request: &Request<Bytes>) -> Result<(), Refusal> {
    let refusal = |message| Refusal::new(401, "", message);
    if settings.basic.is_none() && settings.access_key.is_none() {
        return Ok(());
    }
    let sent = header(request, "authorization");
    if sent.is_empty() {
        return Err(refusal("You have not logged on."));
    }
    let is_user = |(user, password): &(String, String)| {
        let (scheme, token) = sent.split_once(' ').unwrap_or_default();
        scheme.eq_ignore_ascii_case("basic")
            && token == STANDARD.encode(format!("{user}:{password}"))
    };
    if settings.basic.as_ref().is_some_and(is_user) {
        return Ok(());
    }
    let scheme = [SHA1, SHA256].into_iter().find(|one| sent.starts_with(one));
    let (Some(scheme), Some((key, secret))) = (scheme, &settings.access_key) else {
        return Err(refusal("The username or password is incorrect."));
    };
    let is_fresh = DateTime::parse_from_rfc2822(header(request, "date"))
        .is_ok_and(|date| (Utc::now() - date.to_utc()).num_minutes().abs() < TOLERANCE);
    let variants = &settings.variants;
    let (body, secret) = (request.body(), secret.as_bytes());
    let message = |digest: &[u8]| message(request, digest, variants).into_bytes();
    let signature = match scheme {
        SHA1 => {
            let message = message(&md5::compute(body)[..]);
            STANDARD.encode(hmac_sha1_compact::HMAC::mac(&message, secret))
        }
        _ => {
            let message = message(&hmac_sha256::Hash::hash(body));
            STANDARD.encode(hmac_sha256::HMAC::mac(&message, secret))
        }
    };
    if !is_fresh || sent != format!("{scheme}{key}:{signature}") {
        return Err(refusal("The signature is incorrect."));
    }
    Ok(())
}

/// The message that is signed, in seven parts; that of an absent header is empty.
fn message(request: &Request<Bytes>, digest: &[u8], variants: &[Variant]) -> String {
    let digest = digest.iter().filter(|_| !request.body().is_empty());
    let digest: String = digest.map(|byte| format!("{byte:02X}")).collect();
    let lines = [
        request.method().as_str(),
        &digest,
        header(request, "content-type"),
        header(request, "date"),
        header(request, "host"),
        &own_headers(request),
        &target(request, variants),
    ];
    lines.join("\n")
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    let value = request.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap_or_default())
}

/// The headers that begin with `x-ocp`, a line each.
fn own_headers(request: &Request<Bytes>) -> String {
    let mut names: Vec<&str> = request.headers().keys().map(|name| name.as_str()).collect();
    names.retain(|name| name.starts_with("x-ocp"));
    names.sort_unstable();
    let lines = names.into_iter().map(|name| {
        let values = request.headers().get_all(name).iter();
        let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        format!("{name}:{}", values.join(","))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Path and query, put together again from the parameters as they were parsed.
fn target(request: &Request<Bytes>, variants: &[Variant]) -> String {
    let mut query = query::parameters(request.uri().query().unwrap_or_default());
    // Java compares texts by their UTF-16 units.
    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    query.sort_by_key(|(name, value)| (units(name), units(value)));
    let parts = query.chunk_by(|one, next| one.0 == next.0).map(|same| {
        let values = same.iter().map(|(_, value)| value.as_str());
        let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
        let encode = |text: &str| match variants.contains(&Variant::UrlEncoderSignature) {
            // `java.net.URLEncoder`, as the newest sample code has it.
            true => utf8_percent_encode(text, ENCODED)
                .to_string()
                .replace("%20", "+")
                .replace("%2A", "*")
                .replace('~', "%7E"),
            false => utf8_percent_encode(text, ENCODED).to_string(),
        };
        format!("{}={}", encode(&same[0].0), encode(&values.join(",")))
    });
    let parts: Vec<String> = parts.collect();
    let path = request.uri().path();
    match parts.as_slice() {
        [] => path.to_owned(),
        parts => format!("{path}?{}", parts.join("&")),
    }
}
