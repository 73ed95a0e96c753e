//! `TO_X`: conversions, value by value.

use super::{Binder, Bound, Function, argument_error};
use crate::convert::{convert, is_convertible};
use crate::expr::Failure;
use crate::types::Type;
use crate::value::Value;
use harness_model::value::parse_ip;
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["to_string", "to_str"], bind: |b| to(b, Type::Keyword) },
    Function { names: &["to_boolean", "to_bool"], bind: |b| to(b, Type::Boolean) },
    Function { names: &["to_integer", "to_int"], bind: |b| to(b, Type::Integer) },
    Function { names: &["to_long"], bind: |b| to(b, Type::Long) },
    Function {
        names: &["to_unsigned_long", "to_ul", "to_ulong"],
        bind: |b| to(b, Type::UnsignedLong),
    },
    Function { names: &["to_double", "to_dbl"], bind: |b| to(b, Type::Double) },
    Function { names: &["to_datetime", "to_dt"], bind: |b| to(b, Type::Date) },
    Function { names: &["to_date_nanos", "to_datenanos"], bind: |b| to(b, Type::DateNanos) },
    Function { names: &["to_ip"], bind: to_ip },
    Function { names: &["to_version", "to_ver"], bind: |b| to(b, Type::Version) },
    Function { names: &["to_geopoint"], bind: |b| to(b, Type::GeoPoint) },
    Function { names: &["to_dateperiod"], bind: |b| to(b, Type::Period) },
    Function { names: &["to_timeduration"], bind: |b| to(b, Type::Duration) },
];

fn to(b: &mut Binder<'_>, ty: Type) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let from = b.ty(0);
    if !is_convertible(from, ty) {
        let wanted = wanted(ty);
        return Err(argument_error(b.text, b.span, 1, 0, wanted, &b.args[0]));
    }
    if matches!(ty, Type::Period | Type::Duration) && !b.is_constant(0) {
        return Err(b.error(format!("argument of [{}] must be a constant", b.span.of(b.text))));
    }
    Ok(Bound::map(ty, move |value| convert(value, from, ty)))
}

/// The types that a conversion takes, for messages.
fn wanted(ty: Type) -> &'static str {
    match ty {
        Type::Boolean => "boolean or numeric or string",
        Type::Ip => "ip or string",
        Type::Version => "version or string",
        Type::GeoPoint => "geo_point or string",
        Type::Date | Type::DateNanos => "date_nanos or datetime or numeric or string",
        _ => "boolean or datetime or numeric or string",
    }
}

fn to_ip(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    let mode = match b.option("leading_zeros") {
        Some(Value::Str(mode)) => mode.clone(),
        _ => "reject".to_owned(),
    };
    let octal = match mode.as_str() {
        "reject" => return to(b, Type::Ip),
        "octal" => true,
        "decimal" => false,
        other => return Err(b.error(format!("Illegal leading_zeros [{other}]"))),
    };
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Ip, move |value| {
        let source = value.str();
        let address = parse_ip(source).ok().or_else(|| with_zeros(source, octal));
        let error = || Failure::illegal(format!("'{source}' is not an IP string literal."));
        Ok(Some(Value::Ip(address.ok_or_else(error)?)))
    }))
}

fn with_zeros(source: &str, octal: bool) -> Option<u128> {
    let parts = source.split('.').map(|part| {
        let radix = if octal && part.len() > 1 && part.starts_with('0') { 8 } else { 10 };
        u8::from_str_radix(part, radix).ok().map(|byte| byte.to_string())
    });
    let parts: Vec<_> = parts.collect::<Option<_>>()?;
    parse_ip(&parts.join(".")).ok()
}
