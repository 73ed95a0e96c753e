use super::accept::Query;
use super::*;
use crate::Outcome;

const FILE: &str = "\
first
ROW a = 1 | EVAL b = [\"x\", \"y|z\"];
// warning: something

a:integer |b:keyword
1 | [\"x\", \"y|z\"]
;

second
FROM ho*
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
    for (from, to, told) in [
        ("beta | null", "beta | ::1", "row 2 of 2 expected"),
        ("alpha | ::0\n", "", "row 1 of 1 expected, 2 found"),
        ("a:integer", "a:long", "expected a:long"),
        ("a:integer", "a:lang", "column `a` has the unknown type `lang`"),
        ("\n1 |", "\nx |", "`x` is no integer"),
        ("FROM ho*", "FROM other", "no dataset for `other`"),
        ("ROW a", "ROW", "error: "),
    ] {
        let cases = parse(&FILE.replace(from, to)).expect("well-formed");
        let outcomes = cases.iter().map(|case| judge(case, &datasets()));
        let differs: Vec<_> = outcomes.filter(|outcome| *outcome != Outcome::Agree).collect();
        let [Outcome::Disagree(found)] = differs.as_slice() else { panic!("{to}: {differs:?}") };
        assert!(found.got.contains(told), "{to}: {}", found.got);
    }
}

#[test]
fn what_is_not_run_is_unsupported() {
    let file = FILE.replace("FROM ho*", "FROM hosts | CHANGE_POINT ip0");
    let outcomes = parse(&file).expect("well-formed").into_iter();
    let outcomes: Vec<_> = outcomes.map(|case| judge(&case, &datasets())).collect();
    assert!(matches!(outcomes.as_slice(), [Outcome::Agree, Outcome::Unsupported(_)]));
}

#[test]
fn cells_have_the_types_of_the_suites() {
    for (query, header, cell) in [
        (
            "ROW d = TO_DATE_NANOS(1724160894123456789)",
            "d:date_nanos",
            "2024-08-20T13:34:54.123456789Z",
        ),
        ("ROW d = TO_DATE_NANOS(1724160894000000000)", "d:date_nanos", "2024-08-20T13:34:54Z"),
        ("ROW n = 1", "n:byte", "1"),
        ("ROW n = 1", "n : short", "1"),
        ("ROW n = 1.5", "n:float", "1.5"),
        ("ROW y = DATE_EXTRACT(\"year\", NOW())", "y:long", "2026"),
    ] {
        let file = format!("x\n{query};\n\n{header}\n{cell}\n;\n");
        let cases = parse(&file).expect("well-formed");
        assert_eq!(judge(&cases[0], &Datasets::default()), Outcome::Agree, "{query}");
    }
}

#[test]
fn queries_are_accepted_or_rejected() {
    for (text, expected) in [
        ("FROM hosts | KEEP card", Ok(true)),
        ("FROM hosts | KEEP gone", Ok(false)),
        ("FROM hosts | WHERE", Ok(false)),
        ("FROM hosts | WHERE QSTR(card)", Ok(false)),
        ("FROM hosts | CHANGE_POINT ip0", Err(())),
    ] {
        for accepted in [true, false] {
            let query = Query { name: String::new(), text: text.to_owned(), accepted };
            let outcome = accept::judge(&query, &datasets());
            let fits = match expected {
                Err(()) => matches!(outcome, Outcome::Unsupported(_)),
                Ok(expected) if expected == accepted => outcome == Outcome::Agree,
                Ok(_) => matches!(outcome, Outcome::Disagree(_)),
            };
            assert!(fits, "{text}: {outcome:?}");
        }
    }
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
