//! Asks an OCP, and writes down what it answers. Which requests are worth sending next is
//! decided by what came so far; nothing is judged.

mod filters;
mod plan;
pub(super) mod session;

use ocp_contract::{Location, Operation};

use super::arguments::flag;
use super::checks::{
    ARRAY_STYLE, AUTHENTICATION, CheckId, DOCUMENTED_REQUEST, ERROR_ENVELOPE, FILTER_CLUSTER_NAME,
    FILTER_VALUES, FILTERS_TOGETHER, PAGING, REPEAT, TIME_FORMS, TIME_WINDOW,
};
use super::contract::Subject;
use super::identity::Caller;
use super::known::known;
use super::listing::Listing;
use super::transcript::{Page, Purpose, Stop, Transcript};
use plan::{Plan, Request};
use session::{Next, Session};

/// Requests that are planned by what is known before any of them is sent, and the check that
/// needs them.
type Stage = (CheckId, fn(&Plan<'_>) -> Vec<Request>);

const STAGES: [Stage; 18] = [
    (DOCUMENTED_REQUEST, plan::documented),
    (DOCUMENTED_REQUEST, plan::origin),
    (PAGING, plan::list),
    (PAGING, plan::other_pages),
    (FILTER_CLUSTER_NAME, filters::cluster_names),
    (FILTER_VALUES, filters::status_forms),
    (FILTER_VALUES, filters::other_states),
    (FILTER_VALUES, filters::again),
    (TIME_WINDOW, filters::windows),
    (TIME_WINDOW, filters::beside),
    (TIME_FORMS, filters::time_forms),
    (FILTERS_TOGETHER, filters::together),
    (ARRAY_STYLE, filters::styles),
    (PAGING, plan::questions),
    (PAGING, plan::rest),
    (REPEAT, plan::repeat),
    (ERROR_ENVELOPE, plan::refusals),
    (AUTHENTICATION, plan::anonymous),
];

/// Puts an OCP to all requests that one operation is worth.
pub(super) async fn collect(session: &mut Session<'_>, subject: &Subject) -> Transcript {
    let operation = &subject.operation;
    let target = session.target;
    let arguments = &target.arguments;
    let checks_authentication =
        target.check_authentication && target.identity.caller() != Caller::Nobody;
    let path = operation.parameters_in(Location::Path);
    let path =
        path.filter_map(|one| Some((one.name.clone(), arguments.get(&one.argument)?.clone())));
    let mut transcript = Transcript {
        operation: operation.id.clone(),
        path: path.collect(),
        exchanges: Vec::new(),
        stop: None,
        unfinished: Vec::new(),
        checks_authentication,
    };
    let is_wanted = |(check, _): &&Stage| {
        check.applies_to(operation) && (checks_authentication || *check != AUTHENTICATION)
    };
    let stages: Vec<&Stage> = STAGES.iter().filter(is_wanted).collect();
    for (index, (_, requests)) in stages.iter().enumerate() {
        let mut collector = Collector {
            session,
            subject,
            transcript: &mut transcript,
        };
        if let Err(stop) = collector.stage(*requests).await {
            transcript.stop = Some(stop);
            for (check, _) in &stages[index..] {
                let check = check.to_string();
                if !transcript.unfinished.contains(&check) {
                    transcript.unfinished.push(check);
                }
            }
            break;
        }
    }
    transcript
}

struct Collector<'a, 's> {
    session: &'a mut Session<'s>,
    subject: &'a Subject,
    transcript: &'a mut Transcript,
}

impl Collector<'_, '_> {
    async fn stage(&mut self, requests: fn(&Plan<'_>) -> Vec<Request>) -> Result<(), Stop> {
        let plan = Plan {
            operation: &self.subject.operation,
            path: &self.transcript.path,
            exchanges: &self.transcript.exchanges,
            known: known(&self.transcript.exchanges, &self.subject.identity),
            secrets: &self.session.secrets,
        };
        let first_page = plan.known.first_page;
        for request in requests(&plan) {
            self.pages(&request, first_page).await?;
            if request.purpose == Purpose::Documented {
                self.is_accessible()?;
                self.session.ask_version().await?;
            }
        }
        Ok(())
    }

    /// Sends a request, and those for the pages after it.
    async fn pages(&mut self, request: &Request, first_page: i64) -> Result<(), Stop> {
        let mut page = request.page;
        for _ in 0..request.pages {
            self.send(request, page, first_page).await?;
            let exchanges = &self.transcript.exchanges;
            let last = exchanges.last();
            let listing = last.and_then(|last| Listing::of(exchanges.len() - 1, last));
            if listing.is_none_or(|listing| listing.is_last()) {
                break;
            }
            if let Some(page) = &mut page {
                page.number += 1;
            }
        }
        Ok(())
    }

    async fn send(
        &mut self,
        request: &Request,
        page: Option<Page>,
        first_page: i64,
    ) -> Result<(), Stop> {
        let operation: &Operation = &self.subject.operation;
        loop {
            let path = &self.transcript.path;
            let sent = self
                .session
                .send(operation, path, request, page, first_page);
            let (mut exchange, next) = sent.await?;
            exchange.is_repeated = matches!(next, Next::Repeat);
            self.transcript.exchanges.push(exchange);
            match next {
                Next::GoOn => return Ok(()),
                Next::Repeat => {}
                Next::Stop(stop) => return Err(stop),
            }
        }
    }

    /// Whether the arguments name something that the caller may see.
    fn is_accessible(&self) -> Result<(), Stop> {
        let first = self.transcript.exchanges.last();
        let is_refusal = |status| matches!(status, 400 | 403 | 404);
        let refused = first.filter(|one| is_refusal(one.status()) && one.has_envelope());
        let Some(refused) = refused else {
            return Ok(());
        };
        let path = self.subject.operation.parameters_in(Location::Path);
        let flags: Vec<String> = path.map(|one| flag(&one.argument)).collect();
        Err(Stop::Inaccessible(format!(
            "OCP refuses the documented request ({}); are the ids right ({}), and may this user see what they name?",
            refused.summary(&self.session.secrets),
            flags.join(", ")
        )))
    }
}
