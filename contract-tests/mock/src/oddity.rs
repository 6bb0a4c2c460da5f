//! What real servers are known, or may be expected, to do differently.

use serde::Deserialize;
use serde_json::{Value, json};

use super::states::STATES;

/// One known oddity of real servers. None of them is a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Oddity {
    /// Ids are beyond 2^53 and hence JSON strings.
    LargeIds,
    /// Members without a value are null instead of absent.
    Nulls,
    /// `page.size` tells the rows that came instead of the size asked for.
    RowsAsSize,
    /// `totalPage`, the documented name, stands beside `totalPages`.
    TotalPage,
    /// Times of tasks have an offset without a colon: `+0800`.
    CompactOffsets,
    /// A task that runs is in a state that nobody has listed.
    NewWords,
    /// Rows have members of the sibling operation.
    ExtraMembers,
    /// The status filter knows display labels only.
    LabelsOnly,
    /// The status filter knows machine names only.
    MachineNamesOnly,
    /// A status that the filter does not know is refused with HTTP 400.
    UnknownWordIsRefused,
    /// Several values are taken repeated only, not joined by commas.
    RepeatOnly,
    /// One bound of the time window alone is refused.
    BothBounds,
    /// The time window is that of `finishTime`.
    WindowOfFinish,
    /// Times in queries must be in UTC.
    UtcOnly,
    /// Error codes are numbers.
    NumericCodes,
    /// The oldest task comes first.
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
    /// An unknown tenant has an empty list instead of HTTP 400.
    UnknownTenantIsEmpty,
    /// `errorMsg` is absent instead of empty.
    AbsentErrorMsg,
    /// Errors also have `debugMessage`; those of a parameter `target` and `subErrors`.
    ErrorDetails,
    /// A page past the end tells totals that reach up to it.
    OverrunTotals,
    /// An empty list tells one page, of size 0.
    EmptyPageOfNone,
}

impl Oddity {
    /// Changes the body of a success.
    pub(super) fn apply(self, body: &mut Value) {
        let page = body.pointer_mut("/data/page");
        if let (Self::TotalPage, Some(page)) = (self, page) {
            page["totalPage"] = page["totalPages"].clone();
        }
        let rows = body.pointer_mut("/data/contents");
        for row in rows.and_then(Value::as_array_mut).into_iter().flatten() {
            self.apply_to_row(row);
        }
    }

    fn apply_to_row(self, row: &mut Value) {
        match self {
            Self::LargeIds => {
                let id = row["id"].as_i64().unwrap_or_default();
                row["id"] = ((1 << 60) + id).to_string().into();
            }
            Self::Nulls => {
                if row.get("finishTime").is_none() {
                    row["finishTime"] = Value::Null;
                }
                row["progress"] = Value::Null;
            }
            Self::CompactOffsets => {
                for name in ["createTime", "finishTime", "restoreEndTime"] {
                    if let Some(text) = row.get(name).and_then(Value::as_str) {
                        row[name] = text.replace('Z', "+0000").into();
                    }
                }
            }
            Self::NewWords if row["finished"] == false => {
                row["status"] = "RESTORE_WAIT_QUICK_RESTORE".into();
            }
            Self::AbsentErrorMsg if row["errorMsg"] == "" => {
                row.as_object_mut().map(|row| row.remove("errorMsg"));
            }
            Self::ExtraMembers => {
                row["ocpJobId"] = json!(-1);
                row["backupClusterId"] = json!(1_000_005);
            }
            _ => {}
        }
    }

    /// Whether a server with this oddity has the word in its status filter.
    pub(super) fn knows(self, word: &str) -> bool {
        match self {
            Self::LabelsOnly => STATES.filter_values.iter().any(|label| label == word),
            Self::MachineNamesOnly => STATES.labels.contains_key(word),
            _ => false,
        }
    }
}
