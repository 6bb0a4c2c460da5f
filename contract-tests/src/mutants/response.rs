//! Mutants of the documented answers, killed by the checks of `verify`, and what
//! the client makes of them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is not worth a reference"
)]

use std::time::Duration;

use indicatif::ProgressBar;
use ocp_contract::evidence::Evidence;
use ocp_contract::{Grade, Interaction, Operation};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Family, Grades, Mutant, escape};
use crate::OPERATION;
use crate::verify::{Contract, Identity, Reading, Target};

/// Members whose words are a vocabulary.
fn is_word(spec: &Value, place: &str) -> bool {
    let places = ocp_contract::evidence::claims::claims(spec).remove(OPERATION);
    let node = places.and_then(|mut places| places.remove(place));
    node.is_some_and(|node| node.claims.iter().any(|claim| claim.starts_with("word ")))
}

pub(super) fn mutants(evidence: &Evidence, spec: &Value, grades: &Grades) -> Vec<Mutant> {
    let mut walk = Walk {
        spec,
        grades,
        case: "",
        status: 0,
        mutants: Vec::new(),
    };
    for interaction in documented(evidence) {
        walk.case = &interaction.case;
        walk.status = interaction.recorded.response.status;
        let Ok(body) = serde_json::from_str::<Value>(&interaction.body) else {
            continue;
        };
        walk.node(&body, "");
        walk.http(&interaction.body);
    }
    walk.mutants
}

fn documented(evidence: &Evidence) -> impl Iterator<Item = &Interaction> {
    evidence.interactions.iter().filter(|one| {
        one.operation_id == OPERATION && one.recorded.source.grade == Grade::Documented
    })
}

struct Walk<'a> {
    spec: &'a Value,
    grades: &'a Grades,
    case: &'a str,
    status: u16,
    mutants: Vec<Mutant>,
}

