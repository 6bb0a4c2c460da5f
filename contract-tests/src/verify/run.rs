//! The run on one operation: where session, passive checks, ledger and history meet.
//! Active checks ask through it.

use super::broken::Broken;
use super::check::{self, CheckId};
use super::contract::Subject;
use super::finding::{CheckReport, Finding, Meaning, NO_OCP, Observation, Standing};
use super::history::History;
use super::judgement::{Fault, Judgement};
use super::kind::RowKind;
use super::ledger::Ledger;
use super::listing::Listing;
use super::passive;
use super::request::{Query, RawRequest, Request};
use super::response::Response;
use super::row::Row;
use super::session::{Session, Stop};
use super::topic::Topic;

/// So many times a throttled request is sent again.
const THROTTLED: usize = 2;

/// Page size of whatever shall be found on one page.
pub(super) const SIZE: i64 = 100;

/// State of a run.
pub(super) struct Run<'a> {
    pub(super) session: Session,
    pub(super) history: History,
    subject: &'a Subject,
    kind: &'static dyn RowKind,
    ledger: Ledger,
    /// Requests with credentials, and those of them that were answered like paths
    /// that nobody knows.
    asked: usize,
    unknown_paths: usize,
    /// The number of the first page.
    first_page: i64,
    /// Checks that send requests and are still to be made, or to be ended.
    pending: Vec<CheckId>,
}

impl<'a> Run<'a> {
    /// `of_kind` are the checks for the kind of rows.
    pub(super) fn new(
        session: Session,
        subject: &'a Subject,
        kind: &'static dyn RowKind,
        of_kind: &[CheckId],
    ) -> Self {
        let checks = check::CHECKS.iter().chain(of_kind).copied();
        Self {
            session,
            history: History::new(kind),
            subject,
            kind,
            ledger: Ledger::new(&subject.operation.id, checks),
            asked: 0,
            unknown_paths: 0,
            first_page: 1,
            pending: Vec::new(),
        }
    }

    /// What cannot be relied on.
    pub(super) fn broken(&self) -> &Broken {
        &self.ledger.broken
    }

    /// These checks will send requests.
    pub(super) fn expect(&mut self, checks: Vec<CheckId>) {
        self.pending = checks;
    }

    /// Whether this check has requests to send.
    pub(super) fn is_pending(&self, check: CheckId) -> bool {
        self.pending.contains(&check)
    }

    /// This check has sent all its requests.
    pub(super) fn ended(&mut self, check: CheckId) {
        self.pending.retain(|one| *one != check);
    }

    /// A check was applied once; `faults` says what it found.
    pub(super) fn judge(
        &mut self,
        check: CheckId,
        response: &Response,
        faults: impl IntoIterator<Item = Fault>,
    ) {
        let applied = Judgement::Applied(check, faults.into_iter().collect());
        self.ledger.enter(Some(response), [applied]);
    }

    /// An open question is answered, or one more time in the same way.
    pub(super) fn observe(&mut self, check: CheckId, observed: Observation) {
        let observed = Judgement::Observed(check, observed);
        self.ledger.enter(None, [observed]);
    }

    /// A check has nothing to be applied to.
    pub(super) fn skip(&mut self, check: CheckId, reason: impl Into<String>) {
        let skipped = Judgement::Skipped(check, reason.into());
        self.ledger.enter(None, [skipped]);
    }

    /// The number by which this OCP calls the first page: 1, or what was found out.
    pub(super) fn first_page(&self) -> i64 {
        self.first_page
    }

    /// From here on, pages are counted from 0; queries go on to count from 1.
    pub(super) fn count_from_zero(&mut self) {
        self.first_page = 0;
    }

    /// Sends a call of the client, and judges whatever comes back.
    pub(super) async fn call(&mut self, query: &Query) -> Result<Response, Stop> {
        match query.number("page") {
            Some(page) if self.first_page == 0 => {
                let query = query.clone().with("page", page - 1);
                self.ask(&Request::Call(&query)).await
            }
            _ => self.ask(&Request::Call(query)).await,
        }
    }

