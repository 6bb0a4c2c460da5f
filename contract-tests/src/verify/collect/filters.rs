//! The filters of the description that are worth asking for, by the rows that are known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use ocp_contract::Comparison;
use serde_json::Value;

use super::session::{Request, SIZE};
use crate::verify::checks::{
    ARRAY_STYLE, CheckId, FILTER_CLUSTER_NAME, FILTER_VALUES, FILTERS_TOGETHER,
};
use crate::verify::filter::{Filter, TARGETS, is_settled, span, times};
use crate::verify::known::Known;
use crate::verify::transcript::{LooksAt, Purpose, Query};

/// Names that nothing has.
pub(super) const NOBODY: [&str; 3] = ["no_such_cluster", "no_such_cluster_2", "no_such_cluster_3"];
/// Members of the schema of a vocabulary.
const VOCABULARY: [&str; 3] = ["$ref", "enum", "x-extensible-enum"];
/// Types of parameters that take one number or Boolean.
const SCALARS: [&str; 3] = ["boolean", "integer", "number"];
/// Windows begin and end on whole seconds, rows do not.
pub(super) const MARGIN: TimeDelta = TimeDelta::seconds(2);
/// Pages of what a filter finds, at most: rows that it merely may find can fill another one.
const PAGES: i64 = 4;

impl<'a> Known<'a> {
    /// A request for the rows that a filter finds.
    pub(super) fn find(
        &self,
        check: CheckId,
        name: &str,
        filter: Filter,
        looks_at: LooksAt,
    ) -> Request {
        let mut arguments = self.conditions(&filter).arguments();
        for (name, value) in &mut arguments {
            let only = value.get(0).filter(|_| !self.is_of(name, &["array"]));
            // Numbers and Booleans are compared as texts, and sent as what they are.
            let scalar = only
                .filter(|_| self.is_of(name, &SCALARS))
                .and_then(Value::as_str);
            let scalar = scalar.and_then(|text| serde_json::from_str(text).ok());
            if let Some(only) = scalar.or(only.cloned()) {
                *value = only;
            }
        }
        let purpose = Purpose::Filter(Query {
            check: check.to_string(),
            name: name.to_owned(),
            filter,
            looks_at,
        });
        Request::new(purpose, arguments).page(1, SIZE)
    }

    /// The same in two pages, so that the second one has a row, if the filter finds enough.
    pub(super) fn find_in_pages(&self, name: &str, filter: Filter) -> Request {
        let count = self.expected(&filter).len() as i64;
        let find = |looks_at| self.find(FILTERS_TOGETHER, name, filter, looks_at);
        if self.is_whole && count > 1 {
            let size = (count - 1).min(SIZE);
            find(LooksAt::Pages).page(1, size).pages(PAGES)
        } else {
            find(LooksAt::Rows)
        }
    }

    /// True if rows would show that a parameter of a filter does not count: no other one excludes
    /// them.
    pub(super) fn would_show(&self, filter: &Filter, parameter: &str) -> bool {
        let conditions = self.conditions(filter);
        let mut rows = self.rows.iter();
        rows.any(|row| conditions.excluding(*row) == [parameter])
    }

    fn parameter(&self, name: &str) -> Option<&'a Value> {
        let mut filters = self.subject.operation.filters();
        Some(&filters.find(|one| one.name == name)?.schema)
    }

    /// True if a parameter is of one of these types.
    fn is_of(&self, parameter: &str, types: &[&str]) -> bool {
        let schema = self.parameter(parameter);
        let name = schema.and_then(|schema| schema["type"].as_str());
        name.is_some_and(|name| types.contains(&name))
    }

    /// Texts of a member that can be asked for, those that fewest rows have first.
    pub(super) fn texts(&self, member: &str) -> Vec<&'a str> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for text in self.rows.iter().filter_map(|row| row.text(member)) {
            *count.entry(text).or_default() += 1;
        }
        // One value with a comma may be taken for two; and a request is shown as it was sent.
        count.retain(|text, _| !text.is_empty() && !text.contains(',') && self.secrets.spare(text));
        let mut texts: Vec<_> = count.into_iter().collect();
        texts.sort_by_key(|(_, count)| *count);
        texts.into_iter().map(|(text, _)| text).collect()
    }
}

