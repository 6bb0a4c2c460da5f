//! Mutants of the documented responses, killed by the checks of `verify`, and what
//! the client makes of them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is not worth a reference"
)]

use indicatif::ProgressBar;
use oceanbase_ocp::http;
use oceanbase_ocp::http::header::HeaderName;
use ocp_contract::evidence::claims::{Places, claims};
use ocp_contract::evidence::{Evidence, Place, Step, is_time, walk};
use ocp_contract::{Interaction, Provenance};
use serde_json::{Value, json};

use super::client::Reader;
use super::grades::Grades;
use super::mutant::{Family, Mutant};
use crate::verify::{Contract, Reading};

pub(super) fn mutants(evidence: &Evidence, spec: &Value, grades: &Grades) -> Vec<Mutant> {
    let claims = claims(spec);
    let mut mutants = Vec::new();
    for interaction in documented(evidence) {
        let Ok(body) = serde_json::from_str::<Value>(&interaction.body) else {
            continue;
        };
        let mut mutator = Mutator {
            places: claims.get(&interaction.operation_id),
            grades,
            interaction,
            mutants: Vec::new(),
        };
        let response = Place::response(interaction.recorded.response.status);
        walk(&body, &response, &mut |place, pointer, node| {
            mutator.node(node, place, pointer);
        });
        mutator.http(&interaction.body);
        mutants.append(&mut mutator.mutants);
    }
    mutants
}

fn documented(evidence: &Evidence) -> impl Iterator<Item = &Interaction> {
    let interactions = evidence.interactions.iter();
    interactions.filter(|one| one.recorded.source.grade == Provenance::Documented)
}

/// What an interaction is called in ids: `listTenantRestoreTasks/documented-sample`.
fn name(interaction: &Interaction) -> String {
    format!("{}/{}", interaction.operation_id, interaction.case)
}

struct Mutator<'a> {
    places: Option<&'a Places>,
    grades: &'a Grades,
    interaction: &'a Interaction,
    mutants: Vec<Mutant>,
}

impl Mutator<'_> {
    fn put(&mut self, operator: &str, pointer: &str, place: &Place, change: Value) {
        let grade = self.grades.of_place(&self.interaction.operation_id, place);
        let id = format!("{}{pointer}", name(self.interaction));
        let change = json!({ "case": name(self.interaction), "patch": change });
        self.mutants
            .push(Mutant::new(Family::Response, operator, &id, grade, change));
    }

    fn node(&mut self, node: &Value, place: &Place, pointer: &str) {
        let is_value = self
            .places
            .and_then(|places| places.get(place))
            .is_some_and(|node| node.values().next().is_some());
        let mut patch = |operator: &str, change: Value| self.put(operator, pointer, place, change);
        if !pointer.is_empty() {
            patch("removed", json!([{ "op": "remove", "path": pointer }]));
            let to = format!("{pointer}X");
            match place.path.last() {
                Some(Step::Member(_)) => {
                    patch(
                        "renamed",
                        json!([{ "op": "move", "from": pointer, "path": to }]),
                    );
                }
                _ => patch(
                    "duplicated",
                    json!([{ "op": "copy", "from": pointer, "path": pointer }]),
                ),
            }
        }
        let mut replace = |operator: &str, value: Value| {
            let change = json!([{ "op": "replace", "path": pointer, "value": value }]);
            self.put(operator, pointer, place, change);
        };
        if !pointer.is_empty() {
            replace("nulled", Value::Null);
            replace("wrapped", json!([node]));
        }
        match node {
            Value::Object(_) => {
                if !pointer.is_empty() {
                    replace("retyped-to-text", json!("object"));
                    replace("emptied", json!({}));
                }
                let at = format!("{pointer}/undocumented");
                let change = json!([{ "op": "add", "path": at, "value": 1 }]);
                self.put("member-added", pointer, place, change);
            }
            Value::Array(items) => {
                replace("emptied", json!([]));
                replace("retyped-to-object", json!({ "0": items.first() }));
            }
            Value::String(text) => {
                replace("retyped-to-number", json!(7));
                replace("retyped-to-flag", json!(true));
                if !text.is_empty() {
                    replace("emptied", json!(""));
                }
                if is_value {
                    replace("unknown-value", json!("NOBODY_KNOWS"));
                    replace("small-letters", json!(text.to_lowercase()));
                }
                if let Some(date) = text.get(..10).filter(|_| is_time(text)) {
                    for (operator, value) in [
                        ("time-without-offset", json!(text.get(..19))),
                        ("time-with-a-blank", json!(text.replace('T', " "))),
                        ("time-as-date", json!(date)),
                        ("time-that-is-none", json!("2024-02-30T08:25:39Z")),
                        ("time-with-another-offset", json!(other_offset(text, date))),
                        ("time-as-number", json!(1_723_105_539_150_u64)),
                    ] {
                        replace(operator, value);
                    }
                }
            }
            Value::Number(number) => {
                replace("retyped-to-text", json!(number.to_string()));
                replace("retyped-to-flag", json!(true));
                replace("fraction", json!(1.5));
                if number.as_i64().is_some_and(|number| number >= 0) {
                    replace("negative", json!(-1));
                }
                replace("too-large", json!(9_223_372_036_854_775_808_u64));
            }
            Value::Bool(flag) => {
                replace("flipped", json!(!flag));
                replace("retyped-to-text", json!(flag.to_string()));
                replace("retyped-to-number", json!(1));
            }
            Value::Null => {}
        }
    }

    /// What may go wrong around the body.
    fn http(&mut self, body: &str) {
        let mut put = |operator: &str, place: &str, change: Value| {
            let id = format!("{} {place}", name(self.interaction));
            let response = Place::response(self.interaction.recorded.response.status);
            let operation = &self.interaction.operation_id;
            let grade = self.grades.of_place(operation, &response);
            let mut change = change;
            change["case"] = json!(name(self.interaction));
            self.mutants
                .push(Mutant::new(Family::Response, operator, &id, grade, change));
        };
        for status in [200, 201, 204, 302, 400, 401, 404, 429, 500, 503] {
            if status != self.interaction.recorded.response.status {
                put(
                    "http-status",
                    &status.to_string(),
                    json!({ "status": status }),
                );
            }
        }
        for media_type in [
            "text/plain",
            "text/html",
            "application/xml",
            "application/octet-stream",
        ] {
            put(
                "content-type",
                media_type,
                json!({ "content_type": media_type }),
            );
        }
        for share in [0, 1, 2, 3] {
            let cut: String = body
                .chars()
                .take(body.chars().count() * share / 4)
                .collect();
            put(
                "truncated",
                &format!("to {share}/4"),
                json!({ "body": cut }),
            );
        }
        for (operator, text) in [
            ("text-behind", format!("{body}x")),
            ("text-before", format!("\u{feff}{body}")),
            ("twice", format!("{body}{body}")),
            ("web-page", "<html></html>".to_owned()),
        ] {
            put(operator, "body", json!({ "body": text }));
        }
    }
}

