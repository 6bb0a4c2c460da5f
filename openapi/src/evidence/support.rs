//! What the sources say about one operation, in the form of [`claims`].
//!
//! [`claims`]: super::claims

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::claim::Claim;
use super::claims::{Places, claims_of, described};
use super::documentation::{Page, ParameterRow};
use super::grade::Grade;
use super::kind::{Kind, is_array};
use super::place::{Place, Root, walk};
use crate::{Interaction, Location, Operation, Provenance};

/// What the sources say about one place.
#[derive(Debug, Clone, Default)]
pub struct Support {
    /// Rows of this operation's page, or of pages that hold for every operation.
    pub(super) rows: Vec<String>,
    /// Samples that show it.
    pub(super) samples: Vec<String>,
    /// Recordings of a running OCP that show it.
    pub(super) recordings: Vec<String>,
    /// Rows of a sibling operation.
    pub(super) siblings: Vec<String>,
    /// Types, with the grade that their source has alone.
    kinds: Vec<(Kind, Grade)>,
    /// Everything else, by claim, with its source.
    pub(super) claims: BTreeMap<Claim, String>,
    /// Texts that samples show here.
    pub(super) texts: BTreeSet<String>,
    /// Texts that recordings show here.
    pub(super) recorded_texts: BTreeSet<String>,
    /// Values that a table lists in two of its groups.
    pub(super) repeated: BTreeSet<String>,
}

impl Support {
    /// How good the support is.
    pub fn grade(&self) -> Grade {
        match (self.rows.is_empty(), self.samples.is_empty()) {
            (false, false) => Grade::Both,
            (false, true) => Grade::Documented,
            (true, false) => Grade::Sampled,
            (true, true) if !self.recordings.is_empty() => Grade::Observed,
            (true, true) if !self.siblings.is_empty() => Grade::Sibling,
            (true, true) => Grade::Inferred,
        }
    }

    /// Where to look it up.
    pub fn sources(&self) -> String {
        let mut sources: Vec<&str> = [&self.rows, &self.samples, &self.recordings]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if sources.is_empty() {
            sources.extend(self.siblings.iter().map(String::as_str));
        }
        sources.dedup();
        sources.join("; ")
    }

    /// Recordings of a running OCP that show it.
    pub fn recordings(&self) -> &[String] {
        &self.recordings
    }

    /// Whether a source lists values.
    pub(crate) fn lists_values(&self) -> bool {
        let mut claims = self.claims.keys();
        claims.any(|claim| matches!(claim, Claim::Value(_)))
    }

    /// The one type that the sources agree on, or all that they say.
    ///
    /// A table's `String` says nothing against a time that every sample shows.
    pub(super) fn kind(&self) -> Result<Option<&Kind>, Vec<&Kind>> {
        let of = |grade| -> BTreeSet<&Kind> {
            let kinds = self.kinds.iter().filter(|(_, one)| *one == grade);
            kinds.map(|(kind, _)| kind).collect()
        };
        let shown: BTreeSet<&Kind> = &of(Grade::Sampled) | &of(Grade::Observed);
        let mut all = of(Grade::Documented);
        if shown.iter().eq([&&Kind::time()]) {
            all.remove(&Kind::plain("string"));
        }
        all.extend(shown);
        if all.is_empty() {
            all = of(Grade::Sibling);
        }
        match all.len() {
            0 | 1 => Ok(all.pop_first()),
            _ => Err(all.into_iter().collect()),
        }
    }
}

/// The pattern of a documented form.
fn pattern_of(form: &str) -> Value {
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
    format!("^{form}$").into()
}

/// What the sources say, by place.
pub type Supports = BTreeMap<Place, Support>;

