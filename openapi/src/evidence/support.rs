//! What the sources say about one operation, place by place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::claims::{Places, claims_of, described};
use super::documentation::{Page, ParameterRow};
use super::grade::Grade;
use super::kind;
use crate::place::{Place, Root, walk};
use crate::{Interaction, Location, Operation, Provenance};

/// How close a source is to the operation.
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

/// What the sources say about one place.
#[derive(Debug, Clone, Default)]
pub struct Support {
    sources: Vec<(Origin, String)>,
    kinds: BTreeSet<(Origin, String)>,
    /// Whether a table says that it is always there.
    pub(super) required: bool,
    /// Values that a table lists, each with its source.
    pub(super) listed: BTreeMap<String, String>,
    /// Texts that samples and recordings show, each with its source.
    pub(super) shown: BTreeMap<String, String>,
}

impl Support {
    /// How good the support is.
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

    /// Where to look it up.
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

    /// Whether a table lists values.
    pub(crate) fn lists_values(&self) -> bool {
        !self.listed.is_empty()
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

    fn named(&self, origin: Origin) -> impl Iterator<Item = &str> {
        let sources = self.sources.iter().filter(move |(one, _)| *one == origin);
        sources.map(|(_, name)| name.as_str())
    }
}

/// What the sources say, by place.
pub type Supports = BTreeMap<Place, Support>;

/// What the sources say about one operation; `shown` are the samples of its pages, and
/// recordings of it.
pub(super) fn support(
    operation: &Operation,
    spec: &Value,
    pages: &[Page],
    shown: &[&Interaction],
) -> Supports {
    let places = claims_of(spec, operation);
    let mut collection = Collection {
        operation,
        places: &places,
        supports: Supports::new(),
    };
    for interaction in shown {
        collection.interaction(interaction, spec);
    }
    let responses: BTreeSet<Place> = shown
        .iter()
        .map(|one| described(&places, one.recorded.response.status))
        .collect();
    for page in pages {
        if page.sibling_of.as_ref() == Some(&operation.id) {
            collection.tables(page, Origin::Sibling);
        } else if page.operation.as_ref() == Some(&operation.id) || page.is_common() {
            collection.tables(page, Origin::Row);
            collection.request(page);
            collection.headers(page, &responses);
        }
    }
    collection.supports
}

struct Collection<'a> {
    operation: &'a Operation,
    places: &'a Places,
    supports: Supports,
}

