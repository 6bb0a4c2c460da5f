//! No module imports one that imports it, directly or by way of others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprLit, Item, ItemMod, ItemUse, Lit, Macro, Meta, UseTree, Visibility,
};

/// A module: its path from the root of the crate.
type Name = Vec<String>;

/// The content of a module.
#[derive(Default)]
struct Module {
    defines: BTreeSet<String>,
    /// Names that it imports, and what they stand for.
    imports: BTreeMap<String, Vec<String>>,
    /// Whole modules that it imports, and whether others get their items from here.
    globs: Vec<(Vec<String>, bool)>,
    /// Paths in its code.
    paths: Vec<Vec<String>>,
}

/// All modules of a crate.
#[derive(Default)]
struct Modules(BTreeMap<Name, Module>);

impl Modules {
    fn add(&mut self, name: Name, items: Vec<Item>) {
        let mut reader = Reader::default();
        for item in items {
            if let Item::Mod(ItemMod {
                ident,
                content: Some((_, items)),
                attrs,
                ..
            }) = item
            {
                if !is_test(&attrs) {
                    let inner = [name.clone(), vec![ident.to_string()]].concat();
                    self.add(inner, items);
                }
            } else {
                reader.visit_item(&item);
            }
        }
        self.0.insert(name, reader.0);
    }

    /// The module that defines what a path means in a module, if it is of this crate.
    fn resolve(&self, from: &Name, path: &[String], depth: usize) -> Option<Name> {
        let mut path = path.to_vec();
        let mut at = from.clone();
        match path.first()?.as_str() {
            "crate" => {
                at.clear();
                path.remove(0);
            }
            "self" => drop(path.remove(0)),
            "super" => {
                while path.first().is_some_and(|one| one == "super") {
                    at.pop();
                    path.remove(0);
                }
            }
            first => {
                let module = self.0.get(from)?;
                let is_child = self
                    .0
                    .contains_key(&[from.clone(), vec![first.to_owned()]].concat());
                if let (false, Some(stands_for)) = (is_child, module.imports.get(first)) {
                    // A name that is imported as itself stands for something outside.
                    let is_own = stands_for.first().is_some_and(|one| one == first);
                    if is_own || depth == 0 {
                        return None;
                    }
                    let whole = [stands_for.as_slice(), &path[1..]].concat();
                    return self.resolve(from, &whole, depth - 1);
                }
                if !is_child {
                    return None;
                }
            }
        }
        for step in &path {
            let inner = [at.clone(), vec![step.clone()]].concat();
            if self.0.contains_key(&inner) {
                at = inner;
                continue;
            }
            return Some(self.defining(&at, step, depth));
        }
        Some(at)
    }

    /// The module from which another one has an item.
    fn defining(&self, at: &Name, item: &str, depth: usize) -> Name {
        let Some(module) = self.0.get(at).filter(|_| depth > 0) else {
            return at.clone();
        };
        if module.defines.contains(item) {
            return at.clone();
        }
        if let Some(path) = module.imports.get(item) {
            return self
                .resolve(at, path, depth - 1)
                .unwrap_or_else(|| at.clone());
        }
        let globs = module.globs.iter().filter(|(_, is_public)| *is_public);
        globs
            .filter_map(|(path, _)| self.resolve(at, path, depth - 1))
            .map(|inner| self.defining(&inner, item, depth - 1))
            .find(|found| {
                self.0
                    .get(found)
                    .is_some_and(|one| one.defines.contains(item))
            })
            .unwrap_or_else(|| at.clone())
    }

    fn arrows(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        let arrows = self.0.iter().map(|(name, module)| {
            let globs = module.globs.iter().map(|(path, _)| path);
            let paths = module.imports.values().chain(globs).chain(&module.paths);
            let to = paths.filter_map(|path| self.resolve(name, path, 8));
            (name, to.filter(|to| to != name).collect())
        });
        arrows.collect()
    }

    /// Modules that reach themselves, each with where its arrow goes.
    fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let reach = |start: &Name| {
            let mut found: BTreeSet<&Name> = BTreeSet::new();
            let mut next: Vec<&Name> = arrows[start].iter().collect();
            while let Some(name) = next.pop() {
                if found.insert(name) {
                    next.extend(arrows.get(name).into_iter().flatten());
                }
            }
            found
        };
        let mut circles = Vec::new();
        for (from, to) in &arrows {
            for to in to.iter().filter(|to| reach(to).contains(from)) {
                circles.push(format!("{} -> {}", from.join("::"), to.join("::")));
            }
        }
        circles
    }
}