impl Walk<'_> {
    fn put(&mut self, operator: &str, pointer: &str, change: Value) {
        let place = self.place(pointer);
        let grade = self.grades.of_place(&place);
        let id = format!("{}{pointer}", self.case);
        let change = json!({ "case": self.case, "patch": change });
        self.mutants
            .push(Mutant::new(Family::Response, operator, &id, grade, change));
    }

    /// The place on the wire of a pointer into the body.
    fn place(&self, pointer: &str) -> String {
        let mut place = self.status.to_string();
        for (index, part) in pointer.split('/').skip(1).enumerate() {
            if part.parse::<usize>().is_ok() {
                place.push_str("[]");
            } else {
                place.push(if index == 0 { ' ' } else { '.' });
                place.push_str(part);
            }
        }
        place
    }

    fn replace(&mut self, operator: &str, pointer: &str, value: Value) {
        self.put(
            operator,
            pointer,
            json!([{ "op": "replace", "path": pointer, "value": value }]),
        );
    }

    fn node(&mut self, node: &Value, pointer: &str) {
        if !pointer.is_empty() {
            self.put(
                "removed",
                pointer,
                json!([{ "op": "remove", "path": pointer }]),
            );
            self.replace("nulled", pointer, Value::Null);
            self.replace("wrapped", pointer, json!([node]));
            let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            let name = &pointer[parent.len() + 1..];
            if name.parse::<usize>().is_err() {
                self.put(
                    "renamed",
                    pointer,
                    json!([{ "op": "move", "from": pointer, "path": format!("{pointer}X") }]),
                );
            }
        }
        match node {
            Value::Object(members) => {
                if !pointer.is_empty() {
                    self.replace("retyped-to-text", pointer, json!("object"));
                    self.replace("emptied", pointer, json!({}));
                }
                let at = format!("{pointer}/undocumented");
                self.put(
                    "member-added",
                    pointer,
                    json!([{ "op": "add", "path": at, "value": 1 }]),
                );
                for (name, member) in members {
                    self.node(member, &format!("{pointer}/{}", escape(name)));
                }
            }
            Value::Array(items) => {
                self.replace("emptied", pointer, json!([]));
                self.replace("retyped-to-object", pointer, json!({ "0": items.first() }));
                for (index, item) in items.iter().enumerate() {
                    let at = format!("{pointer}/{index}");
                    self.put(
                        "duplicated",
                        &at,
                        json!([{ "op": "copy", "from": at, "path": at }]),
                    );
                    self.node(item, &at);
                }
            }
            Value::String(text) => {
                self.replace("retyped-to-number", pointer, json!(7));
                self.replace("retyped-to-flag", pointer, json!(true));
                if !text.is_empty() {
                    self.replace("emptied", pointer, json!(""));
                }
                if is_word(self.spec, &self.place(pointer)) {
                    self.replace("unknown-word", pointer, json!("NOBODY_KNOWS"));
                    self.replace("small-letters", pointer, json!(text.to_lowercase()));
                }
                if chrono::DateTime::parse_from_rfc3339(text).is_ok() {
                    let date = text.get(..10).unwrap_or_default();
                    for (operator, value) in [
                        ("time-without-offset", json!(text.get(..19))),
                        ("time-with-a-blank", json!(text.replace('T', " "))),
                        ("time-as-date", json!(date)),
                        ("time-that-is-none", json!("2024-02-30T08:25:39Z")),
                        (
                            "time-compact-offset",
                            json!(format!("{date}T00:00:00+0000")),
                        ),
                        ("time-as-number", json!(1_723_105_539_150_u64)),
                    ] {
                        self.replace(operator, pointer, value);
                    }
                }
            }
            Value::Number(number) => {
                self.replace("retyped-to-text", pointer, json!(number.to_string()));
                self.replace("retyped-to-flag", pointer, json!(true));
                self.replace("fraction", pointer, json!(1.5));
                self.replace("negative", pointer, json!(-1));
                self.replace("too-large", pointer, json!(9_223_372_036_854_775_808_u64));
            }
            Value::Bool(flag) => {
                self.replace("flipped", pointer, json!(!flag));
                self.replace("retyped-to-text", pointer, json!(flag.to_string()));
                self.replace("retyped-to-number", pointer, json!(1));
            }
            Value::Null => {}
        }
    }

    /// What may go wrong around the body.
    fn http(&mut self, body: &str) {
        let mut put = |operator: &str, place: &str, change: Value| {
            let id = format!("{} {place}", self.case);
            let grade = self.grades.of_place(&self.status.to_string());
            let mut change = change;
            change["case"] = json!(self.case);
            self.mutants
                .push(Mutant::new(Family::Response, operator, &id, grade, change));
        };
        for status in [200, 201, 204, 302, 400, 401, 404, 429, 500, 503] {
            if status != self.status {
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

/// Serves every mutant and lets `verify` and its client look at it.
pub(super) async fn judge(
    evidence: &Evidence,
    mutants: &mut [Mutant],
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    let contract = Contract::read()?;
    let spec = crate::spec()?;
    let operation = Operation::find(&spec, OPERATION);
    anyhow::ensure!(operation.is_some(), "the spec lacks the operation");
    for interaction in documented(evidence) {
        let (found, reading) = look(&contract, interaction, &json!({})).await?;
        anyhow::ensure!(
            found.is_empty() && !matches!(reading, Reading::Wrong(_)),
            "the documented answer itself does not pass: {found:?}"
        );
    }
    for mutant in mutants {
        let interaction = documented(evidence).find(|one| mutant.change["case"] == *one.case);
        if let Some(interaction) = interaction {
            let (found, reading) = look(&contract, interaction, &mutant.change).await?;
            mutant.killed_by = found.into_iter().collect();
            mutant.client = Some(reading);
        }
        progress.inc(1);
    }
    Ok(())
}

/// Checks that find something in a changed answer, and the client's reading.
async fn look(
    contract: &Contract,
    interaction: &Interaction,
    change: &Value,
) -> anyhow::Result<(Vec<String>, Reading)> {
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
    let status = change["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let mut answer = ResponseTemplate::new(status.unwrap_or(recorded.status)).set_body_bytes(body);
    for (name, value) in &recorded.headers {
        answer = answer.insert_header(name.as_str(), value.as_str());
    }
    if let Some(media_type) = change["content_type"].as_str() {
        answer = answer.insert_header("content-type", media_type);
    }
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let target = Target {
        name: String::new(),
        url: &server.uri(),
        shown_url: "",
        identity: Identity::Nobody,
        certificates: None,
        timeout: Duration::from_secs(10),
        cluster: 1_000_005,
        tenant: 1_000_012,
        max_requests: 1,
        check_authentication: false,
        record: None,
    };
    contract.glance(&target, recorded.status).await
}
