//! `LIKE` and `RLIKE`: whole values against one or more patterns.

use harness_text::pattern::Case;
use harness_text::pattern::glob::{Glob, GlobPart};
use harness_text::pattern::regexp::{Flags, Regexp};

/// The patterns of one `LIKE` or `RLIKE`: a string passes when any matches.
#[derive(Clone, Debug)]
pub struct Matcher {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Glob(Glob),
    Regexp(Regexp),
}

impl Matcher {
    /// Patterns with `*`, `?` and `\`.
    ///
    /// # Errors
    ///
    /// A `\` before a character that is not special.
    pub fn wildcards(patterns: &[&str]) -> Result<Self, String> {
        let patterns = patterns.iter().map(|pattern| wildcard(pattern).map(Pattern::Glob));
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// Lucene's regular expressions with every operator.
    ///
    /// # Errors
    ///
    /// What Lucene would not compile.
    pub fn regexps(patterns: &[&str]) -> Result<Self, String> {
        let patterns = patterns.iter().map(|pattern| {
            Regexp::parse(pattern, Flags::ALL, Case::Sensitive)
                .map(Pattern::Regexp)
                .map_err(|error| format!("Invalid pattern for RLIKE [{pattern}]: [{error}]"))
        });
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// The patterns, as other languages have them.
    pub fn patterns(&self) -> Vec<harness_text::pattern::Pattern> {
        use harness_text::pattern::Pattern as Any;
        let patterns = self.patterns.iter().map(|pattern| match pattern {
            Pattern::Glob(glob) => Any::Glob(glob.clone(), Case::Sensitive),
            Pattern::Regexp(regexp) => Any::Regexp(regexp.clone()),
        });
        patterns.collect()
    }

    /// Whether some pattern matches the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| match pattern {
            Pattern::Glob(glob) => glob.matches(text, Case::Sensitive),
            Pattern::Regexp(regexp) => regexp.matches(text),
        })
    }

    /// Whether some pattern is written so that it matches every string.
    ///
    /// Elasticsearch rewrites such a `LIKE` to `IS NOT NULL` (docs/semantics.md,
    /// "ES|QL, patterns").
    pub fn matches_all(&self) -> bool {
        self.patterns.iter().any(|pattern| match pattern {
            Pattern::Glob(glob) => {
                !glob.parts().is_empty()
                    && glob.parts().iter().all(|part| matches!(part, GlobPart::Many))
            }
            Pattern::Regexp(regexp) => matches!(regexp.source(), ".*" | "@"),
        })
    }
}

fn wildcard(pattern: &str) -> Result<Glob, String> {
    let error = || {
        format!(
            "Invalid pattern for LIKE [{pattern}]: [Invalid sequence - escape character is not followed by special wildcard char]"
        )
    };
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let wildcard = match c {
            '*' => GlobPart::Many,
            '?' => GlobPart::One,
            '\\' => {
                match chars.next() {
                    Some(special @ ('*' | '?' | '\\')) => literal.push(special),
                    Some(_) | None => return Err(error()),
                }
                continue;
            }
            other => {
                literal.push(other);
                continue;
            }
        };
        if !literal.is_empty() {
            parts.push(GlobPart::Literal(std::mem::take(&mut literal)));
        }
        parts.push(wildcard);
    }
    if !literal.is_empty() {
        parts.push(GlobPart::Literal(literal));
    }
    Ok(Glob::from_parts(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_escapes() {
        for (pattern, text, expected) in [
            ("a*c", "abc", true),
            ("a?c", "a\u{1f431}c", true),
            ("a?c", "ac", false),
            ("*", "a\nb", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"c:\\*", r"c:\x", true),
            ("", "", true),
        ] {
            let matcher = Matcher::wildcards(&[pattern]).expect(pattern);
            assert_eq!(matcher.matches(text), expected, "{pattern} {text}");
        }
        assert!(Matcher::wildcards(&[r"\d"]).is_err());
        assert!(Matcher::wildcards(&[r"a\"]).is_err());
    }

    #[test]
    fn patterns_that_match_all_are_known_by_their_spelling() {
        assert!(Matcher::wildcards(&["a", "**"]).expect("valid").matches_all());
        assert!(!Matcher::wildcards(&["", "a*"]).expect("valid").matches_all());
        assert!(Matcher::regexps(&[".*"]).expect("valid").matches_all());
        assert!(!Matcher::regexps(&[".+"]).expect("valid").matches_all());
    }
}
