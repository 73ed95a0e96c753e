//! How the digests pad a message.

/// The message with its padding: a one bit, zeros, and its length in bits.
pub(super) fn padded(message: &[u8], block: usize, length: &[u8]) -> Vec<u8> {
    let mut out = message.to_vec();
    out.push(0x80);
    while out.len() % block != block - length.len() {
        out.push(0);
    }
    out.extend(length);
    out
}
