//! How a client is made.

use std::time::Duration;

use crate::{Client, Error};

/// Time to reach the server, and time for a whole call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);

impl Client {
    /// A client for the OCP at this base URL, such as `http://ocp.example:8080`.
    ///
    /// A path prefix is kept; a slash at the end makes no difference. The
    /// connection must stand within 10 seconds, a call must end within 60.
    /// Redirects are not followed: OCP answers with one only when it wants a
    /// person to log in.
    ///
    /// # Errors
    ///
    /// When the base URL is not an `http://` or `https://` URL with a host and
    /// without user, query and fragment, or when TLS cannot be set up.
    ///
    /// ```
    /// let client = oceanbase_ocp::Client::new("http://localhost:8080/")?;
    /// assert!(oceanbase_ocp::Client::new("localhost:8080").is_err());
    /// # drop(client);
    /// # Ok::<(), oceanbase_ocp::Error>(())
    /// ```
    pub fn new(base_url: &str) -> Result<Self, Error> {
        let url = reqwest::Url::parse(base_url)
            .map_err(|error| Error::new(format!("the base URL cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(Error::new(
                "the base URL must begin with http:// or https://",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(
                "the base URL must not hold a user or a password",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::new(
                "the base URL must not have a query or a fragment",
            ));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            .build()
            .map_err(|error| Error::new("the HTTP client cannot be set up").caused_by(error))?;
        Ok(Self::new_with_client(
            url.as_str().trim_end_matches('/'),
            http,
        ))
    }
}
