//! One operation of the description, as it is served.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use ocp_contract::{List, Location, Operation, Parameter};
use serde_json::Value;

use crate::contract::Contract;
use crate::filter::{self, Compared, Match};
use crate::page::Page;
use crate::query::first;
use crate::response::{Refusal, Response};
use crate::tasks::Tasks;
use crate::{Settings, Variant};

/// An operation, and what it serves.
pub(crate) struct Route {
    operation: Operation,
    /// Of its documented response, if it lists nothing.
    data: Value,
    rows: Vec<Value>,
    tasks: Option<Tasks>,
    variants: Vec<Variant>,
}

impl Route {
    pub(crate) fn new(operation: Operation, settings: &Settings, contract: &Contract) -> Self {
        let data = contract.sample(&operation.id);
        let documented = data["contents"].as_array();
        let rows = settings.rows.get(&operation.id).or(documented);
        let mut variants = settings.variants.clone();
        if operation.id == "listClusterRestoreTasks" {
            variants.push(Variant::RowsAsSize);
        }
        Self {
            rows: rows.cloned().unwrap_or_default(),
            tasks: Tasks::of(&operation.id, &contract.spec),
            data,
            variants,
            operation,
        }
    }

    /// Whether the operation answers requests of this method. Spring lets every GET take HEAD.
    pub(crate) fn takes(&self, method: &str) -> bool {
        let own = self.operation.method.as_str();
        method == own || (own, method) == ("GET", "HEAD")
    }

    /// The methods of the path, as Spring lists them.
    pub(crate) fn allowed(&self) -> String {
        match self.operation.method.as_str() {
            "GET" => "GET,HEAD,OPTIONS".to_owned(),
            method => format!("{method},OPTIONS"),
        }
    }

    /// The last segment of the path: what is asked for.
    pub(crate) fn object(&self) -> &str {
        self.operation.path.rsplit('/').next().unwrap_or_default()
    }

    /// The parameters in a path and their texts, if it is the operation's.
    pub(crate) fn ids<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a Parameter, &'a str)>> {
        let (template, path) = (self.operation.path.split('/'), path.split('/'));
        if template.clone().count() != path.clone().count() {
            return None;
        }
        let mut ids = Vec::new();
        for (expected, sent) in template.zip(path) {
            match self.parameter(expected) {
                Some(parameter) => ids.push((parameter, sent)),
                None if expected == sent => {}
                None => return None,
            }
        }
        Some(ids)
    }

    fn parameter(&self, segment: &str) -> Option<&Parameter> {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        let mut parameters = self.operation.parameters_in(Location::Path);
        parameters.find(|one| one.name == name)
    }

    /// The rows at this time, which differ from those of the start for restore tasks only.
    pub(crate) fn rows(
        &self,
        ended: Option<DateTime<Utc>>,
        appeared: &[DateTime<Utc>],
    ) -> Cow<'_, [Value]> {
        match &self.tasks {
            Some(tasks) if ended.is_some() || !appeared.is_empty() => {
                tasks.now(&self.rows, ended, appeared).into()
            }
            _ => self.rows.as_slice().into(),
        }
    }

    /// The response to a caller who may see these rows.
    pub(crate) fn respond(
        &self,
        query: &[(String, String)],
        rows: &[Value],
    ) -> Result<Response, Refusal> {
        self.has_required(query)?;
        let data = match &self.operation.list {
            Some(list) => self.page(list, query, rows)?,
            None => self.data.clone(),
        };
        Ok(Response::success(data))
    }

    /// `data` of a list.
    fn page(
        &self,
        list: &List,
        query: &[(String, String)],
        rows: &[Value],
    ) -> Result<Value, Refusal> {
        let variants = &self.variants;
        let mut query = query.to_vec();
        query.retain(|(name, _)| {
            self.operation
                .parameters_in(Location::Query)
                .any(|one| one.name == *name)
        });
        let mut compared = Vec::new();
        if self.tasks.is_some() {
            compared.push(Compared {
                parameter: "restoreClusterName",
                member: "restoreClusterName",
                by: Match::Equals,
            });
            compared.extend(Tasks::window(variants));
        }
        let mut conditions = filter::conditions(&compared, &query, variants)?;
        if let Some(tasks) = &self.tasks {
            let states = tasks.states(&query, variants)?;
            conditions.extend(states.map(|states| ("status", states)));
        }
        let page = Page::read(&query, variants)?;
        let is_asked_for = |row: &&Value| {
            conditions
                .iter()
                .all(|(member, one)| one.holds(&row[member]))
        };
        let mut rows: Vec<&Value> = rows.iter().filter(is_asked_for).collect();
        if variants.contains(&Variant::OldestFirst) {
            rows.reverse();
        }
        let mut data = page.of(&rows, list, variants);
        let rows = data["contents"].as_array_mut();
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            for variant in variants {
                variant.apply(row, list);
                if let Some(tasks) = &self.tasks {
                    tasks.apply(*variant, row);
                }
            }
        }
        Ok(data)
    }

    /// Refuses a query that lacks a required parameter.
    fn has_required(&self, query: &[(String, String)]) -> Result<(), Refusal> {
        let parameters = self.operation.parameters_in(Location::Query);
        for parameter in parameters.filter(|one| one.required) {
            let name = &parameter.name;
            let Some(sent) = first(query, name) else {
                let message = format!("Required request parameter '{name}' is not present");
                return Err(Refusal::of_value(name, "", "", message));
            };
            // A required number is a `Long` of the controller, which Spring has to convert.
            // One that may be absent is part of a `Pageable`, which takes what is no number
            // for absent.
            if parameter.schema["type"] == "integer" {
                long(name, sent)?;
            }
        }
        Ok(())
    }
}

/// The value of a parameter that is a number.
pub(crate) fn long(name: &str, sent: &str) -> Result<i64, Refusal> {
    let number = sent.parse();
    number.map_err(|_| Refusal::of_type(name, sent, "Long"))
}
