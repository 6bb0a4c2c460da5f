//! `CONTRACT.md`: the contract for people, with the evidence of every claim.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::evidence::claims::{Node, Places, claims};
use crate::evidence::register::{Entry, State};
use crate::evidence::{Claim, Evidence, Grade, Kind, Place, Root, Step, Support, Supports};
use crate::{Operation, Provenance, Source};

/// Renders the page. What the register decides is linked from each row.
pub fn render(spec: &Value, evidence: &Evidence) -> String {
    let mut page = String::from(
        "<!-- Rendered by `cargo xtask regen` from the files beside it; do not edit. -->\n\n# The contract\n\n\
         What a client of OceanBase Cloud Platform (OCP) may rely on, and how each claim is known:\n\n\
         | evidence | means |\n|---|---|\n",
    );
    for grade in Grade::ALL {
        let _ = writeln!(page, "| {grade} | {} |", grade.meaning());
    }
    page.push_str("\nNumbers refer to the [discrepancies](#discrepancies) below.\n");
    for (id, places) in claims(spec) {
        operation(&id, &places, spec, evidence, &mut page);
    }
    discrepancies(evidence, &mut page);
    sources(evidence, &mut page);
    page
}

fn operation(id: &str, places: &Places, spec: &Value, evidence: &Evidence, page: &mut String) {
    heading(id, places, spec, page);
    let table = Table {
        places,
        supports: evidence.supports(spec, id),
        values: format!("[values](#values-of-{})", id.to_lowercase()),
    };
    page.push_str(
        "### Parameters\n\n| parameter | type | evidence | meaning |\n|---|---|---|---|\n",
    );
    for (place, node) in places {
        if let (Root::Parameter(location, name), []) = (&place.root, place.path.as_slice()) {
            table.row(place, &format!("{name}` in `{location}"), node, page);
        }
    }
    for (place, node) in places {
        if let (Root::Response(status), []) = (&place.root, place.path.as_slice()) {
            table.response(place, status, node, page);
        }
    }
    let _ = writeln!(
        page,
        "\n### Values of {id}\n\nKnown values of the open lists; others may come, and are kept as they are.\n"
    );
    for (place, node) in places {
        let values: Vec<String> = node.values().map(|value| format!("`{value}`")).collect();
        if !values.is_empty() {
            let _ = writeln!(page, "- `{place}`: {}", values.join(", "));
        }
    }
}

fn heading(id: &str, places: &Places, spec: &Value, page: &mut String) {
    let _ = writeln!(page, "\n## {id}\n");
    let request = places.get(&Place::of(Root::Request));
    if let Some(Kind::Request(line)) = request.and_then(|node| node.kind.as_ref()) {
        let _ = writeln!(page, "`{line}`\n");
    }
    if let Some(operation) = Operation::find(spec, id) {
        let text = |key: &str| {
            spec.pointer(&operation.pointer)
                .and_then(|node| node.get(key)?.as_str())
                .unwrap_or_default()
        };
        let _ = writeln!(page, "{}\n\n{}\n", text("summary"), text("description"));
        if let Some(versions) = &operation.versions {
            let _ = writeln!(page, "Documented for OCP {versions}.\n");
        }
    }
}

/// The tables of one operation.
struct Table<'a> {
    places: &'a Places,
    supports: Supports,
    /// The link to the values of its open lists.
    values: String,
}

