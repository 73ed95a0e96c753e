//! Pages of docs/ that are made of tables.

use std::path::Path;

/// Compares a page with what its table makes, or writes it anew.
pub(crate) fn check(name: &str, text: &str) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs")).join(name);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, text).expect("the page is writable");
    }
    let written = std::fs::read_to_string(&path).expect("the page is there");
    assert_eq!(written, text, "docs/{name} differs from the table");
}
