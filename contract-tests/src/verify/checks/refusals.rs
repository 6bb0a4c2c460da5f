//! What OCP must refuse, and how.

use crate::verify::answer::Answer;
use crate::verify::provider::{Query, Stop};
use crate::verify::run::{Fault, Run};

/// Added to an id, makes one that nothing has.
const ELSEWHERE: i64 = 987_654_321_000;

pub(super) async fn all(run: &mut Run) -> Result<(), Stop> {
    let (cluster, tenant) = (run.provider.cluster, run.provider.tenant);
    for (what, name, id) in [
        ("an unknown cluster", "id", cluster),
        ("an unknown tenant", "tenantId", tenant),
    ] {
        let query = Query::page(1, 10).with(name, id.wrapping_add(ELSEWHERE));
        let answer = run.call(&query).await?;
        refused(run, what, &answer);
    }
    let page = "page=1&size=10";
    let (cluster, tenant) = (cluster.to_string(), tenant.to_string());
    for (what, cluster, tenant, query) in [
        (
            "a malformed cluster id",
            "abc",
            tenant.as_str(),
            page.to_owned(),
        ),
        (
            "a malformed tenant id",
            cluster.as_str(),
            "abc",
            page.to_owned(),
        ),
        (
            "a malformed startTime",
            cluster.as_str(),
            tenant.as_str(),
            format!("endTime=2000-01-01T00:00:00Z&{page}&startTime=yesterday"),
        ),
        (
            "a malformed endTime",
            cluster.as_str(),
            tenant.as_str(),
            format!("endTime=tomorrow&{page}&startTime=2000-01-01T00:00:00Z"),
        ),
    ] {
        let answer = run.raw(cluster, tenant, &query, true).await?;
        refused(run, what, &answer);
    }
    Ok(())
}

fn refused(run: &mut Run, what: &str, answer: &Answer) {
    let is_refusal = matches!(answer.status(), 400 | 403 | 404);
    let fault = if !is_refusal {
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
    run.judge("error-envelope", answer, fault);
    if is_told {
        run.tell("error-envelope", format!("{what}: {}", answer.brief()));
    }
}

pub(super) async fn without_credentials(run: &mut Run) -> Result<(), Stop> {
    let (cluster, tenant) = (run.provider.cluster, run.provider.tenant);
    let answer = run
        .raw(
            &cluster.to_string(),
            &tenant.to_string(),
            "page=1&size=10",
            false,
        )
        .await?;
    let fault = if answer.status() != 401 {
        Some(Fault::new("lets everybody in", "HTTP 401", answer.brief()))
    } else if !answer.has_envelope() {
        Some(Fault::new(
            "401 without envelope",
            "OCP's error",
            answer.brief(),
        ))
    } else {
        None
    };
    run.judge("authentication", &answer, fault);
    Ok(())
}
