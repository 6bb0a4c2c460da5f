//! What is wrong, where, why it matters and what to write instead.

/// One thing a rule found in the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the rule, such as `closed-enum`.
    pub rule: &'static str,
    /// JSON pointer of the offending node in the spec.
    pub pointer: String,
    /// What is wrong, naming the offender.
    pub what: String,
    /// Which tool cannot take it, and what would happen.
    pub why: String,
    /// What to write instead.
    pub instead: String,
}
