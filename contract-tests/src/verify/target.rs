//! The OCP to verify, and how.

use std::path::Path;
use std::time::Duration;

use super::arguments::Arguments;
use super::identity::Identity;

/// The OCP to verify, and how.
#[derive(Clone)]
pub struct Target<'a> {
    /// What it is called in reports.
    pub name: String,
    /// Base URL.
    pub url: &'a str,
    /// Base URL in the command lines of findings.
    pub shown_url: &'a str,
    /// Who asks.
    pub identity: Identity,
    /// More certificate authorities, in PEM form.
    pub certificates: Option<Vec<u8>>,
    /// How long a request may take.
    pub timeout: Duration,
    /// What to ask for. Operations whose arguments are not all there are left out.
    pub arguments: Arguments,
    /// Ids of the operations to verify, which must then be offered; all, if empty.
    pub operations: Vec<String>,
    /// At most so many requests.
    pub max_requests: usize,
    /// Whether one request may go out without credentials.
    pub check_authentication: bool,
    /// Where to keep the exchanges.
    pub record: Option<&'a Path>,
}

impl Target<'_> {
    /// Names that are not kept: of the user and of the host.
    pub(super) fn names(&self) -> Vec<String> {
        let user = match &self.identity {
            Identity::User(name, _) | Identity::AccessKey(name, _) => Some(name.clone()),
            Identity::Nobody => None,
        };
        let url = reqwest::Url::parse(self.url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        user.into_iter().chain(host).collect()
    }
}
