//! Parameters of a query, as Tomcat decodes and Spring binds them.

/// Names and values of a query; a parameter that cannot be decoded is left out.
pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    let is_encoded = |part: &&str| {
        let mut escapes = part.split('%').skip(1);
        escapes.all(|rest| {
            let digits = rest.as_bytes().get(..2);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
    };
    let parts = query.split('&').filter(is_encoded);
    parts
        .flat_map(|part| url::form_urlencoded::parse(part.as_bytes()).into_owned())
        .collect()
}

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
    let sent = query.iter().filter(|(key, _)| key == name);
    let sent: Vec<&str> = sent.map(|(_, value)| value.as_str()).collect();
    match sent.as_slice() {
        [""] => Vec::new(),
        [one] if !repeat_only => one.split(',').collect(),
        _ => sent,
    }
}
