//! The rows that filters find: all that they must, and none that they must not.

use super::book::{Book, Fault, Thing};
use crate::verify::checks::{CheckId, FILTER_VALUES};
use crate::verify::filter::Conditions;
use crate::verify::finding::Observation;
use crate::verify::known::{Known, Listing};
use crate::verify::row::Row;
use crate::verify::transcript::{Exchange, LooksAt, Purpose, Query};

/// The filters that were asked for, in order.
pub(super) fn asked<'a>(known: &'a Known<'a>) -> Vec<Asked<'a>> {
    let answers = known.answers();
    let asked = answers.filter_map(|(index, exchange)| Asked::of(known, index, exchange));
    asked.collect()
}

pub(super) fn judge(asked: &[Asked<'_>], book: &mut Book<'_>) {
    // The pages of one request, or one request.
    for pages in asked.chunk_by(|one, other| {
        one.query.looks_at == LooksAt::Pages && one.exchange.purpose == other.exchange.purpose
    }) {
        pages.iter().for_each(|one| one.judge(book));
        if pages[0].query.looks_at == LooksAt::Pages {
            pages[0].together(pages, book);
        }
    }
}

/// A filter that was asked for, and what it has found.
pub(super) struct Asked<'a> {
    pub(super) known: &'a Known<'a>,
    check: CheckId,
    pub(super) query: &'a Query,
    conditions: Conditions<'a>,
    pub(super) index: usize,
    pub(super) exchange: &'a Exchange,
    pub(super) found: Option<Listing<'a>>,
}

impl<'a> Asked<'a> {
    fn of(known: &'a Known<'a>, index: usize, exchange: &'a Exchange) -> Option<Self> {
        let query = exchange.purpose.query()?;
        Some(Self {
            known,
            check: CheckId::named(&query.check)?,
            query,
            conditions: known.conditions(&query.filter),
            index,
            exchange,
            found: known.page(index),
        })
    }

    /// Judges what was found.
    fn judge(&self, book: &mut Book<'_>) {
        let Some(found) = &self.found else {
            if let LooksAt::OneBound = self.query.looks_at {
                self.one_bound_refused(book);
            }
            return;
        };
        if book.leaves_out(self.check, &Thing::Body(self.index)) {
            return;
        }
        let has = |id: &i64| found.row(*id).is_some();
        match &self.query.looks_at {
            LooksAt::Pages => self.others(found, book),
            LooksAt::Case => {
                let counts = match found.rows.is_empty() {
                    true => "counts",
                    false => "does not count",
                };
                let text = format!("{} {counts}", self.query.name);
                self.observe(&self.query.name, counts, text, book);
            }
            LooksAt::Beside { id, member } => self.beside(*id, member, found, book),
            // The other form decides if the state is taken.
            LooksAt::StatusForm { .. } if found.rows.is_empty() => {}
            LooksAt::Rows | LooksAt::StatusForm { .. } => self.compare(found, book),
            LooksAt::Near { id, member } => {
                self.compare(found, book);
                if has(id) {
                    let text = format!("{member} is compared");
                    self.observe("the time that is compared", member, text, book);
                }
            }
            LooksAt::Running { id } => {
                self.compare(found, book);
                if !has(id) {
                    self.running(*id, found, book);
                }
            }
            LooksAt::OneBound => {
                self.compare(found, book);
                let question = self.alone();
                let text = format!("{question} is accepted");
                self.observe(&question, "HTTP 200", text, book);
            }
        }
    }

    fn observe(&self, question: &str, value: &str, text: String, book: &mut Book<'_>) {
        book.observe(self.check, Observation::new(question, value, text));
    }

    /// The question whether its one parameter is taken without others.
    fn alone(&self) -> String {
        format!("{} alone", self.conditions.parameters().concat())
    }

    /// The parameters as things that violations are about.
    pub(super) fn things(&self) -> Vec<Thing> {
        things(self.conditions.parameters())
    }

    fn add(&self, fault: Fault, book: &mut Book<'_>) {
        book.add(self.check, fault.at("/data/contents"), self.index);
    }

