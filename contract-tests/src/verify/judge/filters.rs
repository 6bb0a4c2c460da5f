//! The tasks that filters find: all that they must, and none that they must not.

use super::book::{Book, Fault, PAGES, PARAMETER, RESPONSE, ROW};
use super::input::{Input, Violated};
use crate::verify::checks::{ARRAY_STYLE, CheckId, FILTER_VALUES, TIME_FORMS, TIME_WINDOW};
use crate::verify::filter::Filter;
use crate::verify::finding::Observation;
use crate::verify::listing::Listing;
use crate::verify::row::Row;
use crate::verify::secrets::Secrets;
use crate::verify::transcript::{Exchange, LooksAt, Purpose};

pub(super) fn judge(input: &Input<'_>, book: &mut Book<'_>, violated: &mut Violated) {
    let mut filters = Filters {
        input,
        book,
        violated,
    };
    let answers: Vec<(usize, &Exchange)> = input.answers().collect();
    // The pages of one request, or one request.
    let requests = answers.chunk_by(|(_, one), (_, other)| {
        matches!(
            &one.purpose,
            Purpose::Filter {
                looks_at: LooksAt::Pages,
                ..
            }
        ) && one.purpose == other.purpose
    });
    filters.status_forms(&answers);
    for request in requests {
        filters.request(request);
    }
    questions(input, book);
}

struct Filters<'a, 'b, 'c> {
    input: &'a Input<'a>,
    book: &'c mut Book<'b>,
    violated: &'c mut Violated,
}

