//! Nothing in the contract can go or change unnoticed, except for the lists below: each node of
//! the description is taken out, each scalar but prose is changed, and each leaf of a documented
//! body is taken out, one at a time. Each of these must make a gap in the evidence, a finding of the
//! lint, a documented request or body that is refused, or a body of `rejections/` that passes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::Path;

use ocp_contract::evidence::Evidence;
use ocp_contract::evidence::claims::{Claims, claims, claims_of};
use ocp_contract::lint::lint;
use ocp_contract::strict::Strict;
use ocp_contract::{Document, Interaction, Operation, Provenance, escape, read_text, walk};
use serde::Deserialize;
use serde_json::{Value, json};

/// Changes of the description that nothing here notices: a part of the pointer, and the reason.
/// The description alone says what is only inferred.
const UNNOTICED: [(&str, &str); 28] = [
    (
        "/info/",
        "version and licence are ours; the release workflow compares the version",
    ),
    ("/servers", "an example: callers give their own base URL"),
    (
        "/example",
        "any other would do; the lint holds it against the schema",
    ),
    (
        "/x-argument",
        "a name in the client, which no longer compiles with another",
    ),
    (
        "/x-filter removed",
        "the embedded OCP filters nothing then, and `verify` judges nothing",
    ),
    (
        "/x-row-kind",
        "the client's waiter, whose tests no longer compile with another or without",
    ),
    (
        "/x-discrepancy",
        "a number that explains; the one that excuses is missed",
    ),
    (
        "/required",
        "decided: what nothing works without; the strict view demands what the samples have",
    ),
    (
        "/x-identity",
        "inferred; the tests of the client's pager depend on it",
    ),
    (
        "/x-filter-labels",
        "inferred; the tests of the client's filters depend on it",
    ),
    ("/SubError/", "inferred"),
    ("/ApiError/properties/debugMessage removed", "inferred"),
    ("/ApiError/properties/target removed", "inferred"),
    (
        "/ErrorCode/anyOf",
        "decided; the tests of the client's error codes depend on it",
    ),
    (
        "/QueryTime/pattern removed",
        "`rejections/requests.yaml` has the forms that are refused",
    ),
    (
        "XX removed",
        "inferred; the replay has derived exchanges of both classes",
    ),
    ("/RelatedCluster/", "inferred (entry 78)"),
    (
        "/BackupDimension/x-extensible-enum",
        "documented as examples, and inferred for a cluster (entry 90)",
    ),
    (
        "/LogBackupTaskStatus/x-extensible-enum",
        "inferred for rows (entry 82); the filter has a list of its own",
    ),
    (
        "/delay/format removed",
        "a number is read as a double without a format, too",
    ),
    (
        "/tags",
        "groups of operations, for readers of the description",
    ),
    (
        "/externalDocs removed",
        "that of the whole document; each operation must have its own",
    ),
    (
        "/securitySchemes/",
        "the client has both; its signatures are tests",
    ),
    ("/items/description removed", "its list is described"),
    (
        "/ErrorCode/description removed",
        "the type is written by hand, with its documentation",
    ),
    (
        "/QueryTime/description removed",
        "the type is written by hand, with its documentation",
    ),
    ("/style removed", "OpenAPI means the same without it"),
    ("/explode removed", "OpenAPI means the same without it"),
];

/// Leaves that a documented body may lack: the end of the pointer, and the reason.
const MAY_BE_ABSENT: [(&str, &str); 2] = [
    (
        "/errorMsg removed",
        "OCP leaves out what is null, and a task that succeeded has no error (entries 59 and 85)",
    ),
    (
        "/dataSecondaryBackupTaskIds/0 removed",
        "a list may be empty",
    ),
];

/// Members that are prose: they can be missed, but have no wrong text.
const PROSE: [&str; 5] = ["title", "summary", "description", "externalDocs", "tags"];

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(name: &str) -> Value {
    let text = read_text(&folder().join(name), name).unwrap();
    Document::parse(name, &text).unwrap().value().clone()
}

/// A body that the strict view refuses; an item of `rejections/bodies.yaml`.
#[derive(Deserialize)]
struct Rejected {
    base: String,
    patch: json_patch::Patch,
    at: String,
}

/// The contract as it is, and what holds a changed one against it.
struct Contract {
    spec: Value,
    evidence: Evidence,
    samples: Vec<(Interaction, Value)>,
    operations: Vec<Described>,
    /// Interaction, refused body, and the place where it is refused.
    rejected: Vec<(Interaction, Value, String)>,
}

/// An operation as it is, with the pointers of all that it is described by.
struct Described {
    claims: Claims,
    reached: BTreeSet<String>,
}

