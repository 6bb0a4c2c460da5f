//! What the sources say, in the form of [`claims`](super::claims).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documentation::{Page, ParameterRow};
use super::register::Grade;
use crate::{Interaction, Operation, Place};

/// What the sources say about one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Support {
    /// Rows of this operation's page, or of pages that hold for every operation.
    pub(super) rows: Vec<String>,
    /// Samples that show it.
    pub(super) samples: Vec<String>,
    /// Rows of a sibling operation.
    pub(super) siblings: Vec<String>,
    /// Types by the source that gives them; rows, then samples.
    kinds: Vec<(String, Grade)>,
    /// Everything else, by claim, with its source.
    pub(super) claims: BTreeMap<String, String>,
    /// Texts that samples show here.
    pub(super) words: BTreeSet<String>,
}

impl Support {
    pub(super) fn grade(&self) -> Grade {
        match (
            self.rows.is_empty(),
            self.samples.is_empty(),
            self.siblings.is_empty(),
        ) {
            (false, false, _) => Grade::Both,
            (false, true, _) => Grade::Documented,
            (true, false, _) => Grade::Sampled,
            (true, true, false) => Grade::Sibling,
            (true, true, true) => Grade::Inferred,
        }
    }

    /// Where to look it up.
    pub(super) fn sources(&self) -> String {
        let mut sources: Vec<&str> = self
            .rows
            .iter()
            .chain(&self.samples)
            .map(String::as_str)
            .collect();
        if sources.is_empty() {
            sources.extend(self.siblings.iter().map(String::as_str));
        }
        sources.dedup();
        sources.join("; ")
    }

    /// The one type that the sources agree on.
    ///
    /// A table's `String` says nothing against a time-stamp that every sample
    /// shows.
    pub(super) fn kind(&self) -> Result<Option<String>, String> {
        let of = |grade| -> BTreeSet<&str> {
            let kinds = self.kinds.iter().filter(|(_, one)| *one == grade);
            kinds.map(|(kind, _)| kind.as_str()).collect()
        };
        let (rows, samples, siblings) = (
            of(Grade::Documented),
            of(Grade::Sampled),
            of(Grade::Sibling),
        );
        let rows: BTreeSet<&str> = match samples.first() {
            Some(&"string date-time") if samples.len() == 1 => {
                rows.into_iter().filter(|kind| *kind != "string").collect()
            }
            _ => rows,
        };
        let mut all: BTreeSet<&str> = rows.union(&samples).copied().collect();
        if all.is_empty() {
            all = siblings;
        }
        match all.len() {
            0 => Ok(None),
            1 => Ok(all.first().map(|kind| (*kind).to_owned())),
            _ => Err(all.into_iter().collect::<Vec<_>>().join(" and ")),
        }
    }
}

/// The one mapping from the words of the documentation to types.
fn kind_of(word: &str) -> &'static str {
    match word {
        // Java Longs, all of them (discrepancy 40).
        "Integer" | "Long" => "integer int64",
        "Boolean" => "boolean",
        "String" => "string",
        "Datetime" | "Timestamp" | "OffsetDateTime" => "string date-time",
        "Array" => "array",
        "Object" => "object",
        _ => "(a type that the documentation has not used before)",
    }
}

/// The pattern of a documented form.
fn pattern_of(form: &str) -> String {
    let form = [
        ("YYYY", r"\d{4}"),
        ("MM", r"\d{2}"),
        ("DD", r"\d{2}"),
        ("hh", r"\d{2}"),
        ("mm", r"\d{2}"),
        ("ss", r"\d{2}"),
    ]
    .iter()
    .fold(form.to_owned(), |form, (letters, digits)| {
        form.replace(letters, digits)
    });
    format!("^{form}$")
}

pub(super) type Supports = BTreeMap<String, Support>;

/// What the sources say about one operation; `samples` are those of its pages.
pub(super) fn support(
    operation_id: &str,
    spec: &Value,
    pages: &[Page],
    samples: &[&Interaction],
) -> Supports {
    let mut supports = Supports::new();
    for interaction in samples {
        sample(interaction, spec, operation_id, &mut supports);
    }
    let statuses: BTreeSet<String> = samples
        .iter()
        .map(|one| one.recorded.response.status.to_string())
        .collect();
    for page in pages {
        let own = page.operation.as_deref() == Some(operation_id);
        let common = page.operation.is_none() && page.sibling_of.is_none();
        let grade = match page.sibling_of.as_deref() == Some(operation_id) {
            true => Grade::Sibling,
            false if own || common => Grade::Documented,
            false => continue,
        };
        rows(page, grade, &statuses, &mut supports);
    }
    supports
}

