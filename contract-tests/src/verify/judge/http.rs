//! HTTP around the body.

use super::book::{Book, Fault, Thing};
use crate::verify::checks::{THROTTLING, TRANSPORT};
use crate::verify::finding::{About, Observation};
use crate::verify::known::Known;
use crate::verify::secrets::Secrets;
use crate::verify::transcript::{Body, Exchange, Response};

pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    for (index, exchange) in known.exchanges.iter().enumerate() {
        if exchange.is_of_gateway() || exchange.is_repeated && exchange.response.is_none() {
            sent_again(exchange, book);
            book.spoil(Thing::Body(index));
            continue;
        }
        book.judged(TRANSPORT);
        let secrets = book.secrets();
        let faults = match &exchange.response {
            None => {
                book.spoil(Thing::Body(index));
                let fault = Fault::new("no response", "a response", exchange.summary(secrets));
                let is_expected = !exchange.is_excused();
                is_expected.then_some(fault).into_iter().collect()
            }
            Some(_) if exchange.is_excused() && exchange.is_page_for_people() => Vec::new(),
            Some(response) => transport(known, exchange, response, index, secrets),
        };
        for fault in faults {
            book.add(TRANSPORT, fault.spoils([Thing::Response(index)]), index);
        }
        throttling(exchange, index, book);
    }
}

/// Something before OCP has answered, or closed a connection.
fn sent_again(exchange: &Exchange, book: &mut Book<'_>) {
    let (question, what) = match exchange.response {
        Some(_) => {
            let what = exchange.summary(book.secrets());
            let text = format!("a gateway before OCP refused requests for a while: {what}");
            ("a gateway", text)
        }
        None => {
            let text = "a connection was closed without a response; the request was sent again";
            ("a closed connection", text.to_owned())
        }
    };
    let observed = Observation::new(question, "", what).about(About::Data);
    book.observe(TRANSPORT, observed);
}

fn transport(
    known: &Known<'_>,
    exchange: &Exchange,
    response: &Response,
    index: usize,
    secrets: &Secrets,
) -> Vec<Fault> {
    let (status, summary) = (response.status, || exchange.summary(secrets));
    let spoiling = |faults: Vec<Fault>, things: &[Thing]| {
        let faults = faults.into_iter();
        faults.map(|fault| fault.spoils(things.to_vec())).collect()
    };
    let mut faults = Vec::new();
    if known.subject.strict.schema(status).is_none() {
        let expected = "HTTP 200, or 4xx or 5xx for a failure";
        faults.push(Fault::new(format!("HTTP {status}"), expected, summary()));
    }
    if status >= 500 && !exchange.is_excused() {
        let expected = "no failure of the server";
        faults.push(Fault::new("server error", expected, summary()));
    }
    // An odd status says more than what comes under it.
    if !faults.is_empty() {
        return spoiling(faults, &[Thing::Body(index), Thing::Status(Some(index))]);
    }
    if !exchange.is_json_by_name() {
        let media_type = exchange.header("content-type");
        let media_type = media_type.map(|one| secrets.shortened(one));
        let media_type = media_type.unwrap_or("no content type".to_owned());
        let got = format!("{media_type} (HTTP {status})");
        let expected = "content-type: application/json";
        faults.push(Fault::new("content type", expected, got));
    }
    // A coding that the client has taken off is none of the headers any more.
    if let Some(coding) = exchange.coding() {
        let got = format!("{}, which cannot be unpacked", secrets.shortened(coding));
        faults.push(Fault::new("content encoding", "gzip, or none", got));
    }
    if let Body::NotKept {
        reason, beginning, ..
    } = &response.body
    {
        let begins = match beginning.as_str() {
            "" => String::new(),
            beginning => format!(": {beginning:?}"),
        };
        let got = format!("a body that is {reason}{begins}");
        faults.push(Fault::new("body", "a JSON body", got));
        faults.truncate(1);
        return spoiling(faults, &[Thing::Body(index)]);
    }
    faults
}

fn throttling(exchange: &Exchange, index: usize, book: &mut Book<'_>) {
    let names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    let sent = names.map(|name| exchange.header(&name.to_ascii_lowercase()));
    if sent.iter().all(Option::is_none) {
        return;
    }
    book.judged(THROTTLING);
    let numbers = sent.map(|text| text.and_then(|text| text.parse::<u32>().ok()));
    for ((name, text), number) in names.into_iter().zip(sent).zip(numbers) {
        if let (Some(text), None) = (text, number) {
            let got = book.secrets().shortened(text);
            book.add(THROTTLING, Fault::new(name, "a whole number", got), index);
        }
    }
    let [limit, left, reset] = numbers;
    let most = |kind, number: Option<u32>, most: u32| {
        let number = number.filter(|number| *number > most)?;
        let expected = format!("at most {most}");
        Some(Fault::new(kind, expected, number.to_string()))
    };
    let above = limit.and_then(|limit| most("RateLimit-Remaining above limit", left, limit));
    let beyond = most("RateLimit-Reset beyond a day", reset, 86_400);
    for fault in [above, beyond].into_iter().flatten() {
        book.add(THROTTLING, fault, index);
    }
    if let Some(limit) = limit {
        let text = format!("{limit} requests are allowed in a window");
        let observed = Observation::new("a limit of requests", "is announced", text);
        book.observe(THROTTLING, observed);
    }
}
