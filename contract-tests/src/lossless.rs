//! Whether a value survived decoding and encoding.

use serde_json::Value;

/// Lists every node that differs, as a sentence with its JSON pointer.
///
/// Two spellings of the same instant are the same value: the client keeps the
/// instant, not the offset or the trailing zeros. So are a Long as a number and
/// as a string, and null and absence.
///
/// ```
/// use serde_json::json;
///
/// let sent = json!({"at": "2024-08-09T15:47:50.450+08:00", "id": 1, "new": true});
/// let kept = json!({"at": "2024-08-09T07:47:50.45Z", "id": 2});
/// assert_eq!(
///     contract_tests::lossless::differences(&sent, &kept),
///     ["/id is 1 in the answer, the client has 2", "/new of the answer is lost in the client"]
/// );
/// ```
pub fn differences(sent: &Value, kept: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(sent, kept, &mut String::new(), &mut found);
    found
}

fn walk(sent: &Value, kept: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match (sent, kept) {
        (Value::Object(sent), Value::Object(kept)) => {
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                pointer.push_str(&format!("/{name}"));
                match kept.get(name) {
                    Some(kept) => walk(value, kept, pointer, found),
                    None => found.push(format!("{pointer} of the answer is lost in the client")),
                }
                pointer.truncate(length);
            }
            for name in kept.keys().filter(|name| !sent.contains_key(*name)) {
                found.push(format!("{pointer}/{name} is made up by the client"));
            }
        }
        (Value::Array(sent), Value::Array(kept)) if sent.len() == kept.len() => {
            for (index, (sent, kept)) in sent.iter().zip(kept).enumerate() {
                pointer.push_str(&format!("/{index}"));
                walk(sent, kept, pointer, found);
                pointer.truncate(length);
            }
        }
        (sent, kept) if sent == kept || same_instant(sent, kept) || same_long(sent, kept) => {}
        (sent, kept) => {
            found.push(format!(
                "{pointer} is {sent} in the answer, the client has {kept}"
            ));
        }
    }
}

fn same_instant(sent: &Value, kept: &Value) -> bool {
    let instant = |value: &Value| {
        // `%#z` takes `Z`, `+08:00` and `+0800`.
        chrono::DateTime::parse_from_str(value.as_str()?, "%Y-%m-%dT%H:%M:%S%.f%#z").ok()
    };
    instant(sent).is_some_and(|sent| instant(kept) == Some(sent))
}

fn same_long(sent: &Value, kept: &Value) -> bool {
    let written = sent.as_str().and_then(|text| text.parse::<i64>().ok());
    written.is_some() && written == kept.as_i64()
}
