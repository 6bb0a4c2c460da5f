//! The parts of a finding, the same in every form for people.

use crate::verify::finding::Finding;

/// The parts of a finding in the order in which people read them: the name of each, its text,
/// and whether that is code.
pub(super) fn parts(finding: &Finding) -> Vec<(&'static str, String, bool)> {
    let at = match finding.pointer.as_str() {
        "" => String::new(),
        pointer => format!("  at {pointer}"),
    };
    let request = finding.request.as_ref();
    let client = finding.client.map(|one| one.sentence().to_owned());
    let is_new = finding
        .is_new
        .then_some("the earlier report, which did not have it");
    let parts = [
        ("waived", finding.waived.clone(), false),
        ("expected", Some(finding.expected.clone()), false),
        ("known by", Some(finding.evidence.clone()), false),
        ("got", Some(finding.got.clone()), false),
        (
            "where",
            request.map(|request| format!("{request}{at}")),
            true,
        ),
        ("try", finding.curl.clone(), true),
        ("client", client, false),
        ("since", is_new.map(str::to_owned), false),
    ];
    let parts = parts.into_iter();
    parts
        .filter_map(|(name, text, is_code)| Some((name, text?, is_code)))
        .collect()
}
