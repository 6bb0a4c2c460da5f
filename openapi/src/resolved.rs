//! The description with what follows from it and its samples written out, for programs that
//! read nothing else; and what the interactions show of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::document::text;
use crate::operation::PAGING;
use crate::{Interaction, Location, Operation, Provenance};

/// The description as callers see it.
///
/// - An operation has all its parameters beside it, without references.
/// - A parameter has the name that `x-argument` gives it; its name on the wire is `x-wire-name`.
/// - An operation that lists rows has an `x-list`: a [`List`](crate::List), and the members of
///   a page that are confirmed. Its `page` and `size` are optional, because the pager sets them.
pub fn resolved(spec: &Value, interactions: &[Interaction]) -> Value {
    let mut resolved = spec.clone();
    let (mut paths, mut templates) = (Map::new(), BTreeMap::new());
    for operation in Operation::all(spec) {
        let mut path = operation.path.clone();
        let parameters = operation.parameters.iter();
        let parameters = parameters.filter_map(|one| spec.pointer(&one.pointer));
        let parameters = parameters.map(|parameter| {
            let names = text(parameter, "name").zip(text(parameter, "x-argument"));
            if let Some((name, argument)) = names.filter(|_| parameter["in"] == "path") {
                path = path.replace(&format!("{{{name}}}"), &format!("{{{argument}}}"));
            }
            called(parameter, operation.list.is_some())
        });
        let parameters: Vec<Value> = parameters.collect();
        // All operations at a path name its parameters alike, or the generator refuses them.
        let path = templates.entry(operation.path.clone()).or_insert(path);
        let item = paths.entry(path.clone()).or_insert_with(|| {
            let mut item = spec["paths"][&operation.path].clone();
            item.as_object_mut().map(|item| item.remove("parameters"));
            item
        });
        let node = &mut item[operation.method.to_lowercase()];
        node["parameters"] = parameters.into();
        if let Some(list) = &operation.list {
            node["x-list"] = json!({
                "page": operation.confirmed_page(interactions),
                "identity": list.identity,
                "required": list.required,
                "filters": list.filters,
            });
        }
    }
    resolved["paths"] = paths.into();
    resolved
}

/// A parameter as callers name it; the pager of a list sets its `page` and `size`.
fn called(parameter: &Value, is_of_list: bool) -> Value {
    let mut called = parameter.clone();
    let is_of_page = PAGING.iter().any(|name| parameter["name"] == *name);
    let is_set_by_pager = is_of_page && parameter["in"] == "query" && is_of_list;
    if let Some(argument) = parameter.get("x-argument") {
        called["x-wire-name"] = std::mem::replace(&mut called["name"], argument.clone());
    }
    if let Some(members) = called.as_object_mut() {
        members.remove("x-argument");
        members.retain(|name, _| name != "required" || !is_set_by_pager);
    }
    called
}

/// The values of path parameters in the documented requests, by the names that callers use;
/// the first request that has a value gives it.
pub fn documented_arguments(spec: &Value, interactions: &[Interaction]) -> BTreeMap<String, Value> {
    let mut documented = BTreeMap::new();
    for operation in Operation::all(spec) {
        let samples = operation.samples(interactions);
        for mut sent in samples.filter_map(|one| one.arguments(spec).ok()) {
            for parameter in operation.parameters_in(Location::Path) {
                if let Some(value) = sent.remove(&parameter.name) {
                    let argument = parameter.argument.clone();
                    documented.entry(argument).or_insert(value);
                }
            }
        }
    }
    documented
}

impl Operation {
    /// The documented interactions of the operation.
    pub fn samples<'a>(
        &'a self,
        interactions: &'a [Interaction],
    ) -> impl Iterator<Item = &'a Interaction> {
        interactions.iter().filter(|one| {
            one.operation_id == self.id && one.recorded.source.grade == Provenance::Documented
        })
    }

    /// The members of `data.page` that the documented samples of the operation confirm:
    /// `number` and `size` are those asked for, and the totals agree with the rows. A member
    /// that a sample contradicts is not confirmed.
    pub fn confirmed_page(&self, interactions: &[Interaction]) -> Vec<&'static str> {
        let samples = self.samples(interactions);
        let samples: Vec<SamplePage> = samples.filter_map(SamplePage::of).collect();
        let members = ["number", "size", "totalElements", "totalPages"].into_iter();
        let is_confirmed = |member: &&str| {
            let verdicts = samples.iter().filter_map(|one| one.confirms(member));
            verdicts.reduce(|all, one| all && one) == Some(true)
        };
        members.filter(is_confirmed).collect()
    }
}

