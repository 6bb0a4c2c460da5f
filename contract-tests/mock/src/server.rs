//! HTTP for the embedded OCP: a server with a thread and a runtime of its own, so
//! that a caller may block, and without a memory of its responses.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::http::{self, Request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::Settings;
use crate::contract::Contract;
use crate::response::Response;
use crate::route::Ocp;

/// The pause after a connection that could not be accepted, such as for want of a file
/// descriptor.
const PAUSE: Duration = Duration::from_millis(50);

/// A running embedded OCP; it ends when it is dropped.
pub struct EmbeddedOcp {
    ocp: Arc<Ocp>,
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl EmbeddedOcp {
    /// Starts on a port of the loopback interface that is free.
    ///
    /// # Errors
    ///
    /// When no port is free, no thread can be started, or the contract that this was
    /// built with cannot be read.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::start_at(settings, TcpListener::bind(("127.0.0.1", 0))?).await
    }

    /// Starts on a listener.
    ///
    /// # Errors
    ///
    /// When the listener cannot be used, no thread can be started, or the contract that
    /// this was built with cannot be read.
    pub async fn start_at(settings: Settings, listener: TcpListener) -> io::Result<Self> {
        let ocp = Arc::new(Ocp::new(settings, Contract::embedded()?));
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (end, ended) = oneshot::channel();
        let served = Arc::clone(&ocp);
        let thread = thread::Builder::new()
            .name("embedded-ocp".to_owned())
            .spawn(move || {
                runtime.spawn(accept(listener, served));
                // Nothing is ever sent: the sender is dropped, and all that is served ends with the runtime.
                let _ = runtime.block_on(ended);
            })?;
        Ok(Self {
            ocp,
            address,
            running: Some((end, thread)),
        })
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the restores that run end well, now.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use ocp_mock::{EmbeddedOcp, Settings, tasks};
    ///
    /// let ocp = EmbeddedOcp::start(Settings::new(tasks::made(1))).await?;
    /// ocp.finish_restores();
    ///
    /// let path = "/api/v2/ob/clusters/1000005/backup/task/restoreTasks?page=1&size=10";
    /// let http = reqwest::Client::builder().no_proxy().build()?;
    /// let body = http.get(ocp.url() + path).send().await?.text().await?;
    /// assert!(body.contains(r#""status":"RESTORE_SUCCESS""#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn finish_restores(&self) {
        self.ocp.finish_restores();
    }
}

impl Drop for EmbeddedOcp {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.running.take() {
            drop(end);
            // A panic of the thread is no reason for another one.
            let _ = thread.join();
        }
    }
}

/// Accepts connections until it is dropped, or the listener cannot be used.
async fn accept(listener: TcpListener, ocp: Arc<Ocp>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&ocp)));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Serves the requests of one connection, until its client has enough.
async fn connection(stream: TcpStream, ocp: Arc<Ocp>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(async |request: Request<Incoming>| {
        let (head, body) = request.into_parts();
        // A client that still sends its body would take the response for a reset.
        let body = body.collect().await.map(|body| body.to_bytes());
        let request = Request::from_parts(head, body.unwrap_or_default());
        sent(ocp.respond(&request))
    });
    // A client that breaks off a connection knows it.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The response as hyper sends it.
fn sent(
    response: Response,
) -> http::Result<http::Response<impl Body<Data = Bytes, Error = Infallible>>> {
    let body = Bytes::from(response.text());
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    let length = HeaderValue::from(body.len());
    // A mapped body does not state its length: a fault may claim another one in
    // `content-length`, and the connection then breaks off.
    let mut response = builder.body(Full::new(body).map_frame(|frame| frame))?;
    response
        .headers_mut()
        .entry(CONTENT_LENGTH)
        .or_insert(length);
    Ok(response)
}