impl Table<'_> {
    fn response(&self, response: &Place, status: &str, node: &Node, page: &mut String) {
        let alike = match &node.kind {
            Some(kind @ Kind::Like(_)) => format!(", {kind}"),
            _ => String::new(),
        };
        let meaning = node.description.trim();
        let _ = writeln!(page, "\n### Response {status}{alike}\n\n{meaning}\n");
        let is_below = |place: &Place| place != response && response.covers(place);
        let members = self.places.iter().filter(|(place, _)| is_below(place));
        let mut members = members.peekable();
        if members.peek().is_some() {
            page.push_str("| member | type | evidence | meaning |\n|---|---|---|---|\n");
        }
        for (place, node) in members {
            let name = match &place.root {
                Root::Header(_, name) => format!("header {name}"),
                _ => place.path(),
            };
            self.row(place, &name, node, page);
        }
    }

    fn row(&self, place: &Place, name: &str, node: &Node, page: &mut String) {
        let mut kind = node.kind.as_ref().map(Kind::to_string).unwrap_or_default();
        if node.claims.contains(&Claim::Required) {
            kind.push_str(", required");
        }
        // What an object requires is said of the object.
        if let Some((object, Step::Member(member))) = place.parent()
            && let Some(object) = self.places.get(&object)
            && object.claims.contains(&Claim::Requires(member.clone()))
        {
            kind.push_str(", always there");
        }
        let items = self.places.get(&place.items());
        if node
            .values()
            .chain(items.into_iter().flat_map(Node::values))
            .next()
            .is_some()
        {
            let _ = write!(kind, ", {}", self.values);
        }
        let support = self.supports.get(place);
        let grade = support.map_or(Grade::Inferred, Support::grade);
        let is_recorded = support.is_some_and(|one| !one.recordings().is_empty());
        let mut grades = grade.to_string();
        if is_recorded && grade != Grade::Observed {
            grades.push_str(", observed");
        }
        for mark in &node.own_marks {
            let _ = write!(grades, " [{mark}](#d{mark})");
        }
        let meaning = cell(&node.description);
        let _ = writeln!(page, "| `{name}` | {kind} | {grades} | {meaning} |");
    }
}

fn discrepancies(evidence: &Evidence, page: &mut String) {
    let _ = writeln!(
        page,
        "\n## Discrepancies\n\nWhere the sources contradict each other or are silent, and what was decided.\n\n\
         | | about | the table says | another source says | decision | |\n|---|---|---|---|---|---|"
    );
    for entry in &evidence.register {
        let of = entry
            .operations
            .as_ref()
            .map_or_else(String::new, |operations| {
                let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
                format!(" ({})", operations.join(", "))
            });
        let state = match entry.state {
            State::Settled => "settled",
            State::Open => "open",
        };
        let _ = writeln!(
            page,
            "| <a id=\"d{0}\"></a>{0} | {1} | {2} | {3} | {4} | {state} |",
            entry.id,
            cell(&entry.topic) + &of,
            cell(&entry.table),
            cell(&entry.other),
            cell(&entry.decision)
        );
    }
    let _ = writeln!(
        page,
        "\n### Open questions\n\nA person with a real OCP can settle them; the check of `cargo xtask verify` that will do so is named.\n"
    );
    let open: Vec<&Entry> = evidence
        .register
        .iter()
        .filter(|entry| entry.state == State::Open)
        .collect();
    for entry in open {
        let check = entry.check.as_deref().unwrap_or("none yet");
        let _ = writeln!(
            page,
            "- [{}](#d{}) {}: `{check}`",
            entry.id, entry.id, entry.topic
        );
    }
}

fn sources(evidence: &Evidence, page: &mut String) {
    let _ = writeln!(
        page,
        "\n## Sources\n\n| page | OCP | date | |\n|---|---|---|---|"
    );
    for source in &evidence.pages {
        let _ = writeln!(
            page,
            "| {} | {} | {} | <{}> |",
            source.title,
            source.versions(),
            source.date,
            source.address
        );
    }
    let recordings = evidence.interactions.iter().map(|one| &one.recorded.source);
    let recordings = recordings.filter(|source| source.grade == Provenance::Recorded);
    let observed: BTreeSet<String> = recordings.map(Source::observed).collect();
    for ocp in observed {
        let _ = writeln!(page, "| recordings of a running OCP | {ocp} | | |");
    }
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
