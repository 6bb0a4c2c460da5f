//! What findings rest on. A fault breaks topics; what later rests on a broken topic
//! may be no fault of its own, and follows from the first.

use std::collections::HashMap;

use ocp_contract::strict::Severity;

use super::judgement::Fault;

/// Something that a check takes for granted, because another check judges it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// The HTTP status of the response of this number.
    Status(usize),
    /// That its body can be used for what was asked.
    Body(usize),
    /// That its envelope, or an object in it, has the members of the contract at all.
    Shape(usize, String),
    /// That the client can read it.
    Response(usize),
    /// A member of the row with this id.
    Member(i64, String),
    /// The row with this id is listed.
    Row(i64),
    /// Rows can be told apart by their ids.
    Ids,
    /// This parameter filters.
    Filter(String),
    /// A page has as many rows as were asked for.
    Sizes,
    /// Totals are those of the rows.
    Totals,
    /// A page has the rows that belong on it.
    Pages,
}

impl Topic {
    /// The name of the rule by which a finding follows from what breaks the topic.
    fn rule(&self) -> &'static str {
        match self {
            Self::Status(_) | Self::Body(_) | Self::Response(_) => "unusable-response",
            Self::Shape(..) => "shared-cause",
            Self::Member(..) => "damaged-row",
            Self::Ids => "damaged-ids",
            Self::Row(_) => "unlisted-row",
            Self::Filter(_) => "broken-filter",
            Self::Sizes | Self::Totals | Self::Pages => "unreliable-pages",
        }
    }
}

/// From which finding another one follows, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) rule: &'static str,
    pub(super) fingerprint: String,
}

/// Topics that are broken, by the finding that broke each first.
#[derive(Default)]
pub(super) struct Broken(HashMap<Topic, String>);

impl Broken {
    /// Whether something has broken it.
    pub(super) fn has(&self, topic: &Topic) -> bool {
        self.0.contains_key(topic)
    }

    /// From which finding a fault follows; if from none, it breaks its topics.
    pub(super) fn enter(&mut self, fingerprint: &str, fault: &Fault) -> Option<Cause> {
        let causes = fault.rests_on.iter().filter_map(|topic| {
            let cause = self.0.get(topic).filter(|one| *one != fingerprint)?;
            Some(Cause {
                rule: topic.rule(),
                fingerprint: cause.clone(),
            })
        });
        let cause = causes.into_iter().next();
        // Who merely knows more than the contract breaks nothing.
        if fault.severity == Severity::Violation {
            let root = cause.as_ref().map_or(fingerprint, |one| &one.fingerprint);
            for topic in &fault.breaks {
                self.0
                    .entry(topic.clone())
                    .or_insert_with(|| root.to_owned());
            }
        }
        cause
    }
}
