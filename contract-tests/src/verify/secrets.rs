//! Secrets, which are kept out of every output. Only a server's texts come here: our own
//! sentences, the names of the contract, requests and command lines are never rewritten.

use std::collections::{BTreeSet, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// The text that stands for a secret.
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
        visit("", spec, &mut |member, node| match (member, node) {
            ("properties", Value::Object(members)) => all.names.extend(members.keys().cloned()),
            ("enum" | "x-extensible-enum", Value::String(name)) => {
                all.names.insert(name.clone());
            }
            _ => {}
        });
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

    /// True for the name of a member or an enum value of the contract.
    pub(super) fn is_of_contract(&self, text: &str) -> bool {
        self.names.contains(text)
    }

    /// True if a text of a server can be repeated as it is.
    pub(super) fn spare(&self, text: &str) -> bool {
        self.text(text) == text
    }

    /// The same for every text in a value, and for names that the contract does
    /// not know.
    pub(super) fn value(&self, value: &Value) -> Value {
        self.changed(value, &|text| self.text(text))
    }

    /// A value with each text and each name changed. Of a number only the digits of a secret
    /// are.
    pub(super) fn changed(&self, value: &Value, change: &dyn Fn(&str) -> String) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, one)| (change(name), self.changed(one, change)));
                members.collect()
            }
            Value::Array(items) => items.iter().map(|one| self.changed(one, change)).collect(),
            Value::String(text) => change(text).into(),
            Value::Number(number) if !self.spare(&number.to_string()) => {
                self.text(&number.to_string()).into()
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

/// Beginning and end of each six characters in a row.
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

/// Shows each node of a value, with the name of the nearest member around it.
pub(super) fn visit<'a>(member: &'a str, node: &'a Value, see: &mut dyn FnMut(&'a str, &'a Value)) {
    see(member, node);
    match node {
        Value::Array(items) => items.iter().for_each(|item| visit(member, item, see)),
        Value::Object(members) => members.iter().for_each(|(name, one)| visit(name, one, see)),
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
        for (text, expected) in [
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
            assert_eq!(long.text(text), expected, "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_hidden_as_a_whole_value_only() {
        let short = secrets("a");
        let body = json!({ "a": "a", "b": ["data", "a", 1] });
        let expected = json!({ "***": "***", "b": ["data", "***", 1] });
        assert_eq!(short.value(&body), expected);
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
