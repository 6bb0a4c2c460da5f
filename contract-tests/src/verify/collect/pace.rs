//! The pace of a session: keeps to the limits of OCP and of whatever stands before it, and says
//! when to stop.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use oceanbase_ocp::{Error, RateLimit};
use reqwest::header::HeaderMap;

use crate::verify::identity::Caller;
use crate::verify::secrets::Secrets;
use crate::verify::target::Target;
use crate::verify::transcript::{Exchange, Purpose, Stop};

/// So many times a request is sent again that is refused for now.
const REFUSALS: usize = 2;
/// So many times a request is sent again whose connection ended without a response.
const CLOSED: usize = 2;
/// The longest wait before the next request.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The shortest window that OCP documents, for a 429 that does not say.
const SHORTEST_WINDOW: Duration = Duration::from_secs(10);
/// The wait after a gateway's refusal that does not say how long.
const GATEWAY: Duration = Duration::from_secs(1);
/// So many requests without a response in a row end the run.
const PATIENCE: usize = 3;

/// The requests that were sent, and how the last of them were answered.
pub(super) struct Pace<'a> {
    target: &'a Target<'a>,
    /// At most so many requests.
    most: usize,
    secrets: &'a Secrets,
    sent: usize,
    /// Requests whose connection was closed and that were sent again: no OCP had them.
    resent: usize,
    /// A request with credentials was not refused for want of a log-in.
    is_let_in: bool,
    /// Requests without a response, in a row.
    silent: usize,
    /// Connections that ended without a response to the same request, in a row.
    closed: usize,
    /// Responses that refused the same request for now, in a row.
    refusals: usize,
    not_before: Option<Instant>,
    progress: indicatif::ProgressBar,
}

impl<'a> Pace<'a> {
    pub(super) fn new(target: &'a Target<'a>, most: usize, secrets: &'a Secrets) -> Self {
        Self {
            target,
            most,
            secrets,
            sent: 0,
            resent: 0,
            is_let_in: false,
            silent: 0,
            closed: 0,
            refusals: 0,
            not_before: None,
            progress: spinner(most),
        }
    }

    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// Waits while OCP wants to be left alone, and counts the request that comes next.
    pub(super) async fn wait(&mut self) -> Result<(), Stop> {
        if self.sent - self.resent >= self.most {
            return Err(Stop::Cap(self.most));
        }
        if let Some(time) = self.not_before.take() {
            let wait = time.saturating_duration_since(Instant::now());
            let seconds = wait.as_secs();
            if wait > LONGEST_WAIT {
                return Err(Stop::Throttled(format!(
                    "OCP allows no more requests for {seconds} seconds; try again then"
                )));
            }
            self.progress
                .set_message(format!("waiting {seconds} s, as asked"));
            tokio::time::sleep(wait).await;
            self.progress.set_message("");
        }
        self.sent += 1;
        self.progress.inc(1);
        Ok(())
    }

    /// Sends nothing more in a window whose last request was the one before.
    pub(super) fn keep_to(&mut self, headers: &HeaderMap, status: u16) {
        let limit = RateLimit::of(headers);
        if status != 429 && limit.and_then(|limit| limit.remaining) == Some(0) {
            let reset = limit.and_then(|limit| limit.reset);
            self.not_before = Instant::now().checked_add(reset.unwrap_or_default());
        }
    }

    /// Decides what is to be done after an exchange, and when: true for the same request once more.
    pub(super) fn next(
        &mut self,
        exchange: &Exchange,
        headers: Option<&HeaderMap>,
        error: Option<&Error>,
    ) -> Result<bool, Stop> {
        let is_anonymous = exchange.purpose == Purpose::Anonymous;
        self.is_let_in |= exchange.has_envelope() && exchange.status() != 401 && !is_anonymous;
        let Some(headers) = headers else {
            return self.after_silence(exchange, error);
        };
        self.silent = 0;
        self.closed = 0;
        self.keep_to(headers, exchange.status());
        let what = exchange.summary(self.secrets);
        if exchange.status() == 401 && !is_anonymous {
            let why = self.refused();
            return Err(Stop::Refused(format!("{why} ({what})")));
        }
        let is_of_gateway = exchange.is_of_gateway();
        if exchange.status() != 429 && !is_of_gateway {
            self.refusals = 0;
            return Ok(false);
        }
        let (who, shortest) = match is_of_gateway {
            true => ("a gateway before OCP still refuses requests", GATEWAY),
            false => ("OCP still throttles", SHORTEST_WINDOW),
        };
        let wait = error.and_then(Error::retry_after).unwrap_or(shortest);
        self.not_before = Instant::now().checked_add(wait);
        self.refusals += 1;
        if self.refusals <= REFUSALS {
            return Ok(true);
        }
        Err(Stop::Throttled(format!(
            "{who} after the waits that it asked for ({what}); try again later"
        )))
    }

    /// Decides after a request without a response: a kept connection may have been closed
    /// meanwhile, a question may take long.
    fn after_silence(&mut self, exchange: &Exchange, error: Option<&Error>) -> Result<bool, Stop> {
        let is_first = self.sent == 1;
        let is_timeout = error.is_some_and(Error::is_timeout);
        let is_connection = error.is_some_and(Error::is_connection);
        if !is_timeout && !is_connection || is_timeout && exchange.is_excused() {
            return Ok(false);
        }
        // Several kept connections may have been closed.
        if !is_first && is_connection && self.closed < CLOSED {
            self.closed += 1;
            self.resent += 1;
            return Ok(true);
        }
        self.closed = 0;
        self.silent += 1;
        if !is_first && self.silent < PATIENCE {
            return Ok(false);
        }
        let mut what = match is_timeout {
            true => format!(
                "GET {} took longer than {} s; --timeout allows more",
                exchange.request,
                self.target.timeout.as_secs()
            ),
            false => exchange.summary(self.secrets),
        };
        if is_first && (is_timeout || error.is_some_and(is_nobody_there)) {
            let url_from = self.target.url_from;
            what.push_str(&format!(
                "; is an OCP running there, and is `{url_from}` what this host reaches it by?"
            ));
        }
        Err(Stop::NoResponse(what))
    }

    fn refused(&self) -> &'static str {
        let is_anonymous = self.target.identity.caller() == Caller::Nobody;
        match (is_anonymous, self.is_let_in) {
            (true, false) => {
                "this OCP wants credentials: set OCP_USER and OCP_PASSWORD, or OCP_ACCESS_KEY and OCP_SECRET_KEY"
            }
            (false, false) => {
                "the credentials are refused; nothing more is sent, because failures lock the caller out"
            }
            _ => {
                "a request is refused like one without a log-in, though others were not; nothing more is sent"
            }
        }
    }
}

impl Drop for Pace<'_> {
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

/// True if nobody answers at the address, rather than a server that cannot be talked to.
fn is_nobody_there(error: &Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let is_closed = causes.any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
            || cause.to_string() == "dns error"
    });
    is_closed && !error.to_string().contains(" through the proxy ")
}

/// Progress for people; nothing if standard error is no terminal.
fn spinner(most: usize) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(most as u64);
    if let Ok(style) = indicatif::ProgressStyle::with_template("  {spinner} {pos} requests {msg}") {
        bar.set_style(style);
    }
    bar
}
