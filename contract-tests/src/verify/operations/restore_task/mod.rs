//! Restore tasks: their states, their times, and the filters by which they are
//! found. Each check is made where the operation has what it needs.

mod filter;
mod filters;
mod judge;
mod overview;
mod window;

use chrono::{DateTime, FixedOffset};
use ocp_contract::Operation;
use ocp_contract::strict::{Departure, Severity};
use serde_json::Value;

use super::{Requests, RowKind};
use crate::verify::check::{CheckId, checks};
use crate::verify::listing::Listing;
use crate::verify::provider::Stop;
use crate::verify::row::Row;
use crate::verify::run::{Fault, Run};

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
    FILTER_WORDS "filter-words",
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

/// Knows restore tasks.
pub(super) struct RestoreTask;

impl RowKind for RestoreTask {
    fn all_checks(&self) -> &'static [CheckId] {
        CHECKS
    }

    fn needs(&self, check: CheckId) -> &'static [&'static str] {
        match check {
            FILTER_CLUSTER_NAME | ARRAY_STYLE => &["restoreClusterName"],
            FILTER_WORDS => &["status"],
            TIME_WINDOW | TIME_FORMS | FILTERS_TOGETHER => &["startTime", "endTime"],
            _ => &[],
        }
    }

    fn created(&self, row: &Row) -> Option<DateTime<FixedOffset>> {
        row.time("createTime")
    }

    /// The label of a state, where its machine name belongs.
    fn misplaced(&self, word: &Departure, body: &Value, fault: &Fault) -> Option<Fault> {
        let state = filter::state_of_label(body.pointer(&word.body)?.as_str()?)?;
        Some(Fault {
            severity: Severity::Violation,
            expected: format!("{state}, the machine name of the state"),
            got: format!("{}, its label in the status filter", fault.got),
            ..fault.clone()
        })
    }

    fn judge(&self, run: &mut Run, listing: &Listing) {
        judge::listing(run, listing);
    }

    fn overview(&self, run: &mut Run) {
        overview::overview(run);
    }

    fn requests<'a>(&'a self, run: &'a mut Run) -> Requests<'a> {
        Box::pin(requests(run))
    }
}

fn is_finished(row: &Row) -> bool {
    row.flag("finished") == Some(true)
}

fn has_filter(operation: &Operation, name: &str) -> bool {
    operation.filters().any(|filter| filter.name == name)
}

async fn requests(run: &mut Run) -> Result<(), Stop> {
    if run.is_pending(FILTER_CLUSTER_NAME) {
        filters::cluster_names(run).await?;
        run.ended(FILTER_CLUSTER_NAME);
    }
    let mut words = filter::Words::default();
    if run.is_pending(FILTER_WORDS) {
        words = filters::words(run).await?;
        run.ended(FILTER_WORDS);
    }
    if run.is_pending(TIME_WINDOW) {
        window::bounds(run).await?;
        run.ended(TIME_WINDOW);
        window::forms(run).await?;
        run.ended(TIME_FORMS);
        filters::together(run, words).await?;
        run.ended(FILTERS_TOGETHER);
    }
    if run.is_pending(ARRAY_STYLE) {
        filters::styles(run).await?;
        run.ended(ARRAY_STYLE);
    }
    Ok(())
}
