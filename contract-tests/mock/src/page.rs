//! Pages of a list.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::Variant;
use crate::query::first;
use crate::response::Refusal;

/// The largest page; OCP documents it for most lists.
const LARGEST: u64 = 2000;
/// The page without `size`.
const DEFAULT: u64 = 10;

/// `data` of the response: the page of the rows that a query asks for, and where it stands.
pub(crate) fn page(
    rows: Vec<Cow<'_, Value>>,
    query: &[(String, String)],
    variants: &[Variant],
) -> Result<Value, Refusal> {
    let is = |variant| variants.contains(&variant);
    let number = |name| first(query, name).and_then(|text| text.parse::<i64>().ok());
    let positive = |name| {
        let number = number(name).and_then(|number| u64::try_from(number).ok());
        number.filter(|number| *number > 0)
    };
    if is(Variant::PageZeroFails) && number("page").is_some_and(|page| page < 1) {
        let message = "Page index must not be less than zero";
        return Err(Refusal::new(500, "", message));
    }
    let largest = if is(Variant::AtMost50) { 50 } else { LARGEST };
    let is_size = positive("size").is_some_and(|size| size <= largest);
    if let (true, false, Some(sent)) = (is(Variant::SizeRefused), is_size, first(query, "size")) {
        let message = format!("The parameter 'size' must be between 1 and {largest}");
        return Err(Refusal::new(400, "COM10001", message).about("size", sent));
    }
    let is_largest = is(Variant::LargestByDefault);
    let usual = if is_largest { LARGEST } else { DEFAULT };
    // Spring takes what is no page for the first one, and no size for the usual one.
    let number = positive("page").unwrap_or(1);
    let size = positive("size").unwrap_or(usual).min(largest);

    let count = rows.len() as u64;
    let offset = (number - 1).saturating_mul(size);
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    // A page is copied, not the whole list.
    let shown = rows.into_iter().skip(skipped).take(size as usize);
    let shown: Vec<Value> = shown.map(Cow::into_owned).collect();
    let is_overrun = shown.is_empty() && is(Variant::OverrunTotals);
    let total = if is_overrun { offset } else { count };
    let is_rows = is(Variant::RowsAsSize);
    let mut page = json!({
        "number": number,
        "size": if is_rows { shown.len() as u64 } else { size },
        "totalElements": total,
        "totalPages": total.div_ceil(size),
    });
    if count == 0 && is(Variant::EmptyPageOfNone) {
        page["size"] = 0.into();
        page["totalPages"] = 1.into();
    }
    if is(Variant::TotalPage) {
        page["totalPage"] = page["totalPages"].clone();
    }
    let mut data = json!({ "page": page });
    // `json!` would copy all rows.
    data["contents"] = shown.into();
    Ok(data)
}
