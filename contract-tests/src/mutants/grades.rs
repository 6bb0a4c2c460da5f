//! What the nodes of the spec rest on.

use std::collections::BTreeMap;

use ocp_contract::evidence::claims::claims;
use ocp_contract::evidence::{Evidence, Grade, Place};
use serde_json::Value;

/// What the nodes of the spec rest on, operation by operation.
pub(super) struct Grades {
    /// By JSON pointer of the node.
    pointers: BTreeMap<String, Grade>,
    /// By operation and place on the wire.
    places: BTreeMap<(String, Place), Grade>,
}

impl Grades {
    pub(super) fn new(spec: &Value, evidence: &Evidence) -> Self {
        let (mut pointers, mut places) = (BTreeMap::new(), BTreeMap::new());
        for (operation, nodes) in claims(spec) {
            let supports = evidence.supports(spec, &operation);
            for (place, node) in nodes {
                let support = supports.get(&place);
                let grade = support.map_or(Grade::Inferred, |one| one.grade());
                // One node may stand at several places; the best of them counts.
                let known = pointers.entry(node.pointer).or_insert(grade);
                *known = grade.min(*known);
                places.insert((operation.clone(), place), grade);
            }
        }
        Self { pointers, places }
    }

    /// The grade of a node, or of the nearest above it.
    pub(super) fn of_pointer(&self, pointer: &str) -> Grade {
        let mut at = pointer;
        loop {
            if let Some(grade) = self.pointers.get(at) {
                return *grade;
            }
            match at.rfind('/') {
                Some(cut) => at = &at[..cut],
                None => return Grade::Inferred,
            }
        }
    }

    pub(super) fn of_place(&self, operation: &str, place: &Place) -> Grade {
        let grade = self.places.get(&(operation.to_owned(), place.clone()));
        grade.copied().unwrap_or(Grade::Sampled)
    }
}
