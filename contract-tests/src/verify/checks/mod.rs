//! The checks that send requests, in the order in which they are made.

mod filters;
mod pages;
mod refusals;
mod window;

use super::provider::Stop;
use super::run::Run;

/// What a run may do that not everybody wants done to a real OCP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Permissions {
    /// One request without credentials, which counts as a failed log-in.
    pub(super) authentication: bool,
}

/// Makes every check, as long as OCP answers.
pub(super) async fn all(run: &mut Run, permissions: Permissions) -> Result<(), Stop> {
    pages::documented(run).await?;
    pages::all(run).await?;
    filters::cluster_names(run).await?;
    filters::words(run).await?;
    window::bounds(run).await?;
    window::forms(run).await?;
    filters::together(run).await?;
    filters::styles(run).await?;
    pages::questions(run).await?;
    pages::repeat(run).await?;
    refusals::all(run).await?;
    if permissions.authentication {
        refusals::without_credentials(run).await?;
    } else {
        run.skip(
            "authentication",
            "a refused log-in counts against the caller; --check-authentication allows one",
        );
    }
    Ok(())
}
