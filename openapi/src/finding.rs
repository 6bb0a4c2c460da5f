//! What is wrong, where, why it matters and what to write instead.

/// One thing that a rule found in the description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the rule, such as `closed-enum`.
    pub rule: String,
    /// JSON pointer of the offending node.
    pub pointer: String,
    /// What is wrong, naming the offender.
    pub what: String,
    /// What would happen.
    pub why: String,
    /// What to write instead.
    pub instead: String,
}
