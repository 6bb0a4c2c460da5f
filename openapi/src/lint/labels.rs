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
            let instead = "write `word: label`, a line for each word".to_owned();
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
        let words: Vec<&str> = texts(schema, "x-extensible-enum").collect();
        for (word, label) in labels {
            let below = format!("/{}", escape(word));
            if !words.contains(&word.as_str()) {
                let what = format!("`{word}` is no word of {name}");
                find(&below, what, "write a word that it lists".into());
            }
            if !label.as_str().is_some_and(|label| known.contains(&label)) {
                let what = format!("{label} is no word of {filter}");
                find(&below, what, format!("write a word that {filter} lists"));
            }
        }
    }
}
