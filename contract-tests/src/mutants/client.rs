//! What the client makes of a response: it takes none but from a server, so one server
//! has them one after the other.

use std::sync::{Arc, Mutex, PoisonError};

use oceanbase_ocp::{Client, http};
use serde_json::{Map, Value};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::bridge::{self, Decoded, Failure};
use crate::replay;

/// The client, and the server that it calls.
pub(super) struct Reader {
    client: Client,
    next: Arc<Mutex<ResponseTemplate>>,
    _server: MockServer,
}

impl Reader {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let next = Arc::new(Mutex::new(ResponseTemplate::new(500)));
        let of_server = Arc::clone(&next);
        let builder = MockServer::builder().disable_request_recording();
        let server = builder.start().await;
        Mock::given(any())
            .respond_with(move |_: &Request| lock(&of_server).clone())
            .mount(&server)
            .await;
        let client = replay::client(&server.uri()).map_err(|why| anyhow::anyhow!("{why}"))?;
        Ok(Self {
            client,
            next,
            _server: server,
        })
    }

    /// What a call comes to that gets this response.
    pub(super) async fn read(
        &self,
        operation: &str,
        arguments: Map<String, Value>,
        response: &http::Response<Vec<u8>>,
    ) -> Result<Decoded, Failure> {
        let template = ResponseTemplate::new(response.status());
        let template = template.set_body_bytes(response.body().as_slice());
        let headers = response.headers().iter();
        *lock(&self.next) = headers.fold(template, |template, (name, value)| {
            template.insert_header(name, value)
        });
        bridge::call(&self.client, operation, arguments).await
    }
}

fn lock(next: &Mutex<ResponseTemplate>) -> std::sync::MutexGuard<'_, ResponseTemplate> {
    next.lock().unwrap_or_else(PoisonError::into_inner)
}
