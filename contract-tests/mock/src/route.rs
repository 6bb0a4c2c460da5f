//! Requests to the embedded OCP: the operation that they are for, the right to send them, and
//! the rows that come back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use hyper::Request;
use hyper::body::Bytes;
use ocp_contract::{List, Location, Operation, Parameter, match_path};
use serde_json::Value;

use crate::contract::Contract;
use crate::filter::{self, Condition};
use crate::page::page;
use crate::query::{self, first};
use crate::response::{Refusal, Response};
use crate::tasks::{self, Tasks};
use crate::{Settings, Variant, auth};

/// An OCP without the server around it.
pub(crate) struct Ocp {
    settings: Settings,
    routes: Vec<Route>,
    requests: AtomicU64,
    window: Mutex<(Instant, u64)>,
    started: DateTime<Utc>,
    /// When the restores that ran were told to end.
    finished: OnceLock<DateTime<Utc>>,
}

impl Ocp {
    pub(crate) fn new(settings: Settings, contract: &Contract) -> Self {
        let operations = Operation::all(&contract.spec).into_iter();
        let routes = operations.filter_map(|one| Route::new(one, &settings, contract));
        Self {
            routes: routes.collect(),
            settings,
            requests: AtomicU64::new(0),
            window: Mutex::new((Instant::now(), 0)),
            started: Utc::now(),
            finished: OnceLock::new(),
        }
    }

    /// Lets the restores that run end well, now.
    pub(crate) fn finish_restores(&self) {
        // The first time counts: a task does not end twice.
        let _ = self.finished.set(Utc::now());
    }

    /// The response to a request, changed by the fault that befalls it.
    pub(crate) fn respond(&self, request: &Request<Bytes>) -> Response {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut query = query::parameters(request.uri().query().unwrap_or_default());
        let fault = self.settings.fault.as_ref();
        let fault = fault.filter(|fault| fault.befalls(number, request.uri().path(), &query));
        if let Some(fault) = fault {
            fault.rewrite(&mut query);
        }
        let mut response = self.response(request, &query, number);
        response.number(number);
        if let Some(fault) = fault {
            fault.apply(&mut response);
        }
        response
    }

    fn response(
        &self,
        request: &Request<Bytes>,
        query: &[(String, String)],
        number: u64,
    ) -> Response {
        let Some((route, ids)) = self.route(request.uri().path()) else {
            return Response::console();
        };
        let mut limits = Vec::new();
        let outcome = auth::check(&self.settings, request)
            .and_then(|()| self.throttle(&mut limits))
            .and_then(|()| match request.method().as_str() {
                // Spring lets every GET take HEAD.
                "GET" | "HEAD" => self.serve(route, &ids, query, number),
                "OPTIONS" => Ok(Response::options("GET,HEAD,OPTIONS")),
                _ => Ok(Response::console()),
            });
        let object = route.operation.path.rsplit('/').next().unwrap_or_default();
        let variants = &self.settings.variants;
        let failure = |refusal| Response::failure(&refusal, object, variants);
        let mut response = outcome.unwrap_or_else(failure);
        response.headers.extend(limits);
        response
    }

    /// The operation of a path; one without parameters goes before one with.
    fn route(&self, path: &str) -> Option<(&Route, Vec<(&Parameter, String)>)> {
        let digits_only = self.settings.variants.contains(&Variant::UnknownPath);
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        let routes = self.routes.iter();
        routes
            .filter_map(|route| Some((route, route.ids(path)?)))
            .filter(|(_, ids)| !digits_only || ids.iter().all(|(_, id)| is_number(id)))
            .min_by_key(|(_, ids)| ids.len())
    }

