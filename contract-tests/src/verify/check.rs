//! Every check that a provider is put to. `discrepancies.yaml` names some of
//! them, as those that settle what the documentation leaves open.

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Stable id.
    pub id: &'static str,
    /// What it checks, in a line.
    pub meaning: &'static str,
    /// How the contract knows.
    pub evidence: &'static str,
}

const fn check(id: &'static str, meaning: &'static str, evidence: &'static str) -> Check {
    Check {
        id,
        meaning,
        evidence,
    }
}

/// In the order of the report.
pub const CHECKS: [Check; 24] = [
    check(
        "documented-request",
        "the documented request is answered with a page of tasks",
        "sample request and sample response",
    ),
    check(
        "transport",
        "every answer is JSON under an HTTP status of its operation, and says so",
        "sample response; API call description",
    ),
    check(
        "envelope",
        "every answer has OCP's envelope, with data or with an error",
        "response table; API call description",
    ),
    check(
        "conformance",
        "every body has the members, types and words of the contract",
        "rows and samples, named in each finding",
    ),
    check(
        "client",
        "the generated client reads every answer and loses nothing",
        "this repository's client",
    ),
    check(
        "task-state",
        "status, finished, successful and errorMsg of a task agree",
        "sample; labels of the states in the console of an open-source sibling (inferred)",
    ),
    check(
        "task-times",
        "a task is created, then finished, and restores a time before",
        "sample; discrepancies 44 and 52",
    ),
    check(
        "task-identity",
        "ids are positive, names are not empty, no task is listed twice or changes once finished",
        "names of the members; what a list is",
    ),
    check(
        "page-members",
        "page tells number, size and totals of what was asked for",
        "sample; table of the sibling operation; discrepancy 2",
    ),
    check(
        "paging",
        "pages of another size show the same tasks, and the page past the end is empty",
        "sample request; table of the sibling operation; discrepancy 14",
    ),
    check(
        "repeat",
        "the same request gets the same tasks",
        "the operation reads",
    ),
    check("order", "the order of the tasks", "discrepancy 12"),
    check(
        "filter-cluster-name",
        "restoreClusterName finds all tasks of the target clusters, and no others",
        "request table; discrepancies 17 and 18",
    ),
    check(
        "filter-words",
        "status finds all tasks in the states, and no others, by labels or by machine names",
        "request table; discrepancies 20, 25, 29, 30, 33",
    ),
    check(
        "array-style",
        "every value of a repeated filter counts",
        "request table; discrepancy 16",
    ),
    check(
        "time-window",
        "startTime and endTime bound the tasks",
        "request table; discrepancy 22",
    ),
    check(
        "time-forms",
        "times are taken in the documented form",
        "request table; discrepancy 21",
    ),
    check(
        "filters-together",
        "filters narrow each other and apply before paging",
        "request table",
    ),
    check(
        "error-envelope",
        "unknown clusters and tenants, malformed ids and times are refused with OCP's error",
        "API call description; discrepancy 3",
    ),
    check(
        "authentication",
        "a request without credentials is refused",
        "API call description; page on access keys",
    ),
    check(
        "throttling",
        "RateLimit headers make sense where they are sent",
        "API call description; discrepancy 55",
    ),
    check(
        "scope",
        "which tasks belong to a tenant",
        "discrepancies 38 and 39",
    ),
    check(
        "new-words",
        "words that the contract does not list",
        "discrepancies 48 and 49",
    ),
    check(
        "running-task",
        "what a running task looks like, and its progress",
        "discrepancies 50 and 52",
    ),
];
