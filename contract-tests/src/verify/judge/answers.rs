//! The answers to requests: rows, if a request asks for them; an error, if OCP must refuse it. The
//! answers to open questions are reported and not judged.

use super::book::{Book, Fault, Thing};
use crate::verify::checks::{
    ARRAY_STYLE, AUTHENTICATION, CheckId, DOCUMENTED_REQUEST, ERROR_ENVELOPE, FILTER_VALUES,
    PAGING, REPEAT, TIME_FORMS,
};
use crate::verify::finding::Observation;
use crate::verify::known::{Known, Listing};
use crate::verify::transcript::{Exchange, LooksAt, Purpose, Stop};

const REFUSAL: &str = "HTTP 400 or 404, with OCP's error";

pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    for (index, exchange) in known.answers() {
        match &exchange.purpose {
            Purpose::Documented => listed(known, DOCUMENTED_REQUEST, index, book),
            Purpose::List | Purpose::Sized | Purpose::Resized | Purpose::Past => {
                listed(known, PAGING, index, book);
            }
            Purpose::Repeat => listed(known, REPEAT, index, book),
            Purpose::Again { .. } => listed(known, FILTER_VALUES, index, book),
            Purpose::Filter(query) => match (&query.looks_at, CheckId::named(&query.check)) {
                (LooksAt::OneBound | LooksAt::StatusForm { .. }, _) | (_, None) => {}
                (_, Some(check)) => listed(known, check, index, book),
            },
            Purpose::Question { check, question } => {
                if let Some(check) = CheckId::named(check) {
                    answer(known, check, question, index, book);
                }
            }
            // The rest of a list is no answer.
            Purpose::Large if exchange.page.is_none_or(|page| page.number == 1) => {
                let size = exchange.page.map_or(0, |page| page.size);
                answer(known, PAGING, &format!("size {size}"), index, book);
            }
            Purpose::Unknown { argument, is_first } => {
                let named = argument.trim_end_matches("_id").replace('_', " ");
                let what = format!("an unknown {named}");
                // Only what the path begins with is documented to be refused; something below
                // it that is not there may as well have no rows.
                match known.page(index) {
                    Some(listing) if !is_first => rows(&what, &listing, book),
                    _ => refused(&what, exchange, index, book),
                }
            }
            Purpose::Malformed { what, is_filter } => {
                let parameter = Thing::Parameter(what.clone());
                if !is_filter || !book.leaves_out(ERROR_ENVELOPE, &parameter) {
                    refused(&format!("a malformed {what}"), exchange, index, book);
                }
            }
            Purpose::Anonymous => anonymous(exchange, index, book),
            Purpose::Origin | Purpose::Large => {}
        }
    }
}

/// A page of rows is expected.
fn listed(known: &Known<'_>, check: CheckId, index: usize, book: &mut Book<'_>) {
    if known.page(index).is_some() {
        book.judged(check);
    } else if !matches!(known.transcript.stop, Some(Stop::Inaccessible(_))) {
        let expected = "HTTP 200 with a page of rows";
        book.add(check, book.whole(index, "no page of rows", expected), index);
    }
}

fn answer(known: &Known<'_>, check: CheckId, question: &str, index: usize, book: &mut Book<'_>) {
    let exchange = &known.exchanges[index];
    let (value, text) = match (check, known.page(index)) {
        (TIME_FORMS, _) if exchange.status() == 200 => {
            ("HTTP 200", format!("{question} is accepted"))
        }
        (ARRAY_STYLE, Some(page)) if page.rows.is_empty() => {
            ("are taken for one", format!("{question} are taken for one"))
        }
        (ARRAY_STYLE, Some(_)) => ("count, too", format!("{question} count, too")),
        (PAGING, Some(page)) => {
            let value = match exchange.purpose == Purpose::Large {
                false => "a page",
                true if page.number_of("size") == Some(page.asked.size) => "as asked for",
                true => "limited",
            };
            (value, format!("{question}: {}", stated(&page)))
        }
        _ => return book.observe_response(check, question, index),
    };
    book.observe(check, Observation::new(question, value, text));
}

/// Number and size that a page says it has.
fn stated(listing: &Listing<'_>) -> String {
    let stated = |name| {
        let stated = listing.number_of(name);
        stated.map_or("nothing".to_owned(), |stated| stated.to_string())
    };
    format!("page {} of size {}", stated("number"), stated("size"))
}

fn rows(what: &str, listing: &Listing<'_>, book: &mut Book<'_>) {
    let count = listing.rows.len();
    if count == 0 {
        let text = format!("{what}: HTTP 200, no rows");
        let observed = Observation::new(what, "HTTP 200, no rows", text);
        return book.observe(ERROR_ENVELOPE, observed);
    }
    let expected = format!("{REFUSAL}, or no rows");
    let kind = format!("{what} has rows");
    let fault = Fault::new(kind, expected, format!("{count} rows")).at("/data/contents");
    book.judge(ERROR_ENVELOPE, Some(fault), listing.index);
}

fn refused(what: &str, exchange: &Exchange, index: usize, book: &mut Book<'_>) {
    let is_refusal = matches!(exchange.status(), 400 | 403 | 404);
    if exchange.is_excused() || is_refusal && exchange.has_envelope() {
        return book.observe_response(ERROR_ENVELOPE, what, index);
    }
    let is_another = (400..500).contains(&exchange.status()) && exchange.has_envelope();
    let (kind, expected) = match is_refusal {
        // The same status of several refusals is one finding.
        false if is_another => (format!("refused with HTTP {}", exchange.status()), REFUSAL),
        false => (format!("{what} is not refused"), REFUSAL),
        true => (format!("{what} without envelope"), "OCP's error"),
    };
    let mut fault = book.whole(index, kind, expected);
    if is_refusal {
        fault.got.push_str(", without an envelope");
    } else if is_another {
        fault.got = format!("{what}: {}", fault.got);
    }
    book.judge(ERROR_ENVELOPE, Some(fault), index);
}

fn anonymous(exchange: &Exchange, index: usize, book: &mut Book<'_>) {
    let (kind, expected) = match exchange.status() {
        401 if exchange.has_envelope() => return book.judged(AUTHENTICATION),
        401 => ("401 without envelope", "OCP's error"),
        300..=399 => (
            "redirects instead of refusing",
            "HTTP 401, with OCP's error",
        ),
        200 if exchange.has_envelope() => ("lets everybody in", "HTTP 401"),
        _ => ("does not refuse with 401", "HTTP 401, with OCP's error"),
    };
    let fault = book.whole(index, kind, expected);
    book.judge(AUTHENTICATION, Some(fault), index);
}