impl<'a> Filters<'a, '_, '_> {
    fn request(&mut self, exchanges: &[(usize, &'a Exchange)]) {
        let (index, exchange) = exchanges[0];
        let Purpose::Filter {
            check,
            name,
            filter,
            looks_at,
        } = &exchange.purpose
        else {
            return;
        };
        let Some(check) = CheckId::named(check) else {
            return;
        };
        let Some(found) = Listing::of(index, exchange) else {
            if let LooksAt::OneBound = looks_at {
                self.one_bound_refused(filter, index, exchange);
            }
            return;
        };
        if self.violated.bodies.contains(&index) {
            return self.book.leave_out(check, RESPONSE);
        }
        match looks_at {
            LooksAt::Pages => return self.pages(check, name, filter, exchanges),
            LooksAt::Case => {
                let counts = match found.rows.is_empty() {
                    true => "counts",
                    false => "does not count",
                };
                let observed = Observation::new(name, counts, format!("{name} {counts}"));
                return self.book.observe(check, observed);
            }
            LooksAt::Beside { id, member } => return self.beside(*id, member, filter, &found),
            // Whether it is taken is judged with the other form.
            LooksAt::StatusForm { .. } if found.rows.is_empty() => return,
            _ => self.compare(check, name, filter, &found),
        }
        let has = |id: &i64| found.ids().contains(id);
        match looks_at {
            LooksAt::Near { id, member } if has(id) => {
                let text = format!("{member} is compared");
                let question = "the time that is compared";
                let observed = Observation::new(question, member.as_str(), text);
                self.book.observe(check, observed);
            }
            LooksAt::Running { id } if !has(id) => self.running(check, *id, filter, &found),
            LooksAt::OneBound => {
                let name = filter.parameters().next().unwrap_or_default();
                let question = format!("{name} alone");
                let text = format!("{question} is accepted");
                let observed = Observation::new(question, "HTTP 200", text);
                self.book.observe(check, observed);
            }
            _ => {}
        }
    }

    /// Compares what a filter has found with the tasks that are listed without it.
    fn compare(&mut self, check: CheckId, name: &str, filter: &Filter, found: &Listing<'a>) {
        self.book.judged(check);
        let known = &self.input.known;
        let secrets = self.book.secrets();
        let expected: Vec<Row<'_>> = self.expected(filter).collect();
        let count = expected.len();
        let settled = || found.rows.iter().copied().filter(|row| !known.is_new(*row));
        let extra = settled().filter(|row| !filter.may_find(*row));
        if let Some(row) = self.sound(check, filter, extra) {
            let excluding: Vec<&str> = filter.excluding(row).collect();
            let parameters = &mut self.violated.parameters;
            if excluding.iter().all(|name| parameters.contains(name)) {
                self.book.leave_out(check, PARAMETER);
            } else {
                parameters.extend(filter.excluding(row));
                let fault = Fault::new(
                    format!("{name} finds others"),
                    format!("only tasks that the filter asks for, {count} of them"),
                    format!(
                        "{} as well; {} tasks in all",
                        described(row, secrets),
                        found.rows.len()
                    ),
                );
                self.add(check, fault, found);
            }
        }
        // Filters narrow the list, they do not add to it.
        let listed = known.settled(&known.rows);
        let unlisted =
            settled().find(|row| known.key(*row).is_some_and(|id| !listed.contains(&id)));
        if let Some(row) = unlisted.filter(|_| known.is_whole) {
            let id = row.id().unwrap_or_default();
            if self.violated.ids || !self.violated.unlisted.insert(id) {
                self.book.leave_out(check, ROW);
            } else {
                let fault = Fault::new(
                    "a filter finds tasks that are not listed",
                    format!(
                        "the {} tasks that are listed without a filter",
                        listed.len()
                    ),
                    format!("{} as well, with {name}", described(row, secrets)),
                );
                self.add(check, fault, found);
            }
        }
        if !known.is_whole || !found.is_whole() {
            return;
        }
        let ids = found.ids();
        let is_lost = |row: &Row<'_>| known.key(*row).is_some_and(|id| !ids.contains(&id));
        let lost = expected.into_iter().filter(is_lost);
        let Some(row) = self.sound(check, filter, lost) else {
            return;
        };
        if self.violated.ids || !self.is_sound(filter) {
            return self.book.leave_out(check, PARAMETER);
        }
        self.violated.parameters.extend(filter.parameters());
        let fault = Fault::new(
            format!("{name} loses tasks"),
            format!("the {count} tasks that the filter asks for"),
            format!(
                "{} tasks, without {}",
                found.rows.len(),
                described(row, secrets)
            ),
        );
        self.add(check, fault, found);
    }

    /// The tasks that a filter must find.
    fn expected(&self, filter: &Filter) -> impl Iterator<Item = Row<'a>> {
        let rows = self.input.known.rows.iter().copied();
        rows.filter(move |row| filter.must_find(*row))
    }

    /// The first of several rows of which no member is wrong that the filter reads.
    fn sound<'r>(
        &mut self,
        check: CheckId,
        filter: &Filter,
        rows: impl Iterator<Item = Row<'r>>,
    ) -> Option<Row<'r>> {
        let mut wrong = 0;
        let found = rows.into_iter().find(|row| {
            let is_wrong = self.violated.has_member(*row, filter.members());
            wrong += usize::from(is_wrong);
            !is_wrong
        });
        if wrong > 0 {
            self.book.leave_out(check, ROW);
        }
        found
    }

    /// Whether no parameter of a filter is known not to filter.
    fn is_sound(&self, filter: &Filter) -> bool {
        let mut parameters = filter.parameters();
        !parameters.any(|name| self.violated.parameters.contains(name))
    }

    fn add(&mut self, check: CheckId, fault: Fault, found: &Listing<'_>) {
        self.book
            .add(check, fault.at("/data/contents"), found.index);
    }

    /// Pages of what a filter finds, together.
    fn pages(
        &mut self,
        check: CheckId,
        name: &str,
        filter: &Filter,
        exchanges: &[(usize, &Exchange)],
    ) {
        let pages = exchanges.iter();
        let pages: Option<Vec<Listing<'_>>> = pages
            .map(|(index, exchange)| Listing::of(*index, exchange))
            .collect();
        let Some(last) = pages.as_ref().and_then(|pages| pages.last()) else {
            return;
        };
        self.book.judged(check);
        let rows = pages.iter().flatten().flat_map(|page| &page.rows);
        let ids: Vec<i64> = rows.filter_map(|row| row.id()).collect();
        let expected: Vec<i64> = self
            .expected(filter)
            .filter_map(|row| self.input.known.key(row))
            .collect();
        let missing = expected.iter().find(|id| !ids.contains(id));
        let Some(id) = missing.filter(|_| last.is_last()) else {
            return;
        };
        if self.violated.has_any_page() || !self.is_sound(filter) {
            return self.book.leave_out(check, PAGES);
        }
        self.violated.parameters.extend(filter.parameters());
        let size = last.asked.map_or(0, |asked| asked.size);
        let fault = Fault::new(
            format!("pages of {name} lose tasks"),
            format!("{} tasks in pages of {size}", expected.len()),
            format!("{}, without task {id}", ids.len()),
        );
        self.add(check, fault, last);
    }

    /// One bound alone may be refused; if it is taken, it must bound.
    fn one_bound_refused(&mut self, filter: &Filter, index: usize, exchange: &Exchange) {
        let summary = exchange.summary(self.book.secrets());
        if exchange.status() == 400 {
            let name = filter.parameters().next().unwrap_or_default();
            let question = format!("{name} alone");
            let text = format!("{question} is refused: {summary}");
            let observed = Observation::new(question, "HTTP 400", text);
            self.book.observe(TIME_WINDOW, observed);
        } else if self.violated.bodies.contains(&index) {
            self.book.leave_out(TIME_WINDOW, RESPONSE);
        } else {
            let fault = Fault::new("one bound", "tasks, or HTTP 400", summary);
            self.book.add(TIME_WINDOW, fault, index);
        }
    }

    /// A task whose time is seconds outside of the window.
    fn beside(&mut self, id: i64, member: &str, filter: &Filter, found: &Listing<'_>) {
        self.book.judged(TIME_WINDOW);
        let mut rows = found.rows.iter();
        let Some(row) = rows.find(|row| row.id() == Some(id)) else {
            return;
        };
        let times = row.time("createTime").zip(row.time("finishTime"));
        // Both times may count, as ends of an interval.
        if times.is_some_and(|(created, finished)| filter.is_within(created, finished)) {
            return;
        }
        if !self.is_sound(filter) {
            return self.book.leave_out(TIME_WINDOW, PARAMETER);
        }
        let time = row.text(member).unwrap_or_default();
        let time = self.book.secrets().shortened(time);
        let expected = format!("no task whose {member} is seconds outside of the window");
        let got = format!("task {id}, {member} {time}");
        let fault = Fault::new("a window is not exact", expected, got);
        self.add(TIME_WINDOW, fault, found);
    }

    /// A task that runs is found by its state, unless it has another one by now, and by the
    /// time that it was created at.
    fn running(&mut self, check: CheckId, id: i64, filter: &Filter, found: &Listing<'_>) {
        let known = &self.input.known;
        let before = known.rows.iter().find(|row| row.id() == Some(id));
        let Some(before) = before else { return };
        let (kind, expected) = match check == FILTER_VALUES {
            true => {
                let again = Purpose::Again { id };
                let again = self.input.pages_of(&again).next();
                let now = again.and_then(|now| now.rows.iter().find(|row| row.id() == Some(id)));
                let state = before.text("status");
                if now.and_then(|row| row.text("status")) != state {
                    return;
                }
                let state = self.book.secrets().shortened(state.unwrap_or_default());
                (
                    "a state loses what runs",
                    format!("task {id}, which is in state {state}"),
                )
            }
            false => (
                "a window loses what runs",
                format!("task {id}, which was created in it"),
            ),
        };
        if !self.is_sound(filter) {
            return self.book.leave_out(check, PARAMETER);
        }
        let got = format!("{} tasks without it", found.rows.len());
        self.add(check, Fault::new(kind, expected, got), found);
    }

    /// Each state is found by its machine name or by its label; a form that is not taken may
    /// be refused, or find nothing.
    fn status_forms(&mut self, answers: &[(usize, &Exchange)]) {
        let of_state = |(_, one): &&(usize, &'_ Exchange)| match &one.purpose {
            Purpose::Filter {
                filter,
                looks_at: LooksAt::StatusForm { .. },
                ..
            } => Some(filter.clone()),
            _ => None,
        };
        let asked: Vec<_> = answers
            .iter()
            .filter(|one| of_state(one).is_some())
            .collect();
        for forms in asked.chunk_by(|one, other| of_state(one) == of_state(other)) {
            let mut is_found = false;
            for (index, exchange) in forms.iter().map(|one| **one) {
                let found = Listing::of(index, exchange);
                is_found |= found.as_ref().is_some_and(|found| !found.rows.is_empty());
                if found.is_none() && exchange.status() != 400 {
                    let expected = "tasks, or HTTP 400 for a value that it does not know";
                    let got = exchange.summary(self.book.secrets());
                    self.unless_unusable(index, Fault::new("refused", expected, got));
                } else {
                    self.book.judged(FILTER_VALUES);
                }
            }
            let (Some((index, _)), Some(filter)) = (forms.last(), of_state(&forms[0])) else {
                continue;
            };
            let rows: Vec<Row<'_>> = self.expected(&filter).collect();
            let members = || filter.members();
            let is_wrong = |row: &Row<'_>| self.violated.has_member(*row, members());
            let is_answered = forms.iter().all(|(_, one)| one.response.is_some());
            if is_found || !is_answered || rows.iter().all(is_wrong) {
                continue;
            }
            let state = rows.first().and_then(|row| row.text("status"));
            let state = self.book.secrets().shortened(state.unwrap_or_default());
            let expected =
                format!("the tasks in state {state}, by its machine name or by its label");
            let fault = Fault::new("finds nothing", expected, "no task by either");
            self.unless_unusable(*index, fault);
            self.violated.parameters.insert("status");
        }
        let forms = self.input.known.status_forms;
        let taken = match (forms.names, forms.labels) {
            (true, true) => "machine names and labels",
            (true, false) => "machine names, not labels",
            (false, true) => "labels, not machine names",
            (false, false) => return,
        };
        let text = format!("this OCP takes {taken}");
        let observed = Observation::new("values of status", taken, text);
        self.book.observe(FILTER_VALUES, observed);
    }

    fn unless_unusable(&mut self, index: usize, fault: Fault) {
        match self.violated.bodies.contains(&index) {
            true => self.book.leave_out(FILTER_VALUES, RESPONSE),
            false => self.book.add(FILTER_VALUES, fault, index),
        }
    }
}

