//! `cargo xtask release --check`: what a release of the client still lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::changes::{CHANGELOG, sections, since_last_release};
use crate::checkout::read;
use crate::contract_tests;
use crate::git::git;

const CLIENT: &str = "oceanbase-ocp";
const README: &str = "README.md";
/// What the quick start's request is documented to return.
const DOCUMENTED: &str =
    "openapi/interactions/listTenantRestoreTasks/documented-sample/response.json";
/// Where the quick start looks for the mock.
const SHOWN_URL: &str = "http://localhost:8080";

const LACKS: u8 = 4;

/// What is so, or what is lacking.
type Verdict = Result<String, String>;

/// Says of each thing that a release needs whether it is there. `root` is the checkout.
///
/// # Errors
///
/// When it cannot be found out: no git, no cargo, no commit.
pub(crate) fn run(root: &Path, is_tagged: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let head = head(root)?;
    let client = client(root)?;
    let number = &client.version;
    writeln!(out, "Release {number} of {CLIENT}\n")?;
    let mut lacking = 0;
    let mut say = |name: &str, verdict: Verdict| {
        lacking += usize::from(verdict.is_err());
        let (mark, text) = match verdict {
            Ok(text) => ("ok  ", text),
            Err(text) => ("FAIL", text),
        };
        writeln!(out, "  {mark}  {name:11}  {text}")
    };
    say("tag", tag(root, number, &head, is_tagged)?)?;
    say("tree", tree(root)?)?;
    say("version", version(root)?)?;
    say("changelog", changelog(&read(root, CHANGELOG)?, number))?;
    say("description", description(root, number)?)?;
    say("repository", repository(&client))?;
    let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
    match package(root, &client, scratch.path())? {
        Ok(package) => {
            say("package", package.builds()?)?;
            say("links", package.links()?)?;
            say("quick start", package.quick_start(root)?)?;
        }
        Err(why) => {
            say("package", Err(why))?;
            for name in ["links", "quick start"] {
                say(name, Err("there is no package to try".into()))?;
            }
        }
    }
    if lacking > 0 {
        let end = if lacking == 1 { "" } else { "s" };
        writeln!(
            out,
            "\n{lacking} thing{end} lacking; RELEASING.md has the steps."
        )?;
        return Ok(ExitCode::from(LACKS));
    }
    let state = if is_tagged { "published" } else { "tagged" };
    writeln!(out, "\nReady to be {state}.")?;
    Ok(ExitCode::SUCCESS)
}

fn head(root: &Path) -> anyhow::Result<String> {
    let head = git(root, &["rev-parse", "--verify", "--quiet", "HEAD"])?;
    let head = head.context("this needs a git checkout with a commit")?;
    Ok(head.trim().to_owned())
}

/// What cargo knows of the client.
struct Client {
    version: String,
    repository: Option<String>,
    /// The folder that cargo builds in.
    target: PathBuf,
}

fn client(root: &Path) -> anyhow::Result<Client> {
    let arguments = ["metadata", "--no-deps", "--format-version=1"];
    let output = output(cargo().current_dir(root).args(arguments))?;
    if !output.status.success() {
        bail!("cargo cannot read the workspace: {}", first_error(&output));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("`cargo metadata` printed no JSON")?;
    let packages = metadata["packages"].as_array();
    let client = packages.and_then(|all| all.iter().find(|one| one["name"] == CLIENT));
    let client = client.with_context(|| format!("the workspace has no package {CLIENT}"))?;
    let own = |value: &Value| value.as_str().map(str::to_owned);
    Ok(Client {
        version: own(&client["version"]).unwrap_or_default(),
        repository: own(&client["repository"]),
        target: own(&metadata["target_directory"])
            .unwrap_or_default()
            .into(),
    })
}

/// The client's documentation sends its readers to the repository.
fn repository(client: &Client) -> Verdict {
    client.repository.clone().ok_or_else(|| {
        "client/Cargo.toml names no `repository`, to which the client's docs send readers".into()
    })
}

fn tag(root: &Path, version: &str, head: &str, is_tagged: bool) -> anyhow::Result<Verdict> {
    let name = format!("v{version}");
    let commit = format!("refs/tags/{name}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", "--quiet", &commit])?;
    Ok(match (commit.as_deref().map(str::trim), is_tagged) {
        (None, false) => Ok(format!("{name} is still free")),
        (None, true) => Err(format!("there is no tag {name}")),
        (Some(_), false) => Err(format!("{name} is there already: raise the version")),
        (Some(commit), true) if commit == head => Ok(format!("{name} is this commit")),
        (Some(commit), true) => Err(format!("{name} is {commit}, and this is {head}")),
    })
}

