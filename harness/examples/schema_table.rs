//! Makes the embedded type table, `harness/crates/model/src/schema/table/fields.txt`, and the
//! names of open objects beside it, `harness/crates/model/src/schema/table/open.txt`.
//!
//! ```text
//! cargo run --workspace --example schema_table -- ECS.csv INTEGRATIONS.csv FIELDS.txt OPEN.txt
//! ```
//!
//! `ECS.csv` has the columns `field,type,ignore_above,normalizer,multi_field_of`
//! and wins; `INTEGRATIONS.csv` begins with `field,type`. `schema::table` says
//! what the output looks like.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::fs;

/// Entries per block; a lookup reads one block.
const BLOCK: usize = 16;

/// The limit that Elastic's integrations set on keywords.
const KEYWORD_LIMIT: &str = "1024";

/// What the two files say about a field.
struct Fact {
    ty: String,
    ignore_above: String,
    lowercase: bool,
    multi_field: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ecs, integrations, fields, open] = arguments.as_slice() else {
        return Err("usage: schema_table ECS.csv INTEGRATIONS.csv FIELDS.txt OPEN.txt".into());
    };
    let mut facts = BTreeMap::new();
    let mut patterns = BTreeMap::new();
    read_integrations(&fs::read_to_string(integrations)?, &mut facts, &mut patterns);
    read_ecs(&fs::read_to_string(ecs)?, &mut facts)?;
    settle_arrays(&mut facts);
    mark_multi_fields(&mut facts);
    fs::write(fields, encode(&facts)?)?;
    fs::write(open, lines(&patterns)?)?;
    Ok(())
}

/// Fields, and names with `*`, under which any key may lie.
fn read_integrations(
    csv: &str,
    facts: &mut BTreeMap<String, Fact>,
    patterns: &mut BTreeMap<String, Fact>,
) {
    for line in csv.lines().skip(1) {
        let mut cells = line.split(',');
        let (Some(name), Some(ty)) = (cells.next(), cells.next()) else {
            continue;
        };
        // The facts do not say where an alias leads.
        let is_pattern = name.contains('*');
        if ty == "alias" || !well_formed(&name.replace('*', "_")) {
            continue;
        }
        let ignore_above = if ty == "keyword" { KEYWORD_LIMIT } else { "" };
        let fact = Fact {
            ty: ty.to_owned(),
            ignore_above: ignore_above.to_owned(),
            lowercase: false,
            multi_field: false,
        };
        let into = if is_pattern { &mut *patterns } else { &mut *facts };
        into.insert(name.to_owned(), fact);
    }
}

fn read_ecs(csv: &str, facts: &mut BTreeMap<String, Fact>) -> Result<(), Box<dyn Error>> {
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let &[name, ty, ignore_above, normalizer, parent] = cells.as_slice() else {
            return Err(format!("not five cells: {line}").into());
        };
        let fact = Fact {
            ty: ty.to_owned(),
            ignore_above: ignore_above.to_owned(),
            lowercase: normalizer == "lowercase",
            multi_field: !parent.is_empty(),
        };
        facts.insert(name.to_owned(), fact);
    }
    Ok(())
}

/// Whether a name is a path of plain segments: no wildcards, no empty segment.
fn well_formed(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-@/".contains(c);
    name.split('.').all(|segment| !segment.is_empty() && segment.chars().all(plain))
}

/// `array` is no type of Elasticsearch: a container where fields lie below, else its values.
fn settle_arrays(facts: &mut BTreeMap<String, Fact>) {
    let arrays: Vec<String> =
        facts.iter().filter(|(_, fact)| fact.ty == "array").map(|(name, _)| name.clone()).collect();
    for name in arrays {
        let prefix = format!("{name}.");
        let parent =
            facts.range(prefix.clone()..).next().is_some_and(|(next, _)| next.starts_with(&prefix));
        if let Some(fact) = facts.get_mut(&name) {
            let (ty, limit) = if parent { ("object", "") } else { ("keyword", KEYWORD_LIMIT) };
            ty.clone_into(&mut fact.ty);
            limit.clone_into(&mut fact.ignore_above);
        }
    }
}

/// The integration facts list multi-fields like other fields; the parent tells them apart.
fn mark_multi_fields(facts: &mut BTreeMap<String, Fact>) {
    let is_string = |name: &str, facts: &BTreeMap<String, Fact>| {
        facts.get(name).is_some_and(|f| matches!(&*f.ty, "keyword" | "wildcard" | "text"))
    };
    let names: Vec<String> = facts.keys().cloned().collect();
    for name in names {
        let Some((parent, last)) = name.rsplit_once('.') else {
            continue;
        };
        let multi_field =
            matches!(last, "text" | "number" | "caseless" | "keyword") && is_string(parent, facts);
        if let Some(fact) = facts.get_mut(&name) {
            fact.multi_field |= multi_field;
            // Elastic Endpoint's `caseless` multi-fields have a lowercase normalizer.
            fact.lowercase |= last == "caseless" && fact.ty == "keyword";
        }
    }
}

fn encode(facts: &BTreeMap<String, Fact>) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    let mut previous = "";
    for (index, (name, fact)) in facts.iter().enumerate() {
        let code = code(fact)?;
        if index % BLOCK == 0 {
            writeln!(out, "={name} {code}")?;
        } else {
            let shared = name.bytes().zip(previous.bytes()).take_while(|(a, b)| a == b).count();
            writeln!(out, "{shared} {} {code}", &name[shared..])?;
        }
        previous = name;
    }
    Ok(out)
}

/// A pattern and its code a line.
fn lines(patterns: &BTreeMap<String, Fact>) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    for (name, fact) in patterns {
        writeln!(out, "{name} {}", code(fact)?)?;
    }
    Ok(out)
}

fn code(fact: &Fact) -> Result<String, Box<dyn Error>> {
    let mut code = String::from(match &*fact.ty {
        "keyword" => "k",
        "constant_keyword" => "c",
        "wildcard" => "w",
        "flattened" => "F",
        "text" => "t",
        "match_only_text" => "m",
        "long" => "l",
        "integer" => "i",
        "short" => "s",
        "byte" => "b",
        "double" => "d",
        "float" => "f",
        "half_float" => "h",
        "scaled_float" => "x",
        "boolean" => "B",
        "date" => "D",
        "ip" => "I",
        "version" => "v",
        "object" => "o",
        "nested" => "n",
        "binary" => "?binary",
        "date_range" => "?date_range",
        "geo_point" => "?geo_point",
        "histogram" => "?histogram",
        "ip_range" => "?ip_range",
        // Its upper half does not fit a 64-bit signed column.
        "unsigned_long" => "?unsigned_long",
        other => return Err(format!("unknown type {other}").into()),
    });
    // `k` alone stands for the usual limit.
    match (&*fact.ty, &*fact.ignore_above) {
        ("keyword", KEYWORD_LIMIT) => {}
        ("keyword", "") => code.push('-'),
        (_, limit) => code.push_str(limit),
    }
    if fact.lowercase {
        code.push('~');
    }
    if fact.multi_field {
        code.push('+');
    }
    Ok(code)
}
