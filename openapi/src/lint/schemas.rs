//! Schemas that the generator would refuse, misread or turn into a brittle type.

use serde_json::Value;

use crate::Finding;
use crate::document::{ends_in, escape, walk};
use crate::operation::texts;

pub(super) fn check(spec: &Value, hand_written: &[&str], findings: &mut Vec<Finding>) {
    schemas(spec, &mut |schema, pointer| {
        if is_hand_written(pointer, hand_written) {
            return;
        }
        rules(schema, pointer, findings);
    });
}

pub(super) fn is_hand_written(pointer: &str, hand_written: &[&str]) -> bool {
    pointer
        .strip_prefix("/components/schemas/")
        .and_then(|rest| rest.split('/').next())
        .is_some_and(|name| hand_written.contains(&name))
}

/// Finds every schema, wherever OpenAPI allows one, and hands it to `visit`.
pub(super) fn schemas(spec: &Value, visit: &mut dyn FnMut(&Value, &str)) {
    walk(spec, &mut |node, pointer| {
        let is_component = component(pointer).is_some();
        if is_component || ends_in(pointer, &["schema"]) {
            schema(node, pointer, visit);
        }
        // Examples are data, not schemas.
        !is_component && !ends_in(pointer, &["schema", "example", "examples"])
    });
}

/// A schema and those that it is made of.
fn schema(node: &Value, pointer: &str, visit: &mut dyn FnMut(&Value, &str)) {
    visit(node, pointer);
    for key in ["items", "additionalProperties", "not"] {
        if let Some(child) = node.get(key).filter(|child| child.is_object()) {
            schema(child, &format!("{pointer}/{key}"), visit);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let list = node.get(key).and_then(Value::as_array);
        for (index, child) in list.into_iter().flatten().enumerate() {
            schema(child, &format!("{pointer}/{key}/{index}"), visit);
        }
    }
    let members = node.get("properties").and_then(Value::as_object);
    for (name, child) in members.into_iter().flatten() {
        schema(
            child,
            &format!("{pointer}/properties/{}", escape(name)),
            visit,
        );
    }
}

/// The name of the component schema at a pointer.
pub(super) fn component(pointer: &str) -> Option<&str> {
    let name = pointer.strip_prefix("/components/schemas/")?;
    (!name.contains('/')).then_some(name)
}

/// What no schema may say: rule, members, what they do, why that is bad, what to write.
const REFUSED: [(&str, &[&str], &str, &str, &str); 4] = [
    (
        "alternatives",
        &["oneOf", "anyOf", "not"],
        "cannot become a Rust type that works",
        "typify compiles it into a type that fails at run time as soon as the alternatives overlap",
        "describe one type; or make it a component and write its Rust type by hand (`HAND_WRITTEN` in client/codegen/types.rs)",
    ),
    (
        "closed-enum",
        &["enum"],
        "closes the list of values",
        "one new value from the server would make the client fail on the whole response",
        "write `x-extensible-enum`: known values are listed, others are kept as they came",
    ),
    (
        "pattern",
        &["pattern"],
        "changes the Rust type",
        "typify needs another crate at run time to check it, and one text outside fails the whole response",
        "say it in the description; or make it a component and write its Rust type by hand (`HAND_WRITTEN` in client/codegen/types.rs)",
    ),
    (
        "default",
        &["default"],
        "changes the Rust type",
        "typify would read null as an error, and absence as this value",
        "say it in the description; or make it a component and write its Rust type by hand (`HAND_WRITTEN` in client/codegen/types.rs)",
    ),
];

/// What the schema of a list may not say, either.
const LENGTH: (&str, &[&str], &str, &str, &str) = (
    "bounds",
    &["minItems", "maxItems"],
    "narrows the Rust type",
    "typify makes an array of fixed length where both are equal, which the client has no reader for",
    "leave bounds out and say them in the description",
);

/// What the schema of an integer may not say, either.
const BOUNDS: (&str, &[&str], &str, &str, &str) = (
    "bounds",
    &[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ],
    "narrows the Rust type",
    "typify picks another integer type (`NonZeroU64` for a minimum of 1), and one value outside fails the whole response",
    "leave bounds out and say them in the description",
);

fn rules(schema: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    let mut find = |rule, member: &str, what: String, why: &str, instead: &str| {
        findings.push(Finding {
            rule,
            pointer: format!("{pointer}/{member}"),
            what,
            why: why.to_owned(),
            instead: instead.to_owned(),
        });
    };
    let is_integer = schema.get("type") == Some(&"integer".into());
    let is_list = schema.get("type") == Some(&"array".into());
    let refused = REFUSED.into_iter().chain(is_integer.then_some(BOUNDS));
    let refused = refused.chain(is_list.then_some(LENGTH));
    for (rule, keys, what, why, instead) in refused {
        for key in keys.iter().filter(|key| schema.get(**key).is_some()) {
            find(rule, key, format!("`{key}` {what}"), why, instead);
        }
    }
    if let Some(values) = schema.get("x-extensible-enum") {
        vocabulary(schema, values, pointer, &mut find);
    }
    kind(schema, &mut find);
    identity(schema, &mut find);
    optional_arrays(schema, &mut find);
}

/// The members that together tell a row from all others.
fn identity(schema: &Value, find: &mut Find<'_>) {
    let Some(names) = schema.get("x-identity") else {
        return;
    };
    let mut fault = |at: String, what: String, instead: &str| {
        find(
            "identity",
            &format!("x-identity{at}"),
            what,
            "the client takes rows for the same whose members of these names are equal",
            instead,
        );
    };
    let list = names.as_array().filter(|list| !list.is_empty());
    let Some(list) = list else {
        let what = "the identity of a row must be a list of its members".to_owned();
        return fault(String::new(), what, "list at least one member");
    };
    let properties = schema.get("properties");
    for (index, name) in list.iter().enumerate() {
        let described = name.as_str().zip(properties);
        if described.is_none_or(|(name, properties)| properties.get(name).is_none()) {
            fault(
                format!("/{index}"),
                format!("{name} is no member of this schema"),
                "write the name of one of its `properties`",
            );
        } else if list[..index].contains(name) {
            fault(
                format!("/{index}"),
                format!("{name} is listed twice"),
                "list each member once",
            );
        }
    }
}

/// Types and formats that the client can read.
fn kind(schema: &Value, find: &mut Find<'_>) {
    let Some(written) = schema.get("type") else {
        return;
    };
    let formats: &[&str] = match written.as_str() {
        Some("integer") => &["int32", "int64"],
        Some("number") => &["double"],
        Some("string") => &["date-time"],
        Some("boolean" | "array" | "object") => &[],
        _ => {
            return find(
                "type",
                "type",
                format!("`type: {written}` is none of OpenAPI 3.0"),
                "openapiv3 refuses it, without saying where",
                "write one of string, integer, number, boolean, array, object; `nullable: true` says that null is allowed",
            );
        }
    };
    if let Some(format) = schema.get("format")
        && !format
            .as_str()
            .is_some_and(|format| formats.contains(&format))
    {
        find(
            "format",
            "format",
            format!(
                "the client reads no {} of format {format}",
                written.as_str().unwrap_or_default()
            ),
            "typify picks a Rust type for it that the client has no reader for (src/wire.rs)",
            "leave it out; known are int32, int64, double and date-time",
        );
    }
}

type Find<'a> = dyn FnMut(&'static str, &str, String, &str, &str) + 'a;

