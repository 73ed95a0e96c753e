//! The standard patterns by name, as ECS version 1 defines them.
//!
//! Written so that an automaton can run them: where the published form has an
//! atomic group, this one says with a look-ahead what the group takes.
//! Patterns whose captures are columns of their own (`SYSLOGBASE` and the
//! product formats) are absent: a query that names one is refused.

/// One part of an IPv4 address.
macro_rules! octet {
    () => {
        r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
    };
}

macro_rules! v4 {
    () => {
        concat!("(?:", octet!(), r"(?:\.", octet!(), r"){3})")
    };
}

macro_rules! h16 {
    () => {
        "[0-9A-Fa-f]{1,4}"
    };
}

/// `n` groups, then at most `$after` more after `::`, or fewer and an IPv4 address.
macro_rules! v6 {
    ($before:literal, $after:literal, $short:literal) => {
        concat!(
            "(?:(?:",
            h16!(),
            ":){",
            $before,
            "}(?:(?::",
            h16!(),
            "){1,",
            $after,
            "}|(?::",
            h16!(),
            "){0,",
            $short,
            "}:",
            v4!(),
            "|:))"
        )
    };
}

const IPV6: &str = concat!(
    "(?:(?:(?:",
    h16!(),
    ":){7}(?:",
    h16!(),
    "|:))",
    "|(?:(?:",
    h16!(),
    ":){6}(?::",
    h16!(),
    "|",
    v4!(),
    "|:))",
    "|",
    v6!("5", "2", "0"),
    "|",
    v6!("4", "3", "1"),
    "|",
    v6!("3", "4", "2"),
    "|",
    v6!("2", "5", "3"),
    "|",
    v6!("1", "6", "4"),
    "|(?::(?:(?::",
    h16!(),
    "){1,7}|(?::",
    h16!(),
    "){0,5}:",
    v4!(),
    "|:)))(?:%.+)?"
);

const PARTS_OF_EMAIL: &str = concat!(
    r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,64}",
    r"(?:\.[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~]{1,62}){0,63}"
);

/// A run of digits as long as there are any, with a fraction if there is one.
const BASE10NUM: &str = concat!(
    r"(?<![0-9.+-])[+-]?",
    r"(?:[0-9]+\.[0-9]+(?![0-9])|[0-9]+(?![0-9])(?!\.[0-9])|\.[0-9]+(?![0-9]))"
);

const IPV4: &str = concat!(
    "(?<![0-9])(?:(?:[0-1]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])[.]){3}",
    "(?:[0-1]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])(?![0-9])"
);

