//! Writes the bridge from data to the generated client: a call by operation id
//! and arguments, and the JSON Schema of every type. So a new operation, or a
//! new parameter, needs no line of Rust here.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

#[path = "../client/codegen/names.rs"]
mod names;

use names::{rust_type, snake};

const SPEC: &str = "../client/openapi.json";

fn main() -> Result<(), String> {
    // Cargo itself knows the sources of this script.
    println!("cargo::rerun-if-changed={SPEC}");
    let text = std::fs::read_to_string(SPEC)
        .map_err(|error| format!("cannot read {SPEC}: {error}; run `cargo xtask regen`"))?;
    let spec: Value = serde_json::from_str(&text)
        .map_err(|error| format!("{SPEC} is not JSON: {error}; run `cargo xtask regen`"))?;
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    let code = bridge(&spec).map_err(|error| error.to_string())?;
    #[expect(
        clippy::disallowed_methods,
        reason = "nobody reads it before this script has ended well"
    )]
    std::fs::write(Path::new(&folder).join("bridge.rs"), code).map_err(|error| error.to_string())
}

fn bridge(spec: &Value) -> Result<String, std::fmt::Error> {
    let mut code = String::from(
        "pub(crate) async fn call(client: &Client, operation: &str, mut arguments: Map<String, Value>) -> Result<Decoded, Failure> {\n    match operation {\n",
    );
    let paths = spec["paths"].as_object();
    for item in paths.into_iter().flatten().map(|(_, item)| item) {
        for operation in item.as_object().into_iter().flatten().map(|(_, one)| one) {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            writeln!(code, "        {id:?} => {{")?;
            writeln!(
                code,
                "            let mut request = client.{}();",
                snake(id)
            )?;
            let parameters = operation["parameters"].as_array();
            for parameter in parameters.into_iter().flatten() {
                let Some(method) = parameter["name"].as_str() else {
                    continue;
                };
                let name = parameter["x-wire-name"].as_str().unwrap_or(method);
                writeln!(
                    code,
                    "            if let Some(value) = arguments.remove({name:?}) {{ request = request.{}(argument::<{}>({name:?}, value)?); }}",
                    snake(method),
                    rust_type(&parameter["schema"])
                )?;
            }
            // An argument that is left would otherwise be lost in silence, and
            // the response blamed for it.
            code.push_str("            none_left(&arguments)?;\n");
            writeln!(
                code,
                "            decoded(request.send().await)\n        }}"
            )?;
        }
    }
    code.push_str(
        "        _ => Err(Failure::NoCall(\"the client has no such operation\".to_owned())),\n    }\n}\n",
    );

    code.push_str(
        "\npub(crate) fn derived_schemas() -> Vec<(&'static str, Schema)> {\n    vec![\n",
    );
    let schemas = spec["components"]["schemas"].as_object();
    for (name, _) in schemas.into_iter().flatten() {
        writeln!(code, "        ({name:?}, schema_of::<types::{name}>()),")?;
    }
    code.push_str("    ]\n}\n");
    Ok(code)
}
