//! Which of several plausible values are taken.

/// Which of several plausible values are taken; the same number makes the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// Where to start in a list of values for a field.
    pub(super) fn start(self, field: &str, count: usize) -> usize {
        if self.0 == 0 || count == 0 {
            return 0;
        }
        let mixed = field.bytes().fold(self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15), |all, byte| {
            (all ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        usize::try_from((mixed >> 32) % count as u64).unwrap_or(0)
    }
}
