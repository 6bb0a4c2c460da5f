//! `cargo xtask changes`: what the description changes since a revision, what that breaks,
//! and whether the version of the client says so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use ocp_contract::Document;
use ocp_contract::changes::{Change, Class, Difference, between};
use semver::Version;
use serde_json::{Value, json};

use crate::checkout::{SPEC, description, read, replace};
use crate::git::{git, last_release};

const MANIFEST: &str = "client/Cargo.toml";
pub(crate) const CHANGELOG: &str = "CHANGELOG.md";

const WRONG: u8 = 1;
const NOT_ENOUGH: u8 = 4;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The revision to compare with. Default: the last release tag (`v1.2.3`), else HEAD.
    #[arg(long, value_name = "REVISION")]
    against: Option<String>,
    /// Writes the same to a file; may be repeated.
    #[arg(long, value_name = "json|markdown=FILE", value_parser = report)]
    report: Vec<(Format, PathBuf)>,
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Markdown,
}

fn report(argument: &str) -> Result<(Format, PathBuf), String> {
    match argument.split_once('=') {
        Some(("json", file)) => Ok((Format::Json, file.into())),
        Some(("markdown", file)) => Ok((Format::Markdown, file.into())),
        _ => Err("write it as `json=FILE` or `markdown=FILE`".to_owned()),
    }
}

/// What the changes ask of a release.
pub(crate) struct Verdict {
    against: String,
    changes: Vec<Change>,
    /// The version of the client at that revision.
    before: Version,
    needed: Version,
    current: Version,
    /// Whether the changelog says anything of the current version.
    in_changelog: bool,
}

/// Compares the description of the checkout with that of a revision.
///
/// # Errors
///
/// When git, the revision or a file of either cannot be read, or a report not written.
pub(crate) fn run(
    root: &Path,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let new = match description(root)? {
        Ok(document) => document,
        Err(message) => {
            writeln!(out, "{message}\n\nThe description is wrong.")?;
            return Ok(ExitCode::from(WRONG));
        }
    };
    let verdict = verdict(root, arguments.against.as_deref(), &new)?;
    for (format, file) in &arguments.report {
        let content = match format {
            Format::Json => format!("{:#}\n", verdict.json()),
            Format::Markdown => verdict.markdown(),
        };
        let file = std::path::absolute(file)?;
        if !file.parent().is_some_and(Path::is_dir) {
            bail!("cannot write {}: its folder does not exist", file.display());
        }
        replace(&file, &content).with_context(|| format!("cannot write {}", file.display()))?;
    }
    verdict.text(out)?;
    Ok(if verdict.is_enough() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_ENOUGH)
    })
}

/// What the changes since the last release ask of the next one; `None` before the first.
///
/// # Errors
///
/// When a description cannot be read, now or then.
pub(crate) fn since_last_release(root: &Path) -> anyhow::Result<Option<Verdict>> {
    let Some(release) = last_release(root)? else {
        return Ok(None);
    };
    let new = Document::parse(SPEC, &read(root, SPEC)?).map_err(|error| anyhow!("{error}"))?;
    verdict(root, Some(&release), &new).map(Some)
}

fn verdict(root: &Path, against: Option<&str>, new: &Document) -> anyhow::Result<Verdict> {
    let against = match against {
        Some(revision) => revision.to_owned(),
        None => last_release(root)?.unwrap_or_else(|| "HEAD".to_owned()),
    };
    let revision = format!("{against}^{{commit}}");
    git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &revision])?.with_context(|| {
        format!("git knows no revision `{against}` here. In a shallow clone: git fetch --tags --unshallow")
    })?;
    let at = |file: &str| -> anyhow::Result<Option<String>> {
        git(
            root,
            &["show", "--end-of-options", &format!("{against}:{file}")],
        )
    };
    let old = at(SPEC)?.with_context(|| format!("`{against}` has no {SPEC} to compare with"))?;
    let old = Document::parse(&format!("{against}:{SPEC}"), &old).map_err(|error| {
        anyhow!("the description of `{against}` cannot be read. Choose another revision with --against\n{error}")
    })?;
    let before = version(&at)
        .with_context(|| format!("cannot read the version of the client of `{against}`"))?;
    let current = version(&|file| read(root, file).map(Some))?;
    let changelog = std::fs::read_to_string(root.join(CHANGELOG)).unwrap_or_default();
    let changes = between(old.value(), new.value());
    let worst = changes.iter().map(|change| change.callers).max();
    Ok(Verdict {
        needed: needed(&before, worst.unwrap_or(Class::Text)),
        in_changelog: worst.is_none_or(|worst| worst == Class::Text)
            || is_in(&changelog, (current > before).then_some(&current)),
        against,
        changes,
        before,
        current,
    })
}

/// The lowest version after changes of a class.
fn needed(before: &Version, worst: Class) -> Version {
    let mut needed = Version::new(before.major, before.minor, before.patch);
    match (worst, before.major) {
        (Class::Text, _) => needed = before.clone(),
        (Class::Breaking, 1..) => needed = Version::new(before.major + 1, 0, 0),
        (Class::Breaking, 0) | (Class::Compatible, 1..) => {
            needed = Version::new(before.major, before.minor + 1, 0);
        }
        (Class::Compatible, 0) => needed.patch += 1,
    }
    needed
}

