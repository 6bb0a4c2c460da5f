//! The table of labels beside a vocabulary: `x-filter-labels`.

use serde_json::Value;

use crate::document::escape;
use crate::{Finding, operation::texts};

const KEY: &str = "x-filter-labels";

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    let schemas = spec
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        let Some(labels) = schema.get(KEY) else {
            continue;
        };
        let pointer = format!("/components/schemas/{}/{KEY}", escape(name));
        let mut find = |below: &str, what: String, instead: String| {
            findings.push(Finding {
                rule: "filter-labels",
                pointer: format!("{pointer}{below}"),
                what,
                why: "the table becomes a Rust function from one enum to the other, and decides what the embedded OCP finds".into(),
                instead,
            });
        };
        let Some(labels) = labels.as_object() else {
            let instead = "write `value: label`, a line for each value".to_owned();
            find(
                "",
                "the labels of a vocabulary must be a table".into(),
                instead,
            );
            continue;
        };
        let filter = format!("{name}Filter");
        let known = spec.pointer(&format!("/components/schemas/{}", escape(&filter)));
        let known: Vec<&str> = known
            .into_iter()
            .flat_map(|filter| texts(filter, "x-extensible-enum"))
            .collect();
        let values: Vec<&str> = texts(schema, "x-extensible-enum").collect();
        for (value, label) in labels {
            let below = format!("/{}", escape(value));
            if !values.contains(&value.as_str()) {
                let what = format!("`{value}` is no value of {name}");
                find(&below, what, "write a value that it lists".into());
            }
            if !label.as_str().is_some_and(|label| known.contains(&label)) {
                let what = format!("{label} is no value of {filter}");
                find(&below, what, format!("write a value that {filter} lists"));
            }
        }
    }
}
