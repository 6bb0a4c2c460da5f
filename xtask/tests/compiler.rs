//! The rules of `changes` against the compiler: for each case of
//! `openapi/tests/changes/cases.yaml`, a program that uses everything public of the client
//! before the change is checked against the client after it. One crate for each case,
//! because an error in the names of one module hides the errors in the types of another.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ocp_contract::Document;
use ocp_contract::changes::{Class, between};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde::Deserialize;
use serde_json::Value;
use syn::{Fields, FnArg, GenericParam, ImplItem, Item, ReturnType, Type};

#[path = "../../client/codegen.rs"]
mod codegen;

#[derive(Deserialize)]
struct Case {
    case: String,
    #[serde(default)]
    base: json_patch::Patch,
    patch: json_patch::Patch,
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document(name: &str) -> Value {
    let path = checkout().join("openapi/tests/changes").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    Document::parse(name, &text).unwrap().value().clone()
}

/// Nobody reads a test's file before it is written.
#[expect(clippy::disallowed_methods)]
fn put(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.as_ref().parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

#[test]
fn what_the_compiler_refuses_is_breaking_and_what_it_takes_breaks_at_run_time_only() {
    let cases: Vec<Case> = serde_json::from_value(document("cases.yaml")).unwrap();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiler");
    let _ = std::fs::remove_dir_all(&scratch);
    workspace(&scratch);
    let base = document("base.yaml");
    crate_of(&scratch, "base", &base, &base).unwrap();
    let mut verdicts = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        let (name, mut old) = (format!("case{index}"), base.clone());
        json_patch::patch(&mut old, &case.base).unwrap();
        if !case.base.is_empty() {
            crate_of(&scratch, &format!("{name}_base"), &old, &old).unwrap();
        }
        let mut new = old.clone();
        json_patch::patch(&mut new, &case.patch).unwrap();
        if let Err(error) = crate_of(&scratch, &name, &old, &new) {
            println!("{}: no client can be generated: {error}", case.case);
        } else {
            verdicts.insert(name, (case, between(&old, &new)));
        }
    }

    let errors = check(&scratch);
    assert_eq!(
        errors.get("base"),
        None,
        "the program does not fit its own base"
    );
    let mut wrong = Vec::new();
    for (name, (case, changes)) in verdicts {
        let mut breaking = changes.iter().filter(|one| one.callers == Class::Breaking);
        if let Some(error) = errors.get(&format!("{name}_base")) {
            println!("{}: there was no client before: {error}", case.case);
            continue;
        }
        match errors.get(&name) {
            Some(error) if breaking.next().is_none() => {
                wrong.push(format!("{}: the compiler refuses it: {error}", case.case));
            }
            None if breaking.any(|one| !one.may_compile) => {
                wrong.push(format!("{}: it compiles", case.case));
            }
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "the rules are wrong:\n  {}",
        wrong.join("\n  ")
    );
}

/// A workspace with the dependencies of this one, and the same versions of them.
fn workspace(scratch: &Path) {
    let text = std::fs::read_to_string(checkout().join("Cargo.toml")).unwrap();
    let mut manifest: toml::Table = toml::from_str(&text).unwrap();
    let workspace = manifest["workspace"].as_table_mut().unwrap();
    workspace.insert("members".into(), vec!["*"].into());
    workspace.insert("exclude".into(), vec!["target"].into());
    let dependencies = workspace["dependencies"].as_table_mut().unwrap();
    dependencies.retain(|_, one| one.get("path").is_none());
    let manifest: toml::Table = manifest
        .into_iter()
        .filter(|(key, _)| key == "workspace")
        .collect();
    put(
        scratch.join("Cargo.toml"),
        toml::to_string(&manifest).unwrap(),
    );
    std::fs::copy(checkout().join("Cargo.lock"), scratch.join("Cargo.lock")).unwrap();
}

/// The client of the new description, with a program that was written for the old one.
fn crate_of(scratch: &Path, name: &str, old: &Value, new: &Value) -> Result<(), String> {
    let program = program(&codegen::generate(&old.to_string())?);
    let generated = codegen::generate(&new.to_string())?;
    let (client, folder) = (checkout().join("client"), scratch.join(name));
    copy(&client.join("src"), &folder.join("src"));
    put(folder.join("src/generated.rs"), generated);
    put(folder.join("src/program.rs"), program);
    let lib = std::fs::read_to_string(client.join("src/lib.rs")).unwrap();
    let lib = lib
        .replace("#![doc = include_str!(\"../README.md\")]", "")
        .replace(
            "concat!(env!(\"OUT_DIR\"), \"/client.rs\")",
            "\"generated.rs\"",
        );
    put(folder.join("src/lib.rs"), lib + "\nmod program;\n");
    let text = std::fs::read_to_string(client.join("Cargo.toml")).unwrap();
    let mut manifest: toml::Table = toml::from_str(&text).unwrap();
    manifest.retain(|key, _| matches!(key, "package" | "dependencies" | "features"));
    let package = manifest["package"].as_table_mut().unwrap();
    package.retain(|key, _| matches!(key, "version" | "edition"));
    package.insert("name".into(), name.into());
    put(
        folder.join("Cargo.toml"),
        toml::to_string(&manifest).unwrap(),
    );
    Ok(())
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            put(to, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// The first error of each crate that does not compile.
fn check(scratch: &Path) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--workspace",
            "--keep-going",
            "--quiet",
            "--message-format=json",
        ])
        .current_dir(scratch)
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .output()
        .unwrap();
    let mut errors = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        if message["message"]["level"] == "error" {
            let name = message["target"]["name"].as_str().unwrap().to_owned();
            let text = message["message"]["message"].as_str().unwrap().to_owned();
            errors.entry(name).or_insert(text);
        }
    }
    let expected = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || !errors.is_empty(), "{expected}");
    errors
}

