//! Spec and evidence, held against each other: that they agree, and that no
//! part of either can go or change unnoticed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use ocp_contract::evidence::claims::claims;
use ocp_contract::evidence::{Evidence, Grade};
use ocp_contract::lint::lint;
use ocp_contract::strict::Strict;
use ocp_contract::{Document, Interaction, Provenance, page, read_text, walk};
use serde_json::{Value, json};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> Document {
    let text = read_text(&folder().join("ocp.yaml"), "ocp.yaml").unwrap();
    Document::parse("ocp.yaml", &text).unwrap()
}

fn evidence() -> Evidence {
    Evidence::read(folder()).unwrap()
}

fn gaps(evidence: &Evidence, spec: &Value) -> Vec<String> {
    let claims = claims(spec);
    let gaps = evidence.gaps(&claims);
    gaps.map(|gap| gap.to_string()).collect()
}

/// Spec and evidence as they are. Without this start, every change would seem
/// to be noticed.
fn clean() -> (Value, Evidence) {
    let (spec, evidence) = (document().value().clone(), evidence());
    assert_eq!(gaps(&evidence, &spec), [""; 0]);
    (spec, evidence)
}

#[test]
fn every_claim_has_its_evidence_and_all_evidence_its_claim() {
    let document = document();
    let (evidence, claims) = (evidence(), claims(document.value()));
    let gaps: Vec<String> = evidence
        .gaps(&claims)
        .map(|gap| {
            format!(
                "openapi/ocp.yaml:{}: {gap}",
                document.position(&gap.pointer).0
            )
        })
        .collect();
    assert!(gaps.is_empty(), "{} gaps:\n{}", gaps.len(), gaps.join("\n"));
}

/// Pointers of everything in a value, the root left out.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, &mut |_, pointer| {
        found.push(pointer.to_owned());
        true
    });
    found.split_off(1)
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let patch = json!([{ "op": "remove", "path": pointer }]);
    let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
    json_patch::patch(&mut value, &patch).unwrap();
    value
}

fn yaml(name: &str) -> Value {
    let text = read_text(&folder().join(name), name).unwrap();
    Document::parse(name, &text).unwrap().value().clone()
}

/// Takes out one item or member after the other that `counts`, and expects a gap
/// each time.
fn nothing_can_be_taken_out(
    whole: &Value,
    counts: impl Fn(&str) -> bool,
    put: impl Fn(&mut Evidence, Value),
) -> usize {
    let (spec, mut evidence) = clean();
    let claims = claims(&spec);
    let all = pointers(whole).into_iter().filter(|at| counts(at));
    let all: Vec<_> = all.collect();
    let mut unmissed = Vec::new();
    for pointer in &all {
        put(&mut evidence, without(whole, pointer));
        if evidence.gaps(&claims).next().is_none() {
            let node = whole.pointer(pointer).unwrap();
            unmissed.push(format!("{pointer} ({node})"));
        }
    }
    assert_eq!(unmissed, [""; 0], "not missed");
    all.len()
}

#[test]
fn no_row_and_no_value_can_be_taken_out_of_the_documentation() {
    let whole = yaml("documentation.yaml");
    let above = |at: &str, levels: usize| {
        let steps: Vec<&str> = at.split('/').collect();
        let above = steps[..steps.len() - levels].join("/");
        whole.pointer(&above).unwrap().clone()
    };
    let evidence = evidence();
    let samples: Vec<&String> = evidence.interactions.iter().map(|one| &one.body).collect();
    let taken = nothing_can_be_taken_out(
        &whole,
        |at| {
            let node = whole.pointer(at).unwrap();
            let is_row = at.contains("/members/") && node["name"].is_string();
            let lists = ["/authentication/", "/samples/"];
            let is_item = lists.iter().any(|list| at.contains(list));
            // Another group of the table may list the same value, or a sample show it.
            let text = node.to_string();
            let is_only = |groups: &Value| groups.to_string().matches(&text).count() == 1;
            let is_shown = samples.iter().any(|body| body.contains(&text));
            let is_value =
                at.contains("/values/") && node.is_string() && !is_shown && is_only(&above(at, 2));
            let is_only_item = at.ends_with("/example")
                && above(at, 1)["type"] == "Array"
                && above(at, 1)["values"].is_null();
            is_row || is_item || is_value || is_only_item || at.ends_with("/format")
        },
        |evidence, pages| evidence.pages = serde_json::from_value(pages).unwrap(),
    );
    assert!(taken > 75, "only {taken}");
}

#[test]
fn no_entry_and_no_excuse_can_be_taken_out_of_the_register() {
    let lists = ["/operations/", "/excuses/", "/unstated/"];
    let taken = nothing_can_be_taken_out(
        &yaml("discrepancies.yaml"),
        |at| at.matches('/').count() == 1 || lists.iter().any(|list| at.contains(list)),
        |evidence, register| evidence.register = serde_json::from_value(register).unwrap(),
    );
    assert!(taken > 100, "only {taken}");
}

/// A value that an entry excuses is one line in the description, and nothing else.
#[test]
fn a_value_is_added_in_one_place() {
    let text = read_text(&folder().join("ocp.yaml"), "ocp.yaml").unwrap();
    let known = "        - RESTORE_FAIL\n";
    let text = text.replacen(known, &format!("{known}        - RESTORE_PAUSED\n"), 1);
    let document = Document::parse("ocp.yaml", &text).unwrap();
    assert_eq!(lint(document.value(), &["ErrorCode", "QueryTime"]), []);
    let (spec, evidence) = (document.value(), evidence());
    assert_eq!(gaps(&evidence, spec), [""; 0]);
    let page = page::render(spec, &claims(spec), &evidence).unwrap();
    assert!(page.contains("RESTORE_PAUSED"), "{page}");
    let is_sample = |one: &&Interaction| {
        one.case == "documented-sample" && one.operation_id.ends_with("RestoreTasks")
    };
    for sample in evidence.interactions.iter().filter(is_sample) {
        let strict = Strict::new(spec, &sample.operation_id, &evidence).unwrap();
        let mut body: Value = serde_json::from_str(&sample.body).unwrap();
        body["data"]["contents"][0]["status"] = json!("RESTORE_PAUSED");
        assert_eq!(strict.departures(200, &body), []);
    }
}

