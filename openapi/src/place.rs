//! Places on the wire, whatever components the spec is made of.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use crate::Location;
use crate::document::escape;

/// A place on the wire. As text: `request`, `query status[]`,
/// `200 data.contents[].id`, `429 header RateLimit-Reset`.
///
/// ```
/// use ocp_contract::evidence::Place;
///
/// let row: Place = "200 data.contents[]".parse()?;
/// assert_eq!(row.member("id").to_string(), "200 data.contents[].id");
/// assert!(row.covers(&row.member("id")));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Place {
    /// The part of the exchange.
    pub root: Root,
    /// The way from there.
    pub path: Vec<Step>,
}

/// The part of an exchange that a place is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// Method, path and what else is said of the operation.
    Request,
    /// The credentials that it takes.
    Security,
    /// A parameter, by its name on the wire.
    Parameter(Location, String),
    /// The response of a status, `200`, or of a class, `4XX`.
    Response(String),
    /// A header of a response.
    Header(String, String),
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// The items of an array, all of them.
    Items,
}

impl Place {
    /// The place of something as a whole.
    pub fn of(root: Root) -> Self {
        let path = Vec::new();
        Self { root, path }
    }

    /// A parameter.
    pub(crate) fn parameter(location: Location, name: &str) -> Self {
        Self::of(Root::Parameter(location, name.to_owned()))
    }

    /// The response of a status or of a class.
    pub fn response(status: impl fmt::Display) -> Self {
        Self::of(Root::Response(status.to_string()))
    }

    /// The place one step further.
    pub(crate) fn step(&self, step: Step) -> Self {
        let mut place = self.clone();
        place.path.push(step);
        place
    }

    /// The place of a member.
    pub fn member(&self, name: &str) -> Self {
        self.step(Step::Member(name.to_owned()))
    }

    /// The place of the items.
    pub fn items(&self) -> Self {
        self.step(Step::Items)
    }

    /// The place of the object or array that this is a part of, and the step from
    /// there; `None` for what stands alone.
    pub fn parent(&self) -> Option<(Self, &Step)> {
        let (last, path) = self.path.split_last()?;
        let (root, path) = (self.root.clone(), path.to_vec());
        Some((Self { root, path }, last))
    }

    /// True if a place is this one or a part of it.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Root::Response(status), Root::Header(of, _)) => self.path.is_empty() && status == of,
            (one, other_root) => one == other_root && other.path.starts_with(&self.path),
        }
    }

    /// The way from the root: `data.contents[].id`, empty for the root.
    pub fn path(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Items => text.push_str("[]"),
                Step::Member(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
            }
        }
        text
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (root, path) = (&self.root, self.path());
        match root {
            Root::Request => f.write_str("request")?,
            Root::Security => f.write_str("security")?,
            Root::Parameter(location, name) => write!(f, "{location} {name}")?,
            Root::Response(status) => f.write_str(status)?,
            Root::Header(status, name) => write!(f, "{status} header {name}")?,
        }
        let is_body = matches!(root, Root::Response(_));
        let separator = match path.chars().next() {
            None | Some('[') => "",
            Some(_) if is_body => " ",
            Some(_) => ".",
        };
        write!(f, "{separator}{path}")
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a place like `query status[]` or `200 data.page`");
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let is_status = first.len() == 3 && first.starts_with(|c: char| c.is_ascii_digit());
        let (root, path) = match (first, rest) {
            ("request", "") => (Root::Request, ""),
            ("security", "") => (Root::Security, ""),
            (status, rest) if is_status => match rest.strip_prefix("header ") {
                Some(name) => (Root::Header(status.into(), name.into()), ""),
                None => (Root::Response(status.into()), rest),
            },
            (location, rest) if !rest.is_empty() => {
                let location = Location::named(location).ok_or_else(wrong)?;
                let cut = rest.find(['[', '.']).unwrap_or(rest.len());
                (Root::Parameter(location, rest[..cut].into()), &rest[cut..])
            }
            _ => return Err(wrong()),
        };
        let mut place = Self::of(root);
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let name = part.trim_end_matches("[]");
            if !name.is_empty() {
                place = place.member(name);
            }
            for _ in 0..(part.len() - name.len()) / 2 {
                place = place.items();
            }
        }
        (place.to_string() == text)
            .then_some(place)
            .ok_or_else(wrong)
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Calls `visit` for a JSON value and everything in it, with its place and its
/// JSON pointer: containers first, members and items in their order.
pub fn walk(value: &Value, at: &Place, visit: &mut impl FnMut(&Place, &str, &Value)) {
    fn step(
        value: &Value,
        at: &Place,
        pointer: &str,
        visit: &mut impl FnMut(&Place, &str, &Value),
    ) {
        visit(at, pointer, value);
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    step(item, &at.items(), &format!("{pointer}/{index}"), visit);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let pointer = format!("{pointer}/{}", escape(name));
                    step(member, &at.member(name), &pointer, visit);
                }
            }
            _ => {}
        }
    }
    step(value, at, "", visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in [
            "request",
            "security",
            "path id",
            "query status[]",
            "header Content-Type",
            "200",
            "4XX",
            "200 data.contents[].id",
            "429 error.subErrors[].code",
            "429 header RateLimit-Reset",
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for text in ["", "query", "request line", "body x", "200 a..b", "200 "] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_covers_what_is_below_it() {
        let covers = |above: &str, below: &str| {
            let [above, below] = [above, below].map(|text| text.parse::<Place>().unwrap());
            above.covers(&below)
        };
        assert!(covers("429", "429 error.code"));
        assert!(covers("429", "429 header RateLimit-Reset"));
        assert!(covers("200 data", "200 data"));
        assert!(covers("query status", "query status[]"));
        assert!(!covers("200 data.page", "200 data.pages"));
        assert!(!covers("200 data.page", "200 data"));
        assert!(!covers("query status", "200 status"));
        assert!(!covers("429 error", "429 header RateLimit-Reset"));
    }
}
