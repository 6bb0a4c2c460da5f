//! The rows that a query parameter keeps: `x-filter`.

use serde::Deserialize;
use serde_json::Value;

use crate::Finding;
use crate::operation::{Comparison, Filter, Operation, resolve};

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    for operation in Operation::all(spec) {
        for parameter in &operation.parameters {
            let pointer = format!("{}/x-filter", parameter.pointer);
            let Some(filter) = spec.pointer(&pointer) else {
                continue;
            };
            let row = operation.list.as_ref().map(|list| &list.row);
            let (what, instead) = match (Filter::deserialize(filter), row) {
                (Err(error), _) => (
                    format!("this is no filter: {error}"),
                    "write `{ member: name, match: equals }`; or contains-ignore-case, from, to",
                ),
                (_, None) => ("the operation lists no rows".to_owned(), "leave it out"),
                (Ok(filter), Some(row)) => {
                    let member = row.pointer(&format!("/properties/{}", filter.member));
                    let is_time = matches!(filter.comparison, Comparison::From | Comparison::To);
                    match member.and_then(|member| resolve(spec, member)) {
                        None => (
                            format!("`{}` is no member of the rows", filter.member),
                            "write the name of one of their `properties`",
                        ),
                        Some(member) if is_time && member["format"] != "date-time" => (
                            format!("`{}` is no time", filter.member),
                            "compare a member of the format date-time",
                        ),
                        Some(_) => continue,
                    }
                }
            };
            findings.push(Finding {
                rule: "filter",
                pointer,
                what,
                why: "the embedded OCP filters by it, and `cargo xtask verify` judges by it".into(),
                instead: instead.into(),
            });
        }
    }
}