/// What the sources say about one operation; `samples` are those of its pages, and
/// recordings of it.
pub(super) fn support(
    operation: &Operation,
    spec: &Value,
    pages: &[Page],
    samples: &[&Interaction],
) -> Supports {
    let places = claims_of(spec, operation);
    let mut collection = Collection {
        operation,
        places: &places,
        supports: Supports::new(),
    };
    for interaction in samples {
        collection.sample(interaction, spec);
    }
    let responses: BTreeSet<Place> = samples
        .iter()
        .map(|one| described(&places, one.recorded.response.status))
        .collect();
    for page in pages {
        let own = page.operation.as_ref() == Some(&operation.id);
        if page.sibling_of.as_ref() == Some(&operation.id) {
            collection.tables(page, Grade::Sibling);
        } else if own || page.is_common() {
            collection.tables(page, Grade::Documented);
            collection.rest(page, &responses);
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
    fn at(&mut self, place: &Place) -> &mut Support {
        self.supports.entry(place.clone()).or_default()
    }

    fn note(&mut self, place: &Place, kind: Option<Kind>, grade: Grade, source: &str) {
        let support = self.at(place);
        let sources = match grade {
            Grade::Sibling => &mut support.siblings,
            Grade::Sampled => &mut support.samples,
            Grade::Observed => &mut support.recordings,
            _ => &mut support.rows,
        };
        if !sources.iter().any(|one| one == source) {
            sources.push(source.to_owned());
        }
        support.kinds.extend(kind.map(|kind| (kind, grade)));
    }

    fn say(&mut self, place: &Place, claim: Claim, source: &str) {
        self.at(place).claims.insert(claim, source.to_owned());
    }

    /// Parameters and members.
    fn tables(&mut self, page: &Page, grade: Grade) {
        for row in &page.parameters {
            let source = format!("{}, row `{}`", page.id, row.name);
            let place = Place::parameter(row.location, &row.name);
            // A form that is demanded says more than the type `String`.
            let kind = match row.format {
                Some(_) => Kind::time(),
                None => Kind::of_documented(&row.kind),
            };
            self.note(&place, Some(kind), grade, &source);
            if is_array(&row.kind) {
                self.note(&place.items(), row.kind_of_items(), grade, &source);
            }
            if grade != Grade::Sibling {
                self.parameter(row, &place, &source);
            }
        }
        for structure in &page.structures {
            for row in &structure.members {
                let path = row.name.split('.');
                let place = path.fold(structure.at.clone(), |at, name| at.member(name));
                let source = format!("{}, {}, row `{}`", page.id, structure.name, row.name);
                let kind = Kind::of_documented(&row.kind);
                self.note(&place, Some(kind), grade, &source);
                if grade != Grade::Sibling {
                    self.values(&row.values, &place, &source);
                }
            }
        }
    }

    fn parameter(&mut self, row: &ParameterRow, place: &Place, source: &str) {
        if row.required == "Yes" {
            self.say(place, Claim::Required, source);
        }
        if let Some(form) = &row.format {
            let claim = Claim::keyword("pattern", &pattern_of(form));
            self.say(place, claim, source);
        }
        if let Some(example) = &row.example {
            let example = match example.as_str() {
                Some(values) if is_array(&row.kind) => values.split(',').collect(),
                _ => example.clone(),
            };
            self.say(place, Claim::keyword("example", &example), source);
        }
        self.values(&row.values, &place.items(), source);
    }

    fn values(&mut self, groups: &BTreeMap<String, Vec<String>>, place: &Place, source: &str) {
        for value in groups.values().flatten() {
            let claim = Claim::Value(value.clone());
            let support = self.at(place);
            if support.claims.insert(claim, source.to_owned()).is_some() {
                support.repeated.insert(value.clone());
            }
        }
    }

    /// What a page says besides its tables.
    fn rest(&mut self, page: &Page, responses: &BTreeSet<Place>) {
        let grade = Grade::Documented;
        let source = |what: &str| format!("{}, {what}", page.id);
        if let Some(request) = &page.request {
            let place = Place::of(Root::Request);
            let source = source("request path");
            self.note(&place, Some(Kind::Request(request.clone())), grade, &source);
            let versions = page.versions();
            let versions = json!({ "first": versions.first, "last": versions.last });
            let claim = Claim::keyword("x-documented-versions", &versions);
            self.say(&place, claim, &source);
        }
        let security = Place::of(Root::Security);
        for scheme in &page.authentication {
            let name = match scheme.as_str() {
                "Basic" => "http basic",
                "OCP-ACCESS-KEY-HMACSHA1" => "apiKey header Authorization",
                other => other,
            };
            let source = source("authentication");
            self.note(&security, Some(Kind::Alternatives), grade, &source);
            self.say(&security, Claim::Scheme(name.into()), &source);
        }
        for header in &page.headers.request {
            let source = source(&format!("request header `{}`", header.name));
            let place = Place::parameter(Location::Header, &header.name);
            self.note(&place, None, grade, &source);
            if header.name == "Content-Type" {
                let media_type = header.example.as_str().unwrap_or_default();
                let source = format!("{source}, used uniformly");
                for place in responses {
                    self.say(place, Claim::MediaType(media_type.into()), &source);
                }
            }
        }
        for header in &page.headers.response {
            let source = source(&format!("response header `{}`", header.name));
            for place in responses {
                let Root::Response(status) = &place.root else {
                    continue;
                };
                let place = Place::of(Root::Header(status.clone(), header.name.clone()));
                let kind = Kind::of_value(&header.example);
                self.note(&place, kind, grade, &source);
                let claim = Claim::keyword("example", &header.example);
                self.say(&place, claim, &source);
            }
        }
    }

    /// What a sample or a recording shows. The request is another operation's where
    /// a page of all operations shows a response.
    fn sample(&mut self, interaction: &Interaction, spec: &Value) {
        let recorded = &interaction.recorded;
        let (grade, source) = match recorded.source.grade {
            Provenance::Recorded => (
                Grade::Observed,
                format!("{}, {}", recorded.source.observed(), interaction.case),
            ),
            _ => (Grade::Sampled, format!("sample {}", interaction.case)),
        };
        if interaction.operation_id == self.operation.id {
            self.note(&Place::of(Root::Request), None, grade, &source);
            for (name, text) in &recorded.request.query {
                let place = Place::parameter(Location::Query, name);
                // What somebody sent to an OCP shows that it was sent, and no type.
                let kind = Some(Kind::of_text(text)).filter(|_| grade == Grade::Sampled);
                self.note(&place, kind, grade, &source);
            }
            // The path of the sample shows the parameters of the template it fits.
            let arguments = interaction.arguments(spec).unwrap_or_default();
            for parameter in self.operation.parameters_in(Location::Path) {
                if let Some(value) = arguments.get(&parameter.name) {
                    let place = Place::parameter(Location::Path, &parameter.name);
                    self.note(&place, Kind::of_value(value), grade, &source);
                }
            }
        }
        if let Ok(body) = serde_json::from_str::<Value>(&interaction.body) {
            let response = described(self.places, recorded.response.status);
            walk(&body, &response, &mut |place, _, value| {
                self.note(place, Kind::of_value(value), grade, &source);
                let support = self.at(place);
                let texts = match grade {
                    Grade::Sampled => &mut support.texts,
                    _ => &mut support.recorded_texts,
                };
                texts.extend(value.as_str().map(str::to_owned));
            });
        }
    }
}