/// Whether a changelog has something under what is not released, or under a new version.
fn is_in(changelog: &str, version: Option<&Version>) -> bool {
    sections(changelog).any(|(title, text)| {
        let title = title.trim_start_matches('[');
        let is_it = title.to_lowercase().starts_with("unreleased")
            || title.split([']', ' ']).next().map(str::to_owned) == version.map(Version::to_string);
        is_it && text.lines().any(|line| line.starts_with("- "))
    })
}

/// Titles of a changelog's sections, and what stands under them.
pub(crate) fn sections(changelog: &str) -> impl Iterator<Item = (&str, &str)> {
    changelog.split("\n## ").skip(1).map(|section| {
        let (title, text) = section.split_once('\n').unwrap_or((section, ""));
        (title.trim(), text.trim())
    })
}

/// The version in the client's manifest, which may be that of the workspace.
fn version(read: &dyn Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Version> {
    let field = |file: &str, path: &[&str]| -> anyhow::Result<Option<Version>> {
        let text = read(file)?.with_context(|| format!("there is no {file}"))?;
        let manifest: toml::Table =
            toml::from_str(&text).with_context(|| format!("{file} is no manifest"))?;
        let mut node = manifest.get(path[0]);
        for key in &path[1..] {
            node = node.and_then(|node| node.get(key));
        }
        let text = node.and_then(toml::Value::as_str);
        text.map(|text| {
            text.parse()
                .with_context(|| format!("`{text}` in {file} is no version"))
        })
        .transpose()
    };
    let version = match field(MANIFEST, &["package", "version"])? {
        Some(version) => Some(version),
        None => field("Cargo.toml", &["workspace", "package", "version"])?,
    };
    version.with_context(|| format!("{MANIFEST} has no version"))
}

/// One line for each change, the worst first, and the reason below what breaks.
pub(crate) fn list(changes: &[Change], out: &mut dyn Write) -> std::io::Result<()> {
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.callers));
    for change in changes {
        writeln!(out, "  {:<11} {change}", class(change.callers))?;
        if change.callers == Class::Breaking {
            writeln!(out, "{:14}{}", "", change.why)?;
        }
    }
    Ok(())
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Text => "text",
        Class::Compatible => "compatible",
        Class::Breaking => "breaking",
    }
}

impl Verdict {
    pub(crate) fn is_enough(&self) -> bool {
        self.current >= self.needed && self.in_changelog
    }

    /// What got stricter for an OCP.
    fn stricter(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.stricter)
    }

    /// What was decided, in sentences.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let Self {
            needed,
            current,
            before,
            against,
            ..
        } = self;
        let mut sentences = vec![if needed == before {
            format!("No new version of the client is needed; `{against}` has {before}.")
        } else if current >= needed {
            format!(
                "{MANIFEST} has {current}, which is enough: `{against}` has {before}, and {needed} is needed."
            )
        } else {
            format!(
                "{MANIFEST} has {current}, which is not enough: `{against}` has {before}, and {needed} is needed."
            )
        }];
        if !self.in_changelog {
            sentences.push(format!(
                "{CHANGELOG} lists nothing under {current} or \"Unreleased\"."
            ));
        }
        sentences
    }

    fn text(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let Self {
            against, changes, ..
        } = self;
        if changes.is_empty() {
            writeln!(out, "{SPEC} says the same as that of `{against}`.")?;
        } else {
            writeln!(
                out,
                "What {SPEC} changes since `{against}`, for callers of the client:"
            )?;
            list(changes, out)?;
        }
        if self.stricter().next().is_some() {
            writeln!(out, "\nWhere an OCP that conformed may no longer do so:")?;
        }
        for change in self.stricter() {
            writeln!(out, "  {change}")?;
        }
        writeln!(out)?;
        for sentence in self.sentences() {
            writeln!(out, "{sentence}")?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let changes = self.changes.iter().map(|change| {
            let (kind, from, to) = match &change.difference {
                Difference::Added => ("added", Value::Null, Value::Null),
                Difference::Removed => ("removed", Value::Null, Value::Null),
                Difference::Renamed(from) => ("renamed", from.as_str().into(), Value::Null),
                Difference::Changed(from, to) => ("changed", from.clone(), to.clone()),
            };
            json!({
                "place": change.place,
                "keyword": change.keyword,
                "kind": kind,
                "from": from,
                "to": to,
                "callers": class(change.callers),
                "mayCompile": change.may_compile,
                "stricterForOcp": change.stricter,
                "why": change.why,
            })
        });
        json!({
            "format": 1,
            "against": self.against,
            "changes": changes.collect::<Vec<_>>(),
            "version": {
                "before": self.before.to_string(),
                "needed": self.needed.to_string(),
                "current": self.current.to_string(),
            },
            "inChangelog": self.in_changelog,
            "enough": self.is_enough(),
        })
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "### What the description changes since `{}`\n\n",
            self.against
        );
        if self.changes.is_empty() {
            text += "Nothing.\n";
        } else {
            text += "| for callers | for an OCP | change | why |\n|---|---|---|---|\n";
        }
        for change in &self.changes {
            let stricter = if change.stricter { "stricter" } else { "" };
            let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
            text += &format!(
                "| {} | {stricter} | {} | {} |\n",
                class(change.callers),
                cell(&change.to_string()),
                cell(change.why)
            );
        }
        text + "\n" + &self.sentences().join("\n") + "\n"
    }
}