#[test]
fn a_gap_names_both_sides() {
    let (mut spec, evidence) = clean();
    spec["components"]["schemas"]["RestoreHistoryTask"]["properties"]["id"]["type"] =
        json!("string");
    let parameters = spec.pointer_mut("/paths/~1api~1v2~1ob~1clusters~1{id}~1tenants~1{tenantId}~1backup~1task~1restoreTasks/get/parameters").unwrap();
    parameters[4]["name"] = json!("clusterName");
    spec["components"]["schemas"]["BackupMode"]["x-extensible-enum"][0] = json!("LOGICAL");
    let gaps = gaps(&evidence, &spec);
    insta::assert_snapshot!(gaps.join("\n"));
}

/// A response is shared by many operations, and blamed on none that has it.
#[test]
fn a_missing_response_is_a_gap_of_its_operation_alone() {
    let (mut spec, evidence) = clean();
    let responses = spec.pointer_mut("/paths/~1api~1v2~1ob~1tenants/get/responses");
    responses.unwrap().as_object_mut().unwrap().remove("429");
    let gaps = gaps(&evidence, &spec);
    let is_its_own = |gap: &String| gap.starts_with("listTenants, ");
    assert!(!gaps.is_empty() && gaps.iter().all(is_its_own), "{gaps:#?}");
}

/// A recording of a running OCP, made of another interaction.
fn recorded(of: &str, status: u16, edit: impl FnOnce(&mut Value)) -> Interaction {
    let file = folder()
        .join("interactions")
        .join(of)
        .join("interaction.yaml");
    let mut recording = Interaction::read(&file).unwrap();
    recording.case = "recorded-001".into();
    recording.recorded.source.grade = Provenance::Recorded;
    recording.recorded.source.ocp = Some("4.3.1".into());
    recording.recorded.source.date = Some("2026-01-31".into());
    recording.recorded.response.status = status;
    let mut body: Value = serde_json::from_str(&recording.body).unwrap();
    edit(&mut body);
    recording.body = body.to_string();
    recording
}

const TENANT: &str = "listTenantRestoreTasks";

/// A recording is observed, with version and day; it takes nothing from
/// what is documented.
#[test]
fn a_recording_is_evidence() {
    let (spec, mut evidence) = clean();
    let grade = |evidence: &Evidence, place: &str| {
        let supports = evidence.supports(&spec, TENANT);
        let mut all = supports.iter();
        let (_, support) = all.find(|(at, _)| at.to_string() == place).unwrap();
        (support.grade(), support.recordings().join("; "))
    };
    let total = "200 data.page.totalPage";
    assert_eq!(grade(&evidence, total), (Grade::Sibling, String::new()));
    let recordings = [
        recorded("listTenantRestoreTasks/documented-sample", 200, |body| {
            body["data"]["page"]["totalPage"] = json!(1);
        }),
        // Failures are described as classes, like the one that is documented.
        recorded(
            "listTenantRestoreTasks/derived-unknown-cluster",
            404,
            |body| {
                body["error"]["target"] = json!("cluster");
            },
        ),
    ];
    evidence.interactions.extend(recordings);
    assert_eq!(gaps(&evidence, &spec), [""; 0]);
    let source = "OCP 4.3.1, 2026-01-31, recorded-001".to_owned();
    assert_eq!(grade(&evidence, total), (Grade::Observed, source.clone()));
    let id = grade(&evidence, "200 data.contents[].id");
    assert_eq!(id, (Grade::Both, source.clone()));
    let target = grade(&evidence, "429 error.target");
    assert_eq!(target, (Grade::Observed, source));
}

#[test]
fn what_only_a_recording_has_is_missing_in_the_spec() {
    let (spec, mut evidence) = clean();
    let sample = "listTenantRestoreTasks/documented-sample";
    evidence.interactions.push(recorded(sample, 200, |body| {
        body["data"]["contents"][0]["encrypted"] = json!(true);
        body["data"]["contents"][0]["progress"] = json!(50);
        body["data"]["contents"][0]["triggerType"] = json!("SAMPLING");
    }));
    let gaps = gaps(&evidence, &spec);
    insta::assert_snapshot!(gaps.join("\n"));
}

#[test]
fn no_spec_makes_the_gates_panic() {
    let (spec, evidence) = clean();
    let all = pointers(&spec);
    let odd = [
        json!(null),
        json!([]),
        json!({}),
        json!("x"),
        json!(-1),
        json!({"$ref": "#/components/schemas/PageInfo"}),
        json!({"$ref": "#"}),
    ];
    let try_each = |index: usize, odd: &Value| {
        gaps(&evidence, odd);
        for pointer in all.iter().skip(index).step_by(29) {
            let mut changed = spec.clone();
            *changed.pointer_mut(pointer).unwrap() = odd.clone();
            gaps(&evidence, &changed);
        }
    };
    // A panic in a thread is one of the scope.
    std::thread::scope(|scope| {
        for (index, odd) in odd.iter().enumerate() {
            let try_each = &try_each;
            scope.spawn(move || try_each(index, odd));
        }
    });
}