static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+(?:\s*::\s*\w+)+").unwrap());
static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""(?:[^"\\]|\\.)*""#).unwrap());

/// Reads the items of a module.
#[derive(Default)]
struct Reader(Module);

fn is_test(attributes: &[Attribute]) -> bool {
    let mut attributes = attributes.iter();
    attributes.any(|one| {
        one.path().is_ident("cfg")
            && one
                .parse_args::<syn::Ident>()
                .is_ok_and(|one| one == "test")
    })
}

impl Reader {
    fn tree(&mut self, tree: &UseTree, mut path: Vec<String>, is_public: bool) {
        match tree {
            UseTree::Path(one) => {
                path.push(one.ident.to_string());
                self.tree(&one.tree, path, is_public);
            }
            UseTree::Group(group) => {
                for one in &group.items {
                    self.tree(one, path.clone(), is_public);
                }
            }
            UseTree::Glob(_) => self.0.globs.push((path, is_public)),
            UseTree::Name(one) => {
                let name = one.ident.to_string();
                if name != "self" {
                    path.push(name);
                }
                let name = path.last().unwrap().clone();
                self.0.imports.insert(name, path);
            }
            UseTree::Rename(one) => {
                path.push(one.ident.to_string());
                self.0.imports.insert(one.rename.to_string(), path);
            }
        }
    }
}

impl Visit<'_> for Reader {
    fn visit_item(&mut self, item: &Item) {
        let defined = match item {
            Item::Const(one) => Some(&one.ident),
            Item::Enum(one) => Some(&one.ident),
            Item::Fn(one) => Some(&one.sig.ident),
            Item::Static(one) => Some(&one.ident),
            Item::Struct(one) => Some(&one.ident),
            Item::Trait(one) => Some(&one.ident),
            Item::Type(one) => Some(&one.ident),
            _ => None,
        };
        self.0.defines.extend(defined.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        let is_public = !matches!(item.vis, Visibility::Inherited);
        self.tree(&item.tree, Vec::new(), is_public);
    }

    // `pub(in crate::a)` imports nothing.
    fn visit_visibility(&mut self, _: &Visibility) {}

    fn visit_path(&mut self, path: &syn::Path) {
        let segments = path.segments.iter().map(|one| one.ident.to_string());
        self.0.paths.push(segments.collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &Macro) {
        let name = item.path.segments.last().unwrap().ident.to_string();
        // These make code of another crate.
        if ["quote", "parse_quote"].contains(&name.as_str()) {
            return;
        }
        let tokens = item.tokens.to_string();
        for found in PATH.find_iter(&LITERAL.replace_all(&tokens, "")) {
            let segments = found.as_str().split("::").map(|one| one.trim().to_owned());
            self.0.paths.push(segments.collect());
        }
    }
}

/// The modules of a crate, from the file of its root on.
fn modules(root: &Path) -> Modules {
    fn read(file: &Path, folder: &Path, name: &Name, modules: &mut Modules) {
        let items = syn::parse_file(&std::fs::read_to_string(file).unwrap());
        let items = items.unwrap().items;
        for item in &items {
            let Item::Mod(inner) = item else { continue };
            if inner.content.is_none() && !is_test(&inner.attrs) {
                let stem = inner.ident.to_string();
                let below = folder.join(&stem);
                let mut files = vec![below.with_extension("rs"), below.join("mod.rs")];
                let given = inner.attrs.iter().find_map(path_of);
                files.extend(given.map(|path| file.parent().unwrap().join(path)));
                let file = files.iter().rfind(|file| file.is_file()).unwrap();
                let name = [name.clone(), vec![stem]].concat();
                read(file, &below, &name, modules);
            }
        }
        modules.add(name.clone(), items);
    }
    let mut modules = Modules::default();
    read(root, root.parent().unwrap(), &Name::new(), &mut modules);
    modules
}

/// The file that `#[path = "…"]` names.
fn path_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(path),
            ..
        }) if pair.path.is_ident("path") => Some(path.value()),
        _ => None,
    }
}

/// Circles among modules of these sources, `a::b` for `a/b.rs`.
fn planted(sources: &[(&str, &str)]) -> Vec<String> {
    let mut modules = Modules::default();
    for (name, source) in sources {
        let name = name.split("::").filter(|one| !one.is_empty());
        let items = syn::parse_file(source).unwrap().items;
        modules.add(name.map(str::to_owned).collect(), items);
    }
    modules.circles()
}

#[test]
fn an_arrow_back_is_found_in_whatever_form() {
    let root = ("", "mod a; mod b; mod c;");
    let a = ("a", "use crate::b::B; pub struct A;");
    let c = ("c", "pub(crate) use crate::a::A;");
    for (how, b) in [
        ("an import", "use super::a::A; pub struct B;"),
        ("a path", "pub struct B; fn f() { crate::a::f(); }"),
        ("a type", "pub struct B(super::a::A);"),
        (
            "a macro's argument",
            "pub struct B; fn f() { print!(\"{}\", crate::a::N); }",
        ),
        ("a re-export", "use crate::c::A; pub struct B;"),
        (
            "a module that re-exports",
            "use crate::c; pub struct B(c::A);",
        ),
        ("another name", "use crate::c::A as Other; pub struct B;"),
        ("a glob", "use crate::a::*; pub struct B;"),
    ] {
        let circles = planted(&[root, a, ("b", b), c]);
        let arrow = "a -> b".to_owned();
        assert!(circles.contains(&arrow), "{how}: {circles:?}");
    }
    let of_three = planted(&[
        root,
        a,
        ("b", "use crate::c::C; pub struct B;"),
        ("c", "use crate::a::A; pub struct C;"),
    ]);
    assert_eq!(of_three, ["a -> b", "b -> c", "c -> a"]);
    for (how, b) in [
        ("nothing", "pub struct B;"),
        ("a visibility", "pub(in crate::a) struct B;"),
        (
            "a test",
            "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }",
        ),
        ("another crate's", "use a::A; pub struct B;"),
        (
            "a re-export of its own",
            "use crate::c::B as Own; pub struct B;",
        ),
    ] {
        let c = ("c", "pub use crate::b::B;");
        assert_eq!(planted(&[root, a, ("b", b), c]), [""; 0], "{how}");
    }
}

#[test]
fn no_module_imports_one_that_imports_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for root in [
        "src/lib.rs",
        "src/main.rs",
        "mock/src/lib.rs",
        "../openapi/src/lib.rs",
        "../client/src/lib.rs",
        "../xtask/src/main.rs",
        "../client/build.rs",
    ] {
        let circles = modules(&folder.join(root)).circles();
        assert_eq!(circles, [""; 0], "{root}");
    }
}
