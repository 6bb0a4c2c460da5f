//! The checks for restore tasks.

use crate::verify::check::checks;

checks! {
    TASK_STATE "task-state",
        "status, finished, successful and errorMsg of a task agree",
        "sample; labels of the states in the console of an open-source sibling (inferred)";
    TASK_TIMES "task-times",
        "a task is created, then finished, and restores a time before",
        "sample; discrepancies 44 and 52";
    TASK_IDENTITY "task-identity",
        "ids are positive, names are not empty, no task is listed twice or changes once finished",
        "names of the members; what a list is";
    ORDER "order",
        "the order of the tasks",
        "discrepancy 12";
    FILTER_CLUSTER_NAME "filter-cluster-name",
        "restoreClusterName finds all tasks of the target clusters, and no others",
        "request table; discrepancies 17 and 18";
    FILTER_VALUES "filter-values",
        "status finds all tasks in the states, and no others, by labels or by machine names",
        "request table; discrepancies 20, 25, 29, 30, 33";
    TIME_WINDOW "time-window",
        "startTime and endTime bound the tasks",
        "request table; discrepancy 22";
    TIME_FORMS "time-forms",
        "times are taken in the documented form",
        "request table; discrepancy 21";
    FILTERS_TOGETHER "filters-together",
        "filters narrow each other and apply before paging",
        "request table";
    ARRAY_STYLE "array-style",
        "every value of a repeated filter counts",
        "request table; discrepancy 16";
    SCOPE "scope",
        "which tasks belong to the cluster and the tenant of the path",
        "discrepancies 38 and 39";
    RUNNING_TASK "running-task",
        "what a running task looks like, and its progress",
        "discrepancies 50 and 52";
}
