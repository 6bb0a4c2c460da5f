//! Examples, held against the schema beside them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rule::finding;
use crate::Finding;
use crate::document::walk;
use crate::schema::Schema;
use crate::strict;

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    let mut examples = Vec::new();
    walk(spec, &mut |node, pointer| {
        if is_example(pointer) {
            return false;
        }
        // A member of an object may be called so.
        if let (Some(example), false) = (node.get("example"), pointer.ends_with("/properties")) {
            // A parameter, a header or a media type has a schema, all others are one.
            let schema = match node.get("schema") {
                Some(schema) => Schema::at(spec, schema, &format!("{pointer}/schema")),
                None => Schema::at(spec, node, pointer),
            };
            examples.push((format!("{pointer}/example"), example, schema));
        }
        true
    });
    let mut seen = BTreeSet::new();
    for (pointer, what) in strict::faults(examples.into_iter()) {
        if seen.insert(pointer.clone()) {
            findings.push(finding("contradiction", pointer, &what));
        }
    }
}

/// True if a JSON pointer leads to an example, which is data and not part of the description.
/// A member of an object may be called so.
pub(super) fn is_example(pointer: &str) -> bool {
    let holder = pointer.strip_suffix("/example");
    holder.is_some_and(|holder| !holder.ends_with("/properties"))
}
