//! All kinds of findings: code, level, why it matters, a bad and a good example.
//!
//! docs/lint.md is made from this table, `harness lint --explain` prints it, and both
//! examples of each kind are run as tests.

mod fields;
mod kind;
mod metadata;
mod proved;
mod time;
mod traps;

pub use kind::{About, Code, Example, Family};

/// The table, in the order of [`Code`].
static TABLE: [&[About]; 5] =
    [&proved::TABLE, &traps::TABLE, &fields::TABLE, &time::TABLE, &metadata::TABLE];

impl Code {
    /// What there is to say of it.
    pub fn about(self) -> &'static About {
        let mut all = TABLE.iter().copied().flatten();
        // A test holds that the table is whole.
        all.find(|about| about.code == self).unwrap_or(&traps::TABLE[0])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_the_order_of_the_codes() {
        let table: Vec<Code> = TABLE.iter().copied().flatten().map(|about| about.code).collect();
        assert_eq!(table, Code::ALL);
        for code in Code::ALL {
            let about = code.about();
            let is_kebab = about.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            assert!(is_kebab, "{}", about.name);
            assert_eq!(Code::named(about.name), Some(*code));
            assert!(!about.why.ends_with('.') && about.why.len() > 40, "{}", about.name);
        }
    }
}
