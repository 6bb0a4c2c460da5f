//! Envelope and members of a body.

use chrono::DateTime;
use ocp_contract::escape;
use ocp_contract::strict::{Departure, Rule, Severity};
use serde_json::{Value, json};

use super::book::{Book, Fault, Thing};
use super::shape::shared;
use crate::verify::checks::{CONFORMANCE, ENVELOPE, NEW_VALUES};
use crate::verify::filter::state_of_label;
use crate::verify::finding::{About, Observation};
use crate::verify::known::Known;
use crate::verify::row::{Row, long, time};
use crate::verify::secrets::Secrets;
use crate::verify::transcript::Exchange;

pub(super) fn judge(known: &Known<'_>, departures: &[Vec<Departure>], book: &mut Book<'_>) {
    for (index, exchange) in known.exchanges.iter().enumerate() {
        if let Some(body) = exchange.body()
            && !exchange.is_of_gateway()
        {
            book.judged(ENVELOPE);
            book.judged(CONFORMANCE);
            let one = OfBody {
                known,
                exchange,
                index,
                body,
            };
            one.judge(&departures[index], book);
        }
    }
}

/// One body.
struct OfBody<'a> {
    known: &'a Known<'a>,
    exchange: &'a Exchange,
    index: usize,
    body: &'a Value,
}

impl OfBody<'_> {
    fn judge(&self, departures: &[Departure], book: &mut Book<'_>) {
        let (index, secrets) = (self.index, book.secrets());
        let violations = departures.iter();
        let violations = violations.filter(|one| one.severity == Severity::Violation);
        for thing in violations.flat_map(|one| self.spoiled(one)) {
            book.spoil(thing);
        }
        let mut left = departures.to_vec();
        let causes = shared(self.exchange.status(), self.body, &mut left);
        let is_enveloped = causes.iter().all(|(check, _)| *check != ENVELOPE);
        for (check, mut fault) in causes {
            fault.got = secrets.shortened(&fault.got);
            let body = (check == ENVELOPE).then_some(Thing::Body(index));
            let fault = fault.spoils(body).spoils([Thing::Response(index)]);
            book.add(check, fault, index);
        }
        let odd_status = Thing::Status((!self.exchange.is_excused()).then_some(index));
        for one in left {
            // Members of the envelope itself, present or not.
            let is_deep = one.place().path().contains(['.', '[']);
            let is_of_envelope = !is_deep && one.rule != Rule::Undocumented;
            let fault = self.new_value(&one, fault(&one, secrets), book);
            let fault = fault.spoils(self.spoiled(&one));
            if is_of_envelope {
                book.add(ENVELOPE, fault.reads([odd_status.clone()]), index);
            } else {
                let others = self.beside(&one, book);
                book.add(CONFORMANCE, fault.reads(others), index);
            }
        }
        if is_enveloped && !book.is_violated(&odd_status) {
            for fault in envelope(self.exchange, self.body, secrets) {
                book.add(ENVELOPE, fault.spoils([Thing::Response(index)]), index);
            }
        }
    }

    /// The things that a departure spoils.
    fn spoiled(&self, one: &Departure) -> Vec<Thing> {
        let place = one.place();
        let place = place.path();
        let mut things = vec![Thing::Response(self.index)];
        if matches!(place, "" | "data" | "data.contents" | "data.contents[]") {
            things.push(Thing::Body(self.index));
        }
        if let Some(name) = place.strip_prefix("data.contents[].") {
            things.extend((name == self.known.subject.id()).then_some(Thing::Ids));
            let row = self.row(one).into_iter();
            things.extend(row.flat_map(|row| Thing::members(row, [name])));
        }
        things
    }

    /// The row that a departure is in.
    fn row(&self, one: &Departure) -> Option<Row<'_>> {
        let index = one.body.strip_prefix("/data/contents/")?;
        let index = index.split('/').next()?;
        let row = self.body.pointer(&format!("/data/contents/{index}"));
        row.map(|row| Row(row, self.known.subject.id()))
    }

    /// The other wrong members of the row, on which it may depend that a member must be null.
    fn beside(&self, one: &Departure, book: &Book<'_>) -> Vec<Thing> {
        let row = self.row(one).filter(|_| one.rule == Rule::Null);
        let Some(id) = row.and_then(Row::id) else {
            return Vec::new();
        };
        let own = self.spoiled(one);
        let is_of_row = |thing: &Thing| matches!(thing, Thing::Member(row, _) if *row == id);
        let beside = book
            .violated()
            .filter(|one| is_of_row(one) && !own.contains(one));
        beside.cloned().collect()
    }

    /// A new enum value, which also says what values there are; the label of a state, if
    /// its machine name belongs there, is no new value.
    fn new_value(&self, one: &Departure, fault: Fault, book: &mut Book<'_>) -> Fault {
        if one.rule != Rule::NewEnumValue {
            return fault;
        }
        let is_of_tasks = self.known.subject.lists_restore_tasks();
        let label = self.body.pointer(&one.body).and_then(Value::as_str);
        match label.filter(|_| is_of_tasks).and_then(state_of_label) {
            Some(state) => Fault {
                severity: Severity::Violation,
                expected: format!("{state}, the machine name of the state"),
                got: format!("{}, its label in the status filter", fault.got),
                ..fault
            },
            None => {
                let text = format!("{}: {}", one.at, one.what);
                let observed = Observation::new(one.at.path(), one.what.as_str(), text);
                book.observe(NEW_VALUES, observed.about(About::Data));
                fault
            }
        }
    }
}

