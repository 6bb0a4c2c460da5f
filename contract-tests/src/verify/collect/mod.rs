//! Asks an OCP, and writes down what it answers. Which requests are worth sending next is
//! decided by what came so far; nothing is judged.

mod filters;
mod pace;
mod plan;
pub(super) mod session;
mod tasks;

use ocp_contract::Location;

use super::arguments::flag;
use super::checks::{
    ARRAY_STYLE, AUTHENTICATION, CheckId, DOCUMENTED_REQUEST, ERROR_ENVELOPE, FILTER_CLUSTER_NAME,
    FILTER_VALUES, FILTERS_TOGETHER, PAGING, REPEAT, TIME_FORMS, TIME_WINDOW,
};
use super::contract::Subject;
use super::identity::Caller;
use super::known::{Known, Listing};
use super::transcript::{Purpose, Stop, Transcript};
use session::{Request, Session};

/// Requests that are planned by what is known before any of them is sent, and the check that
/// needs them.
type Stage = (CheckId, fn(&Known<'_>) -> Vec<Request>);

const STAGES: [Stage; 19] = [
    (DOCUMENTED_REQUEST, plan::documented),
    (DOCUMENTED_REQUEST, plan::origin),
    (PAGING, plan::list),
    (PAGING, plan::other_pages),
    (FILTER_CLUSTER_NAME, filters::targets),
    (FILTER_VALUES, filters::described),
    (FILTER_VALUES, tasks::status_forms),
    (FILTER_VALUES, tasks::other_states),
    (FILTER_VALUES, tasks::again),
    (TIME_WINDOW, tasks::windows),
    (TIME_WINDOW, tasks::beside),
    (TIME_FORMS, tasks::time_forms),
    (FILTERS_TOGETHER, tasks::together),
    (ARRAY_STYLE, tasks::styles),
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
    let checks_authentication =
        target.check_authentication && target.identity.caller() != Caller::Nobody;
    let path = operation.parameters_in(Location::Path).filter_map(|one| {
        let value = target.arguments.get(&one.argument)?;
        Some((one.name.clone(), value.clone()))
    });
    let transcript = Transcript {
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
    let mut collection = Collection {
        session,
        subject,
        transcript,
    };
    for (index, (_, requests)) in stages.iter().enumerate() {
        if let Err(stop) = collection.stage(*requests).await {
            let unfinished = &mut collection.transcript.unfinished;
            for (check, _) in &stages[index..] {
                let check = check.to_string();
                if !unfinished.contains(&check) {
                    unfinished.push(check);
                }
            }
            collection.transcript.stop = Some(stop);
            break;
        }
    }
    collection.transcript
}

/// The exchanges of one operation, as they grow.
struct Collection<'a, 's> {
    session: &'a mut Session<'s>,
    subject: &'a Subject,
    transcript: Transcript,
}

impl Collection<'_, '_> {
    async fn stage(&mut self, requests: fn(&Known<'_>) -> Vec<Request>) -> Result<(), Stop> {
        let known = Known::of(self.subject, &self.transcript, self.session.secrets);
        let first_page = known.first_page;
        for request in requests(&known) {
            self.pages(&request, first_page).await?;
            if request.purpose == Purpose::Documented {
                self.is_accessible()?;
                self.session.ask_version().await?;
            }
        }
        Ok(())
    }

    /// Sends a request, again as long as it is refused for now, and those for the pages after
    /// it.
    async fn pages(&mut self, request: &Request, first_page: i64) -> Result<(), Stop> {
        let (mut page, mut left) = (request.page, request.pages);
        while left > 0 {
            let (operation, path) = (&self.subject.operation, &self.transcript.path);
            let sent = self
                .session
                .send(operation, path, request, page, first_page);
            let (exchange, next) = sent.await?;
            let is_repeated = exchange.is_repeated;
            let listing = Listing::of(0, &exchange, self.subject.id());
            let is_last = listing.is_none_or(|listing| listing.is_last());
            self.transcript.exchanges.push(exchange);
            next?;
            if is_repeated {
                continue;
            }
            left = if is_last { 0 } else { left - 1 };
            if let Some(page) = &mut page {
                page.number += 1;
            }
        }
        Ok(())
    }

    /// Stops unless the arguments name something that the caller may see.
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
            refused.summary(self.session.secrets),
            flags.join(", ")
        )))
    }
}
