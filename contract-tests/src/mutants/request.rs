//! Mutants of what the client sends, killed by the exchange that says what it
//! should send, and by the description.

use indicatif::ProgressBar;
use ocp_contract::evidence::Evidence;
use ocp_contract::{Interaction, RequestLine};
use serde_json::{Value, json};

use super::{Family, Mutant};
use crate::{OPERATION, replay};

/// Exchanges whose requests are mutated: the documented one, and the one that
/// sends every parameter.
const CASES: [&str; 2] = ["documented-sample", "derived-filters"];
/// Headers of every request.
const HEADERS: [(&str, &str); 4] = [
    ("accept", "application/json"),
    ("accept-encoding", "gzip"),
    ("content-type", "application/json"),
    ("user-agent", "mutant"),
];

fn cases(evidence: &Evidence) -> impl Iterator<Item = &Interaction> {
    evidence
        .interactions
        .iter()
        .filter(|one| one.operation_id == OPERATION && CASES.contains(&one.case.as_str()))
}

/// Names and values, in the order as sent.
type Pairs = Vec<(String, String)>;

/// A request as a change can describe it.
#[derive(Clone)]
struct Sent {
    method: String,
    path: String,
    query: Pairs,
    headers: Pairs,
}

impl Sent {
    fn new(line: &RequestLine) -> Self {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        Self {
            method: line.method.clone(),
            path: line.path.clone(),
            query: line
                .query
                .iter()
                .map(|(name, value)| (name.clone(), encode(value)))
                .collect(),
            headers: HEADERS
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        }
    }

    fn target(&self) -> String {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match query.as_slice() {
            [] => self.path.clone(),
            query => format!("{}?{}", self.path, query.join("&")),
        }
    }

    fn change(&self, case: &str) -> Value {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        json!({ "case": case, "request": format!("{} {}", self.method, self.target()), "headers": headers })
    }
}

pub(super) fn mutants(evidence: &Evidence) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for interaction in cases(evidence) {
        let sent = Sent::new(&interaction.recorded.request);
        let grade = match interaction.case.as_str() {
            "documented-sample" => "sampled",
            _ => "documented",
        };
        let mut put = |operator: &str, place: &str, sent: Sent| {
            let id = format!("{} {place}", interaction.case);
            let change = sent.change(&interaction.case);
            mutants.push(Mutant::new(
                Family::Request,
                operator,
                &id,
                grade.to_owned(),
                change,
            ));
        };
        for method in ["POST", "PUT", "DELETE"] {
            put(
                "method",
                method,
                Sent {
                    method: method.into(),
                    ..sent.clone()
                },
            );
        }
        let segments: Vec<&str> = sent.path.split('/').collect();
        for (index, segment) in segments.iter().enumerate().skip(1) {
            let with = |other: Option<String>| {
                let mut segments: Vec<String> = segments.iter().map(ToString::to_string).collect();
                match other {
                    Some(other) => segments[index] = other,
                    None => drop(segments.remove(index)),
                }
                Sent {
                    path: segments.join("/"),
                    ..sent.clone()
                }
            };
            let place = format!("{index} {segment}");
            put("segment-changed", &place, with(Some(format!("{segment}1"))));
            put("segment-dropped", &place, with(None));
        }
        put(
            "slash-added",
            "path",
            Sent {
                path: format!("{}/", sent.path),
                ..sent.clone()
            },
        );
        for (index, (name, value)) in sent.query.iter().enumerate() {
            let with = |change: &dyn Fn(&mut Pairs)| {
                let mut sent = sent.clone();
                change(&mut sent.query);
                sent
            };
            let place = format!("{index} {name}");
            put(
                "parameter-dropped",
                &place,
                with(&|query| drop(query.remove(index))),
            );
            put(
                "parameter-duplicated",
                &place,
                with(&|query| query.insert(index, (name.clone(), value.clone()))),
            );
            put(
                "parameter-renamed",
                &place,
                with(&|query| query[index].0.push('X')),
            );
            put(
                "parameter-in-capitals",
                &place,
                with(&|query| query[index].0 = name.to_uppercase()),
            );
            put(
                "value-changed",
                &place,
                with(&|query| query[index].1.push('1')),
            );
            put(
                "value-emptied",
                &place,
                with(&|query| query[index].1.clear()),
            );
            put(
                "value-encoded-twice",
                &place,
                with(&|query| query[index].1 = format!("{value}%2520")),
            );
            if value.contains("%20") {
                put(
                    "blank-as-plus",
                    &place,
                    with(&|query| query[index].1 = value.replace("%20", "+")),
                );
            }
            let next = sent.query.get(index + 1).filter(|(other, _)| other == name);
            if let Some((_, other)) = next {
                put(
                    "values-joined",
                    &place,
                    with(&|query| {
                        query[index].1 = format!("{value},{other}");
                        query.remove(index + 1);
                    }),
                );
                put(
                    "values-swapped",
                    &place,
                    with(&|query| query.swap(index, index + 1)),
                );
                put(
                    "name-with-brackets",
                    &place,
                    with(&|query| query[index].0.push_str("[]")),
                );
            }
        }
        put("parameter-added", "sort", {
            let mut sent = sent.clone();
            sent.query.push(("sort".into(), "id".into()));
            sent
        });
        for (index, (name, _)) in HEADERS.iter().enumerate() {
            let mut without = sent.clone();
            without.headers.remove(index);
            put("header-dropped", name, without);
        }
        let mut other = sent.clone();
        other.headers[2].1 = "application/x-www-form-urlencoded".into();
        put("header-changed", "content-type", other);
        for name in [
            "api-version",
            "x-ocp-date",
            "authorization",
            "accept-language",
            "cookie",
        ] {
            let mut more = sent.clone();
            more.headers.push((name.into(), "1".into()));
            put("header-added", name, more);
        }
    }
    mutants
}

