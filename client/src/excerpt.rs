//! How much of a server's text is shown, and in what form.

use crate::secrets::Secrets;

/// How much of a server's text is shown.
const CHARACTERS: usize = 120;

/// How much of a body is looked through for an excerpt.
const LOOKED_THROUGH: usize = 16 * 1024;

/// The beginning of a body, on one line, without secrets.
pub(crate) fn excerpt(body: &[u8], secrets: &Secrets) -> String {
    let start = String::from_utf8_lossy(&body[..body.len().min(LOOKED_THROUGH)]);
    // Redacted before anything is cut; what stands at the cut of this slice
    // itself would have to come through blanks alone to be shown.
    let text = secrets.redact(&start);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    if body.len() > LOOKED_THROUGH && text.chars().count() <= CHARACTERS {
        return String::new();
    }
    shortened(&text)
}

/// At most the first 120 characters, on one line: what a server sends may be of
/// any length, and hold what a terminal or a log would obey.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(CHARACTERS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(CHARACTERS).is_some() {
        short.push('…');
    }
    short
}
