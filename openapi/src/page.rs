//! `CONTRACT.md`: the contract for people, with the evidence of every place.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::{Value, json};

use crate::evidence::claims::{Node, Places, claims};
use crate::evidence::register::State;
use crate::evidence::{Evidence, Grade, Place, Root, Step, Support, Supports};
use crate::{Provenance, Source};

const TEMPLATE: &str = include_str!("contract.md.j2");

/// Renders the page. Each row links to the entries of the register that it rests on.
///
/// # Errors
///
/// When the template does not fit what it is given.
pub fn render(spec: &Value, evidence: &Evidence) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_filter("cell", |text: String| cell(&text));
    let mut seen = BTreeMap::new();
    let operations = claims(spec);
    let operations = operations.iter().map(|(id, places)| {
        let supports = evidence.supports(spec, id);
        operation(id, places, &supports, spec, &mut seen)
    });
    let operations: Vec<Value> = operations.collect();
    let entries = evidence.register.iter().map(|entry| {
        json!({
            "id": entry.id,
            "topic": entry.topic,
            "table": entry.table,
            "other": entry.other,
            "decision": entry.decision,
            "is_open": entry.state == State::Open,
            "check": entry.check,
            "operations": entry.operations,
        })
    });
    let pages = evidence.pages.iter().map(|page| {
        json!({
            "title": page.title,
            "address": page.address,
            "versions": page.versions().to_string(),
            "date": page.date,
        })
    });
    let recordings = evidence.interactions.iter().map(|one| &one.recorded.source);
    let recordings = recordings.filter(|source| source.grade == Provenance::Recorded);
    let observed: BTreeSet<String> = recordings.map(Source::observed).collect();
    let view = json!({
        "operations": operations,
        "observed": observed,
        "entries": entries.collect::<Vec<Value>>(),
        "pages": pages.collect::<Vec<Value>>(),
    });
    environment.render_str(TEMPLATE, Serde(view))
}

/// One operation. `seen` has the operation that first showed the rows of a response.
fn operation(
    id: &str,
    places: &Places,
    supports: &Supports,
    spec: &Value,
    seen: &mut BTreeMap<String, String>,
) -> Value {
    let rows = |belong: &dyn Fn(&Place) -> bool| -> Vec<Value> {
        let belonging = places.iter().filter(|(place, _)| belong(place));
        let rows = belonging.map(|(place, node)| {
            let items = [place, &place.items()].map(|one| places.get(one));
            let has_values = items.iter().flatten().any(|one| !one.values.is_empty());
            row(place, node, supports.get(place), has_values)
        });
        rows.collect()
    };
    let is_parameter =
        |place: &Place| matches!(place.root, Root::Parameter(..)) && place.path.is_empty();
    let mut parts = vec![json!({ "title": "Parameters", "rows": rows(&is_parameter) })];
    for (place, node) in places {
        if let (Root::Response(status), []) = (&place.root, place.path.as_slice()) {
            let rows = rows(&|one| one != place && place.covers(one));
            let first = seen.entry(json!(rows).to_string());
            let first = first.or_insert_with(|| id.to_owned());
            parts.push(json!({
                "title": format!("Response {status}"),
                "meaning": node.description,
                "like": node.like,
                "same": (*first != id).then_some(first),
                "rows": rows,
            }));
        }
    }
    let lists = places.iter().filter(|(place, node)| is_list(place, node));
    let lists = lists.map(|(at, node)| json!({ "place": at.to_string(), "values": node.values }));
    let request = places.get(&Place::of(Root::Request));
    let node = request.and_then(|node| spec.pointer(&node.pointer));
    let text = |key: &str| {
        let text = node.and_then(|node| node.get(key)?.as_str());
        text.unwrap_or_default()
    };
    json!({
        "id": id,
        "line": request.and_then(|node| node.kind.as_ref()),
        "summary": text("summary"),
        "description": text("description"),
        "versions": request.and_then(|node| node.values.first()),
        "parts": parts,
        "lists": lists.collect::<Vec<Value>>(),
    })
}

/// One place, by its name in the table that it belongs to.
fn row(place: &Place, node: &Node, support: Option<&Support>, has_values: bool) -> Value {
    let (table, name) = match &place.root {
        Root::Parameter(location, name) => (format!("In the {location}"), name.clone()),
        Root::Header(_, name) => ("Headers".to_owned(), name.clone()),
        _ => split(place),
    };
    let grade = support.map_or(Grade::Inferred, Support::grade);
    let is_recorded = support.is_some_and(|one| !one.recordings().is_empty());
    json!({
        "table": table,
        "name": name,
        "kind": node.kind,
        "required": node.required,
        "has_values": has_values,
        "grade": grade.to_string(),
        "is_also_observed": is_recorded && grade != Grade::Observed,
        "marks": node.marks,
        "meaning": node.description,
    })
}

/// True for an open list of values.
fn is_list(place: &Place, node: &Node) -> bool {
    matches!(place.root, Root::Response(_) | Root::Parameter(..)) && !node.values.is_empty()
}

/// The table of the object that a member stands in, and the name of the member there.
fn split(place: &Place) -> (String, String) {
    let is_member = |step: &Step| matches!(step, Step::Member(_));
    let cut = place.path.iter().rposition(is_member).unwrap_or_default();
    let (object, rest) = place.path.split_at(cut);
    let [object, name] = [object, rest].map(|path| {
        let (root, path) = (place.root.clone(), path.to_vec());
        Place { root, path }.path()
    });
    match object.as_str() {
        "" => ("Body".into(), name),
        object => (format!("Members of {object}"), name),
    }
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
