//! Calls an operation of the generated client by its id.

use std::fmt;

use oceanbase_ocp::{Client, Response, types};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The client's reading of a response.
#[derive(Debug)]
pub struct Decoded {
    /// The Rust value, for people.
    pub value: Box<dyn fmt::Debug + Send>,
    /// The Rust value, encoded again.
    pub json: Value,
    /// HTTP status of the response.
    pub status: u16,
}

/// Why there is no decoded value.
#[derive(Debug)]
pub enum Failure {
    /// The client takes no such call, and why.
    NoCall(String),
    /// The call failed.
    Call(oceanbase_ocp::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCall(what) => f.write_str(what),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

fn argument<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        Failure::NoCall(format!("the client does not take this `{name}`: {error}"))
    })
}

fn none_left(arguments: &Map<String, Value>) -> Result<(), Failure> {
    match arguments.keys().next() {
        None => Ok(()),
        Some(name) => Err(Failure::NoCall(format!(
            "the operation has no parameter `{name}`"
        ))),
    }
}

fn decoded<T: Serialize + fmt::Debug + Send + 'static>(
    outcome: Result<Response<T>, oceanbase_ocp::Error>,
) -> Result<Decoded, Failure> {
    let response = outcome.map_err(Failure::Call)?;
    let status = response.status().as_u16();
    let value = response.into_inner();
    Ok(Decoded {
        json: serde_json::to_value(&value).map_err(|error| Failure::NoCall(error.to_string()))?,
        value: Box::new(value),
        status,
    })
}

/// The schema of a Rust type in the dialect of the spec.
fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::openapi3();
    settings.into_generator().into_root_schema_for::<T>()
}

include!(concat!(env!("OUT_DIR"), "/bridge.rs"));

#[cfg(test)]
mod tests {
    use oceanbase_ocp::Client;
    use serde_json::{Map, json};

    #[tokio::test]
    async fn an_argument_that_the_operation_does_not_have_is_an_error() {
        // Nothing listens there, and nothing is sent.
        let client = Client::new("http://127.0.0.1:9").unwrap();
        let arguments = [("id", 1), ("tenantId", 2), ("page", 1), ("offset", 1)];
        let arguments: Map<_, _> = arguments
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .into_iter()
            .collect();
        let failure = super::call(&client, "listTenantRestoreTasks", arguments).await;
        assert_eq!(
            failure.unwrap_err().to_string(),
            "the operation has no parameter `offset`"
        );
    }
}
