//! The rows that filters find: all that they must, and none that they must not.

use super::book::Book;
use super::fault::{Fault, Thing};
use crate::verify::checks::{CheckId, FILTER_VALUES};
use crate::verify::filter::{Described, Filter};
use crate::verify::finding::Observation;
use crate::verify::known::Known;
use crate::verify::listing::Listing;
use crate::verify::row::Row;
use crate::verify::transcript::{Exchange, LooksAt, Purpose};

pub(super) fn judge(known: &Known<'_>, book: &mut Book<'_>) {
    let answers: Vec<(usize, &Exchange)> = known.answers().collect();
    // The pages of one request, or one request.
    let requests = answers.chunk_by(|(_, one), (_, other)| {
        let Purpose::Filter { looks_at, .. } = &one.purpose else {
            return false;
        };
        *looks_at == LooksAt::Pages && one.purpose == other.purpose
    });
    for exchanges in requests {
        let Purpose::Filter {
            check,
            name,
            filter,
            looks_at,
        } = &exchanges[0].1.purpose
        else {
            continue;
        };
        if let Some(check) = CheckId::named(check) {
            let described = &known.subject.filters;
            let mut asked = Asked {
                known,
                book,
                described,
                check,
                name,
                filter,
                parameters: filter.parameters(described),
            };
            asked.judge(exchanges, looks_at);
        }
    }
}

/// A filter that was asked for.
struct Asked<'a, 'b, 'c> {
    known: &'a Known<'a>,
    book: &'c mut Book<'b>,
    described: &'a Described,
    check: CheckId,
    /// The name of the request in findings.
    name: &'a str,
    filter: &'a Filter,
    parameters: Vec<&'a str>,
}

impl<'a> Asked<'a, '_, '_> {
    fn judge(&mut self, exchanges: &[(usize, &'a Exchange)], looks_at: &LooksAt) {
        let (index, exchange) = exchanges[0];
        let Some(found) = self.known.page(index) else {
            if let LooksAt::OneBound = looks_at {
                self.one_bound_refused(index, exchange);
            }
            return;
        };
        if self.book.leaves_out(self.check, &Thing::Body(index)) {
            return;
        }
        let has = |id: &i64| found.row(*id).is_some();
        match looks_at {
            LooksAt::Pages => self.pages(exchanges),
            LooksAt::Case => {
                let counts = match found.rows.is_empty() {
                    true => "counts",
                    false => "does not count",
                };
                let text = format!("{} {counts}", self.name);
                self.observe(self.name, counts, text);
            }
            LooksAt::Beside { id, member } => self.beside(*id, member, &found),
            // The other form decides if the state is taken.
            LooksAt::StatusForm { .. } if found.rows.is_empty() => {}
            LooksAt::Rows | LooksAt::StatusForm { .. } => self.compare(&found),
            LooksAt::Near { id, member } => {
                self.compare(&found);
                if has(id) {
                    let text = format!("{member} is compared");
                    self.observe("the time that is compared", member, text);
                }
            }
            LooksAt::Running { id } => {
                self.compare(&found);
                if !has(id) {
                    self.running(*id, &found);
                }
            }
            LooksAt::OneBound => {
                self.compare(&found);
                let question = format!("{} alone", self.parameter());
                self.observe(&question, "HTTP 200", format!("{question} is accepted"));
            }
        }
    }

    fn observe(&mut self, question: &str, value: &str, text: String) {
        self.book
            .observe(self.check, Observation::new(question, value, text));
    }

    fn parameter(&self) -> &'a str {
        self.parameters.first().copied().unwrap_or_default()
    }

    /// The parameters as things that violations are about.
    fn things(&self) -> Vec<Thing> {
        let parameters = self.parameters.iter();
        parameters
            .map(|name| Thing::Parameter((*name).to_owned()))
            .collect()
    }

    fn add(&mut self, fault: Fault, found: &Listing<'_>) {
        self.book
            .add(self.check, fault.at("/data/contents"), found.index);
    }

    /// Rows as the contract calls them.
    fn rows(&self) -> &'static str {
        match self.known.subject.lists_restore_tasks() {
            true => "tasks",
            false => "rows",
        }
    }