fn vocabulary(schema: &Value, values: &Value, pointer: &str, find: &mut Find<'_>) {
    let mut fault = |what: String, instead: &str| {
        find(
            "vocabulary",
            "x-extensible-enum",
            what,
            "each vocabulary becomes a Rust enum of that name, with one variant for each value",
            instead,
        );
    };
    if component(pointer).is_none() {
        fault(
            "a vocabulary without a name".into(),
            "make it a component schema and refer to it",
        );
    }
    if schema.get("type") != Some(&"string".into()) {
        fault(
            "a vocabulary that is not `type: string`".into(),
            "write `type: string`",
        );
    }
    let list: Vec<&str> = values
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if list.is_empty() || Some(list.len()) != values.as_array().map(Vec::len) {
        fault(
            "a vocabulary must be a list of values".into(),
            "list at least one value, each as text",
        );
    }
    for (index, value) in list.iter().enumerate() {
        let variant = variant(value);
        if list[..index].contains(value) {
            fault(format!("`{value}` is listed twice"), "list each value once");
        } else if let Some(other) = list[..index]
            .iter()
            .find(|other| self::variant(other) == variant)
        {
            fault(
                format!("`{other}` and `{value}` would be one variant"),
                "leave one of them out; it is kept as it comes",
            );
        }
        let begins = variant.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins || !variant.is_ascii() || matches!(variant.as_str(), "other" | "self") {
            fault(
                format!("`{value}` cannot name a variant"),
                "leave it out; it is kept as it comes",
            );
        }
    }
}

/// What is left of a value in the name of its variant, capitals aside.
fn variant(value: &str) -> String {
    value
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn optional_arrays(schema: &Value, find: &mut Find<'_>) {
    let required: Vec<&str> = texts(schema, "required").collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if property.get("type") == Some(&"array".into())
            && !required.contains(&name.as_str())
            && property.get("nullable") != Some(&true.into())
        {
            find(
                "optional-array",
                &format!("properties/{}", escape(name)),
                format!("`{name}` is an array that may be absent"),
                "typify reads an absent array as an empty one and refuses null, so absence is lost",
                "write `nullable: true` beside it, or make it required",
            );
        }
    }
    for name in required {
        if properties.is_none_or(|properties| !properties.contains_key(name)) {
            find(
                "required-property",
                "required",
                format!("`{name}` is required but not described"),
                "typify invents a member of any type for it",
                "describe it under `properties`, or take it off the list",
            );
        }
    }
}
