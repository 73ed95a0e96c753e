use super::*;

const FILE: &str = "\
first
ROW a = 1 | EVAL b = [\"x\", \"y|z\"];
// warning: something

a:integer | b:keyword
1 | [\"x\", \"y|z\"]
;

second
FROM hosts
| KEEP host, ip0;
ignoreOrder:true

host:keyword | ip0:ip
beta | null
alpha | ::0
;
";

fn datasets() -> Datasets {
    let mut datasets = Datasets::default();
    let documents = "{\"host\": \"alpha\", \"ip0\": \"::\"}\n{\"host\": \"beta\"}\n";
    datasets.add("hosts", documents).expect("the mapping is known");
    datasets
}

#[test]
fn a_file_is_read_and_its_cases_are_judged() {
    let cases = parse(FILE).expect("well-formed");
    assert_eq!(cases.len(), 2);
    assert_eq!((cases[0].line, cases[0].warnings.len(), cases[1].ignore_order), (1, 1, true));
    assert_eq!(cases[0].rows, [["1", "[\"x\", \"y|z\"]"]]);
    for case in &cases {
        assert_eq!(judge(case, &datasets()), Outcome::Agree, "{}", case.name);
    }
}

#[test]
fn what_differs_is_told() {
    let judged = |from: &str, to: &str| {
        let cases = parse(&FILE.replace(from, to)).expect("well-formed");
        cases.iter().map(|case| judge(case, &datasets())).find(|outcome| *outcome != Outcome::Agree)
    };
    assert!(matches!(judged("beta | null", "beta | ::1"), Some(Outcome::Differ(_))));
    assert!(matches!(judged("alpha | ::0\n", ""), Some(Outcome::Differ(_))));
    assert!(matches!(judged("a:integer", "a:long"), Some(Outcome::Differ(_))));
    assert!(matches!(judged("a:integer", "a:lang"), Some(Outcome::Unusable(_))));
    assert!(matches!(judged("\n1 |", "\nx |"), Some(Outcome::Unusable(_))));
    assert!(matches!(judged("FROM hosts", "FROM other"), Some(Outcome::Unusable(_))));
    assert!(matches!(judged("ROW a", "ROW"), Some(Outcome::Refused(_))));
}

#[test]
fn a_file_that_is_cut_short_or_malformed_is_an_error() {
    // Every prefix that ends within a case.
    for end in FILE.char_indices().map(|(at, _)| at).filter(|at| *at > 1) {
        let text = &FILE[..end];
        let whole = text.trim_end().ends_with("\n;");
        assert_eq!(parse(text).is_ok(), whole, "{text}");
    }
    for (text, message) in [
        ("", "the file holds no case"),
        ("ROW a = 1;\n", "expected the name of a case"),
        ("x\n\n", "expected the query, which ends in `;`"),
        ("x\nROW a = 1;\n\na\n", "a column is `name:type`"),
        ("x\nROW a = 1;\n\na:integer\n1 | 2\n;\n", "2 cells, but 1 columns"),
        ("x\nROW a = 1;\n\na:integer\n;\nx\nROW", "a case of this name came before"),
    ] {
        assert_eq!(parse(text).expect_err(text).message, message);
    }
}
