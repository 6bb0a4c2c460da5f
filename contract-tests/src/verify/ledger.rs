//! The book on one operation: what became of each check, and what was found.

use std::collections::BTreeMap;

use serde_json::Value;

use super::broken::{Broken, Cause};
use super::check::CheckId;
use super::finding::{self, CheckReport, Finding, Line};
use super::judgement::{Fault, Judgement};
use super::response::Response;

/// Checks and findings of one operation.
pub(super) struct Ledger {
    operation: String,
    pub(super) checks: Vec<CheckReport>,
    pub(super) findings: Vec<Finding>,
    pub(super) broken: Broken,
    /// Findings of which every occurrence so far follows from another one.
    follows: BTreeMap<String, Cause>,
}

impl Ledger {
    /// With these checks; what others say is not kept.
    pub(super) fn new(operation: &str, checks: impl Iterator<Item = CheckId>) -> Self {
        Self {
            operation: operation.to_owned(),
            checks: checks
                .map(|check| CheckReport::new(Some(operation), check))
                .collect(),
            findings: Vec::new(),
            broken: Broken::default(),
            follows: BTreeMap::new(),
        }
    }

    /// Enters what checks say, of a response if of any.
    pub(super) fn enter(
        &mut self,
        response: Option<&Response>,
        judgements: impl IntoIterator<Item = Judgement>,
    ) {
        for judgement in judgements {
            self.enter_one(response, judgement);
        }
    }

    fn enter_one(&mut self, response: Option<&Response>, judgement: Judgement) {
        let (Judgement::Applied(id, _) | Judgement::Observed(id, _) | Judgement::Skipped(id, _)) =
            &judgement;
        let mut checks = self.checks.iter_mut();
        let Some(check) = checks.find(|one| one.id == id.as_str()) else {
            return;
        };
        match judgement {
            Judgement::Applied(id, faults) => {
                check.judged += 1;
                for fault in faults {
                    self.add(id, fault, response);
                }
            }
            Judgement::Observed(_, observed) => {
                check.judged += 1;
                if !check.observations.contains(&observed) {
                    check.observations.push(observed);
                }
            }
            Judgement::Skipped(_, reason) => {
                check.reason.get_or_insert(reason);
            }
        }
    }

    /// Nothing but these checks stays, and no finding.
    pub(super) fn forget(&mut self, keeps: impl Fn(&str) -> bool) {
        self.findings.clear();
        self.checks.retain(|one| keeps(&one.id));
    }

    fn add(&mut self, check: CheckId, fault: Fault, response: Option<&Response>) {
        let operation = &self.operation;
        let fingerprint = format!("{operation}/{check}: {}", fault.kind);
        let cause = self.broken.enter(&fingerprint, &fault);
        let evidence = match fault.evidence.as_str() {
            "" => check.evidence().to_owned(),
            _ => fault.evidence,
        };
        let pointer = fault.pointer;
        let is_known = self
            .findings
            .iter()
            .any(|one| one.fingerprint == fingerprint);
        match cause {
            Some(cause) if !is_known => drop(self.follows.insert(fingerprint.clone(), cause)),
            Some(_) => {}
            None => drop(self.follows.remove(&fingerprint)),
        }
        let finding = Finding {
            operation: Some(operation.clone()),
            expected: fault.expected,
            evidence,
            got: fault.got,
            request: response.map(|response| format!("GET {}", response.target)),
            pointer: pointer.clone(),
            excerpt: response.map_or_else(Vec::new, |response| excerpt(response, &pointer)),
            curl: response.map(|response| response.curl.clone()),
            client: response.and_then(|response| response.meaning),
            ..Finding::new(check.as_str(), fault.severity, fingerprint)
        };
        finding::add(&mut self.findings, finding);
    }

    /// Checks, and findings: each that follows from another one stands under it.
    pub(super) fn close(mut self) -> (Vec<CheckReport>, Vec<Finding>) {
        for one in &self.findings {
            let fingerprint = &one.fingerprint;
            if let (false, Some(cause)) = (
                self.follows.contains_key(fingerprint),
                self.broken.later_cause(fingerprint),
            ) {
                self.follows.insert(fingerprint.clone(), cause);
            }
        }
        let root = |fingerprint: &str| {
            let mut at = fingerprint.to_owned();
            // As many steps as there are findings lead to every root.
            for _ in 0..self.follows.len() {
                match self.follows.get(&at) {
                    Some(cause) => at.clone_from(&cause.fingerprint),
                    None => break,
                }
            }
            at
        };
        let (followers, mut roots): (Vec<Finding>, Vec<Finding>) = self
            .findings
            .into_iter()
            .partition(|one| self.follows.contains_key(&one.fingerprint));
        for mut finding in followers {
            let cause = root(&finding.fingerprint);
            let cause = roots.iter_mut().find(|one| one.fingerprint == cause);
            match (cause, self.follows.get(&finding.fingerprint)) {
                (Some(cause), Some(follows)) => {
                    finding.rule = Some(follows.rule.to_owned());
                    cause.consequences.push(finding);
                }
                _ => roots.push(finding),
            }
        }
        (self.checks, roots)
    }
}

/// The members of the object around a place in a body, the one at the place marked.
fn excerpt(response: &Response, pointer: &str) -> Vec<Line> {
    let Ok(body) = &response.body else {
        return Vec::new();
    };
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return Vec::new();
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let object = |pointer: &str| body.pointer(pointer).and_then(Value::as_object);
    // Of a row that is wrong as a whole, all members.
    let Some(members) = object(parent).or_else(|| object(pointer)) else {
        return Vec::new();
    };
    let secrets = &*response.secrets;
    let line = |(key, value): (&String, &Value)| {
        let is_wrong = *key == name;
        let key = secrets.shortened(key);
        // Other values are nobody's business, and none of the finding's.
        let value = match is_wrong {
            true => secrets.quote(value),
            false => "…".to_owned(),
        };
        Line {
            text: format!("{}: {value}", Value::from(key)),
            is_wrong,
        }
    };
    members.iter().map(line).collect()
}
