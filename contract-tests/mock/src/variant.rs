//! Conforming variants of the vendor's stack: what real servers do differently.

use ocp_contract::List;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One thing that real servers are known, or may be expected, to do differently. None of
/// them is a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Variant {
    /// Ids are beyond 2^53 and hence JSON strings.
    LargeIds,
    /// Members without a value are null instead of absent.
    Nulls,
    /// `page.size` is the number of rows that came instead of the size asked for.
    RowsAsSize,
    /// `totalPage`, the documented name, stands beside `totalPages`.
    TotalPage,
    /// Times of rows have an offset without a colon: `+0800`.
    CompactOffsets,
    /// Tasks that run are in a state that no document lists.
    NewValues,
    /// Rows have some members of the sibling operation.
    ExtraMembers,
    /// A filter by state knows display labels only.
    LabelsOnly,
    /// A filter by state knows machine names only.
    MachineNamesOnly,
    /// A state that the filter does not know is refused with HTTP 400.
    UnknownValueIsRefused,
    /// Several values are taken repeated only, not joined by commas.
    RepeatOnly,
    /// One bound of the time window alone is refused.
    BothBounds,
    /// A time window compares the end of a row, not its beginning.
    WindowOfFinish,
    /// Times in queries must be in UTC.
    UtcOnly,
    /// Error codes are numbers.
    NumericCodes,
    /// The oldest row comes first.
    OldestFirst,
    /// An id in the path that is not digits only is an unknown path: HTTP 200, HTML.
    UnknownPath,
    /// `page` below 1 is HTTP 500.
    PageZeroFails,
    /// `size` below 1, or above the largest, is HTTP 400.
    SizeRefused,
    /// Without `size` a page has 2000 rows instead of 10.
    LargestByDefault,
    /// Pages have at most 50 rows, and `page` says so.
    #[serde(rename = "at-most-50")]
    #[cfg_attr(feature = "clap", value(name = "at-most-50"))]
    AtMost50,
    /// A signature covers the query as `java.net.URLEncoder` encodes it: a blank as `+`, `~`
    /// as `%7E`, `*` as it is.
    UrlEncoderSignature,
    /// An unknown id below another one, as a tenant's is below its cluster's, has an
    /// empty list instead of a refusal.
    UnknownIdIsEmpty,
    /// Optional members without text are absent instead of empty.
    EmptyTextsAbsent,
    /// Errors also have `debugMessage`; those of a parameter `target` and `subErrors`.
    ErrorDetails,
    /// A page past the end has totals that reach up to it.
    OverrunTotals,
    /// An empty list has one page, of size 0.
    EmptyPageOfNone,
}

impl Variant {
    /// Changes a row, by what the description says of its members.
    pub(crate) fn apply(self, row: &mut Map<String, Value>, list: &List) {
        let members = list.row["properties"].as_object().into_iter().flatten();
        match self {
            Self::LargeIds => {
                if let Some(id) = row.get("id").and_then(Value::as_i64) {
                    row.insert("id".into(), ((1 << 60) + id).to_string().into());
                }
            }
            Self::Nulls => {
                for (name, _) in members {
                    row.entry(name).or_insert(Value::Null);
                }
            }
            Self::CompactOffsets => {
                for (name, _) in members.filter(|(_, schema)| schema["format"] == "date-time") {
                    if let Some(Value::String(time)) = row.get_mut(name) {
                        *time = time.replace('Z', "+0000");
                    }
                }
            }
            Self::EmptyTextsAbsent => {
                let required = list.row["required"].as_array();
                let is_required =
                    |name: &str| required.is_some_and(|all| all.contains(&name.into()));
                row.retain(|name, value| value != "" || is_required(name));
            }
            _ => {}
        }
    }
}