fn fault(one: &Departure, secrets: &Secrets) -> Fault {
    let (mut place, mut pointer) = (one.place(), one.body.clone());
    if let (Rule::Undocumented, Some(name)) = (&one.rule, &one.member) {
        // The one name in a report that a server has made up.
        place = one.at.member(&secrets.text(name));
        pointer.truncate(pointer.rfind('/').map_or(0, |cut| cut + 1));
        pointer.push_str(&escape(&secrets.text(name)));
    }
    let place = place.path();
    let kind = match &one.rule {
        Rule::Undocumented => "undocumented",
        Rule::Missing => "missing",
        Rule::Wire | Rule::Type | Rule::Null | Rule::AnyOf => "type",
        Rule::NewEnumValue => "new value",
        Rule::EnumValue => "value",
        Rule::Const => "contradicts HTTP",
        Rule::Status => "status",
        Rule::Keyword(keyword) => keyword,
    };
    let expected = match one.rule {
        Rule::Null => format!("no `{place}` beside what else there is ({})", one.spec),
        Rule::Undocumented => format!("no `{place}`: the contract does not have it"),
        _ => format!("`{place}` as the contract has it ({})", one.spec),
    };
    let kind = match place {
        "" => format!("the body {kind}"),
        place => format!("{place} {kind}"),
    };
    Fault {
        severity: one.severity,
        evidence: one.evidence.clone(),
        ..Fault::new(kind, expected, one.what.as_str()).at(pointer)
    }
}

/// Faults of the members of an envelope beside their schema.
fn envelope(exchange: &Exchange, body: &Value, secrets: &Secrets) -> Vec<Fault> {
    let status = exchange.status();
    let negative = body.get("duration").and_then(long).filter(|one| *one < 0);
    let negative = negative.map(|duration| {
        Fault::new("duration negative", "a duration", duration.to_string()).at("/duration")
    });
    // Classes of failures have no status of their own in the contract.
    let sent = body
        .get("status")
        .filter(|sent| status != 200 && !sent.is_null());
    let another = sent.filter(|sent| **sent != json!(status)).map(|sent| {
        let expected = format!("status {status}");
        Fault::new("status contradicts HTTP", expected, secrets.quote(sent)).at("/status")
    });
    let is_code = |code: &&Value| match code {
        Value::String(name) => name.starts_with(|first: char| first.is_ascii_alphabetic()),
        code => code.as_i64().is_none_or(|code| code >= 0),
    };
    let code = body.pointer("/error/code").filter(|code| !is_code(code));
    let code = code.map(|code| {
        let expected = "a number from 0 on, or a name such as COM10001";
        Fault::new("error.code form", expected, secrets.quote(code)).at("/error/code")
    });
    let faults = [
        negative,
        another,
        code,
        Fault::empty(body, "/server", "server").map(Fault::drift),
        Fault::empty(body, "/error/message", "error.message").map(Fault::drift),
        clock(exchange, body, secrets),
    ];
    faults.into_iter().flatten().collect()
}

/// The body's clock and that of HTTP are the same; whole hours between them are a time
/// zone that was lost, or written wrongly.
fn clock(exchange: &Exchange, body: &Value, secrets: &Secrets) -> Option<Fault> {
    let http = DateTime::parse_from_rfc2822(exchange.header("date")?).ok()?;
    let sent = body.get("timestamp")?.as_str()?;
    let apart = (time(sent)? - http).num_seconds();
    let hours = (apart as f64 / 3600.0).round() as i64;
    if hours == 0 || hours.abs() > 14 || (apart - hours * 3600).abs() > 60 {
        return None;
    }
    let got = format!(
        "{}, {hours} hours from the `Date` of HTTP: a time zone is lost, or wrong",
        secrets.shortened(sent)
    );
    let expected = format!("the time of the response, {http}");
    Some(Fault::new("timestamp off by hours", expected, got).at("/timestamp"))
}
