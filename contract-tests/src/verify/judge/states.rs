//! The forms in which the status filter of restore tasks takes a state.

use super::book::Book;
use super::fault::{Fault, Thing};
use crate::verify::checks::FILTER_VALUES;
use crate::verify::filter::Filter;
use crate::verify::finding::Observation;
use crate::verify::known::Known;
use crate::verify::listing::Listing;
use crate::verify::row::Row;
use crate::verify::transcript::{Exchange, LooksAt, Purpose};

/// Each state is found by its machine name or by its label; a form that is not taken may
/// be refused, or find nothing.
pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    let asked = known
        .answers()
        .filter_map(|(index, one)| match &one.purpose {
            Purpose::Filter {
                filter,
                looks_at: LooksAt::StatusForm { .. },
                ..
            } => Some((filter, index, one)),
            _ => None,
        });
    let asked: Vec<(&Filter, usize, &Exchange)> = asked.collect();
    let refused = asked.iter().map(|(_, index, exchange)| {
        let is_answered = known.page(*index).is_some() || exchange.status() == 400;
        let expected = "tasks, or HTTP 400 for a value that it does not know";
        let got = exchange.summary(book.secrets());
        let fault = Fault::new("refused", expected, got).reads([Thing::Body(*index)]);
        ((!is_answered).then_some(fault), *index)
    });
    let refused = refused.collect();
    book.judge_all(FILTER_VALUES, refused);
    for forms in asked.chunk_by(|one, other| one.0 == other.0) {
        state(known, forms, book);
    }
    let forms = known.status_forms;
    let taken = match (forms.names, forms.labels) {
        (true, true) => "machine names and labels",
        (true, false) => "machine names, not labels",
        (false, true) => "labels, not machine names",
        (false, false) => return,
    };
    let text = format!("this OCP takes {taken}");
    let observed = Observation::new("values of status", taken, text);
    book.observe(FILTER_VALUES, observed);
}

/// A state, by all forms that were asked for.
fn state(known: &Known<'_>, forms: &[(&Filter, usize, &Exchange)], book: &mut Book<'_>) {
    let has_rows = |found: Listing<'_>| !found.rows.is_empty();
    let mut found = forms.iter();
    let is_found = found.any(|(_, index, _)| known.page(*index).is_some_and(has_rows));
    let is_answered = forms.iter().all(|(_, _, one)| one.response.is_some());
    let Some((filter, index, _)) = forms.last().filter(|_| !is_found && is_answered) else {
        return;
    };
    let described = &known.subject.filters;
    let rows = known.rows.iter().copied();
    let rows: Vec<Row<'_>> = rows
        .filter(|row| filter.must_find(*row, described))
        .collect();
    let is_wrong = |row: &Row<'_>| {
        let mut read = Thing::members(*row, filter.members(described)).into_iter();
        read.any(|thing| book.is_violated(&thing))
    };
    if rows.iter().all(is_wrong) {
        return;
    }
    let state = rows.first().and_then(|row| row.text("status"));
    let state = book.secrets().shortened(state.unwrap_or_default());
    let expected = format!("the tasks in state {state}, by its machine name or by its label");
    let fault = Fault::new("finds nothing", expected, "no task by either");
    book.add(FILTER_VALUES, fault.reads([Thing::Body(*index)]), *index);
    book.spoil(Thing::Parameter("status".to_owned()));
}
