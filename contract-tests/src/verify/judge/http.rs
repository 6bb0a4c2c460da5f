//! HTTP around the body.

use crate::verify::answer::Answer;
use crate::verify::run::{Fault, Run};

pub(super) fn transport(run: &mut Run, answer: &Answer) {
    let faults = match &answer.seen {
        None => vec![Fault::new("no answer", "an answer", answer.brief())],
        Some(seen) => {
            let media_type = seen.headers.get("content-type");
            let media_type = media_type.and_then(|value| value.to_str().ok());
            let essence = media_type.and_then(|text| text.split(';').next());
            let is_json =
                essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"));
            let mut faults = Vec::new();
            if !is_json {
                faults.push(Fault::new(
                    "content type",
                    "content-type: application/json",
                    format!(
                        "{} (HTTP {})",
                        media_type.unwrap_or("no content type"),
                        seen.status
                    ),
                ));
            }
            let coding = seen
                .headers
                .get("content-encoding")
                .and_then(|value| value.to_str().ok());
            // What the client has decoded, it has taken out of the headers.
            if let Some(coding) = coding.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
                faults.push(Fault::new("content encoding", "gzip, or none", coding));
            }
            if run.strict.schema(seen.status).is_none() {
                faults.push(Fault::new(
                    format!("HTTP {}", seen.status),
                    "HTTP 200, or 4xx or 5xx for a failure",
                    answer.brief(),
                ));
            }
            if seen.status >= 500 {
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
    };
    run.judge_all("transport", answer, faults);
}

pub(super) fn throttling(run: &mut Run, answer: &Answer) {
    let Some(seen) = &answer.seen else {
        return;
    };
    let sent = |name: &str| Some(seen.headers.get(name)?.to_str().ok()?.trim().to_owned());
    let names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    if names.iter().all(|name| sent(name).is_none()) {
        run.skip(
            "throttling",
            "no answer had a RateLimit header: throttling is off, or not told",
        );
        return;
    }
    let mut faults = Vec::new();
    let number = |name: &str| sent(name).and_then(|text| text.parse::<u32>().ok());
    for name in names {
        if let (Some(text), None) = (sent(name), number(name)) {
            faults.push(Fault::new(name, "a whole number", text));
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
    run.judge_all("throttling", answer, faults);
    if let Some(limit) = number(names[0]) {
        run.tell(
            "throttling",
            format!("{limit} requests are allowed in a window"),
        );
    }
}