/// Some values that are there, between some that are not: neither the first nor the
/// last value alone is enough, nor the first two.
pub(super) fn among<'a>(there: &[&'a str], not_there: [&'a str; 3]) -> Vec<&'a str> {
    let [one, two, three] = not_there;
    match there {
        [] => Vec::new(),
        [only] => vec![one, two, only, three],
        [first, second, ..] => vec![one, first, two, second, three],
    }
}

/// The filter of restore tasks by the names of their targets.
pub(super) fn targets(known: &Known<'_>) -> Vec<Request> {
    by_text(known, [FILTER_CLUSTER_NAME, ARRAY_STYLE], TARGETS, "name")
}

/// Every filter of the description; those of restore tasks have checks of their own.
pub(super) fn described(known: &Known<'_>) -> Vec<Request> {
    let mut requests = Vec::new();
    if known.subject.lists_restore_tasks() {
        return requests;
    }
    let filters = &known.subject.filters;
    let has_end = filters.values().any(|one| one.comparison == Comparison::To);
    for (parameter, filter) in filters {
        match filter.comparison {
            Comparison::Equals if known.is_of(parameter, &SCALARS) => {
                requests.extend(by_scalar(known, parameter, &filter.member));
            }
            Comparison::Equals | Comparison::ContainsIgnoreCase => {
                requests.extend(by_text(known, [FILTER_VALUES; 2], parameter, parameter));
            }
            Comparison::From if has_end => requests.extend(bounds(known, FILTER_VALUES)),
            Comparison::From | Comparison::To => {}
        }
    }
    requests
}

/// Two numbers that rows have, or both Booleans, whether rows have them or not.
fn by_scalar(known: &Known<'_>, parameter: &str, member: &str) -> Vec<Request> {
    let rows = known.rows.iter();
    let mut values: BTreeSet<String> = rows.filter_map(|row| row.plain(member)).collect();
    let Some(first) = values.first() else {
        return Vec::new();
    };
    if ["true", "false"].contains(&first.as_str()) {
        values = ["true", "false"].map(str::to_owned).into();
    }
    let ask = |value: &String| {
        let filter = Filter::of(parameter, &[value]);
        known.find(
            FILTER_VALUES,
            &format!("a {parameter}"),
            filter,
            LooksAt::Rows,
        )
    };
    values.iter().take(2).map(ask).collect()
}

/// Values that rows have, parts of one, more than one, the same in other letters, and several.
/// The checks are for one value and for several of them.
fn by_text(known: &Known<'_>, checks: [CheckId; 2], parameter: &str, noun: &str) -> Vec<Request> {
    let Some(filter) = known.subject.filters.get(parameter) else {
        return Vec::new();
    };
    let texts = known.texts(&filter.member);
    let Some(&text) = texts.first() else {
        return Vec::new();
    };
    let ask = |what: &str, texts: &[&str], looks_at| {
        let check = checks[usize::from(texts.len() > 1)];
        known.find(check, what, Filter::of(parameter, texts), looks_at)
    };
    let mut requests = vec![ask(&format!("a {noun}"), &[text], LooksAt::Rows)];
    let schema = known.parameter(parameter).unwrap_or(&Value::Null);
    let item = schema.get("items").unwrap_or(schema);
    let is_vocabulary = |name: &str| item.get(name).is_some();
    if VOCABULARY.into_iter().any(is_vocabulary) {
        // Other values are refused, or not known to be of it.
        return requests;
    }
    let is_part = filter.comparison == Comparison::ContainsIgnoreCase;
    let length = text.chars().count();
    let part = |from, to| -> String { text.chars().take(to).skip(from).collect() };
    let more = format!("{text}_x");
    // A part of a name is no name, unless parts are compared, and neither is more than one.
    let others = match is_part {
        true => vec![part(1, length - 1), more],
        false => vec![part(0, length - 1), part(1, length), more],
    };
    for other in others.iter().map(String::as_str) {
        if !other.is_empty() && !texts.contains(&other) {
            let what = match is_part && text.contains(other) {
                true => format!("a part of a {noun}"),
                false => format!("a {noun} that is none"),
            };
            requests.push(ask(&what, &[other], LooksAt::Rows));
        }
    }
    let other = text.to_uppercase();
    if !texts.contains(&other.as_str()) {
        // How databases compare whole texts is theirs to say.
        let looks_at = if is_part {
            LooksAt::Rows
        } else {
            LooksAt::Case
        };
        requests.push(ask(&format!("the case of a {noun}"), &[&other], looks_at));
    }
    if known.is_of(parameter, &["array"]) {
        let several = among(&texts, NOBODY);
        requests.push(ask(&format!("several {noun}s"), &several, LooksAt::Rows));
    }
    requests
}

/// A request for the rows in a window.
pub(super) fn window(
    known: &Known<'_>,
    check: CheckId,
    window: Filter,
    looks_at: LooksAt,
) -> Request {
    let name = match looks_at {
        LooksAt::OneBound => "one bound",
        _ => "a window",
    };
    known.find(check, name, window, looks_at)
}

/// Windows around all rows and around one, before and behind all if that one does not show as
/// much; one bound alone.
pub(super) fn bounds(known: &Known<'_>, check: CheckId) -> Vec<Request> {
    let described = &known.subject.filters;
    let Some((first, last)) = span(&known.rows, described) else {
        return Vec::new();
    };
    let (first, last) = (first - MARGIN, last + MARGIN);
    let settled = known.rows.iter().filter(|row| is_settled(**row, described));
    let settled: Vec<_> = settled.filter_map(|row| times(*row, described)).collect();
    let one = settled.get(settled.len() / 2);
    let one = one.map(|(first, last)| (*first - MARGIN, *last + MARGIN));
    // Rows before the one show that windows begin, those behind it that they end.
    let begins = one.is_some_and(|(start, _)| settled.iter().any(|(_, last)| *last < start));
    let ends = one.is_some_and(|(_, end)| settled.iter().any(|(first, _)| *first > end));
    let before = Filter::window(first - TimeDelta::days(366), first);
    let behind = Filter::window(last, last + MARGIN * 2);
    let windows = [
        Some(Filter::window(first, last)),
        Some(before).filter(|_| !ends),
        Some(behind).filter(|_| !begins),
        one.map(|(start, end)| Filter::window(start, end)),
    ];
    let windows = windows.into_iter().flatten();
    let windows = windows.map(|filter| window(known, check, filter, LooksAt::Rows));
    let alone = [
        Filter::window(last, None),
        Filter::window(first, None),
        Filter::window(None, first),
        Filter::window(None, last),
    ];
    let alone = alone.map(|filter| window(known, check, filter, LooksAt::OneBound));
    windows.chain(alone).collect()
}