/// Ways of writing that the contract leaves open.
fn questions(input: &Input<'_>, book: &mut Book<'_>) {
    for (index, exchange) in input.answers() {
        let Purpose::Question {
            check, question, ..
        } = &exchange.purpose
        else {
            continue;
        };
        if check == TIME_FORMS.as_str() {
            match exchange.status() {
                200 => {
                    let text = format!("{question} is accepted");
                    book.observe(TIME_FORMS, Observation::new(question, "HTTP 200", text));
                }
                _ => book.observe_response(TIME_FORMS, question, index),
            }
        } else if check == ARRAY_STYLE.as_str() {
            match Listing::of(index, exchange) {
                Some(found) => {
                    let value = match found.rows.is_empty() {
                        false => "count, too",
                        true => "are taken for one",
                    };
                    let text = format!("{question} {value}");
                    book.observe(ARRAY_STYLE, Observation::new(question, value, text));
                }
                None => book.observe_response(ARRAY_STYLE, question, index),
            }
        }
    }
}

/// A task in a finding.
fn described(row: Row<'_>, secrets: &Secrets) -> String {
    let text = |name| secrets.shortened(row.text(name).unwrap_or("?"));
    format!(
        "task {} (target {}, state {}, created {})",
        row.id().unwrap_or_default(),
        text("restoreClusterName"),
        text("status"),
        text("createTime")
    )
}
