//! The contract of the backup-and-restore API of OceanBase Cloud Platform, read from
//! the data files beside this crate. No network, no client.
//!
//! [`Document`] is the spec as written, with the place of every node;
//! [`lint::lint`] refuses what would make a wrong client;
//! [`canonical`] is what the client is generated from; [`Interaction`] is one
//! documented or derived exchange; [`evidence`] holds every claim against the documentation;
//! [`strict`] judges responses; [`page`] renders it all for people.

mod document;
pub mod evidence;
mod finding;
mod interaction;
pub mod lint;
mod operation;
pub mod page;
mod place;
mod resolved;
mod schema;
pub mod strict;

pub use document::{Document, SpecError, escape, read_text, walk};
pub use finding::Finding;
pub use interaction::{Interaction, Provenance, Recorded, RequestLine, Source, match_path};
pub use operation::{Comparison, Filter, List, Location, Operation, Parameter, Versions};
pub use resolved::{documented_arguments, resolved};

/// The spec as the client's build script reads it: JSON, members sorted, one
/// trailing line break.
///
/// The order is made here and not left to `serde_json`, whose maps keep
/// another order as soon as any crate in the build asks for it.
pub fn canonical(mut spec: serde_json::Value) -> String {
    spec.sort_all_objects();
    format!("{spec:#}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn canonical_json_is_sorted_at_every_depth_and_keeps_the_order_of_arrays() {
        let spec = json!({"b": [{"z": 1, "a": 2}, "y", "x"], "a": null});
        assert_eq!(
            super::canonical(spec),
            "{\n  \"a\": null,\n  \"b\": [\n    {\n      \"a\": 2,\n      \"z\": 1\n    },\n    \"y\",\n    \"x\"\n  ]\n}\n"
        );
    }
}