    /// The response to a caller with the right credentials.
    fn serve(
        &self,
        route: &Route,
        ids: &[(&Parameter, String)],
        query: &[(String, String)],
        number: u64,
    ) -> Result<Response, Refusal> {
        let settings = &self.settings;
        let numbers = ids.iter().map(|(one, sent)| long(&one.name, sent));
        let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
        for (depth, ((parameter, _), id)) in ids.iter().zip(numbers).enumerate() {
            let is = |ids: &BTreeMap<String, i64>| ids.get(&parameter.argument) == Some(&id);
            let refusal = match (is(&settings.forbidden_ids), is(&settings.known_ids)) {
                (true, _) => Refusal::new(403, "IAM11000", "Access is denied."),
                (_, true) => continue,
                _ => Refusal::of_unknown_id(parameter, id),
            };
            if depth > 0 && settings.variants.contains(&Variant::UnknownIdIsEmpty) {
                return route.respond(query, Vec::new());
            }
            return Err(refusal);
        }
        let fault = settings.fault.as_ref();
        let begun = fault.map_or(0, |fault| fault.appeared(number));
        let rows = match route.tasks {
            Some(_) => tasks::now(&route.rows, self.ended(), self.started, begun),
            None => route.rows.iter().map(Cow::Borrowed).collect(),
        };
        route.respond(query, rows)
    }

    /// When the restores that ran have ended, if they have.
    fn ended(&self) -> Option<DateTime<Utc>> {
        let passed = (Utc::now() - self.started).to_std().unwrap_or_default();
        match self.settings.ends_after {
            Some(time) if passed >= time => Some(*self.finished.get_or_init(Utc::now)),
            _ => self.finished.get().copied(),
        }
    }

    /// Counts a request, and says in headers how many are left.
    fn throttle(&self, headers: &mut Vec<(String, String)>) -> Result<(), Refusal> {
        let Some((limit, length)) = self.settings.rate_limit else {
            return Ok(());
        };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.0.elapsed() >= length {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        let left = length.saturating_sub(window.0.elapsed());
        for (name, value) in [
            ("ratelimit-limit", limit),
            ("ratelimit-remaining", limit.saturating_sub(window.1)),
            ("ratelimit-reset", left.as_millis().div_ceil(1000) as u64),
        ] {
            headers.push((name.to_owned(), value.to_string()));
        }
        if window.1 > limit {
            let message = "The number of requests exceeds the limit. Try again later.";
            return Err(Refusal::new(429, "", message));
        }
        Ok(())
    }
}

/// An operation, and the rows that it lists.
struct Route {
    operation: Operation,
    list: List,
    rows: Vec<Value>,
    /// `None` for rows of which nothing is known but the description.
    tasks: Option<Tasks>,
    variants: Vec<Variant>,
}

impl Route {
    /// `None` for an operation that lists nothing.
    fn new(mut operation: Operation, settings: &Settings, contract: &Contract) -> Option<Self> {
        let mut list = operation.list.take()?;
        let mut variants = settings.variants.clone();
        let confirmed = operation.confirmed_page(&contract.interactions);
        if !confirmed.contains(&"size") {
            variants.push(Variant::RowsAsSize);
        }
        let tasks = Tasks::of(&operation.id, &contract.spec);
        if let Some(tasks) = &tasks {
            list.filters.extend(tasks.filters(&variants));
        }
        let rows = settings.rows.get(&operation.id).cloned();
        Some(Self {
            rows: rows.unwrap_or_else(|| contract.rows(&operation.id)),
            operation,
            list,
            tasks,
            variants,
        })
    }

    /// The parameters in a path and their texts, if it is the operation's.
    fn ids(&self, path: &str) -> Option<Vec<(&Parameter, String)>> {
        let sent = match_path(&self.operation.path, path)?.into_iter();
        let ids = sent.map(|(name, sent)| {
            let mut parameters = self.operation.parameters_in(Location::Path);
            Some((parameters.find(|one| one.name == name)?, sent))
        });
        ids.collect()
    }

