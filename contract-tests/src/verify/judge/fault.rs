//! Faults that checks find, and the things that those are about.

use ocp_contract::strict::Severity;
use serde_json::Value;

use crate::verify::listing::Listing;
use crate::verify::row::Row;

/// Something that a violation may be about. Responses and pages are named by the places of
/// their exchanges; `None` is any of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A response, as far as the client reads it.
    Response(usize),
    /// A response that is of no use for what was asked.
    Body(usize),
    /// A response under a wrong HTTP status.
    Status(Option<usize>),
    /// The member of the row with an id.
    Member(i64, String),
    /// Ids, by which rows cannot be told apart.
    Ids,
    /// A row that is found, but not listed.
    Unlisted(i64),
    /// A page with more rows than were asked for, or with a wrong size.
    Size(Option<usize>),
    /// A page with wrong totals.
    Totals(Option<usize>),
    /// A page that says another number than was asked for.
    Number(Option<usize>),
    /// Pages, which do not have the rows that belong on them.
    Pages,
    /// A query parameter that does not filter.
    Parameter(String),
}

impl Thing {
    /// The members of a row.
    pub(super) fn members<'a>(row: Row<'_>, names: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let names = names.into_iter().map(str::to_owned);
        let member = |name| Some(Self::Member(row.id()?, name));
        names.filter_map(member).collect()
    }

    /// All that makes pages of no use to compare rows by.
    pub(super) fn pages<'a>(pages: impl IntoIterator<Item = &'a Listing<'a>>) -> Vec<Self> {
        let of = |page: &Listing<'_>| {
            let index = Some(page.index);
            let own = [Self::Size(index), Self::Totals(index), Self::Number(index)];
            own.into_iter().chain([Self::Body(page.index)])
        };
        let all = [Self::Ids, Self::Pages].into_iter();
        all.chain(pages.into_iter().flat_map(of)).collect()
    }

    /// The same thing of any exchange.
    pub(super) fn of_any(&self) -> Option<Self> {
        match self {
            Self::Status(_) => Some(Self::Status(None)),
            Self::Size(_) => Some(Self::Size(None)),
            Self::Totals(_) => Some(Self::Totals(None)),
            Self::Number(_) => Some(Self::Number(None)),
            _ => None,
        }
    }

    /// The reason to leave out what reads it.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Response(_) | Self::Body(_) => "a response that a finding is about",
            Self::Status(_) => "a response under a wrong HTTP status",
            Self::Member(..) | Self::Ids | Self::Unlisted(_) => "a row with a wrong member",
            Self::Size(_) | Self::Totals(_) | Self::Number(_) | Self::Pages => {
                "rows of pages that a finding is about"
            }
            Self::Parameter(_) => "a filter that a finding is about",
        }
    }
}

/// Something that is wrong, as a check puts it.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) severity: Severity,
    /// Place and kind, the same in every run.
    pub(super) kind: String,
    pub(super) expected: String,
    pub(super) got: String,
    /// JSON pointer into the body.
    pub(super) pointer: String,
    /// The check's own, if empty.
    pub(super) evidence: String,
    /// Things that must be right for this to be a fault.
    pub(super) reads: Vec<Thing>,
    /// Things that later checks cannot read.
    pub(super) spoils: Vec<Thing>,
    /// Another check tells of it.
    pub(super) is_told: bool,
}

impl Fault {
    pub(super) fn new(
        kind: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Violation,
            kind: kind.into(),
            expected: expected.into(),
            got: got.into(),
            pointer: String::new(),
            evidence: String::new(),
            reads: Vec::new(),
            spoils: Vec::new(),
            is_told: false,
        }
    }

    /// An empty text, which no source shows at this place.
    pub(super) fn empty(body: &Value, pointer: &str, place: &str) -> Option<Self> {
        let is_empty = body.pointer(pointer)?.as_str()?.is_empty();
        let kind = format!("{place} empty");
        let fault = Self::new(kind, "a text, as in the samples", "an empty text");
        is_empty.then(|| fault.at(pointer))
    }

    pub(super) fn at(self, pointer: impl Into<String>) -> Self {
        let pointer = pointer.into();
        Self { pointer, ..self }
    }

    pub(super) fn drift(self) -> Self {
        Self {
            severity: Severity::Drift,
            ..self
        }
    }

    pub(super) fn reads(mut self, things: impl IntoIterator<Item = Thing>) -> Self {
        self.reads.extend(things);
        self
    }

    pub(super) fn spoils(mut self, things: impl IntoIterator<Item = Thing>) -> Self {
        self.spoils.extend(things);
        self
    }

    pub(super) fn told(self, is_told: bool) -> Self {
        Self { is_told, ..self }
    }
}
