//! The checks that an OCP is put to. `discrepancies.yaml` names some of them, as those that
//! settle what the documentation leaves open.

use std::fmt;

use ocp_contract::Operation;

/// The kind of rows (`x-row-kind`) of which more is known than the description says.
pub(super) const RESTORE_TASK: &str = "restore_task";

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    id: &'static str,
    /// The statement that it checks, in a line.
    pub(super) meaning: &'static str,
    /// How the contract knows.
    pub(super) evidence: &'static str,
    /// The reason why it was applied to nothing, if nothing else stopped it.
    pub(super) idle: &'static str,
    /// The kind of rows that it is about; `ANY` is any.
    row_kind: &'static str,
    /// The filters that the operation must have.
    filters: &'static [&'static str],
}

impl CheckId {
    /// The id in reports, fingerprints and the register.
    pub fn as_str(self) -> &'static str {
        self.id
    }

    /// The check with this id.
    pub(super) fn named(id: &str) -> Option<Self> {
        CHECKS.iter().find(|check| check.id == id).copied()
    }

    /// True if an operation has the rows and the filters that it needs.
    pub(super) fn applies_to(self, operation: &Operation) -> bool {
        let has = |name: &&str| operation.filters().any(|filter| filter.name == **name);
        let kind = operation.row_kind.as_deref();
        if self == FILTER_VALUES && kind != Some(RESTORE_TASK) {
            let list = operation.list.as_ref();
            return list.is_some_and(|list| !list.filters.is_empty());
        }
        (self.row_kind == ANY || kind == Some(self.row_kind)) && self.filters.iter().all(has)
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

const ANY: &str = "";
const NO_TASKS: &str = "there are no restore tasks";
const NO_NAME: &str =
    "no task has the name of a target cluster, or only names with a comma or a secret";

/// Constants for checks, and `CHECKS`, which has them in the order of the report.
macro_rules! checks {
    (@idle) => { "nothing came that it could be applied to" };
    (@idle $idle:expr) => { $idle };
    ($($name:ident $id:literal $row_kind:ident $filters:expr, $meaning:literal, $evidence:literal $(, $idle:expr)?;)+) => {
        $(
            #[doc = $meaning]
            pub(super) const $name: CheckId = CheckId {
                id: $id,
                meaning: $meaning,
                evidence: $evidence,
                idle: checks!(@idle $($idle)?),
                row_kind: $row_kind,
                filters: &$filters,
            };
        )+
        const CHECKS: &[CheckId] = &[$($name),+];
    };
}

checks! {
    DOCUMENTED_REQUEST "documented-request" ANY [],
        "the documented request is answered with a page of rows",
        "sample request and sample response";
    TRANSPORT "transport" ANY [],
        "every response is JSON under an HTTP status of its operation, and says so",
        "sample response; API call description";
    ENVELOPE "envelope" ANY [],
        "every response has OCP's envelope, with data or with an error",
        "response table; API call description";
    CONFORMANCE "conformance" ANY [],
        "every body has the members, types and enum values of the contract",
        "rows and samples, named in each finding";
    CLIENT "client" ANY [],
        "the generated client reads every response and loses nothing",
        "this repository's client";
    PAGE_MEMBERS "page-members" ANY [],
        "page has number, size and totals of what was asked for",
        "sample; table of the sibling operation; discrepancy 2";
    PAGING "paging" ANY [],
        "pages of another size show the same rows, and the page past the end is empty",
        "sample request; table of the sibling operation; discrepancy 14";
    REPEAT "repeat" ANY [],
        "the same request gets the same rows",
        "the operation reads";
    ERROR_ENVELOPE "error-envelope" ANY [],
        "unknown and malformed ids, and malformed times, are refused with OCP's error",
        "API call description; discrepancy 3";
    AUTHENTICATION "authentication" ANY [],
        "a request without credentials is refused",
        "API call description; page on access keys";
    THROTTLING "throttling" ANY [],
        "RateLimit headers make sense where they are sent",
        "API call description; discrepancy 55",
        "no response had a RateLimit header: throttling is off, or not announced";
    NEW_VALUES "new-values" ANY [],
        "enum values that the contract does not list",
        "discrepancies 48 and 49",
        "every enum value is one that the contract lists";
    TASK_STATE "task-state" RESTORE_TASK [],
        "status, finished, successful and errorMsg of a task agree",
        "sample; labels of the states in the console of an open-source sibling (inferred)",
        NO_TASKS;
    TASK_TIMES "task-times" RESTORE_TASK [],
        "a task is created, then finished, and restores a time before",
        "sample; discrepancies 44 and 52",
        NO_TASKS;
    TASK_IDENTITY "task-identity" RESTORE_TASK [],
        "ids are positive, names are not empty, no task is listed twice or changes once finished",
        "names of the members; what a list is",
        NO_TASKS;
    ORDER "order" RESTORE_TASK [],
        "the order of the tasks",
        "discrepancy 12",
        NO_TASKS;
    FILTER_CLUSTER_NAME "filter-cluster-name" RESTORE_TASK ["restoreClusterName"],
        "restoreClusterName finds all tasks of the target clusters, and no others",
        "request table; discrepancies 17 and 18",
        NO_NAME;
    FILTER_VALUES "filter-values" ANY ["status"],
        "each filter finds all rows with its values, and no others; states by labels or by machine names",
        "request table; discrepancies 20, 25, 29, 30, 33",
        "no row has a value to ask for, or no finished task a state that is known";
    TIME_WINDOW "time-window" RESTORE_TASK ["startTime", "endTime"],
        "startTime and endTime bound the tasks",
        "request table; discrepancy 22",
        "no task has its times";
    TIME_FORMS "time-forms" RESTORE_TASK ["startTime", "endTime"],
        "times are taken in the documented form",
        "request table; discrepancy 21";
    FILTERS_TOGETHER "filters-together" RESTORE_TASK ["startTime", "endTime"],
        "filters narrow each other and apply before paging",
        "request table",
        "no task has its times";
    ARRAY_STYLE "array-style" RESTORE_TASK ["restoreClusterName"],
        "every value of a repeated filter counts",
        "request table; discrepancy 16",
        NO_NAME;
    SCOPE "scope" RESTORE_TASK [],
        "which tasks belong to the cluster and the tenant of the path",
        "discrepancies 38 and 39",
        NO_TASKS;
    RUNNING_TASK "running-task" RESTORE_TASK [],
        "what a running task looks like, and its progress",
        "discrepancies 50 and 52",
        "no task is running";
}
