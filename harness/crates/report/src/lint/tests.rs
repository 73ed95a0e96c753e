//! The formats, on one finding that has all parts.

use harness_quality::lint::{Edit, Finding, Fix, Level, Safety};
use harness_source::span::Span;
use serde_json::{Value, json};

use super::{github, human, json, junit, markdown, sarif};
use crate::Amount;
use crate::checkout::Checkout;
use crate::problem::Styled;

fn finding() -> Finding {
    let text = "[rule]\nquery = 'a: \"*x|<y>*\"'\n";
    let start = text.find("\"*x").expect("it is there");
    let span = Span::new(start, start + 9);
    Finding {
        code: "quoted-wildcard",
        level: Level::Warning,
        rule: "aws/a".to_owned(),
        path: "rules/aws/a b.toml".to_owned(),
        text: text.into(),
        span,
        message: "in quotes `*` is an asterisk | <here>".to_owned(),
        help: Some("leave the quotes out".to_owned()),
        evidence: Some(json!({"a": "xx"})),
        fix: Some(Fix {
            title: "write it without quotes".to_owned(),
            safety: Safety::Unsafe,
            edits: vec![Edit { span, text: "*x*".to_owned() }],
        }),
    }
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

#[test]
fn json_has_the_keys_that_are_promised() {
    let value: Value = serde_json::from_str(&text(|out| json(&[finding()], out))).expect("JSON");
    let found = value["findings"][0].as_object().expect("an object");
    let mut keys: Vec<&str> = found.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let promised =
        ["code", "column", "evidence", "fix", "level", "line", "message", "path", "rule"];
    assert_eq!(keys, promised);
    assert_eq!((&found["line"], &found["column"]), (&json!(2), &json!(13)));
    assert_eq!(found["level"], "warning");
}

#[test]
fn text_of_rules_stays_text_in_every_format() {
    let here = Checkout::default();
    let markdown = text(|out| markdown(&[finding()], 1, &here, out));
    assert!(!markdown.contains("| <") && markdown.contains("&#124; &lt;here&gt;"), "{markdown}");
    let junit = text(|out| junit(&[finding()], &["aws/a".to_owned()], out));
    assert!(junit.contains(r#"failures="1""#) && junit.contains("&lt;here&gt;"), "{junit}");
    let github = text(|out| github(&[finding()], &here, out));
    assert!(github.starts_with("::warning file=rules/aws/a b.toml,line=2,col=13,"), "{github}");
    let human = text(|out| human(&[finding()], 1, (Styled::Plain, Amount::Usual), out));
    assert!(human.contains("1 finding in 1 rule: 1 warning"), "{human}");
    assert!(human.contains(r#"for example the event {"a":"xx"}"#), "{human}");
}

#[test]
fn sarif_has_places_rules_and_fixes() {
    let value: Value =
        serde_json::from_str(&text(|out| sarif(&[finding()], &Checkout::default(), out)))
            .expect("JSON");
    let run = &value["runs"][0];
    let result = &run["results"][0];
    assert_eq!(value["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "quoted-wildcard");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rules/aws/a%20b.toml");
    assert_eq!(place["region"]["startColumn"], 13);
    let change = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(change["insertedContent"]["text"], "*x*");
}
