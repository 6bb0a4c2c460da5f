//! Envelope and members of a body.

use chrono::DateTime;
use ocp_contract::escape;
use ocp_contract::strict::{Departure, Rule, Severity};
use serde_json::{Value, json};

use super::book::{Book, Fault};
use super::input::{Input, Violated};
use super::rename::{renamed, with_new_name};
use super::shape::{Shared, shared};
use crate::verify::checks::{CONFORMANCE, ENVELOPE, NEW_VALUES};
use crate::verify::filter::state_of_label;
use crate::verify::finding::{About, Observation};
use crate::verify::row::{Row, long, time};
use crate::verify::secrets::Secrets;
use crate::verify::transcript::Exchange;

pub(super) fn judge(
    input: &Input<'_>,
    departures: &[Vec<Departure>],
    book: &mut Book<'_>,
    violated: &mut Violated,
) {
    for (index, exchange) in input.exchanges.iter().enumerate() {
        if let Some(body) = exchange.body()
            && !exchange.is_of_gateway()
        {
            let one = OfBody {
                input,
                exchange,
                index,
                body,
            };
            one.judge(&departures[index], book, violated);
        }
    }
}

/// One body.
struct OfBody<'a> {
    input: &'a Input<'a>,
    exchange: &'a Exchange,
    index: usize,
    body: &'a Value,
}

impl OfBody<'_> {
    fn judge(&self, departures: &[Departure], book: &mut Book<'_>, violated: &mut Violated) {
        let (index, status, secrets) = (self.index, self.exchange.status(), book.secrets());
        book.judged(ENVELOPE);
        book.judged(CONFORMANCE);
        let causes = shared(status, self.body, departures);
        let strict = &self.input.subject.strict;
        let renamed = renamed(strict, status, self.body, departures, &causes);
        for Shared {
            check,
            fault,
            hides_body,
            ..
        } in &causes
        {
            let got = secrets.shortened(&fault.got);
            let fault = Fault {
                got,
                ..fault.clone()
            };
            book.add(*check, fault, index);
            violated.responses.insert(index);
            if *hides_body {
                violated.bodies.insert(index);
            }
        }
        let violations = departures.iter();
        let violations = violations.filter(|one| one.severity == Severity::Violation);
        violations.for_each(|one| self.mark(one, violated));
        let odd_status = match self.exchange.is_excused() {
            true => !violated.statuses.is_empty(),
            false => violated.statuses.contains(&index),
        };
        for one in departures {
            let check = match is_about_envelope(one) {
                true => ENVELOPE,
                false => CONFORMANCE,
            };
            if causes.iter().any(|cause| cause.explains(one)) {
                continue;
            }
            if check == ENVELOPE && odd_status {
                book.leave_out(ENVELOPE, "a response under a wrong HTTP status");
                continue;
            }
            if one.rule == Rule::Null && self.has_another_violation(one, violated) {
                book.leave_out(check, "a member of a row whose state is wrong");
                continue;
            }
            let fault = fault(one, secrets);
            let Some(fault) = with_new_name(fault, one, &renamed, secrets) else {
                continue;
            };
            let fault = self.new_value(one, fault, book);
            if fault.severity == Severity::Violation {
                self.mark(one, violated);
            }
            book.add(check, fault, index);
        }
        if odd_status || causes.iter().any(|cause| cause.check == ENVELOPE) {
            return;
        }
        for fault in envelope(self.exchange, self.body, secrets) {
            if fault.severity == Severity::Violation {
                violated.responses.insert(index);
            }
            book.add(ENVELOPE, fault, index);
        }
    }

    /// Notes what a departure spoils.
    fn mark(&self, one: &Departure, violated: &mut Violated) {
        let place = one.place.path();
        violated.responses.insert(self.index);
        if matches!(
            place.as_str(),
            "" | "data" | "data.contents" | "data.contents[]"
        ) {
            violated.bodies.insert(self.index);
        }
        if let Some(name) = place.strip_prefix("data.contents[].") {
            violated.ids |= name == "id";
            let row = self.row(one).and_then(Row::id);
            violated.members.extend(row.map(|id| (id, name.to_owned())));
        }
    }

    /// The row that a departure is in.
    fn row(&self, one: &Departure) -> Option<Row<'_>> {
        let index = one.body.strip_prefix("/data/contents/")?;
        let index = index.split('/').next()?;
        let row = self.body.pointer(&format!("/data/contents/{index}"));
        row.map(Row)
    }

    /// Whether the row has another wrong member: it may depend on that what this one must be.
    fn has_another_violation(&self, one: &Departure, violated: &Violated) -> bool {
        let place = one.place.path();
        let own = place.strip_prefix("data.contents[].");
        let id = self.row(one).and_then(Row::id);
        let mut members = violated.members.iter();
        members.any(|(row, name)| Some(*row) == id && Some(name.as_str()) != own)
    }

    /// A new enum value, which also says what values there are; the label of a state, where
    /// its machine name belongs, is no new value.
    fn new_value(&self, one: &Departure, fault: Fault, book: &mut Book<'_>) -> Fault {
        if one.rule != Rule::NewEnumValue {
            return fault;
        }
        let is_of_tasks = self.input.subject.lists_restore_tasks();
        let label = self.body.pointer(&one.body).and_then(Value::as_str);
        match label.filter(|_| is_of_tasks).and_then(state_of_label) {
            Some(state) => Fault {
                severity: Severity::Violation,
                expected: format!("{state}, the machine name of the state"),
                got: format!("{}, its label in the status filter", fault.got),
                ..fault
            },
            None => {
                let text = format!("{}: {}", one.place, one.what);
                let observed = Observation::new(one.place.path(), one.what.as_str(), text);
                book.observe(NEW_VALUES, observed.about(About::Data));
                fault
            }
        }
    }
}

