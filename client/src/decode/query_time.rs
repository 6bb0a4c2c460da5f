//! Times in queries, which the generator cannot make from their schema.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, ErrorKind};

/// A time in a query: UTC, to the second, `YYYY-MM-DDThh:mm:ssZ` as OCP
/// documents it.
///
/// Made from a [`DateTime<Utc>`], whose fraction of a second is cut off, or
/// from text in exactly that form.
///
/// ```
/// use oceanbase_ocp::QueryTime;
///
/// let time: QueryTime = "2024-08-06T00:00:00Z".parse()?;
/// assert_eq!(time.to_string(), "2024-08-06T00:00:00Z");
/// assert!("2024-08-06 00:00".parse::<QueryTime>().is_err());
/// # Ok::<(), oceanbase_ocp::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryTime(DateTime<Utc>);

const QUERY_FORM: &str = "%Y-%m-%dT%H:%M:%SZ";

impl QueryTime {
    /// The instant.
    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for QueryTime {
    fn from(instant: DateTime<Utc>) -> Self {
        // `timestamp` rounds down, before 1970 as well.
        Self(DateTime::from_timestamp(instant.timestamp(), 0).unwrap_or(instant))
    }
}

impl std::str::FromStr for QueryTime {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let time =
            NaiveDateTime::parse_from_str(text, QUERY_FORM).map(|time| Self::from(time.and_utc()));
        match time {
            // chrono also takes missing zeros and a sixtieth second.
            Ok(time) if time.to_string() == text => Ok(time),
            _ => {
                let what = format!("`{text}` is not a UTC time of the form YYYY-MM-DDThh:mm:ssZ");
                Err(Error::new(ErrorKind::Configuration, what))
            }
        }
    }
}

impl TryFrom<&str> for QueryTime {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        text.parse()
    }
}

impl fmt::Display for QueryTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format(QUERY_FORM))
    }
}

impl Serialize for QueryTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QueryTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for QueryTime {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QueryTime".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::QueryTime;

    #[test]
    fn a_query_time_has_one_spelling() {
        for text in ["2024-08-06T00:00:00Z", "1999-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<QueryTime>().unwrap().to_string(), text);
        }
        for text in [
            "2024-08-06T00:00:60Z",
            "2024-02-30T00:00:00Z",
            "2024-8-6T0:0:0Z",
            "2024-08-06T00:00:00+08:00",
            "2024-08-06T00:00:00.5Z",
            "",
        ] {
            assert!(text.parse::<QueryTime>().is_err(), "{text} was taken");
        }
    }

    #[test]
    fn a_fraction_is_cut_off() {
        let instant = "2024-08-08T08:25:39.999Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap();
        assert_eq!(QueryTime::from(instant).to_string(), "2024-08-08T08:25:39Z");
        let before_1970 = "1969-12-31T23:59:59.5Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap();
        assert_eq!(
            QueryTime::from(before_1970).to_string(),
            "1969-12-31T23:59:59Z"
        );
    }
}
