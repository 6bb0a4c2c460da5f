//! Folding: a fault breaks topics; what later rests on a broken topic is no fault of its
//! own, and follows from the finding that broke it.

use std::collections::HashMap;

use ocp_contract::strict::Severity;

use super::judgement::Fault;
use super::topic::Topic;

/// From which finding another one follows, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) rule: &'static str,
    pub(super) fingerprint: String,
}

/// Topics that are broken.
#[derive(Default)]
pub(super) struct Broken {
    /// The finding that broke each first.
    by: HashMap<Topic, String>,
    /// What every occurrence of a finding rests on.
    rests_on: HashMap<String, Vec<Topic>>,
}

impl Broken {
    /// Whether something has broken it.
    pub(super) fn has(&self, topic: &Topic) -> bool {
        self.by.contains_key(topic)
    }

    /// From which finding a fault follows; if from none, it breaks its topics.
    pub(super) fn enter(&mut self, fingerprint: &str, fault: &Fault) -> Option<Cause> {
        let cause = self.cause(fingerprint, &fault.rests_on);
        let rests_on = self.rests_on.entry(fingerprint.to_owned());
        rests_on
            .and_modify(|topics| topics.retain(|one| fault.rests_on.contains(one)))
            .or_insert_with(|| fault.rests_on.clone());
        // Who merely knows more than the contract breaks nothing.
        if fault.severity == Severity::Violation {
            let root = cause.as_ref().map_or(fingerprint, |one| &one.fingerprint);
            for topic in &fault.breaks {
                self.by
                    .entry(topic.clone())
                    .or_insert_with(|| root.to_owned());
            }
        }
        cause
    }

    /// From which finding another one follows that was made before it.
    pub(super) fn later_cause(&self, fingerprint: &str) -> Option<Cause> {
        self.cause(fingerprint, self.rests_on.get(fingerprint)?)
    }

    fn cause(&self, fingerprint: &str, rests_on: &[Topic]) -> Option<Cause> {
        rests_on.iter().find_map(|topic| {
            let cause = self.by.get(topic).filter(|one| *one != fingerprint)?;
            Some(Cause {
                rule: topic.rule(),
                fingerprint: cause.clone(),
            })
        })
    }
}
