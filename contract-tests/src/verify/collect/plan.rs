//! The requests that any operation is worth, by what is known of its list so far.

use ocp_contract::{Location, Operation, Parameter};
use serde_json::{Map, Value};

use crate::verify::checks::PAGING;
use crate::verify::known::Known;
use crate::verify::listing::Listing;
use crate::verify::secrets::Secrets;
use crate::verify::transcript::{Exchange, Page, Purpose};

/// Page size of whatever shall be found on one page.
pub(super) const SIZE: i64 = 100;
/// Page size of the documented request.
const DOCUMENTED_SIZE: i64 = 10;
/// A page size beyond every limit that OCP documents.
const LARGE_SIZE: i64 = 5000;
/// Pages of the list that everything else is compared with.
const PAGES: i64 = 5;
/// Added to an id, makes one that nothing has.
const ELSEWHERE: i64 = 987_654_321_000;
/// No id, and so maybe no path that OCP has.
const NO_ID: &str = "abc";
const NO_TIME: &str = "yesterday";
const A_TIME: &str = "2000-01-01T00:00:00Z";

/// A request to send, and the pages that follow it.
pub(super) struct Request {
    pub(super) purpose: Purpose,
    pub(super) page: Option<Page>,
    /// The other arguments of a call of the client, by their names on the wire.
    pub(super) arguments: Map<String, Value>,
    /// The request as it is written, where the client cannot express it.
    pub(super) raw: Option<Raw>,
    /// At most so many pages, as long as there are more.
    pub(super) pages: i64,
}

/// A request that the client cannot express.
pub(super) struct Raw {
    /// The query, encoded, without page and size.
    pub(super) query: String,
    /// A path parameter, and the text that stands in its place.
    pub(super) path: Option<(String, &'static str)>,
}

impl Request {
    pub(super) fn new(purpose: Purpose, arguments: Map<String, Value>) -> Self {
        Self {
            purpose,
            page: None,
            arguments,
            raw: None,
            pages: 1,
        }
    }

    fn plain(purpose: Purpose, number: i64, size: i64) -> Self {
        Self::new(purpose, Map::new()).page(number, size)
    }

    pub(super) fn raw(purpose: Purpose, size: i64, query: String) -> Self {
        Self {
            raw: Some(Raw { query, path: None }),
            ..Self::plain(purpose, 1, size)
        }
    }

    pub(super) fn page(self, number: i64, size: i64) -> Self {
        Self {
            page: Some(Page { number, size }),
            ..self
        }
    }

    pub(super) fn pages(self, pages: i64) -> Self {
        Self { pages, ..self }
    }
}

/// What requests are planned by.
pub(super) struct Plan<'a> {
    pub(super) operation: &'a Operation,
    pub(super) path: &'a Map<String, Value>,
    pub(super) exchanges: &'a [Exchange],
    pub(super) known: Known<'a>,
    pub(super) secrets: &'a Secrets,
}

impl<'a> Plan<'a> {
    /// The exchanges whose responses are pages of rows.
    pub(super) fn listings(&self) -> impl Iterator<Item = (&'a Exchange, Listing<'a>)> {
        let exchanges = self.exchanges.iter().enumerate();
        exchanges.filter_map(|(index, one)| Some((one, Listing::of(index, one)?)))
    }
}

pub(super) fn documented(_: &Plan<'_>) -> Vec<Request> {
    vec![Request::plain(Purpose::Documented, 1, DOCUMENTED_SIZE)]
}

/// Where page 1 does not look like the first one, page 0 may be.
pub(super) fn origin(plan: &Plan<'_>) -> Vec<Request> {
    let looks_odd = |(_, listing): (_, Listing<'_>)| {
        let rows = listing.rows.len() as i64;
        let due = listing.total().map(|total| total.min(DOCUMENTED_SIZE));
        listing
            .number_of("number")
            .is_some_and(|stated| stated != 1)
            || due.is_some_and(|due| due != rows)
    };
    match plan.listings().any(looks_odd) {
        true => vec![Request::plain(Purpose::Origin, 0, DOCUMENTED_SIZE)],
        false => Vec::new(),
    }
}

pub(super) fn list(_: &Plan<'_>) -> Vec<Request> {
    vec![Request::plain(Purpose::List, 1, SIZE).pages(PAGES)]
}

