//! Circles of modules inside a crate: a module that a parent or sibling uses and
//! that uses it in turn.
//!
//! Looked at is each family by itself: a module and the modules right below it,
//! each with all that is below. Where a parent needs its children and they its
//! types, the types belong in a leaf of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use harness::diagnostic::Diagnostic;
use harness::files::{self, Problem};
use harness::span::Span;

use super::crates::{FOLDER, Member};
use super::paths::{self, Named, Place};

/// A module of a crate: its names from the root on.
type Module = Vec<String>;

/// A source file.
struct Source {
    /// Its path below the root of the repository.
    path: String,
    text: String,
}

/// One module that uses another, and where.
struct Use {
    from: Module,
    to: Module,
    at: usize,
}

/// A module's own names for what lies elsewhere; without a path for other crates.
type Imports = BTreeMap<String, Option<Vec<String>>>;

/// The most imports that a path is followed through.
const MAX_IMPORTS: usize = 16;

/// The circles of a crate.
pub(super) fn circles(root: &Path, member: &Member) -> Vec<Problem> {
    let folder = format!("{FOLDER}/{}/src", member.name);
    let mut problems = Vec::new();
    let mut sources = BTreeMap::new();
    for file in files::find(&root.join(&folder), &["**/*.rs"], &mut problems) {
        match files::read(&file.path) {
            Ok(text) => {
                let path = format!("{folder}/{}", file.relative);
                sources.insert(module(&file.relative), Source { path, text });
            }
            Err(found) => problems.push(Problem::with_path(&file.relative, found)),
        }
    }
    leave_out_tests(&mut sources);
    let uses = uses(&sources);
    for parent in sources.keys() {
        problems.extend(family(parent, &uses, &sources));
    }
    problems
}

/// The module of a file: `a/b.rs` is `a::b`, `lib.rs` the root.
fn module(relative: &str) -> Module {
    let path = relative.strip_suffix(".rs").unwrap_or(relative);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// Takes away modules that exist in tests only.
fn leave_out_tests(sources: &mut BTreeMap<Module, Source>) {
    let mut tests: Vec<Module> = Vec::new();
    for (own, source) in &*sources {
        let after = source.text.split("#[cfg(test)]\n").skip(1);
        let names = after.filter_map(|rest| {
            let line = rest.lines().next()?.trim_end();
            let (_, name) = line.strip_suffix(';')?.rsplit_once("mod ")?;
            Some(name.to_owned())
        });
        tests.extend(names.map(|name| [own.as_slice(), &[name]].concat()));
    }
    sources.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
}

/// Every use of one module by another: of the module that holds what is used,
/// whichever modules pass it on.
fn uses(sources: &BTreeMap<Module, Source>) -> Vec<Use> {
    let named: BTreeMap<&Module, Vec<Named>> =
        sources.iter().map(|(own, source)| (own, paths::named(&source.text))).collect();
    let mut names = Names { sources, imports: BTreeMap::new() };
    for (own, paths) in &named {
        let imports = paths.iter().filter(|path| path.place != Place::Code && path.name != "*");
        let imports = imports.map(|path| (path.name.clone(), names.absolute(own, &path.segments)));
        names.imports.insert((*own).clone(), imports.collect());
    }
    let mut uses = Vec::new();
    for (own, paths) in &named {
        for path in paths {
            let full = names.absolute(own, &path.segments);
            let Some((to, is_item)) = full.and_then(|full| names.holder(full)) else { continue };
            // What a parent passes on from below, it does not use; a module's name
            // alone, as in `pub(in super)`, says nothing of what is used.
            let is_passed_on = path.place == Place::Export && to.starts_with(own);
            if to != **own && !is_passed_on && (is_item || path.name == "*") {
                uses.push(Use { from: (*own).clone(), to, at: path.at });
            }
        }
    }
    uses
}

/// What the names of a crate mean.
struct Names<'a> {
    sources: &'a BTreeMap<Module, Source>,
    imports: BTreeMap<Module, Imports>,
}

impl Names<'_> {
    /// A path from the root of the crate on; none for what is not of this crate.
    fn absolute(&self, own: &Module, path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?;
        let mut full = match first.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => own.clone(),
            name => {
                let child = [own.as_slice(), std::slice::from_ref(first)].concat();
                let imported = || self.imports.get(own)?.get(name)?.as_ref();
                if !self.sources.contains_key(&child) {
                    return Some([imported()?, &path[1..]].concat());
                }
                own.clone()
            }
        };
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => {
                    full.pop()?;
                }
                name => full.push(name.to_owned()),
            }
        }
        Some(full)
    }

    /// The module that holds what a path leads to, and whether it leads to an item of it.
    fn holder(&self, mut path: Vec<String>) -> Option<(Module, bool)> {
        for _ in 0..MAX_IMPORTS {
            let deepest =
                (0..=path.len()).rev().find(|n| self.sources.contains_key(&path[..*n]))?;
            let (module, rest) = path.split_at(deepest);
            let Some(item) = rest.first() else { return Some((module.to_vec(), false)) };
            let imported = self.imports.get(module).and_then(|imports| imports.get(item));
            match imported {
                Some(None) => return None,
                Some(Some(other)) => path = [other, &rest[1..]].concat(),
                None => return Some((module.to_vec(), true)),
            }
        }
        None
    }
}

