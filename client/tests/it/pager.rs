//! Lists that end, lists that shift, and servers that cannot count.

use futures_util::TryStreamExt;
use oceanbase_ocp::builder::ListTenantRestoreTasks;
use oceanbase_ocp::{Client, Completeness, Error};

use crate::server::{http, json, serve};

/// The value of the last query parameter of this name in a request.
pub(crate) fn number(head: &str, name: &str) -> i64 {
    let query = head.split([' ', '?', '&']);
    let sent = query.filter_map(|part| part.split_once('='));
    let mut value = sent.filter(|(key, _)| *key == name).map(|(_, value)| value);
    value.next_back().unwrap().parse().unwrap()
}

pub(crate) fn body(ids: impl IntoIterator<Item = i64>, page: &str) -> Vec<u8> {
    let rows: Vec<String> = ids
        .into_iter()
        .map(|id| format!(r#"{{"id":{id},"status":"RESTORE_SUCCESS"}}"#))
        .collect();
    let rows = rows.join(",");
    json(format!(
        r#"{{"successful":true,"data":{{"contents":[{rows}]{page}}}}}"#
    ))
}

fn pages(total: i64) -> String {
    format!(r#","page":{{"totalPages":{total}}}"#)
}

/// The ids that come, or the error that ends them, and the requests it took.
async fn ids(
    size: i64,
    response: impl Fn(usize, &str) -> Vec<u8> + Send + 'static,
) -> (Vec<i64>, Option<Error>, usize) {
    let (url, heads) = serve(response).await;
    let client = Client::new(&url).unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    let mut rows = request.size(size).rows();
    let (mut ids, mut trouble) = (Vec::new(), None);
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => ids.push(row.id),
            Err(error) => {
                assert!(trouble.is_none(), "nothing comes after an error");
                trouble = Some(error);
            }
        }
    }
    let sent = heads.len();
    (ids, trouble, sent)
}

/// A list as a fair server pages it.
fn fair(total: i64) -> impl Fn(usize, &str) -> Vec<u8> {
    move |_, head| {
        let (page, size) = (number(head, "page"), number(head, "size"));
        let first = (page - 1) * size + 1;
        body(
            first..=(first + size - 1).min(total),
            &pages((total + size - 1) / size),
        )
    }
}

#[tokio::test]
async fn every_row_comes_once_in_order() {
    for (total, size, requests) in [(0, 10, 1), (1, 10, 1), (10, 10, 1), (11, 10, 2), (30, 7, 5)] {
        let (ids, error, sent) = ids(size, fair(total)).await;
        assert_eq!(ids, (1..=total).collect::<Vec<_>>(), "{total} by {size}");
        assert!(error.is_none());
        assert_eq!(sent, requests, "{total} by {size}");
    }
}

#[tokio::test]
async fn what_the_server_says_of_pages_cannot_lead_astray() {
    // It has 5 rows, and pages of 2.
    let rows = |head: &str| {
        let first = (number(head, "page") - 1) * 2 + 1;
        first..=(first + 1).min(5)
    };
    for (says, requests) in [
        (String::new(), 3),
        (r#","page":null"#.to_owned(), 3),
        (r#","page":{"totalPages":0}"#.to_owned(), 3),
        (pages(i64::MAX), 4),
        (
            r#","page":{"number":1,"size":99,"totalPages":3}"#.to_owned(),
            3,
        ),
        (r#","page":{"totalPage":3}"#.to_owned(), 3),
        (pages(-1), 3),
    ] {
        let page = says.clone();
        let (ids, error, sent) = ids(2, move |_, head| body(rows(head), &page)).await;
        assert_eq!(ids, [1, 2, 3, 4, 5], "{says}");
        assert!(error.is_none());
        assert_eq!(sent, requests, "{says}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_itself_is_left() {
    let (found, _, sent) = ids(2, |_, _| body([1, 2], &pages(i64::MAX))).await;
    assert_eq!((found, sent), (vec![1, 2], 4));
    let (found, _, sent) = ids(2, |number, _| {
        let first = (number as i64 % 2) * 2;
        body([first, first + 1], &pages(i64::MAX))
    })
    .await;
    assert_eq!((found, sent), (vec![2, 3, 0, 1], 5));
}

/// A server with a limit of its own, below the size asked for.
#[tokio::test]
async fn a_smaller_page_than_asked_for_is_not_the_last() {
    let (ids, _, sent) = ids(2000, |_, head| {
        let first = (number(head, "page") - 1) * 3 + 1;
        body(first..=(first + 2).min(8), &pages(3))
    })
    .await;
    assert_eq!((ids, sent), ((1..=8).collect(), 3));
}

/// Newest first, and a new task between two pages: everything moves by one.
#[tokio::test]
async fn no_row_comes_twice_when_rows_shift() {
    let (ids, _, _) = ids(3, |number, _| match number {
        1 => body([9, 8, 7], &pages(3)),
        2 => body([7, 6, 5], &pages(3)),
        _ => body([7, 5, 4], &pages(3)),
    })
    .await;
    assert_eq!(ids, [9, 8, 7, 6, 5, 4]);
}

/// So many new tasks that a whole page has nothing new.
#[tokio::test]
async fn a_page_of_old_rows_is_not_the_end_where_there_are_more() {
    let (ids, _, sent) = ids(2, |number, _| match number {
        1 => body([9, 8], &pages(3)),
        2 => body([9, 8], &pages(4)),
        3 => body([7, 6], &pages(4)),
        _ => body([5], &pages(4)),
    })
    .await;
    assert_eq!((ids, sent), (vec![9, 8, 7, 6, 5], 4));
}

#[tokio::test]
async fn an_error_is_the_last_that_comes() {
    let (ids, error, sent) = ids(1, |number, _| match number {
        1 => body([1], &pages(9)),
        _ => http("500 Oops", ""),
    })
    .await;
    assert_eq!((ids, sent), (vec![1], 2));
    assert!(error.unwrap().is_server());
}

#[tokio::test]
async fn pages_are_lazy_and_begin_where_the_request_does() {
    let (url, heads) = serve(fair(100)).await;
    let client = Client::new(&url).unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    let mut pages = request.clone().page(3).size(10).pages();
    assert!(heads.all().is_empty());
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(page.contents[0].id, 21);
    assert_eq!(heads.len(), 1);

    let mut rows = request.clone().rows();
    rows.try_next().await.unwrap();
    assert_eq!(number(&heads.all()[1], "size"), 100, "the default");
    for size in [0, -1, 2001] {
        let error = request
            .clone()
            .size(size)
            .rows()
            .try_next()
            .await
            .unwrap_err();
        assert!(error.is_configuration(), "{error}");
    }
    assert_eq!(heads.len(), 2);
}

pub(crate) fn totals(total: i64, size: i64) -> String {
    let pages = (total + size - 1) / size;
    format!(r#","page":{{"totalElements":{total},"totalPages":{pages}}}"#)
}

/// A list that is empty though it must not be: it may count its pages from 0, or
/// give another page than the one that was asked for.
#[tokio::test]
async fn an_empty_page_of_a_list_with_rows_is_an_error() {
    let from_0 = |total: i64| {
        move |_: usize, head: &str| {
            let (page, size) = (number(head, "page"), number(head, "size"));
            let first = page * size + 1;
            let pages = (total + size - 1) / size;
            let says = format!(
                r#","page":{{"number":{},"totalElements":{total},"totalPages":{pages}}}"#,
                page + 1
            );
            body(first..=(first + size - 1).min(total), &says)
        }
    };
    let hint = "the server may count its pages from 0, or end its list too early";
    for (total, rows, expected) in [
        (
            50,
            0,
            "0 of 50 rows came; page 1 of 100 rows each was asked for, and page 2 came with 0 rows",
        ),
        (
            150,
            50,
            "50 of 150 rows came; page 2 of 100 rows each was asked for, and page 3 came with 0 rows",
        ),
    ] {
        let (found, error, _) = ids(100, from_0(total)).await;
        assert_eq!(found.len(), rows);
        let error = error.expect("rows are missing, and there is no error");
        assert!(error.is_incomplete());
        assert_eq!(
            error.to_string(),
            format!("the list is incomplete: {expected}; {hint}")
        );
    }
    // As it was found: the page says that there are rows, and has none.
    let (found, error, sent) = ids(100, |_, _| body([], &totals(150, 100))).await;
    assert_eq!((found.len(), sent), (0, 1));
    assert!(error.unwrap().to_string().contains("0 of 150 rows came"));
}

/// The same total on each page, and an order that changes in between.
#[tokio::test]
async fn rows_that_did_not_come_are_an_error_after_the_last_row() {
    let shuffled = |number: usize, _: &str| match number {
        1 => body(1..=100, &totals(250, 100)),
        2 => body(64..=163, &totals(250, 100)),
        _ => body(164..=213, &totals(250, 100)),
    };
    let (found, error, _) = ids(100, shuffled).await;
    assert_eq!(found, (1..=213).collect::<Vec<_>>());
    let error = error.expect("213 of 250 rows, and no error");
    assert!(error.is_incomplete());
    assert_eq!(
        error.to_string(),
        "the list is incomplete: 213 of 250 rows came; page 3 of 100 rows each was asked for, and it came with 50 rows; rows may have moved between the pages; read the list again"
    );

    let (url, _) = serve(shuffled).await;
    let client = Client::new(&url).unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    let mut pages = request.pages();
    for _ in 0..3 {
        assert!(pages.try_next().await.unwrap().is_some());
    }
    assert!(pages.try_next().await.unwrap_err().is_incomplete());
    assert!(pages.try_next().await.unwrap().is_none(), "it comes once");
    assert_eq!(pages.completeness(), None);
}

/// A row comes once, however far apart the pages are that have it.
#[tokio::test]
async fn a_row_that_moves_far_does_not_come_twice() {
    let (found, error, _) = ids(2, |number, _| match number {
        1 => body([1, 2], &totals(7, 2)),
        2 => body([3, 4], &totals(7, 2)),
        3 => body([5, 6], &totals(7, 2)),
        _ => body([1], &totals(7, 2)),
    })
    .await;
    assert_eq!(found, [1, 2, 3, 4, 5, 6]);
    assert!(error.unwrap().to_string().contains("6 of 7 rows came"));
}

/// The completeness of a stream at its end.
async fn completeness(response: impl Fn(usize, &str) -> Vec<u8> + Send + 'static) -> Completeness {
    let (url, _) = serve(response).await;
    let client = Client::new(&url).unwrap();
    let request = client
        .list_tenant_restore_tasks()
        .cluster_id(1)
        .tenant_id(2);
    let mut rows = request.size(2).rows();
    while rows.try_next().await.unwrap().is_some() {
        assert_eq!(rows.completeness(), None, "it has not ended");
    }
    rows.completeness().unwrap()
}

#[tokio::test]
async fn a_stream_tells_at_its_end_whether_the_list_has_changed() {
    let whole = completeness(|number, _| match number {
        1 => body([3, 2], &totals(3, 2)),
        _ => body([1], &totals(3, 2)),
    });
    assert_eq!(whole.await, Completeness::Complete);
    let grown = completeness(|number, _| match number {
        1 => body([3, 2], &totals(3, 2)),
        _ => body([2, 1], &totals(4, 2)),
    });
    assert_eq!(grown.await, Completeness::Changed { first: 3, last: 4 });
    let untold = completeness(|number, _| match number {
        1 => body([3, 2], &pages(2)),
        _ => body([1], &pages(2)),
    });
    assert_eq!(untold.await, Completeness::Unknown);
}

fn list(url: &str) -> ListTenantRestoreTasks {
    let client = Client::new(url).unwrap();
    let request = client.list_tenant_restore_tasks();
    request.cluster_id(1).tenant_id(2)
}

/// Small ids are given per database: a row is the same only if what never changes is.
#[tokio::test]
async fn equal_ids_of_different_rows_are_different_rows() {
    let row = |members: &str| format!(r#"{{"id":7,"status":"RESTORE_SUCCESS"{members}}}"#);
    let created = r#","createTime":"2024-08-08T08:00:00Z""#;
    for (one, two, count) in [
        (created, created, 1),
        (created, r#","createTime":"2024-08-08T09:00:00Z""#, 2),
        // The same instant.
        (created, r#","createTime":"2024-08-08T16:00:00+08:00""#, 1),
        (
            created,
            r#","createTime":"2024-08-08T08:00:00Z","restoreTenantName":"b""#,
            2,
        ),
        // Members that change while a restore runs.
        (
            created,
            r#","createTime":"2024-08-08T08:00:00Z","finished":true,"statusDesc":"x""#,
            1,
        ),
        // Without a time the id has to do.
        ("", "", 1),
        ("", r#","restoreTenantName":"b""#, 1),
    ] {
        let rows = [row(one), row(two)];
        let (url, _) = serve(move |_, head| {
            let page = number(head, "page");
            let row = &rows[usize::from(page > 1)];
            json(format!(
                r#"{{"successful":true,"data":{{"contents":[{row}],"page":{{"totalPages":2,"totalElements":{count}}}}}}}"#
            ))
        })
        .await;
        let request = list(&url).size(1);
        let (rows, completeness) = request.rows().collect_all().await.unwrap();
        assert_eq!(rows.len(), count, "{one} and {two}");
        assert_eq!(completeness, Completeness::Complete, "{one} and {two}");
    }
}

#[tokio::test]
async fn all_rows_come_with_what_is_known_of_them() {
    let (url, _) = serve(|number, _| {
        let number = i64::try_from(number).unwrap();
        let total = 12 + number;
        let ids = (number - 1) * 10..number * 10;
        let page = format!(r#","page":{{"totalPages":2,"totalElements":{total}}}"#);
        body(ids, &page)
    })
    .await;
    let request = list(&url);
    let (rows, completeness) = request.clone().rows().collect_all().await.unwrap();
    assert_eq!(rows.len(), 20);
    let changed = Completeness::Changed {
        first: 13,
        last: 14,
    };
    assert_eq!(completeness, changed);
    for page in [0, -3] {
        let error = request
            .clone()
            .page(page)
            .rows()
            .collect_all()
            .await
            .unwrap_err();
        let expected =
            format!("`page` is unusable: pages are numbered from 1 to 1000000 here, not {page}");
        assert_eq!(error.to_string(), expected);
    }
}

/// OCP's own sample of its tenants counts nine of them on one page, and lists two.
#[tokio::test]
async fn totals_that_ocps_own_sample_contradicts_are_not_counted_on() {
    let tenants = |ids: std::ops::Range<i64>, page: &str| {
        let row = |id| format!(r#"{{"id":{id},"name":"t{id}","clusterId":1}}"#);
        let rows = ids.map(row).collect::<Vec<_>>().join(",");
        json(format!(
            r#"{{"successful":true,"data":{{"contents":[{rows}],"page":{page}}}}}"#
        ))
    };
    let told = r#"{"totalElements":9,"totalPages":1}"#;
    let fewer = move |_: usize, _: &str| tenants(0..2, told);
    // A full page is not the last one, whatever its totals say.
    let more = move |_: usize, head: &str| match number(head, "page") {
        1 => tenants(0..3, told),
        _ => tenants(3..5, told),
    };
    // A smaller page than asked for is not the last one where there are more.
    let limited = move |_: usize, head: &str| match number(head, "page") {
        1 => tenants(0..2, r#"{"totalPages":2}"#),
        _ => tenants(2..4, r#"{"totalPages":2}"#),
    };
    type Server = Box<dyn Fn(usize, &str) -> Vec<u8> + Send>;
    let servers: [(Server, usize, usize); 3] = [
        (Box::new(fewer), 2, 1),
        (Box::new(more), 5, 2),
        (Box::new(limited), 4, 2),
    ];
    for (server, rows, requests) in servers {
        let (url, heads) = serve(server).await;
        let client = Client::new(&url).unwrap();
        let all = client.list_tenants().size(3).rows().collect_all().await;
        let (all, completeness) = all.unwrap();
        assert_eq!((all.len(), heads.len()), (rows, requests));
        assert_eq!(completeness, Completeness::Unknown);
    }
}