const QUOTEDSTRING: &str =
    concat!(r#"(?<!\\)(?:"(?:\\.|[^\\"])+"|""|"#, r"'(?:\\.|[^\\'])+'|''|`(?:\\.|[^\\`])+`|``)");

const MONTH: &str = concat!(
    r"\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?",
    r"|[Mm]a(?:y|i)?|[Jj]un(?:e|i)?|[Jj]ul(?:y|i)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?",
    r"|[Oo](?:c|k)?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\b"
);

const LOGLEVEL: &str = concat!(
    "(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo?(?:rmation)?",
    "|INFO?(?:RMATION)?|[Ww]arn?(?:ing)?|WARN?(?:ING)?|[Ee]rr?(?:or)?|ERR?(?:OR)?",
    "|[Cc]rit?(?:ical)?|CRIT?(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?",
    "|[Ee]merg(?:ency)?)"
);

/// Names in ascending order, and their expressions.
const BANK: [(&str, &str); 78] = [
    ("BASE10NUM", BASE10NUM),
    (
        "BASE16FLOAT",
        r"\b(?<![0-9A-Fa-f.])(?:[+-]?(?:0x)?(?:(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?)|(?:\.[0-9A-Fa-f]+)))\b",
    ),
    ("BASE16NUM", "(?<![0-9A-Fa-f])(?:[+-]?(?:0x)?(?:[0-9A-Fa-f]+))"),
    ("CISCOMAC", r"(?:(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4})"),
    ("COMMONMAC", "(?:(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2})"),
    ("DATA", ".*?"),
    ("DATE", "(?:%{DATE_US}|%{DATE_EU})"),
    ("DATESTAMP", "%{DATE}[- ]%{TIME}"),
    ("DATESTAMP_EVENTLOG", "%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}"),
    ("DATESTAMP_OTHER", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}"),
    ("DATESTAMP_RFC2822", "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}"),
    ("DATESTAMP_RFC822", "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}"),
    ("DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"),
    ("DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"),
    (
        "DAY",
        "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)",
    ),
    ("EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"),
    ("EMAILLOCALPART", PARTS_OF_EMAIL),
    ("GREEDYDATA", ".*"),
    (
        "HOSTNAME",
        r"\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*(?:\.?|\b)",
    ),
    ("HOSTPORT", "%{IPORHOST}:%{POSINT}"),
    ("HOUR", "(?:2[0123]|[01]?[0-9])"),
    ("HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}"),
    ("INT", "(?:[+-]?(?:[0-9]+))"),
    ("IP", "(?:%{IPV6}|%{IPV4})"),
    ("IPORHOST", "(?:%{IP}|%{HOSTNAME})"),
    ("IPV4", IPV4),
    ("IPV6", IPV6),
    ("ISO8601_SECOND", "%{SECOND}"),
    ("ISO8601_TIMEZONE", "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))"),
    ("JAVACLASS", r"(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*"),
    ("JAVAFILE", "(?:[a-zA-Z$_0-9. -]+)"),
    ("JAVAMETHOD", "(?:(?:<(?:cl)?init>)|[a-zA-Z$_][a-zA-Z$_0-9]*)"),
    ("LOGLEVEL", LOGLEVEL),
    ("MAC", "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})"),
    ("MINUTE", "(?:[0-5][0-9])"),
    ("MONTH", MONTH),
    ("MONTHDAY", "(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])"),
    ("MONTHNUM", "(?:0?[1-9]|1[0-2])"),
    ("MONTHNUM2", "(?:0[1-9]|1[0-2])"),
    ("NONNEGINT", r"\b(?:[0-9]+)\b"),
    ("NOTSPACE", r"\S+"),
    ("NUMBER", "(?:%{BASE10NUM})"),
    ("PATH", "(?:%{UNIXPATH}|%{WINPATH})"),
    ("POSINT", r"\b(?:[1-9][0-9]*)\b"),
    ("PROG", r"[\x21-\x5a\x5c\x5e-\x7e]+"),
    ("QS", "%{QUOTEDSTRING}"),
    ("QUOTEDSTRING", QUOTEDSTRING),
    ("RUBY_LOGLEVEL", "(?:DEBUG|FATAL|ERROR|WARN|INFO)"),
    ("SECOND", "(?:(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?)"),
    ("SPACE", r"\s*"),
    ("SYSLOG5424PRINTASCII", "[!-~]+"),
    ("SYSLOGHOST", "%{IPORHOST}"),
    ("SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"),
    ("TIME", "(?!<[0-9])%{HOUR}:%{MINUTE}(?::%{SECOND})(?![0-9])"),
    (
        "TIMESTAMP_ISO8601",
        "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?",
    ),
    (
        "TOMCAT_DATESTAMP",
        "%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:?%{MINUTE}(?::?%{SECOND}) %{ISO8601_TIMEZONE}",
    ),
    ("TTY", r"(?:/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+))"),
    ("TZ", "(?:[APMCE][SD]T|UTC)"),
    ("UNIXPATH", "(?:/[[[:alnum:]]_%!$@:.,+~-]*)+"),
    (
        "URI",
        "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\\?%{URIQUERY})?)?",
    ),
    ("URIHOST", "%{IPORHOST}(?::%{POSINT})?"),
    ("URIPARAM", r"\?%{URIQUERY}"),
    ("URIPATH", r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+"),
    ("URIPATHPARAM", r"%{URIPATH}(?:\?%{URIQUERY})?"),
    ("URIPROTO", r"[A-Za-z](?:[A-Za-z0-9+\-.]+)+"),
    ("URIQUERY", r"[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*"),
    ("URN", "urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+"),
    ("USER", "%{USERNAME}"),
    ("USERNAME", "[a-zA-Z0-9._-]+"),
    ("UUID", "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"),
    ("WINDOWSMAC", "(?:(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2})"),
    ("WINPATH", r"(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+"),
    ("WORD", r"\b\w+\b"),
    ("YEAR", r"(?:\d\d){1,2}"),
    ("HTTPDUSER", "(?:%{EMAILADDRESS}|%{USER})"),
    ("POSTFIX_QUEUEID", "(?:[0-9A-F]{6,}|[0-9a-zA-Z]{12,}|NOQUEUE)"),
    ("REDISTIMESTAMP", "%{MONTHDAY} %{MONTH} %{TIME}"),
    ("S3_REQUEST_LINE", "(?:%{WORD} %{NOTSPACE}(?: HTTP/%{NUMBER})?|%{DATA})"),
];

/// The expression of a name.
pub(super) fn definition(name: &str) -> Option<&'static str> {
    BANK.iter().find(|(known, _)| *known == name).map(|(_, definition)| *definition)
}

/// All names, for tests.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BANK.iter().map(|(name, _)| *name)
}