/// The circles between a module and those right below it.
fn family(parent: &Module, uses: &[Use], sources: &BTreeMap<Module, Source>) -> Option<Problem> {
    let below = |module: &Module| module.starts_with(parent);
    let member = |module: &Module| module.get(parent.len()).cloned().unwrap_or_default();
    let mut edges: BTreeMap<String, BTreeMap<String, &Use>> = BTreeMap::new();
    for one in uses.iter().filter(|one| below(&one.from) && below(&one.to)) {
        let (from, to) = (member(&one.from), member(&one.to));
        if from != to {
            edges.entry(from).or_default().entry(to).or_insert(one);
        }
    }
    let circle = shortest_circle(&edges)?;
    let shown: Vec<String> = circle
        .iter()
        .chain(circle.first())
        .map(|name| if name.is_empty() { shown(parent) } else { name.clone() })
        .collect();
    let first = edges.get(&circle[0])?.get(circle.get(1)?)?;
    let source = &sources[&first.from];
    let span = Span::new(first.at, first.at + 1);
    let message = format!("modules use one another in a circle: {}", shown.join(" → "));
    Some(Problem {
        path: source.path.clone(),
        diagnostic: Diagnostic::error("module-circle", message, span)
            .with_help("move what both need into a module that needs neither"),
        text: source.text.as_str().into(),
    })
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("::") }
}

/// A circle with the fewest members.
fn shortest_circle(edges: &BTreeMap<String, BTreeMap<String, &Use>>) -> Option<Vec<String>> {
    let circles = edges.keys().filter_map(|start| back_to(start, edges));
    circles.min_by_key(Vec::len)
}

/// The shortest way from a module back to itself.
fn back_to(start: &str, edges: &BTreeMap<String, BTreeMap<String, &Use>>) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in edges.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push([way.as_slice(), std::slice::from_ref(next)].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first circle of a crate of these files.
    fn check(files: &[(&str, &str)]) -> Option<String> {
        let sources = files.iter().map(|(path, text)| {
            (module(path), Source { path: (*path).to_owned(), text: (*text).to_owned() })
        });
        let mut sources = sources.collect();
        leave_out_tests(&mut sources);
        let uses = uses(&sources);
        let mut problems = sources.keys().filter_map(|parent| family(parent, &uses, &sources));
        problems.next().map(|problem| problem.diagnostic.message)
    }

    #[test]
    fn a_circle_is_found_whatever_its_form() {
        let found = |from: &str| {
            let lib = "mod a;\nmod b;\n";
            check(&[("lib.rs", lib), ("a.rs", from), ("b.rs", "use crate::a::A;\n")])
        };
        let circle = Some("modules use one another in a circle: a → b → a".to_owned());
        assert_eq!(found("use crate::b::B;\n"), circle);
        assert_eq!(found("use super::{b::{B, C}};\n"), circle);
        assert_eq!(found("fn f() { crate::b::c() }\n"), circle);
        assert_eq!(found("// crate::b::c\n"), None);
        assert_eq!(found("#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n"), None);
    }

    #[test]
    fn parents_and_children_count() {
        let lib = "mod a;\nuse a::A;\npub struct B;\n";
        let circle = "modules use one another in a circle: lib → a → lib";
        let child = ("a.rs", "use crate::B;\n");
        assert_eq!(check(&[("lib.rs", lib), child]).as_deref(), Some(circle));
        // Passing on is no use.
        let lib = "mod a;\npub use a::A;\npub struct B;\n";
        assert_eq!(check(&[("lib.rs", lib), child]), None);
        let nested = [
            ("lib.rs", "mod a;"),
            ("a.rs", "mod b;\nfn f() { b::c() }"),
            ("a/b.rs", "use super::D;"),
        ];
        assert_eq!(
            check(&nested).as_deref(),
            Some("modules use one another in a circle: a → b → a")
        );
    }

    #[test]
    fn what_is_used_is_where_it_lies() {
        // A child that takes from its parent what the parent has from a leaf.
        let lib = "mod a;\nmod leaf;\nuse a::A;\nuse leaf::L;\nuse other::O;\n";
        let child = |text| check(&[("lib.rs", lib), ("a.rs", text), ("leaf.rs", "pub struct L;")]);
        assert_eq!(child("use super::L;\n"), None);
        assert_eq!(child("fn f() -> super::L {}\n"), None);
        assert_eq!(child("use crate::O;\n"), None);
        let circle = Some("modules use one another in a circle: lib → a → lib".to_owned());
        assert_eq!(child("use super::Own;\n"), circle);
        assert_eq!(child("use super::*;\n"), circle);
        // Names of modules alone.
        assert_eq!(child("pub(in super) fn f() {}\n"), None);
        assert_eq!(child("use crate::leaf;\nfn f() -> leaf::L {}\n"), None);
        // A leaf that turns back is one no more.
        let files = [("lib.rs", lib), ("a.rs", "use super::L;"), ("leaf.rs", "use crate::a::A;")];
        let circle = "modules use one another in a circle: a → leaf → a";
        assert_eq!(check(&files).as_deref(), Some(circle));
    }

    #[test]
    fn tests_are_left_out() {
        let lib = "pub struct A;\nmod b;\n#[cfg(test)]\nmod slow;\n";
        let files = [("lib.rs", lib), ("b.rs", ""), ("slow.rs", "use crate::b;\nuse crate::A;")];
        assert_eq!(check(&files), None);
    }
}