fn tree(root: &Path) -> anyhow::Result<Verdict> {
    let changed = git(root, &["status", "--porcelain"])?.context("`git status` failed")?;
    let names: Vec<_> = changed.lines().filter_map(|line| line.get(3..)).collect();
    Ok(if names.is_empty() {
        Ok("everything is committed".into())
    } else {
        Err(format!("not committed: {}", names.join(", ")))
    })
}

/// The version is not below the one that the changes of the description need.
fn version(root: &Path) -> anyhow::Result<Verdict> {
    let Some(verdict) = since_last_release(root)? else {
        return Ok(Ok("is the first one to be released".into()));
    };
    let text = verdict.sentences().join(" ");
    Ok(if verdict.is_enough() {
        Ok(text)
    } else {
        Err(text)
    })
}

/// The newest section is that of this version, with a date, and nothing stands above it.
fn changelog(text: &str, version: &str) -> Verdict {
    let mut sections = sections(text);
    let mut newest = sections.next();
    if let Some(("Unreleased", body)) = newest {
        if !body.is_empty() {
            return Err(format!(
                "{CHANGELOG} has changes under \"Unreleased\": name it \"{version} - YYYY-MM-DD\""
            ));
        }
        newest = sections.next();
    }
    let (title, body) = newest.unwrap_or_default();
    let date = title
        .strip_prefix(version)
        .and_then(|rest| rest.strip_prefix(" - "));
    match date {
        None => Err(format!(
            "{CHANGELOG} begins with \"{title}\", not with \"{version} - YYYY-MM-DD\""
        )),
        Some(date) if chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_err() => {
            Err(format!("\"{date}\" in {CHANGELOG} is no date"))
        }
        Some(_) if body.is_empty() => Err(format!("{CHANGELOG} says nothing of {version}")),
        Some(date) => Ok(format!("{CHANGELOG} has {version}, of {date}")),
    }
}

/// The description is released inside the client, so it has the same version.
fn description(root: &Path, version: &str) -> anyhow::Result<Verdict> {
    let description: Value = serde_json::from_str(&read(root, "client/openapi.json")?)
        .context("client/openapi.json is not JSON")?;
    let own = &description["info"]["version"];
    Ok(if own == version {
        Ok(format!("is version {version}, too"))
    } else {
        Err(format!(
            "openapi/ocp.yaml has version {own}: correct it, then `cargo xtask regen`"
        ))
    })
}

/// The unpacked client, in a folder that knows nothing of the checkout.
struct Package<'a> {
    folder: PathBuf,
    scratch: &'a Path,
}

/// Packages the client as `cargo publish` would, and unpacks it.
fn package<'a>(
    root: &Path,
    client: &Client,
    scratch: &'a Path,
) -> anyhow::Result<Result<Package<'a>, String>> {
    // Dirty is another item of the list; building is done where no checkout is near.
    let arguments = ["package", "--locked", "--allow-dirty", "--no-verify"];
    let package = ["--package", CLIENT];
    let packaged = output(cargo().current_dir(root).args(arguments).args(package))?;
    if !packaged.status.success() {
        let why = first_error(&packaged);
        return Ok(Err(format!("cannot be packaged: {why}")));
    }
    let name = format!("{CLIENT}-{}", client.version);
    let mut command = Command::new("tar");
    command.arg("-C").arg(scratch).arg("-xzf");
    let unpacked = output(command.arg(client.target.join(format!("package/{name}.crate"))))?;
    if !unpacked.status.success() {
        bail!("cannot unpack the package: {}", first_error(&unpacked));
    }
    let folder = scratch.join(name);
    Ok(Ok(Package { folder, scratch }))
}

