//! Why a request is refused, and how the envelope tells.

use serde_json::{Value, json};

use super::Oddity;

/// The error of an answer.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// OCP's word for it; empty where the framework refuses and has none.
    code: &'static str,
    message: String,
    /// The parameter that is wrong, and what was sent for it.
    parameter: Option<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            parameter: None,
        }
    }

    /// HTTP 400 for the value of a parameter.
    pub(super) fn of_value(
        name: &'static str,
        value: &str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            parameter: Some((name, value.to_owned())),
            ..Self::new(400, code, message)
        }
    }

    /// HTTP 400 for a value that is not of the parameter's type.
    pub(super) fn of_type(name: &'static str, value: &str, kind: &str) -> Self {
        let message = format!(
            "The parameter '{name}' of value '{value}' could not be converted to type '{kind}'"
        );
        Self::of_value(name, value, "", message)
    }

    /// The member `error` of the envelope.
    pub(super) fn error(&self, oddities: &[Oddity]) -> Value {
        let message = &self.message;
        let mut error = json!({ "code": self.code(oddities), "message": message });
        if oddities.contains(&Oddity::ErrorDetails) {
            error["debugMessage"] = format!("java.lang.IllegalArgumentException: {message}").into();
            if let Some((name, value)) = &self.parameter {
                error["target"] = json!(name);
                error["subErrors"] = json!([{
                    "object": "restoreTasks",
                    "field": name,
                    "rejectedValue": value,
                    "message": message,
                }]);
            }
        }
        error
    }

    /// A word, or the 0 that says that there is none.
    fn code(&self, oddities: &[Oddity]) -> Value {
        let code = self.code;
        let number = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        match number.parse::<i64>() {
            Ok(number) if oddities.contains(&Oddity::NumericCodes) => number.into(),
            Ok(_) => code.into(),
            Err(_) => json!(0),
        }
    }
}
