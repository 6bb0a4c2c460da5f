//! HTTP around the body.

use chrono::DateTime;
use ocp_contract::strict::Strict;
use serde_json::Value;

use crate::verify::check;
use crate::verify::finding::Observation;
use crate::verify::judgement::{Fault, Judgement};
use crate::verify::response::Response;
use crate::verify::row::time;
use crate::verify::topic::Topic;

pub(super) fn transport(strict: &Strict, response: &Response) -> Judgement {
    let faults = match &response.received {
        None => {
            let fault = Fault::new("no response", "a response", response.summary());
            vec![fault.breaks([
                Topic::Body(response.number),
                Topic::Response(response.number),
            ])]
        }
        Some(_) if response.is_excused() && response.is_page_for_people() => Vec::new(),
        Some(received) => {
            let is_described = strict.schema(received.status).is_some();
            of_response(response, received.status, is_described)
        }
    };
    Judgement::Applied(check::TRANSPORT, faults)
}

fn of_response(response: &Response, status: u16, is_described: bool) -> Vec<Fault> {
    let number = response.number;
    let mut faults = Vec::new();
    if !is_described {
        faults.push(Fault::new(
            format!("HTTP {status}"),
            "HTTP 200, or 4xx or 5xx for a failure",
            response.summary(),
        ));
    }
    if status >= 500 && !response.is_excused() {
        faults.push(Fault::new(
            "server error",
            "no failure of the server",
            response.summary(),
        ));
    }
    // An odd status says more than what comes under it.
    let faults_of_status = faults.len();
    let media_type = response.header("content-type");
    let essence = media_type.and_then(|text| text.split(';').next());
    if !essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json")) {
        let media_type = match media_type {
            Some(media_type) => response.secrets.shortened(media_type),
            None => "no content type".to_owned(),
        };
        faults.push(Fault::new(
            "content type",
            "content-type: application/json",
            format!("{media_type} (HTTP {status})"),
        ));
    }
    // What the client has decoded, it has taken out of the headers.
    let coding = response.header("content-encoding");
    if let Some(coding) = coding.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let coding = response.secrets.shortened(coding);
        faults.push(Fault::new("content encoding", "gzip, or none", coding));
    }
    if let Err(what) = &response.body {
        faults.push(Fault::new(
            "body",
            "a JSON body",
            format!("a body that is {what}"),
        ));
    }
    let is_unusable = response.body.is_err() || faults_of_status > 0;
    for (index, fault) in faults.iter_mut().enumerate() {
        fault.breaks.push(Topic::Response(number));
        if is_unusable {
            fault.breaks.push(Topic::Body(number));
            fault.rests_on.push(Topic::Body(number));
        }
        if index < faults_of_status {
            fault
                .breaks
                .extend([Topic::Status(number), Topic::Statuses]);
        }
    }
    faults
}

pub(super) fn throttling(response: &Response) -> Vec<Judgement> {
    let sent = |name: &str| response.header(name).map(str::trim);
    let names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    if names.iter().all(|name| sent(name).is_none()) {
        let reason = "no response had a RateLimit header: throttling is off, or not announced";
        return vec![Judgement::Skipped(check::THROTTLING, reason.to_owned())];
    }
    let mut faults = Vec::new();
    let number = |name: &str| sent(name).and_then(|text| text.parse::<u32>().ok());
    for name in names {
        if let (Some(text), None) = (sent(name), number(name)) {
            let got = response.secrets.shortened(text);
            faults.push(Fault::new(name, "a whole number", got));
        }
    }
    if let (Some(limit), Some(left)) = (number(names[0]), number(names[1]))
        && left > limit
    {
        faults.push(Fault::new(
            "RateLimit-Remaining above limit",
            format!("at most {limit}"),
            left.to_string(),
        ));
    }
    if let Some(reset) = number(names[2]).filter(|reset| *reset > 86_400) {
        faults.push(Fault::new(
            "RateLimit-Reset beyond a day",
            "at most 86400",
            reset.to_string(),
        ));
    }
    let mut judgements = vec![Judgement::Applied(check::THROTTLING, faults)];
    if let Some(limit) = number(names[0]) {
        let text = format!("{limit} requests are allowed in a window");
        let observed = Observation::new("a limit of requests", "is announced", text);
        judgements.push(Judgement::Observed(check::THROTTLING, observed));
    }
    judgements
}

/// What the envelope rests on: an excused status is no fault, but what is wrong under it
/// has that of others.
pub(super) fn status(response: &Response) -> Topic {
    match response.is_excused() {
        true => Topic::Statuses,
        false => Topic::Status(response.number),
    }
}

/// The body's clock and that of HTTP are the same; whole hours between them are a time
/// zone that was lost, or written wrongly.
pub(super) fn clock(response: &Response, body: &Value) -> Option<Fault> {
    let http = DateTime::parse_from_rfc2822(response.header("date")?).ok()?;
    let sent = body.get("timestamp")?.as_str()?;
    let apart = (time(sent)? - http).num_seconds();
    let hours = (apart as f64 / 3600.0).round() as i64;
    if hours == 0 || hours.abs() > 14 || (apart - hours * 3600).abs() > 60 {
        return None;
    }
    let got = format!(
        "{}, {hours} hours from the `Date` of HTTP: a time zone is lost, or wrong",
        response.secrets.shortened(sent)
    );
    let expected = format!("the time of the response, {http}");
    Some(Fault::new("timestamp off by hours", expected, got).at("/timestamp"))
}
