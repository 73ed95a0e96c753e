//! Tests made by a macro.

/// Makes the test `rules`, which judges every rule file that a pattern matches below
/// the folder of the package, and fails with the reports of those that do not pass.
///
/// A pattern that matches no file fails as well. For a test of its own for each rule,
/// see [`Suite::rule`](crate::Suite::rule).
///
/// ```no_run
/// harness::rule_tests!("rules/**/*.toml");
/// ```
#[macro_export]
macro_rules! rule_tests {
    ($pattern:literal) => {
        #[test]
        fn rules() {
            $crate::Suite::at(env!("CARGO_MANIFEST_DIR")).assert_passes($pattern);
        }
    };
}
