//! The time window.

use chrono::TimeDelta;

use super::asking::{compare, find};
use super::checks::{TIME_FORMS, TIME_WINDOW};
use super::filter::Filter;
use super::task::{Time, is_finished, span, times};
use crate::verify::finding::Observation;
use crate::verify::judgement::Fault;
use crate::verify::request::RawRequest;
use crate::verify::row::Row;
use crate::verify::run::{Run, SIZE};
use crate::verify::session::Stop;
use crate::verify::topic::Topic;

/// Windows begin and end on whole seconds, tasks do not.
const MARGIN: TimeDelta = TimeDelta::seconds(2);

/// Documented: start and end of the time range. Open: which time is compared,
/// so tasks are only demanded, or ruled out, where every reading agrees.
pub(super) async fn bounds(run: &mut Run<'_>) -> Result<(), Stop> {
    let check = TIME_WINDOW;
    let Some((first, last)) = span(run) else {
        run.skip(check, "no task has its times");
        return Ok(());
    };
    let year = TimeDelta::days(366);
    // Around all; before all; after all; around all, but a year earlier; around
    // each of a few.
    let mut windows = vec![
        (first - MARGIN, last + MARGIN),
        (first - MARGIN - year, first - MARGIN),
        (last + MARGIN, last + MARGIN * 3),
        (first - MARGIN - year, last + MARGIN - year),
    ];
    let finished: Vec<&Row> = run
        .history
        .rows
        .iter()
        .filter(|row| is_finished(row))
        .collect();
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
    windows.extend(picked.iter().map(|span| (span.0 - MARGIN, span.1 + MARGIN)));
    for (start, end) in windows {
        let filter = Filter::default().window(start, end);
        find(run, check, "a window", &filter).await?;
    }
    alone(run, first, last).await?;
    compared(run).await
}

/// One bound alone may be refused; if it is taken, it must bound.
async fn alone(run: &mut Run<'_>, first: Time, last: Time) -> Result<(), Stop> {
    let check = TIME_WINDOW;
    for (name, empty, full) in [
        (
            "startTime",
            (Some(last + MARGIN), None),
            (Some(first - MARGIN), None),
        ),
        (
            "endTime",
            (None, Some(first - MARGIN)),
            (None, Some(last + MARGIN)),
        ),
    ] {
        for (start, end) in [empty, full] {
            let filter = Filter::default().window(start, end);
            let query = filter.on_one_page();
            match run.page(&query).await? {
                Ok(found) => {
                    compare(run, check, "one bound", &found, &filter);
                    let text = format!("{name} alone is accepted");
                    let question = format!("{name} alone");
                    run.observe(check, Observation::new(question, "HTTP 200", text));
                }
                Err(response) if response.status() == 400 => {
                    let text = format!("{name} alone is refused: {}", response.summary());
                    let question = format!("{name} alone");
                    run.observe(check, Observation::new(question, "HTTP 400", text));
                    break;
                }
                Err(response) => {
                    let fault = Fault::new("one bound", "tasks, or HTTP 400", response.summary())
                        .rests_on([Topic::Body(response.number)]);
                    run.judge(check, &response, Some(fault));
                }
            }
        }
    }
    Ok(())
}

/// Which time of a task is compared, and that it is compared to the second.
async fn compared(run: &mut Run<'_>) -> Result<(), Stop> {
    let check = TIME_WINDOW;
    let all: Vec<Time> = run
        .history
        .rows
        .iter()
        .flat_map(|row| ["createTime", "finishTime"].map(|name| row.time(name)))
        .flatten()
        .collect();
    let gap = TimeDelta::seconds(30);
    let is_alone = |time: Time| {
        let near = all.iter().filter(|other| (**other - time).abs() < gap);
        near.count() == 1
    };
    let picked = run.history.rows.iter().find_map(|row| {
        let (created, finished) = (row.time("createTime")?, row.time("finishTime")?);
        (is_alone(created) && is_alone(finished)).then(|| (row.id(), created, finished))
    });
    let Some((id, created, finished)) = picked else {
        return Ok(());
    };
    let mut is_created = false;
    for (name, time) in [("createTime", created), ("finishTime", finished)] {
        let filter = Filter::default().window(time - MARGIN, time + MARGIN);
        let Some(found) = find(run, check, "a window", &filter).await? else {
            continue;
        };
        if !found.rows.iter().any(|row| row.id() == id) {
            continue;
        }
        let text = format!("{name} is compared");
        run.observe(
            check,
            Observation::new("the time that is compared", name, text),
        );
        is_created |= name == "createTime";
        // Just before, and just behind: a few seconds are enough to tell.
        for (start, end) in [
            (time - MARGIN * 4, time - MARGIN),
            (time + MARGIN, time + MARGIN * 4),
        ] {
            let query = Filter::default().window(start, end).on_one_page();
            let Some(beside) = run.list(check, &query).await? else {
                continue;
            };
            let is_there = beside.rows.iter().any(|row| row.id() == id);
            // Both times may count, as ends of an interval.
            let within = created < start && finished > end;
            let fault = (is_there && !within).then(|| {
                Fault::new(
                    "a window is not exact",
                    format!("no task whose {name} is seconds outside of the window"),
                    format!("task {}, {name} {time}", id.unwrap_or_default()),
                )
                .rests_on(["startTime", "endTime"].map(|name| Topic::Filter(name.to_owned())))
            });
            run.judge(check, &beside.response, fault);
        }
    }
    if is_created {
        running(run).await?;
    }
    Ok(())
}

/// Where the time of creation is compared, what runs has one.
async fn running(run: &mut Run<'_>) -> Result<(), Stop> {
    let running = run
        .history
        .rows
        .iter()
        .find(|row| row.flag("finished") == Some(false));
    let Some((id, created)) = running.and_then(|row| Some((row.id()?, row.time("createTime")?)))
    else {
        return Ok(());
    };
    let filter = Filter::default().window(created - MARGIN, created + MARGIN);
    let Some(found) = find(run, TIME_WINDOW, "a window", &filter).await? else {
        return Ok(());
    };
    let fault = (!found.ids().contains_key(&id)).then(|| {
        Fault::new(
            "a window loses what runs",
            format!("task {id}, created {created}"),
            format!("{} tasks without it", found.rows.len()),
        )
        .rests_on(filter.filters())
    });
    run.judge(TIME_WINDOW, &found.response, fault);
    Ok(())
}

/// The documented form is taken in every request above; others are a question.
pub(super) async fn forms(run: &mut Run<'_>) -> Result<(), Stop> {
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
        let page = run.first_page();
        let query = format!("endTime={end}&page={page}&size={SIZE}&startTime={start}");
        let response = run.raw(RawRequest::new(query)).await?;
        let observed = match response.status() {
            200 => Observation::new(what, "HTTP 200", format!("{what} is accepted")),
            _ => response.observation(what),
        };
        run.observe(TIME_FORMS, observed);
    }
    Ok(())
}
