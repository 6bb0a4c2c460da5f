//! The sources of one operation, place by place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::claims::{Places, described};
use super::documentation::{Page, Row};
use super::grade::Grade;
use super::kind;
use crate::place::Place;
use crate::{Interaction, Operation, Provenance, match_path};

/// The kind of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// A row of the operation's page, or of pages that hold for every operation.
    Row,
    /// A documented sample.
    Sample,
    /// A recording of a running OCP.
    Recording,
    /// A row of a sibling operation.
    Sibling,
}

/// A source: its kind, and its name for people.
type Named = (Origin, String);

/// One place, as its sources describe it.
#[derive(Debug, Clone, Default)]
pub struct Support {
    sources: Vec<Named>,
    kinds: BTreeSet<(Origin, String)>,
    /// A table, or the path, says that it is always there.
    pub(super) required: bool,
    /// Values that a table lists (true), and texts that samples and recordings show, each with
    /// its source.
    pub(super) values: BTreeMap<String, (bool, String)>,
}

impl Support {
    /// The grade of the support.
    pub fn grade(&self) -> Grade {
        let has = |origin| self.named(origin).next().is_some();
        match (has(Origin::Row), has(Origin::Sample)) {
            (true, true) => Grade::Both,
            (true, false) => Grade::Documented,
            (false, true) => Grade::Sampled,
            _ if has(Origin::Recording) => Grade::Observed,
            _ if has(Origin::Sibling) => Grade::Sibling,
            _ => Grade::Inferred,
        }
    }

    /// The sources, for people.
    pub fn sources(&self) -> String {
        let own = [Origin::Row, Origin::Sample, Origin::Recording];
        let mut sources: Vec<&str> = own.into_iter().flat_map(|one| self.named(one)).collect();
        if sources.is_empty() {
            sources.extend(self.named(Origin::Sibling));
        }
        sources.join("; ")
    }

    /// Recordings of a running OCP that show it.
    pub fn recordings(&self) -> Vec<&str> {
        self.named(Origin::Recording).collect()
    }

    /// True if a table lists values.
    pub(crate) fn lists_values(&self) -> bool {
        self.values.values().any(|(is_listed, _)| *is_listed)
    }

    /// The types that the sources say; those of a sibling count only alone.
    pub(super) fn kinds(&self) -> BTreeSet<&str> {
        let of = |origin| -> BTreeSet<&str> {
            let kinds = self.kinds.iter().filter(|(one, _)| *one == origin);
            kinds.map(|(_, kind)| kind.as_str()).collect()
        };
        let mut rows = of(Origin::Row);
        let mut shown = &of(Origin::Sample) | &of(Origin::Recording);
        // A table's `String` says nothing against a time that every sample shows, nor a
        // sample's whole number against fractions.
        if shown.iter().eq([&kind::TIME]) {
            rows.remove(kind::TEXT);
        }
        if rows.contains(kind::FRACTION) || shown.contains(kind::FRACTION) {
            shown.remove(kind::LONG);
        }
        rows.append(&mut shown);
        match rows.is_empty() {
            true => of(Origin::Sibling),
            false => rows,
        }
    }

    /// Takes the values of a table; those of a sibling are another operation's.
    fn list<'a>(&mut self, values: impl IntoIterator<Item = &'a String>, source: &Named) {
        let (origin, name) = source;
        let values = values.into_iter().filter(|_| *origin == Origin::Row);
        let values = values.map(|value| (value.clone(), (true, name.clone())));
        self.values.extend(values);
    }

    fn named(&self, origin: Origin) -> impl Iterator<Item = &str> {
        let sources = self.sources.iter().filter(move |(one, _)| *one == origin);
        sources.map(|(_, name)| name.as_str())
    }
}

/// The places of an operation that sources have.
pub type Supports = BTreeMap<Place, Support>;

/// Brings the sources of one operation together.
pub(super) struct Collection<'a> {
    pub(super) operation: &'a Operation,
    pub(super) places: &'a Places,
    /// The responses that samples and recordings show.
    pub(super) responses: BTreeSet<Place>,
    pub(super) supports: Supports,
}