/// A page of a documented sample: what was asked for, and what came.
struct SamplePage {
    number: i64,
    size: i64,
    rows: i64,
    info: Value,
}

impl SamplePage {
    fn of(interaction: &Interaction) -> Option<Self> {
        let body: Value = serde_json::from_str(&interaction.body).ok()?;
        let query = &interaction.recorded.request.query;
        let asked = |name| query.iter().find(|(one, _)| one == name)?.1.parse().ok();
        Some(Self {
            number: asked("page")?,
            size: asked("size")?,
            rows: body.pointer("/data/contents")?.as_array()?.len() as i64,
            info: body.pointer("/data/page")?.clone(),
        })
    }

    /// `None` if the sample does not tell.
    fn confirms(&self, member: &str) -> Option<bool> {
        let says = self.info.get(member)?.as_i64()?;
        let total = |at_least: i64| match self.rows {
            0 => None,
            rows if rows < self.size => Some(says == at_least),
            _ => Some(says >= at_least),
        };
        match member {
            "number" => Some(says == self.number),
            "size" => Some(says == self.size),
            "totalPages" => total(self.number),
            _ => total((self.number - 1).saturating_mul(self.size) + self.rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Interaction, Operation, json};

    fn sample(query: &str, page: &serde_json::Value, rows: usize) -> Interaction {
        let file = Path::new("listWords/sample/interaction.yaml");
        let body = json!({ "data": { "contents": vec![0; rows], "page": page } });
        let source = "{ grade: documented, document: A page, address: here }";
        let yaml =
            format!("source: {source}\nrequest: GET /words?{query}\nresponse: {{ status: 200 }}\n");
        Interaction::parse(file, |name| {
            Ok(Some(match name {
                "interaction.yaml" => yaml.clone(),
                _ => body.to_string(),
            }))
        })
        .unwrap()
    }

    #[test]
    fn a_member_of_a_page_is_confirmed_by_what_was_asked_for_and_came() {
        let info = |number, size, elements, pages| json!({ "number": number, "size": size, "totalElements": elements, "totalPages": pages });
        let words = json!({ "paths": { "/words": { "get": { "operationId": "listWords" } } } });
        let words = Operation::find(&words, "listWords").unwrap();
        for (query, page, rows, confirmed) in [
            (
                "page=2&size=3",
                info(2, 3, 5, 2),
                2,
                &["number", "size", "totalElements", "totalPages"][..],
            ),
            (
                "page=2&size=3",
                info(2, 3, 7, 3),
                3,
                &["number", "size", "totalElements", "totalPages"],
            ),
            ("page=2&size=3", info(1, 2, 2, 1), 2, &[]),
            // A page that has lost rows.
            ("page=1&size=9", info(1, 9, 35, 4), 1, &["number", "size"]),
            ("page=3&size=9", info(3, 9, 1, 1), 0, &["number", "size"]),
            ("size=9", info(1, 9, 1, 1), 1, &[]),
            (
                "page=1&size=9",
                json!({ "number": "1", "totalPages": 1 }),
                1,
                &["totalPages"],
            ),
        ] {
            assert_eq!(
                words.confirmed_page(&[sample(query, &page, rows)]),
                confirmed,
                "{query}"
            );
        }
        let fine = sample("page=1&size=9", &info(1, 9, 1, 1), 1);
        let other = sample("page=2&size=9", &info(1, 9, 10, 2), 1);
        assert_eq!(
            words.confirmed_page(&[fine, other]),
            ["size", "totalElements", "totalPages"]
        );
    }
}
