//! What OCP must refuse, and how.

use crate::verify::answer::Answer;
use crate::verify::check::CheckId;
use crate::verify::listing::Listing;
use crate::verify::provider::{Query, RawRequest, Stop};
use crate::verify::run::{Fault, Run};

/// Added to an id, makes one that nothing has.
const ELSEWHERE: i64 = 987_654_321_000;
/// No id, and so maybe no path that OCP has.
const NO_ID: &str = "abc";

pub(super) async fn all(run: &mut Run) -> Result<(), Stop> {
    let (cluster, tenant) = (run.provider.cluster, run.provider.tenant);
    let unknown = Query::page(1, 10).with("id", cluster.wrapping_add(ELSEWHERE));
    let answer = run.call(&unknown).await?;
    refused(run, "an unknown cluster", &answer);
    unknown_tenant(run, tenant.wrapping_add(ELSEWHERE)).await?;
    let page = "page=1&size=10";
    for (what, request) in [
        (
            "a malformed cluster id",
            RawRequest::new(page).cluster(NO_ID),
        ),
        ("a malformed tenant id", RawRequest::new(page).tenant(NO_ID)),
        (
            "a malformed startTime",
            RawRequest::new(format!(
                "endTime=2000-01-01T00:00:00Z&{page}&startTime=yesterday"
            )),
        ),
        (
            "a malformed endTime",
            RawRequest::new(format!(
                "endTime=tomorrow&{page}&startTime=2000-01-01T00:00:00Z"
            )),
        ),
    ] {
        let answer = run.raw(request).await?;
        refused(run, what, &answer);
    }
    Ok(())
}

/// Only the table of error codes speaks of refusing a tenant; one that is not
/// there may as well have no tasks.
async fn unknown_tenant(run: &mut Run, id: i64) -> Result<(), Stop> {
    let what = "an unknown tenant";
    let query = Query::page(1, 10).with("tenantId", id).probe();
    let answer = run.call(&query).await?;
    match Listing::read(answer, &query) {
        Ok(listing) => {
            crate::verify::judge::listing(run, &listing);
            let fault = (!listing.rows.is_empty()).then(|| {
                Fault::new(
                    format!("{what} has tasks"),
                    "HTTP 400 or 404, with OCP's error, or no tasks",
                    format!("{} tasks", listing.rows.len()),
                )
                .at("/data/contents")
            });
            if fault.is_none() {
                run.tell(
                    CheckId::ErrorEnvelope,
                    format!("{what}: HTTP 200, no tasks"),
                );
            }
            run.judge(CheckId::ErrorEnvelope, &listing.answer, fault);
        }
        Err(answer) => refused(run, what, &answer),
    }
    Ok(())
}

fn refused(run: &mut Run, what: &str, answer: &Answer) {
    let is_refusal = matches!(answer.status(), 400 | 403 | 404);
    let fault = if answer.is_excused() {
        None
    } else if !is_refusal {
        let expected = "HTTP 400 or 404, with OCP's error";
        Some(Fault::new(
            format!("{what} is not refused"),
            expected,
            answer.brief(),
        ))
    } else if !answer.has_envelope() {
        let got = format!("{}, without an envelope", answer.brief());
        Some(Fault::new(
            format!("{what} without envelope"),
            "OCP's error",
            got,
        ))
    } else {
        None
    };
    let is_told = fault.is_none();
    run.judge(CheckId::ErrorEnvelope, answer, fault);
    if is_told {
        run.tell(
            CheckId::ErrorEnvelope,
            format!("{what}: {}", answer.brief()),
        );
    }
}

pub(super) async fn without_credentials(run: &mut Run) -> Result<(), Stop> {
    let request = RawRequest::new("page=1&size=10").anonymous();
    let answer = run.raw(request).await?;
    let fault = match answer.status() {
        401 if answer.has_envelope() => None,
        401 => Some(Fault::new(
            "401 without envelope",
            "OCP's error",
            answer.brief(),
        )),
        300..=399 => Some(Fault::new(
            "redirects instead of refusing",
            "HTTP 401, with OCP's error",
            answer.brief(),
        )),
        200 if answer.has_envelope() => {
            Some(Fault::new("lets everybody in", "HTTP 401", answer.brief()))
        }
        _ => Some(Fault::new(
            "does not refuse with 401",
            "HTTP 401, with OCP's error",
            answer.brief(),
        )),
    };
    run.judge(CheckId::Authentication, &answer, fault);
    Ok(())
}
