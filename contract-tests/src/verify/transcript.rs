//! A transcript: what an operation was asked, in order, and what came of it. The collector
//! writes it, the judge reads it, and `--record` keeps it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::filter::Filter;
use super::row::plain;
use super::secrets::Secrets;
use crate::bridge::{Decoded, Failure};

/// The characters that stand for themselves in a segment of a path, and in a query.
pub(super) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// All exchanges on one operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transcript {
    /// The `operationId`.
    pub(super) operation: String,
    /// Values of the path parameters, by their names on the wire.
    pub(super) path: Map<String, Value>,
    pub(super) exchanges: Vec<Exchange>,
    /// Why the exchanges end before all requests were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop: Option<Stop>,
    /// Checks whose requests were not all sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unfinished: Vec<String>,
    /// The request without credentials was allowed.
    #[serde(default)]
    pub(super) checks_authentication: bool,
}

/// Why no more requests are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stop {
    /// As many were sent as were allowed.
    Cap(usize),
    /// OCP does not answer; its message or the connection's.
    NoResponse(String),
    /// Credentials are missing or wrong. More requests could lock them out.
    Refused(String),
    /// The arguments name something that is not there, or not to be seen; another operation
    /// may do better.
    Inaccessible(String),
    /// Requests are still refused after the waits that were asked for, or those are too long.
    Throttled(String),
}

impl Stop {
    /// True if no other operation can be asked for either.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Self::Inaccessible(_))
    }

    /// Changes each text of whatever answered.
    pub(super) fn each_text(&mut self, change: impl Fn(&str) -> String) {
        match self {
            Self::Cap(_) => {}
            Self::NoResponse(what)
            | Self::Refused(what)
            | Self::Inaccessible(what)
            | Self::Throttled(what) => *what = change(what),
        }
    }

    /// True if requests were left that only more time or a higher limit would have allowed.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self, Self::Cap(_) | Self::Throttled(_))
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cap(cap) => write!(
                f,
                "the limit of requests, {cap}, is reached; --max-requests, which counts once for each operation, raises it"
            ),
            Self::NoResponse(what)
            | Self::Refused(what)
            | Self::Inaccessible(what)
            | Self::Throttled(what) => f.write_str(what),
        }
    }
}

/// One request and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) purpose: Purpose,
    /// The page that was asked for, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<Page>,
    /// Path and query as sent.
    pub(super) request: String,
    /// The response, if one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<Response>,
    /// Why no response came, or not a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trouble: Option<String>,
    /// The next exchange is the same request, sent once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_repeated: bool,
    /// The generated client made the request.
    pub(super) by_client: bool,
    /// When the request was sent.
    pub(super) at: DateTime<Utc>,
    /// The generated client's reading, if that made the request.
    #[serde(skip)]
    pub(super) reading: Option<Reading>,
}

/// A page of a list: number, counted from 1 whatever the server calls it, and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) number: i64,
    pub(super) size: i64,
}

/// The purpose that a request is sent for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Purpose {
    /// The documented request.
    Documented,
    /// Page 0, where page 1 does not look like the first one.
    Origin,
    /// The list without filters, in long pages: everything else is compared with it.
    List,
    /// A page whose size shows something by itself: of one row, or exactly full.
    Sized,
    /// The list in shorter pages.
    Resized,
    /// The page past the last one.
    Past,
    /// The rows that a filter finds.
    Filter(Query),
    /// A task that runs, listed again without a filter.
    Again { id: i64 },
    /// A question whose answer is reported and not judged.
    Question { check: String, question: String },
    /// A page that is longer than every documented limit.
    Large,
    /// The documented request once more.
    Repeat,
    /// Something that is not there: the argument that names it.
    Unknown { argument: String, is_first: bool },
    /// A malformed value: of an argument of the path, or of a filter.
    Malformed { what: String, is_filter: bool },
    /// A request without credentials.
    Anonymous,
}

/// A request for the rows that a filter finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Query {
    pub(super) check: String,
    /// The name of the request in findings.
    pub(super) name: String,
    pub(super) filter: Filter,
    pub(super) looks_at: LooksAt,
}

/// The part of what a filter finds that is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LooksAt {
    /// All rows, on one page.
    Rows,
    /// All rows, on pages so short that the last one has a row.
    Pages,
    /// The presence of rows, for a name in letters of another case.
    Case,
    /// All rows, if one bound alone is taken.
    OneBound,
    /// All rows, if the state is taken in this form.
    StatusForm { is_label: bool },
    /// The presence of a task of which one time is inside of the window.
    Near { id: i64, member: String },
    /// The presence of a task of which one time is just outside of the window.
    Beside { id: i64, member: String },
    /// The presence of a task that runs.
    Running { id: i64 },
}

impl Purpose {
    pub(super) fn query(&self) -> Option<&Query> {
        match self {
            Self::Filter(query) => Some(query),
            _ => None,
        }
    }
}

/// A response as it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) status: u16,
    /// The headers that are judged, by names in small letters.
    pub(super) headers: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(super) body: Body,
}

/// A body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Body {
    /// JSON.
    Body(Value),
    /// Anything else, which cannot be redacted with certainty.
    NotKept {
        bytes: usize,
        /// The reason why it is no JSON.
        reason: String,
        /// How it begins.
        #[serde(skip)]
        beginning: String,
        /// It holds the remains of OCP's envelope.
        is_of_ocp: bool,
    },
}

