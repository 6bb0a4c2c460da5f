//! An answer of the embedded OCP: the envelope, and HTTP around it.

use std::collections::BTreeMap;

use chrono::{FixedOffset, SecondsFormat, Utc};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::Oddity;

/// Status, headers and body, before they are sent.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Json(Value),
    Text(String),
}

impl Answer {
    /// The envelope around `data`.
    pub(super) fn success(data: Value, oddities: &[Oddity]) -> Self {
        let mut body = envelope(200);
        body["data"] = data;
        for oddity in oddities {
            oddity.apply(&mut body);
        }
        Self::json(200, body)
    }

    /// The envelope around an error; a code is a word, or the 0 that says that
    /// there is none.
    pub(super) fn failure(status: u16, code: &str, message: &str, numeric: bool) -> Self {
        let number = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let code = match number.parse::<i64>() {
            Ok(number) if numeric => number.into(),
            Ok(_) => code.into(),
            Err(_) => json!(0),
        };
        let mut body = envelope(status);
        body["error"] = json!({ "code": code, "message": message });
        Self::json(status, body)
    }

    /// A page of a console, or of any web server that is not OCP.
    pub(super) fn html(status: u16, text: &str) -> Self {
        Self {
            status,
            headers: BTreeMap::from([("content-type".into(), "text/html;charset=UTF-8".into())]),
            body: Body::Text(text.to_owned()),
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

    /// Gives the answer a trace id of its own.
    pub(super) fn number(&mut self, number: u64) {
        if let Body::Json(body) = &mut self.body {
            // Spread over all digits, as those of a UUID are.
            let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            body["traceId"] = format!("{id:016x}").into();
        }
    }
}

impl From<Answer> for ResponseTemplate {
    fn from(answer: Answer) -> Self {
        let mut template = ResponseTemplate::new(answer.status).set_body_bytes(match answer.body {
            Body::Json(body) => body.to_string(),
            Body::Text(text) => text,
        });
        for (name, value) in &answer.headers {
            template = template.insert_header(name.as_str(), value.as_str());
        }
        template
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
