#![doc = include_str!("../README.md")]

mod answer;
mod authentication;
mod fault;
mod listing;
mod oddity;
mod refusal;
mod server;
mod states;
pub mod tasks;

use std::borrow::Cow;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

pub use answer::Answer;
pub use fault::Fault;
pub use oddity::Oddity;
use refusal::Refusal;
use server::{Request, Server};

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
    /// When restores that run end well, after the start of the embedded OCP; see
    /// also [`EmbeddedOcp::finish_restores`].
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
    server: Server,
    ocp: Arc<Ocp>,
}

impl EmbeddedOcp {
    /// Starts on a port of the loopback interface that is free.
    ///
    /// # Panics
    ///
    /// When no port is free, or no thread can be started.
    pub async fn start(settings: Settings) -> Self {
        Self::serve(settings, TcpListener::bind(("127.0.0.1", 0)))
    }

    /// Starts where the listener listens.
    ///
    /// # Panics
    ///
    /// When the listener cannot be used, or no thread can be started.
    pub async fn start_at(settings: Settings, listener: TcpListener) -> Self {
        Self::serve(settings, Ok(listener))
    }

    fn serve(settings: Settings, listener: io::Result<TcpListener>) -> Self {
        let ocp = Arc::new(Ocp::new(settings));
        let of_server = Arc::clone(&ocp);
        let respond = move |request: &Request| of_server.respond(request);
        let server = listener.and_then(|listener| Server::start(listener, respond));
        match server {
            Ok(server) => Self { server, ocp },
            Err(error) => panic!("cannot start an embedded OCP: {error}"),
        }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Lets the restores that run end well, now.
    pub fn finish_restores(&self) {
        // The first time counts: what has ended does not end again.
        let _ = self.ocp.finished.set(Utc::now());
    }
}

struct Ocp {
    settings: Settings,
    requests: AtomicU64,
    window: Mutex<(Instant, u64)>,
    started: Instant,
    /// When the restores that ran were told to end.
    finished: OnceLock<DateTime<Utc>>,
}

impl Ocp {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            requests: AtomicU64::new(0),
            window: Mutex::new((Instant::now(), 0)),
            started: Instant::now(),
            finished: OnceLock::new(),
        }
    }
}

impl Ocp {
    fn respond(&self, request: &Request) -> Answer {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut query = request.query.clone();
        let fault = self.settings.fault.as_ref();
        let fault = fault.filter(|fault| fault.is_due(number, request.path(), &query));
        if let Some(fault) = fault {
            fault.rewrite(&mut query);
        }
        let mut answer = self.answer(request, &query);
        answer.number(number);
        if let Some(fault) = fault {
            fault.spoil(&mut answer);
        }
        answer
    }

    fn answer(&self, request: &Request, query: &[(String, String)]) -> Answer {
        let settings = &self.settings;
        let oddities = settings.oddities.as_slice();
        let Some((cluster, tenant)) = self.ids(request.path()) else {
            // What OCP's console answers on any path that it does not know.
            return Answer::html(200, "<!doctype html><title>OCP</title>");
        };
        if let Err(why) = authentication::check(settings, request) {
            return Answer::failure(&Refusal::new(401, "", why), oddities);
        }
        let (allowed, limits) = self.throttle();
        let data = if !allowed {
            let message = "The number of requests exceeds the limit. Try again later.";
            Err(Refusal::new(429, "", message))
        } else if request.method() != "GET" {
            Err(Refusal::new(405, "", "Request method is not supported"))
        } else {
            self.data(cluster, tenant, query)
        };
        let answer = match data {
            Ok(data) => Answer::success(data, oddities),
            Err(refusal) => Answer::failure(&refusal, oddities),
        };
        limits.into_iter().fold(answer, |answer, (name, value)| {
            answer.header(name, &value.to_string())
        })
    }

    /// Cluster and tenant of a path, if it is the operation's.
    fn ids<'a>(&self, path: &'a str) -> Option<(&'a str, &'a str)> {
        let path: Vec<&str> = path.split('/').skip(1).collect();
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
            return None;
        };
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        let is_known = is_number(cluster) && is_number(tenant)
            || !self.settings.oddities.contains(&Oddity::UnknownPath);
        is_known.then_some((cluster, tenant))
    }

    /// `data` of the answer to a caller who is let in.
    fn data(
        &self,
        cluster: &str,
        tenant: &str,
        query: &[(String, String)],
    ) -> Result<Value, Refusal> {
        let settings = &self.settings;
        let number = |name, text: &str| {
            let number = text.parse::<i64>();
            number.map_err(|_| Refusal::of_type(name, text, "Long"))
        };
        let (cluster, tenant) = (number("id", cluster)?, number("tenantId", tenant)?);
        if cluster == settings.forbidden_cluster {
            return Err(Refusal::new(403, "IAM11000", "Access is denied."));
        }
        if cluster != settings.cluster {
            let message = format!("Cluster {cluster} does not exist.");
            return Err(Refusal::new(404, "OBE11001", message));
        }
        if tenant == settings.tenant {
            return listing::list(&self.tasks(), query, &settings.oddities);
        }
        if settings.oddities.contains(&Oddity::UnknownTenantIsEmpty) {
            return listing::list(&[], query, &settings.oddities);
        }
        let message = format!("Tenant {tenant} does not exist.");
        let tenant = tenant.to_string();
        Err(Refusal::of_value("tenantId", &tenant, "OBE21003", message))
    }

    /// The tasks as they are now.
    fn tasks(&self) -> Cow<'_, [Value]> {
        let tasks = &self.settings.tasks;
        let is_due = |time| self.started.elapsed() >= time;
        let finished = match self.settings.ends_after {
            Some(time) if is_due(time) => Some(self.finished.get_or_init(Utc::now)),
            _ => self.finished.get(),
        };
        match finished {
            Some(at) => tasks
                .iter()
                .map(|task| tasks::ended(task.clone(), *at))
                .collect(),
            None => tasks.into(),
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
