//! Who and what a text names: by the field it is in, and by its form.

use std::net::IpAddr;

/// Names that are everybody's.
const COMMON: [&str; 30] = [
    "root",
    "system",
    "administrator",
    "admin",
    "guest",
    "nobody",
    "daemon",
    "public",
    "default",
    "default user",
    "localhost",
    "local service",
    "network service",
    "nt authority",
    "nt service",
    "font driver host",
    "window manager",
    "workgroup",
    "builtin",
    "alice",
    "bob",
    "user",
    "users",
    "www-data",
    "service",
    "unknown",
    "all users",
    "everyone",
    "anonymous",
    "example",
];

/// The ends of fields that name somebody or something, and what such a name becomes.
const NAMED: [(&str, &str); 34] = [
    ("user.name", "user"),
    ("user.full_name", "user"),
    ("user.target.name", "user"),
    ("user.effective.name", "user"),
    ("user.changes.name", "user"),
    ("related.user", "user"),
    ("client.user.name", "user"),
    ("userIdentity.userName", "user"),
    ("actor.display_name", "user"),
    ("actor.alternate_id", "user"),
    ("TargetUserName", "user"),
    ("SubjectUserName", "user"),
    ("host.name", "host"),
    ("host.hostname", "host"),
    ("agent.name", "host"),
    ("agent.hostname", "host"),
    ("observer.name", "host"),
    ("observer.hostname", "host"),
    ("related.hosts", "host"),
    ("winlog.computer_name", "host"),
    ("WorkstationName", "host"),
    ("cloud.instance.name", "host"),
    ("user.domain", "domain"),
    ("host.domain", "domain"),
    ("TargetDomainName", "domain"),
    ("SubjectDomainName", "domain"),
    ("organization.name", "organization"),
    ("github.org", "organization"),
    ("cloud.account.name", "account"),
    ("cloud.project.name", "project"),
    ("cloud.project.id", "project"),
    ("host.id", "id"),
    ("agent.id", "id"),
    ("user.id", "id"),
];

/// The last parts of names of machines that nobody else knows.
const INTERNAL: [&str; 9] =
    ["local", "internal", "corp", "lan", "intranet", "home", "ad", "localdomain", "private"];

/// What ids of parts of a cloud begin with.
const RESOURCES: [&str; 9] =
    ["i-", "vpc-", "subnet-", "eni-", "sg-", "vol-", "snap-", "rtb-", "igw-"];

/// What ids of people and roles in AWS begin with.
const PRINCIPALS: [&str; 6] = ["AIDA", "AROA", "AGPA", "ANPA", "AIPA", "ASCA"];

/// What a name becomes, by the field that it is in.
pub(super) fn kind_of(field: &str) -> Option<&'static str> {
    let named = NAMED.iter().find(|(end, _)| {
        field.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    named.map(|(_, kind)| *kind)
}

/// Whether a name says nothing about anybody.
pub(super) fn is_common(name: &str) -> bool {
    let plain = name.trim_end_matches('$');
    let number = plain.bytes().all(|byte| byte.is_ascii_digit()) && plain.len() < 12;
    let common = COMMON.iter().any(|common| common.eq_ignore_ascii_case(plain));
    let desktop = ["DWM-", "UMFD-"].iter().any(|start| plain.starts_with(start));
    plain.len() < 3 || number || common || desktop || plain.contains('*')
}

/// The names in a text that its form gives away: in paths of homes, in ARNs, in names of
/// directories, before and after a backslash.
pub(super) fn names_in(text: &str) -> Vec<(&str, &'static str)> {
    let mut found = Vec::new();
    let mut after = |start: &str, stops: &[char], kind| {
        for (at, _) in text.match_indices(start) {
            let rest = &text[at + start.len()..];
            let name = &rest[..rest.find(stops).unwrap_or(rest.len())];
            if !name.is_empty() {
                found.push((name, kind));
            }
        }
    };
    for start in ["\\Users\\", "\\users\\"] {
        after(start, &['\\', '"', '\'', ' '], "user");
    }
    for start in ["/home/", "/Users/"] {
        after(start, &['/', '"', '\'', ' ', ':'], "user");
    }
    for start in [":user/", ":federated-user/"] {
        after(start, &['"', '\'', ' ', ',', '/'], "user");
    }
    after("CN=", &[',', '"', '/'], "user");
    for (at, _) in text.match_indices(":assumed-role/") {
        let rest = text[at + ":assumed-role/".len()..].split(['"', '\'', ' ', ',']).next();
        found.extend(rest.and_then(|rest| Some((rest.split('/').nth(1)?, "user"))));
    }
    for (at, _) in text.match_indices("://") {
        let rest = text[at + 3..].split(['/', ' ', '"', '\'']).next().unwrap_or_default();
        if let Some((pair, _)) = rest.rsplit_once('@') {
            found.push((pair.split(':').next().unwrap_or(pair), "user"));
        }
    }
    for word in
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')'))
    {
        let plain = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '$'))
        };
        if let Some((domain, user)) = word.split_once('\\').filter(|(a, b)| plain(a) && plain(b))
            && !user.contains('.')
        {
            found.extend([(domain, "domain"), (user, "user")]);
        }
    }
    found
}

