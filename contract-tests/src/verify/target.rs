//! The OCP to verify, and how.

use std::path::Path;
use std::time::Duration;

use oceanbase_ocp::{Client, ClientBuilder, Error};

use super::arguments::Arguments;
use super::identity::Identity;

/// The OCP to verify, and how.
#[derive(Clone)]
pub struct Target<'a> {
    /// The name in reports.
    pub name: String,
    /// Base URL.
    pub url: &'a str,
    /// The option or the variable that it came from.
    pub url_from: &'static str,
    /// Base URL in the command lines of findings.
    pub shown_url: &'a str,
    /// The caller.
    pub identity: Identity,
    /// More certificate authorities, in PEM form, and the option or the variable that they
    /// came from.
    pub certificates: Option<(&'static str, Vec<u8>)>,
    /// How long a request may take.
    pub timeout: Duration,
    /// Values of path parameters. Operations that lack one are left out.
    pub arguments: Arguments,
    /// Ids of the operations to verify, which must then be offered; all, if empty.
    pub operations: Vec<String>,
    /// At most so many requests for each operation that is verified.
    pub max_requests: usize,
    /// True if one request may go out without credentials.
    pub check_authentication: bool,
    /// The folder in which the exchanges are kept.
    pub record: Option<&'a Path>,
}

impl Target<'_> {
    /// The settings of a client for this OCP.
    pub(super) fn client(&self) -> Result<ClientBuilder, Error> {
        let builder = Client::builder(self.url)
            .credentials(self.identity.credentials()?)
            .timeout(self.timeout)
            .connect_timeout(self.timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("oceanbase-ocp-verify/", env!("CARGO_PKG_VERSION")));
        Ok(match &self.certificates {
            Some((_, pem)) => builder.root_certificate_pem(pem.as_slice()),
            None => builder,
        })
    }

    /// A message of the client, with the names that its settings have for people.
    pub(super) fn in_options(&self, message: &str) -> String {
        let certificates = self.certificates.as_ref();
        let certificates = certificates.map_or("--ca-certificate", |(name, _)| name);
        // A variable holds the text itself, an option names its file.
        let message = match certificates {
            "--ca-certificate" => {
                message.replace("; expected is the text of one, not the path of a file", "")
            }
            _ => message.to_owned(),
        };
        message
            .replace("use `credentials`", "set OCP_USER and OCP_PASSWORD instead")
            .replace("`credentials`", "the user, the key or the secret")
            .replace("`base_url`", &format!("`{}`", self.url_from))
            .replace("`root_certificate_pem`", &format!("`{certificates}`"))
            .replace("`timeout`", "`--timeout`")
    }

    /// Names that are not kept: of the user and of the host.
    pub(super) fn names(&self) -> Vec<String> {
        let user = match &self.identity {
            Identity::User(name, _) | Identity::AccessKey(name, ..) => Some(name.clone()),
            Identity::Nobody => None,
        };
        let url = reqwest::Url::parse(self.url).ok();
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        user.into_iter().chain(host).collect()
    }
}

/// A base URL as the HTTP client writes it: the host in small letters, no port
/// if it is the usual one, no slash at the end.
pub(super) fn plain(url: &str) -> String {
    let url = url.trim();
    let parsed = reqwest::Url::parse(url).map_or_else(|_| url.to_owned(), Into::into);
    parsed.trim_end_matches('/').to_owned()
}