/// Members of the envelope itself, present or not.
fn is_about_envelope(one: &Departure) -> bool {
    one.place.path.len() < 2 && one.rule != Rule::Undocumented
}

fn fault(one: &Departure, secrets: &Secrets) -> Fault {
    let (mut place, mut pointer) = (one.place.clone(), one.body.clone());
    if let (Rule::Undocumented, Some(name)) = (&one.rule, &one.member) {
        // The one name in a report that a server has made up.
        place.path.pop();
        place = place.member(&secrets.text(name));
        pointer.truncate(pointer.rfind('/').map_or(0, |cut| cut + 1));
        pointer.push_str(&escape(&secrets.text(name)));
    }
    let place = place.path();
    Fault {
        severity: one.severity,
        kind: match place.as_str() {
            "" => format!("the body {}", kind(&one.rule)),
            place => format!("{place} {}", kind(&one.rule)),
        },
        expected: match one.rule {
            Rule::Null => format!("no `{place}` beside what else there is ({})", one.spec),
            Rule::Undocumented => format!("no `{place}`: the contract does not have it"),
            _ => format!("`{place}` as the contract has it ({})", one.spec),
        },
        got: one.what.clone(),
        pointer,
        evidence: one.evidence.clone(),
    }
}

/// A rule as a kind of finding.
fn kind(rule: &Rule) -> &str {
    match rule {
        Rule::Undocumented => "undocumented",
        Rule::Missing => "missing",
        Rule::Wire | Rule::Type | Rule::Null | Rule::AnyOf => "type",
        Rule::NewEnumValue => "new value",
        Rule::EnumValue => "value",
        Rule::Const => "contradicts HTTP",
        Rule::Status => "status",
        Rule::Keyword(keyword) => keyword,
    }
}

/// What the members of an envelope say beside their schema.
fn envelope<'a>(
    exchange: &'a Exchange,
    body: &'a Value,
    secrets: &'a Secrets,
) -> impl Iterator<Item = Fault> {
    duration(body)
        .into_iter()
        .chain(status(body, exchange.status(), secrets))
        .chain(code(body, secrets))
        .chain(Fault::empty(body, "/server", "server").map(Fault::drift))
        .chain(Fault::empty(body, "/error/message", "error.message").map(Fault::drift))
        .chain(clock(exchange, body, secrets))
}

/// Classes of failures have no status of their own in the contract.
fn status(body: &Value, status: u16, secrets: &Secrets) -> Option<Fault> {
    let sent = body.get("status").filter(|sent| **sent != json!(status))?;
    if status == 200 || sent.is_null() {
        return None;
    }
    let expected = format!("status {status}");
    Some(Fault::new("status contradicts HTTP", expected, secrets.quote(sent)).at("/status"))
}

/// A code is a number from 0 on, or a name such as `COM10001`.
fn code(body: &Value, secrets: &Secrets) -> Option<Fault> {
    let code = body.pointer("/error/code")?;
    let is_documented = match code {
        Value::String(name) => name.starts_with(|first: char| first.is_ascii_alphabetic()),
        code => code.as_i64().is_none_or(|code| code >= 0),
    };
    if is_documented {
        return None;
    }
    let expected = "a number from 0 on, or a name such as COM10001";
    Some(Fault::new("error.code form", expected, secrets.quote(code)).at("/error/code"))
}

fn duration(body: &Value) -> Option<Fault> {
    let duration = long(body.get("duration")?)?;
    (duration < 0).then(|| {
        Fault::new("duration negative", "a duration", duration.to_string()).at("/duration")
    })
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
