//! The documented request, and pages.

use std::collections::{BTreeMap, BTreeSet};

use crate::verify::check::CheckId;
use crate::verify::filter::SIZE;
use crate::verify::listing::Listing;
use crate::verify::provider::{Query, Stop};
use crate::verify::row::Row;
use crate::verify::run::{Fault, Run};

/// Page size of the documented request.
const DOCUMENTED_SIZE: i64 = 10;
/// A page size beyond every limit that OCP documents.
const LARGE_SIZE: i64 = 5000;
/// Pages of the walk that everything else is compared with.
const PAGES: i64 = 5;

pub(super) async fn documented(run: &mut Run) -> Result<(), Stop> {
    let query = Query::page(1, DOCUMENTED_SIZE);
    let answer = run.call(&query).await?;
    if matches!(answer.status(), 400 | 403 | 404) && answer.has_envelope() {
        return Err(Stop::Refused(format!(
            "OCP refuses the documented request ({}); are --cluster and --tenant right, and may this user see them?",
            answer.brief()
        )));
    }
    match Listing::read(answer, &query) {
        Ok(listing) => {
            crate::verify::judge::listing(run, &listing);
            run.judge(CheckId::DocumentedRequest, &listing.answer, None);
        }
        Err(answer) => run.no_list(CheckId::DocumentedRequest, &answer),
    }
    Ok(())
}

/// Walks over all tasks twice, with different page sizes, and past the end.
pub(super) async fn all(run: &mut Run) -> Result<(), Stop> {
    let Some(walk) = run
        .walk(CheckId::Paging, &Query::default(), SIZE, PAGES)
        .await?
    else {
        return Ok(());
    };
    run.complete = walk.complete;
    run.total = walk.last.told("totalElements");
    run.tasks = walk.rows;
    order(run);
    scope(run);
    if run.tasks.is_empty() {
        run.skip(CheckId::Paging, "the tenant has no restore tasks");
    } else {
        another_size(run, walk.last.page_size().unwrap_or(SIZE)).await?;
    }
    if walk.complete {
        let query = Query::page(walk.past, SIZE);
        if let Some(past) = run.list(CheckId::Paging, &query).await? {
            let fault = (!past.rows.is_empty()).then(|| {
                Fault::new(
                    "tasks past the end",
                    "no tasks past the last page",
                    format!("{} tasks on page {}", past.rows.len(), walk.past),
                )
            });
            run.judge(CheckId::Paging, &past.answer, fault);
        }
    }
    for check in [
        CheckId::TaskState,
        CheckId::TaskTimes,
        CheckId::TaskIdentity,
        CheckId::Scope,
        CheckId::Order,
    ] {
        run.skip(check, "the tenant has no restore tasks");
    }
    let reason = "no task is running";
    run.skip(CheckId::RunningTask, reason);
    run.skip(
        CheckId::NewWords,
        "every word is one that the contract lists",
    );
    Ok(())
}

async fn another_size(run: &mut Run, limit: i64) -> Result<(), Stop> {
    let count = run.tasks.len() as i64;
    run.list(CheckId::Paging, &Query::page(1, 1)).await?;
    // A page that is exactly full.
    if count <= SIZE && run.complete {
        run.list(CheckId::Paging, &Query::page(1, count)).await?;
    }
    // Below a limit that the server may have, too.
    let size = ((count + 2) / 3).min(limit - 1).max(1);
    let pages = (count + size - 1) / size;
    let Some(walk) = run
        .walk(CheckId::Paging, &Query::default(), size, pages)
        .await?
    else {
        return Ok(());
    };
    let by_id = |rows: &[Row]| -> BTreeMap<i64, Row> {
        rows.iter()
            .filter_map(|row| Some((row.id()?, row.clone())))
            .collect()
    };
    let (one, other) = (by_id(&run.tasks), by_id(&walk.rows));
    let missing = one.keys().find(|id| !other.contains_key(id));
    let extra = other
        .iter()
        .find(|(id, row)| run.complete && !one.contains_key(id) && !run.is_new(row));
    let fault = match (missing, extra) {
        (Some(id), _) => Some(format!("task {id} is missing in pages of {size}")),
        (_, Some((id, _))) => Some(format!("task {id} is only in pages of {size}")),
        _ => None,
    };
    let fault = fault.map(|got| {
        Fault::new(
            "page sizes disagree",
            format!("the same {count} tasks in pages of {SIZE} and of {size}"),
            got,
        )
    });
    run.judge(CheckId::Paging, &walk.last.answer, fault);
    Ok(())
}

fn order(run: &mut Run) {
    if run.tasks.len() < 2 {
        return;
    }
    let is_falling = |key: &dyn Fn(&Row) -> Option<i128>| {
        run.tasks
            .windows(2)
            .all(|pair| key(&pair[0]) >= key(&pair[1]))
    };
    let created = |row: &Row| {
        row.time("createTime")?
            .timestamp_nanos_opt()
            .map(i128::from)
    };
    let answer = if is_falling(&created) {
        "newest first, by createTime"
    } else if is_falling(&|row| created(row).map(|time| -time)) {
        "oldest first, by createTime"
    } else if is_falling(&|row| row.id().map(i128::from)) {
        "by id, the largest first"
    } else {
        "neither by createTime nor by id"
    };
    run.tell(CheckId::Order, answer);
}