fn rows(page: &Page, grade: Grade, statuses: &BTreeSet<String>, supports: &mut Supports) {
    let mut note = |place: String, kind: &str, what: &str| {
        let support = supports.entry(place).or_default();
        let source = format!("{}, {what}", page.id);
        match grade {
            Grade::Sibling => support.siblings.push(source),
            _ => support.rows.push(source),
        }
        if !kind.is_empty() {
            support.kinds.push((kind.to_owned(), grade));
        }
    };
    for row in &page.parameters {
        parameter(row, &mut note);
    }
    for structure in &page.structures {
        for row in &structure.members {
            let place = below(&structure.at, &row.name);
            note(
                place,
                kind_of(&row.kind),
                &format!("{}, row `{}`", structure.name, row.name),
            );
        }
    }
    if grade == Grade::Sibling {
        return;
    }
    if let Some(request) = &page.request {
        note("request".into(), request, "request path");
    }
    if !page.authentication.is_empty() {
        note("security".into(), "alternatives", "authentication");
    }
    for header in &page.headers.request {
        note(
            format!("header {}", header.name),
            "",
            &format!("request header `{}`", header.name),
        );
    }
    for header in &page.headers.response {
        for status in statuses {
            let kind = if header.example.is_i64() {
                "integer int64"
            } else {
                "string"
            };
            note(
                format!("{status} header {}", header.name),
                kind,
                &format!("response header `{}`", header.name),
            );
        }
    }
    let mut say = |place: String, claim: String, what: String| {
        let support = supports.entry(place).or_default();
        support.claims.insert(claim, format!("{}, {what}", page.id));
    };
    for row in &page.parameters {
        let place = format!("{} {}", row.place, row.name);
        let what = format!("row `{}`", row.name);
        if row.required == "Yes" {
            say(place.clone(), "required".into(), what.clone());
        }
        if let Some(form) = &row.format {
            say(
                place.clone(),
                format!("pattern {}", pattern_of(form)),
                what.clone(),
            );
        }
        if let Some(example) = &row.example {
            let example = if row.kind == "Array" {
                Value::from(vec![example.clone()])
            } else {
                example.clone()
            };
            say(place.clone(), format!("example {example}"), what.clone());
        }
        for word in row.values.values().flatten() {
            say(format!("{place}[]"), format!("word {word}"), what.clone());
        }
    }
    for structure in &page.structures {
        for row in &structure.members {
            for word in row.values.values().flatten() {
                say(
                    below(&structure.at, &row.name),
                    format!("word {word}"),
                    format!("row `{}`", row.name),
                );
            }
        }
    }
    for scheme in &page.authentication {
        let claim = match scheme.as_str() {
            "Basic" => "http basic",
            "OCP-ACCESS-KEY-HMACSHA1" => "apiKey header Authorization",
            other => other,
        };
        say("security".into(), claim.into(), "authentication".into());
    }
    for header in &page.headers.response {
        for status in statuses {
            let place = format!("{status} header {}", header.name);
            say(
                place,
                format!("example {}", header.example),
                format!("response header `{}`", header.name),
            );
        }
    }
    for header in page
        .headers
        .request
        .iter()
        .filter(|header| header.name == "Content-Type")
    {
        for status in statuses {
            let media_type = header.example.as_str().unwrap_or_default();
            say(
                status.clone(),
                media_type.into(),
                "request header `Content-Type`, used uniformly".into(),
            );
        }
    }
}

fn parameter(row: &ParameterRow, note: &mut impl FnMut(String, &str, &str)) {
    let place = format!("{} {}", row.place, row.name);
    let what = format!("row `{}`", row.name);
    // A form that is demanded says more than the type `String`.
    let kind = if row.format.is_some() {
        "string date-time"
    } else {
        kind_of(&row.kind)
    };
    if row.kind == "Array" {
        note(format!("{place}[]"), "string", &what);
    }
    note(place, kind, &what);
}

/// The place of a member: `200` and `data` make `200 data`.
fn below(at: &str, name: &str) -> String {
    let separator = if at.contains(' ') { "." } else { " " };
    format!("{at}{separator}{name}")
}

fn sample(interaction: &Interaction, spec: &Value, operation_id: &str, supports: &mut Supports) {
    let source = format!("sample {}", interaction.case);
    let mut note = |place: &str, kind: &str, word: Option<&str>| {
        let support = supports.entry(place.to_owned()).or_default();
        if !support.samples.contains(&source) {
            support.samples.push(source.clone());
        }
        if !kind.is_empty() {
            support.kinds.push((kind.to_owned(), Grade::Sampled));
        }
        support.words.extend(word.map(str::to_owned));
    };
    let line = &interaction.recorded.request;
    for (name, text) in &line.query {
        let kind = if text.parse::<i64>().is_ok() {
            "integer int64"
        } else {
            "string"
        };
        note(&format!("query {name}"), kind, None);
    }
    // The path of the sample shows the parameters of the template it fits.
    if let Some(operation) = Operation::find(spec, operation_id)
        && let Ok(arguments) = interaction.arguments(spec)
    {
        note("request", "", None);
        for parameter in operation
            .parameters
            .iter()
            .filter(|one| one.place == Place::Path)
        {
            if let Some(value) = arguments.get(&parameter.name) {
                let kind = if value.is_i64() {
                    "integer int64"
                } else {
                    "string"
                };
                note(&format!("path {}", parameter.name), kind, None);
            }
        }
    }
    let status = interaction.recorded.response.status.to_string();
    if let Ok(body) = serde_json::from_str::<Value>(&interaction.body) {
        leaves(&body, &status, &mut note);
    }
}

fn leaves(value: &Value, place: &str, note: &mut impl FnMut(&str, &str, Option<&str>)) {
    match value {
        Value::Null => note(place, "", None),
        Value::Bool(_) => note(place, "boolean", None),
        Value::Number(number) => {
            note(
                place,
                if number.is_i64() {
                    "integer int64"
                } else {
                    "number"
                },
                None,
            );
        }
        Value::String(text) => {
            note(
                place,
                if is_time(text) {
                    "string date-time"
                } else {
                    "string"
                },
                Some(text),
            );
        }
        Value::Array(items) => {
            note(place, "array", None);
            for item in items {
                leaves(item, &format!("{place}[]"), note);
            }
        }
        Value::Object(members) => {
            note(place, "object", None);
            for (name, member) in members {
                leaves(member, &below(place, name), note);
            }
        }
    }
}

/// Whether a text is an instant in any form that OCP writes.
pub(crate) fn is_time(text: &str) -> bool {
    chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z").is_ok()
}
