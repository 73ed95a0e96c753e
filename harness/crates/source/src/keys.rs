//! Names that a person got wrong in a TOML file: what serde says of them, in our
//! words, with the name that was meant.

use crate::diagnostic::Diagnostic;
use crate::likeness::nearest;
use crate::span::Span;

/// What is wrong with a TOML text, as a finding.
pub fn fault(code: &'static str, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().map_or(Span::default(), |span| Span::new(span.start, span.end));
    let said = error.message();
    let mut names = said.split('`').skip(1).step_by(2);
    let (Some(kind), Some(wrong)) = (unknown(said), names.next()) else {
        return Diagnostic::error(code, said, span);
    };
    let right: Vec<&str> = names.collect();
    let help = match nearest(wrong, right.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let right: Vec<_> = right.iter().map(|name| format!("`{name}`")).collect();
            format!("there {}: {}", if right.len() == 1 { "is" } else { "are" }, right.join(", "))
        }
    };
    Diagnostic::error(code, format!("unknown {kind} `{wrong}`"), span).with_help(help)
}

/// What kind of name serde does not know.
fn unknown(said: &str) -> Option<&'static str> {
    [("unknown field ", "key"), ("unknown variant ", "value")]
        .into_iter()
        .find_map(|(lead, kind)| said.starts_with(lead).then_some(kind))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::fault;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its names matter")]
    struct Keys {
        alerts: Option<u8>,
        note: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Missing,
        Strict,
    }

    #[test]
    fn a_wrong_name_gets_the_right_one() {
        for (text, message, help) in [
            ("alert = 1", "unknown key `alert`", "did you mean `alerts`?"),
            ("xyz = 1", "unknown key `xyz`", "there are: `alerts`, `note`"),
            ("note = \"stric\"", "unknown value `stric`", "did you mean `strict`?"),
        ] {
            let found = fault("config", &toml::from_str::<Keys>(text).expect_err("a fault"));
            assert_eq!((found.message.as_str(), found.help.as_deref()), (message, Some(help)));
            assert!(!found.span.of(text).is_empty(), "{text}");
        }
        let found = fault("config", &toml::from_str::<Keys>("alerts = ").expect_err("a fault"));
        assert_eq!(found.help, None);
    }
}
