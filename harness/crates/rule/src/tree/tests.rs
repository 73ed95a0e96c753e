use super::*;

/// A folder that is removed at the end of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("harness-tree-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the temporary folder is writable");
        Self(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        let folder = path.parent().expect("it is below the folder");
        fs::create_dir_all(folder).expect("the temporary folder is writable");
        fs::write(path, content).expect("the temporary folder is writable");
    }

    /// Each file with the codes of its findings.
    fn load(&self) -> Vec<String> {
        let tree = load_tree(&self.0);
        tree.rules
            .iter()
            .map(|loaded| {
                assert!(!(loaded.has_errors() && loaded.rule.is_some()), "{}", loaded.path);
                let codes: Vec<&str> = loaded.diagnostics.iter().map(|found| found.code).collect();
                format!("{}: {}", loaded.path, codes.join(" ")).trim_end().to_owned()
            })
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn rule(id: &str) -> String {
    format!(
        "[rule]\nname = 'N'\nrule_id = '{id}'\ndescription = 'D'\nrisk_score = 1\n\
         severity = 'low'\ntype = 'query'\nquery = 'a'\n"
    )
}

#[test]
fn rules_come_in_the_order_of_their_paths() {
    let folder = Folder::new("order");
    for (path, id) in [("b.toml", "1"), ("a/z.toml", "2"), ("a.toml", "3"), ("a/b/c.toml", "4")] {
        folder.write(path, rule(id));
    }
    folder.write("notes.md", "no rule");
    folder.write(".hidden.toml", "no rule");
    folder.write(".git/config.toml", "no rule");
    folder.write("_deprecated/d.toml", rule("5"));
    let expected = ["_deprecated/d.toml:", "a.toml:", "a/b/c.toml:", "a/z.toml:", "b.toml:"];
    assert_eq!(folder.load(), expected);
}

#[test]
fn rules_of_one_id_name_each_other() {
    let folder = Folder::new("duplicates");
    for path in ["a.toml", "b.toml", "c.toml", "d.toml", "e.toml"] {
        folder.write(path, rule("same"));
    }
    folder.write("f.toml", rule("other"));
    let tree = load_tree(&folder.0);
    assert!(tree.rules[..5].iter().all(Loaded::has_errors));
    assert!(tree.rules[5].rule.is_some());
    let error = &tree.rules[1].diagnostics[0];
    let file = |name: &str| files::below(&tree.folder, name);
    let others = [file("a.toml"), file("c.toml"), file("d.toml")].join(", ");
    let message = format!("rule id `same` is also that of {others} and 1 more");
    assert_eq!((error.code, error.message.as_str()), ("rule-id-duplicate", message.as_str()));
    assert_eq!(error.span.of(&tree.rules[1].text), "'same'");
}

#[test]
fn files_that_are_no_text_are_errors() {
    let folder = Folder::new("text");
    folder.write("empty.toml", "");
    folder.write("latin.toml", b"a = 1\nb = '\xe9'\n");
    let expected = ["empty.toml: rule-empty", "latin.toml: rule-encoding"];
    assert_eq!(folder.load(), expected);
    let tree = load_tree(&folder.0);
    let fault = &tree.rules[1].diagnostics[0];
    assert_eq!(fault.span.of(&tree.rules[1].text), "\u{fffd}");
}

#[test]
fn large_files_are_refused() {
    let folder = Folder::new("large");
    folder.write("a.toml", "");
    let file = File::options().write(true).open(folder.0.join("a.toml")).expect("it was written");
    file.set_len(MAX_BYTES + 1).expect("sparse files are allowed");
    assert_eq!(folder.load(), ["a.toml: rule-too-large"]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = Folder::new("absent");
    let tree = load_tree(&folder.0.join("nowhere"));
    assert_eq!(tree.rules.len(), 1);
    assert_eq!((tree.rules[0].path.as_str(), tree.rules[0].has_errors()), (".", true));
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = Folder::new("links-outside");
    outside.write("secret.toml", rule("secret"));
    let folder = Folder::new("links");
    folder.write("a.toml", rule("a"));
    let link = |to: &Path, name: &str| {
        symlink(to, folder.0.join(name)).expect("the temporary folder takes links");
    };
    link(&outside.0, "folder");
    link(&outside.0.join("secret.toml"), "file.toml");
    link(&folder.0, "loop");
    link(Path::new("nowhere"), "nowhere.toml");
    link(&outside.0.join("secret.toml"), "readme");
    let tree = load_tree(&folder.0);
    let found: Vec<(&str, bool, bool)> = tree
        .rules
        .iter()
        .map(|loaded| (loaded.path.as_str(), loaded.rule.is_some(), loaded.has_errors()))
        .collect();
    let expected = [
        ("a.toml", true, false),
        ("file.toml", false, true),
        ("folder", false, true),
        ("loop", false, false),
        ("nowhere.toml", false, true),
    ];
    assert_eq!(found, expected);
}
