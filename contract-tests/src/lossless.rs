//! Whether a value survived decoding and encoding.

use serde_json::Value;

/// Lists every node that differs, as a sentence with its JSON pointer.
///
/// Two spellings of the same instant are the same value: the client keeps the
/// instant, not the offset or the trailing zeros.
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
            for (name, value) in sent {
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
        (sent, kept) if sent == kept || same_instant(sent, kept) => {}
        (sent, kept) => {
            found.push(format!(
                "{pointer} is {sent} in the answer, the client has {kept}"
            ));
        }
    }
}

fn same_instant(sent: &Value, kept: &Value) -> bool {
    let instant = |value: &Value| chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok();
    instant(sent).is_some_and(|sent| instant(kept) == Some(sent))
}
