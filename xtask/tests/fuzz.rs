//! The inputs that the fuzzer found before break nothing.

use std::path::Path;
use std::process::Command;

#[test]
fn the_corpus_is_replayed() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut replay = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output =
        replay.args(["fuzz", "--replay", "--root"]).arg(root).output().expect("xtask runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("inputs of the corpus, 0 failed"), "{told}");
    assert!(!told.starts_with("0 inputs"), "the corpus is there: {told}");
}
