//! Generates the client from `openapi.json`.

use std::path::Path;
use std::process::ExitCode;

#[path = "codegen.rs"]
mod codegen;

/// Read only when the generator cannot be satisfied.
const REMEDY: &str = "openapi.json is derived from openapi/ocp.yaml: run `cargo xtask regen` in the repository of this crate";

fn main() -> ExitCode {
    // Cargo itself knows the sources of this script.
    println!("cargo::rerun-if-changed=openapi.json");
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}; {REMEDY}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let spec = std::fs::read_to_string("openapi.json")
        .map_err(|error| format!("cannot read openapi.json: {error}"))?;
    let code = codegen::generate(&spec)
        .map_err(|error| format!("cannot generate a client from openapi.json: {error}"))?;
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    let file = Path::new(&folder).join("client.rs");
    // Nobody reads this file before this script has ended well.
    #[expect(clippy::disallowed_methods)]
    std::fs::write(&file, code).map_err(|error| format!("cannot write {}: {error}", file.display()))
}
