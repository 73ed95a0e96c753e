//! Which way a connection goes, seen from some networks.

use std::net::{IpAddr, Ipv6Addr};

use super::{Binder, Bound, Function};
use crate::expr::Failure;
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_model::value::ip_interval;
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] =
    &[Function { names: &["network_direction"], bind: network_direction }];

const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"];

fn network_direction(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(3, 3)?;
    b.ip(0)?;
    b.ip(1)?;
    b.string(2)?;
    Ok(Bound::lists(Type::Keyword, |args, out| {
        let (Some(Ref::Ip(from)), Some(Ref::Ip(to))) = (args[0].single()?, args[1].single()?)
        else {
            return Ok(());
        };
        if args[2].is_empty() {
            return Ok(());
        }
        let (mut from_inside, mut to_inside) = (false, false);
        for network in args[2].iter().map(Ref::str) {
            from_inside |= lies_in(from, network)?;
            to_inside |= lies_in(to, network)?;
        }
        let direction = match (from_inside, to_inside) {
            (true, true) => "internal",
            (true, false) => "outbound",
            (false, true) => "inbound",
            (false, false) => "external",
        };
        out.push(Value::Str(direction.to_owned()));
        Ok(())
    }))
}

/// Whether an address lies in a network: a block, or one that has a name.
fn lies_in(address: u128, network: &str) -> Result<bool, Failure> {
    let v6 = Ipv6Addr::from(address);
    let ip = v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4);
    let in_block = |block: &str| match ip_interval(block) {
        Ok(interval) => Ok(interval.contains(address)),
        Err(_) => Err(Failure::illegal(format!("'{block}' is not an IP string literal."))),
    };
    let in_any = |blocks: &[&str]| -> Result<bool, Failure> {
        blocks.iter().try_fold(false, |found, block| Ok(found || in_block(block)?))
    };
    let link_local_unicast = || in_any(&["169.254.0.0/16", "fe80::/10"]);
    let link_local_multicast = || in_any(&["224.0.0.0/24", "ff02::/16"]);
    let interface_local = || in_any(&["ff01::/16"]);
    let broadcast = ip == IpAddr::from([255, 255, 255, 255]);
    Ok(match network {
        "loopback" => ip.is_loopback(),
        "global_unicast" | "unicast" => {
            !(broadcast
                || ip.is_unspecified()
                || ip.is_loopback()
                || ip.is_multicast()
                || link_local_unicast()?)
        }
        "interface_local_multicast" => interface_local()?,
        "link_local_multicast" => link_local_multicast()?,
        "link_local_unicast" => link_local_unicast()?,
        "multicast" => ip.is_multicast(),
        "private" => in_any(&PRIVATE)?,
        "public" => {
            !(in_any(&PRIVATE)?
                || ip.is_loopback()
                || ip.is_unspecified()
                || link_local_unicast()?
                || link_local_multicast()?
                || interface_local()?)
        }
        "unspecified" => ip.is_unspecified(),
        block => in_block(block)?,
    })
}
