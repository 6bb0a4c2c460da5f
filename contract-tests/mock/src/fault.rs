//! What no OCP may do, as data: when, and what becomes of request and response.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::response::{Body, Response};

/// One fault.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    when: When,
    request: Rewrite,
    response: Change,
    /// A row appears every so many requests, whatever `when` says: a list that grows while
    /// it is read, which is no fault at all.
    a_row_every: Option<u64>,
}

/// Requests and responses that it befalls; all of them, if nothing is said.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct When {
    /// From this request on, counted from 1.
    from: Option<u64>,
    /// Every so many requests.
    every: Option<u64>,
    /// Requests with all of these parameters; `*` is any value.
    query: BTreeMap<String, String>,
    /// Requests without any of these parameters.
    without: Vec<String>,
    /// Requests whose path holds this text.
    path: Option<String>,
    /// Responses with this status.
    status: Option<u16>,
}

/// What the provider understands instead.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rewrite {
    /// Parameters that are not seen.
    drop: Vec<String>,
    /// Parameters of which only the first value is seen.
    first: Vec<String>,
    /// Parameters of which only the last value is seen.
    last: Vec<String>,
    /// Parameters that are taken for others.
    rename: BTreeMap<String, String>,
    /// Parameters that get another value.
    set: BTreeMap<String, String>,
    /// Parameters that are taken for so much more.
    add: BTreeMap<String, i64>,
}

/// What becomes of the response.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    status: Option<u16>,
    headers: BTreeMap<String, String>,
    without_headers: Vec<String>,
    /// RFC 6902; operations on what is not there are left out.
    patch: Vec<json_patch::PatchOperation>,
    /// Members that have another name, wherever they are.
    rename: BTreeMap<String, String>,
    /// Another body.
    body: Option<String>,
    /// So many bytes of the body.
    cut: Option<usize>,
    /// Text before the body.
    before: Option<String>,
    /// Text behind the body.
    behind: Option<String>,
}

impl Fault {
    /// How many rows have appeared by the request of this number.
    pub(super) fn appeared(&self, number: u64) -> u64 {
        let every = self.a_row_every.filter(|every| *every > 0);
        every.map_or(0, |every| number / every)
    }

    pub(super) fn is_due(&self, number: u64, path: &str, query: &[(String, String)]) -> bool {
        let when = &self.when;
        let has = |name: &str, value: &str| {
            query
                .iter()
                .any(|(key, sent)| key == name && (value == "*" || value == sent))
        };
        when.from.is_none_or(|from| number >= from)
            && when
                .every
                .is_none_or(|every| number.is_multiple_of(every.max(1)))
            && when
                .path
                .as_ref()
                .is_none_or(|part| path.contains(part.as_str()))
            && when.query.iter().all(|(name, value)| has(name, value))
            && !when.without.iter().any(|name| has(name, "*"))
    }

    pub(super) fn rewrite(&self, query: &mut Vec<(String, String)>) {
        let rewrite = &self.request;
        query.retain(|(name, _)| !rewrite.drop.contains(name));
        for name in &rewrite.first {
            let mut seen = false;
            query.retain(|(key, _)| key != name || !std::mem::replace(&mut seen, true));
        }
        for name in &rewrite.last {
            let last = query.iter().rfind(|(key, _)| key == name).cloned();
            query.retain(|(key, _)| key != name);
            query.extend(last);
        }
        for (name, value) in query {
            if let Some(set) = rewrite.set.get(name) {
                value.clone_from(set);
            }
            if let (Some(more), Ok(number)) = (rewrite.add.get(name), value.parse::<i64>()) {
                *value = (number + more).to_string();
            }
            if let Some(other) = rewrite.rename.get(name) {
                name.clone_from(other);
            }
        }
    }

    pub(super) fn apply(&self, response: &mut Response) {
        if self
            .when
            .status
            .is_some_and(|status| status != response.status)
        {
            return;
        }
        let change = &self.response;
        if let Body::Json(body) = &mut response.body {
            for operation in &change.patch {
                patch(body, operation);
            }
            rename(body, &change.rename);
        }
        response.status = change.status.unwrap_or(response.status);
        response.headers.extend(change.headers.clone());
        response
            .headers
            .retain(|name, _| !change.without_headers.contains(name));
        if let Some(text) = &change.body {
            response.body = Body::Bytes(text.clone().into());
        }
        if change.cut.is_some() || change.before.is_some() || change.behind.is_some() {
            let mut bytes = response.body.clone().into_bytes();
            bytes.truncate(change.cut.unwrap_or(bytes.len()));
            let around = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
            response.body =
                Body::Bytes([around(&change.before), bytes, around(&change.behind)].concat());
        }
    }
}

fn patch(body: &mut Value, operation: &json_patch::PatchOperation) {
    // A response without the row or the member is left as it is.
    let _ = json_patch::patch(body, std::slice::from_ref(operation));
}

fn rename(body: &mut Value, names: &BTreeMap<String, String>) {
    match body {
        Value::Object(members) if !names.is_empty() => {
            let renamed = std::mem::take(members).into_iter();
            *members = renamed
                .map(|(name, mut member)| {
                    rename(&mut member, names);
                    (names.get(&name).cloned().unwrap_or(name), member)
                })
                .collect();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        _ => {}
    }
}