/// The list in pages of other sizes, and past its end.
pub(super) fn other_pages(plan: &Plan<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    let count = plan.known.rows.len() as i64;
    if count > 0 {
        requests.push(Request::plain(Purpose::Sized, 1, 1));
        // A page that is exactly full.
        if count <= SIZE && plan.known.is_whole {
            requests.push(Request::plain(Purpose::Sized, 1, count));
        }
        // Below a limit that the server may have, too.
        let limit = plan.known.limit.unwrap_or(SIZE);
        let size = ((count + 2) / 3).min(limit - 1).max(1);
        // One page more than there should be, because rows may come meanwhile.
        let pages = (count + size - 1) / size + i64::from(plan.known.is_whole);
        requests.push(Request::plain(Purpose::Resized, 1, size).pages(pages));
    }
    if let Some(past) = plan.known.past {
        requests.push(Request::plain(Purpose::Past, past.number, past.size));
    }
    requests
}

/// What OCP does without page and size, and with those out of bounds.
pub(super) fn questions(plan: &Plan<'_>) -> Vec<Request> {
    let question = |question: &str, leaves_contract| {
        let purpose = Purpose::Question {
            check: PAGING.to_string(),
            question: question.to_owned(),
            leaves_contract,
        };
        Request::new(purpose, Map::new())
    };
    let mut query = plan.operation.parameters_in(Location::Query);
    let may_lack_both = !query.any(|one| one.required);
    let page_0 = question("page 0", true).page(0, DOCUMENTED_SIZE);
    let questions = [
        may_lack_both.then(|| question("without page and size", false)),
        (plan.known.first_page == 1).then_some(page_0),
        Some(question("size 0", true).page(1, 0)),
        Some(Request::plain(Purpose::Large, 1, LARGE_SIZE)),
    ];
    questions.into_iter().flatten().collect()
}

/// A second large page, where the first one was cut.
pub(super) fn rest(plan: &Plan<'_>) -> Vec<Request> {
    let large = plan
        .listings()
        .find(|(one, _)| one.purpose == Purpose::Large);
    let is_cut = large.is_some_and(|(_, page)| {
        page.total() == plan.known.total
            && !plan.known.settled(&plan.known.rows).is_subset(&page.ids())
    });
    match is_cut {
        true => vec![Request::plain(Purpose::Large, 2, LARGE_SIZE)],
        false => Vec::new(),
    }
}

/// The documented request once more, at the end.
pub(super) fn repeat(_: &Plan<'_>) -> Vec<Request> {
    let repeat = || Request::plain(Purpose::Repeat, 1, DOCUMENTED_SIZE);
    vec![repeat(), repeat()]
}

/// What OCP must refuse, or may have no rows for.
pub(super) fn refusals(plan: &Plan<'_>) -> Vec<Request> {
    let in_path: Vec<&Parameter> = plan.operation.parameters_in(Location::Path).collect();
    let mut requests = Vec::new();
    for (index, parameter) in in_path.iter().enumerate() {
        let purpose = Purpose::Unknown {
            argument: parameter.argument.clone(),
            is_first: index == 0,
        };
        let elsewhere = elsewhere(plan.path.get(&parameter.name));
        let arguments = Map::from_iter([(parameter.name.clone(), elsewhere)]);
        requests.push(Request::new(purpose, arguments).page(1, DOCUMENTED_SIZE));
    }
    for parameter in in_path.iter().filter(|one| one.schema["type"] == "integer") {
        let purpose = Purpose::Malformed {
            what: parameter.argument.replace('_', " "),
            is_filter: false,
        };
        let mut request = Request::raw(purpose, DOCUMENTED_SIZE, String::new());
        if let Some(raw) = &mut request.raw {
            raw.path = Some((parameter.name.clone(), NO_ID));
        }
        requests.push(request);
    }
    let is_time = |one: &&Parameter| one.schema["format"] == "date-time";
    let times = || plan.operation.filters().filter(is_time);
    for malformed in times() {
        let query = times().map(|time| {
            let is_malformed = time.name == malformed.name;
            let value = if is_malformed { NO_TIME } else { A_TIME };
            format!("&{}={value}", time.name)
        });
        let purpose = Purpose::Malformed {
            what: malformed.name.clone(),
            is_filter: true,
        };
        requests.push(Request::raw(purpose, DOCUMENTED_SIZE, query.collect()));
    }
    requests
}

/// An argument of the path that nothing has.
fn elsewhere(argument: Option<&Value>) -> Value {
    match argument {
        Some(Value::Number(id)) => {
            let id = id.as_i64().unwrap_or_default();
            id.wrapping_add(ELSEWHERE).into()
        }
        other => format!("{}_x", other.and_then(Value::as_str).unwrap_or_default()).into(),
    }
}

pub(super) fn anonymous(_: &Plan<'_>) -> Vec<Request> {
    vec![Request::raw(
        Purpose::Anonymous,
        DOCUMENTED_SIZE,
        String::new(),
    )]
}