    /// Sends what the client cannot express, and judges whatever comes back.
    pub(super) async fn raw(&mut self, request: RawRequest) -> Result<Response, Stop> {
        self.ask(&Request::Raw(request)).await
    }

    /// The response to a request, after the waits that OCP asks for.
    async fn ask(&mut self, request: &Request<'_>) -> Result<Response, Stop> {
        for _ in 0..=THROTTLED {
            let (mut response, stop) = self.session.send(request).await?;
            if let Some(stop) = stop {
                return Err(stop);
            }
            let judged = passive::response(&self.subject.strict, self.kind, &response);
            response.meaning = judged.reading.as_ref().map(Meaning::from);
            self.ledger.enter(Some(&response), judged.judgements);
            if response.status() == 429 {
                continue;
            }
            if !response.is_anonymous {
                self.asked += 1;
                self.unknown_paths += usize::from(response.is_of_unknown_path());
            }
            return Ok(response);
        }
        Err(Stop::Throttled(
            "OCP still throttles after the waits that it asked for; try again later".into(),
        ))
    }

    /// Asks for a page of rows, and judges it if it is one.
    pub(super) async fn page(
        &mut self,
        query: &Query,
    ) -> Result<Result<Listing, Box<Response>>, Stop> {
        let listing = Listing::read(self.call(query).await?, query);
        if let Ok(listing) = &listing {
            self.judge_page(listing);
        }
        Ok(listing)
    }

    /// Judges a page, and keeps its rows in mind.
    pub(super) fn judge_page(&mut self, listing: &Listing) {
        // Rows first: a row that comes twice is why a page has too many.
        let known = &self.history.known;
        let mut judgements = self.kind.judge(&self.subject.strict, known, listing);
        judgements.extend(passive::page(listing));
        self.ledger.enter(Some(&listing.response), judgements);
        self.history.learn(&listing.rows);
    }

    /// Asks for a page of rows and expects one; `None` is a finding of the check.
    pub(super) async fn list(
        &mut self,
        check: CheckId,
        query: &Query,
    ) -> Result<Option<Listing>, Stop> {
        let listing = self.page(query).await?;
        Ok(match listing {
            Ok(listing) => Some(listing),
            Err(response) => {
                self.no_list(check, &response);
                None
            }
        })
    }

    /// There is a response, but no page of rows.
    pub(super) fn no_list(&mut self, check: CheckId, response: &Response) {
        let expected = "HTTP 200 with a page of rows";
        let fault = Fault::new("no page of rows", expected, response.summary())
            .rests_on([Topic::Body(response.number)]);
        self.judge(check, response, Some(fault));
    }

    /// Walks over pages of a size, as far as OCP says that there are any. A
    /// row that comes twice is a finding of the check.
    pub(super) async fn walk(
        &mut self,
        check: CheckId,
        filter: &Query,
        size: i64,
        pages: i64,
    ) -> Result<Option<Walk>, Stop> {
        let mut rows: Vec<Row> = Vec::new();
        let mut page: i64 = 1;
        loop {
            let query = filter.clone().with("page", page).with("size", size);
            let Some(listing) = self.list(check, &query).await? else {
                return Ok(None);
            };
            let twice = self.twice(&rows, &listing, page);
            self.judge(check, &listing.response, twice);
            let is_empty = listing.rows.is_empty();
            rows.extend(listing.rows.iter().cloned());
            let at_end = is_empty
                || match listing.number_of("totalElements") {
                    Some(total) => {
                        page.saturating_mul(listing.page_size().unwrap_or(size)) >= total
                    }
                    None => (listing.rows.len() as i64) < size,
                };
            if at_end || page >= pages {
                return Ok(Some(Walk {
                    rows,
                    complete: at_end,
                    last: listing,
                    past: page + 1,
                }));
            }
            page += 1;
        }
    }

