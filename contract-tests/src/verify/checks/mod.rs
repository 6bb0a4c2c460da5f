//! The checks that send requests, in the order in which they are made.

mod pages;
mod refusals;

use super::check::{AUTHENTICATION, DOCUMENTED_REQUEST, ERROR_ENVELOPE, PAGING, REPEAT};
use super::operations;
use super::provider::Stop;
use super::run::Run;

pub(super) use pages::SIZE;

/// What a run may do that not everybody wants done to a real OCP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Permissions {
    /// One request without credentials, which counts as a failed log-in.
    pub(super) authentication: bool,
}

/// Makes every check, as long as OCP answers.
pub(super) async fn all(run: &mut Run, permissions: Permissions) -> Result<(), Stop> {
    let mut expected = vec![DOCUMENTED_REQUEST, PAGING];
    expected.extend(operations::requesting(&run.provider.operation));
    expected.extend([REPEAT, ERROR_ENVELOPE]);
    if permissions.authentication {
        expected.push(AUTHENTICATION);
    } else {
        run.skip(
            AUTHENTICATION,
            "a refused log-in counts against the caller; --check-authentication allows one",
        );
    }
    run.expect(expected);
    pages::documented(run).await?;
    run.ended(DOCUMENTED_REQUEST);
    pages::all(run).await?;
    run.kind.requests(run).await?;
    pages::questions(run).await?;
    run.ended(PAGING);
    pages::repeat(run).await?;
    run.ended(REPEAT);
    refusals::all(run).await?;
    run.ended(ERROR_ENVELOPE);
    if permissions.authentication {
        refusals::without_credentials(run).await?;
        run.ended(AUTHENTICATION);
    }
    Ok(())
}
