//! What the generated operations do with a request: the hook that they all go
//! through.

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::Client;

impl ClientHooks for Client {
    async fn exec(
        &self,
        mut request: reqwest::Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        as_documented(&mut request);
        self.client.execute(request).await
    }
}

/// Gives a generated request the form that OCP documents.
fn as_documented(request: &mut reqwest::Request) {
    // progenitor adds the version of the *description* to every request.
    request.headers_mut().remove("api-version");
    // "API call description", request headers: required on every request.
    request
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // The form encoding of a blank is `+`, which not every server reads as a
    // blank; a real plus sign is already `%2B` at this point.
    let url = request.url_mut();
    if let Some(query) = url.query().filter(|query| query.contains('+')) {
        let query = query.replace('+', "%20");
        url.set_query(Some(&query));
    }
}
