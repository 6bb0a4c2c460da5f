//! Parameters of a query, as Spring binds them.

/// One value: the first that is sent; an empty one is none.
pub(crate) fn first<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = query.iter().find(|(key, _)| key == name)?;
    Some(found.1.as_str()).filter(|value| !value.is_empty())
}

/// A list: a single value is split at its commas, several are not.
pub(crate) fn values<'a>(
    query: &'a [(String, String)],
    name: &str,
    repeat_only: bool,
) -> Vec<&'a str> {
    let sent: Vec<&str> = query
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .collect();
    match sent.as_slice() {
        [] | [""] => Vec::new(),
        [one] if !repeat_only => one.split(',').collect(),
        _ => sent,
    }
}