    /// The response with those of these rows that a query asks for.
    fn respond(
        &self,
        query: &[(String, String)],
        mut rows: Vec<Cow<'_, Value>>,
    ) -> Result<Response, Refusal> {
        self.check(query)?;
        let (variants, tasks) = (&self.variants, self.tasks.as_ref());
        let mut conditions = filter::conditions(&self.list.filters, query, variants)?;
        for (member, condition) in &mut conditions {
            if let (Some(tasks), "status", Condition::OneOf(asked)) = (tasks, *member, condition) {
                tasks.read_states(asked, variants)?;
            }
        }
        for (member, condition) in conditions {
            rows.retain(|row| condition.holds(&row[member]));
        }
        if variants.contains(&Variant::OldestFirst) {
            rows.reverse();
        }
        let mut data = page(rows, query, variants)?;
        let rows = data["contents"].as_array_mut();
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            if let Some(tasks) = tasks {
                tasks.show(row, variants);
            }
            for variant in variants {
                variant.apply(row, &self.list);
            }
        }
        Ok(Response::success(data))
    }

    /// Refuses a query that lacks a required parameter, or has a time that is none: Spring
    /// converts it, whatever it is compared with.
    fn check(&self, query: &[(String, String)]) -> Result<(), Refusal> {
        let parameters = self.operation.parameters_in(Location::Query);
        for parameter in parameters.filter(|one| one.required) {
            let name = &parameter.name;
            let Some(sent) = first(query, name) else {
                let message = format!("Required request parameter '{name}' is not present");
                return Err(Refusal::new(400, "", message).about(name, ""));
            };
            // A required number is a `Long` of the controller, which Spring has to convert.
            // One that may be absent is part of a `Pageable`, which takes what is no number
            // for absent.
            if parameter.schema["type"] == "integer" {
                long(name, sent)?;
            }
        }
        let times = self.operation.parameters_in(Location::Query);
        for time in times.filter(|one| one.schema["format"] == "date-time") {
            let is_time = |sent: &&str| matches!(sent.get(10..11), Some("T" | "t"));
            if let Some(sent) = first(query, &time.name).filter(|sent| !is_time(sent)) {
                return Err(Refusal::of_type(&time.name, sent, "OffsetDateTime"));
            }
        }
        Ok(())
    }
}

/// The value of a parameter that is a number.
fn long(name: &str, sent: &str) -> Result<i64, Refusal> {
    sent.parse()
        .map_err(|_| Refusal::of_type(name, sent, "Long"))
}

#[cfg(test)]
mod tests {
    use ocp_contract::Interaction;
    use serde_json::json;

    use super::*;

    /// A list of zones; nothing is known of them but this.
    fn contract() -> Contract {
        let number = |name| json!({ "name": name, "in": "query", "schema": { "type": "integer" } });
        let filter = |name, member, how| json!({ "name": name, "in": "query", "schema": {}, "x-filter": { "member": member, "match": how } });
        let id = json!({ "name": "id", "in": "path", "required": true, "x-argument": "region_id", "schema": { "type": "integer" } });
        let row = json!({ "properties": { "id": { "type": "integer" } }, "required": ["id"] });
        let body = json!({ "properties": { "data": { "properties": {
            "contents": { "type": "array", "items": row },
            "page": {},
        } } } });
        let spec = json!({ "paths": { "/regions/{id}/zones": { "get": {
            "operationId": "listZones",
            "parameters": [
                id, number("page"), number("size"), number("sort"),
                filter("name", "name", "contains-ignore-case"),
                filter("zone", "id", "equals"),
                filter("since", "built", "from"),
                filter("until", "built", "to"),
            ],
            "responses": { "200": { "content": { "application/json": { "schema": body } } } },
        } } } });
        let zones = json!({ "data": { "contents": [
            { "id": 3, "name": "Zone A2", "built": "2024-03-01T00:00:00Z" },
            { "id": 2, "name": "zone a1", "built": "2024-02-01T08:00:00+08:00" },
            { "id": 1, "name": "ZONE B" },
        ] } });
        let recorded = json!({
            "source": { "grade": "documented", "document": "", "address": "" },
            "request": "GET /regions/5/zones?page=1&size=10",
            "response": { "status": 200, "headers": { "Content-Type": "application/json" } },
        });
        let interaction = Interaction {
            operation_id: "listZones".into(),
            case: "documented-sample".into(),
            recorded: serde_json::from_value(recorded).unwrap(),
            body: zones.to_string(),
        };
        Contract {
            spec,
            interactions: vec![interaction],
            world: BTreeMap::new(),
        }
    }

