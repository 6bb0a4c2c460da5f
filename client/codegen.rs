//! The generator's settings: `openapi.json` in, Rust out.
//!
//! Used by `build.rs`, and by path by `cargo xtask regen`, so that both agree
//! on what can be generated. What progenitor's settings do not reach is done
//! by a few passes over its output, each with its reason.

use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Expr, ImplItem, Item, ItemMod, ReturnType, Stmt, Type, parse_quote};

/// Component schemas whose Rust type is written by hand, in `src/values.rs`.
pub(crate) const HAND_WRITTEN: [&str; 2] = ["ErrorCode", "QueryTime"];

/// Generates the client, formatted.
///
/// # Errors
///
/// A sentence, when the text is not OpenAPI or the generator refuses it.
pub(crate) fn generate(openapi_json: &str) -> Result<String, String> {
    let spec: Value =
        serde_json::from_str(openapi_json).map_err(|error| format!("it is not JSON: {error}"))?;
    let document: openapiv3::OpenAPI = serde_json::from_value(spec.clone())
        .map_err(|error| format!("it is not OpenAPI: {error}"))?;
    let vocabularies = vocabularies(&spec);

    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        // A client without our hooks would send undocumented headers: let it
        // not compile.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::transport::Transport))
        .with_derive("PartialEq")
        .with_derive("schemars::JsonSchema");
    for name in HAND_WRITTEN {
        settings.with_replacement(name, format!("crate::{name}"), std::iter::empty());
    }
    for name in vocabularies.keys() {
        settings.with_replacement(name, format!("crate::types::{name}"), std::iter::empty());
    }

    let tokens = quietly(|| Generator::new(&settings).generate_tokens(&document))?
        .map_err(|error| error.to_string())?;
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| error.to_string())?;
    // One type needs no prelude.
    file.items
        .retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    for item in &mut file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => types(module, &vocabularies)?,
            Item::Mod(module) if module.ident == "builder" => {
                requests(module, operations(&spec))?;
            }
            Item::Impl(block) => methods(&mut block.items),
            _ => {}
        }
    }
    file.items.extend(filter_labels(&spec)?);
    lists(&spec, &mut file)?;
    let code = prettyplease::unparse(&file);
    // The words of progenitor for arguments show its tokens to people.
    for words in ["was not initialized", "conversion to `"] {
        if code.contains(words) {
            return Err(unexpected(&format!("an argument still says `{words}`")));
        }
    }
    Ok(code)
}

/// What a pass says that does not find what it is to change.
fn unexpected(what: &str) -> String {
    format!("progenitor generates other code than codegen.rs changes: {what}")
}

/// How many operations the spec has.
fn operations(spec: &Value) -> usize {
    let operations = members(&spec["paths"]).flat_map(|(_, item)| members(item));
    operations
        .filter(|(_, operation)| operation.get("operationId").is_some())
        .count()
}

/// Runs the generator, which panics on some of what it cannot take, and
/// returns the words of the panic instead of printing them.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    outcome.map_err(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        format!(
            "the generator gave up: {}",
            words.unwrap_or("it did not say why")
        )
    })
}

/// For each vocabulary with `x-filter-labels`: what to filter by, instead of the
/// words that responses have. The labels are words of the vocabulary of the same
/// name with `Filter` behind it.
fn filter_labels(spec: &Value) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for (name, schema) in members(&spec["components"]["schemas"]) {
        let Some(labels) = schema.get("x-filter-labels") else {
            continue;
        };
        let filter = format!("{name}Filter");
        let arms = members(labels).map(|(word, label)| {
            let word = variant(word, name)?;
            let label = variant(label.as_str().unwrap_or_default(), &filter)?;
            let filter = format_ident!("{filter}");
            Ok(quote!(Self::#word => types::#filter::#label,))
        });
        let arms = arms.collect::<Result<Vec<_>, String>>()?;
        let (ident, filter) = (format_ident!("{name}"), format_ident!("{filter}"));
        items.push(parse_quote! {
            impl types::#ident {
                /// The documented filter value for this, a display label; `None` for
                /// a word that the contract does not know.
                ///
                /// Which label belongs to which word is inferred from the console of
                /// an open-source sibling of OCP.
                pub fn filter_label(&self) -> Option<types::#filter> {
                    Some(match self {
                        #(#arms)*
                        _ => return None,
                    })
                }
            }
        });
    }
    Ok(items)
}

