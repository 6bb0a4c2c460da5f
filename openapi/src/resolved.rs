//! The description with what follows from it and its samples written out, for programs that
//! read nothing else.

use serde_json::Value;

use crate::{Interaction, Operation};

/// The description with an `x-list` beside each operation that lists rows: a [`List`] and the
/// members of a page that are confirmed.
///
/// [`List`]: crate::List
pub fn resolved(spec: &Value, interactions: &[Interaction]) -> Value {
    let mut resolved = spec.clone();
    for operation in Operation::all(spec) {
        let list = operation.list.as_ref();
        let list = list.and_then(|list| serde_json::to_value(list).ok());
        if let (Some(mut list), Some(node)) = (list, resolved.pointer_mut(&operation.pointer)) {
            list["page"] = operation.confirmed_page(interactions).into();
            node["x-list"] = list;
        }
    }
    resolved
}
