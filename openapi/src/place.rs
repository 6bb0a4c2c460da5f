//! Places on the wire, whatever components the spec is made of.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A place on the wire, by its text: `request`, `security`, `query status[]`,
/// `200 data.contents[].id`, `429 header RateLimit-Reset`. Those of requests come first.
///
/// ```
/// use ocp_contract::evidence::Place;
///
/// let row = Place::response(200).member("data").member("contents").items();
/// assert_eq!(row.member("id").to_string(), "200 data.contents[].id");
/// assert!(row.covers(&row.member("id")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Place(String);

impl Place {
    /// Method, path and what else is said of the operation.
    pub(crate) fn request() -> Self {
        Self("request".to_owned())
    }

    /// The credentials that the operation takes.
    pub(crate) fn security() -> Self {
        Self("security".to_owned())
    }

    /// A parameter, by its name on the wire.
    pub(crate) fn parameter(location: &str, name: &str) -> Self {
        Self(format!("{location} {name}"))
    }

    /// The response of a status, `200`, or of a class, `4XX`.
    pub fn response(status: impl fmt::Display) -> Self {
        Self(status.to_string())
    }

    /// A header of this response.
    pub(crate) fn header(&self, name: &str) -> Self {
        Self(format!("{self} header {name}"))
    }

    /// The place of a member.
    pub fn member(&self, name: &str) -> Self {
        let separator = if self.as_status().is_some() { ' ' } else { '.' };
        Self(format!("{self}{separator}{name}"))
    }

    /// The place of the items, all of them.
    pub fn items(&self) -> Self {
        Self(format!("{self}[]"))
    }

    /// True if a place is this one or a part of it.
    pub fn covers(&self, other: &Self) -> bool {
        let rest = other.0.strip_prefix(&self.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.', '[']))
    }

    /// Location and name of a parameter as a whole.
    pub(crate) fn as_parameter(&self) -> Option<(&str, &str)> {
        let parameter = self.0.split_once(' ');
        parameter.filter(|(_, name)| !self.is_in_response() && !name.contains('['))
    }

    /// Status or class of a response as a whole.
    pub(crate) fn as_status(&self) -> Option<&str> {
        let is_whole = self.is_in_response() && !self.0.contains([' ', '[']);
        is_whole.then_some(&self.0)
    }

    /// The way into the body of a response: `data.contents[].id`, empty for the body.
    pub fn path(&self) -> &str {
        let cut = self.0.find([' ', '[']).unwrap_or(self.0.len());
        self.0[cut..].trim_start()
    }

    fn is_in_response(&self) -> bool {
        matches!(self.0.as_bytes(), [b'0'..=b'9', ..])
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_in_response(), other.is_in_response()) {
            (false, true) => Ordering::Less,
            (true, false) => Ordering::Greater,
            _ => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_it_is_read() {
        let page = Place::response(200).member("data").member("page");
        let codes = Place::response(429).member("error").member("subErrors");
        for (place, text, path) in [
            (Place::request(), "request", ""),
            (
                Place::parameter("query", "status").items(),
                "query status[]",
                "status[]",
            ),
            (Place::response("4XX"), "4XX", ""),
            (
                Place::response(200).items().member("id"),
                "200[].id",
                "[].id",
            ),
            (page, "200 data.page", "data.page"),
            (
                codes.items().member("code"),
                "429 error.subErrors[].code",
                "error.subErrors[].code",
            ),
        ] {
            assert_eq!(place.to_string(), text);
            assert_eq!(place.path(), path);
        }
        let header = Place::response(429).header("RateLimit-Reset");
        assert_eq!(header.to_string(), "429 header RateLimit-Reset");
    }

    #[test]
    fn a_place_covers_what_is_below_it() {
        let covers = |above: &str, below: &str| {
            let [above, below] = [above, below].map(|text| Place(text.to_owned()));
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