    fn twice(&self, before: &[Row], listing: &Listing, page: i64) -> Option<Fault> {
        // A row that moved because another one is new has not come twice.
        let mut all = listing.rows.iter().chain(before);
        if all.any(|row| self.history.is_new(row)) {
            return None;
        }
        let mut ids = listing.ids().into_keys();
        let id = ids.find(|id| before.iter().any(|row| row.id() == Some(*id)))?;
        let got = format!("row {id} on page {page} and on one before");
        let fault = Fault::new("a row on two pages", "each row on one page", got);
        let fault = fault.at("/data/contents").breaks([Topic::Pages]);
        Some(fault.rests_on([Topic::Ids, Topic::Sizes, Topic::Totals, Topic::Pages]))
    }

    /// The rows are read: judges what all of them show.
    pub(super) fn overview(&mut self) {
        let path = &self.session.path_arguments;
        let judgements = self.kind.overview(&self.history.rows, path);
        self.ledger.enter(None, judgements);
    }

    /// What became of the operation. `is_named` says that it must be offered.
    ///
    /// # Errors
    ///
    /// When the exchanges cannot be kept.
    pub(super) fn finish(mut self, stop: Option<&Stop>, is_named: bool) -> anyhow::Result<Ended> {
        self.session.write_record()?;
        let standing = self.standing(stop);
        match (&standing, stop) {
            (Standing::Verified, Some(Stop::NoResponse(why) | Stop::Refused(why))) => {
                let got = format!("after {} requests: {why}", self.session.sent - 1);
                let fault = Fault::new("breaks off", "a response to each request", got);
                self.conclude(check::TRANSPORT, fault, "it answered requests before");
            }
            (Standing::NotOffered, _) => {
                // All that the checks have found is this one thing.
                let keeps = |id: &str| is_named && id == check::DOCUMENTED_REQUEST.as_str();
                self.ledger.forget(keeps);
                let got = "every request is answered like a path that is not known";
                let fault =
                    Fault::new("not offered", "the operation, as --operation names it", got);
                self.conclude(check::DOCUMENTED_REQUEST, fault, "the command line");
            }
            _ => {}
        }
        for check in &mut self.ledger.checks {
            if check.judged == 0 && check.reason.is_none() {
                check.reason = Some(match stop {
                    Some(_) => "the run ended before it".to_owned(),
                    None => "nothing came that it could be applied to".to_owned(),
                });
            }
        }
        let is_cut = matches!(stop, Some(Stop::Throttled(_) | Stop::Cap(_)));
        let unchecked = self.pending.iter().filter(|_| is_cut);
        let unchecked = unchecked.map(ToString::to_string).collect();
        let (checks, findings) = self.ledger.close();
        Ok(Ended {
            unchecked,
            standing,
            checks,
            findings,
            session: self.session,
        })
    }

    fn standing(&self, stop: Option<&Stop>) -> Standing {
        match stop {
            None if self.unknown_paths == self.asked => Standing::NotOffered,
            Some(Stop::Inaccessible(why)) => Standing::Unjudged(why.clone()),
            // Whoever is never let in has not been judged, envelope or not.
            Some(Stop::Refused(why)) if !self.session.is_let_in => Standing::Unjudged(why.clone()),
            _ if self.session.envelopes > 0 => Standing::Verified,
            Some(why) => Standing::Unjudged(why.to_string()),
            None => Standing::Unjudged(NO_OCP.to_owned()),
        }
    }

    /// Enters what no single response shows.
    fn conclude(&mut self, check: CheckId, fault: Fault, evidence: &str) {
        let evidence = evidence.to_owned();
        let applied = Judgement::Applied(check, vec![Fault { evidence, ..fault }]);
        self.ledger.enter(None, [applied]);
    }
}

/// What a walk over pages has found.
pub(super) struct Walk {
    pub(super) rows: Vec<Row>,
    /// Whether the end was reached.
    pub(super) complete: bool,
    /// The last page that came.
    pub(super) last: Listing,
    /// The page to ask for if one wants to look past the end.
    pub(super) past: i64,
}

/// What became of the run on an operation.
pub(super) struct Ended {
    pub(super) session: Session,
    pub(super) standing: Standing,
    pub(super) unchecked: Vec<String>,
    pub(super) checks: Vec<CheckReport>,
    pub(super) findings: Vec<Finding>,
}
