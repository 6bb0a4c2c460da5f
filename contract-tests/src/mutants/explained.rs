//! Survivors that are known, each with its reason.

use std::collections::BTreeSet;
use std::path::Path;

use ocp_contract::{Document, read_text};
use serde::{Deserialize, Serialize};

use super::mutant::Mutant;
use crate::verify::Reading;

/// Mutants that nothing can or should notice, and why.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// Why.
    pub reason: String,
    /// Their ids.
    pub mutants: Vec<String>,
}

/// Reads a file of explained survivors.
///
/// # Errors
///
/// When it cannot be read or is malformed.
pub fn read(file: &Path) -> anyhow::Result<Vec<Explained>> {
    let name = file.display().to_string();
    let text = read_text(file, &name).map_err(|error| anyhow::anyhow!("{error}"))?;
    let document = Document::parse(&name, &text).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(serde_json::from_value(document.value().clone())?)
}

/// What the list and the survivors say differently, as sentences.
pub(super) fn disagreements(mutants: &[Mutant], explained: &[Explained]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for id in explained.iter().flat_map(|one| &one.mutants) {
        if !known.insert(id.as_str()) {
            wrong.push(format!("{id} is explained twice"));
        }
        match mutants.iter().find(|one| one.id == *id) {
            None => wrong.push(format!("{id} is explained, but there is no such mutant")),
            Some(mutant) if !mutant.killed_by.is_empty() => {
                wrong.push(format!(
                    "{id} is explained, but it is killed: remove the explanation"
                ));
            }
            Some(_) => {}
        }
    }
    for mutant in mutants {
        if mutant.killed_by.is_empty() && !known.contains(mutant.id.as_str()) {
            wrong.push(format!(
                "{} survives ({}), and nothing explains why",
                mutant.id, mutant.grade
            ));
        }
        if let Some(Reading::Wrong(what)) = &mutant.client {
            wrong.push(format!(
                "{}: the client is silently wrong: {what}",
                mutant.id
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Explained, disagreements};
    use crate::mutants::mutant::{Family, Mutant};
    use crate::verify::Reading;

    fn mutant(place: &str, killer: Option<&str>, client: Option<Reading>) -> Mutant {
        let mut mutant = Mutant::new(
            Family::Response,
            "removed",
            place,
            ocp_contract::evidence::Grade::Sampled,
            json!([]),
        );
        mutant.killed_by.extend(killer.map(str::to_owned));
        mutant.client = client;
        mutant
    }

    fn explained(ids: &[&str]) -> Vec<Explained> {
        let mutants = ids.iter().map(ToString::to_string).collect();
        let reason = "it is known".to_owned();
        vec![Explained { reason, mutants }]
    }

    #[test]
    fn survivors_and_explanations_are_held_against_each_other() {
        let wrong = Reading::Wrong("/id is 1 in the response, the client has 2".into());
        let mutants = [
            mutant("/dead", Some("conformance"), Some(Reading::Right)),
            mutant("/known", None, None),
            mutant("/new", None, None),
            mutant("/silent", Some("client"), Some(wrong)),
        ];
        let list = explained(&[
            "response/removed:/known",
            "response/removed:/known",
            "response/removed:/dead",
            "response/removed:/gone",
        ]);
        assert_eq!(
            disagreements(&mutants, &list),
            [
                "response/removed:/known is explained twice",
                "response/removed:/dead is explained, but it is killed: remove the explanation",
                "response/removed:/gone is explained, but there is no such mutant",
                "response/removed:/new survives (sampled), and nothing explains why",
                "response/removed:/silent: the client is silently wrong: /id is 1 in the response, the client has 2",
            ]
        );
        assert!(disagreements(&mutants[..2], &explained(&["response/removed:/known"])).is_empty());
    }
}
