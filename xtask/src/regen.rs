//! `cargo xtask regen [--check]`: `openapi/` in, `client/openapi.json` and
//! `openapi/CONTRACT.md` out.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use ocp_contract::evidence::Evidence;
use ocp_contract::evidence::claims::claims;
use ocp_contract::{Document, Finding, Operation, canonical, page, resolved};
use serde_json::{Value, json};
use similar::TextDiff;

use crate::codegen;
use crate::files::{SPEC, description, replace};

const CLIENTS_COPY: &str = "client/openapi.json";
const PAGE: &str = "openapi/CONTRACT.md";

const WRONG: u8 = 1;
const STALE: u8 = 4;

/// Checks the spec and brings the derived files up to date, or only says what is stale, with
/// `check`. `root` is the checkout.
///
/// # Errors
///
/// When a file cannot be read or written.
pub(crate) fn run(root: &Path, check: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let derived = description(root)?.and_then(|document| derive(root, &document));
    let (derived, gaps) = match derived {
        Ok(derived) => derived,
        Err(message) => {
            writeln!(
                out,
                "{message}\n\nThe contract is wrong; derived files were left as they are."
            )?;
            return Ok(ExitCode::from(WRONG));
        }
    };
    let mut stale = false;
    for (name, content) in derived {
        let path = root.join(name);
        let committed = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Some(String::new()),
            Err(error) => return Err(error).context(format!("cannot read {name}")),
        };
        if committed.as_ref() == Some(&content) {
            writeln!(out, "{name} is up to date.")?;
            continue;
        }
        stale = true;
        describe(name, committed.as_deref(), &content, out)?;
        if !check {
            replace(&path, &content).with_context(|| format!("cannot write {name}"))?;
            writeln!(out, "Wrote {name}.")?;
        }
    }
    if !gaps.is_empty() {
        // The tests stop for them, later, if the client compiles at all.
        writeln!(
            out,
            "\nWhat no longer agrees with the evidence (`cargo test` will fail):"
        )?;
        for gap in gaps {
            writeln!(out, "  {gap}")?;
        }
    }
    if stale && check {
        writeln!(out, "Derived files are stale. Run: cargo xtask regen")?;
        return Ok(ExitCode::from(STALE));
    }
    Ok(ExitCode::SUCCESS)
}

/// Name and content of each derived file.
type Derived = [(&'static str, String); 2];

/// The derived files, once the generator has taken the description, the requests that it does
/// not describe, and the gaps in its evidence.
fn derive(root: &Path, document: &Document) -> Result<(Derived, Vec<String>), String> {
    let evidence = Evidence::read(&root.join("openapi")).map_err(|error| error.to_string())?;
    let copy = canonical(resolved(document.value(), &evidence.interactions));
    codegen::generate(&copy).map_err(|error| refusal(document, &evidence, &error))?;
    let claims = claims(document.value());
    let page = page::render(document.value(), &claims, &evidence);
    let page = page.map_err(|error| error.to_string())?;
    let misfits = evidence.interactions.iter().filter_map(|one| {
        let what = one.arguments(document.value()).err()?;
        let folder = format!("openapi/interactions/{}/{}", one.operation_id, one.case);
        Some(format!("{folder}: {what}"))
    });
    let gaps = evidence.gaps(&claims);
    let gaps = gaps.map(|gap| match gap.pointer.as_str() {
        // Of the evidence, not of the spec.
        "" => gap.to_string(),
        pointer => format!("{SPEC}:{}: {gap}", document.position(pointer).0),
    });
    let disagreements = misfits.chain(gaps).collect();
    Ok(([(CLIENTS_COPY, copy), (PAGE, page)], disagreements))
}

/// The generator's reason to refuse the description, shown at the first operation that it
/// refuses by itself.
fn refusal(document: &Document, evidence: &Evidence, error: &str) -> String {
    let spec = document.value();
    for operation in Operation::all(spec) {
        let mut alone = spec.clone();
        let mut item = spec["paths"][&operation.path].clone();
        if let Some(members) = item.as_object_mut() {
            let method = operation.method.to_lowercase();
            members.retain(|name, _| *name == method || name == "parameters");
        }
        alone["paths"] = json!({ &operation.path: item });
        let alone = resolved(&alone, &evidence.interactions);
        if let Err(what) = codegen::generate(&alone.to_string()) {
            return document.render(&[Finding {
                rule: "generator".to_owned(),
                pointer: operation.pointer,
                what,
                why: "no client can be generated with this operation".to_owned(),
                instead: "describe it in another way, as the other operations are".to_owned(),
            }]);
        }
    }
    format!("error: no client can be generated from {SPEC}: {error}")
}

/// Shows how a derived file changes, or says why that is not worth showing.
fn describe(
    name: &str,
    committed: Option<&str>,
    content: &str,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let Some(committed) = committed else {
        return writeln!(out, "{name} does not exist.");
    };
    if name == CLIENTS_COPY {
        let parse = |text| serde_json::from_str::<Value>(text);
        match (parse(committed), parse(content)) {
            (Err(error), _) => return writeln!(out, "{name} is not JSON ({error})."),
            (Ok(old), Ok(new)) if old == new => {
                return writeln!(out, "{name} says the same as {SPEC} in another layout.");
            }
            _ => {}
        }
    }
    let diff = TextDiff::from_lines(committed, content);
    let mut diff = diff.unified_diff();
    let (old, new) = (
        format!("{name} (committed)"),
        format!("{name} (from {SPEC})"),
    );
    writeln!(out, "{}", diff.header(&old, &new))
}