    fn respond(settings: Settings, method: &str, target: &str) -> (u16, Value) {
        let ocp = Ocp::new(settings, &contract());
        let request = Request::builder().method(method).uri(target);
        let response = ocp.respond(&request.body(Bytes::new()).unwrap());
        (response.status, response.body)
    }

    fn settings() -> Settings {
        let known_ids = contract().documented_ids();
        assert_eq!(known_ids, BTreeMap::from([("region_id".to_owned(), 5)]));
        Settings {
            forbidden_ids: BTreeMap::from([("region_id".to_owned(), 9)]),
            known_ids,
            ..Settings::default()
        }
    }

    #[test]
    fn a_list_that_nobody_knows_is_served_from_the_description_and_its_exchanges() {
        for (target, status, pointer, expected) in [
            ("/regions/5/zones", 200, "/data/contents/2/id", json!(1)),
            (
                "/regions/5/zones?page=2&size=2",
                200,
                "/data/contents/0/id",
                json!(1),
            ),
            (
                "/regions/5/zones?size=2&status=X",
                200,
                "/data/page/totalPages",
                json!(2),
            ),
            (
                "/regions/6/zones",
                404,
                "/error/message",
                json!("region_id 6 does not exist."),
            ),
            ("/regions/9/zones", 403, "/error/code", json!("IAM11000")),
            ("/regions/abc/zones", 400, "/error/code", json!(0)),
            (
                "/nowhere",
                200,
                "",
                json!("<!doctype html><title>OCP</title>"),
            ),
        ] {
            let (came, body) = respond(settings(), "GET", target);
            let value = body.pointer(pointer);
            assert_eq!((came, value), (status, Some(&expected)), "{target}: {body}");
        }
        let (_, body) = respond(settings(), "POST", "/regions/5/zones");
        assert!(body.is_string(), "{body}");
    }

    #[test]
    fn filters_of_a_list_that_nobody_knows_are_those_of_the_description() {
        for (query, expected) in [
            ("name=E%20A", vec![3, 2]),
            ("name=zone", vec![3, 2, 1]),
            ("name=&sort=name", vec![3, 2, 1]),
            ("zone=2&zone=3", vec![3, 2]),
            ("zone=4", vec![]),
            ("since=2024-02-01T00:00:00Z", vec![3, 2]),
            ("until=2024-02-01T00:00:00Z", vec![2]),
            ("since=2024-02-01T00:00:01Z&name=A", vec![3]),
        ] {
            let (_, body) = respond(settings(), "GET", &format!("/regions/5/zones?{query}"));
            let rows = body["data"]["contents"].as_array().unwrap().iter();
            let ids: Vec<i64> = rows.map(|row| row["id"].as_i64().unwrap()).collect();
            assert_eq!(ids, expected, "{query}");
        }
        for query in [
            "since=2024-03-01T00:00:00Z&until=2024-02-01T00:00:00Z",
            "until=yesterday",
        ] {
            let (status, _) = respond(settings(), "GET", &format!("/regions/5/zones?{query}"));
            assert_eq!(status, 400, "{query}");
        }
    }

    #[test]
    fn rows_of_ones_own_and_variants_need_no_more_either() {
        let rows = vec![json!({ "id": 8 }), json!({ "id": 7 })];
        let settings = Settings {
            rows: BTreeMap::from([("listZones".to_owned(), rows)]),
            variants: vec![Variant::OldestFirst, Variant::RowsAsSize, Variant::LargeIds],
            ..settings()
        };
        let (_, body) = respond(settings, "GET", "/regions/5/zones?size=10");
        assert_eq!(body["data"]["page"]["size"], 2);
        let id = ((1_i64 << 60) + 7).to_string();
        assert_eq!(body["data"]["contents"][0]["id"], id);
    }
}
