//! The time window.

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, Timelike, Utc};

use super::pages::SIZE;
use crate::verify::listing::Listing;
use crate::verify::provider::{Query, Stop};
use crate::verify::row::Row;
use crate::verify::run::{Fault, Run};

/// All times that a window could be meant to compare, to the second.
fn times(row: &Row) -> Option<(DateTime<FixedOffset>, DateTime<FixedOffset>)> {
    let created = row.time("createTime")?;
    let finished = match row.is_finished() {
        true => row.time("finishTime")?,
        // It may be compared with now.
        false => Utc::now().fixed_offset(),
    };
    let first = row
        .time("restoreEndTime")
        .map_or(created, |restored| restored.min(created));
    Some((first, finished.max(created)))
}

fn text(time: DateTime<FixedOffset>) -> String {
    let whole = time.with_nanosecond(0).unwrap_or(time);
    whole.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn window(start: Option<DateTime<FixedOffset>>, end: Option<DateTime<FixedOffset>>) -> Query {
    let mut query = Query::page(1, SIZE);
    if let Some(start) = start {
        query = query.with("startTime", text(start));
    }
    if let Some(end) = end {
        query = query.with("endTime", text(end));
    }
    query
}

/// Documented: start and end of the time range. Open: which time is compared,
/// so tasks are only demanded, or ruled out, where every reading agrees.
pub(super) async fn bounds(run: &mut Run) -> Result<(), Stop> {
    let check = "time-window";
    let spans: Vec<_> = run.tasks.iter().filter_map(times).collect();
    let (Some(first), Some(last)) = (
        spans.iter().map(|span| span.0).min(),
        spans.iter().map(|span| span.1).max(),
    ) else {
        run.skip(check, "no task tells its times");
        return Ok(());
    };
    let margin = TimeDelta::seconds(2);
    // Around each of a few tasks; around all; before all; after all.
    let mut windows = vec![
        (first - margin, last + margin),
        (first - margin * 3, first - margin),
        (last + margin, last + margin * 3),
    ];
    let finished: Vec<&Row> = run.tasks.iter().filter(|row| row.is_finished()).collect();
    let picked = [
        finished.first(),
        finished.get(finished.len() / 2),
        finished.last(),
    ];
    let mut picked: Vec<_> = picked
        .into_iter()
        .flatten()
        .filter_map(|row| times(row))
        .collect();
    picked.dedup();
    windows.extend(picked.iter().map(|span| (span.0 - margin, span.1 + margin)));
    for (start, end) in windows {
        let query = window(Some(start), Some(end));
        let Some(found) = run.list(check, &query).await? else {
            continue;
        };
        judge(run, check, &found, start, end);
    }
    alone(run, first, last).await?;
    compared(run).await
}

fn judge(
    run: &mut Run,
    check: &str,
    found: &Listing,
    start: DateTime<FixedOffset>,
    end: DateTime<FixedOffset>,
) {
    // What runs has no finishTime that could be compared.
    let inside = |row: &Row| {
        row.is_finished() && times(row).is_some_and(|span| span.0 > start && span.1 < end)
    };
    let outside = |row: &Row| times(row).is_some_and(|span| span.1 < start || span.0 > end);
    let window = format!("{} to {}", text(start), text(end));
    let extra = found.rows.iter().find(|row| outside(row)).map(|row| {
        Fault::new(
            "a window finds others",
            format!("only tasks from {window}"),
            format!(
                "a task created {}",
                row.text("createTime").unwrap_or_default()
            ),
        )
        .at("/data/contents")
    });
    let ids = found.ids();
    let whole = found
        .told("totalElements")
        .is_none_or(|total| total <= SIZE);
    let expected = run.expected(inside);
    let missing = expected.keys().find(|id| !ids.contains_key(id));
    let lost = missing.filter(|_| whole && run.complete).map(|id| {
        Fault::new(
            "a window loses tasks",
            format!("{} tasks from {window}", expected.len()),
            format!("{} tasks, without task {id}", found.rows.len()),
        )
        .at("/data/contents")
    });
    run.judge_all(check, &found.answer, extra.into_iter().chain(lost));
}

/// One bound alone may be refused; if it is taken, it must bound.
async fn alone(
    run: &mut Run,
    first: DateTime<FixedOffset>,
    last: DateTime<FixedOffset>,
) -> Result<(), Stop> {
    let margin = TimeDelta::seconds(2);
    for (name, query, start, end) in [
        (
            "startTime",
            window(Some(last + margin), None),
            last + margin,
            DateTime::<Utc>::MAX_UTC.fixed_offset(),
        ),
        (
            "endTime",
            window(None, Some(first - margin)),
            DateTime::<Utc>::MIN_UTC.fixed_offset(),
            first - margin,
        ),
    ] {
        let answer = run.call(&query).await?;
        match Listing::read(answer, &query) {
            Ok(found) => {
                crate::verify::judge::listing(run, &found);
                judge(run, "time-window", &found, start, end);
                run.tell("time-window", format!("{name} alone is accepted"));
            }
            Err(answer) if answer.status() == 400 => {
                run.tell(
                    "time-window",
                    format!("{name} alone is refused: {}", answer.brief()),
                );
            }
            Err(answer) => {
                let fault = Fault::new("one bound", "tasks, or HTTP 400", answer.brief());
                run.judge("time-window", &answer, Some(fault));
            }
        }
    }
    Ok(())
}

/// Which time of a task is compared.
async fn compared(run: &mut Run) -> Result<(), Stop> {
    let margin = TimeDelta::seconds(2);
    let task = run.tasks.iter().find_map(|row| {
        let (created, finished) = (row.time("createTime")?, row.time("finishTime")?);
        (finished - created > margin * 3).then(|| (row.id(), created, finished))
    });
    let Some((id, created, finished)) = task else {
        return Ok(());
    };
    for (name, time) in [("createTime", created), ("finishTime", finished)] {
        let query = window(Some(time - margin), Some(time + margin));
        let answer = run.call(&query).await?;
        if let Ok(found) = Listing::read(answer, &query)
            && found.rows.iter().any(|row| row.id() == id)
        {
            run.tell("time-window", format!("{name} is compared"));
        }
    }
    Ok(())
}

/// The documented form is taken in every request above; others are a question.
pub(super) async fn forms(run: &mut Run) -> Result<(), Stop> {
    for (what, start, end) in [
        (
            "an offset",
            "2000-01-01T08:00:00%2B08:00",
            "2000-01-01T08:00:01%2B08:00",
        ),
        (
            "a fraction",
            "2000-01-01T00:00:00.000Z",
            "2000-01-01T00:00:01.000Z",
        ),
    ] {
        let query = format!("endTime={end}&page=1&size=10&startTime={start}");
        let answer = run.raw_query(&query).await?;
        let told = match answer.status() {
            200 => format!("{what} is accepted"),
            _ => format!("{what}: {}", answer.brief()),
        };
        run.tell("time-forms", told);
    }
    Ok(())
}
