//! Gives ready-made responses, on connections that stay open.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::Value;

use crate::Outcome;

/// How many rows the list has that is read page by page.
pub(crate) const MANY: usize = 1_000_000;

/// Stands for the id of a row before it is known.
const ID: &str = "the id";

/// A page of so many rows, of a list of so many.
pub(crate) fn body(rows: usize, total: usize) -> Outcome<String> {
    Ok(envelope(
        &Value::from(made(rows)?).to_string(),
        1,
        rows,
        total,
    ))
}

/// The documented sample, whose rows are repeated.
const SAMPLE: &str = include_str!(
    "../../openapi/interactions/listTenantRestoreTasks/documented-sample/response.json"
);

fn made(rows: usize) -> Outcome<Vec<Value>> {
    let mut sample: Value = serde_json::from_str(SAMPLE)?;
    let Value::Array(sample) = sample["data"]["contents"].take() else {
        return Err("the documented sample has no rows".into());
    };
    Ok(sample.into_iter().cycle().take(rows).collect())
}

fn envelope(rows: &str, page: usize, size: usize, total: usize) -> String {
    let pages = total.div_ceil(size);
    format!(
        r#"{{"data":{{"contents":{rows},"page":{{"number":{page},"size":{size},"totalElements":{total},"totalPages":{pages}}}}},"duration":1,"server":"a","status":200,"successful":true,"timestamp":"2024-08-09T15:47:50.451+08:00","traceId":"57a90c3ab3b89b93"}}"#
    )
}

fn response(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Serves a page of so many rows whatever is asked for or, where the list is paged, the
/// page that is asked for, each row with an id of its own.
pub(crate) fn start(rows: usize, is_paged: bool) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let fixed: Arc<str> = response(&body(rows, rows)?).into();
    let mut made = made(rows)?;
    for row in &mut made {
        row["id"] = ID.into();
    }
    let made = Value::from(made).to_string();
    // Making a page must cost next to nothing beside reading it.
    let id = format!("{ID:?}");
    let between_ids = made.split(&id).map(str::to_owned);
    let between_ids: Arc<[String]> = between_ids.collect();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let (fixed, between_ids) = (Arc::clone(&fixed), Arc::clone(&between_ids));
            std::thread::spawn(move || {
                let _ = socket.set_nodelay(true);
                let mut head = [0; 4096];
                while let Ok(length @ 1..) = socket.read(&mut head) {
                    let sent = match is_paged {
                        true => socket.write_all(paged(&head[..length], &between_ids).as_bytes()),
                        false => socket.write_all(fixed.as_bytes()),
                    };
                    if sent.is_err() {
                        break;
                    }
                }
            });
        }
    });
    Ok(url)
}

/// The page that is asked for, each row with an id of its own.
fn paged(head: &[u8], between_ids: &[String]) -> String {
    let head = String::from_utf8_lossy(head);
    let digits = head.split("page=").nth(1).unwrap_or_default();
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next();
    let page: usize = digits.unwrap_or_default().parse().unwrap_or(1);
    let size = between_ids.len() - 1;
    let mut rows = String::new();
    for (id, text) in ((page - 1) * size..).zip(between_ids) {
        if !rows.is_empty() {
            rows.push_str(&id.to_string());
        }
        rows.push_str(text);
    }
    response(&envelope(&rows, page, size, MANY))
}
