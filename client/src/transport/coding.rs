//! Content codings: how a body was packed on its way (RFC 9110, section 8.4).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::error::{Error, ErrorKind};
use crate::redact::shortened;

/// The one coding that requests ask for.
pub(super) const ACCEPTED: &str = "gzip";

/// A body without its codings, which are undone in reverse order.
///
/// # Errors
///
/// [`ErrorKind::UnexpectedResponse`] for a coding that nobody asked for, a body that is not
/// what its header says, and one that is longer than `limit` bytes;
/// [`ErrorKind::Connection`] for one that is cut off.
pub(super) fn decoded<'a>(
    body: &'a [u8],
    headers: &HeaderMap,
    limit: usize,
) -> Result<Cow<'a, [u8]>, Error> {
    let mut body = Cow::Borrowed(body);
    let lines = headers.get_all(CONTENT_ENCODING).into_iter();
    let lines: Vec<_> = lines.map(|line| line.to_str().unwrap_or("?")).collect();
    let codings = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for coding in codings.map(str::trim).filter(|coding| !coding.is_empty()) {
        match coding.to_ascii_lowercase().as_str() {
            "identity" => {}
            // A response without content has nothing to unpack.
            "gzip" | "x-gzip" if body.is_empty() => {}
            "gzip" | "x-gzip" => body = unzipped(&body, limit)?.into(),
            _ => {
                return Err(unexpected(format!(
                    "the body is encoded as `{}`, which was not asked for: the request accepts {ACCEPTED}",
                    shortened(coding)
                )));
            }
        }
    }
    Ok(body)
}

fn unzipped(body: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let is_other = || unexpected("the header says that the body is gzip, and it is not".to_owned());
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Err(is_other());
    }
    let mut unzipped = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut reader = MultiGzDecoder::new(body).take(most);
    match reader.read_to_end(&mut unzipped) {
        Ok(_) if unzipped.len() > limit => Err(too_long(limit)),
        Ok(_) => Ok(unzipped),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            let what = "the response broke off: its gzip data have no end";
            Err(Error::new(ErrorKind::Connection, what).caused_by(error))
        }
        Err(error) => Err(is_other().caused_by(error)),
    }
}

/// The error for a body beyond the limit.
pub(super) fn too_long(limit: usize) -> Error {
    unexpected(format!(
        "the response is longer than {limit} bytes; ask for smaller pages, or raise `max_body_bytes`"
    ))
}

fn unexpected(what: String) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, what)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn codings_are_undone_whatever_their_case() {
        let once = gzip(b"{}");
        let cut = once[..once.len() - 9].to_vec();
        let twice = gzip(&once);
        for (lines, body, expected) in [
            (&[][..], &b"{}"[..], Ok("{}")),
            (&["gzip"], &once, Ok("{}")),
            (&["GZIP"], &once, Ok("{}")),
            (&["x-gzip"], &once, Ok("{}")),
            (&["identity"], b"{}", Ok("{}")),
            (&["", "identity, Gzip ,"], &once, Ok("{}")),
            (&["gzip, gzip"], &twice, Ok("{}")),
            (&["gzip", "gzip"], &twice, Ok("{}")),
            (&["gzip"], b"", Ok("")),
            (&["gzip"], &cut, Err("broke off")),
            (&["gzip"], b"{}", Err("it is not")),
            (&["br"], b"x", Err("encoded as `br`")),
            (&["deflate"], b"x", Err("encoded as `deflate`")),
            (&["gzip, zstd"], b"x", Err("encoded as `zstd`")),
            (&["gzip"], &gzip(&[b'x'; 101]), Err("longer than 100 bytes")),
        ] {
            let headers = lines
                .iter()
                .map(|line| (CONTENT_ENCODING, line.parse().unwrap()));
            let mut map = HeaderMap::new();
            headers.for_each(|(name, value)| {
                map.append(name, value);
            });
            match (decoded(body, &map, 100), expected) {
                (Ok(body), Ok(expected)) => assert_eq!(*body, *expected.as_bytes(), "{lines:?}"),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{lines:?}: {error}");
                }
                (found, expected) => panic!("{lines:?}: {found:?} and not {expected:?}"),
            }
        }
    }
}
