//! The requests that any operation is worth, by what is known of its list so far.

use ocp_contract::{Location, Parameter};
use serde_json::{Map, Value};

use super::session::{Request, SIZE};
use crate::verify::checks::{CheckId, PAGING};
use crate::verify::known::{Known, Listing};
use crate::verify::transcript::Purpose;

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

/// A question whose answer is reported and not judged.
pub(super) fn question(check: CheckId, question: &str) -> Purpose {
    Purpose::Question {
        check: check.to_string(),
        question: question.to_owned(),
    }
}

pub(super) fn documented(_: &Known<'_>) -> Vec<Request> {
    vec![Request::plain(Purpose::Documented, 1, DOCUMENTED_SIZE)]
}

/// Page 0, if page 1 does not look like the first one.
pub(super) fn origin(known: &Known<'_>) -> Vec<Request> {
    let looks_odd = |listing: &Listing<'_>| {
        let number = listing.number_of("number");
        let rows = listing.expected_rows(1, DOCUMENTED_SIZE);
        number.is_some_and(|number| number != 1) || rows.is_some_and(|rows| rows != listing.count())
    };
    let origin = Request::plain(Purpose::Origin, 0, DOCUMENTED_SIZE);
    let is_odd = known.listings.iter().any(looks_odd);
    is_odd.then_some(origin).into_iter().collect()
}

pub(super) fn list(_: &Known<'_>) -> Vec<Request> {
    vec![Request::plain(Purpose::List, 1, SIZE).pages(PAGES)]
}

/// The list in pages of other sizes, and past its end.
pub(super) fn other_pages(known: &Known<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    let last = known.pages_of(&Purpose::List).last();
    let count = known.rows.len() as i64;
    if count > 0 {
        requests.push(Request::plain(Purpose::Sized, 1, 1));
        // A page that is exactly full.
        if (2..=SIZE).contains(&count) && known.is_whole {
            requests.push(Request::plain(Purpose::Sized, 1, count));
        }
        // Below a limit that the server may have, too.
        let limit = last.map_or(SIZE, Listing::page_size);
        let size = ((count + 2) / 3).min(limit - 1).max(1);
        // One page more than there should be, because rows may come meanwhile.
        let pages = (count + size - 1) / size + i64::from(known.is_whole);
        requests.push(Request::plain(Purpose::Resized, 1, size).pages(pages));
    }
    requests.extend(last.filter(|_| known.is_whole).map(|last| {
        let number = last.asked.number.saturating_add(1);
        Request::plain(Purpose::Past, number, last.asked.size)
    }));
    requests
}

/// The list without page and size, and with those out of bounds.
pub(super) fn questions(known: &Known<'_>) -> Vec<Request> {
    let ask = |text: &str| Request::new(question(PAGING, text), Map::new());
    let list = known.subject.operation.list.as_ref();
    let may_lack_both = list.is_none_or(|list| list.required.is_empty());
    let page_0 = ask("page 0").page(0, DOCUMENTED_SIZE);
    let questions = [
        may_lack_both.then(|| ask("without page and size")),
        (known.first_page == 1).then_some(page_0),
        Some(ask("size 0").page(1, 0)),
        Some(Request::plain(Purpose::Large, 1, LARGE_SIZE)),
    ];
    questions.into_iter().flatten().collect()
}

/// A second large page, if the first one was cut.
pub(super) fn rest(known: &Known<'_>) -> Vec<Request> {
    let large = known.pages_of(&Purpose::Large).next();
    let listed = known.settled(&known.rows);
    let is_cut =
        large.is_some_and(|page| page.total() == known.total && !listed.is_subset(&page.ids()));
    let rest = Request::plain(Purpose::Large, 2, LARGE_SIZE);
    is_cut.then_some(rest).into_iter().collect()
}

/// The documented request twice more, at the end.
pub(super) fn repeat(_: &Known<'_>) -> Vec<Request> {
    let repeat = || Request::plain(Purpose::Repeat, 1, DOCUMENTED_SIZE);
    vec![repeat(), repeat()]
}

/// The requests that OCP must refuse, or may have no rows for.
pub(super) fn refusals(known: &Known<'_>) -> Vec<Request> {
    let operation = &known.subject.operation;
    let ask = |purpose, arguments| Request::new(purpose, arguments).page(1, DOCUMENTED_SIZE);
    let in_path = || operation.parameters_in(Location::Path);
    let unknown = in_path().enumerate().map(|(index, parameter)| {
        let purpose = Purpose::Unknown {
            argument: parameter.argument.clone(),
            is_first: index == 0,
        };
        let elsewhere = elsewhere(known.transcript.path.get(&parameter.name));
        ask(
            purpose,
            Map::from_iter([(parameter.name.clone(), elsewhere)]),
        )
    });
    let ids = in_path().filter(|one| one.schema["type"] == "integer");
    let malformed_ids = ids.map(|parameter| {
        let purpose = Purpose::Malformed {
            what: parameter.argument.replace('_', " "),
            is_filter: false,
        };
        let arguments = Map::from_iter([(parameter.name.clone(), NO_ID.into())]);
        ask(purpose, arguments).raw()
    });
    let is_time = |one: &&Parameter| one.schema["format"] == "date-time";
    let times = || operation.filters().filter(is_time);
    let malformed_times = times().map(|malformed| {
        let purpose = Purpose::Malformed {
            what: malformed.name.clone(),
            is_filter: true,
        };
        let arguments = times().map(|time| {
            let is_malformed = time.name == malformed.name;
            let value = if is_malformed { NO_TIME } else { A_TIME };
            (time.name.clone(), value.into())
        });
        ask(purpose, arguments.collect()).raw()
    });
    let requests = unknown.chain(malformed_ids).chain(malformed_times);
    requests.collect()
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

pub(super) fn anonymous(_: &Known<'_>) -> Vec<Request> {
    vec![Request::plain(Purpose::Anonymous, 1, DOCUMENTED_SIZE).raw()]
}