/// What a word is, and what the n-th of its kind becomes.
pub(super) type Formed<'w> = (&'static str, Box<dyn Fn(usize) -> String + 'w>);

/// What a word is that tells by its form, and what it becomes.
pub(super) fn formed(word: &str) -> Option<Formed<'_>> {
    if let Some((name, domain)) = word.split_once('@') {
        let is_mail = !name.is_empty() && domain.contains('.') && !domain.starts_with("example.");
        return is_mail.then(|| -> (_, Box<dyn Fn(usize) -> String>) {
            ("user", Box::new(|number| format!("user-{number}@example.com")))
        });
    }
    if let Ok(address) = word.parse::<IpAddr>() {
        return (!is_reserved(address)).then(|| addressed(address));
    }
    let bytes = word.as_bytes();
    if is_uuid(word) {
        return Some(("id", Box::new(|n| format!("00000000-0000-4000-8000-{n:012x}"))));
    }
    if is_mac(word) {
        let between = char::from(bytes[2]);
        return Some((
            "mac",
            Box::new(move |n| {
                let [high, low] = [n / 256 % 256, n % 256];
                format!("00{between}00{between}5E{between}00{between}{high:02X}{between}{low:02X}")
            }),
        ));
    }
    if let Some(rest) = word.strip_prefix("S-1-5-21-") {
        let last: usize = rest.rsplit('-').next()?.parse().ok()?;
        // What is below 1000 is the same everywhere, such as 500 for the administrator.
        return (rest.split('-').count() == 4).then(|| -> (_, Box<dyn Fn(usize) -> String>) {
            (
                "sid",
                Box::new(move |n| {
                    let last = if last < 1_000 { last } else { 1_000 + n };
                    format!("S-1-5-21-1111111111-2222222222-3333333333-{last}")
                }),
            )
        });
    }
    if bytes.len() == 12 && bytes.iter().all(u8::is_ascii_digit) {
        return Some(("account", Box::new(|n| format!("1111{n:08}"))));
    }
    let is_phone = word.strip_prefix('+').is_some_and(|rest| {
        (8..=15).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_phone {
        return Some(("phone", Box::new(|n| format!("+1202555{n:04}"))));
    }
    let upper = |rest: &str| rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if let Some(start) = PRINCIPALS
        .into_iter()
        .find(|start| word.strip_prefix(start).is_some_and(|rest| rest.len() >= 12 && upper(rest)))
    {
        return Some(("principal", Box::new(move |n| format!("{start}EXAMPLE{n:010}"))));
    }
    if let Some((start, rest)) = RESOURCES.into_iter().find_map(|start| {
        Some((start, word.strip_prefix(start)?)).filter(|(_, rest)| {
            matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }) {
        let size = rest.len();
        return Some(("resource", Box::new(move |n| format!("{start}{n:0size$x}"))));
    }
    let labels = word.split('.').count();
    let is_internal = INTERNAL.iter().any(|end| {
        word.to_ascii_lowercase().strip_suffix(end).is_some_and(|rest| rest.ends_with('.'))
    });
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if labels > 1 && is_internal && word.chars().all(host) {
        return Some(("host", Box::new(|n| format!("host-{n}.example.com"))));
    }
    None
}

fn addressed(address: IpAddr) -> Formed<'static> {
    if address.is_ipv6() {
        return ("address6", Box::new(|n| format!("2001:db8::{:x}", n.min(60_000))));
    }
    let v4 = |n: usize| match n / 250 {
        0 => format!("192.0.2.{}", n % 250 + 1),
        1 => format!("198.51.100.{}", n % 250 + 1),
        _ => format!("203.0.113.{}", n % 250 + 1),
    };
    ("address", Box::new(move |number| v4(number - 1)))
}

/// What a name becomes, in the form that it has.
pub(super) fn named(name: &str, kind: &'static str, number: usize) -> String {
    let hex = name.len() >= 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if kind == "id" && hex {
        return format!("{number:0size$x}", size = name.len());
    }
    let upper = name.chars().any(char::is_alphabetic)
        && name.chars().all(|c| !c.is_alphabetic() || c.is_uppercase());
    let made = format!("{kind}-{number}");
    let is_full = kind == "host" && name.contains('.');
    let made = if is_full { format!("{made}.example.com") } else { made };
    if upper { made.to_uppercase() } else { made }
}

/// The parts of a text that may be an address or an id.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '@' | '_' | '+');
    let words = text.split(move |c: char| !inside(c));
    words.flat_map(|word| {
        let bare = word.trim_matches(['.', ':', '-']);
        // Of `192.0.2.1:443` and `arn:aws:iam::123456789012:user` the parts as well.
        let parts = bare.split(':').filter(move |part| *part != bare);
        std::iter::once(bare).chain(parts)
    })
}

fn is_uuid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn is_mac(word: &str) -> bool {
    let parts: Vec<&str> = word.split([':', '-']).collect();
    let hex = |part: &&str| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
    parts.len() == 6 && parts.iter().all(hex)
}

/// Addresses that are nobody's.
fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_unspecified()
                || v4.is_documentation()
                || v4.is_broadcast()
                || v4.is_link_local()
                || v4.is_multicast()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.segments()[..2] == [0x2001, 0xdb8]
        }
    }
}