    /// Compares what a filter has found with the rows that are listed without it.
    fn compare(&mut self, found: &Listing<'_>) {
        self.book.judged(self.check);
        let (known, described) = (self.known, self.described);
        let settled = || found.rows.iter().copied().filter(|row| !known.is_new(*row));
        let extra = settled().filter(|row| !self.filter.may_find(*row, described));
        if let Some(row) = self.sound(extra) {
            self.extra(row, found);
        }
        // Filters narrow the list, they do not add to it.
        let listed = known.settled(&known.rows);
        let is_unlisted = |row: &Row<'_>| known.key(*row).is_some_and(|id| !listed.contains(&id));
        let unlisted = settled().find(is_unlisted).filter(|_| known.is_whole);
        if let Some(row) = unlisted {
            let unlisted = Thing::Unlisted(row.id().unwrap_or_default());
            let (rows, count) = (self.rows(), listed.len());
            let kind = format!("a filter finds {rows} that are not listed");
            let expected = format!("the {count} {rows} that are listed without a filter");
            let got = format!("{} as well, with {}", self.described_row(row), self.name);
            let fault = Fault::new(kind, expected, got);
            let fault = fault.reads([Thing::Ids, unlisted.clone()]);
            self.add(fault.spoils([unlisted]), found);
        }
        if known.is_whole && found.is_whole() {
            let what = format!("{} loses", self.name);
            self.lost(found, &what, vec![Thing::Ids]);
        }
    }

    /// A row that the filter excludes, by a parameter of which that is not known.
    fn extra(&mut self, row: Row<'_>, found: &Listing<'_>) {
        let excluding = self.filter.excluding(row, self.described).into_iter();
        let excluding = excluding.map(|name| Thing::Parameter(name.to_owned()));
        let excluding: Vec<Thing> = excluding.collect();
        let is_new = excluding.iter().any(|one| !self.book.is_violated(one));
        let (count, rows, row) = (self.expected().len(), self.rows(), self.described_row(row));
        let kind = format!("{} finds others", self.name);
        let expected = format!("only {rows} that the filter asks for, {count} of them");
        let got = format!("{row} as well; {} {rows} in all", found.rows.len());
        let fault = Fault::new(kind, expected, got);
        let reads = excluding.clone().into_iter().filter(|_| !is_new);
        self.add(fault.reads(reads).spoils(excluding), found);
    }

    /// A row that the filter must find, and does not.
    fn lost(&mut self, found: &Listing<'_>, what: &str, reads: Vec<Thing>) {
        let (known, ids) = (self.known, found.ids());
        let expected = self.expected();
        let count = expected.len();
        let is_lost = |row: &Row<'_>| known.key(*row).is_some_and(|id| !ids.contains(&id));
        if let Some(row) = self.sound(expected.into_iter().filter(is_lost)) {
            let (rows, row) = (self.rows(), self.described_row(row));
            let expected = format!("the {count} {rows} that the filter asks for");
            let got = format!("{} {rows}, without {row}", found.rows.len());
            let fault = Fault::new(format!("{what} {rows}"), expected, got).reads(reads);
            let fault = fault.reads(self.things()).spoils(self.things());
            self.add(fault, found);
        }
    }

