//! Why a request is refused, and how the envelope says so.

use ocp_contract::Parameter;
use serde_json::{Value, json};

use super::Variant;

/// Ids of which it is known how OCP refuses one that there is not, by argument.
const UNKNOWN: [(&str, u16, &str, &str); 2] = [
    ("cluster_id", 404, "OBE11001", "Cluster"),
    ("tenant_id", 400, "OBE21003", "Tenant"),
];

/// HTTP status of the refusal of an id that there is not, by the name that the
/// description gives the parameter of the path.
pub fn status_of_unknown_id(argument: &str) -> u16 {
    let known = UNKNOWN.iter().find(|known| known.0 == argument);
    known.map_or(404, |known| known.1)
}

/// The error of a response.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// OCP's name for it; empty where the framework refuses and has none.
    code: &'static str,
    message: String,
    /// The parameter that is wrong, and what was sent for it.
    parameter: Option<(String, String)>,
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
        name: &str,
        value: &str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            parameter: Some((name.to_owned(), value.to_owned())),
            ..Self::new(400, code, message)
        }
    }

    /// HTTP 400 for a value that is not of the parameter's type.
    pub(super) fn of_type(name: &str, value: &str, kind: &str) -> Self {
        let message = format!(
            "The parameter '{name}' of value '{value}' could not be converted to type '{kind}'"
        );
        Self::of_value(name, value, "", message)
    }

    /// For an id that there is not.
    pub(super) fn of_unknown_id(parameter: &Parameter, id: i64) -> Self {
        let argument = parameter.argument.as_str();
        let known = UNKNOWN.into_iter().find(|known| known.0 == argument);
        let (_, status, code, what) = known.unwrap_or((argument, 404, "", argument));
        let message = format!("{what} {id} does not exist.");
        if status == 400 {
            Self::of_value(&parameter.name, &id.to_string(), code, message)
        } else {
            Self::new(status, code, message)
        }
    }

    /// The member `error` of the envelope; `object` is what was asked for.
    pub(super) fn error(&self, object: &str, variants: &[Variant]) -> Value {
        let message = &self.message;
        let mut error = json!({ "code": self.code(variants), "message": message });
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

    /// A name, or the 0 that says that there is none.
    fn code(&self, variants: &[Variant]) -> Value {
        let code = self.code;
        let number = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        match number.parse::<i64>() {
            Ok(number) if variants.contains(&Variant::NumericCodes) => number.into(),
            Ok(_) => code.into(),
            Err(_) => json!(0),
        }
    }
}
