//! A new rule or case is a new test: cargo looks at the folders, not at lists.

fn main() {
    for path in ["../rules", "../cases", "build.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