impl Described {
    fn is_reached(&self, pointer: &str) -> bool {
        let is_changed = |at: &String| at.starts_with(pointer) || pointer.starts_with(at);
        self.reached.iter().any(is_changed)
    }
}

impl Contract {
    fn read() -> Self {
        let evidence = Evidence::read(folder()).unwrap();
        let documented = evidence.interactions.iter();
        let samples: Vec<(Interaction, Value)> = documented
            .filter(|one| one.recorded.source.grade == Provenance::Documented)
            .map(|one| (one.clone(), serde_json::from_str(&one.body).unwrap()))
            .collect();
        let cases: Vec<Rejected> = serde_json::from_value(yaml("rejections/bodies.yaml")).unwrap();
        let rejected = cases.into_iter().map(|case| {
            let is_base =
                |one: &Interaction| format!("{}/{}", one.operation_id, one.case) == case.base;
            let base = samples.iter().find(|(one, _)| is_base(one));
            let (interaction, mut body) = base.unwrap().clone();
            json_patch::patch(&mut body, &case.patch).unwrap();
            (interaction, body, case.at)
        });
        let spec = yaml("ocp.yaml");
        let operations = claims(&spec).into_iter();
        let operations = operations.map(|claims| Described {
            // Parameters may stand beside it, for all operations of its path.
            reached: reached(
                &spec,
                claims.0.pointer.rsplit_once('/').unwrap().0.to_owned(),
            ),
            claims,
        });
        Self {
            operations: operations.collect(),
            spec,
            rejected: rejected.collect(),
            evidence,
            samples,
        }
    }

    /// True if a change of the description at a pointer is noticed.
    fn notices(&self, spec: &Value, pointer: &str) -> bool {
        self.has_gap(spec, pointer)
            || !lint(spec, &["ErrorCode", "QueryTime"]).is_empty()
            || self
                .samples
                .iter()
                .any(|(one, _)| one.arguments(spec).is_err())
            || self.judges_otherwise(spec, pointer)
    }

    /// True if the evidence and a description that is changed at a pointer differ.
    fn has_gap(&self, spec: &Value, pointer: &str) -> bool {
        // Security schemes are named, not referred to.
        let is_referred_to = pointer.starts_with("/paths/")
            || pointer.starts_with("/components/") && !pointer.contains("/securitySchemes");
        let is_same = |one: &&Described| is_referred_to && !one.is_reached(pointer);
        let same: Vec<&Described> = self.operations.iter().filter(is_same).collect();
        let is_same = |id: &str| same.iter().any(|one| one.claims.0.id == id);
        let operations = Operation::all(spec).into_iter();
        let changed = operations.filter(|one| !is_same(&one.id));
        let changed: Vec<Claims> = changed.map(|one| claims_of(spec, one)).collect();
        let same = same.iter().map(|one| &one.claims);
        let mut gaps = self.evidence.gaps(changed.iter().chain(same));
        gaps.next().is_some()
    }

    /// True if a documented body is refused, or one that must be refused passes.
    fn judges_otherwise(&self, spec: &Value, pointer: &str) -> bool {
        let operations = self.operations.iter();
        let mut changed = operations.filter(|one| one.is_reached(pointer));
        changed.any(|one| {
            let operation = &one.claims.0.id;
            let Some(strict) = Strict::new(spec, operation, &self.evidence) else {
                return true;
            };
            let is_of = |one: &Interaction| one.operation_id == *operation;
            let departures = |one: &Interaction, body: &Value| {
                strict.departures(one.recorded.response.status, body)
            };
            let mut samples = self.samples.iter().filter(|(one, _)| is_of(one));
            let mut rejected = self.rejected.iter().filter(|(one, ..)| is_of(one));
            samples.any(|(one, body)| !departures(one, body).is_empty())
                || rejected.any(|(one, body, at)| {
                    !departures(one, body).iter().any(|found| &found.body == at)
                })
        })
    }
}

/// A pointer, and those of all components that the node there refers to, or they in turn.
fn reached(spec: &Value, pointer: String) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![pointer];
    while let Some(pointer) = next.pop() {
        walk(spec.pointer(&pointer).unwrap(), &mut |node, _| {
            let target = node.get("$ref").and_then(Value::as_str);
            let target = target.map(|target| target.trim_start_matches('#').to_owned());
            next.extend(target.filter(|target| !found.contains(target)));
            true
        });
        found.insert(pointer);
    }
    found
}

/// Pointers of everything below a value, but not of what is below prose.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, &mut |_, pointer| {
        if !pointer.is_empty() {
            found.push(pointer.to_owned());
        }
        !is_prose(pointer)
    });
    found
}

