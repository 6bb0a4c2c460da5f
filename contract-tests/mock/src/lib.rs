#![doc = include_str!("../README.md")]

mod authentication;
mod contract;
mod error;
mod fault;
mod kind;
mod ocp;
mod operations;
mod page;
mod query;
mod refusal;
mod response;
mod route;
mod server;
mod settings;
mod variant;

use std::net::TcpListener;
use std::sync::Arc;

pub use error::Error;
pub use fault::Fault;
pub use operations::*;
pub use refusal::status_of_unknown_id;
pub use response::Response;
pub use settings::Settings;
pub use variant::Variant;

use contract::Contract;
use ocp::Ocp;
use server::{Request, Server};

/// A running embedded OCP; it ends when it is dropped.
pub struct EmbeddedOcp {
    server: Server,
    ocp: Arc<Ocp>,
}

impl EmbeddedOcp {
    /// Starts on a port of the loopback interface that is free.
    ///
    /// # Errors
    ///
    /// When no port is free, no thread can be started, or the contract that this was
    /// built with cannot be read.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0));
        let listener = listener.map_err(|error| Error::new("no port is free", error))?;
        Self::start_at(settings, listener).await
    }

    /// Starts where the listener listens.
    ///
    /// # Errors
    ///
    /// When the listener cannot be used, no thread can be started, or the contract that
    /// this was built with cannot be read.
    pub async fn start_at(settings: Settings, listener: TcpListener) -> Result<Self, Error> {
        let ocp = Arc::new(Ocp::new(settings, Contract::embedded()?)?);
        let of_server = Arc::clone(&ocp);
        let server = Server::start(listener, move |request: &Request| {
            of_server.respond(request)
        })
        .map_err(|error| Error::new("cannot start an embedded OCP", error))?;
        Ok(Self { server, ocp })
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Lets that which runs end well, now.
    fn finish(&self) {
        self.ocp.finish();
    }
}
