//! A response of the embedded OCP: the envelope, and HTTP around it.

use std::collections::BTreeMap;

use chrono::{FixedOffset, SecondsFormat, Utc};
use ocp_contract::Interaction;
use serde_json::{Value, json};

use super::Variant;
use super::refusal::Refusal;

/// Status, headers and body, before they are sent.
#[derive(Debug, Clone)]
pub struct Response {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Json(Value),
    Bytes(Vec<u8>),
}

impl Body {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Json(body) => body.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl Response {
    /// The envelope around `data`.
    pub(super) fn success(data: Value) -> Self {
        let mut body = envelope(200);
        body["data"] = data;
        Self::json(200, body)
    }

    /// The envelope around an error about what was asked for.
    pub(super) fn failure(refusal: &Refusal, object: &str, variants: &[Variant]) -> Self {
        let mut body = envelope(refusal.status);
        body["error"] = refusal.error(object, variants);
        Self::json(refusal.status, body)
    }

    /// The response of an exchange, as it is.
    pub(super) fn recorded(interaction: &Interaction) -> Self {
        let recorded = &interaction.recorded.response;
        let headers = recorded.headers.iter();
        Self {
            status: recorded.status,
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.clone()))
                .collect(),
            body: match serde_json::from_str(&interaction.body) {
                Ok(body) => Body::Json(body),
                Err(_) => Body::Bytes(interaction.body.clone().into_bytes()),
            },
        }
    }

    /// What OCP's console answers to any path, and to any method, that it does not know.
    pub(super) fn console() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::from([("content-type".into(), "text/html;charset=UTF-8".into())]),
            body: Body::Bytes("<!doctype html><title>OCP</title>".into()),
        }
    }

    /// What Spring answers to OPTIONS.
    pub(super) fn options(allowed: String) -> Self {
        Self {
            status: 200,
            headers: BTreeMap::from([("allow".into(), allowed)]),
            body: Body::Bytes(Vec::new()),
        }
    }

    fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: BTreeMap::from([("content-type".into(), "application/json".into())]),
            body: Body::Json(body),
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_lowercase(), value.to_owned());
        self
    }

    /// Gives the response a trace id of its own.
    pub(super) fn number(&mut self, number: u64) {
        if let Body::Json(Value::Object(body)) = &mut self.body {
            // Spread over all digits, as those of a UUID are.
            let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            body.insert("traceId".into(), format!("{id:016x}").into());
        }
    }
}

fn envelope(status: u16) -> Value {
    let zone = FixedOffset::east_opt(8 * 3600).map(|zone| Utc::now().with_timezone(&zone));
    json!({
        "duration": if status == 200 { 7 } else { 0 },
        "server": "a24d13ce67",
        "status": status,
        "successful": status == 200,
        "timestamp": zone.map(|now| now.to_rfc3339_opts(SecondsFormat::Millis, true)),
    })
}