/// The time in the other form that OCP writes: with or without a colon.
fn other_offset(text: &str, date: &str) -> String {
    let is_compact = chrono::DateTime::parse_from_rfc3339(text).is_err();
    let offset = if is_compact { "+08:00" } else { "+0000" };
    format!("{date}T00:00:00{offset}")
}

/// Lets the checks of `verify` and the client judge every mutant.
pub(super) async fn judge(
    evidence: &Evidence,
    spec: &Value,
    mutants: &mut [Mutant],
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    let judge = Judge {
        contract: Contract::read()?,
        reader: Reader::start().await?,
        spec,
    };
    for interaction in documented(evidence) {
        let (found, reading) = judge.judge(interaction, &json!({})).await?;
        anyhow::ensure!(
            found.is_empty() && !matches!(reading, Some(Reading::Wrong(_))),
            "the documented response itself does not pass: {found:?}"
        );
    }
    for mutant in mutants {
        let interaction = documented(evidence).find(|one| mutant.change["case"] == name(one));
        if let Some(interaction) = interaction {
            let (found, reading) = judge.judge(interaction, &mutant.change).await?;
            mutant.killed_by = found.into_iter().collect();
            mutant.client = reading;
        }
        progress.inc(1);
    }
    Ok(())
}

/// What judges a changed response.
struct Judge<'a> {
    contract: Contract,
    reader: Reader,
    spec: &'a Value,
}

impl Judge<'_> {
    /// Checks that find something, and the client's reading.
    async fn judge(
        &self,
        interaction: &Interaction,
        change: &Value,
    ) -> anyhow::Result<(Vec<String>, Option<Reading>)> {
        let response = changed(interaction, change)?;
        let operation = &interaction.operation_id;
        let arguments = interaction
            .arguments(self.spec)
            .map_err(anyhow::Error::msg)?;
        let outcome = self.reader.read(operation, arguments, &response).await;
        let due = interaction.recorded.response.status;
        self.contract.judge(operation, due, response, Some(outcome))
    }
}

/// The response of an interaction, changed.
fn changed(interaction: &Interaction, change: &Value) -> anyhow::Result<http::Response<Vec<u8>>> {
    let mut body = interaction.body.clone();
    if let Some(patch) = change.get("patch") {
        let patch: json_patch::Patch = serde_json::from_value(patch.clone())?;
        let mut value: Value = serde_json::from_str(&body)?;
        json_patch::patch(&mut value, &patch)?;
        body = value.to_string();
    }
    if let Some(text) = change["body"].as_str() {
        body = text.to_owned();
    }
    let recorded = &interaction.recorded.response;
    let status = match change["status"].as_u64() {
        Some(status) => u16::try_from(status)?,
        None => recorded.status,
    };
    // Under this status HTTP has no body.
    if status == 204 {
        body.clear();
    }
    let mut response = http::Response::builder()
        .status(status)
        .body(body.into_bytes())?;
    let headers = recorded.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
    let media_type = change["content_type"].as_str();
    for (name, value) in headers.chain(media_type.map(|one| ("content-type", one))) {
        let name: HeaderName = name.parse()?;
        response.headers_mut().insert(name, value.parse()?);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use ocp_contract::escape;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_undocumented_member_is_drift_whatever_it_is_called() {
        let evidence = Evidence::embedded().unwrap();
        let spec = crate::spec().unwrap();
        let mut samples = documented(&evidence);
        let sample = samples.find(|one| one.operation_id == "listTenantRestoreTasks");
        let sample = sample.unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let judges = Judge {
            contract: Contract::read().unwrap(),
            reader: runtime.block_on(Reader::start()).unwrap(),
            spec: &spec,
        };
        let judge = |name: &str| {
            let path = format!("/data/contents/1/{}", escape(name));
            let add = json!({ "op": "add", "path": path, "value": { name: 1 } });
            let change = json!({ "patch": [add] });
            let (checks, reading) = runtime.block_on(judges.judge(sample, &change)).unwrap();
            assert_eq!(checks, ["conformance"], "{name:?}");
            assert_eq!(reading, Some(Reading::Right), "{name:?}");
        };
        for name in ["new", "a b", "a/b", "~", "~1", "", "7", "集群", "\"", "\n"] {
            judge(name);
        }
        let settings = ProptestConfig::with_cases(64);
        proptest!(settings, |(name in "\\PC{0,12}")| judge(&name));
    }
}
