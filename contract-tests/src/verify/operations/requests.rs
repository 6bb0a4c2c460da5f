//! What a kind of rows has, beyond passive checks.

use std::pin::Pin;

use crate::verify::kind::RowKind;
use crate::verify::run::Run;
use crate::verify::session::Stop;

/// Checks that send requests, as they are made.
pub(crate) type Requests<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// A kind of rows, and the checks of it that send requests.
pub(crate) trait ActiveKind: RowKind {
    /// Makes the checks that send requests of their own.
    fn requests<'a>(&'a self, _run: &'a mut Run<'_>) -> Requests<'a> {
        Box::pin(async { Ok(()) })
    }
}
