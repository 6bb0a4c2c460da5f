//! The forms in which the status filter of restore tasks takes a state.

use super::book::{Book, Fault, Thing};
use super::filters::Asked;
use crate::verify::checks::FILTER_VALUES;
use crate::verify::finding::Observation;
use crate::verify::known::Known;
use crate::verify::transcript::LooksAt;

/// Each state is found by its machine name or by its label; a form that is not taken may
/// be refused, or find nothing.
pub(super) fn judge(known: &Known<'_>, asked: &[Asked<'_>], book: &mut Book<'_>) {
    let is_state = |one: &&Asked<'_>| matches!(one.query.looks_at, LooksAt::StatusForm { .. });
    let asked: Vec<&Asked<'_>> = asked.iter().filter(is_state).collect();
    let expected = "tasks, or HTTP 400 for a value that it does not know";
    for one in &asked {
        let is_answered = one.found.is_some() || one.exchange.status() == 400;
        let fault = (!is_answered).then(|| book.whole(one.index, "refused", expected));
        book.judge(FILTER_VALUES, fault, one.index);
    }
    for forms in asked.chunk_by(|one, other| one.query.filter == other.query.filter) {
        state(forms, book);
    }
    let taken = match (known.status_forms.names, known.status_forms.labels) {
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
fn state(forms: &[&Asked<'_>], book: &mut Book<'_>) {
    let mut found = forms.iter().filter_map(|one| one.found.as_ref());
    let is_found = found.any(|found| !found.rows.is_empty());
    let is_answered = forms.iter().all(|one| one.exchange.response.is_some());
    let Some(last) = forms.last().filter(|_| !is_found && is_answered) else {
        return;
    };
    let expected = last.known.expected(&last.query.filter);
    if let Some(row) = last.sound(expected.into_iter(), book) {
        let state = row.text("status").unwrap_or_default();
        let state = last.known.secrets.shortened(state);
        let expected = format!("the tasks in state {state}, by its machine name or by its label");
        let fault = Fault::new("finds nothing", expected, "no task by either");
        let fault = fault.reads([Thing::Body(last.index)]);
        book.add(FILTER_VALUES, fault, last.index);
        last.things().into_iter().for_each(|one| book.spoil(one));
    }
}
