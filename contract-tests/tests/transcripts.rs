//! The judge on stored transcripts, without a server: one for each cause of a finding.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;
use std::path::Path;

use contract_tests::verify::Contract;
use ocp_contract::{Document, read_text};
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    exit_code: u8,
    finds: Vec<String>,
}

#[tokio::test]
async fn a_transcript_is_judged_without_an_ocp() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = read_text(&folder.join("transcripts.yaml"), "transcripts.yaml").unwrap();
    let document = Document::parse("transcripts.yaml", &text).unwrap();
    let mut expected: BTreeMap<String, Verdict> =
        serde_json::from_value(document.value().clone()).unwrap();
    let contract = Contract::read().unwrap();
    for entry in std::fs::read_dir(folder.join("transcripts")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let report = contract.judge_recording(&file).await.unwrap();
        let findings = report.findings.iter();
        let finds = findings.map(|one| {
            let (_, kind) = one.fingerprint.split_once('/').unwrap();
            format!("{} {kind}", one.severity)
        });
        let verdict = Verdict {
            exit_code: report.exit_code(),
            finds: finds.collect(),
        };
        let expected = expected.remove(name);
        assert_eq!(Some(verdict), expected, "{name}: {}", report.verdict());
    }
    assert!(expected.is_empty(), "no transcripts: {expected:?}");
}
