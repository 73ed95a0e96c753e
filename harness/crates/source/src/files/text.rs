//! Bytes of a file as text: UTF-8, with a byte order mark or without.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file, without its byte order mark.
pub(super) fn decode(mut bytes: Vec<u8>) -> Result<String, Diagnostic> {
    let error = |message: String| Diagnostic::error("not-utf-8", message, Span::default());
    if let Some((form, help)) = other_form(&bytes) {
        return Err(error(format!("is {form}, not UTF-8")).with_help(help));
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|invalid| {
        let valid = invalid.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&invalid.as_bytes()[..valid]).into_owned();
        let (line, column) = crate::span::line_column(&before, valid);
        error(format!("is not UTF-8 at line {line}, column {column}")).with_help("save it as UTF-8")
    })
}

/// What the first bytes say it is instead, and what to do about it.
fn other_form(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const UTF_16: (&str, &str) =
        ("UTF-16", "save it as UTF-8; in PowerShell: Set-Content -Encoding utf8");
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(UTF_16),
        // Without a mark: characters of ASCII, each beside a zero.
        [0, a, 0, b, ..] | [a, 0, b, 0, ..] if *a > 0 && *b > 0 => Some(UTF_16),
        [0x1f, 0x8b, ..] => Some(("compressed by gzip", "unpack it with gunzip")),
        [b'P', b'K', 3, 4, ..] => Some(("a ZIP archive", "unpack it")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn text_is_utf_8_with_or_without_a_mark() {
        let utf_16 = |big: bool| -> Vec<u8> {
            let units = "{}\n".encode_utf16();
            units
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        for (bytes, expected) in [
            (b"{}".to_vec(), Ok("{}")),
            (b"\xef\xbb\xbf{}\r\n".to_vec(), Ok("{}\r\n")),
            (b"\xef\xbb\xbf".to_vec(), Ok("")),
            ([b"\xff\xfe".to_vec(), utf_16(false)].concat(), Err("is UTF-16, not UTF-8")),
            ([b"\xfe\xff".to_vec(), utf_16(true)].concat(), Err("is UTF-16, not UTF-8")),
            (utf_16(false), Err("is UTF-16, not UTF-8")),
            (utf_16(true), Err("is UTF-16, not UTF-8")),
            (b"\x1f\x8b\x08\x00".to_vec(), Err("is compressed by gzip, not UTF-8")),
            (b"PK\x03\x04".to_vec(), Err("is a ZIP archive, not UTF-8")),
            (b"a\nb\xff".to_vec(), Err("is not UTF-8 at line 2, column 2")),
        ] {
            let found = decode(bytes.clone());
            let found = found.as_deref().map_err(|error| error.message.as_str());
            assert_eq!(found, expected, "{bytes:?}");
        }
    }
}
