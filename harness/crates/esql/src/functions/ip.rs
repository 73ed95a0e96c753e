//! Addresses.

use super::{Binder, Bound, Function};
use crate::expr::Failure;
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_model::value::Interval;
use harness_model::value::ip_interval;
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["cidr_match"], bind: cidr_match },
    Function { names: &["ip_prefix"], bind: ip_prefix },
];

fn cidr_match(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, usize::MAX)?;
    b.ip(0)?;
    let mut blocks: Vec<Option<Interval<u128>>> = Vec::new();
    for index in 1..b.args.len() {
        b.string(index)?;
        blocks.push(match b.constant_text(index) {
            Some(text) => Some(ip_interval(&text).map_err(|_| b.error(bad_block(&text)))?),
            None => None,
        });
    }
    Ok(Bound::single(Type::Boolean, move |args| {
        let Ref::Ip(address) = args[0] else { return Ok(None) };
        let mut found = false;
        for (block, arg) in blocks.iter().zip(&args[1..]) {
            let block = match block {
                Some(block) => *block,
                None => ip_interval(arg.str()).map_err(|_| Failure::Fatal(bad_block(arg.str())))?,
            };
            found |= block.contains(address);
        }
        Ok(Some(Value::Bool(found)))
    }))
}

fn bad_block(text: &str) -> String {
    format!("'{text}' is not an IP string literal.")
}

fn ip_prefix(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(3, 3)?;
    b.ip(0)?;
    b.integer(1)?;
    b.integer(2)?;
    Ok(Bound::single(Type::Ip, |args| {
        let Ref::Ip(address) = args[0] else { return Ok(None) };
        let length = |index: usize, family: &str, most: u32| {
            let length = args[index].long();
            u32::try_from(length).ok().filter(|length| *length <= most).ok_or_else(|| {
                Failure::illegal(format!(
                    "Prefix length {family} must be in range [0, {most}], found {length}"
                ))
            })
        };
        let (v4, v6) = (length(1, "v4", 32)?, length(2, "v6", 128)?);
        let is_v4 = std::net::Ipv6Addr::from(address).to_ipv4_mapped().is_some();
        let kept = if is_v4 { 96 + v4 } else { v6 };
        let mask = u128::MAX.checked_shl(128 - kept).unwrap_or(0);
        Ok(Some(Value::Ip(address & mask)))
    }))
}
