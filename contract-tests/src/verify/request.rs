//! What is asked of an OCP.

use serde_json::{Map, Value};

/// A request to send.
pub(super) enum Request<'a> {
    /// A call of the client, with the path arguments of the run unless it has others.
    Call(&'a Query),
    /// What the client cannot express.
    Raw(RawRequest),
}

/// A request as it is written here, with the path arguments of the run unless it
/// has another one.
pub(super) struct RawRequest {
    /// The query, encoded.
    pub(super) query: String,
    /// Name of a path parameter on the wire, and what stands in its place.
    pub(super) other: Option<(String, &'static str)>,
    pub(super) is_anonymous: bool,
    pub(super) is_probe: bool,
}

impl RawRequest {
    pub(super) fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            other: None,
            is_anonymous: false,
            is_probe: false,
        }
    }

    /// Another text for a parameter of the path. That is no request of the contract.
    pub(super) fn path_argument(self, name: &str, text: &'static str) -> Self {
        Self {
            other: Some((name.to_owned(), text)),
            is_probe: true,
            ..self
        }
    }

    /// Without credentials.
    pub(super) fn anonymous(self) -> Self {
        Self {
            is_anonymous: true,
            ..self
        }
    }
}

/// Arguments of a call by parameter name.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) arguments: Map<String, Value>,
    pub(super) is_probe: bool,
}

impl Query {
    pub(super) fn page(page: i64, size: i64) -> Self {
        Self::default().with("page", page).with("size", size)
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }

    /// The same, with arguments that the contract does not allow, or does not
    /// say of how they are refused.
    pub(super) fn probe(mut self) -> Self {
        self.is_probe = true;
        self
    }

    /// A number among the arguments.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name).and_then(Value::as_i64)
    }
}