/// The generated client's reading of a response.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    /// The decoded value, encoded again.
    Value(Value),
    /// An error: its text, and OCP's message in it.
    Error {
        text: String,
        message: Option<String>,
    },
    /// The client cannot make the call, and why.
    NoCall(String),
}

impl From<Result<Decoded, Failure>> for Reading {
    fn from(outcome: Result<Decoded, Failure>) -> Self {
        match outcome {
            Ok(decoded) => Self::Value(decoded.json),
            Err(Failure::Call(error)) => Self::Error {
                message: error.message().map(str::to_owned),
                text: error.to_string(),
            },
            Err(other) => Self::NoCall(other.to_string()),
        }
    }
}

/// Members of OCP's envelope.
const ENVELOPE: [&str; 6] = [
    "data",
    "duration",
    "error",
    "server",
    "successful",
    "traceId",
];

/// True if enough members are there, one of them of a name that is OCP's own.
pub(super) fn is_envelope(has: impl Fn(&str) -> bool) -> bool {
    let members = ENVELOPE.iter().filter(|name| has(name)).count();
    members >= 2 && (has("successful") || has("traceId"))
}

impl Exchange {
    /// The HTTP status; 0 without a response.
    pub(super) fn status(&self) -> u16 {
        self.response.as_ref().map_or(0, |response| response.status)
    }

    /// The body, if it is JSON.
    pub(super) fn body(&self) -> Option<&Value> {
        match &self.response.as_ref()?.body {
            Body::Body(body) => Some(body),
            Body::NotKept { .. } => None,
        }
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.response.as_ref()?.headers;
        headers.get(name).map(String::as_str)
    }

    /// True if the body is an object with members of OCP's envelope.
    pub(super) fn has_envelope(&self) -> bool {
        let body = self.body().and_then(Value::as_object);
        body.is_some_and(|body| is_envelope(|name| body.contains_key(name)))
    }

    /// A content coding that the client has not taken off.
    pub(super) fn coding(&self) -> Option<&str> {
        let coding = self.header("content-encoding")?;
        (!coding.eq_ignore_ascii_case("identity")).then_some(coding)
    }

    /// True if it is OCP that responds, well or badly: with an envelope, with the remains of
    /// one, or with JSON in a coding that hides it.
    pub(super) fn is_from_ocp(&self) -> bool {
        let remains = match self.response.as_ref().map(|response| &response.body) {
            Some(Body::NotKept { is_of_ocp, .. }) => {
                *is_of_ocp || self.is_json_by_name() && self.coding().is_some()
            }
            _ => false,
        };
        remains || self.has_envelope()
    }

    /// True if the content type is that of JSON.
    pub(super) fn is_json_by_name(&self) -> bool {
        let media_type = self.header("content-type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    }

    /// True if a gateway before OCP refuses it for now.
    pub(super) fn is_of_gateway(&self) -> bool {
        matches!(self.status(), 429 | 502..=504) && !self.is_from_ocp()
    }

    /// True if the request leaves the contract on purpose, so that the contract does not
    /// say how it is refused.
    fn leaves_contract(&self) -> bool {
        let is_none = |page: Page| page.number < 1 || page.size < 1;
        match self.purpose {
            Purpose::Large => true,
            Purpose::Unknown { is_first, .. } => !is_first,
            Purpose::Malformed { is_filter, .. } => !is_filter,
            _ => self.page.is_some_and(is_none),
        }
    }

    /// True if it is what the vendor's own stack makes of a request that leaves
    /// the contract, and of no other; or no response to such a request, or to a question.
    pub(super) fn is_excused(&self) -> bool {
        let leaves_contract = self.leaves_contract();
        match self.response {
            None => leaves_contract || matches!(self.purpose, Purpose::Question { .. }),
            Some(_) => leaves_contract && (self.is_page_for_people() || self.status() == 500),
        }
    }

    /// True if it is what OCP's stack makes of a path that it does not know: a
    /// page for people under HTTP 200.
    pub(super) fn is_page_for_people(&self) -> bool {
        let media_type = self.header("content-type").unwrap_or_default();
        self.status() == 200 && media_type.starts_with("text/html") && !self.has_envelope()
    }

    /// True if the path is one that this OCP, or whatever responds, does not know.
    pub(super) fn is_of_unknown_path(&self) -> bool {
        self.is_page_for_people() || self.status() == 404 && !self.has_envelope()
    }

    /// The response in short, for a message; without secrets.
    pub(super) fn summary(&self, secrets: &Secrets) -> String {
        if self.response.is_none() {
            return self.trouble.clone().unwrap_or("no response".to_owned());
        }
        let member = |pointer| {
            let text = plain(self.body()?.pointer(pointer)?);
            // The code 0 says that there is none.
            (text != "0").then(|| secrets.shortened(&text))
        };
        let mut text = format!("HTTP {}", self.status());
        if let Some(location) = self.header("location") {
            text.push_str(&format!(" to {}", secrets.shortened(location)));
        }
        if let (false, Some(media_type)) = (self.has_envelope(), self.header("content-type")) {
            text.push_str(&format!(" {}", secrets.shortened(media_type)));
        }
        let parts = ["/error/code", "/error/message"].map(member);
        for part in parts.into_iter().flatten() {
            text.push(' ');
            text.push_str(&part);
        }
        text
    }
}
