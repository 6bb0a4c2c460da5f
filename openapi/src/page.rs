//! `CONTRACT.md`: the contract for people, with the evidence of every place.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::{Value, json};

use crate::document::text;
use crate::evidence::claims::{Claims, Node, Places};
use crate::evidence::{Evidence, Grade, Place, Support, Supports};
use crate::{Operation, Provenance, Source, Versions};

const TEMPLATE: &str = include_str!("contract.md.j2");

/// Renders the page, by the claims of the spec. Each row links to the entries of the register that it rests on.
///
/// # Errors
///
/// When the template does not fit what it is given.
pub fn render(
    spec: &Value,
    claims: &[Claims],
    evidence: &Evidence,
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_filter("cell", |text: String| cell(&text));
    let mut seen = BTreeMap::new();
    let mut claims: Vec<&Claims> = claims.iter().collect();
    claims.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
    let operations = claims.iter().map(|(one, places)| {
        let supports = evidence.supports_of(one, places);
        operation(one, places, &supports, spec, &mut seen)
    });
    let operations: Vec<Value> = operations.collect();
    let pages = evidence.pages.iter().map(|page| {
        json!({
            "title": page.title,
            "address": page.address,
            "versions": page.versions.to_string(),
            "date": page.date,
        })
    });
    let recordings = evidence.interactions.iter().map(|one| &one.recorded.source);
    let recordings = recordings.filter(|source| source.grade == Provenance::Recorded);
    let observed: BTreeSet<String> = recordings.map(Source::observed).collect();
    let view = json!({
        "operations": operations,
        "observed": observed,
        "entries": evidence.register,
        "pages": pages.collect::<Vec<Value>>(),
    });
    environment.render_str(TEMPLATE, Serde(view))
}

/// One operation. `seen` has the operation that first showed the rows of a response.
fn operation(
    operation: &Operation,
    places: &Places,
    supports: &Supports,
    spec: &Value,
    seen: &mut BTreeMap<String, String>,
) -> Value {
    let id = &operation.id;
    let rows = |belong: &dyn Fn(&Place) -> bool| -> Vec<Value> {
        let belonging = places.iter().filter(|(place, _)| belong(place));
        let rows = belonging.map(|(place, node)| {
            let items = [place, &place.items()].map(|one| places.get(one));
            let has_values = items.iter().flatten().any(|one| !one.values.is_empty());
            row(place, node, supports.get(place), has_values)
        });
        rows.collect()
    };
    let is_parameter = |place: &Place| place.as_parameter().is_some();
    let mut parts = vec![json!({ "title": "Parameters", "rows": rows(&is_parameter) })];
    for (place, node) in places {
        if let Some(status) = place.as_status() {
            let rows = rows(&|one| one != place && place.covers(one));
            let first = seen.entry(json!(rows).to_string());
            let first = first.or_insert_with(|| id.to_owned());
            parts.push(json!({
                "title": format!("Response {status}"),
                "meaning": node.description,
                "like": node.like,
                "same": (first != id).then_some(first),
                "rows": rows,
            }));
        }
    }
    let is_list = |(place, node): &(&Place, &Node)| {
        let is_value = **place != Place::request() && **place != Place::security();
        is_value && !node.values.is_empty()
    };
    let lists = places.iter().filter(is_list);
    let lists = lists.map(|(at, node)| json!({ "place": at, "values": node.values }));
    let node = spec.pointer(&operation.pointer).unwrap_or(&Value::Null);
    json!({
        "id": id,
        "line": format!("{} {}", operation.method, operation.path),
        "summary": text(node, "summary"),
        "description": text(node, "description"),
        "versions": operation.versions.as_ref().map(Versions::to_string),
        "parts": parts,
        "lists": lists.collect::<Vec<Value>>(),
    })
}

/// One place, by its name in the table that it belongs to.
fn row(place: &Place, node: &Node, support: Option<&Support>, has_values: bool) -> Value {
    let (table, name) = table(place);
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

/// The table that a place belongs to, and its name there.
fn table(place: &Place) -> (String, &str) {
    if let Some((location, name)) = place.as_parameter() {
        return (format!("In the {location}"), name);
    }
    let path = place.path();
    match (path.strip_prefix("header "), path.rsplit_once('.')) {
        (Some(name), _) => ("Headers".to_owned(), name),
        (None, Some((object, name))) => (format!("Members of {object}"), name),
        (None, None) => ("Body".to_owned(), path),
    }
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
