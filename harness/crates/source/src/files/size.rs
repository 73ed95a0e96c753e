//! How large files may be.

use crate::diagnostic::Diagnostic;
use crate::limits::FILE_BYTES;
use crate::span::Span;

/// The largest file that is read, in bytes.
pub fn max_file() -> u64 {
    FILE_BYTES.now() as u64
}

/// That a file is larger than what is read.
pub(super) fn too_large() -> Diagnostic {
    let message = format!("has more than {} bytes, the limit", max_file());
    let error = Diagnostic::error("too-large", message, Span::default());
    match FILE_BYTES.more() {
        Some(more) => error.with_help(more),
        None => error,
    }
}
