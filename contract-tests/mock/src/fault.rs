//! Faults as data: when they befall, and what becomes of request and response.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::response::Response;

/// One fault: a thing that no OCP may do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    when: When,
    request: Rewrite,
    response: Change,
    /// A restore task appears every so many requests, whatever `when` says: a list that grows
    /// while it is read, which is no fault at all. 0 is never.
    a_row_every: u64,
}

/// Requests and responses that the fault befalls; the default is all of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct When {
    /// From this request on, counted from 1.
    from: u64,
    /// Every so many requests.
    every: u64,
    /// Requests with all of these parameters; `*` is any value.
    query: BTreeMap<String, String>,
    /// Requests without any of these parameters.
    without: Vec<String>,
    /// Requests whose path holds this text.
    path: String,
    /// Responses with this status.
    status: Option<u16>,
}

/// The request that the provider understands instead.
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

/// Changes of the response.
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
    /// So many characters of the body.
    cut: Option<usize>,
    /// Text before the body.
    before: String,
    /// Text behind the body.
    behind: String,
}

impl Fault {
    /// The count of tasks that have appeared by the request of this number.
    pub(crate) fn appeared(&self, number: u64) -> u64 {
        number.checked_div(self.a_row_every).unwrap_or_default()
    }

    pub(crate) fn befalls(&self, number: u64, path: &str, query: &[(String, String)]) -> bool {
        let when = &self.when;
        let has = |name: &str, value: &str| {
            let mut query = query.iter();
            query.any(|(key, sent)| key == name && (value == "*" || value == sent))
        };
        number >= when.from
            && number.is_multiple_of(when.every.max(1))
            && path.contains(&when.path)
            && when.query.iter().all(|(name, value)| has(name, value))
            && !when.without.iter().any(|name| has(name, "*"))
    }

    pub(crate) fn rewrite(&self, query: &mut Vec<(String, String)>) {
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

    /// Changes a response that has the status of the fault.
    pub(crate) fn apply(&self, response: &mut Response) {
        let status = self.when.status.unwrap_or(response.status);
        if status != response.status {
            return;
        }
        let change = &self.response;
        for operation in &change.patch {
            // A response without the row or the member is left as it is.
            let _ = json_patch::patch(&mut response.body, std::slice::from_ref(operation));
        }
        rename(&mut response.body, &change.rename);
        response.status = change.status.unwrap_or(status);
        let headers = &mut response.headers;
        headers.extend(change.headers.clone());
        headers.retain(|name, _| !change.without_headers.contains(name));
        let text = change.body.clone().unwrap_or_else(|| response.text());
        let cut = change.cut.and_then(|cut| text.char_indices().nth(cut));
        let kept = &text[..cut.map_or(text.len(), |(at, _)| at)];
        let whole = [&change.before, kept, &change.behind].concat();
        response.body = whole.into();
    }
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
