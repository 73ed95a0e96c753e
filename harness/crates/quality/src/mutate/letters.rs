//! Texts in the other case of letters.

use harness_text::pattern::Case;

/// Letters in either case for letters as they are, and the other way round.
pub(super) fn other_case(case: Case) -> Case {
    match case {
        Case::Sensitive => Case::Insensitive,
        Case::Insensitive => Case::Sensitive,
    }
}
