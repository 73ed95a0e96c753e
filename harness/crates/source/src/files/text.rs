//! Bytes of a file as text: UTF-8 or UTF-16, with a byte order mark or without, and
//! compressed or not.

use std::io::Read;

use super::pack::{Pack, unpacked};
use super::size::{max_file, too_large};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file of at most 64 MiB, without its byte order mark.
///
/// # Errors
///
/// What keeps it from being one.
pub fn decode(mut bytes: Vec<u8>) -> Result<String, Diagnostic> {
    let error = |code, message: String| Diagnostic::error(code, message, Span::default());
    if Pack::of(&bytes).is_some() {
        let mut inner = Vec::new();
        unpacked(&*bytes)
            .and_then(|stream| stream.take(max_file() + 1).read_to_end(&mut inner))
            .map_err(|found| error("unreadable", format!("cannot be unpacked: {found}")))?;
        bytes = inner;
    }
    if bytes.len() as u64 > max_file() {
        return Err(too_large());
    }
    let not_utf_8 = |message: String| error("not-utf-8", message);
    if let Some(name) = other_form(&bytes) {
        let help = "unpack or export it as JSON text";
        return Err(not_utf_8(format!("is {name}, not text")).with_help(help));
    }
    if let Some((start, unit)) = utf_16(&bytes) {
        let units = bytes[start..].chunks(2).map(|two| match *two {
            [one, other] => unit([one, other]),
            // The half of a character at the end.
            _ => 0xd800,
        });
        return char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .map_err(|_| not_utf_8("is broken UTF-16".to_owned()).with_help("save it as UTF-8"));
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|invalid| {
        let valid = invalid.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&invalid.as_bytes()[..valid]).into_owned();
        let (line, column) = crate::span::line_column(&before, valid);
        not_utf_8(format!("is not UTF-8 at line {line}, column {column}"))
            .with_help("save it as UTF-8")
    })
}

/// Where UTF-16 begins, and how its units are read.
type Utf16 = (usize, fn([u8; 2]) -> u16);

/// Told by the mark; without one by characters of ASCII, each beside a zero.
fn utf_16(bytes: &[u8]) -> Option<Utf16> {
    match bytes {
        [0xff, 0xfe, ..] => Some((2, u16::from_le_bytes)),
        [0xfe, 0xff, ..] => Some((2, u16::from_be_bytes)),
        [a, 0, b, 0, ..] if *a > 0 && *b > 0 => Some((0, u16::from_le_bytes)),
        [0, a, 0, b, ..] if *a > 0 && *b > 0 => Some((0, u16::from_be_bytes)),
        _ => None,
    }
}

/// What the first bytes say that it is instead of text.
fn other_form(bytes: &[u8]) -> Option<&'static str> {
    const FORMS: [(&[u8], &str); 10] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\xfd7zXZ\0", "compressed by xz"),
        (b"BZh", "compressed by bzip2"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"ElfFile\0", "a Windows event log (EVTX)"),
        (b"PAR1", "a Parquet file"),
        (b"Obj\x01", "an Avro file"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"\xd4\xc3\xb2\xa1", "a packet capture"),
        (b"\x0a\x0d\x0d\x0a", "a packet capture"),
    ];
    FORMS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn text_is_utf_8_or_utf_16_with_or_without_a_mark() {
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
            ([b"\xff\xfe".to_vec(), utf_16(false)].concat(), Ok("{}\n")),
            ([b"\xfe\xff".to_vec(), utf_16(true)].concat(), Ok("{}\n")),
            (utf_16(false), Ok("{}\n")),
            (utf_16(true), Ok("{}\n")),
            ([b"\xff\xfe".to_vec(), utf_16(false), vec![b'x']].concat(), Err("is broken UTF-16")),
            (b"PK\x03\x04".to_vec(), Err("is a ZIP archive, not text")),
            (b"a\nb\xff".to_vec(), Err("is not UTF-8 at line 2, column 2")),
        ] {
            let found = decode(bytes.clone());
            let found = found.as_deref().map_err(|error| error.message.as_str());
            assert_eq!(found, expected, "{bytes:?}");
        }
    }
}
