//! Digests.

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use super::string::text;
use super::{Binder, Bound, Function};
use crate::expr::Failure;
use crate::types::Type;
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["md5"], bind: |b| fixed(b, "md5") },
    Function { names: &["sha1"], bind: |b| fixed(b, "sha1") },
    Function { names: &["sha256"], bind: |b| fixed(b, "sha256") },
    Function { names: &["hash"], bind: hash },
];

type Algorithm = fn(&[u8]) -> String;

fn hex<D: Digest>(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    D::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The algorithm of that name in Java's `MessageDigest`.
fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name.to_ascii_lowercase().as_str() {
        "md5" => hex::<Md5>,
        "sha1" | "sha-1" | "sha" => hex::<Sha1>,
        "sha224" | "sha-224" => hex::<Sha224>,
        "sha256" | "sha-256" => hex::<Sha256>,
        "sha384" | "sha-384" => hex::<Sha384>,
        "sha512" | "sha-512" => hex::<Sha512>,
        "sha512/224" | "sha-512/224" => hex::<Sha512_224>,
        "sha512/256" | "sha-512/256" => hex::<Sha512_256>,
        "sha3-224" => hex::<Sha3_224>,
        "sha3-256" => hex::<Sha3_256>,
        "sha3-384" => hex::<Sha3_384>,
        "sha3-512" => hex::<Sha3_512>,
        _ => return None,
    })
}

/// The one digest that Java has and this crate does not compute.
fn is_other_digest(name: &str) -> bool {
    name.eq_ignore_ascii_case("md2")
}

fn fixed(b: &mut Binder<'_>, name: &str) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    let algorithm = algorithm(name).ok_or_else(|| b.error("no such algorithm"))?;
    Ok(Bound::single(Type::Keyword, move |args| text(algorithm(args[0].str().as_bytes()))))
}

fn hash(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.string(1)?;
    if let Some(name) = b.constant_text(0)
        && algorithm(&name).is_none()
    {
        if is_other_digest(&name) {
            return Err(b.unsupported(format!("the hash algorithm `{name}`")));
        }
        return Err(b.error(format!(
            "invalid algorithm for [{}]: {name} MessageDigest not available",
            b.span.of(b.text)
        )));
    }
    Ok(Bound::single(Type::Keyword, |args| match algorithm(args[0].str()) {
        Some(algorithm) => text(algorithm(args[1].str().as_bytes())),
        None if is_other_digest(args[0].str()) => {
            Err(Failure::Fatal(format!("the hash algorithm `{}` is not supported", args[0].str())))
        }
        None => Err(Failure::Warning(format!(
            "java.security.NoSuchAlgorithmException: {} MessageDigest not available",
            args[0].str()
        ))),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        let long = "a".repeat(200);
        for (name, message, expected) in [
            ("md5", "", "d41d8cd98f00b204e9800998ecf8427e"),
            ("md5", "abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("md5", &long, "887f30b43b2867f4a9accceee7d16e6c"),
            ("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("sha1", &long, "e61cfffe0d9195a525fc6cf06ca2d77119c24a40"),
            ("sha-224", "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            ("sha-256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("sha256", &long, "c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5"),
            (
                "SHA-384",
                "abc",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                "sha512",
                "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            // The examples of FIPS 180-4 and FIPS 202.
            (
                "SHA-512/256",
                "abc",
                "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
            ),
            ("SHA3-256", "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
        ] {
            let algorithm = algorithm(name).expect(name);
            assert_eq!(algorithm(message.as_bytes()), expected, "{name}");
        }
    }
}