impl Collection<'_> {
    pub(super) fn page(&mut self, page: &Page) {
        let origin = match page.sibling_of.as_ref() == Some(&self.operation.id) {
            true => Origin::Sibling,
            false if page.describes(&self.operation.id) => Origin::Row,
            false => return,
        };
        for (place, table, row) in page.rows(&self.responses) {
            let name = format!("{}, {}, row `{}`", page.id, table.name, row.name);
            let source = (origin, name);
            self.row(&place, row, &source);
        }
        if origin == Origin::Row {
            self.request(page);
        }
    }

    fn note(&mut self, place: &Place, kind: Option<&str>, source: &Named) -> &mut Support {
        let support = self.supports.entry(place.clone()).or_default();
        if !support.sources.contains(source) {
            support.sources.push(source.clone());
        }
        let kind = kind.map(|kind| (source.0, kind.to_owned()));
        support.kinds.extend(kind);
        support
    }

    /// One row of a table.
    fn row(&mut self, place: &Place, row: &Row, source: &Named) {
        let kind = row.kind();
        let support = self.note(place, kind, source);
        support.required |= source.0 == Origin::Row && row.required.as_deref() == Some("Yes");
        // A parameter of several values is an array in the spec, whatever the table calls it.
        let is_array = kind == Some(kind::ARRAY) || self.places.contains_key(&place.items());
        let support = match place.as_parameter() {
            Some(_) if is_array => self.note(&place.items(), row.kind_of_items(), source),
            _ => self.note(place, None, source),
        };
        support.list(row.values.values().flatten(), source);
    }

    /// Path, versions and credentials.
    fn request(&mut self, page: &Page) {
        if let Some(line) = &page.request {
            let source = (Origin::Row, format!("{}, request path", page.id));
            self.note(&Place::request(), Some(line), &source)
                .list([&page.versions.to_string()], &source);
        }
        let source = (Origin::Row, format!("{}, authentication", page.id));
        for scheme in &page.authentication {
            let name = match scheme.as_str() {
                "Basic" => "http basic",
                "OCP-ACCESS-KEY-HMACSHA1" => "apiKey header Authorization",
                other => other,
            };
            self.note(&Place::security(), None, &source)
                .list([&name.to_owned()], &source);
        }
    }

    /// A sample or a recording. The request is another operation's if a page of
    /// all operations shows a response.
    pub(super) fn interaction(&mut self, interaction: &Interaction) {
        let recorded = &interaction.recorded;
        let source = match recorded.source.grade {
            Provenance::Recorded => (
                Origin::Recording,
                format!("{}, {}", recorded.source.observed(), interaction.case),
            ),
            _ => (Origin::Sample, format!("sample {}", interaction.case)),
        };
        if interaction.operation_id == self.operation.id {
            self.note(&Place::request(), None, &source);
            self.arguments(interaction, &source);
        }
        let response = described(self.places, recorded.response.status);
        if let Ok(body) = serde_json::from_str::<Value>(&interaction.body) {
            self.value(&body, &response, &source);
        }
        self.responses.insert(response);
    }

    /// A value that a body shows, and everything in it.
    fn value(&mut self, value: &Value, place: &Place, source: &Named) {
        let support = self.note(place, kind::of_value(value), source);
        match value {
            Value::String(text) => {
                let shown = (false, source.1.clone());
                support.values.insert(text.clone(), shown);
            }
            Value::Array(items) => {
                for item in items {
                    self.value(item, &place.items(), source);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.value(member, &place.member(name), source);
                }
            }
            _ => {}
        }
    }

    fn arguments(&mut self, interaction: &Interaction, source: &Named) {
        // A request that was sent to an OCP shows that it was sent, and no type.
        let is_sample = source.0 == Origin::Sample;
        for (name, text) in &interaction.recorded.request.query {
            let mut place = Place::parameter("query", name);
            if self.places.contains_key(&place.items()) {
                self.note(&place, None, source);
                place = place.items();
            }
            let first = text.split(',').next().filter(|_| is_sample);
            self.note(&place, first.map(kind::of_text), source);
        }
        let path = &interaction.recorded.request.path;
        for (name, text) in match_path(&self.operation.path, path).into_iter().flatten() {
            let kind = is_sample.then(|| kind::of_text(&text));
            let place = Place::parameter("path", &name);
            self.note(&place, kind, source).required = true;
        }
    }
}
