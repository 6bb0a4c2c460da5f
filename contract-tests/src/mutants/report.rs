//! The score, as data and as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Serialize;

use super::explained::{Explained, disagreements};
use ocp_contract::evidence::Grade;

use super::mutant::{Family, Mutant};
use crate::verify::Reading;

/// Everything that a run has to say.
#[derive(Debug, Serialize)]
pub struct Score {
    /// Every mutant.
    pub mutants: Vec<Mutant>,
    /// Survivors that are known.
    pub explained: Vec<Explained>,
    /// What must be mended: new survivors, stale explanations, wrong readings.
    pub wrong: Vec<String>,
}

impl Score {
    /// Holds the mutants against the explained survivors.
    pub fn new(mutants: Vec<Mutant>, explained: Vec<Explained>) -> Self {
        let wrong = disagreements(&mutants, &explained);
        Self {
            mutants,
            explained,
            wrong,
        }
    }
}

/// Killed and all of some mutants; those that are explained do not count.
fn share<'a>(mutants: impl Iterator<Item = &'a Mutant>, known: &BTreeSet<&str>) -> (usize, usize) {
    mutants
        .filter(|one| !known.contains(one.id.as_str()))
        .fold((0, 0), |(killed, all), one| {
            (killed + usize::from(!one.killed_by.is_empty()), all + 1)
        })
}

fn percent((killed, all): (usize, usize)) -> String {
    match all {
        0 => "-".to_owned(),
        // Rounded down: 100.0 % is only what is whole.
        all => format!(
            "{}.{} %",
            killed * 1000 / all / 10,
            killed * 1000 / all % 10
        ),
    }
}

/// The score for people.
pub fn text(score: &Score) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write(score, &mut out);
    out
}

fn write(score: &Score, out: &mut String) -> std::fmt::Result {
    let known = score.explained.iter().flat_map(|one| &one.mutants);
    let known: BTreeSet<&str> = known.map(String::as_str).collect();
    operators(score, &known, out)?;
    let readings = |is: fn(&Reading) -> bool| {
        let readings = score.mutants.iter().filter_map(|one| one.client.as_ref());
        readings.filter(|one| is(one)).count()
    };
    writeln!(
        out,
        "\nThe client reads {} mutated responses right, refuses {} with an error, and gets {} silently wrong.",
        readings(|one| matches!(one, Reading::Right)),
        readings(|one| matches!(one, Reading::Error(_))),
        readings(|one| matches!(one, Reading::Wrong(_))),
    )?;
    let title = "By grade of evidence";
    writeln!(out, "\n{title:26} {:>7} {:>7}  score", "mutants", "killed")?;
    for grade in Grade::ALL {
        let mutants = score.mutants.iter().filter(|one| one.grade == grade);
        let share = share(mutants, &known);
        let (killed, all) = share;
        writeln!(out, "  {grade:24} {all:7} {killed:7}  {}", percent(share))?;
    }
    if !score.explained.is_empty() {
        writeln!(out, "\nExplained survivors, which do not count")?;
    }
    for one in &score.explained {
        writeln!(out, "  {:3}  {}", one.mutants.len(), one.reason)?;
    }
    for what in &score.wrong {
        writeln!(out, "\nwrong: {what}")?;
    }
    let share = share(score.mutants.iter(), &known);
    let ((killed, all), percent) = (share, percent(share));
    writeln!(
        out,
        "\nContract mutation score: {percent} ({killed} of {all} mutants killed, {} survivors explained)",
        known.len()
    )
}

/// A table for each family, a line for each operator.
fn operators(score: &Score, known: &BTreeSet<&str>, out: &mut String) -> std::fmt::Result {
    let mut rows: BTreeMap<(Family, &str), Vec<&Mutant>> = BTreeMap::new();
    for mutant in &score.mutants {
        let row = (mutant.family, mutant.operator.as_str());
        rows.entry(row).or_default().push(mutant);
    }
    let mut last = None;
    for ((family, operator), mutants) in &rows {
        if last.replace(*family) != Some(*family) {
            let name = format!("{family:?}");
            writeln!(
                out,
                "\n{name:26} {:>7} {:>7} {:>9}  killed by",
                "mutants", "killed", "explained"
            )?;
        }
        let count = |is: &dyn Fn(&Mutant) -> bool| mutants.iter().filter(|one| is(one)).count();
        let killed = count(&|one| !one.killed_by.is_empty());
        let explained = count(&|one| known.contains(one.id.as_str()));
        let mut killers: BTreeMap<&str, usize> = BTreeMap::new();
        for killer in mutants.iter().flat_map(|one| &one.killed_by) {
            *killers.entry(killer).or_default() += 1;
        }
        let killers = killers
            .iter()
            .map(|(name, count)| format!("{name} {count}"));
        let killers: Vec<String> = killers.collect();
        let (all, killers) = (mutants.len(), killers.join(", "));
        writeln!(
            out,
            "  {operator:24} {all:7} {killed:7} {explained:9}  {killers}"
        )?;
    }
    Ok(())
}
