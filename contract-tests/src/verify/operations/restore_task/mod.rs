//! Restore tasks: their states, their times, and the filters by which they are
//! found. Each check is made where the operation has what it needs.

mod asking;
mod checks;
mod filter;
mod filters;
mod judge;
mod overview;
mod task;
mod together;
mod window;

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use ocp_contract::strict::{Departure, Severity, Strict};
use serde_json::{Map, Value};

use super::requests::{ActiveKind, Requests};
use crate::verify::check::CheckId;
use crate::verify::judgement::{Fault, Judgement};
use crate::verify::kind::RowKind;
use crate::verify::listing::Listing;
use crate::verify::row::Row;
use crate::verify::run::Run;
use crate::verify::session::Stop;
use checks::{
    ARRAY_STYLE, CHECKS, FILTER_CLUSTER_NAME, FILTER_VALUES, FILTERS_TOGETHER, TIME_FORMS,
    TIME_WINDOW,
};

/// Knows restore tasks.
pub(super) struct RestoreTask;

impl RowKind for RestoreTask {
    fn all_checks(&self) -> &'static [CheckId] {
        CHECKS
    }

    fn needs(&self, check: CheckId) -> &'static [&'static str] {
        match check {
            FILTER_CLUSTER_NAME | ARRAY_STYLE => &["restoreClusterName"],
            FILTER_VALUES => &["status"],
            TIME_WINDOW | TIME_FORMS | FILTERS_TOGETHER => &["startTime", "endTime"],
            _ => &[],
        }
    }

    fn created(&self, row: &Row) -> Option<DateTime<FixedOffset>> {
        row.time("createTime")
    }

    /// The label of a state, where its machine name belongs.
    fn misplaced(&self, value: &Departure, body: &Value, fault: &Fault) -> Option<Fault> {
        let state = filter::state_of_label(body.pointer(&value.body)?.as_str()?)?;
        Some(Fault {
            severity: Severity::Violation,
            expected: format!("{state}, the machine name of the state"),
            got: format!("{}, its label in the status filter", fault.got),
            ..fault.clone()
        })
    }

    fn judge(
        &self,
        strict: &Strict,
        known: &BTreeMap<i64, Row>,
        listing: &Listing,
    ) -> Vec<Judgement> {
        judge::rows(strict, known, listing)
    }

    fn overview(&self, rows: &[Row], path: &Map<String, Value>) -> Vec<Judgement> {
        overview::overview(rows, path)
    }
}

impl ActiveKind for RestoreTask {
    fn requests<'a>(&'a self, run: &'a mut Run<'_>) -> Requests<'a> {
        Box::pin(requests(run))
    }
}

async fn requests(run: &mut Run<'_>) -> Result<(), Stop> {
    if run.is_pending(FILTER_CLUSTER_NAME) {
        filters::cluster_names(run).await?;
        run.ended(FILTER_CLUSTER_NAME);
    }
    let mut values = filter::StatusValues::default();
    if run.is_pending(FILTER_VALUES) {
        values = filters::values(run).await?;
        run.ended(FILTER_VALUES);
    }
    if run.is_pending(TIME_WINDOW) {
        window::bounds(run).await?;
        run.ended(TIME_WINDOW);
        window::forms(run).await?;
        run.ended(TIME_FORMS);
        together::together(run, values).await?;
        run.ended(FILTERS_TOGETHER);
    }
    if run.is_pending(ARRAY_STYLE) {
        filters::styles(run).await?;
        run.ended(ARRAY_STYLE);
    }
    Ok(())
}
