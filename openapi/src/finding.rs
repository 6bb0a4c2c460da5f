//! A fault of the description, its place, why it matters, and what to write instead.

/// One thing that a rule found in the description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id of the rule, such as `closed-enum`.
    pub rule: String,
    /// JSON pointer of the offending node.
    pub pointer: String,
    /// The fault, naming the offender.
    pub what: String,
    /// The harm that it would do.
    pub why: String,
    /// The advice, what to write instead.
    pub instead: String,
}