/// Sends every mutant to the server that gives the recorded answer to the
/// recorded request, and to no other.
pub(super) async fn judge(
    evidence: &Evidence,
    spec: &Value,
    mutants: &mut [Mutant],
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    // Headers and the form of a query are the mutant's, not the library's.
    let http = reqwest::Client::builder().no_proxy().gzip(false).build()?;
    for interaction in cases(evidence) {
        let server = replay::serve_recorded(interaction).await;
        let sent = Sent::new(&interaction.recorded.request).change(&interaction.case);
        let clean = send(&http, &server.uri(), &sent).await?;
        anyhow::ensure!(
            clean == interaction.recorded.response.status,
            "the recorded request itself is refused"
        );
        for mutant in mutants
            .iter_mut()
            .filter(|one| one.change["case"] == *interaction.case)
        {
            if send(&http, &server.uri(), &mutant.change).await?
                != interaction.recorded.response.status
            {
                mutant.killed_by.insert("replay".into());
            }
            let line = mutant.change["request"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let mut changed = interaction.clone();
            let is_described = match RequestLine::try_from(line) {
                Ok(line) => {
                    changed.recorded.request = line;
                    changed.arguments(spec).is_ok()
                }
                Err(_) => false,
            };
            if !is_described {
                mutant.killed_by.insert("description".into());
            }
            progress.inc(1);
        }
    }
    Ok(())
}

async fn send(http: &reqwest::Client, url: &str, change: &Value) -> anyhow::Result<u16> {
    let line = change["request"].as_str().unwrap_or_default();
    let (method, target) = line.split_once(' ').unwrap_or_default();
    let mut request = http
        .request(method.parse()?, format!("{url}{target}"))
        .build()?;
    for header in change["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let (name, value) = header.split_once(": ").unwrap_or_default();
        request
            .headers_mut()
            .insert(reqwest::header::HeaderName::try_from(name)?, value.parse()?);
    }
    Ok(http.execute(request).await?.status().as_u16())
}
