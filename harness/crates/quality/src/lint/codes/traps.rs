//! Traps of the languages: text that means something else than it seems to.

use super::kind::{About, Code, Example, Family};
use crate::lint::model::Level;

const fn trap(
    code: Code,
    name: &'static str,
    level: Level,
    title: &'static str,
    why: &'static str,
    (bad, good): (Example, Example),
) -> About {
    About { code, name, family: Family::Traps, level, title, why, bad, good }
}

pub(super) static TABLE: [About; 28] = [
    trap(
        Code::QuotedWildcard,
        "quoted-wildcard",
        Level::Warning,
        "a `*` in KQL quotes",
        "in quotes a `*` is an asterisk, so the clause asks for a value that has one; \
         wildcards of KQL stand outside of quotes",
        (
            Example::Kql("process.executable: \"*mimikatz*\""),
            Example::Kql("process.executable: *mimikatz*"),
        ),
    ),
    trap(
        Code::WildcardInPhrase,
        "wildcard-in-phrase",
        Level::Note,
        "a `*` beside a letter in a phrase of analyzed text",
        "the analyzer drops the `*`, so whole words are looked for and no part of one",
        (
            Example::Kql("powershell.file.script_block_text: \"Invoke-Mimi*\""),
            Example::Kql("powershell.file.script_block_text: \"Invoke-Mimikatz\""),
        ),
    ),
    trap(
        Code::WildcardInEquals,
        "wildcard-in-equals",
        Level::Warning,
        "a `*` where letters are compared",
        "`==`, `in` and functions such as `startsWith` compare letter by letter, so the `*` stands \
         for itself; `like` and `:` take it for any text",
        (
            Example::Eql("process where process.name == \"cert*.exe\""),
            Example::Eql("process where process.name : \"cert*.exe\""),
        ),
    ),
    trap(
        Code::LiteralQuestionMark,
        "literal-question-mark",
        Level::Warning,
        "a `?` in a KQL pattern",
        "KQL has one wildcard, `*`; a `?` stands for itself",
        (
            Example::Kql("destination.domain: cdn??.example.com"),
            Example::Kql("destination.domain: cdn*.example.com"),
        ),
    ),
    trap(
        Code::WildcardWithSpace,
        "wildcard-with-space",
        Level::Warning,
        "a KQL pattern with a space on a field that is analyzed",
        "on such a field Kibana makes a query string of the pattern, where a space separates \
         words and one of them is enough",
        (
            Example::Kql("powershell.file.script_block_text: *net user*"),
            Example::Kql("powershell.file.script_block_text: \"net user\""),
        ),
    ),
    trap(
        Code::ControlCharacter,
        "control-character",
        Level::Warning,
        "a tab, a line end or a zero character in a value, made by an escape",
        "`\\t`, `\\r`, `\\n` and their like are control characters and not a backslash with a \
         letter, so no path has the value",
        (
            Example::Kql("process.executable: \"C:\\temp\\evil.exe\""),
            Example::Kql("process.executable: \"C:\\\\temp\\\\evil.exe\""),
        ),
    ),
    trap(
        Code::MissingOperator,
        "missing-operator",
        Level::Error,
        "a line end inside a KQL value without quotes",
        "without `and` or `or` between them two lines are one value, and no event has a value \
         with a line end in it",
        (
            Example::Kql("process.args: (*/.ssh/id_rsa*\n  */.aws/credentials*)"),
            Example::Kql("process.args: (*/.ssh/id_rsa* or\n  */.aws/credentials*)"),
        ),
    ),
    trap(
        Code::EscapedWildcard,
        "escaped-wildcard",
        Level::Warning,
        "a backslash before a wildcard",
        "in LIKE and in wildcard filters a backslash makes a character of the wildcard after it, \
         and a backslash of the value is written twice; in EQL it makes none, and stands for itself",
        (
            Example::Esql(
                "from logs-* metadata _id | where process.executable like \"*\\\\temp\\\\*\"",
            ),
            Example::Esql(
                "from logs-* metadata _id | where process.executable like \"*\\\\\\\\temp\\\\\\\\*\"",
            ),
        ),
    ),
    trap(
        Code::LostBackslash,
        "lost-backslash",
        Level::Warning,
        "a backslash that makes nothing of the letter after it",
        "in LIKE, in wildcard filters and in regular expressions a backslash is an escape, so a \
         path needs two of them",
        (
            Example::Esql(
                "from logs-* metadata _id | where process.executable like \"C:\\\\Users*\"",
            ),
            Example::Esql(
                "from logs-* metadata _id | where process.executable like \"C:\\\\\\\\Users*\"",
            ),
        ),
    ),
    trap(
        Code::DoubleBackslash,
        "double-backslash",
        Level::Warning,
        "two backslashes where none of them is an escape",
        "in a raw string a backslash is one already, and so it is for `==`, `:` and EQL's `like`, \
         so the value has two in a row, and paths do not",
        (
            Example::Eql("file where file.path : \"\"\"C:\\\\Temp\\\\a.exe\"\"\""),
            Example::Eql("file where file.path : \"\"\"C:\\Temp\\a.exe\"\"\""),
        ),
    ),
    trap(
        Code::CaseOnWindows,
        "case-on-windows",
        Level::Note,
        "a comparison by case of a name that Windows writes in any case",
        "Windows starts `CMD.EXE` as it starts `cmd.exe` and logs what was typed, so a comparison \
         by case is evaded by a capital letter",
        (
            Example::Eql(
                "process where host.os.type == \"windows\" and process.name == \"cmd.exe\"",
            ),
            Example::Eql(
                "process where host.os.type == \"windows\" and process.name : \"cmd.exe\"",
            ),
        ),
    ),
    trap(
        Code::TextAsKeyword,
        "text-as-keyword",
        Level::Note,
        "a whole analyzed text compared by `==`",
        "ES|QL compares the text as a whole and by case, whatever the analyzer makes of it; `:` \
         and MATCH look for words",
        (
            Example::Esql("from logs-* metadata _id | where message == \"failed login\""),
            Example::Esql("from logs-* metadata _id | where message : \"failed login\""),
        ),
    ),
    trap(
        Code::EdgeBlank,
        "edge-blank",
        Level::Warning,
        "a blank at an end of a value that is compared as a whole",
        "the blank is a part of the value, and most sources trim theirs",
        (
            Example::Kql("process.name: \"certutil.exe \""),
            Example::Kql("process.name: \"certutil.exe\""),
        ),
    ),
    trap(
        Code::DuplicateValue,
        "duplicate-value",
        Level::Warning,
        "a value twice in one list",
        "the second does nothing; often another value was meant",
        (
            Example::Eql("process where process.name in (\"a.exe\", \"b.exe\", \"a.exe\")"),
            Example::Eql("process where process.name in (\"a.exe\", \"b.exe\")"),
        ),
    ),
    trap(
        Code::LookAlike,
        "look-alike",
        Level::Warning,
        "letters of several scripts in one word, or characters that nobody sees",
        "a Cyrillic or Greek letter looks like a Latin one and is another, so the value never \
         matches what was meant",
        (
            Example::Kql("process.name: \"p\u{43e}wershell.exe\""),
            Example::Kql("process.name: \"powershell.exe\""),
        ),
    ),
    trap(
        Code::RegexInWildcard,
        "regex-in-wildcard",
        Level::Warning,
        "signs of regular expressions in a wildcard pattern",
        "in `:`, `like` and LIKE only `*` and `?` are special, so anchors, classes and groups \
         stand for themselves",
        (
            Example::Eql("process where process.name : \"^cmd[0-9]+.exe$\""),
            Example::Eql("process where process.name regex~ \"cmd[0-9]+\\\\.exe\""),
        ),
    ),
    trap(
        Code::RegexAnchor,
        "regex-anchor",
        Level::Warning,
        "an anchor in a regular expression",
        "Lucene's expressions match whole values and have no anchors, so `^` and `$` stand for \
         themselves",
        (
            Example::Eql("process where process.name regex \"^svc[0-9]+$\""),
            Example::Eql("process where process.name regex \"svc[0-9]+\""),
        ),
    ),
    trap(
        Code::RegexCaseRange,
        "regex-case-range",
        Level::Warning,
        "a range of letters of one case where case does not count",
        "under `regex~` single letters match in either case and ranges such as `[a-z]` do not",
        (
            Example::Eql("process where process.name regex~ \"[a-z0-9]\\\\.exe\""),
            Example::Eql("process where process.name regex~ \"[a-zA-Z0-9]\\\\.exe\""),
        ),
    ),
    trap(
        Code::AddressWildcard,
        "address-wildcard",
        Level::Warning,
        "a wildcard in an address",
        "the pattern compares text, so `10.1*` takes 10.100.0.1 as well, and no network is one \
         pattern; networks are written as CIDR",
        (
            Example::Kql("destination.address: 10.1*"),
            Example::Kql("destination.ip: \"10.1.0.0/16\""),
        ),
    ),
    trap(
        Code::SourceOnlyField,
        "source-only-field",
        Level::Error,
        "a field that is kept and not indexed",
        "ECS keeps the field out of the index, so no query finds its values",
        (Example::Kql("event.original: *mimikatz*"), Example::Kql("message: \"mimikatz\"")),
    ),
    trap(
        Code::FlattenedPattern,
        "flattened-pattern",
        Level::Warning,
        "a pattern on one key of a flattened field",
        "KQL runs the pattern over the keys and values of all keys of the field, so it also takes \
         another key's value, and one that begins with `*` takes nearly anything",
        (
            Example::Kql("aws.cloudtrail.flattened.request_parameters.policy: *Allow*"),
            Example::Kql("aws.cloudtrail.flattened.request_parameters.policy: Allow*"),
        ),
    ),
    trap(
        Code::OptionalInNot,
        "optional-in-not",
        Level::Note,
        "an EQL field that may be unmapped inside of `not (… and …)`",
        "where no index maps the field, the negation becomes null and the query finds nothing",
        (
            Example::Eql(
                "process where process.name : \"a.exe\" and not (user.id : \"S-1-5-18\" and \
                 ?process.parent.name : \"b.exe\")",
            ),
            Example::Eql(
                "process where process.name : \"a.exe\" and not (user.id : \"S-1-5-18\" and \
                 process.parent.name : \"b.exe\")",
            ),
        ),
    ),
    trap(
        Code::ScriptInNot,
        "script-in-not",
        Level::Note,
        "a negated EQL function of several fields",
        "the function of a missing field is null, the negation is made outside of it, and so an \
         event that lacks one of the fields passes",
        (
            Example::Eql(
                "process where process.name : \"a.exe\" and not startswith~(host.name, user.name)",
            ),
            Example::Eql(
                "process where host.name != null and user.name != null and not \
                 startswith~(host.name, user.name)",
            ),
        ),
    ),
    trap(
        Code::MixedOperators,
        "mixed-operators",
        Level::Warning,
        "`and` beside `or` without parentheses",
        "`and` binds tighter than `or`, so an `or` at the end of a list of conditions stands \
         beside all of them",
        (
            Example::Kql(
                "host.os.type: \"linux\" and process.name: \"nc\" or process.name: \"ncat\"",
            ),
            Example::Kql(
                "host.os.type: \"linux\" and (process.name: \"nc\" or process.name: \"ncat\")",
            ),
        ),
    ),
    trap(
        Code::ListInEsql,
        "list-in-esql",
        Level::Note,
        "a comparison of a field that holds lists in ES|QL",
        "in ES|QL a comparison of more than one value is null, so the row is lost; MV_CONTAINS, \
         MV_EXPAND and `:` take lists",
        (
            Example::Esql("from logs-* metadata _id | where process.args == \"-enc\""),
            Example::Esql("from logs-* metadata _id | where mv_contains(process.args, \"-enc\")"),
        ),
    ),
    trap(
        Code::NullInNot,
        "null-in-not",
        Level::Note,
        "a negation in ES|QL that drops rows without a value",
        "a comparison with null is null, and so is its negation: unlike in KQL and EQL the row is \
         lost",
        (
            Example::Esql("from logs-* metadata _id | where user.name != \"root\""),
            Example::Esql(
                "from logs-* metadata _id | where user.name is null or user.name != \"root\"",
            ),
        ),
    ),
    trap(
        Code::MvConcatOrder,
        "mv-concat-order",
        Level::Warning,
        "a text made of a list whose order nobody knows, compared",
        "Elasticsearch keeps the values of a list sorted and each once, so MV_CONCAT gives no \
         command line; a pattern over several values misses",
        (
            Example::Esql(
                "from logs-* metadata _id | eval line = mv_concat(process.args, \" \") | where \
                 line like \"*-enc JAB*\"",
            ),
            Example::Esql(
                "from logs-* metadata _id | where process.command_line like \"*-enc JAB*\"",
            ),
        ),
    ),
    trap(
        Code::MissingIdentity,
        "missing-identity",
        Level::Warning,
        "rows of ES|QL that do not name their documents",
        "without the column `_id` at the end Kibana cannot tell that an event alerted already, so \
         each run alerts on it again",
        (
            Example::Esql("from logs-* | where process.name == \"nc\""),
            Example::Esql(
                "from logs-* metadata _id, _version, _index | where process.name == \"nc\"",
            ),
        ),
    ),
];
