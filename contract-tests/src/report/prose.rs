//! Sentences in which names stand in backticks.

/// A sentence, with its names as code and the rest as plain text of some form.
pub(super) fn prose(
    text: &str,
    plain: impl Fn(&str) -> String,
    code: impl Fn(&str) -> String,
) -> String {
    let (mut out, mut rest) = (String::new(), text);
    // A backtick without its second one is a character like any other.
    while let Some((before, after)) = rest.split_once('`')
        && let Some((name, after)) = after.split_once('`')
        && !name.is_empty()
    {
        out += &plain(before);
        out += &code(name);
        rest = after;
    }
    out + &plain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_two_backticks_is_a_name() {
        for (text, due) in [
            ("`size` is 5", "()[size]( is 5)"),
            ("`a` and `b`", "()[a]( and )[b]()"),
            ("one ` alone", "(one ` alone)"),
            ("`a` and ` alone", "()[a]( and ` alone)"),
            ("`` is no name", "(`` is no name)"),
        ] {
            let marked = prose(text, |one| format!("({one})"), |one| format!("[{one}]"));
            assert_eq!(marked, due);
        }
    }
}
