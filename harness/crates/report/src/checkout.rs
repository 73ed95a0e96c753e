//! Where files lie in the repository, for formats that link to them.

use std::path::{Component, Path, PathBuf};

/// A repository, and the folder in it from which paths are given.
#[derive(Clone, Debug, Default)]
pub struct Checkout {
    /// The repository; links are below it.
    pub root: PathBuf,
    /// The current folder.
    pub here: PathBuf,
}

impl Checkout {
    /// A path that opens from the current folder, as the repository names it, with
    /// `/`; as it is where it leads out of the repository.
    pub fn link(&self, path: &str) -> String {
        let mut whole = PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if whole.file_name().is_some() => {
                    whole.pop();
                }
                Component::ParentDir
                | Component::Prefix(_)
                | Component::RootDir
                | Component::Normal(_) => whole.push(part),
            }
        }
        let below = whole.strip_prefix(&self.root).unwrap_or(Path::new(path));
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/").replacen("//", "/", 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Checkout;

    #[test]
    fn links_start_at_the_repository() {
        let link = |here: &str, path| Checkout { root: "/r".into(), here: here.into() }.link(path);
        for (here, path, expected) in [
            ("/r", "rules/a.toml", "rules/a.toml"),
            ("/r/sub", "rules/a.toml", "sub/rules/a.toml"),
            ("/r/sub", "../rules/./a.toml", "rules/a.toml"),
            ("/r/sub", "/r/rules/a.toml", "rules/a.toml"),
            ("/r", "../other/a.toml", "../other/a.toml"),
            ("/r", "/other/a.toml", "/other/a.toml"),
        ] {
            assert_eq!(link(here, path), expected, "{here} {path}");
        }
        assert_eq!(Checkout::default().link("rules/a.toml"), "rules/a.toml");
    }
}
