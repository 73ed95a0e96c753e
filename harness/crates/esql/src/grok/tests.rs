use super::*;

/// The outputs of a pattern on a text, as `name=values`.
fn check(pattern: &str, text: &str, expected: Option<&str>) {
    let grok = Grok::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let mut values = vec![Vec::new(); grok.outputs().len()];
    let matched = grok.apply(text, &mut values).expect("numbers are numbers");
    let shown: Vec<_> = grok
        .outputs()
        .iter()
        .zip(&values)
        .map(|(output, list)| {
            let list: Vec<_> = list.iter().map(|value| value.as_ref().text(output.ty)).collect();
            format!("{}={}", output.name, list.join(","))
        })
        .collect();
    assert_eq!(matched.then(|| shown.join(" ")).as_deref(), expected, "{pattern} on {text}");
}

#[test]
fn every_pattern_of_the_bank_compiles() {
    for name in bank::names() {
        let pattern = format!("%{{{name}:x}}");
        assert!(Grok::new(&pattern).is_ok(), "{name}: {:?}", Grok::new(&pattern).err());
    }
}

#[test]
fn the_bank_matches_what_it_names() {
    for (name, text, found) in [
        ("IP", "at 10.1.2.3 now", Some("10.1.2.3")),
        ("IP", "fe80::1:2 x", Some("fe80::1:2")),
        // The first form that fits wins, not the longest.
        ("IP", "::ffff:10.0.0.1", Some("::ffff:10")),
        ("IPV4", "256.1.1.1", None),
        ("IPV4", "1.2.3.4567", None),
        ("NUMBER", "x -12.50, ", Some("-12.50")),
        ("NUMBER", "v1.2.3", Some("1.2")),
        ("WORD", "-- abc_1 d", Some("abc_1")),
        ("POSINT", "007 12", Some("12")),
        (
            "UUID",
            "id 6BA7B810-9dad-11d1-80b4-00c04fd430c8",
            Some("6BA7B810-9dad-11d1-80b4-00c04fd430c8"),
        ),
        ("EMAILADDRESS", "<a.b@c.de>", Some("a.b@c.de")),
        (
            "TIMESTAMP_ISO8601",
            "on 2024-02-03T04:05:06.789+01:00!",
            Some("2024-02-03T04:05:06.789+01:00"),
        ),
        ("QS", r#"say "a \"b\"" ok"#, Some(r#""a \"b\"""#)),
        ("URI", "get http://u:p@h.io:80/p/q?x=1 now", Some("http://u:p@h.io:80/p/q?x=1")),
        ("URIHOST", "h.io:80/x", Some("h.io:80")),
        ("UNIXPATH", "in /usr/bin/x y", Some("/usr/bin/x")),
        ("WINPATH", r"in C:\a b\c.exe", Some(r"C:\a b\c.exe")),
        ("MAC", "00:1A:2b:3c:4d:5E", Some("00:1A:2b:3c:4d:5E")),
        ("LOGLEVEL", "[WARN] x", Some("WARN")),
        ("HTTPDATE", "[10/Oct/2000:13:55:36 -0700]", Some("10/Oct/2000:13:55:36 -0700")),
        ("SYSLOGTIMESTAMP", "Mar  3 01:02:03 h", Some("Mar  3 01:02:03")),
    ] {
        let expected = found.map(|found| format!("x={found}"));
        check(&format!("%{{{name}:x}}"), text, expected.as_deref());
    }
}

#[test]
fn numbers_do_not_give_back_digits() {
    check("%{NUMBER:a}5", "12345", None);
    check("%{NUMBER:a}", "1.", Some("a=1"));
}

#[test]
fn captures_types_and_lists() {
    check("%{WORD:b} %{WORD:a}", "x y", Some("a=y b=x"));
    check("%{WORD:a} %{WORD:a}", "x y", Some("a=x,y"));
    check(
        "%{NUMBER:n:int} %{NUMBER:d:float} %{WORD:t:boolean}",
        "1 2.5 TRUE",
        Some("d=2.5 n=1 t=true"),
    );
    check("(?<a.b>[a-z]+)(c)?", "abcd1", Some("a.b=abcd"));
    check("^(?:%{URIPROTO:p}://)?(?<h>[a-z]+)$", "host", Some("h=host p="));
    check("x%{WORD:a}", "y", None);
    check("^b(?<a>.)", "a\nbc", Some("a=c"));
}

#[test]
fn patterns_that_are_refused() {
    for (pattern, part) in [
        ("%{NOPE:a}", "Unable to find pattern [NOPE]"),
        ("%{NUMBER:a} %{WORD:a}", "[a] is defined multiple times"),
        ("(?<a>", "Unclosed group"),
    ] {
        let error = Grok::new(pattern).expect_err(pattern).to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(matches!(Grok::new(r"(?<a>x)\k<a>"), Err(GrokError::Unsupported(_))));
}