impl Package<'_> {
    /// Cargo in a folder beside the checkout, with the versions of dependencies that the
    /// package brings along.
    fn cargo(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = cargo();
        command.current_dir(folder).args(arguments);
        command.env("CARGO_TARGET_DIR", self.scratch.join("target"));
        command.env("RUSTDOCFLAGS", "-D warnings");
        command
    }

    fn builds(&self) -> anyhow::Result<Verdict> {
        let built = output(&mut self.cargo(&self.folder, &["build", "--locked"]))?;
        Ok(if built.status.success() {
            Ok("builds from the .crate file alone".into())
        } else {
            Err(format!("does not build: {}", first_error(&built)))
        })
    }

    /// Links between items are rustdoc's to check; others must lead to a file.
    fn links(&self) -> anyhow::Result<Verdict> {
        let arguments = ["doc", "--locked", "--no-deps", "--all-features"];
        let documented = output(&mut self.cargo(&self.folder, &arguments))?;
        if !documented.status.success() {
            return Ok(Err(format!("no docs page: {}", first_error(&documented))));
        }
        let mut pages = Pages::default();
        let folder = self
            .scratch
            .join("target/doc")
            .join(CLIENT.replace('-', "_"));
        pages.read(&folder).context("cannot read the docs page")?;
        let dead = pages.dead_links();
        Ok(if dead.is_empty() {
            Ok("none is dead".into())
        } else {
            Err(format!("dead: {}", dead.join(", ")))
        })
    }

    /// What README.md tells people to try first, in a project of its own.
    fn quick_start(&self, root: &Path) -> anyhow::Result<Verdict> {
        let readme = read(root, README)?;
        let (Some(dependencies), Some(code)) = (block(&readme, "toml"), block(&readme, "rust"))
        else {
            return Ok(Err(format!("{README} has no ```rust and ```toml to try")));
        };
        let expected = documented_tasks(root)?;
        let mock = Mock::start(root)?;
        let project = self.scratch.join("quick-start");
        std::fs::create_dir_all(project.join("src"))?;
        let manifest = manifest(dependencies, &self.folder);
        put(&project.join("Cargo.toml"), &manifest)?;
        put(
            &project.join("src/main.rs"),
            &code.replace(SHOWN_URL, &mock.url),
        )?;
        std::fs::copy(self.folder.join("Cargo.lock"), project.join("Cargo.lock"))?;
        let ran = output(&mut self.cargo(&project, &["run", "--quiet"]))?;
        let printed = text(&ran.stdout);
        Ok(if !ran.status.success() {
            Err(format!("of {README} fails: {}", first_error(&ran)))
        } else if printed != expected {
            Err(format!("of {README} prints {printed:?}, not {expected:?}"))
        } else {
            Ok(format!("of {README} prints the documented tasks"))
        })
    }
}

/// README's dependencies, in a project: the client is the unpacked one.
fn manifest(dependencies: &str, client: &Path) -> String {
    let lines = dependencies.lines().map(|line| {
        if line.starts_with(CLIENT) {
            format!(
                "{CLIENT} = {{ path = {:?} }}\n",
                client.display().to_string()
            )
        } else {
            format!("{line}\n")
        }
    });
    let package = "[package]\nname = \"quick-start\"\nedition = \"2024\"\n\n[workspace]\n\n";
    package.to_owned() + &lines.collect::<String>()
}

/// The first block of code in that language.
fn block<'a>(page: &'a str, language: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n```{language}\n"))?;
    Some(rest.split_once("\n```")?.0)
}