    /// Rows as the contract calls them.
    fn rows(&self) -> &'static str {
        match self.known.subject.lists_restore_tasks() {
            true => "tasks",
            false => "rows",
        }
    }

    /// Compares what a filter has found with the rows that are listed without it.
    fn compare(&self, found: &Listing<'_>, book: &mut Book<'_>) {
        self.others(found, book);
        if self.known.is_whole && found.is_whole() {
            self.lost(found, vec![Thing::Ids], book);
        }
    }

    /// Rows that the filter must not find.
    fn others(&self, found: &Listing<'_>, book: &mut Book<'_>) {
        book.judged(self.check);
        let known = self.known;
        let settled = || found.rows.iter().copied().filter(|row| !known.is_new(*row));
        let extra = settled().filter(|row| !self.conditions.may_find(*row));
        if let Some(row) = self.sound(extra, book) {
            self.extra(row, found, book);
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
            let got = format!("{} as well, with {}", self.described(row), self.query.name);
            let fault = Fault::new(kind, expected, got).reads([Thing::Ids, unlisted.clone()]);
            self.add(fault.spoils([unlisted]), book);
        }
    }

    /// A row that the filter excludes, by a parameter of which that is not known.
    fn extra(&self, row: Row<'_>, found: &Listing<'_>, book: &mut Book<'_>) {
        let excluding = things(self.conditions.excluding(row));
        let is_new = excluding.iter().any(|one| !book.is_violated(one));
        let (count, rows, row) = (
            self.known.expected(&self.query.filter).len(),
            self.rows(),
            self.described(row),
        );
        let kind = format!("{} finds others", self.query.name);
        let expected = format!("only {rows} that the filter asks for, {count} of them");
        let got = format!("{row} as well; {} {rows} in all", found.rows.len());
        let fault = Fault::new(kind, expected, got);
        let reads = excluding.clone().into_iter().filter(|_| !is_new);
        self.add(fault.reads(reads).spoils(excluding), book);
    }

    /// A row that the filter must find, and does not.
    fn lost(&self, found: &Listing<'_>, reads: Vec<Thing>, book: &mut Book<'_>) {
        let (known, ids) = (self.known, found.ids());
        let expected = self.known.expected(&self.query.filter);
        let count = expected.len();
        let is_lost = |row: &Row<'_>| known.key(*row).is_some_and(|id| !ids.contains(&id));
        if let Some(row) = self.sound(expected.into_iter().filter(is_lost), book) {
            let (rows, row) = (self.rows(), self.described(row));
            let expected = format!("the {count} {rows} that the filter asks for");
            let got = format!("{} {rows}, without {row}", found.rows.len());
            let kind = format!("{} loses {rows}", self.query.name);
            let fault = Fault::new(kind, expected, got).reads(reads);
            let fault = fault.reads(self.things()).spoils(self.things());
            self.add(fault, book);
        }
    }

    /// The first of several rows of which no member is wrong that the filter reads.
    pub(super) fn sound<'r>(
        &self,
        mut rows: impl Iterator<Item = Row<'r>>,
        book: &mut Book<'_>,
    ) -> Option<Row<'r>> {
        let mut wrong = None;
        let row = rows.find(|row| {
            let mut read = Thing::members(*row, self.conditions.members()).into_iter();
            let found = read.find(|thing| book.is_violated(thing));
            let is_sound = found.is_none();
            wrong = wrong.take().or(found);
            is_sound
        });
        if let Some(thing) = wrong {
            book.leaves_out(self.check, &thing);
        }
        row
    }

    /// All pages of what a filter finds.
    fn together(&self, pages: &[Self], book: &mut Book<'_>) {
        let found = || pages.iter().filter_map(|one| one.found.as_ref());
        if let Some(last) = found().next_back().filter(|last| last.is_last()) {
            let rows = found().flat_map(|page| page.rows.clone()).collect();
            let mut reads = Thing::pages(found());
            reads.extend([Thing::Size(None), Thing::Totals(None), Thing::Number(None)]);
            self.lost(
                &Listing {
                    rows,
                    ..last.clone()
                },
                reads,
                book,
            );
        }
    }

    /// One bound alone may be refused; if it is taken, it must bound.
    fn one_bound_refused(&self, book: &mut Book<'_>) {
        if self.exchange.status() == 400 {
            let question = self.alone();
            let summary = self.exchange.summary(self.known.secrets);
            let text = format!("{question} is refused: {summary}");
            return self.observe(&question, "HTTP 400", text, book);
        }
        let expected = format!("{}, or HTTP 400", self.rows());
        let fault = book.whole(self.index, "one bound", expected);
        book.add(self.check, fault, self.index);
    }

    /// A task whose time is seconds outside of the window.
    fn beside(&self, id: i64, member: &str, found: &Listing<'_>, book: &mut Book<'_>) {
        let fault = found.row(id).and_then(|row| {
            let times = row.time("createTime").zip(row.time("finishTime"));
            // Both times may count, as ends of an interval.
            if times
                .is_some_and(|(created, finished)| self.query.filter.is_within(created, finished))
            {
                return None;
            }
            let time = row.text(member).unwrap_or_default();
            let time = self.known.secrets.shortened(time);
            let expected = format!("no task whose {member} is seconds outside of the window");
            let got = format!("task {id}, {member} {time}");
            let fault = Fault::new("a window is not exact", expected, got);
            Some(fault.reads(self.things()).at("/data/contents"))
        });
        book.judge(self.check, fault, self.index);
    }

    /// A task that runs is found by its state, unless it has another one by now, and by the
    /// time that it was created at.
    fn running(&self, id: i64, found: &Listing<'_>, book: &mut Book<'_>) {
        let mut known = self.known.rows.iter();
        let Some(before) = known.find(|row| row.id() == Some(id)) else {
            return;
        };
        let (kind, expected) = if self.check == FILTER_VALUES {
            let again = self.known.pages_of(&Purpose::Again { id }).next();
            let now = again.and_then(|now| now.row(id)?.text("status"));
            let state = before.text("status");
            if now != state {
                return;
            }
            let state = self.known.secrets.shortened(state.unwrap_or_default());
            let expected = format!("task {id}, which is in state {state}");
            ("a state loses what runs", expected)
        } else {
            let expected = format!("task {id}, which was created in it");
            ("a window loses what runs", expected)
        };
        let got = format!("{} tasks without it", found.rows.len());
        let fault = Fault::new(kind, expected, got).reads(self.things());
        self.add(fault, book);
    }

    /// A row in a finding, with the members that the filter goes by.
    fn described(&self, row: Row<'_>) -> String {
        let secrets = self.known.secrets;
        let text = |name: &str| {
            let value = row.plain(name).unwrap_or("nothing".to_owned());
            format!("{name} {}", secrets.shortened(&value))
        };
        let members: Vec<String> = self.conditions.members().into_iter().map(text).collect();
        let id = row.id().map_or(String::new(), |id| format!(" {id}"));
        format!(
            "{}{id} ({})",
            self.rows().trim_end_matches('s'),
            members.join(", ")
        )
    }
}

fn things(parameters: Vec<&str>) -> Vec<Thing> {
    let parameters = parameters.into_iter();
    parameters
        .map(|name| Thing::Parameter(name.to_owned()))
        .collect()
}
