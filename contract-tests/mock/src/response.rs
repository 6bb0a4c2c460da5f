//! Responses of the embedded OCP: HTTP around the envelope, around data or an error.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use ocp_contract::Parameter;
use serde_json::{Value, json};

use crate::Variant;

/// Status, headers and body, before they are sent.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Values by names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// JSON; a text is sent as it is.
    pub(crate) body: Value,
}

impl Response {
    /// The envelope around `data`.
    pub(crate) fn success(data: Value) -> Self {
        Self::envelope(200, "data", data)
    }

    /// The envelope around an error; `object` is what was asked for.
    pub(crate) fn failure(refusal: &Refusal, object: &str, variants: &[Variant]) -> Self {
        Self::envelope(refusal.status, "error", refusal.error(object, variants))
    }

    fn envelope(status: u16, member: &str, value: Value) -> Self {
        let now = Utc::now() + TimeDelta::hours(8);
        let mut body = json!({
            "duration": if status == 200 { 7 } else { 0 },
            "server": "a24d13ce67",
            "status": status,
            "successful": status == 200,
            "timestamp": now.format("%FT%T%.3f+08:00").to_string(),
        });
        // `json!` would copy all rows.
        body[member] = value;
        Self::new(status, "content-type", "application/json", body)
    }

    /// The console's page, OCP's answer to any path and any method that it does not know.
    pub(crate) fn console() -> Self {
        let page = "<!doctype html><title>OCP</title>";
        Self::new(200, "content-type", "text/html;charset=UTF-8", page.into())
    }

    /// Spring's answer to OPTIONS.
    pub(crate) fn options(allowed: &str) -> Self {
        Self::new(200, "allow", allowed, "".into())
    }

    fn new(status: u16, header: &str, value: &str, body: Value) -> Self {
        Self {
            status,
            headers: BTreeMap::from([(header.to_owned(), value.to_owned())]),
            body,
        }
    }

    /// The body as it is sent.
    pub(crate) fn text(&self) -> String {
        match &self.body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        }
    }

    /// Gives the response a trace id of its own.
    pub(crate) fn number(&mut self, number: u64) {
        if let Value::Object(body) = &mut self.body {
            // Spread over all digits, as those of a UUID are.
            let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            body.insert("traceId".into(), format!("{id:016x}").into());
        }
    }
}

/// The error of a response.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    /// OCP's name for the error; empty if the framework refuses and has none.
    code: &'static str,
    message: String,
    /// The parameter that is wrong, and its value as sent.
    parameter: Option<(String, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            parameter: None,
        }
    }

    /// The refusal of a value of a parameter.
    pub(crate) fn about(mut self, name: &str, value: &str) -> Self {
        self.parameter = Some((name.to_owned(), value.to_owned()));
        self
    }

    /// HTTP 400 for a value that is not of the parameter's type.
    pub(crate) fn of_type(name: &str, value: &str, kind: &str) -> Self {
        let message = format!(
            "The parameter '{name}' of value '{value}' could not be converted to type '{kind}'"
        );
        Self::new(400, "", message).about(name, value)
    }

    /// The refusal of an id that there is not.
    pub(crate) fn of_unknown_id(parameter: &Parameter, id: i64) -> Self {
        let (status, code, what) = unknown(&parameter.argument);
        let refusal = Self::new(status, code, format!("{what} {id} does not exist."));
        match status {
            400 => refusal.about(&parameter.name, &id.to_string()),
            _ => refusal,
        }
    }

    /// The member `error` of the envelope.
    fn error(&self, object: &str, variants: &[Variant]) -> Value {
        let message = &self.message;
        let digits = self.code.trim_start_matches(char::is_alphabetic);
        let code = match digits.parse::<i64>() {
            Ok(number) if variants.contains(&Variant::NumericCodes) => json!(number),
            Ok(_) => json!(self.code),
            Err(_) => json!(0),
        };
        let mut error = json!({ "code": code, "message": message });
        if variants.contains(&Variant::ErrorDetails) {
            error["debugMessage"] = format!("java.lang.IllegalArgumentException: {message}").into();
            if let Some((name, value)) = &self.parameter {
                error["target"] = json!(name);
                error["subErrors"] = json!([{
                    "object": object,
                    "field": name,
                    "rejectedValue": value,
                    "message": message,
                }]);
            }
        }
        error
    }
}

/// Status, code and noun by which an unknown id is refused, as far as they are known.
fn unknown(argument: &str) -> (u16, &'static str, &str) {
    match argument {
        "cluster_id" => (404, "OBE11001", "Cluster"),
        "tenant_id" => (400, "OBE21003", "Tenant"),
        _ => (404, "", argument),
    }
}
