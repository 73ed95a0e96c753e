//! URL and Base64 encodings.

use super::hash::digits;
use super::string::text;
use super::{Binder, Bound, Function};
use crate::expr::{Failure, Outcome};
use crate::types::Type;
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["url_encode"], bind: url_encode },
    Function { names: &["url_encode_component"], bind: url_encode_component },
    Function { names: &["url_decode"], bind: url_decode },
    Function { names: &["to_base64"], bind: to_base64 },
    Function { names: &["from_base64"], bind: from_base64 },
];

fn percent_encoded(text: &str, space: &str, plain: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else if byte == b' ' {
            out.push_str(space);
        } else {
            out.push('%');
            out.extend(digits(byte).map(|digit| digit.to_ascii_uppercase()));
        }
    }
    out
}

fn url_encode(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| text(percent_encoded(value.str(), "+", b"-._~"))))
}

fn url_encode_component(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| text(percent_encoded(value.str(), "%20", b"-._~"))))
}

fn url_decode(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| decode_url(value.str())))
}

/// `java.net.URLDecoder`: bytes that are no UTF-8 become replacement characters.
fn decode_url(source: &str) -> Outcome {
    let bytes = source.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let Some(digits) = bytes.get(at + 1..at + 3) else {
                    return Err(Failure::illegal(
                        "URLDecoder: Incomplete trailing escape (%) pattern",
                    ));
                };
                let digits = std::str::from_utf8(digits).unwrap_or("??");
                let code = if digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    u8::from_str_radix(digits, 16).ok()
                } else {
                    None
                };
                let Some(code) = code else {
                    return Err(Failure::illegal(format!(
                        "URLDecoder: Illegal hex characters in escape (%) pattern - Error at index 0 in: \"{digits}\""
                    )));
                };
                out.push(code);
                at += 2;
            }
            other => out.push(*other),
        }
        at += 1;
    }
    text(String::from_utf8_lossy(&out))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::single(Type::Keyword, |args| text(encode_base64(args[0].str().as_bytes()))))
}

fn encode_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (word >> (18 - 6 * digit) & 63) as usize;
            out.push(if digit <= chunk.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    out
}

fn from_base64(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::single(Type::Keyword, |args| {
        let bytes =
            decode_base64(args[0].str()).ok_or_else(|| Failure::illegal("Illegal base64 input"))?;
        let decoded = String::from_utf8(bytes)
            .map_err(|_| Failure::illegal("decoded bytes are not valid UTF-8"))?;
        text(decoded)
    }))
}

/// Java's basic decoder: strict, but padding may be absent.
fn decode_base64(source: &str) -> Option<Vec<u8>> {
    let digits = source.trim_end_matches('=');
    let padding = source.len() - digits.len();
    let rest = digits.len() % 4;
    let padded = match rest {
        0 => padding == 0,
        2 => padding == 2 || padding == 0,
        3 => padding == 1 || padding == 0,
        _ => false,
    };
    if !padded {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut word, mut bits) = (0_u32, 0_u32);
    for byte in digits.bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        word = (word << 6 | u32::try_from(value).ok()?) & 0xFF_FFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits & 0xFF) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_there_and_back() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("é🦄", "w6nwn6aE")]
        {
            assert_eq!(encode_base64(text.as_bytes()), encoded);
            assert_eq!(decode_base64(encoded).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decode_base64("Zg").as_deref(), Some(b"f".as_slice()));
        for bad in ["Zg=", "Z", "Z===", "Zm 9v", "Zm9v=", "Zm-_"] {
            assert_eq!(decode_base64(bad), None, "{bad}");
        }
    }
}
