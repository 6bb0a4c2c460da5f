//! The verdict: how the run ended, and what it found.

use ocp_contract::strict::Severity;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Every check was made, or had nothing to be applied to.
    Complete,
    /// Something was to be judged that was not looked at.
    Cut,
    /// Nothing could be judged.
    Unjudged,
}

/// What a run ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// What the last line begins with.
    pub(super) headline: &'static str,
    /// 0 conforms, 1 does not, 2 could not be judged.
    pub(super) exit_code: u8,
}

impl Verdict {
    /// `worst` is the worst finding that is not waived.
    pub(super) fn new(end: End, worst: Option<Severity>, fail_on: Severity) -> Self {
        use Severity::{Drift, Violation};
        let fails = worst >= Some(fail_on);
        let (headline, exit_code) = match (end, worst) {
            (End::Unjudged, _) => ("Nothing could be judged", 2),
            (_, Some(Violation)) => ("Does not conform", 1),
            // What was never looked at must not look like success.
            (End::Cut, Some(Drift)) if fails => ("Incomplete", 1),
            (End::Cut, _) => ("Incomplete", 2),
            (End::Complete, Some(Drift)) => ("Conforms, but drifts", u8::from(fails)),
            (End::Complete, None) => ("Conforms", 0),
        };
        Self {
            headline,
            exit_code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_and_every_finding_has_its_headline_and_its_exit_code() {
        use End::{Complete, Cut, Unjudged};
        use Severity::{Drift, Violation};
        for (end, worst, fail_on, headline, exit_code) in [
            (Complete, None, Violation, "Conforms", 0),
            (Complete, None, Drift, "Conforms", 0),
            (Complete, Some(Drift), Violation, "Conforms, but drifts", 0),
            (Complete, Some(Drift), Drift, "Conforms, but drifts", 1),
            (Complete, Some(Violation), Violation, "Does not conform", 1),
            (Complete, Some(Violation), Drift, "Does not conform", 1),
            (Cut, None, Violation, "Incomplete", 2),
            (Cut, None, Drift, "Incomplete", 2),
            (Cut, Some(Drift), Violation, "Incomplete", 2),
            (Cut, Some(Drift), Drift, "Incomplete", 1),
            (Cut, Some(Violation), Violation, "Does not conform", 1),
            (Cut, Some(Violation), Drift, "Does not conform", 1),
            (Unjudged, None, Violation, "Nothing could be judged", 2),
            (Unjudged, Some(Drift), Drift, "Nothing could be judged", 2),
            (
                Unjudged,
                Some(Violation),
                Violation,
                "Nothing could be judged",
                2,
            ),
        ] {
            let due = Verdict {
                headline,
                exit_code,
            };
            assert_eq!(
                Verdict::new(end, worst, fail_on),
                due,
                "{end:?} {worst:?} {fail_on:?}"
            );
        }
    }
}