/// What the quick start is to print.
fn documented_tasks(root: &Path) -> anyhow::Result<String> {
    let response: Value = serde_json::from_str(&read(root, DOCUMENTED)?)
        .with_context(|| format!("{DOCUMENTED} is not JSON"))?;
    let tasks = response["data"]["contents"].as_array();
    let lines = tasks.into_iter().flatten().map(|task| {
        let status = task["status"].as_str().unwrap_or_default();
        format!("{} {status}", task["id"])
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// The embedded OCP, until it is dropped.
struct Mock {
    url: String,
    process: Child,
}

impl Mock {
    fn start(root: &Path) -> anyhow::Result<Self> {
        let program = contract_tests::build(root)?;
        // Free a moment ago; what takes it meanwhile makes the mock fail, which is told.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let process = Command::new(program)
            .args(["mock", "--port", &address.port().to_string()])
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the mock")?;
        let url = format!("http://{address}");
        let mut mock = Self { url, process };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if mock.process.try_wait()?.is_some() || start.elapsed() > Duration::from_secs(30) {
                bail!("the mock does not listen: it has ended, or half a minute is too short");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(mock)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The HTML of rustdoc, by path.
#[derive(Default)]
struct Pages(BTreeMap<PathBuf, String>);

impl Pages {
    fn read(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.read(&path)?;
            } else if path.extension().is_some_and(|end| end == "html") {
                let html = std::fs::read_to_string(&path)?;
                self.0.insert(path.canonicalize()?, html);
            }
        }
        Ok(())
    }

    fn dead_links(&self) -> Vec<&str> {
        let links = self.0.iter().flat_map(|(page, html)| {
            let links = links(html);
            links.filter(|link| !self.leads_somewhere(page, link))
        });
        let dead: BTreeSet<_> = links.collect();
        dead.into_iter().collect()
    }

    fn leads_somewhere(&self, page: &Path, link: &str) -> bool {
        if link.contains("://") {
            return true;
        }
        let (file, place) = link.split_once('#').unwrap_or((link, ""));
        let file = match (file, page.parent()) {
            ("", _) | (_, None) => page.to_owned(),
            (file, Some(folder)) => folder.join(file),
        };
        let Ok(file) = file.canonicalize() else {
            return false;
        };
        // What is no page: style sheets, and the source text.
        self.0
            .get(&file)
            .is_none_or(|html| place.is_empty() || html.contains(&format!("id=\"{place}\"")))
    }
}

/// Where a page leads to, up to what its type implements: that is documented by traits, most
/// of them of other crates, whose links rustdoc leaves as they are.
fn links(html: &str) -> impl Iterator<Item = &str> {
    let html = ["trait", "synthetic", "blanket"]
        .iter()
        .fold(html, |html, kind| {
            let heading = format!("id=\"{kind}-implementations\"");
            html.split_once(&heading).map_or(html, |(before, _)| before)
        });
    let anchors = html.split("<a ").skip(1);
    anchors.filter_map(|anchor| {
        let (_, link) = anchor.split('>').next()?.split_once("href=\"")?;
        link.split('"').next()
    })
}

/// Cargo, whose messages are quoted here.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.env("CARGO_TERM_COLOR", "never");
    command
}

fn output(command: &mut Command) -> anyhow::Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// The line of a program's complaint that says what is wrong.
fn first_error(output: &Output) -> String {
    let stderr = text(&output.stderr);
    let is_error =
        |line: &&str| line.to_lowercase().starts_with("error") || line.starts_with("fatal");
    let line = stderr.lines().find(is_error).or(stderr.lines().last());
    line.unwrap_or("it did not say why").to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "in a folder that nobody else knows"
)]
fn put(path: &Path, content: &str) -> std::io::Result<()> {
    std::fs::write(path, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_section_is_of_the_version_with_a_date_and_a_text() {
        let of = |text: &str| changelog(&format!("# Changelog\n\n{text}"), "1.2.0");
        assert!(of("## Unreleased\n\n## 1.2.0 - 2024-08-08\n\n- Tasks.\n").is_ok());
        assert!(of("## 1.2.0 - 2024-08-08\n\n- Tasks.\n\n## 1.1.0 - 2024-08-01\n").is_ok());
        for (text, why) in [
            ("## 1.2.01 - 2024-08-08\n\n- Tasks.\n", "begins with"),
            ("## 1.1.0 - 2024-08-01\n\n- Tasks.\n", "begins with"),
            ("## 1.2.0 - soon\n\n- Tasks.\n", "no date"),
            ("## 1.2.0 - 2024-02-30\n\n- Tasks.\n", "no date"),
            (
                "## 1.2.0 - 2024-08-08\n\n## 1.1.0 - 2024-08-01\n",
                "says nothing",
            ),
            (
                "## Unreleased\n\n- More.\n\n## 1.2.0 - 2024-08-08\n\n- Tasks.\n",
                "Unreleased",
            ),
            ("", "begins with"),
        ] {
            let verdict = of(text).unwrap_err();
            assert!(verdict.contains(why), "{text}: {verdict}");
        }
    }
}