/// The variant of a vocabulary that a word becomes.
fn variant(word: &str, of: &str) -> Result<syn::Ident, String> {
    syn::parse_str(&word.to_upper_camel_case())
        .map_err(|_| format!("the word `{word}` of {of} cannot name a variant"))
}

/// The words and the description of every component with an `x-extensible-enum`.
fn vocabularies(spec: &Value) -> BTreeMap<String, (Vec<String>, String)> {
    members(&spec["components"]["schemas"])
        .filter_map(|(name, schema)| {
            let words = schema.get("x-extensible-enum")?.as_array()?;
            let words = words.iter().filter_map(Value::as_str).map(str::to_owned);
            let description = schema.get("description").and_then(Value::as_str);
            Some((
                name.clone(),
                (words.collect(), description.unwrap_or_default().to_owned()),
            ))
        })
        .collect()
}

/// Makes structs grow without breaking their users, lets their numbers and
/// times be read in every form that OCP writes, and adds the open enums that
/// typify cannot make: its own refuse a word they do not know.
fn types(
    module: &mut ItemMod,
    vocabularies: &BTreeMap<String, (Vec<String>, String)>,
) -> Result<(), String> {
    let Some((_, items)) = &mut module.content else {
        return Ok(());
    };
    let (mut structs, mut scalars) = (Vec::new(), Vec::new());
    for item in &mut *items {
        if let Item::Struct(item) = item {
            // A named scalar is a tuple struct, which serde reads as it should be.
            if !matches!(item.fields, syn::Fields::Named(_)) {
                scalars.push(item.ident.clone());
                continue;
            }
            item.attrs.push(parse_quote!(#[non_exhaustive]));
            item.fields.iter_mut().for_each(reader);
            structs.push(item.ident.clone());
        }
    }
    items.push(parse_quote!(crate::wire::object!(#(#structs),*);));
    items.push(parse_quote!(crate::wire::plain!(#(#scalars),*);));
    // Every schema of the spec is found in one place.
    for name in HAND_WRITTEN {
        let ident = format_ident!("{name}");
        items.push(parse_quote!(pub use crate::#ident;));
    }
    for (name, (words, description)) in vocabularies {
        let mut variants: BTreeMap<String, &str> = BTreeMap::new();
        for word in words {
            let variant = variant(word, name)?.to_string();
            if variant == "Other" {
                return Err(format!(
                    "the word `{word}` of {name} would hide the variant for all others"
                ));
            }
            if let Some(other) = variants.insert(variant, word) {
                return Err(format!(
                    "the words `{other}` and `{word}` of {name} would be one variant"
                ));
            }
        }
        let ident = format_ident!("{name}");
        let variants = words.iter().map(|word| {
            let variant = format_ident!("{}", word.to_upper_camel_case());
            let doc = format!("`{word}`");
            quote!(#[doc = #doc] #variant = #word,)
        });
        items.push(parse_quote! {
            crate::vocabulary::vocabulary! {
                #[doc = #description]
                #ident { #(#variants)* }
            }
        });
    }
    Ok(())
}

/// Hangs the reader of `src/wire.rs` on a member. serde's own would take one
/// form of a number or a time only, and an array for a struct.
fn reader(field: &mut syn::Field) {
    field
        .attrs
        .push(parse_quote!(#[serde(deserialize_with = "crate::wire::read")]));
    let optional = matches!(&field.ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Option"));
    if optional {
        // With a reader of its own, serde no longer takes absence for `None`.
        field.attrs.push(parse_quote!(#[serde(default)]));
    }
}

/// Changes the builders of requests; see the functions that it calls.
fn requests(module: &mut ItemMod, operations: usize) -> Result<(), String> {
    let (mut builders, mut sends) = (0, 0);
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        match item {
            Item::Struct(request) => {
                builders += 1;
                readable(request);
            }
            Item::Impl(block) => {
                for item in &mut block.items {
                    let ImplItem::Fn(function) = item else {
                        continue;
                    };
                    match function.sig.ident.to_string().as_str() {
                        "new" => missing_arguments(function),
                        "send" => {
                            sends += 1;
                            one_error(function)
                                .ok_or_else(|| unexpected("`send` returns no `Result`"))?;
                        }
                        _ => unusable_argument(function),
                    }
                }
            }
            _ => {}
        }
    }
    if (builders, sends) != (operations, operations) {
        let found = format!("{builders} builders with {sends} `send` for {operations} operations");
        return Err(unexpected(&found));
    }
    Ok(())
}

/// Lets every operation that lists something be paged through, by `src/pager.rs`.
fn lists(spec: &Value, file: &mut syn::File) -> Result<(), String> {
    let items = members(&spec["paths"]).map(|(_, item)| item);
    for (item, operation) in items.flat_map(|item| members(item).map(move |(_, one)| (item, one))) {
        let Some(name) = operation.get("operationId").and_then(Value::as_str) else {
            continue;
        };
        let Some(list) = list(spec, item, operation) else {
            continue;
        };
        let request = format_ident!("{}", name.to_upper_camel_case());
        let data = send_of(file, &request)
            .and_then(|envelope| field_of(file, envelope, "data"))
            .ok_or_else(|| unexpected(&format!("`{request}` has no `data` to page through")))?;
        let row = field_of(file, data, "contents")
            .and_then(first_argument)
            .ok_or_else(|| unexpected(&format!("`{request}` lists no rows")))?;
        let (data, row) = (in_types(data), in_types(row));
        let (info, id, filters) = (list.info, list.id, list.filters);
        file.items.push(parse_quote! {
            crate::pager::paged_list! {
                #request, #data, #row,
                info: [#info], id: [#id], filters: [#(#filters)*]
            }
        });
    }
    Ok(())
}

/// What the description says of an operation that lists something.
struct List {
    info: Option<syn::Ident>,
    id: Option<syn::Ident>,
    filters: Vec<syn::Ident>,
}

/// `None` where the operation has no `page` and `size`, or no `data.contents[]`.
fn list(spec: &Value, item: &Value, operation: &Value) -> Option<List> {
    let lists = [item, operation].map(|one| one.get("parameters").and_then(Value::as_array));
    let parameters = lists.into_iter().flatten().flatten();
    let query: BTreeMap<&str, bool> = parameters
        .map(|parameter| resolved(spec, parameter))
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| Some((parameter["name"].as_str()?, parameter["required"] == true)))
        .collect();
    if !["page", "size"].iter().all(|name| query.contains_key(name)) {
        return None;
    }
    let answer = resolved(spec, operation.pointer("/responses/200")?);
    let body = answer.pointer("/content/application~1json/schema")?;
    let data = property(spec, resolved(spec, body), "data")?;
    let contents = property(spec, data, "contents")?;
    let row = resolved(spec, contents.get("items")?);
    let required = |name: &str| {
        let mut names = row["required"].as_array().into_iter().flatten();
        names.any(|one| one == name)
    };
    let has_id = property(spec, row, "id").is_some_and(|id| id["type"] == "integer");
    let ident = |name: &str| format_ident!("{}", name.to_snake_case());
    Some(List {
        info: property(spec, data, "page").map(|_| ident("page")),
        id: (has_id && required("id")).then(|| ident("id")),
        filters: query
            .into_iter()
            .filter(|(name, required)| !required && !["page", "size"].contains(name))
            .map(|(name, _)| ident(name))
            .collect(),
    })
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn property<'a>(spec: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    Some(resolved(spec, schema.get("properties")?.get(name)?))
}

/// What a `$ref` names, or the node itself.
fn resolved<'a>(spec: &'a Value, node: &'a Value) -> &'a Value {
    let target = node.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| spec.pointer(target.trim_start_matches('#')));
    target.map_or(node, |target| resolved(spec, target))
}

/// The body of a success: `send` returns it inside a `Result<ResponseValue<…>>`.
fn send_of<'a>(file: &'a syn::File, request: &syn::Ident) -> Option<&'a Type> {
    let blocks = items_of(file, "builder").filter_map(|item| match item {
        Item::Impl(block) if last_ident(&block.self_ty) == Some(request) => Some(&block.items),
        _ => None,
    });
    let send = blocks.flatten().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "send" => Some(&function.sig.output),
        _ => None,
    });
    match send? {
        ReturnType::Type(_, outcome) => first_argument(first_argument(outcome)?),
        ReturnType::Default => None,
    }
}

/// The type of a member of a generated struct.
fn field_of<'a>(file: &'a syn::File, of: &Type, name: &str) -> Option<&'a Type> {
    let of = last_ident(of)?;
    let fields = items_of(file, "types").find_map(|item| match item {
        Item::Struct(item) if item.ident == *of => Some(&item.fields),
        _ => None,
    })?;
    let mut fields = fields.iter();
    let field = fields.find(|field| field.ident.as_ref().is_some_and(|ident| ident == name))?;
    Some(&field.ty)
}

fn items_of<'a>(file: &'a syn::File, module: &str) -> impl Iterator<Item = &'a Item> {
    let modules = file.items.iter().filter_map(move |item| match item {
        Item::Mod(one) if one.ident == module => one.content.as_ref(),
        _ => None,
    });
    modules.flat_map(|(_, items)| items)
}

fn last_ident(of: &Type) -> Option<&syn::Ident> {
    let Type::Path(path) = of else { return None };
    Some(&path.path.segments.last()?.ident)
}

/// A type of the module `types` as it is called outside; others stay.
fn in_types(of: &Type) -> Type {
    match of {
        Type::Path(path) if path.path.get_ident().is_some() => parse_quote!(crate::types::#path),
        _ => of.clone(),
    }
}

/// Warns of a request that is never sent, and lets the rest of the crate read
/// what it asks for: the pager goes on from its page and size.
fn readable(request: &mut syn::ItemStruct) {
    request
        .attrs
        .push(parse_quote!(#[must_use = "a request does nothing until it is sent"]));
    for field in &mut request.fields {
        field.vis = parse_quote!(pub(crate));
    }
}

/// Lets `send` fail with the crate's own error. The generated one prints whole
/// bodies and headers, and would make every caller convert it.
fn one_error(function: &mut syn::ImplItemFn) -> Option<()> {
    let ReturnType::Type(_, outcome) = function.sig.output.clone() else {
        return None;
    };
    let success = first_argument(&outcome)?;
    let value = first_argument(success)?;
    let body = &function.block;
    function.block = parse_quote!({
        let client = self.client;
        let outcome: #outcome = async move #body.await;
        outcome.map_err(|error| crate::Error::from_generated::<#value, _>(error, client))
    });
    function.sig.output = parse_quote!(-> Result<#success, crate::Error>);
    Some(())
}

/// Says in our words which argument is missing: `generate` refuses progenitor's.
fn missing_arguments(new: &mut syn::ImplItemFn) {
    let Some(Stmt::Expr(Expr::Struct(request), None)) = new.block.stmts.last_mut() else {
        return;
    };
    for field in &mut request.fields {
        let is_missing = matches!(&field.expr, Expr::Call(call)
            if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")));
        if let (true, syn::Member::Named(name)) = (is_missing, &field.member) {
            let name = name.to_string();
            field.expr = parse_quote!(Err(crate::error::missing(#name)));
        }
    }
}

/// Says in the words of the value what is wrong with it: `generate` refuses
/// progenitor's. Rust's own words for a number that does not fit are not for people.
fn unusable_argument(setter: &mut syn::ImplItemFn) {
    let name = setter.sig.ident.to_string();
    let Some(Stmt::Expr(Expr::Assign(assignment), _)) = setter.block.stmts.first_mut() else {
        return;
    };
    let Expr::MethodCall(call) = &mut *assignment.right else {
        return;
    };
    if call.method != "map_err" {
        return;
    }
    let words = &call.args;
    let words = quote!(#words).to_string();
    let bits = ["32", "64"]
        .into_iter()
        .find(|bits| words.contains(&format!("`i{bits}`")));
    let handler: Expr = if let Some(bits) = bits {
        let words = format!("it must be a signed {bits}-bit integer");
        parse_quote!(|_| crate::error::unusable(#name, #words))
    } else {
        let clause = setter.sig.generics.make_where_clause();
        clause
            .predicates
            .push(parse_quote!(V::Error: std::fmt::Display));
        parse_quote!(|error| crate::error::unusable(#name, error))
    };
    call.args = std::iter::once(handler).collect();
}

/// The first generic argument of a type.
fn first_argument(generic: &Type) -> Option<&Type> {
    let Type::Path(path) = generic else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(first) => Some(first),
        _ => None,
    }
}

/// Leaves one way to make a client: the generated constructors panic where TLS
/// cannot be set up, and know nothing of our settings. And shows the example
/// of each operation as text, since it names variables that are nowhere made.
fn methods(items: &mut Vec<ImplItem>) {
    items.retain(|item| !matches!(item, ImplItem::Fn(one) if one.sig.ident == "new"));
    for item in items {
        let ImplItem::Fn(one) = item else { continue };
        if one.sig.ident == "new_with_client" {
            one.vis = parse_quote!(pub(crate));
        }
        for attribute in &mut one.attrs {
            if let syn::Meta::NameValue(syn::MetaNameValue {
                value:
                    syn::Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Str(doc),
                        ..
                    }),
                ..
            }) = &mut attribute.meta
            {
                *doc = syn::LitStr::new(&doc.value().replace("```ignore", "```text"), doc.span());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two operations that list something: one with an id, a filter and a page
    /// that counts; one of another kind, without any of them.
    fn description() -> Value {
        let query = |name: &str, required: bool| {
            let schema = json!({"type": "integer", "format": "int64"});
            json!({"name": name, "in": "query", "required": required, "schema": schema})
        };
        let body = |schema: &str| {
            let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
            json!({"200": {"description": "", "content": {"application/json": {"schema": schema}}}})
        };
        let envelope = |data: Value| json!({"type": "object", "required": ["data"], "properties": {"data": data}});
        let reference = |schema: &str| json!({"$ref": format!("#/components/schemas/{schema}")});
        let contents = |row: &str| json!({"type": "array", "items": reference(row)});
        json!({
            "openapi": "3.0.3",
            "info": {"title": "", "version": "1"},
            "paths": {
                "/hosts": {"get": {
                    "operationId": "listHosts",
                    "parameters": [query("page", false), query("size", false), query("hostState", false)],
                    "responses": body("HostsResponse"),
                }},
                "/words": {
                    "parameters": [query("size", true)],
                    "get": {
                        "operationId": "listWords",
                        "parameters": [{"$ref": "#/components/parameters/page"}],
                        "responses": body("WordsResponse"),
                    },
                },
                "/one": {"get": {"operationId": "getHost", "responses": body("HostsResponse")}},
            },
            "components": {
                "parameters": {"page": query("page", true)},
                "schemas": {
                    "HostsResponse": envelope(reference("Hosts")),
                    "Hosts": {"type": "object", "required": ["contents"], "properties": {
                        "contents": contents("Host"), "page": reference("PageInfo"),
                    }},
                    "Host": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "format": "int64"}}},
                    "PageInfo": {"type": "object", "properties": {"totalPages": {"type": "integer", "format": "int64"}}},
                    "WordsResponse": envelope(json!({
                        "type": "object", "required": ["contents"], "properties": {"contents": contents("Word")},
                    })),
                    "Word": {"type": "object", "properties": {"id": {"type": "string"}}},
                },
            },
        })
    }

    /// The calls of a macro in the generated file, without white space.
    fn calls(code: &str, path: &str) -> Vec<String> {
        let file = syn::parse_file(code).unwrap();
        let calls = file.items.into_iter().filter_map(|item| match item {
            Item::Macro(call) => Some(call.mac),
            _ => None,
        });
        let spaceless = |tokens: String| tokens.replace(char::is_whitespace, "");
        calls
            .filter(|call| {
                let called = &call.path;
                spaceless(quote!(#called).to_string()) == path
            })
            .map(|call| spaceless(call.tokens.to_string()))
            .collect()
    }

    #[test]
    fn whatever_lists_something_is_paged() {
        let code = generate(&description().to_string()).unwrap();
        assert_eq!(
            calls(&code, "crate::pager::paged_list"),
            [
                "ListHosts,crate::types::Hosts,crate::types::Host,info:[page],id:[id],filters:[host_state]",
                "ListWords,crate::types::WordsResponseData,crate::types::Word,info:[],id:[],filters:[]",
            ]
        );
    }
}
