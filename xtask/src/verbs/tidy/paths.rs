//! The paths that Rust code names: `use` trees and paths in the middle of code.

/// A path as written, segment by segment, and where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Its segments.
    pub(super) segments: Vec<String>,
    /// The byte where it starts.
    pub(super) at: usize,
    /// What it stands in.
    pub(super) place: Place,
    /// The name that a `use` gives it.
    pub(super) name: String,
}

/// What a path stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A `use` for the module itself.
    Use,
    /// A `pub use`.
    Export,
    /// The code.
    Code,
}

/// All paths of two and more segments, `use` trees spread out, and names in `use`
/// trees. Comments, strings and the test module at the end of a file are left out.
pub(super) fn named(text: &str) -> Vec<Named> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code = blank(code);
    let mut found = Vec::new();
    let mut place = Place::Code;
    let mut is_public = false;
    let mut at = 0;
    while let Some(start) = code[at..].find(is_start).map(|offset| at + offset) {
        if code[at..start].contains([';', '}']) {
            place = Place::Code;
        }
        let before = code[..start].trim_end();
        let word = word(&code[start..]);
        if code[..start].ends_with(is_part) || before.ends_with('.') || before.ends_with("::") {
            at = start + word.len();
            continue;
        }
        if matches!(word, "use" | "pub") {
            place = if is_public { Place::Export } else { Place::Use };
            place = if word == "use" { place } else { Place::Code };
            is_public = word == "pub";
            at = start + word.len();
            continue;
        }
        // `pub(crate)` is as public as it gets for the modules of a crate.
        is_public &= before.ends_with('(');
        let mut scan = Scan { code: &code, at: start };
        let mut paths = Vec::new();
        scan.path(&mut Vec::new(), &mut paths, 0);
        let worth = |path: &(Vec<String>, String)| path.0.len() > 1 || place != Place::Code;
        let paths = paths.into_iter().filter(worth);
        found.extend(paths.map(|(segments, name)| Named { segments, at: start, place, name }));
        at = scan.at.max(start + 1);
    }
    found
}

/// Reads one tree of paths.
struct Scan<'a> {
    code: &'a str,
    at: usize,
}

/// Paths, each with the name that it gets.
type Paths = Vec<(Vec<String>, String)>;

/// The most levels of braces in a `use` tree.
const MAX_DEPTH: usize = 16;

impl Scan<'_> {
    fn path(&mut self, prefix: &mut Vec<String>, paths: &mut Paths, depth: usize) {
        let length = prefix.len();
        loop {
            let name = word(&self.code[self.at..]);
            if name.is_empty() {
                break;
            }
            prefix.push(name.to_owned());
            self.at += name.len();
            if !self.skip("::") {
                break;
            }
            if self.skip("{") && depth < MAX_DEPTH {
                while !self.skip("}") && self.at < self.code.len() {
                    let start = self.at;
                    self.space();
                    self.path(prefix, paths, depth + 1);
                    let rest = &self.code[self.at..];
                    self.at += rest.find([',', '}']).unwrap_or(rest.len());
                    self.skip(",");
                    self.space();
                    if self.at == start {
                        break;
                    }
                }
                prefix.truncate(length);
                return;
            }
        }
        let is_glob = self.code[self.at..].starts_with('*') && !prefix.is_empty();
        if prefix.len() > length || is_glob {
            let name = self.renamed().or_else(|| prefix.iter().rfind(|it| *it != "self").cloned());
            let name = if is_glob { "*".to_owned() } else { name.unwrap_or_default() };
            paths.push((prefix.clone(), name));
        }
        prefix.truncate(length);
    }

    /// The name after `as`.
    fn renamed(&mut self) -> Option<String> {
        let rest = self.code[self.at..].trim_start().strip_prefix("as ")?;
        let name = word(rest.trim_start());
        self.at = self.code.len() - rest.trim_start().len() + name.len();
        Some(name.to_owned())
    }

    fn skip(&mut self, text: &str) -> bool {
        let found = self.code[self.at..].starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn space(&mut self) {
        let rest = &self.code[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }
}

fn is_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The identifier at the start.
fn word(text: &str) -> &str {
    if !text.starts_with(is_start) {
        return "";
    }
    &text[..text.find(|c| !is_part(c)).unwrap_or(text.len())]
}

/// The same code with blanks in place of comments, strings and characters, byte for byte.
fn blank(code: &str) -> String {
    let bytes = code.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &code.as_bytes()[at..];
        let end = if rest.starts_with(b"//") {
            find(rest, b"\n").unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            find(rest, b"*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with(b"r#\"") {
            find(rest, b"\"#").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with(b"r\"")
            && !bytes[..at].last().is_some_and(u8::is_ascii_alphanumeric)
        {
            find(&rest[2..], b"\"").map_or(rest.len(), |end| end + 3)
        } else if rest[0] == b'"' {
            quoted(rest, b'"')
        } else if rest[0] == b'\'' {
            character(rest)
        } else {
            at += 1;
            continue;
        };
        out[at..at + end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        at += end.max(1);
    }
    String::from_utf8(out).unwrap_or_default()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// The length of a literal with escapes.
fn quoted(text: &[u8], mark: u8) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != mark {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// The length of a character literal; 1 for the mark of a lifetime.
fn character(text: &[u8]) -> usize {
    let end = quoted(text, b'\'');
    let is_lifetime = text.get(1) != Some(&b'\\') && end > 6 || text.get(1) == Some(&b'_');
    if is_lifetime || text[1..end.max(2) - 1].contains(&b'\n') { 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> =
            named(text).iter().map(|named| named.segments.join("::")).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn use_trees_are_spread_out() {
        check(
            "use crate::a::{self, b::{C, d::E}, F as G};\n",
            &["crate::a::self", "crate::a::b::C", "crate::a::b::d::E", "crate::a::F"],
        );
        check(
            "use super::{\n    one::Two,\n    three,\n};\n",
            &["super::one::Two", "super::three"],
        );
        check("use crate::a;\nuse a::b as c;\n", &["crate::a", "a::b"]);
    }

    #[test]
    fn paths_in_code_are_found() {
        check(
            "fn f<'a>(x: &'a crate::a::B) -> C { super::d::e(x.f::<G>()) }",
            &["crate::a::B", "super::d::e"],
        );
        check("let c = '\"'; x::y(\"a::b\"); // c::d\n/* e::f */ let s = r#\"g::h\"#;", &["x::y"]);
        check("fn f() {}\n#[cfg(test)]\nmod tests {\n    use super::a::B;\n}\n", &[]);
    }

    #[test]
    fn exports_are_told_apart() {
        let exported = |text: &str| named(text).iter().all(|it| it.place == Place::Export);
        assert!(exported("pub use a::{B, c::D};"));
        assert!(exported("pub(crate) use a::B;"));
        assert!(!exported("use a::B;"));
        assert!(!exported("pub fn f() { a::b() }"));
    }
    #[test]
    fn uses_give_names() {
        let names =
            |text: &str| -> Vec<String> { named(text).into_iter().map(|it| it.name).collect() };
        assert_eq!(names("use a::{self, b as c, d::*, e};"), ["a", "c", "*", "e"]);
        assert_eq!(names("pub(super) use a::b as _;\nuse super::*;"), ["_", "*"]);
    }
}