impl Collection<'_> {
    fn note(
        &mut self,
        place: &Place,
        kind: Option<&str>,
        origin: Origin,
        source: &str,
    ) -> &mut Support {
        let support = self.supports.entry(place.clone()).or_default();
        let source = (origin, source.to_owned());
        if !support.sources.contains(&source) {
            support.sources.push(source);
        }
        support
            .kinds
            .extend(kind.map(|kind| (origin, kind.to_owned())));
        support
    }

    /// Parameters and members.
    fn tables(&mut self, page: &Page, origin: Origin) {
        for row in &page.parameters {
            let source = format!("{}, row `{}`", page.id, row.name);
            self.parameter(row, origin, &source);
        }
        for structure in &page.structures {
            for row in &structure.members {
                let path = row.name.split('.');
                let place = path.fold(structure.at.clone(), |at, name| at.member(name));
                let source = format!("{}, {}, row `{}`", page.id, structure.name, row.name);
                let kind = Some(kind::of_documented(&row.kind));
                let support = self.note(&place, kind, origin, &source);
                if origin == Origin::Row {
                    list(support, &row.values, &source);
                }
            }
        }
    }

    fn parameter(&mut self, row: &ParameterRow, origin: Origin, source: &str) {
        let place = Place::parameter(row.location, &row.name);
        // A form that is demanded says more than the type `String`.
        let kind = match row.format {
            Some(_) => kind::TIME,
            None => kind::of_documented(&row.kind),
        };
        let support = self.note(&place, Some(kind), origin, source);
        support.required |= origin == Origin::Row && row.required == "Yes";
        // A text of several values is an array in the spec.
        let is_array = row.kind == "Array" || self.places.contains_key(&place.items());
        let (listing, kind) = match is_array {
            true => (place.items(), row.kind_of_items()),
            false => (place, None),
        };
        let support = self.note(&listing, kind, origin, source);
        if origin == Origin::Row {
            list(support, &row.values, source);
        }
    }

    /// Path, versions and credentials.
    fn request(&mut self, page: &Page) {
        if let Some(line) = &page.request {
            let source = format!("{}, request path", page.id);
            let place = Place::of(Root::Request);
            let support = self.note(&place, Some(line), Origin::Row, &source);
            support.listed.insert(page.versions().to_string(), source);
        }
        for scheme in &page.authentication {
            let name = match scheme.as_str() {
                "Basic" => "http basic",
                "OCP-ACCESS-KEY-HMACSHA1" => "apiKey header Authorization",
                other => other,
            };
            let source = format!("{}, authentication", page.id);
            let place = Place::of(Root::Security);
            let support = self.note(&place, None, Origin::Row, &source);
            support.listed.insert(name.to_owned(), source);
        }
    }

    /// Headers of the request, and those of each response that is shown.
    fn headers(&mut self, page: &Page, responses: &BTreeSet<Place>) {
        for header in &page.headers.request {
            let source = format!("{}, request header `{}`", page.id, header.name);
            let place = Place::parameter(Location::Header, &header.name);
            self.note(&place, None, Origin::Row, &source);
        }
        for header in &page.headers.response {
            let source = format!("{}, response header `{}`", page.id, header.name);
            for place in responses {
                if let Root::Response(status) = &place.root {
                    let place = Place::of(Root::Header(status.clone(), header.name.clone()));
                    let kind = kind::of_value(&header.example);
                    self.note(&place, kind, Origin::Row, &source);
                }
            }
        }
    }

    /// What a sample or a recording shows. The request is another operation's if a page of
    /// all operations shows a response.
    fn interaction(&mut self, interaction: &Interaction, spec: &Value) {
        let recorded = &interaction.recorded;
        let (origin, source) = match recorded.source.grade {
            Provenance::Recorded => (
                Origin::Recording,
                format!("{}, {}", recorded.source.observed(), interaction.case),
            ),
            _ => (Origin::Sample, format!("sample {}", interaction.case)),
        };
        if interaction.operation_id == self.operation.id {
            self.note(&Place::of(Root::Request), None, origin, &source);
            self.arguments(interaction, spec, origin, &source);
        }
        if let Ok(body) = serde_json::from_str::<Value>(&interaction.body) {
            let response = described(self.places, recorded.response.status);
            walk(&body, &response, &mut |place, _, value| {
                let support = self.note(place, kind::of_value(value), origin, &source);
                let text = value.as_str().map(|text| (text.to_owned(), source.clone()));
                support.shown.extend(text);
            });
        }
    }

    fn arguments(&mut self, interaction: &Interaction, spec: &Value, origin: Origin, source: &str) {
        for (name, text) in &interaction.recorded.request.query {
            let place = Place::parameter(Location::Query, name);
            // A request that was sent to an OCP shows that it was sent, and no type.
            let is_shown = origin == Origin::Sample;
            if self.places.contains_key(&place.items()) {
                let first = text.split(',').next().filter(|_| is_shown);
                self.note(&place, None, origin, source);
                self.note(&place.items(), first.map(kind::of_text), origin, source);
            } else {
                let kind = is_shown.then(|| kind::of_text(text));
                self.note(&place, kind, origin, source);
            }
        }
        // The path of the sample shows the parameters of the template that it fits.
        let arguments = interaction.arguments(spec).unwrap_or_default();
        for parameter in self.operation.parameters_in(Location::Path) {
            if let Some(value) = arguments.get(&parameter.name) {
                let place = Place::parameter(Location::Path, &parameter.name);
                let support = self.note(&place, kind::of_value(value), origin, source);
                support.required = true;
            }
        }
    }
}

fn list(support: &mut Support, groups: &BTreeMap<String, Vec<String>>, source: &str) {
    let values = groups.values().flatten();
    support
        .listed
        .extend(values.map(|value| (value.clone(), source.to_owned())));
}
