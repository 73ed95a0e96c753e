//! docs/lint.md is the table in Markdown.

use std::fmt::Write as _;
use std::path::Path;

use super::super::codes::{Code, Example, Family};

const HEAD: &str = "\
# Lint

`harness lint` tells what is wrong with rules before any event is seen. This page is made
from the table in `harness/crates/quality/src/lint/codes.rs`; a test holds the two together,
and both examples of each kind are run. `harness lint --explain CODE` prints one entry.

What the reader and the compiler of rules say is told as well, under their own codes.

To accept a finding, write a comment with a reason in the rule's file, at the end of the line
or on a line of its own before the key, the table or the whole file that it is about:

```toml
# lint: accept quoted-wildcard: the policy grants \"*\", that is what is looked for
query = '''
```

or an entry in `harness.toml`, which also sets levels, by folder if need be:

```toml
[lint]
ignore = [\"case-on-windows\"]            # kinds, or families such as \"metadata\"

[lint.levels]
schedule-gap = \"error\"                  # error, warning, note, off

[lint.folders.\"rules/windows\".levels]
case-on-windows = \"warning\"

[[lint.accept]]
rule = \"aws/*\"                          # the path below rules/, without .toml
code = \"rule-id\"
reason = \"ids come from the old system\"
```

An acceptance that accepts nothing is a finding.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for family in Family::ALL {
        let own: Vec<_> = Code::ALL.iter().map(|code| code.about()).collect();
        let own: Vec<_> = own.into_iter().filter(|about| about.family == family).collect();
        if own.is_empty() {
            continue;
        }
        write!(page, "\n## {}\n", family.title()).expect("a string takes everything");
        if family == Family::Metadata {
            let text = format!(
                "\nTechniques and tactics are those of MITRE ATT&CK, Enterprise, version {}.\n",
                super::super::metadata::ATTACK_VERSION
            );
            page.push_str(&text);
        }
        for about in own {
            let text = format!(
                "\n### `{}`\n\n{}: {}. {}.\n\n{}\n{}",
                about.name,
                capital(about.level.name()),
                about.title,
                capital(about.why),
                block("Bad", about.bad),
                block("Good", about.good),
            );
            page.push_str(&text);
        }
    }
    page
}

fn block(word: &str, example: Example) -> String {
    format!("{word}:\n\n```{}\n{}\n```\n", example.language(), example.text().trim_end())
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// `UPDATE_PAGES=1 cargo test` writes the page.
#[test]
fn the_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/lint.md");
    let page = page();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &page).expect("the page is written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/lint.md is not the table: run with UPDATE_PAGES=1");
}
