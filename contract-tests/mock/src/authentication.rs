//! Credentials as OCP checks them, written from its documentation and without
//! the client's code: what both agree on, two readings of the page agree on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;

use super::Settings;
use super::server::Request;

/// Everything but letters, digits and `-._~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const SCHEME: &str = "OCP-ACCESS-KEY-HMACSHA1 ";
/// How far `Date` may be off, in minutes.
const TOLERANCE: i64 = 15;

/// Why a request is not let in, with OCP's message as far as it is known.
pub(super) fn check(settings: &Settings, request: &Request) -> Result<(), &'static str> {
    if settings.basic.is_none() && settings.access_key.is_none() {
        return Ok(());
    }
    let Some(sent) = header(request, "authorization") else {
        return Err("You have not logged on.");
    };
    let is_user = |(user, password): &(String, String)| {
        let (scheme, token) = sent.split_once(' ').unwrap_or_default();
        scheme.eq_ignore_ascii_case("basic")
            && token == STANDARD.encode(format!("{user}:{password}"))
    };
    if settings.basic.as_ref().is_some_and(is_user) {
        return Ok(());
    }
    let (Some(sent), Some((key, secret))) = (sent.strip_prefix(SCHEME), &settings.access_key)
    else {
        return Err("The username or password is incorrect.");
    };
    let date = header(request, "date").unwrap_or_default();
    let is_fresh = DateTime::parse_from_rfc2822(date)
        .is_ok_and(|date| (Utc::now() - date.to_utc()).num_minutes().abs() < TOLERANCE);
    let Some(expected) = signature(request, secret) else {
        return Err("The request cannot be signed.");
    };
    if !is_fresh || sent != format!("{key}:{expected}") {
        return Err("The signature is incorrect.");
    }
    Ok(())
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The signature of a request, from what arrived.
fn signature(request: &Request, secret: &str) -> Option<String> {
    // A message of seven lines; those of headers that are not there are empty.
    let own: Vec<String> = own_headers(request);
    let lines = [
        request.method().to_uppercase(),
        request.body_digest.clone(),
        header(request, "content-type")
            .unwrap_or_default()
            .to_owned(),
        header(request, "date").unwrap_or_default().to_owned(),
        header(request, "host").unwrap_or_default().to_owned(),
        own.join("\n"),
        target(request),
    ];
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(lines.join("\n").as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

fn own_headers(request: &Request) -> Vec<String> {
    let mut names: Vec<&str> = request.headers().keys().map(|name| name.as_str()).collect();
    names.retain(|name| name.starts_with("x-ocp"));
    names.sort_unstable();
    let values = |name| {
        let all = request.headers().get_all(name).iter();
        let all: Vec<&str> = all.filter_map(|value| value.to_str().ok()).collect();
        all.join(",")
    };
    names
        .into_iter()
        .map(|name| format!("{name}:{}", values(name)))
        .collect()
}

/// Path and query, put together again from the parameters as they were parsed.
fn target(request: &Request) -> String {
    let mut query: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, value) in &request.query {
        match query.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => query.push((name, vec![value])),
        }
    }
    // Java compares texts by their UTF-16 units.
    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    query.sort_by_key(|(name, _)| units(name));
    let parts: Vec<String> = query
        .into_iter()
        .map(|(name, mut values)| {
            values.retain(|value| !value.is_empty());
            values.sort_by_key(|value| units(value));
            let values = values.join(",");
            let encode = |text| utf8_percent_encode(text, ENCODED).to_string();
            format!("{}={}", encode(name), encode(&values))
        })
        .collect();
    match parts.as_slice() {
        [] => request.path().to_owned(),
        parts => format!("{}?{}", request.path(), parts.join("&")),
    }
}
