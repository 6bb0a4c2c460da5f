//! The checks that an OCP is put to. `discrepancies.yaml` names some of them, as those that
//! settle what the documentation leaves open.

use std::fmt;

use ocp_contract::Operation;

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    id: &'static str,
    meaning: &'static str,
    evidence: &'static str,
    /// The kind of rows that it is about; any, if empty.
    row_kind: &'static str,
    /// The filters that the operation must have.
    filters: &'static [&'static str],
}

impl CheckId {
    /// The id in reports, fingerprints and the register.
    pub fn as_str(self) -> &'static str {
        self.id
    }

    /// The statement that it checks, in a line.
    pub fn meaning(self) -> &'static str {
        self.meaning
    }

    /// How the contract knows.
    pub fn evidence(self) -> &'static str {
        self.evidence
    }

    /// The check with this id.
    pub(super) fn named(id: &str) -> Option<Self> {
        CHECKS.iter().find(|check| check.id == id).copied()
    }

    /// Whether an operation has the rows and the filters that it needs.
    pub(super) fn applies_to(self, operation: &Operation) -> bool {
        let has = |name: &&str| operation.filters().any(|filter| filter.name == **name);
        (self.row_kind.is_empty() || operation.row_kind.as_deref() == Some(self.row_kind))
            && self.filters.iter().all(has)
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// All checks.
///
/// ```
/// let mut checks = contract_tests::verify::all_checks();
/// assert!(checks.any(|check| check.as_str() == "paging"));
/// ```
pub fn all_checks() -> impl Iterator<Item = CheckId> {
    CHECKS.iter().copied()
}

/// Constants for checks, and `CHECKS`, which has them in the order of the report.
macro_rules! checks {
    ($($name:ident $id:literal $row_kind:literal $filters:expr, $meaning:literal, $evidence:literal;)+) => {
        $(
            #[doc = $meaning]
            pub(super) const $name: CheckId = CheckId {
                id: $id,
                meaning: $meaning,
                evidence: $evidence,
                row_kind: $row_kind,
                filters: &$filters,
            };
        )+
        const CHECKS: &[CheckId] = &[$($name),+];
    };
}

checks! {
    DOCUMENTED_REQUEST "documented-request" "" [],
        "the documented request is answered with a page of rows",
        "sample request and sample response";
    TRANSPORT "transport" "" [],
        "every response is JSON under an HTTP status of its operation, and says so",
        "sample response; API call description";
    ENVELOPE "envelope" "" [],
        "every response has OCP's envelope, with data or with an error",
        "response table; API call description";
    CONFORMANCE "conformance" "" [],
        "every body has the members, types and enum values of the contract",
        "rows and samples, named in each finding";
    CLIENT "client" "" [],
        "the generated client reads every response and loses nothing",
        "this repository's client";
    PAGE_MEMBERS "page-members" "" [],
        "page has number, size and totals of what was asked for",
        "sample; table of the sibling operation; discrepancy 2";
    PAGING "paging" "" [],
        "pages of another size show the same rows, and the page past the end is empty",
        "sample request; table of the sibling operation; discrepancy 14";
    REPEAT "repeat" "" [],
        "the same request gets the same rows",
        "the operation reads";
    ERROR_ENVELOPE "error-envelope" "" [],
        "unknown and malformed ids, and malformed times, are refused with OCP's error",
        "API call description; discrepancy 3";
    AUTHENTICATION "authentication" "" [],
        "a request without credentials is refused",
        "API call description; page on access keys";
    THROTTLING "throttling" "" [],
        "RateLimit headers make sense where they are sent",
        "API call description; discrepancy 55";
    NEW_VALUES "new-values" "" [],
        "enum values that the contract does not list",
        "discrepancies 48 and 49";
    TASK_STATE "task-state" "restore_task" [],
        "status, finished, successful and errorMsg of a task agree",
        "sample; labels of the states in the console of an open-source sibling (inferred)";
    TASK_TIMES "task-times" "restore_task" [],
        "a task is created, then finished, and restores a time before",
        "sample; discrepancies 44 and 52";
    TASK_IDENTITY "task-identity" "restore_task" [],
        "ids are positive, names are not empty, no task is listed twice or changes once finished",
        "names of the members; what a list is";
    ORDER "order" "restore_task" [],
        "the order of the tasks",
        "discrepancy 12";
    FILTER_CLUSTER_NAME "filter-cluster-name" "restore_task" ["restoreClusterName"],
        "restoreClusterName finds all tasks of the target clusters, and no others",
        "request table; discrepancies 17 and 18";
    FILTER_VALUES "filter-values" "restore_task" ["status"],
        "status finds all tasks in the states, and no others, by labels or by machine names",
        "request table; discrepancies 20, 25, 29, 30, 33";
    TIME_WINDOW "time-window" "restore_task" ["startTime", "endTime"],
        "startTime and endTime bound the tasks",
        "request table; discrepancy 22";
    TIME_FORMS "time-forms" "restore_task" ["startTime", "endTime"],
        "times are taken in the documented form",
        "request table; discrepancy 21";
    FILTERS_TOGETHER "filters-together" "restore_task" ["startTime", "endTime"],
        "filters narrow each other and apply before paging",
        "request table";
    ARRAY_STYLE "array-style" "restore_task" ["restoreClusterName"],
        "every value of a repeated filter counts",
        "request table; discrepancy 16";
    SCOPE "scope" "restore_task" [],
        "which tasks belong to the cluster and the tenant of the path",
        "discrepancies 38 and 39";
    RUNNING_TASK "running-task" "restore_task" [],
        "what a running task looks like, and its progress",
        "discrepancies 50 and 52";
}
