//! Envelope and members of a body.

use ocp_contract::escape;
use ocp_contract::strict::{Departure, Rule};
use serde_json::{Value, json};

use crate::verify::finding::Observation;
use crate::verify::judgement::Fault;
use crate::verify::kind::RowKind;
use crate::verify::row::long;
use crate::verify::secrets::Secrets;
use crate::verify::topic::Topic;

/// Members of the envelope itself, present or not.
pub(super) fn is_about_envelope(one: &Departure) -> bool {
    one.place.path.len() < 2 && one.rule != Rule::Undocumented
}

/// A departure as a fault; a new enum value also says what values there are.
pub(super) fn judge(
    kind: &dyn RowKind,
    one: &Departure,
    body: &Value,
    secrets: &Secrets,
) -> (Fault, Option<Observation>) {
    let fault = fault(one.clone(), secrets);
    if one.rule != Rule::NewEnumValue {
        return (fault, None);
    }
    match kind.misplaced(one, body, &fault) {
        Some(misplaced) => (misplaced, None),
        None => {
            let text = format!("{}: {}", one.place, one.what);
            let observed = Observation::new(one.place.path(), one.what.as_str(), text);
            (fault, Some(observed))
        }
    }
}

fn fault(one: Departure, secrets: &Secrets) -> Fault {
    let (mut place, mut pointer) = (one.place, one.body);
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
        got: one.what,
        pointer,
        evidence: one.evidence,
        ..Fault::new("", "", "")
    }
}

/// What cannot be relied on where a body departs like this.
pub(super) fn breaks(one: &Departure, body: &Value, number: usize) -> Vec<Topic> {
    let mut breaks = vec![Topic::Response(number)];
    let place = one.place.path();
    if matches!(place.as_str(), "" | "data" | "data.contents") {
        breaks.push(Topic::Body(number));
    }
    let Some(name) = place.strip_prefix("data.contents[].") else {
        return breaks;
    };
    if name == "id" {
        breaks.push(Topic::Ids);
    }
    let index = one.body.strip_prefix("/data/contents/");
    let index = index.and_then(|rest| rest.split('/').next());
    let row = index.and_then(|index| body.pointer(&format!("/data/contents/{index}/id")));
    breaks.extend(
        row.and_then(long)
            .map(|id| Topic::Member(id, name.to_owned())),
    );
    breaks
}

/// Other wrong members of the row, on which it may depend what one must be.
pub(super) fn conditions(one: &Departure, breaks: &[Topic], all: &[Topic]) -> Vec<Topic> {
    let row = breaks.iter().find_map(|topic| match topic {
        Topic::Member(id, _) if one.rule == Rule::Null => Some(*id),
        _ => None,
    });
    let is_other = |topic: &&Topic| {
        matches!(topic, Topic::Member(id, _) if Some(*id) == row) && !breaks.contains(topic)
    };
    all.iter().filter(is_other).cloned().collect()
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
        Rule::Status | Rule::Keyword(_) => rule.as_str(),
    }
}

/// What the members of an envelope say beside their schema.
pub(super) fn envelope(body: &Value, http: u16, secrets: &Secrets) -> impl Iterator<Item = Fault> {
    duration(body)
        .into_iter()
        .chain(status(body, http, secrets))
        .chain(code(body, secrets))
        .chain(Fault::empty(body, "/server", "server").map(Fault::drift))
        .chain(Fault::empty(body, "/error/message", "error.message").map(Fault::drift))
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
