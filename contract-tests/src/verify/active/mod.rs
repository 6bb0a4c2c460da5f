//! Active checks: they send requests of their own, in this order.

mod pages;
mod refusals;

use super::check::{AUTHENTICATION, CheckId, DOCUMENTED_REQUEST, ERROR_ENVELOPE, PAGING, REPEAT};
use super::operations::ActiveKind;
use super::run::Run;
use super::session::Stop;

/// What a run may do that not everybody wants done to a real OCP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Permissions {
    /// One request without credentials, which counts as a failed log-in.
    pub(super) authentication: bool,
}

/// Makes every check, as long as OCP answers.
///
/// `kind` makes those of the rows' kind, which are `of_kind`.
pub(super) async fn all(
    run: &mut Run<'_>,
    permissions: Permissions,
    kind: &dyn ActiveKind,
    of_kind: Vec<CheckId>,
) -> Result<(), Stop> {
    let mut expected = vec![DOCUMENTED_REQUEST, PAGING];
    expected.extend(of_kind);
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
    run.session.ask_version().await?;
    pages::all(run).await?;
    kind.requests(run).await?;
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
