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
