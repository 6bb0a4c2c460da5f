//! HTTP for the embedded OCP: a server with a thread and a runtime of its own, so
//! that a caller may block, and without a memory of its responses.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::http;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::Response;

/// How long no connection is accepted after one could not be, as when the process
/// has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(50);

/// What arrived, without its body.
pub(super) struct Request {
    head: Parts,
    /// The parameters of the query, decoded.
    pub(super) query: Vec<(String, String)>,
    /// The MD5 of the body as signatures have it; empty without a body.
    pub(super) body_digest: String,
}

impl Request {
    pub(super) fn new(head: Parts, body_digest: String) -> Self {
        let query = parameters(head.uri.query().unwrap_or_default());
        Self {
            head,
            query,
            body_digest,
        }
    }

    pub(super) fn method(&self) -> &str {
        self.head.method.as_str()
    }

    pub(super) fn path(&self) -> &str {
        self.head.uri.path()
    }

    pub(super) fn headers(&self) -> &http::HeaderMap {
        &self.head.headers
    }
}

/// As Tomcat reads a query: a parameter that cannot be decoded is left out.
fn parameters(query: &str) -> Vec<(String, String)> {
    let is_encoded = |part: &&str| {
        let mut escapes = part.split('%').skip(1);
        escapes.all(|rest| {
            let digits = rest.as_bytes().get(..2);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
    };
    let parts = query.split('&').filter(is_encoded);
    parts
        .flat_map(|part| url::form_urlencoded::parse(part.as_bytes()).into_owned())
        .collect()
}

/// A server that runs; it has ended when it has been dropped.
pub(super) struct Server {
    address: SocketAddr,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    pub(super) fn start(
        listener: TcpListener,
        respond: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("embedded-ocp".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = ended => {}
                        _ = accept(listener, Arc::new(respond)) => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            running: Some((end, thread)),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.running.take() {
            drop(end);
            // A panic of the thread is no reason for another one.
            let _ = thread.join();
        }
    }
}

/// Accepts connections until it is dropped, or the listener cannot be used.
async fn accept(
    listener: TcpListener,
    respond: Arc<impl Fn(&Request) -> Response + Send + Sync + 'static>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&respond)));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Serves the requests of one connection, until its client has enough.
async fn connection(stream: TcpStream, respond: Arc<impl Fn(&Request) -> Response>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(async |request: http::Request<Incoming>| {
        let (head, body) = request.into_parts();
        // A client that still sends its body would take the response for a reset.
        let body_digest = digest(body).await;
        sent(respond(&Request::new(head, body_digest)))
    });
    // Whoever breaks off a connection knows it.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Reads a body to its end, and keeps nothing of it but its MD5 in capital hexadecimal digits.
async fn digest(mut body: Incoming) -> String {
    let mut digest = None::<Md5>;
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(bytes) = frame.data_ref().filter(|bytes| !bytes.is_empty()) {
            digest.get_or_insert_default().update(bytes);
        }
    }
    let digits = digest.map(Md5::finalize).into_iter().flatten();
    digits.map(|byte| format!("{byte:02X}")).collect()
}

/// The response as hyper sends it.
fn sent(response: Response) -> http::Result<http::Response<Whole>> {
    let body = Bytes::from(response.body.into_bytes());
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    let length = HeaderValue::from(body.len());
    let mut response = builder.body(Whole(Some(body)))?;
    response
        .headers_mut()
        .entry(CONTENT_LENGTH)
        .or_insert(length);
    Ok(response)
}

/// A body in one piece that does not state its length: a fault may claim another one
/// in `content-length`, and the connection then breaks off.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}
