//! URL and Base64 encodings.

use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn url_encode(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| text(percent_encoded(value.str()).replace("%20", "+"))))
}

fn url_encode_component(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| text(percent_encoded(value.str()))))
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

fn to_base64(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::single(Type::Keyword, |args| text(STANDARD.encode(args[0].str()))))
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
    let padding = if source.ends_with('=') {
        DecodePaddingMode::RequireCanonical
    } else {
        DecodePaddingMode::RequireNone
    };
    let decoder = GeneralPurposeConfig::new()
        .with_decode_padding_mode(padding)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, decoder).decode(source).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_there_and_back() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("é🦄", "w6nwn6aE")]
        {
            assert_eq!(STANDARD.encode(text), encoded);
            assert_eq!(decode_base64(encoded).as_deref(), Some(text.as_bytes()));
        }
        // The bits that are left over are cut off.
        assert_eq!(decode_base64("Zh").as_deref(), Some(b"f".as_slice()));
        assert_eq!(decode_base64("Zg").as_deref(), Some(b"f".as_slice()));
        for bad in ["Zg=", "Z", "Z===", "Zm 9v", "Zm9v=", "Zm-_"] {
            assert_eq!(decode_base64(bad), None, "{bad}");
        }
    }
}