/// True for prose; a member of an object may have the same name.
fn is_prose(pointer: &str) -> bool {
    let place = pointer.rsplit_once('/');
    place.is_some_and(|(above, name)| PROSE.contains(&name) && !above.ends_with("/properties"))
}

fn patched(value: &Value, patch: &Value) -> Value {
    let mut value = value.clone();
    let patch = json_patch::Patch::deserialize(patch).unwrap();
    json_patch::patch(&mut value, &patch).unwrap();
    value
}

/// A scalar with another value of its type.
fn other(scalar: &Value) -> Option<Value> {
    match scalar {
        Value::String(text) => Some(json!(format!("{text}X"))),
        Value::Number(number) => Some(json!(number.as_i64().unwrap() + 1)),
        Value::Bool(flag) => Some(json!(!flag)),
        _ => None,
    }
}

/// Tries every change, on all cores, and names those that nothing notices.
fn unnoticed<T: Sync>(changes: &[(String, T)], notices: impl Fn(&T) -> bool + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().unwrap().get();
    let share = changes.len().div_ceil(threads);
    let work = &|share: &[(String, T)]| -> Vec<String> {
        let missed = share.iter().filter(|(_, changed)| !notices(changed));
        missed.map(|(name, _)| name.clone()).collect()
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = changes
            .chunks(share)
            .map(|share| scope.spawn(move || work(share)))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    })
}

#[test]
fn no_node_of_the_description_can_go_or_change_unnoticed() {
    let contract = Contract::read();
    let spec = &contract.spec;
    assert!(!contract.notices(spec, ""), "it does not pass as it is");
    let all = pointers(spec);
    let mut changes = Vec::new();
    // Headers and failures are written once, and shared by all operations.
    let first = format!(
        "/paths/{}/",
        escape(spec["paths"].as_object().unwrap().keys().next().unwrap())
    );
    let is_shared = |at: &str| {
        let mut parts = ["/200/headers/", "/429", "/4XX", "/5XX"].into_iter();
        !at.starts_with(&first) && parts.any(|part| at.contains(&format!("/responses{part}")))
    };
    for pointer in all.into_iter().filter(|at| !is_shared(at)) {
        let other = other(spec.pointer(&pointer).unwrap());
        if let Some(value) = other.filter(|_| !is_prose(&pointer)) {
            let replace = json!([{ "op": "replace", "path": pointer, "value": value }]);
            changes.push((format!("{pointer} changed"), (pointer.clone(), replace)));
        }
        let remove = json!([{ "op": "remove", "path": pointer }]);
        changes.push((format!("{pointer} removed"), (pointer, remove)));
    }
    let notices =
        |(pointer, patch): &(String, Value)| contract.notices(&patched(spec, patch), pointer);
    report(&changes, notices, &UNNOTICED);
}

/// A body without one of its leaves is refused, or, where the strict view takes its `required`
/// from that very leaf, the evidence has a gap.
#[test]
fn no_leaf_of_a_documented_body_can_go_unnoticed() {
    let contract = Contract::read();
    let mut changes = Vec::new();
    for (index, (interaction, body)) in contract.samples.iter().enumerate() {
        for pointer in pointers(body) {
            let node = body.pointer(&pointer).unwrap();
            if !node.is_object() && !node.is_array() {
                let name = format!("{}{pointer} removed", interaction.operation_id);
                let remove = json!([{ "op": "remove", "path": pointer }]);
                changes.push((name, (index, patched(body, &remove))));
            }
        }
    }
    let stricts: Vec<Strict> = contract
        .samples
        .iter()
        .map(|(one, _)| Strict::new(&contract.spec, &one.operation_id, &contract.evidence).unwrap())
        .collect();
    let notices = |(index, body): &(usize, Value)| {
        let status = contract.samples[*index].0.recorded.response.status;
        !stricts[*index].departures(status, body).is_empty()
    };
    report(&changes, notices, &MAY_BE_ABSENT);
}

/// Prints how many changes were tried, and fails with those that are neither noticed nor in
/// the list.
fn report<T: Sync>(
    changes: &[(String, T)],
    notices: impl Fn(&T) -> bool + Sync,
    list: &[(&str, &str)],
) {
    let tried = changes.len();
    let missed = unnoticed(changes, notices);
    println!("{tried} changes tried, {} not noticed:", missed.len());
    missed.iter().for_each(|name| println!("  {name}"));
    let is_listed = |name: &&String| list.iter().any(|(part, _)| name.contains(part));
    let wrong: Vec<&String> = missed.iter().filter(|name| !is_listed(name)).collect();
    assert!(wrong.is_empty(), "not noticed:\n{wrong:#?}");
    for (part, _) in list {
        let is_needed = missed.iter().any(|name| name.contains(part));
        assert!(is_needed, "`{part}` is listed, and noticed");
    }
}
