//! The checks that send requests, in the order in which they are made.

mod filters;
mod pages;
mod refusals;
mod window;

use super::check::CheckId;
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
    use CheckId::{
        ArrayStyle, Authentication, DocumentedRequest, ErrorEnvelope, FilterClusterName,
        FilterWords, FiltersTogether, Paging, Repeat, TimeForms, TimeWindow,
    };
    let mut expected = vec![
        DocumentedRequest,
        Paging,
        FilterClusterName,
        FilterWords,
        TimeWindow,
        TimeForms,
        FiltersTogether,
        ArrayStyle,
        Repeat,
        ErrorEnvelope,
    ];
    if permissions.authentication {
        expected.push(Authentication);
    } else {
        run.skip(
            Authentication,
            "a refused log-in counts against the caller; --check-authentication allows one",
        );
    }
    run.expect(expected);
    pages::documented(run).await?;
    run.ended(DocumentedRequest);
    pages::all(run).await?;
    filters::cluster_names(run).await?;
    run.ended(FilterClusterName);
    filters::words(run).await?;
    run.ended(FilterWords);
    window::bounds(run).await?;
    run.ended(TimeWindow);
    window::forms(run).await?;
    run.ended(TimeForms);
    filters::together(run).await?;
    run.ended(FiltersTogether);
    filters::styles(run).await?;
    run.ended(ArrayStyle);
    pages::questions(run).await?;
    run.ended(Paging);
    pages::repeat(run).await?;
    run.ended(Repeat);
    refusals::all(run).await?;
    run.ended(ErrorEnvelope);
    if permissions.authentication {
        refusals::without_credentials(run).await?;
    }
    Ok(())
}
