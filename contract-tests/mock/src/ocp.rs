//! Requests to the embedded OCP: which operation they are for, and who may send them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use hyper::Request;
use hyper::body::Bytes;
use ocp_contract::{Operation, Parameter};

use crate::contract::Contract;
use crate::response::{Refusal, Response};
use crate::route::{Route, long};
use crate::{Settings, Variant, auth, query};

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
        Self {
            routes: operations
                .map(|operation| Route::new(operation, &settings, contract))
                .collect(),
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

    /// The response to a request, and the fault that befalls it.
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
        match fault {
            Some(fault) => fault.changed(response),
            None => response,
        }
    }

    fn response(
        &self,
        request: &Request<Bytes>,
        query: &[(String, String)],
        number: u64,
    ) -> Response {
        let Some((route, ids)) = self.route(request) else {
            return Response::console();
        };
        let variants = &self.settings.variants;
        let failure = |refusal| Response::failure(&refusal, route.object(), variants);
        if let Err(why) = auth::check(&self.settings, request) {
            return failure(Refusal::new(401, "", why));
        }
        let (is_allowed, limits) = self.throttle();
        let method = request.method().as_str();
        let response = if !is_allowed {
            let message = "The number of requests exceeds the limit. Try again later.";
            Err(Refusal::new(429, "", message))
        } else if route.takes(method) {
            self.serve(route, &ids, query, number)
        } else if method == "OPTIONS" {
            Ok(Response::options(&route.allowed()))
        } else {
            Ok(Response::console())
        };
        let mut response = response.unwrap_or_else(failure);
        response.headers.extend(limits);
        response
    }

    /// The operation of a request, by its path and then by its method; a path without
    /// parameters goes before one with.
    fn route<'a>(
        &'a self,
        request: &'a Request<Bytes>,
    ) -> Option<(&'a Route, Vec<(&'a Parameter, &'a str)>)> {
        let digits_only = self.settings.variants.contains(&Variant::UnknownPath);
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        let routes = self.routes.iter().filter_map(|route| {
            let ids = route.ids(request.uri().path())?;
            let is_known = !digits_only || ids.iter().all(|(_, id)| is_number(id));
            is_known.then_some((route, ids))
        });
        let method = request.method().as_str();
        routes.min_by_key(|(route, ids)| (ids.len(), !route.takes(method)))
    }

    /// The response to a caller who is let in.
    fn serve(
        &self,
        route: &Route,
        ids: &[(&Parameter, &str)],
        query: &[(String, String)],
        number: u64,
    ) -> Result<Response, Refusal> {
        let numbers = ids
            .iter()
            .map(|(parameter, sent)| long(&parameter.name, sent));
        let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
        let settings = &self.settings;
        for (depth, ((parameter, _), id)) in ids.iter().zip(numbers).enumerate() {
            let is = |ids: &BTreeMap<String, i64>| ids.get(&parameter.argument) == Some(&id);
            let refusal = match (is(&settings.forbidden_ids), is(&settings.known_ids)) {
                (true, _) => Refusal::new(403, "IAM11000", "Access is denied."),
                (_, true) => continue,
                _ => Refusal::of_unknown_id(parameter, id),
            };
            if depth > 0 && settings.variants.contains(&Variant::UnknownIdIsEmpty) {
                return route.respond(query, &[]);
            }
            return Err(refusal);
        }
        let count = settings
            .fault
            .as_ref()
            .map_or(0, |fault| fault.appeared(number));
        let appeared = (0..count).map(|nth| self.started + TimeDelta::milliseconds(nth as i64));
        let appeared: Vec<DateTime<Utc>> = appeared.collect();
        route.respond(query, &route.rows(self.ended(), &appeared))
    }

    /// When the restores that ran have ended, if they have.
    fn ended(&self) -> Option<DateTime<Utc>> {
        let time = self
            .settings
            .ends_after
            .and_then(|time| TimeDelta::from_std(time).ok());
        let planned = time.and_then(|time| self.started.checked_add_signed(time));
        let planned = planned.filter(|time| *time <= Utc::now());
        self.finished
            .get()
            .copied()
            .into_iter()
            .chain(planned)
            .min()
    }

    /// Whether one more request is allowed, and the headers that say so.
    fn throttle(&self) -> (bool, Vec<(String, String)>) {
        let Some((limit, length)) = self.settings.rate_limit else {
            return (true, Vec::new());
        };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.0.elapsed() >= length {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        let left = length.saturating_sub(window.0.elapsed());
        let headers = [
            ("ratelimit-limit", limit),
            ("ratelimit-remaining", limit.saturating_sub(window.1)),
            ("ratelimit-reset", left.as_millis().div_ceil(1000) as u64),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_string()));
        (window.1 <= limit, headers.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ocp_contract::Interaction;
    use serde_json::{Value, json};

    use super::*;
    use crate::response::Body;

    /// A list of zones and the restart of one: no folder here knows anything of either.
    fn contract() -> Contract {
        let query = |name| json!({ "name": name, "in": "query", "schema": { "type": "integer" } });
        let id = json!({ "name": "id", "in": "path", "required": true, "x-argument": "region_id", "schema": { "type": "integer" } });
        let row = json!({ "properties": { "id": { "type": "integer" } }, "required": ["id"] });
        let body = json!({ "properties": { "data": { "properties": {
            "contents": { "type": "array", "items": row },
            "page": {},
        } } } });
        let spec = json!({ "paths": {
            "/regions/{id}/zones": { "get": {
                "operationId": "listZones",
                "parameters": [id, query("page"), query("size")],
                "responses": { "200": { "content": { "application/json": { "schema": body } } } },
            } },
            "/regions/{id}/restart": { "post": { "operationId": "restart", "parameters": [id] } },
        } });
        let interaction = |operation: &str, request: &str, body: Value| Interaction {
            operation_id: operation.into(),
            case: "documented-sample".into(),
            recorded: serde_json::from_value(json!({
                "source": { "grade": "documented", "document": "", "address": "" },
                "request": request,
                "response": { "status": 200, "headers": { "Content-Type": "application/json" } },
            }))
            .unwrap(),
            body: body.to_string(),
        };
        let zones = json!({ "data": { "contents": [{ "id": 1 }, { "id": 2 }, { "id": 3 }] } });
        Contract {
            spec,
            interactions: vec![
                interaction("listZones", "GET /regions/5/zones?page=1&size=10", zones),
                interaction(
                    "restart",
                    "POST /regions/5/restart",
                    json!({ "data": "done" }),
                ),
            ],
        }
    }

    fn respond(settings: Settings, request: (&str, &str)) -> (u16, Value) {
        let ocp = Ocp::new(settings, &contract());
        let (method, target) = request;
        let request = Request::builder().method(method).uri(target);
        let response = ocp.respond(&request.body(Bytes::new()).unwrap());
        match response.body {
            Body::Json(body) => (response.status, body),
            Body::Bytes(_) => (response.status, Value::Null),
        }
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
    fn an_operation_that_nobody_knows_is_served_from_the_description_and_its_exchanges() {
        for (request, status, pointer, due) in [
            (
                ("GET", "/regions/5/zones"),
                200,
                "/data/contents/2/id",
                json!(3),
            ),
            (
                ("GET", "/regions/5/zones?page=2&size=2"),
                200,
                "/data/contents",
                json!([{ "id": 3 }]),
            ),
            (
                ("GET", "/regions/5/zones?size=2&status=X"),
                200,
                "/data/page/totalPages",
                json!(2),
            ),
            (
                ("GET", "/regions/6/zones"),
                404,
                "/error/message",
                json!("region_id 6 does not exist."),
            ),
            (
                ("GET", "/regions/9/zones"),
                403,
                "/error/code",
                json!("IAM11000"),
            ),
            (("GET", "/regions/abc/zones"), 400, "/error/code", json!(0)),
            (("POST", "/regions/5/zones"), 200, "", Value::Null),
            (("GET", "/regions/5/restart"), 200, "", Value::Null),
            (("POST", "/regions/5/restart"), 200, "/data", json!("done")),
            (("POST", "/regions/6/restart"), 404, "/status", json!(404)),
            (("GET", "/nowhere"), 200, "", Value::Null),
        ] {
            let (came, body) = respond(settings(), request);
            assert_eq!(
                (came, body.pointer(pointer)),
                (status, Some(&due)),
                "{request:?}: {body}"
            );
        }
    }

    #[test]
    fn rows_of_ones_own_and_variants_need_no_folder_either() {
        let settings = Settings {
            rows: BTreeMap::from([(
                "listZones".to_owned(),
                vec![json!({ "id": 8 }), json!({ "id": 7 })],
            )]),
            variants: vec![Variant::OldestFirst, Variant::RowsAsSize, Variant::LargeIds],
            ..settings()
        };
        let (_, body) = respond(settings, ("GET", "/regions/5/zones?size=10"));
        assert_eq!(body["data"]["page"]["size"], 2);
        assert_eq!(
            body["data"]["contents"][0]["id"],
            ((1_i64 << 60) + 7).to_string()
        );
    }
}