    /// The rows that a filter must find.
    fn expected(&self) -> Vec<Row<'a>> {
        let rows = self.known.rows.iter().copied();
        rows.filter(|row| self.filter.must_find(*row, self.described))
            .collect()
    }

    /// The first of several rows of which no member is wrong that the filter reads.
    fn sound<'r>(&mut self, rows: impl Iterator<Item = Row<'r>>) -> Option<Row<'r>> {
        let (mut rows, mut wrong) = (rows, None);
        let row = rows.find(|row| {
            let members = self.filter.members(self.described);
            let mut read = Thing::members(*row, members).into_iter();
            let found = read.find(|thing| self.book.is_violated(thing));
            let is_sound = found.is_none();
            wrong = wrong.take().or(found);
            is_sound
        });
        if let Some(thing) = wrong {
            self.book.leaves_out(self.check, &thing);
        }
        row
    }

    /// Pages of what a filter finds, together.
    fn pages(&mut self, exchanges: &[(usize, &'a Exchange)]) {
        self.book.judged(self.check);
        let pages = exchanges.iter();
        let pages = pages.map(|(index, _)| self.known.page(*index));
        let pages = pages.collect::<Option<Vec<_>>>().unwrap_or_default();
        if let Some(last) = pages.last().filter(|last| last.is_last()) {
            let rows = pages.iter().flat_map(|page| page.rows.clone()).collect();
            let all = Listing {
                rows,
                ..last.clone()
            };
            let any = [Thing::Size(None), Thing::Totals(None), Thing::Number(None)];
            let reads = [Thing::Ids, Thing::Pages].into_iter().chain(any);
            self.lost(
                &all,
                &format!("pages of {} lose", self.name),
                reads.collect(),
            );
        }
    }

    /// One bound alone may be refused; if it is taken, it must bound.
    fn one_bound_refused(&mut self, index: usize, exchange: &Exchange) {
        let summary = exchange.summary(self.book.secrets());
        if exchange.status() == 400 {
            let question = format!("{} alone", self.parameter());
            let text = format!("{question} is refused: {summary}");
            return self.observe(&question, "HTTP 400", text);
        }
        let expected = format!("{}, or HTTP 400", self.rows());
        let fault = Fault::new("one bound", expected, summary).reads([Thing::Body(index)]);
        self.book.add(self.check, fault, index);
    }

    /// A task whose time is seconds outside of the window.
    fn beside(&mut self, id: i64, member: &str, found: &Listing<'_>) {
        let fault = found.row(id).and_then(|row| {
            let times = row.time("createTime").zip(row.time("finishTime"));
            // Both times may count, as ends of an interval.
            if times.is_some_and(|(created, finished)| self.filter.is_within(created, finished)) {
                return None;
            }
            let time = row.text(member).unwrap_or_default();
            let time = self.book.secrets().shortened(time);
            let expected = format!("no task whose {member} is seconds outside of the window");
            let got = format!("task {id}, {member} {time}");
            let fault = Fault::new("a window is not exact", expected, got);
            Some(fault.reads(self.things()).at("/data/contents"))
        });
        self.book.judge(self.check, fault, found.index);
    }

    /// A task that runs is found by its state, unless it has another one by now, and by the
    /// time that it was created at.
    fn running(&mut self, id: i64, found: &Listing<'_>) {
        let mut known = self.known.rows.iter();
        let Some(before) = known.find(|row| row.id() == Some(id)) else {
            return;
        };
        let (kind, expected) = if self.check == FILTER_VALUES {
            let again = Purpose::Again { id };
            let again = self.known.pages_of(&again).next();
            let now = again.and_then(|now| now.row(id)?.text("status"));
            let state = before.text("status");
            if now != state {
                return;
            }
            let state = self.book.secrets().shortened(state.unwrap_or_default());
            let expected = format!("task {id}, which is in state {state}");
            ("a state loses what runs", expected)
        } else {
            let expected = format!("task {id}, which was created in it");
            ("a window loses what runs", expected)
        };
        let got = format!("{} tasks without it", found.rows.len());
        let fault = Fault::new(kind, expected, got).reads(self.things());
        self.add(fault, found);
    }

    /// A row in a finding, with the members that the filter goes by.
    fn described_row(&self, row: Row<'_>) -> String {
        let secrets = self.book.secrets();
        let text = |name: &str| {
            let value = row.plain(name).unwrap_or("nothing".to_owned());
            format!("{name} {}", secrets.shortened(&value))
        };
        let members = self.filter.members(self.described).into_iter();
        let members: Vec<String> = members.map(text).collect();
        let id = row.id().map_or(String::new(), |id| format!(" {id}"));
        format!(
            "{}{id} ({})",
            self.rows().trim_end_matches('s'),
            members.join(", ")
        )
    }
}