/// Uses every type, field, variant, method and trait of generated code.
fn program(code: &str) -> String {
    let mut uses = Vec::new();
    items(
        &syn::parse_file(code).unwrap().items,
        &quote!(crate),
        &mut uses,
    );
    let functions = uses.iter().enumerate().map(|(index, body)| {
        let name = format_ident!("use_{index}");
        quote!(async fn #name() { #body })
    });
    let file = quote! {
        #![allow(warnings)]
        fn any<T>() -> T { unreachable!() }
        fn is_paged<T: crate::PagedList>() {}
        #(#functions)*
    };
    prettyplease::unparse(&syn::parse2(file).unwrap())
}

fn items(items: &[Item], module: &TokenStream, uses: &mut Vec<TokenStream>) {
    // What the types of fields and arguments are named by.
    let here = quote!(use #module::*; use crate::types;);
    let module_name = module.to_string();
    let parent = module_name
        .rsplit_once("::")
        .map_or("crate ::", |(parent, _)| parent);
    let parent = format!("{} ::", parent.trim_end_matches(&[':', ' '][..]));
    for item in items {
        match item {
            Item::Mod(inner) => {
                let (name, content) = (&inner.ident, inner.content.as_ref());
                let inner = &content.unwrap().1;
                self::items(inner, &quote!(#module::#name), uses);
            }
            Item::Struct(item) if *module.to_string() == *quote!(crate::types).to_string() => {
                let name = &item.ident;
                for (index, field) in item.fields.iter().enumerate() {
                    if !matches!(field.vis, syn::Visibility::Public(_)) {
                        continue;
                    }
                    let (index, of) = (syn::Index::from(index), &field.ty);
                    let field = match (&field.ident, &item.fields) {
                        (Some(ident), Fields::Named(_)) => quote!(#ident),
                        _ => quote!(#index),
                    };
                    uses.push(quote!(#here let _: #of = any::<#module::#name>().#field;));
                }
                let derives = item.attrs.iter().map(|one| quote!(#one).to_string());
                if derives
                    .into_iter()
                    .any(|one| one.contains("derive") && one.contains("Default"))
                {
                    uses.push(quote!(let _ = <#module::#name as Default>::default();));
                }
            }
            Item::Enum(item) => {
                let (name, variants) = (&item.ident, item.variants.iter().map(|one| &one.ident));
                let variants: Vec<_> = variants.collect();
                uses.push(quote!(match any::<#module::#name>() { #(#module::#name::#variants { .. } => {})* }));
            }
            Item::Macro(call) => uses.extend(of_macro(&call.mac, module)),
            Item::Impl(block) if block.trait_.is_none() => {
                for item in &block.items {
                    if let ImplItem::Fn(function) = item
                        && matches!(function.vis, syn::Visibility::Public(_))
                        // No type can be named that all closures have.
                        && !quote!(#function).to_string().contains("FnOnce")
                    {
                        let call = call(&block.self_ty, function).to_string();
                        let call: TokenStream = call.replace("super ::", &parent).parse().unwrap();
                        uses.push(quote!(#here use crate::Client; #call));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Calls a method with arguments of the types that it asks for.
fn call(of: &Type, function: &syn::ImplItemFn) -> TokenStream {
    let (name, signature) = (&function.sig.ident, &function.sig);
    let bounds = signature
        .generics
        .where_clause
        .iter()
        .flat_map(|one| &one.predicates);
    // `V: TryInto<X>`, or `I: IntoIterator` with `I::Item: Into<X>`.
    let wanted = bounds.filter_map(|bound| {
        let text = quote!(#bound).to_string();
        let (_, wanted) = text.split_once("Into <")?;
        let wanted: Type =
            syn::parse_str(wanted.strip_suffix('>')?.trim_end_matches([' ', ','])).ok()?;
        let is_list = text.contains(":: Item");
        Some(if is_list {
            quote!(Vec<#wanted>)
        } else {
            quote!(#wanted)
        })
    });
    let mut wanted: Vec<_> = wanted.collect();
    wanted.truncate(1);
    let is_generic = signature
        .generics
        .params
        .iter()
        .any(|one| matches!(one, GenericParam::Type(_)));
    let arguments = signature.inputs.iter().filter_map(|one| match one {
        FnArg::Receiver(_) => None,
        FnArg::Typed(_) if is_generic => Some(quote!(any::<#(#wanted)*>())),
        FnArg::Typed(one) => {
            let of = &one.ty;
            Some(quote!(any::<#of>()))
        }
    });
    let receiver = signature.receiver().map(|_| quote!(any::<#of>(),));
    let wait = signature.asyncness.map(|_| quote!(.await));
    let result = match &signature.output {
        ReturnType::Type(_, result) if !quote!(#result).to_string().contains("Self") => {
            quote!(#result)
        }
        _ => quote!(_),
    };
    let text = signature.receiver().map(|one| quote!(#one).to_string());
    let by_reference = text.is_some_and(|text| text.contains('&'));
    let receiver = if by_reference {
        quote!(&any::<#of>(),)
    } else {
        quote!(#receiver)
    };
    quote!(let _: #result = <#of>::#name(#receiver #(#arguments),*) #wait;)
}

/// Uses what the macros of the client make: enums, pagers, rows of a kind.
fn of_macro(call: &syn::Macro, module: &TokenStream) -> Vec<TokenStream> {
    use proc_macro2::TokenTree::{Group, Ident};
    let tokens: Vec<_> = call.tokens.clone().into_iter().collect();
    let idents = |stream: TokenStream| {
        let idents = stream.into_iter().filter_map(|one| match one {
            Ident(ident) => Some(ident),
            _ => None,
        });
        idents.collect::<Vec<_>>()
    };
    let groups = tokens.iter().filter_map(|one| match one {
        Group(group) => Some(idents(group.stream())),
        _ => None,
    });
    let groups: Vec<_> = groups.collect();
    let named = tokens.iter().filter_map(|one| match one {
        Ident(ident) => Some(ident),
        _ => None,
    });
    let named: Vec<_> = named.collect();
    match call
        .path
        .segments
        .last()
        .unwrap()
        .ident
        .to_string()
        .as_str()
    {
        "vocabulary" => {
            let (name, variants) = (named[0], groups.last().unwrap());
            vec![quote!(#(let _ = #module::#name::#variants;)*)]
        }
        "paged_list" => {
            let request = named[0];
            vec![quote!(is_paged::<crate::builder::#request>();)]
        }
        "claim" => {
            let (row, requests) = (named.last().unwrap(), groups.last().unwrap());
            vec![quote! {
                let _ = any::<crate::types::#row>().is_running();
                #(let _ = any::<crate::builder::#requests>().wait_for(1);)*
            }]
        }
        _ => Vec::new(),
    }
}
