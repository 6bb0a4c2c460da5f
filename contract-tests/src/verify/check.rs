//! Every check that a provider is put to. `discrepancies.yaml` names some of
//! them, as those that settle what the documentation leaves open.

use std::fmt;

macro_rules! checks {
    ($($name:ident $id:literal, $meaning:literal, $evidence:literal;)+) => {
        /// A check that a provider is put to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CheckId {
            $(#[doc = $meaning] $name,)+
        }

        impl CheckId {
            /// All of them, in the order of the report.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The id in reports, fingerprints and the register.
            ///
            /// ```
            /// use contract_tests::verify::check::CheckId;
            ///
            /// assert_eq!(CheckId::FilterWords.as_str(), "filter-words");
            /// ```
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What it checks, in a line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// How the contract knows.
            pub fn evidence(self) -> &'static str {
                match self { $(Self::$name => $evidence,)+ }
            }
        }
    };
}

checks! {
    DocumentedRequest "documented-request",
        "the documented request is answered with a page of tasks",
        "sample request and sample response";
    Transport "transport",
        "every answer is JSON under an HTTP status of its operation, and says so",
        "sample response; API call description";
    Envelope "envelope",
        "every answer has OCP's envelope, with data or with an error",
        "response table; API call description";
    Conformance "conformance",
        "every body has the members, types and words of the contract",
        "rows and samples, named in each finding";
    Client "client",
        "the generated client reads every answer and loses nothing",
        "this repository's client";
    TaskState "task-state",
        "status, finished, successful and errorMsg of a task agree",
        "sample; labels of the states in the console of an open-source sibling (inferred)";
    TaskTimes "task-times",
        "a task is created, then finished, and restores a time before",
        "sample; discrepancies 44 and 52";
    TaskIdentity "task-identity",
        "ids are positive, names are not empty, no task is listed twice or changes once finished",
        "names of the members; what a list is";
    PageMembers "page-members",
        "page tells number, size and totals of what was asked for",
        "sample; table of the sibling operation; discrepancy 2";
    Paging "paging",
        "pages of another size show the same tasks, and the page past the end is empty",
        "sample request; table of the sibling operation; discrepancy 14";
    Repeat "repeat",
        "the same request gets the same tasks",
        "the operation reads";
    Order "order",
        "the order of the tasks",
        "discrepancy 12";
    FilterClusterName "filter-cluster-name",
        "restoreClusterName finds all tasks of the target clusters, and no others",
        "request table; discrepancies 17 and 18";
    FilterWords "filter-words",
        "status finds all tasks in the states, and no others, by labels or by machine names",
        "request table; discrepancies 20, 25, 29, 30, 33";
    ArrayStyle "array-style",
        "every value of a repeated filter counts",
        "request table; discrepancy 16";
    TimeWindow "time-window",
        "startTime and endTime bound the tasks",
        "request table; discrepancy 22";
    TimeForms "time-forms",
        "times are taken in the documented form",
        "request table; discrepancy 21";
    FiltersTogether "filters-together",
        "filters narrow each other and apply before paging",
        "request table";
    ErrorEnvelope "error-envelope",
        "unknown clusters and tenants, malformed ids and times are refused with OCP's error",
        "API call description; discrepancy 3";
    Authentication "authentication",
        "a request without credentials is refused",
        "API call description; page on access keys";
    Throttling "throttling",
        "RateLimit headers make sense where they are sent",
        "API call description; discrepancy 55";
    Scope "scope",
        "which tasks belong to a tenant",
        "discrepancies 38 and 39";
    NewWords "new-words",
        "words that the contract does not list",
        "discrepancies 48 and 49";
    RunningTask "running-task",
        "what a running task looks like, and its progress",
        "discrepancies 50 and 52";
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
