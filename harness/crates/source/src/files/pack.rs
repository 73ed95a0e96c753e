//! Files that are compressed: gzip and zstd, told by their first bytes.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// What a file is compressed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pack {
    Gzip,
    Zstd,
}

impl Pack {
    /// What the first bytes say.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a frame that is skipped, which comes before the others.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What a stream holds, unpacked where its first bytes say that it is compressed by
/// gzip or zstd. Whoever reads it says how much.
///
/// # Errors
///
/// What reading the first bytes gives.
pub fn unpacked<'a, R: BufRead + Send + 'a>(mut input: R) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match Pack::of(input.fill_buf()?) {
        None => Box::new(input),
        Some(Pack::Gzip) => Box::new(MultiGzDecoder::new(input)),
        Some(Pack::Zstd) => {
            Box::new(Frames { input, decoder: FrameDecoder::new(), is_inside: false })
        }
    })
}

/// Frames of zstd, one after the other.
struct Frames<R> {
    input: R,
    decoder: FrameDecoder,
    is_inside: bool,
}

impl<R: BufRead> Frames<R> {
    /// Goes to the next frame; `false` where there is none.
    fn next(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.input.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() {
            if !self.is_inside {
                self.is_inside = self.next()?;
                if !self.is_inside {
                    break;
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            }
            match self.decoder.read(into)? {
                0 => self.is_inside = false,
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).expect("memory is writable");
        packed.finish().expect("memory is writable")
    }

    fn zstd(text: &str) -> Vec<u8> {
        compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
    }

    #[test]
    fn what_is_packed_is_unpacked_also_piece_by_piece() {
        let long = "{\"a\":1}\n".repeat(50_000);
        let skipped = [&[0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd("b")].concat();
        for (bytes, expected) in [
            (b"{}".to_vec(), "{}".to_owned()),
            (Vec::new(), String::new()),
            (gzip(&long), long.clone()),
            ([gzip("a"), gzip("b")].concat(), "ab".to_owned()),
            (zstd(&long), long.clone()),
            ([zstd("a"), zstd(""), zstd("b")].concat(), "ab".to_owned()),
            (skipped, "b".to_owned()),
        ] {
            let mut text = String::new();
            let read = unpacked(&*bytes).and_then(|mut stream| stream.read_to_string(&mut text));
            assert!(read.is_ok(), "{read:?}");
            assert!(text == expected, "{} bytes, not {}", text.len(), expected.len());
        }
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let long = "{\"a\":1}\n".repeat(50_000);
        for bytes in [gzip(&long), zstd(&long)] {
            let cut = &bytes[..bytes.len() / 2];
            let read = unpacked(cut).and_then(|mut stream| stream.read_to_end(&mut Vec::new()));
            assert!(read.is_err(), "{read:?}");
        }
    }
}
