//! `CONTRACT.md`: the contract for people, with the evidence of every claim.

use std::fmt::Write;

use serde_json::Value;

use crate::Operation;
use crate::evidence::Evidence;
use crate::evidence::claims::{Node, Places, claims};
use crate::evidence::register::{Entry, Grade, State};

/// Renders the page. What the register decides is linked from each row.
pub fn render(spec: &Value, evidence: &Evidence) -> String {
    let mut page = String::from(
        "<!-- Rendered by `cargo xtask regen` from the files beside it; do not edit. -->\n\n# The contract\n\n\
         What a client of OceanBase Cloud Platform (OCP) may rely on, and how each claim is known:\n\n\
         | evidence | means |\n|---|---|\n\
         | documented and sampled | a row of the documentation and a documented sample |\n\
         | documented | a row; no sample shows it |\n\
         | sampled | a sample; no row describes it |\n\
         | sibling | a row of the operation for clusters only |\n\
         | inferred | server code of an open-source sibling, other clients, reasoning |\n\n\
         Numbers refer to the [discrepancies](#discrepancies) below.\n",
    );
    for (id, places) in claims(spec) {
        operation(&id, &places, spec, evidence, &mut page);
    }
    discrepancies(evidence, &mut page);
    sources(evidence, &mut page);
    page
}

fn operation(id: &str, places: &Places, spec: &Value, evidence: &Evidence, page: &mut String) {
    let support = evidence.support(spec, id);
    let grade = |place: &str| {
        support
            .get(place)
            .map_or(Grade::Inferred, |(grade, _)| *grade)
    };
    let row = |place: &str, name: &str, node: &Node, page: &mut String| {
        let mut kind = node.kind.clone();
        if node.claims.contains("required") {
            kind.push_str(", required");
        }
        // What an object requires is said of the object.
        if let Some(cut) = place.rfind(['.', ' '])
            && let Some(parent) = places.get(&place[..cut])
            && parent
                .claims
                .contains(&format!("requires {}", &place[cut + 1..]))
        {
            kind.push_str(", always there");
        }
        let items = places.get(&format!("{place}[]"));
        let words = |node: &Node| node.claims.iter().any(|claim| claim.starts_with("word "));
        if words(node) || items.is_some_and(words) {
            kind.push_str(", [words](#words)");
        }
        let marks: Vec<String> = node
            .own_marks
            .iter()
            .map(|mark| format!("[{mark}](#d{mark})"))
            .collect();
        let _ = writeln!(
            page,
            "| `{name}` | {kind} | {} {} | {} |",
            grade(place),
            marks.join(" "),
            cell(&node.description)
        );
    };

    let _ = writeln!(page, "\n## {id}\n");
    if let Some(request) = places.get("request") {
        let _ = writeln!(page, "`{}`\n", request.kind);
    }
    if let Some(operation) = Operation::find(spec, id) {
        let text = |key: &str| {
            spec.pointer(&operation.pointer)
                .and_then(|node| node.get(key)?.as_str())
                .unwrap_or_default()
        };
        let _ = writeln!(page, "{}\n\n{}\n", text("summary"), text("description"));
    }
    let _ = writeln!(
        page,
        "### Parameters\n\n| parameter | type | evidence | meaning |\n|---|---|---|---|"
    );
    for kind in ["path", "query", "header"] {
        for (place, node) in places {
            if let Some(name) = place
                .strip_prefix(&format!("{kind} "))
                .filter(|name| !name.ends_with("[]"))
            {
                row(place, name, node, page);
            }
        }
    }
    let statuses: Vec<&String> = places
        .keys()
        .filter(|place| place.len() == 3 && !place.contains(' '))
        .collect();
    for status in statuses {
        let node = &places[status];
        let title = if node.kind.starts_with("like ") {
            format!("{status}, {}", node.kind)
        } else {
            status.clone()
        };
        let _ = writeln!(
            page,
            "\n### Answer {title}\n\n{}\n",
            node.description.trim()
        );
        let members: Vec<(&String, &Node)> = places
            .iter()
            .filter(|(place, _)| place.starts_with(&format!("{status} ")))
            .collect();
        if members.is_empty() {
            continue;
        }
        let _ = writeln!(
            page,
            "| member | type | evidence | meaning |\n|---|---|---|---|"
        );
        for (place, node) in members {
            row(place, &place[status.len() + 1..], node, page);
        }
    }
    let _ = writeln!(
        page,
        "\n### Words\n\nKnown words of the open lists; others may come, and are kept as they are.\n"
    );
    for (place, node) in places {
        let words: Vec<String> = node
            .claims
            .iter()
            .filter_map(|claim| claim.strip_prefix("word "))
            .map(|word| format!("`{word}`"))
            .collect();
        if !words.is_empty() {
            let _ = writeln!(page, "- `{place}`: {}", words.join(", "));
        }
    }
}

fn discrepancies(evidence: &Evidence, page: &mut String) {
    let _ = writeln!(
        page,
        "\n## Discrepancies\n\nWhere the sources contradict each other or are silent, and what was decided.\n\n\
         | | about | the table says | another source says | decision | |\n|---|---|---|---|---|---|"
    );
    for entry in &evidence.register {
        let state = match entry.state {
            State::Settled => "settled",
            State::Open => "open",
        };
        let _ = writeln!(
            page,
            "| <a id=\"d{0}\"></a>{0} | {1} | {2} | {3} | {4} | {state} |",
            entry.id,
            cell(&entry.topic),
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
            source.title, source.version, source.date, source.address
        );
    }
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
