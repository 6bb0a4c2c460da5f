//! Descriptions become Rust documentation, so rustdoc must take them.

use pulldown_cmark::{BrokenLink, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::Finding;
use crate::document::{ends_in, walk};

pub(super) fn check(spec: &Value, findings: &mut Vec<Finding>) {
    walk(spec, &mut |node, pointer| {
        if let (Value::String(text), true) = (node, ends_in(pointer, &["description", "summary"])) {
            markdown(text, pointer, findings);
        }
        true
    });
}

/// Reads the text with the parser that rustdoc itself uses.
fn markdown(text: &str, pointer: &str, findings: &mut Vec<Finding>) {
    let mut find = |rule, what: String, why: &str, instead: &str| {
        findings.push(Finding {
            rule,
            pointer: pointer.to_owned(),
            what,
            why: why.to_owned(),
            instead: instead.to_owned(),
        });
    };
    let mut unlinked = Vec::new();
    let on_broken_link = |link: BrokenLink<'_>| {
        unlinked.push(link.reference.to_string());
        None
    };
    let mut links = 0;
    for event in Parser::new_with_broken_link_callback(text, Options::empty(), Some(on_broken_link))
    {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => find(
                "indented-text",
                "text indented by four spaces is a code block".into(),
                "rustdoc compiles and runs it as an example, and `cargo test` fails",
                "indent by less than four spaces, or fence it with ```text",
            ),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if language.is_empty() =>
            {
                find(
                    "unmarked-code",
                    "a code block does not say its language".into(),
                    "rustdoc takes it for Rust, compiles and runs it",
                    "write ```text or ```json",
                );
            }
            Event::Start(Tag::Link { .. }) => links += 1,
            Event::End(TagEnd::Link) => links -= 1,
            Event::Text(words) if links == 0 => {
                if let Some(url) = words.split_whitespace().find(|word| word.contains("://")) {
                    find(
                        "bare-url",
                        format!("`{url}` is a bare URL"),
                        "rustdoc warns about bare URLs, and our documentation builds without warnings",
                        "write it as <…> or as [text](…)",
                    );
                }
            }
            Event::Html(tag) | Event::InlineHtml(tag) => find(
                "html",
                format!("`{}` reads as an HTML tag", tag.trim()),
                "rustdoc passes it to the browser, where the text vanishes",
                "put it between backquotes",
            ),
            _ => {}
        }
    }
    for name in unlinked {
        find(
            "unlinked-brackets",
            format!("`[{name}]` reads as a link to a Rust item"),
            "rustdoc looks for an item of that name and warns",
            "put it between backquotes",
        );
    }
}
