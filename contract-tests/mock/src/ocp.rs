//! What the embedded OCP does with a request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use crate::contract::Contract;
use crate::refusal::Refusal;
use crate::response::Response;
use crate::route::{Id, Route};
use crate::server::Request;
use crate::{Error, Settings, Variant, authentication};

/// An OCP without the server around it.
pub(crate) struct Ocp {
    settings: Settings,
    routes: Vec<Route>,
    requests: AtomicU64,
    window: Mutex<(Instant, u64)>,
    started: Instant,
    since: DateTime<Utc>,
    /// When that which ran was told to end.
    finished: OnceLock<DateTime<Utc>>,
}

impl Ocp {
    pub(crate) fn new(settings: Settings, contract: &Contract) -> Result<Self, Error> {
        Ok(Self {
            routes: Route::all(&settings, contract)?,
            settings,
            requests: AtomicU64::new(0),
            window: Mutex::new((Instant::now(), 0)),
            started: Instant::now(),
            since: Utc::now(),
            finished: OnceLock::new(),
        })
    }

    /// Lets that which runs end well, now.
    pub(crate) fn finish(&self) {
        // The first time counts: what has ended does not end again.
        let _ = self.finished.set(Utc::now());
    }

    pub(crate) fn respond(&self, request: &Request) -> Response {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut query = request.query.clone();
        let fault = self.settings.fault.as_ref();
        let fault = fault.filter(|fault| fault.is_due(number, request.path(), &query));
        if let Some(fault) = fault {
            fault.rewrite(&mut query);
        }
        let appeared = self.appeared(number);
        let mut response = self.response(request, &query, &appeared);
        response.number(number);
        if let Some(fault) = fault {
            fault.apply(&mut response);
        }
        response
    }

    fn response(
        &self,
        request: &Request,
        query: &[(String, String)],
        appeared: &[DateTime<Utc>],
    ) -> Response {
        let Some((route, ids)) = self.route(request) else {
            return Response::console();
        };
        let failure = |refusal| Response::failure(&refusal, route.object(), &route.variants);
        if let Err(why) = authentication::check(&self.settings, request) {
            return failure(Refusal::new(401, "", why));
        }
        let (allowed, limits) = self.throttle();
        let response = if !allowed {
            let message = "The number of requests exceeds the limit. Try again later.";
            Err(Refusal::new(429, "", message))
        } else if route.takes(request.method()) {
            self.serve(route, &ids, query, appeared)
        } else if request.method() == "OPTIONS" {
            Ok(Response::options(route.allowed()))
        } else {
            Ok(Response::console())
        };
        let response = response.unwrap_or_else(failure);
        limits
            .into_iter()
            .fold(response, |response, (name, value)| {
                response.header(name, &value.to_string())
            })
    }

    /// The operation of a request, by its path and then by its method; a path without
    /// parameters goes before one with.
    fn route<'a>(&'a self, request: &'a Request) -> Option<(&'a Route, Vec<Id<'a>>)> {
        let digits_only = self.settings.variants.contains(&Variant::UnknownPath);
        let routes = self.routes.iter().filter_map(|route| {
            let ids = route.ids(request.path())?;
            let is_known = !digits_only || ids.iter().all(Id::is_digits);
            is_known.then_some((route, ids))
        });
        routes.min_by_key(|(route, ids)| (ids.len(), !route.takes(request.method())))
    }

    /// The response to a caller who is let in.
    fn serve(
        &self,
        route: &Route,
        ids: &[Id<'_>],
        query: &[(String, String)],
        appeared: &[DateTime<Utc>],
    ) -> Result<Response, Refusal> {
        for id in ids {
            id.number()?;
        }
        let is_variant = self.settings.variants.contains(&Variant::UnknownIdIsEmpty);
        for (depth, id) in ids.iter().enumerate() {
            match id.check(&self.settings) {
                Err(_) if is_variant && depth > 0 => return route.empty(query),
                check => check?,
            }
        }
        route.respond(query, self.ended(), appeared)
    }

    /// When rows have come, by the request of this number.
    fn appeared(&self, number: u64) -> Vec<DateTime<Utc>> {
        let fault = self.settings.fault.as_ref();
        let count = fault.map_or(0, |fault| fault.appeared(number)) as i64;
        let at = |nth| self.since + TimeDelta::milliseconds(nth);
        (0..count).map(at).collect()
    }

    /// When that which ran has ended, if it has.
    fn ended(&self) -> Option<DateTime<Utc>> {
        let is_due = |time| self.started.elapsed() >= time;
        match self.settings.ends_after {
            Some(time) if is_due(time) => Some(*self.finished.get_or_init(Utc::now)),
            _ => self.finished.get().copied(),
        }
    }

    /// Whether one more request is allowed, and the headers that say so.
    fn throttle(&self) -> (bool, Vec<(&'static str, u64)>) {
        let Some((limit, length)) = self.settings.rate_limit else {
            return (true, Vec::new());
        };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.0.elapsed() >= length {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        let left = length.saturating_sub(window.0.elapsed());
        let headers = vec![
            ("RateLimit-Limit", limit),
            ("RateLimit-Remaining", limit.saturating_sub(window.1)),
            ("RateLimit-Reset", left.as_millis().div_ceil(1000) as u64),
        ];
        (window.1 <= limit, headers)
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
        let ocp = Ocp::new(settings, &contract()).unwrap();
        let (method, target) = request;
        let request = hyper::Request::builder().method(method).uri(target);
        let (head, ()) = request.body(()).unwrap().into_parts();
        let response = ocp.respond(&Request::new(head, String::new()));
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

    #[test]
    fn a_recorded_body_that_is_no_json_is_an_error_that_names_the_file() {
        let mut contract = contract();
        contract.interactions[0].body = "<html>".into();
        let error = Ocp::new(Settings::default(), &contract).err().unwrap();
        assert_eq!(
            error.to_string(),
            "a recorded body cannot be listed: interactions/listZones/documented-sample/response.json \
             is no JSON (expected value at line 1 column 1): mend it, or set the rows of listZones"
        );
    }
}
