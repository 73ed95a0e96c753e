//! Where files lie, for formats that link to them.

/// The folders of rules and cases, relative to the repository and with `/`.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The rules.
    pub rules: &'a str,
    /// The cases.
    pub cases: &'a str,
}

impl Places<'_> {
    /// The path of a rule's file.
    pub fn rule(self, key: &str) -> String {
        join(self.rules, &format!("{key}.toml"))
    }

    /// The path of a case, or of a file beside it.
    pub fn case(self, path: &str) -> String {
        join(self.cases, path)
    }
}

fn join(folder: &str, path: &str) -> String {
    match folder.trim_end_matches('/') {
        "" | "." => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn paths_start_at_the_repository() {
        let places = Places { rules: "rules/", cases: "." };
        assert_eq!(places.rule("aws/x"), "rules/aws/x.toml");
        assert_eq!(places.case("aws/x/positive/p.json"), "aws/x/positive/p.json");
    }
}
