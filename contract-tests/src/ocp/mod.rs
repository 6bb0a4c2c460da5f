//! An embedded OCP: behaves as the real one is documented, or is inferred, to
//! behave, for one tenant and a list of restore tasks.
//!
//! [`tasks`] makes the list, `listing` filters and pages it,
//! `authentication` checks credentials without any code of the client,
//! [`Oddity`] is what real servers do differently, [`Fault`] what none may do.

mod answer;
mod authentication;
mod fault;
mod listing;
mod oddity;
pub mod tasks;

use std::borrow::Cow;
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub use answer::Answer;
pub use fault::Fault;
pub use oddity::Oddity;

/// Cluster, tenant, user and so on of an embedded OCP.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The one cluster that there is.
    pub cluster: i64,
    /// The one tenant that there is.
    pub tenant: i64,
    /// A cluster that there is, too, and that nobody may look at.
    pub forbidden_cluster: i64,
    /// Its restore tasks, as rows of an answer, newest first.
    pub tasks: Vec<Value>,
    /// User and password; without them and without an access key everybody may ask.
    pub basic: Option<(String, String)>,
    /// Access key and its secret.
    pub access_key: Option<(String, String)>,
    /// Requests that are allowed in a window.
    pub rate_limit: Option<(u64, Duration)>,
    /// When restores that run end well, after the start of the embedded OCP.
    pub ends_after: Option<Duration>,
    /// What it does differently.
    pub oddities: Vec<Oddity>,
    /// What it does wrong.
    pub fault: Option<Fault>,
}

impl Settings {
    /// An OCP for everybody with these tasks, for the cluster and the tenant of
    /// the documented request.
    pub fn new(tasks: Vec<Value>) -> Self {
        Self {
            cluster: 1_000_005,
            tenant: 1_000_012,
            forbidden_cluster: 1_000_009,
            tasks,
            basic: None,
            access_key: None,
            rate_limit: None,
            ends_after: None,
            oddities: Vec::new(),
            fault: None,
        }
    }
}

/// A running embedded OCP; it ends when it is dropped.
pub struct EmbeddedOcp {
    server: MockServer,
}

impl EmbeddedOcp {
    /// Starts on a port of the loopback interface that is free.
    pub async fn start(settings: Settings) -> Self {
        Self::serve(settings, MockServer::builder()).await
    }

    /// Starts where the listener listens.
    pub async fn start_at(settings: Settings, listener: TcpListener) -> Self {
        Self::serve(settings, MockServer::builder().listener(listener)).await
    }

    async fn serve(settings: Settings, server: wiremock::MockServerBuilder) -> Self {
        // Kept requests would fill the memory of a server that runs for days.
        let server = server.disable_request_recording().start().await;
        Mock::given(any())
            .respond_with(Ocp::new(settings))
            .mount(&server)
            .await;
        Self { server }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        self.server.uri()
    }
}

struct Ocp {
    settings: Settings,
    requests: AtomicU64,
    window: Mutex<(Instant, u64)>,
    started: Instant,
    /// The same moment by the calendar.
    born: DateTime<Utc>,
}

impl Ocp {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            requests: AtomicU64::new(0),
            window: Mutex::new((Instant::now(), 0)),
            started: Instant::now(),
            born: Utc::now(),
        }
    }
}

impl Respond for Ocp {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let mut query = asked.clone();
        let fault = self.settings.fault.as_ref();
        let fault = fault.filter(|fault| fault.is_due(number, request.url.path(), &asked));
        if let Some(fault) = fault {
            fault.rewrite(&mut query);
        }
        let mut answer = self.answer(request, &query);
        answer.number(number);
        if let Some(fault) = fault {
            fault.spoil(&mut answer);
        }
        answer.into()
    }
}

impl Ocp {
    fn answer(&self, request: &Request, query: &[(String, String)]) -> Answer {
        let settings = &self.settings;
        let odd = |oddity| settings.oddities.contains(&oddity);
        let refuse = |status, code: &str, message: &str| {
            Answer::failure(status, code, message, odd(Oddity::NumericCodes))
        };
        let path: Vec<&str> = request.url.path().split('/').skip(1).collect();
        let [
            "api",
            "v2",
            "ob",
            "clusters",
            cluster,
            "tenants",
            tenant,
            "backup",
            "task",
            "restoreTasks",
        ] = path.as_slice()
        else {
            // What OCP's console answers on any path that it does not know.
            return Answer::html(200, "<!doctype html><title>OCP</title>");
        };
        if let Err(why) = authentication::check(settings, request) {
            return refuse(401, "", why);
        }
        let (allowed, limits) = self.throttle();
        let answer = if !allowed {
            refuse(
                429,
                "",
                "The number of requests exceeds the limit. Try again later.",
            )
        } else if request.method.as_str() != "GET" {
            refuse(405, "", "Request method is not supported")
        } else {
            match (cluster.parse::<i64>(), tenant.parse::<i64>()) {
                (Err(_), _) => refuse(400, "", &misfit("id", cluster)),
                (_, Err(_)) => refuse(400, "", &misfit("tenantId", tenant)),
                (Ok(id), _) if id == settings.forbidden_cluster => {
                    refuse(403, "IAM11000", "Access is denied.")
                }
                (Ok(id), _) if id != settings.cluster => {
                    refuse(404, "OBE11001", &format!("Cluster {id} does not exist."))
                }
                (_, Ok(id)) if id != settings.tenant => {
                    refuse(400, "OBE21003", &format!("Tenant {id} does not exist."))
                }
                _ => match listing::list(settings, &self.tasks(), query) {
                    Ok(data) => Answer::success(data, &settings.oddities),
                    Err((code, message)) => refuse(400, code, &message),
                },
            }
        };
        limits.into_iter().fold(answer, |answer, (name, value)| {
            answer.header(name, &value.to_string())
        })
    }

    /// The tasks as they are now.
    fn tasks(&self) -> Cow<'_, [Value]> {
        let tasks = &self.settings.tasks;
        match self.settings.ends_after {
            Some(time) if self.started.elapsed() >= time => {
                let ended = |task: &Value| tasks::ended(task.clone(), self.born + time);
                tasks.iter().map(ended).collect()
            }
            _ => tasks.into(),
        }
    }

    /// Whether one more request is allowed, and the headers that tell.
    fn throttle(&self) -> (bool, Vec<(&'static str, u64)>) {
        let Some((limit, length)) = self.settings.rate_limit else {
            return (true, Vec::new());
        };
        let mut window = self
            .window
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if window.0.elapsed() >= length {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        let left = length.saturating_sub(window.0.elapsed());
        let headers = vec![
            ("RateLimit-Limit", limit),
            ("RateLimit-Remaining", limit.saturating_sub(window.1)),
            ("RateLimit-Reset", left.as_millis().div_ceil(1000) as u64),
        ];
        (window.1 <= limit, headers)
    }
}

fn misfit(name: &str, value: &str) -> String {
    format!("The parameter '{name}' of value '{value}' could not be converted to type 'Long'")
}
