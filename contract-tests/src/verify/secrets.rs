//! What must not appear in any output, and how it is kept out of what a server
//! has sent. Only a server's texts come here: our own sentences, the names of
//! the contract, requests and command lines are never rewritten.

use std::collections::{BTreeSet, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// What stands for what is redacted.
const REDACTED: &str = "***";
/// So many characters of a secret in a row give it away; fewer occur by chance.
const PIECE: usize = 6;
/// So many characters of a value are quoted.
const QUOTED: usize = 120;

/// Secrets, in the forms in which a server may send them back.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    whole: HashSet<String>,
    pieces: HashSet<String>,
    /// Member names and enum values of the contract.
    names: BTreeSet<String>,
}

impl Secrets {
    /// `spec` is the description whose names are never redacted.
    pub(super) fn new(secrets: impl IntoIterator<Item = String>, spec: &Value) -> Self {
        let mut all = Self::default();
        for form in secrets.into_iter().flat_map(|secret| forms(&secret)) {
            let pieces = pieces(&form).map(|(start, end)| form[start..end].to_owned());
            all.pieces.extend(pieces);
            all.whole.insert(form);
        }
        all.whole.remove("");
        names(spec, &mut all.names);
        all
    }

    /// A text of a server without secrets: without any piece of one of six
    /// characters or more, or altogether if it is a shorter secret.
    pub(super) fn text(&self, text: &str) -> String {
        if self.names.contains(text) {
            return text.to_owned();
        }
        if self.whole.contains(text.trim()) {
            return REDACTED.to_owned();
        }
        let (mut redacted, mut shown) = (String::new(), 0);
        for (start, end) in pieces(text) {
            if !self.pieces.contains(&text[start..end]) {
                continue;
            }
            // Pieces that overlap, or touch, are one.
            if redacted.is_empty() || start > shown {
                redacted.push_str(&text[shown..start]);
                redacted.push_str(REDACTED);
            }
            shown = end;
        }
        redacted.push_str(&text[shown..]);
        redacted
    }

    /// Whether it is the name of a member or an enum value of the contract.
    pub(super) fn is_of_contract(&self, text: &str) -> bool {
        self.names.contains(text)
    }

    /// Whether a text of a server can be repeated as it is.
    pub(super) fn spare(&self, text: &str) -> bool {
        self.text(text) == text
    }

    /// The same for every text in a value, and for names that the contract does
    /// not know.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (self.text(name), self.value(member)))
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::String(text) => self.text(text).into(),
            Value::Number(number) => {
                let digits = number.to_string();
                match self.spare(&digits) {
                    true => value.clone(),
                    false => self.text(&digits).into(),
                }
            }
            other => other.clone(),
        }
    }

    /// A value of a body for a message: its JSON, redacted, not too long.
    pub(super) fn quote(&self, value: &Value) -> String {
        shortened(&self.value(value).to_string())
    }

    /// A text of a server for a message: redacted, not too long.
    pub(super) fn shortened(&self, text: &str) -> String {
        shortened(&self.text(text))
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// Where each six characters in a row begin and end.
fn pieces(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let starts = text.char_indices().map(|(at, _)| at);
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    starts.zip(ends.skip(PIECE - 1))
}

/// A secret as it is, as JSON and URLs escape it, and in Base64 wherever it may
/// stand in a longer text.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        json!(secret).to_string().trim_matches('"').to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        STANDARD.encode(secret),
    ];
    for before in 1..3 {
        let text = [&vec![0; before], secret.as_bytes()].concat();
        let code = STANDARD_NO_PAD.encode(&text);
        // The first and the last character also depend on what stands around.
        let end = code.len() - usize::from(text.len() % 3 != 0);
        forms.extend(code.get(before + 1..end).map(str::to_owned));
    }
    forms
}

/// Names of members and enum values anywhere in a description.
fn names(node: &Value, found: &mut BTreeSet<String>) {
    match node {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                found.extend(properties.keys().cloned());
            }
            for key in ["enum", "x-extensible-enum"] {
                let values = members.get(key).and_then(Value::as_array);
                let values = values.into_iter().flatten().filter_map(Value::as_str);
                found.extend(values.map(str::to_owned));
            }
            members.values().for_each(|member| names(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Secrets;

    fn secrets(secret: &str) -> Secrets {
        let spec =
            json!({ "properties": { "restoreUri": { "x-extensible-enum": ["s3cret-Pa"] } } });
        Secrets::new([secret.to_owned()], &spec)
    }

    #[test]
    fn secrets_and_pieces_of_them_are_redacted_and_nothing_else() {
        let long = secrets("s3cret-Pa55phrase");
        for (text, due) in [
            ("with s3cret-Pa55phrase in it", "with *** in it"),
            ("cut off: s3cret-Pa5", "cut off: ***"),
            ("cut out: t-Pa55phr", "cut out: ***"),
            ("s3cret-s3cret-Pa55phrases", "***s"),
            ("s3cre", "s3cre"),
            ("\u{6062}s3cret-\u{6062}", "\u{6062}***\u{6062}"),
            ("s3cret%2DPa55phrase", "***"),
            // In Base64, behind none, two and three other characters.
            ("czNjcmV0LVBhNTVwaHJhc2U=", "***"),
            ("YTpzM2NyZXQtUGE1NXBocmFzZQ==", "YTp***Q=="),
            ("YWI6czNjcmV0LVBhNTVwaHJhc2U=", "YWI6***"),
            ("s3cret-Pa", "s3cret-Pa"),
        ] {
            assert_eq!(long.text(text), due, "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_hidden_as_a_whole_value_only() {
        let short = secrets("a");
        let body = json!({ "a": "a", "b": ["data", "a", 1] });
        let due = json!({ "***": "***", "b": ["data", "***", 1] });
        assert_eq!(short.value(&body), due);
        assert_eq!(secrets("").text("any"), "any");
    }

    #[test]
    fn names_of_the_contract_are_never_redacted() {
        let restore = secrets("restoreUri");
        assert_eq!(
            restore.value(&json!({ "restoreUri": "x" })),
            json!({ "restoreUri": "x" })
        );
        assert_eq!(restore.text("see restoreUri"), "see ***");
        assert_eq!(secrets("123456").quote(&json!(91234567)), "\"9***7\"");
    }

    #[test]
    fn what_is_quoted_is_redacted_before_it_is_cut() {
        let text = format!("{}s3cret-Pa55phrase", "x".repeat(110));
        let quoted = secrets("s3cret-Pa55phrase").quote(&json!(text));
        assert_eq!(quoted, format!("\"{}***\"", "x".repeat(110)));
    }
}
