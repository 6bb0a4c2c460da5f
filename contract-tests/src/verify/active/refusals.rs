//! What OCP must refuse, and how.

use ocp_contract::{Location, Parameter};
use serde_json::Value;

use crate::verify::check;
use crate::verify::finding::Observation;
use crate::verify::judgement::Fault;
use crate::verify::request::{Query, RawRequest};
use crate::verify::response::Response;
use crate::verify::run::Run;
use crate::verify::session::Stop;
use crate::verify::topic::Topic;

/// Added to an id, makes one that nothing has.
const ELSEWHERE: i64 = 987_654_321_000;
/// No id, and so maybe no path that OCP has.
const NO_ID: &str = "abc";
const NO_TIME: &str = "yesterday";
const A_TIME: &str = "2000-01-01T00:00:00Z";

pub(super) async fn all(run: &mut Run<'_>) -> Result<(), Stop> {
    let operation = run.session.operation.clone();
    let in_path: Vec<&Parameter> = operation.parameters_in(Location::Path).collect();
    for (index, parameter) in in_path.iter().enumerate() {
        unknown(run, parameter, index == 0).await?;
    }
    let page = format!("page={}&size=10", run.first_page());
    for parameter in in_path.iter().filter(|one| one.schema["type"] == "integer") {
        let what = format!("a malformed {}", spelled(&parameter.argument));
        let request = RawRequest::new(page.as_str()).path_argument(&parameter.name, NO_ID);
        let response = run.raw(request).await?;
        refused(run, &what, &[], &response);
    }
    let times = || {
        operation
            .filters()
            .filter(|one| one.schema["format"] == "date-time")
    };
    for malformed in times() {
        let mut query = page.clone();
        for time in times() {
            let value = if time.name == malformed.name {
                NO_TIME
            } else {
                A_TIME
            };
            query.push_str(&format!("&{}={value}", time.name));
        }
        let response = run.raw(RawRequest::new(query)).await?;
        let what = format!("a malformed {}", malformed.name);
        refused(run, &what, &[&malformed.name], &response);
    }
    Ok(())
}

/// An argument as people say it: `cluster id`.
fn spelled(argument: &str) -> String {
    argument.replace('_', " ")
}

/// Asks for what is not there. Only what the path begins with is documented to be
/// refused; something below it that is not there may as well have no rows.
async fn unknown(run: &mut Run<'_>, parameter: &Parameter, is_first: bool) -> Result<(), Stop> {
    let named = parameter.argument.trim_end_matches("_id");
    let what = format!("an unknown {}", spelled(named));
    let elsewhere = match run.session.path_arguments.get(&parameter.name) {
        Some(Value::Number(id)) => id
            .as_i64()
            .unwrap_or_default()
            .wrapping_add(ELSEWHERE)
            .into(),
        other => Value::from(format!(
            "{}_x",
            other.and_then(Value::as_str).unwrap_or_default()
        )),
    };
    let query = Query::page(1, 10).with(&parameter.name, elsewhere);
    if is_first {
        let response = run.call(&query).await?;
        refused(run, &what, &[], &response);
        return Ok(());
    }
    let query = query.probe();
    match run.page(&query).await? {
        Ok(listing) => {
            let fault = (!listing.rows.is_empty()).then(|| {
                Fault::new(
                    format!("{what} has rows"),
                    "HTTP 400 or 404, with OCP's error, or no rows",
                    format!("{} rows", listing.rows.len()),
                )
                .at("/data/contents")
            });
            if fault.is_none() {
                let text = format!("{what}: HTTP 200, no rows");
                let observed = Observation::new(&what, "HTTP 200, no rows", text);
                run.observe(check::ERROR_ENVELOPE, observed);
            }
            run.judge(check::ERROR_ENVELOPE, &listing.response, fault);
        }
        Err(response) => refused(run, &what, &[], &response),
    }
    Ok(())
}

/// `filters` are those that a refusal of the value shows to be read.
fn refused(run: &mut Run<'_>, what: &str, filters: &[&str], response: &Response) {
    let is_refusal = matches!(response.status(), 400 | 403 | 404);
    let fault = if response.is_excused() {
        None
    } else if !is_refusal {
        let expected = "HTTP 400 or 404, with OCP's error";
        Some(Fault::new(
            format!("{what} is not refused"),
            expected,
            response.summary(),
        ))
    } else if !response.has_envelope() {
        let got = format!("{}, without an envelope", response.summary());
        Some(Fault::new(
            format!("{what} without envelope"),
            "OCP's error",
            got,
        ))
    } else {
        None
    };
    let is_told = fault.is_none();
    let filters = filters.iter().map(|name| Topic::Filter((*name).to_owned()));
    let topics = filters.chain([Topic::Body(response.number)]);
    let fault = fault.map(|fault| fault.rests_on(topics));
    run.judge(check::ERROR_ENVELOPE, response, fault);
    if is_told {
        run.observe(check::ERROR_ENVELOPE, response.observation(what));
    }
}

pub(super) async fn without_credentials(run: &mut Run<'_>) -> Result<(), Stop> {
    let request = RawRequest::new(format!("page={}&size=10", run.first_page())).anonymous();
    let response = run.raw(request).await?;
    let fault = match response.status() {
        401 if response.has_envelope() => None,
        401 => Some(Fault::new(
            "401 without envelope",
            "OCP's error",
            response.summary(),
        )),
        300..=399 => Some(Fault::new(
            "redirects instead of refusing",
            "HTTP 401, with OCP's error",
            response.summary(),
        )),
        200 if response.has_envelope() => Some(Fault::new(
            "lets everybody in",
            "HTTP 401",
            response.summary(),
        )),
        _ => Some(Fault::new(
            "does not refuse with 401",
            "HTTP 401, with OCP's error",
            response.summary(),
        )),
    };
    let fault = fault.map(|fault| fault.rests_on([Topic::Body(response.number)]));
    run.judge(check::AUTHENTICATION, &response, fault);
    Ok(())
}
