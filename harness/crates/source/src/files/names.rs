//! Names of files: as they are shown, and those that are nobody's input.

use std::path::{Component, Path};

/// A path as it opens from the current folder, with `/`.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    let parts = below.components().filter(|part| *part != Component::CurDir);
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    match parts.split_first() {
        None => ".".to_owned(),
        Some((root, rest)) if root == "/" => format!("/{}", rest.join("/")),
        Some(_) => parts.join("/"),
    }
}

/// The path of a file in a shown folder.
pub fn below(folder: &str, relative: &str) -> String {
    match folder {
        "" | "." => relative.to_owned(),
        folder => format!("{}/{relative}", folder.trim_end_matches('/')),
    }
}

/// Whether a file, by its path below a root, is there for people and their tools
/// and not for us: hidden files, what editors leave behind, and notes.
pub fn is_aside(relative: &str) -> bool {
    let hidden = relative.split('/').any(|part| part.starts_with('.'));
    let name = relative.rsplit('/').next().unwrap_or(relative).to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let left_behind = ends(&["~", ".swp", ".swo", ".bak", ".orig", ".rej", ".tmp", ".part"])
        || name.starts_with('#') && name.ends_with('#')
        || matches!(name.as_str(), "thumbs.db" | "desktop.ini");
    let note = ends(&[".md"]) || matches!(name.as_str(), "readme" | "readme.txt" | "license");
    hidden || left_behind || note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_open_from_here() {
        let here = std::env::current_dir().expect("a folder");
        for (path, expected) in [
            (Path::new("./rules").to_path_buf(), "rules"),
            (Path::new(".").to_path_buf(), "."),
            (Path::new("../x/./rules").to_path_buf(), "../x/rules"),
            (Path::new("/x/rules").to_path_buf(), "/x/rules"),
            (here.join("rules"), "rules"),
            (here, "."),
        ] {
            assert_eq!(shown(&path), expected, "{path:?}");
        }
        for (folder, expected) in
            [("", "a/b"), (".", "a/b"), ("rules/", "rules/a/b"), ("/", "/a/b")]
        {
            assert_eq!(below(folder, "a/b"), expected);
        }
    }

    #[test]
    fn what_is_aside() {
        for name in [
            ".DS_Store",
            "a/.gitkeep",
            ".idea/x.json",
            "a/positive/.p.json.swp",
            "a/positive/p.json~",
            "a/#p.json#",
            "README.md",
            "a/Notes.MD",
            "a/Thumbs.db",
        ] {
            assert!(is_aside(name), "{name}");
        }
        for name in ["a/positive/p.json", "a/case.toml", "p.txt", "a/positive/p.swap.json"] {
            assert!(!is_aside(name), "{name}");
        }
    }
}
