//! HTTP around the body.

use crate::verify::answer::Answer;
use crate::verify::check;
use crate::verify::run::{Fault, Run};

pub(super) fn transport(run: &mut Run, answer: &Answer) {
    let faults = match &answer.seen {
        None => vec![Fault::new("no answer", "an answer", answer.brief())],
        Some(_) if answer.is_excused() && answer.is_page_for_people() => Vec::new(),
        Some(seen) => {
            let is_described = run.strict.schema(seen.status).is_some();
            of_response(answer, seen.status, is_described)
        }
    };
    run.judge_all(check::TRANSPORT, answer, faults);
}

fn of_response(answer: &Answer, status: u16, is_described: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let media_type = answer.header("content-type");
    let essence = media_type.and_then(|text| text.split(';').next());
    if !essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json")) {
        let media_type = match media_type {
            Some(media_type) => answer.secrets.shortened(media_type),
            None => "no content type".to_owned(),
        };
        faults.push(Fault::new(
            "content type",
            "content-type: application/json",
            format!("{media_type} (HTTP {status})"),
        ));
    }
    // What the client has decoded, it has taken out of the headers.
    let coding = answer.header("content-encoding");
    if let Some(coding) = coding.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let coding = answer.secrets.shortened(coding);
        faults.push(Fault::new("content encoding", "gzip, or none", coding));
    }
    if !is_described {
        faults.push(Fault::new(
            format!("HTTP {status}"),
            "HTTP 200, or 4xx or 5xx for a failure",
            answer.brief(),
        ));
    }
    if status >= 500 && !answer.is_excused() {
        faults.push(Fault::new(
            "server error",
            "no failure of the server",
            answer.brief(),
        ));
    }
    if let Err(what) = &answer.body {
        faults.push(Fault::new(
            "body",
            "a JSON body",
            format!("a body that is {what}"),
        ));
    }
    faults
}

pub(super) fn throttling(run: &mut Run, answer: &Answer) {
    let sent = |name: &str| answer.header(name).map(str::trim);
    let names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    if names.iter().all(|name| sent(name).is_none()) {
        run.skip(
            check::THROTTLING,
            "no answer had a RateLimit header: throttling is off, or not told",
        );
        return;
    }
    let mut faults = Vec::new();
    let number = |name: &str| sent(name).and_then(|text| text.parse::<u32>().ok());
    for name in names {
        if let (Some(text), None) = (sent(name), number(name)) {
            let got = answer.secrets.shortened(text);
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
    run.judge_all(check::THROTTLING, answer, faults);
    if let Some(limit) = number(names[0]) {
        run.tell(
            check::THROTTLING,
            format!("{limit} requests are allowed in a window"),
        );
    }
}
