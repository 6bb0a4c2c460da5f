//! Mutants of the requests that the client sends, killed by the law that a request
//! says what its caller asked for, in the terms of the description, and has the
//! headers that the documentation demands. The recorded request itself is no judge.

use indicatif::ProgressBar;
use ocp_contract::evidence::{Evidence, Place, Root};
use ocp_contract::{Interaction, Location, RequestLine};
use serde::Serialize;
use serde_json::{Map, Value};

use super::grades::Grades;
use super::mutant::{Family, Mutant};
use crate::replay;

/// A request as it arrived.
#[derive(Debug, Clone, Serialize)]
struct Sent {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    content_type: Option<String>,
}

/// A request that the client sends, and what its caller asked for.
struct Call<'a> {
    interaction: &'a Interaction,
    arguments: Map<String, Value>,
    sent: Sent,
}

/// Lets the client send the request of every interaction whose arguments the
/// description takes, makes the mutants of each, and judges them.
pub(super) async fn mutants(
    evidence: &Evidence,
    spec: &Value,
    grades: &Grades,
    progress: &ProgressBar,
) -> anyhow::Result<Vec<Mutant>> {
    let media_types = media_types(evidence);
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut seen = Vec::new();
    for interaction in &evidence.interactions {
        let line = (&interaction.operation_id, &interaction.recorded.request);
        if seen.contains(&line) {
            continue;
        }
        seen.push(line);
        let Ok(arguments) = interaction.arguments(spec) else {
            continue;
        };
        let sent = sent(interaction, spec).await?;
        let call = Call {
            interaction,
            arguments,
            sent,
        };
        let clean = call.killers(&call.sent, spec, &media_types);
        anyhow::ensure!(
            clean.is_empty(),
            "the request of {} itself does not pass: {}",
            interaction.case,
            clean.join(", ")
        );
        for (operator, what, place, mutated) in call.mutated() {
            let grade = grades.of_place(&interaction.operation_id, &place);
            let id = format!("{}/{} {what}", interaction.operation_id, interaction.case);
            let change = serde_json::to_value(&mutated)?;
            let mut mutant = Mutant::new(Family::Request, operator, &id, grade, change);
            let killers = call.killers(&mutated, spec, &media_types);
            mutant.killed_by = killers.into_iter().map(str::to_owned).collect();
            mutants.push(mutant);
            progress.inc_length(1);
            progress.inc(1);
        }
    }
    Ok(mutants)
}

/// What arrives when the client makes the call of an interaction.
async fn sent(interaction: &Interaction, spec: &Value) -> anyhow::Result<Sent> {
    let requests = replay::requests(interaction, spec).await;
    let [request] = requests.as_slice() else {
        anyhow::bail!(
            "{} requests arrived for {}",
            requests.len(),
            interaction.case
        );
    };
    let query = request.url.query_pairs();
    let content_type = request.headers.get("content-type");
    Ok(Sent {
        method: request.method.to_string(),
        path: request.url.path().to_owned(),
        query: query
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
        content_type: content_type
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    })
}

/// The values of `Content-Type` that the documentation demands on every request.
fn media_types(evidence: &Evidence) -> Vec<String> {
    let rows = evidence.pages.iter().flat_map(|page| &page.headers.request);
    rows.filter(|row| row.name == "Content-Type" && row.required.as_deref() == Some("Yes"))
        .filter_map(|row| row.example.as_str().map(str::to_owned))
        .collect()
}

impl Call<'_> {
    /// What notices that this is not the request of the call.
    fn killers(&self, sent: &Sent, spec: &Value, media_types: &[String]) -> Vec<&'static str> {
        let mut killers = Vec::new();
        let mut interaction = self.interaction.clone();
        interaction.recorded.request = RequestLine {
            method: sent.method.clone(),
            path: sent.path.clone(),
            query: sent.query.clone(),
        };
        match interaction.arguments(spec) {
            Err(_) => killers.push("description"),
            Ok(arguments) if arguments != self.arguments => killers.push("arguments"),
            Ok(_) => {}
        }
        if media_types
            .iter()
            .any(|one| sent.content_type.as_ref() != Some(one))
        {
            killers.push("headers");
        }
        killers
    }

    /// Operator, what it changed, the place of it, and the request.
    fn mutated(&self) -> Vec<(&'static str, String, Place, Sent)> {
        let mut all = Vec::new();
        let mut put = |operator, what: &str, root: Root, edit: &dyn Fn(&mut Sent)| {
            let mut sent = self.sent.clone();
            edit(&mut sent);
            all.push((operator, what.to_owned(), Place::of(root), sent));
        };
        for method in ["POST", "HEAD"] {
            put("method-changed", method, Root::Request, &|sent| {
                sent.method = method.into();
            });
        }
        put("slash-added", "path", Root::Request, &|sent| {
            sent.path.push('/');
        });
        let segments: Vec<&str> = self.sent.path.split('/').collect();
        for (index, segment) in segments.iter().enumerate().skip(1) {
            let other = match segment.parse::<i64>() {
                Ok(id) => (id + 1).to_string(),
                Err(_) => format!("{segment}x"),
            };
            put("segment-changed", segment, Root::Request, &|sent| {
                let mut segments = segments.clone();
                segments[index] = &other;
                sent.path = segments.join("/");
            });
        }
        for (index, (name, value)) in self.sent.query.iter().enumerate() {
            let root = || Root::Parameter(Location::Query, name.clone());
            let what = format!("{name}={value}");
            put("parameter-dropped", &what, root(), &|sent| {
                sent.query.remove(index);
            });
            put("parameter-renamed", &what, root(), &|sent| {
                sent.query[index].0.push('X');
            });
            put("parameter-twice", &what, root(), &|sent| {
                let again = sent.query[index].clone();
                sent.query.push(again);
            });
            put("value-emptied", &what, root(), &|sent| {
                sent.query[index].1.clear();
            });
            put("value-changed", &what, root(), &|sent| {
                let value = &mut sent.query[index].1;
                let other = value.parse::<i64>().map(|number| (number + 1).to_string());
                *value = other.unwrap_or_else(|_| format!("{value}X"));
            });
        }
        put("parameter-added", "invented", Root::Request, &|sent| {
            sent.query.push(("invented".into(), "1".into()));
        });
        let header = || Root::Parameter(Location::Header, "Content-Type".into());
        put("header-dropped", "Content-Type", header(), &|sent| {
            sent.content_type = None;
        });
        put("header-changed", "Content-Type", header(), &|sent| {
            sent.content_type = Some("text/plain".into());
        });
        all
    }
}
