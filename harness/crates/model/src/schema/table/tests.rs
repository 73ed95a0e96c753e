use super::*;

fn keyword(ignore_above: usize) -> FieldType {
    FieldType::Keyword { ignore_above: Some(ignore_above), normalizer: Normalizer::None }
}

#[test]
fn every_line_is_well_formed_and_names_ascend() {
    assert!(FIELDS.is_ascii());
    assert!(FIELDS.len() < 500_000);
    let lines: Vec<_> = Lines { rest: FIELDS, name: String::new() }.collect();
    assert_eq!(lines.len(), FIELDS.lines().count());
    assert!(lines.len() >= 26_000);
    assert!(lines.is_sorted_by(|a, b| a.0 < b.0));
    for (name, code) in lines {
        assert!(Entry::new(name.clone(), code).is_some(), "{name} {code}");
    }
}

#[test]
fn every_name_is_found_and_its_neighbours_are_not() {
    for name in names() {
        assert_eq!(field(&name).map(|entry| entry.name).as_ref(), Some(&name));
        for absent in [format!("{name} "), format!("{name}~"), format!("{name}.")] {
            assert_eq!(field(&absent), None);
        }
    }
    for absent in ["", "\0", "@", "~", "\u{10ffff}", "=", "agent", "."] {
        assert_eq!(field(absent), None, "{absent:?}");
    }
}

#[test]
fn types_are_those_of_the_mappings() {
    let check = |name: &str, ty: FieldType| {
        assert_eq!(field(name).map(|entry| entry.ty), Some(ty), "{name}");
    };
    let format = DEFAULT_DATE_FORMAT.into();
    check("@timestamp", FieldType::Date { format, resolution: Resolution::Millis });
    check("event.dataset", keyword(1024));
    check("process.command_line", FieldType::Wildcard { ignore_above: None });
    check("data_stream.dataset", FieldType::ConstantKeyword { value: None });
    check("message", FieldType::MatchOnlyText);
    check("source.ip", FieldType::Ip);
    check("process.pid", FieldType::Integer(IntegerType::Long));
    check("process.parent.code_signature.trusted", FieldType::Boolean);
    check("source.geo.location", FieldType::Geometry("geo_point".into()));
    check("winlog.event_data.TargetUserName", keyword(1024));
    check("threat.enrichments", FieldType::Nested);
}

#[test]
fn open_objects_take_any_key() {
    assert!(open().count() > 150);
    for (pattern, code) in open() {
        assert!(pattern.contains('*') && Entry::new(pattern.to_owned(), code).is_some());
    }
    let ty = |name: &str| field(name).map(|entry| entry.ty);
    let third = "azure.auditlogs.properties.target_resources.3.display_name";
    assert_eq!(ty(third), Some(keyword(1024)));
    for (name, expected) in [
        (third, true),
        ("azure.auditlogs.properties.target_resources.3.other", false),
        ("azure.auditlogs.properties.target_resources.3.4.display_name", false),
        ("o365.audit.Parameters.ForwardTo", true),
        ("o365.audit.Parameters", false),
        ("kubernetes.labels.app.name", true),
        ("kubernetes.label.app", false),
        ("redisenterprise.proxy.metrics.listener_acc", true),
        ("redisenterprise.proxy.metrics.listen", false),
    ] {
        assert_eq!(is_open(name), expected, "{name}");
    }
    assert_eq!(ty("o365.audit.Parameters.ForwardTo"), None, "nothing states its type");
}

#[test]
fn caseless_fields_are_lower_cased_multi_fields() {
    let entry = field("process.name.caseless").expect("the endpoint maps it");
    let ignore_above = Some(KEYWORD_LIMIT);
    let normalizer = Normalizer::Lowercase;
    assert_eq!(entry.ty, FieldType::Keyword { ignore_above, normalizer });
    assert_eq!(entry.multi_field_of(), Some("process.name"));
    assert_eq!(field("process.name").expect("ECS has it").multi_field_of(), None);
}

#[test]
fn script_blocks_have_their_own_analyzer() {
    let entry = field("powershell.file.script_block_text").expect("the table has it");
    let expected = Analyzer::pattern(r"[\W&&[^-]]+", true).expect("a supported pattern");
    assert_eq!(entry.ty, FieldType::Text { analyzer: expected });
}

#[test]
fn fields_below_a_prefix_are_those_that_a_full_scan_finds() {
    for prefix in ["", "file.hash.", "process.parent.", "zz", "@", "osquery.re"] {
        let found: Vec<String> = below(prefix).map(|entry| entry.name).collect();
        let expected: Vec<String> = names().filter(|name| name.starts_with(prefix)).collect();
        assert_eq!(found, expected, "{prefix:?}");
    }
    let hashes: Vec<String> = below("file.hash.").map(|entry| entry.name).collect();
    assert!(hashes.contains(&"file.hash.sha256".to_owned()));
}

#[test]
fn multi_fields_are_listed_by_parent() {
    let names = |parent| multi_fields(parent).into_iter().map(|entry| entry.name);
    assert!(names("process.name").eq(["process.name.caseless", "process.name.text"]));
    assert!(names("process").eq([] as [&str; 0]));
    assert!(names("process.pid").eq([] as [&str; 0]));
}

#[test]
fn nested_fields_are_those_of_that_type() {
    let nested = |name: &str| field(name).is_some_and(|entry| entry.ty == FieldType::Nested);
    assert!(names().all(|name| is_nested(&name) == nested(&name)));
    assert!(names().filter(|name| is_nested(name)).count() > 50);
    assert!(!is_nested("process"));
}