fn scope(run: &mut Run) {
    let tenants = |row: &Row| -> Vec<String> {
        let names = ["backupTenantName", "restoreTenantName"];
        names
            .iter()
            .filter_map(|name| row.text(name).map(str::to_owned))
            .collect()
    };
    let Some(first) = run.tasks.first() else {
        return;
    };
    let common = tenants(first)
        .into_iter()
        .find(|name| run.tasks.iter().all(|row| tenants(row).contains(name)));
    run.tell(
        CheckId::Scope,
        match common {
            Some(_) => "every task has one and the same tenant as its source or as its target",
            None => "no one tenant is the source or the target of every task",
        },
    );
    let clusters = |row: &Row| row.0.get("restoreClusterId").cloned();
    let asked = run.provider.cluster;
    let others = run
        .tasks
        .iter()
        .any(|row| clusters(row) != Some(asked.into()));
    run.tell(
        CheckId::Scope,
        if others {
            "tasks are listed whose restoreClusterId is not the cluster of the path"
        } else {
            "restoreClusterId is always the cluster of the path"
        },
    );
}

/// What OCP does without page and size, and with those out of bounds.
pub(super) async fn questions(run: &mut Run) -> Result<(), Stop> {
    for (what, query) in [
        ("without page and size", Query::default()),
        ("page 0", Query::page(0, DOCUMENTED_SIZE).probe()),
        ("size 0", Query::page(1, 0).probe()),
    ] {
        let answer = run.call(&query).await?;
        let told = match Listing::read(answer, &query) {
            Ok(listing) => size_of(&listing),
            Err(answer) => answer.brief(),
        };
        run.tell(CheckId::Paging, format!("{what}: {told}"));
    }
    large(run).await
}

fn size_of(listing: &Listing) -> String {
    let told = |name| {
        let told = listing.told(name);
        told.map_or("nothing".to_owned(), |told| told.to_string())
    };
    format!("page {} of size {}", told("number"), told("size"))
}

/// A size beyond all documented limits. It may be refused, or cut to a limit;
/// then the other pages must have the rest, and the totals must stay true.
async fn large(run: &mut Run) -> Result<(), Stop> {
    let check = CheckId::Paging;
    let listed: BTreeSet<i64> = run.tasks.iter().filter_map(Row::id).collect();
    let mut ids = BTreeSet::new();
    for number in [1, 2] {
        let query = Query::page(number, LARGE_SIZE).probe();
        let answer = run.call(&query).await?;
        let listing = match Listing::read(answer, &query) {
            Ok(listing) => listing,
            Err(answer) => {
                run.tell(check, format!("size {LARGE_SIZE}: {}", answer.brief()));
                return Ok(());
            }
        };
        crate::verify::judge::listing(run, &listing);
        if number == 1 {
            run.tell(check, format!("size {LARGE_SIZE}: {}", size_of(&listing)));
        }
        let before = ids.len();
        ids.extend(listing.ids().into_keys());
        let is_steady = !listing.rows.iter().any(|row| run.is_new(row));
        let total = listing.told("totalElements");
        let got = match (total, run.total) {
            _ if !is_steady => None,
            (Some(total), Some(told)) if total != told => Some(format!("totalElements {total}")),
            _ if run.complete && !listed.is_subset(&ids) && ids.len() == before => {
                Some(format!("{} tasks on {number} pages", ids.len()))
            }
            _ => None,
        };
        let is_wrong = got.is_some();
        let fault = got.map(|got| {
            let expected = run.total.unwrap_or(listed.len() as i64);
            let expected = format!("the {expected} tasks that smaller pages have");
            Fault::new("a large size hides tasks", expected, got).at("/data")
        });
        run.judge(check, &listing.answer, fault);
        if is_wrong || listed.is_subset(&ids) {
            break;
        }
    }
    Ok(())
}

/// The documented request once more, at the end.
pub(super) async fn repeat(run: &mut Run) -> Result<(), Stop> {
    let query = Query::page(1, DOCUMENTED_SIZE);
    let (Some(one), Some(other)) = (
        run.list(CheckId::Repeat, &query).await?,
        run.list(CheckId::Repeat, &query).await?,
    ) else {
        return Ok(());
    };
    let ids = |rows: &[Row]| -> BTreeSet<i64> {
        let old = rows.iter().filter(|row| !run.is_new(row));
        old.filter_map(Row::id).collect()
    };
    let (one, other_ids) = (ids(&one.rows), ids(&other.rows));
    // New tasks push old ones onto the next page.
    let known: BTreeSet<i64> = run
        .tasks
        .iter()
        .filter(|row| !run.is_new(row))
        .filter_map(Row::id)
        .take(one.len())
        .collect();
    let differs = one != other_ids || one != known;
    let fault = differs.then(|| {
        let list = |ids: &BTreeSet<i64>| {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ids.join(", ")
        };
        Fault::new(
            "other tasks",
            format!("the tasks that came first before: {}", list(&known)),
            format!("{}; and once more: {}", list(&one), list(&other_ids)),
        )
    });
    run.judge(CheckId::Repeat, &other.answer, fault);
    Ok(())
}
