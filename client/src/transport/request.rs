//! The requests that the generated operations make.

use http::HeaderMap;
use http::header::HeaderValue;
use percent_encoding::utf8_percent_encode;
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde_json::Value;

use super::signature::RESERVED;
use crate::error::Error;

/// A text as a segment of a path.
pub(crate) fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A request in the making.
pub(crate) struct RequestBuilder {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
    problem: Option<String>,
}

impl RequestBuilder {
    pub(crate) fn new(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            problem: None,
        }
    }

    /// A header, which may be absent.
    #[allow(dead_code, reason = "only some operations have parameters in headers")]
    pub(crate) fn header<T: Serialize>(mut self, name: &'static str, value: &T) -> Self {
        for text in self.texts(name, value) {
            match HeaderValue::try_from(text) {
                Ok(value) => _ = self.headers.insert(name, value),
                Err(error) => self.problem = Some(format!("`{name}`: {error}")),
            }
        }
        self
    }

    /// A parameter of the query, which may be absent or a list. A blank goes out as `%20`: not
    /// every server reads the form encoding `+` as a blank.
    pub(crate) fn query<T: Serialize>(mut self, name: &str, value: &T) -> Self {
        for text in self.texts(name, value) {
            let separator = if self.url.contains('?') { '&' } else { '?' };
            self.url.push(separator);
            self.url.extend(utf8_percent_encode(name, RESERVED));
            self.url.push('=');
            self.url.extend(utf8_percent_encode(&text, RESERVED));
        }
        self
    }

    /// The texts of a value: none if it is absent, several if it is a list.
    fn texts<T: Serialize>(&mut self, name: &str, value: &T) -> Vec<String> {
        let items = match serde_json::to_value(value) {
            Ok(Value::Null) => Vec::new(),
            Ok(Value::Array(items)) if items.is_empty() => {
                self.problem = Some(format!(
                    "`{name}` is an empty list, which would ask for everything; leave it out for that"
                ));
                items
            }
            Ok(Value::Array(items)) => items,
            Ok(value) => vec![value],
            Err(error) => {
                self.problem = Some(format!("`{name}`: {error}"));
                Vec::new()
            }
        };
        let texts = items.into_iter().filter_map(|item| match item {
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Number(_) => Some(item.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.problem = Some(format!("`{name}` is no text and no number"));
                None
            }
        });
        texts.collect()
    }

    #[allow(dead_code, reason = "only operations that write have a body")]
    pub(crate) fn json<T: Serialize>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body = body,
            Err(error) => self.problem = Some(format!("its body: {error}")),
        }
        self
    }

    /// The request.
    ///
    /// # Errors
    ///
    /// If an argument cannot be sent, or there is no such URL.
    pub(crate) fn build(self) -> Result<Request, Error> {
        if let Some(problem) = self.problem {
            return Err(Error::configuration("request", problem));
        }
        request(self.method, &self.url, self.headers, self.body)
    }
}

/// A request; an empty body is none.
///
/// # Errors
///
/// If there is no such URL.
pub(crate) fn request(
    method: Method,
    url: &str,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<Request, Error> {
    let url = Url::parse(url).map_err(|error| Error::configuration("request", error))?;
    let mut request = Request::new(method, url);
    *request.headers_mut() = headers;
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_of_the_query_are_encoded_one_by_one() {
        for (value, query) in [
            (json!(null), None),
            (json!(7), Some("a%20b=7")),
            (json!(true), Some("a%20b=true")),
            (json!("x y+&=ä"), Some("a%20b=x%20y%2B%26%3D%C3%A4")),
            (json!(["x", "y,z"]), Some("a%20b=x&a%20b=y%2Cz")),
        ] {
            let builder = RequestBuilder::new(Method::GET, "http://ocp/a".into());
            let request = builder.query("a b", &value).build();
            let Ok(request) = request else {
                panic!("{value} was refused");
            };
            assert_eq!(request.url().query(), query);
        }
        for (value, why) in [
            (json!({"a": 1}), "`a` is no text and no number"),
            (json!([null]), "`a` is no text and no number"),
            (
                json!([]),
                "`a` is an empty list, which would ask for everything; leave it out for that",
            ),
        ] {
            let builder = RequestBuilder::new(Method::GET, "http://ocp/a".into());
            let error = builder.query("a", &value).build().err().unwrap();
            assert_eq!(error.to_string(), format!("`request` is unusable: {why}"));
        }
    }

    #[test]
    fn a_request_that_writes_has_its_body_and_its_headers() {
        let builder = RequestBuilder::new(Method::POST, "http://ocp/a".into());
        let builder = builder.header("x-reason", &"drill");
        let Ok(request) = builder.json(&json!({"a": 1})).build() else {
            panic!("it was refused");
        };
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers().len(), 1);
        let body = request.body().and_then(reqwest::Body::as_bytes);
        assert_eq!(body, Some(&br#"{"a":1}"#[..]));
    }
}
