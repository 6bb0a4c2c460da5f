//! Questions that the documentation leaves open: their answers are reported, not judged.

use super::book::Book;
use crate::verify::checks::{ARRAY_STYLE, CheckId, PAGING, TIME_FORMS};
use crate::verify::finding::Observation;
use crate::verify::known::Known;
use crate::verify::listing::Listing;
use crate::verify::transcript::Purpose;

pub(super) fn observe(known: &Known<'_>, book: &mut Book<'_>) {
    for (index, exchange) in known.answers() {
        let page = known.page(index);
        let asked = exchange.page.map(|asked| asked.size);
        let size = format!("size {}", asked.unwrap_or_default());
        let asked_by = match &exchange.purpose {
            Purpose::Question {
                check, question, ..
            } => CheckId::named(check).map(|check| (check, question)),
            // The rest of a list is no answer.
            Purpose::Large if exchange.page.is_none_or(|page| page.number == 1) => {
                Some((PAGING, &size))
            }
            _ => None,
        };
        let Some((check, question)) = asked_by else {
            continue;
        };
        let (value, text) = match (check, &page) {
            (TIME_FORMS, _) if exchange.status() == 200 => {
                ("HTTP 200", format!("{question} is accepted"))
            }
            (ARRAY_STYLE, Some(page)) if page.rows.is_empty() => {
                ("are taken for one", format!("{question} are taken for one"))
            }
            (ARRAY_STYLE, Some(_)) => ("count, too", format!("{question} count, too")),
            (PAGING, Some(page)) => {
                let value = match exchange.purpose == Purpose::Large {
                    false => "a page",
                    true if page.number_of("size") == asked => "as asked for",
                    true => "limited",
                };
                (value, format!("{question}: {}", stated(page)))
            }
            _ => {
                book.observe_response(check, question, index);
                continue;
            }
        };
        book.observe(check, Observation::new(question, value, text));
    }
}

/// Number and size that a page says it has.
fn stated(listing: &Listing<'_>) -> String {
    let stated = |name| {
        let stated = listing.number_of(name);
        stated.map_or("nothing".to_owned(), |stated| stated.to_string())
    };
    format!("page {} of size {}", stated("number"), stated("size"))
}
