//! One operation of the description, as it is served.

use chrono::{DateTime, Utc};
use ocp_contract::{List, Location, Operation, Parameter};
use serde_json::Value;

use crate::contract::Contract;
use crate::kind::Kind;
use crate::operations;
use crate::page::Page;
use crate::query::first;
use crate::refusal::Refusal;
use crate::response::Response;
use crate::{Error, Settings, Variant};

/// An operation, and what it serves.
pub(crate) struct Route {
    operation: Operation,
    kind: Box<dyn Kind>,
    /// What it does differently; some of it always.
    pub(crate) variants: Vec<Variant>,
    rows: Vec<Value>,
    /// The response of an operation that lists nothing.
    recorded: Option<Response>,
}

impl Route {
    /// Every operation of the description.
    pub(crate) fn all(settings: &Settings, contract: &Contract) -> Result<Vec<Self>, Error> {
        let operations = Operation::all(&contract.spec).into_iter();
        operations
            .map(|operation| Self::new(operation, settings, contract))
            .collect()
    }

    fn new(operation: Operation, settings: &Settings, contract: &Contract) -> Result<Self, Error> {
        let kind = operations::kind(&contract.spec, &operation)?;
        let of_kind = || settings.rows.get(operation.row_kind.as_ref()?);
        let rows = match (settings.rows.get(&operation.id), of_kind()) {
            (Some(rows), _) => rows.clone(),
            (None, Some(rows)) => rows.iter().map(|row| kind.row(row.clone())).collect(),
            (None, None) if operation.list.is_some() => contract.documented_rows(&operation.id)?,
            (None, None) => Vec::new(),
        };
        let variants = [kind.documented_variants(), settings.variants.as_slice()];
        Ok(Self {
            variants: variants.concat(),
            rows,
            recorded: contract.success(&operation.id).map(Response::recorded),
            kind,
            operation,
        })
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

    /// The values of the parameters in a path, if it is the operation's.
    pub(crate) fn ids<'a>(&'a self, path: &'a str) -> Option<Vec<Id<'a>>> {
        let (mut template, mut path) = (self.operation.path.split('/'), path.split('/'));
        let mut ids = Vec::new();
        loop {
            match (template.next(), path.next()) {
                (None, None) => return Some(ids),
                (Some(due), Some(sent)) => match self.parameter(due) {
                    Some(parameter) => ids.push(Id { parameter, sent }),
                    None if due == sent => {}
                    None => return None,
                },
                _ => return None,
            }
        }
    }

    fn parameter(&self, segment: &str) -> Option<&Parameter> {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        let mut parameters = self.operation.parameters_in(Location::Path);
        parameters.find(|one| one.name == name)
    }

    /// The response to a caller who may see it; `ended` is when that which runs has
    /// ended, if it has, and `appeared` when rows have come that were not there at first.
    pub(crate) fn respond(
        &self,
        query: &[(String, String)],
        ended: Option<DateTime<Utc>>,
        appeared: &[DateTime<Utc>],
    ) -> Result<Response, Refusal> {
        let rows: Option<Vec<Value>> = ended.map(|at| {
            let rows = self.rows.iter();
            rows.map(|row| self.kind.ended(row.clone(), at)).collect()
        });
        let rows = rows.as_deref().unwrap_or(&self.rows);
        let Some(newest) = rows.first().filter(|_| !appeared.is_empty()) else {
            return self.list(query, rows);
        };
        let new = appeared.iter().enumerate().rev();
        let new = new.map(|(index, at)| self.kind.appeared(newest, index as u64 + 1, *at));
        let all: Vec<Value> = new.chain(rows.iter().cloned()).collect();
        self.list(query, &all)
    }

    /// The response where there is no row.
    pub(crate) fn empty(&self, query: &[(String, String)]) -> Result<Response, Refusal> {
        self.list(query, &[])
    }

    fn list(&self, query: &[(String, String)], rows: &[Value]) -> Result<Response, Refusal> {
        let query = self.known(query)?;
        let Some(list) = &self.operation.list else {
            let id = &self.operation.id;
            let missing = || Refusal::new(501, "", format!("There is no response of {id}."));
            return self.recorded.clone().ok_or_else(missing);
        };
        let keeps = self.kind.filter(&query, &self.variants)?;
        let page = Page::read(&query, &self.variants)?;
        let mut rows: Vec<&Value> = rows.iter().filter(|row| keeps(row)).collect();
        if self.variants.contains(&Variant::OldestFirst) {
            rows.reverse();
        }
        let mut data = page.of(&rows, list, &self.variants);
        for variant in &self.variants {
            self.vary(*variant, &mut data, list);
        }
        Ok(Response::success(data))
    }

    /// Changes `data` of a list.
    fn vary(&self, variant: Variant, data: &mut Value, list: &List) {
        if let Some(page) = data.get_mut("page").and_then(Value::as_object_mut) {
            variant.apply_to_page(page);
        }
        let rows = data.get_mut("contents").and_then(Value::as_array_mut);
        for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
            variant.apply_to_row(row, list);
            self.kind.apply(variant, row);
        }
    }

    /// The parameters of a query that the operation has, if none is missing or of another
    /// type.
    fn known(&self, query: &[(String, String)]) -> Result<Vec<(String, String)>, Refusal> {
        let parameters = || self.operation.parameters_in(Location::Query);
        for parameter in parameters().filter(|one| one.required) {
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
        // A time is converted as well, whatever it is compared with.
        for parameter in parameters().filter(|one| one.schema["format"] == "date-time") {
            let name = &parameter.name;
            let is_time = |sent: &str| matches!(sent.get(10..11), Some("T" | "t"));
            if let Some(sent) = first(query, name).filter(|sent| !is_time(sent)) {
                return Err(Refusal::of_type(name, sent, "OffsetDateTime"));
            }
        }
        let is_known = |(name, _): &&(String, String)| parameters().any(|one| one.name == *name);
        Ok(query.iter().filter(is_known).cloned().collect())
    }
}

/// The value of a parameter that is a number.
fn long(name: &str, sent: &str) -> Result<i64, Refusal> {
    let number = sent.parse();
    number.map_err(|_| Refusal::of_type(name, sent, "Long"))
}

/// A parameter of a path, and what was sent for it.
pub(crate) struct Id<'a> {
    parameter: &'a Parameter,
    sent: &'a str,
}

impl Id<'_> {
    /// How callers name the parameter.
    pub(crate) fn argument(&self) -> &str {
        &self.parameter.argument
    }

    /// Whether it is digits only.
    pub(crate) fn is_digits(&self) -> bool {
        self.sent.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The id as a number.
    pub(crate) fn number(&self) -> Result<i64, Refusal> {
        long(&self.parameter.name, self.sent)
    }

    /// Why there is no such id for the caller.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), Refusal> {
        let id = Some(self.number()?);
        let is =
            |ids: &std::collections::BTreeMap<String, i64>| ids.get(self.argument()).copied() == id;
        if is(&settings.forbidden_ids) {
            return Err(Refusal::new(403, "IAM11000", "Access is denied."));
        }
        match id {
            Some(id) if !is(&settings.known_ids) => Err(Refusal::of_unknown_id(self.parameter, id)),
            _ => Ok(()),
        }
    }
}
