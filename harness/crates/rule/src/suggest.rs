//! Guesses what a misspelled name was meant to be.

/// Names longer than this are not searched for misspellings.
const MAX_MISSPELLED: usize = 40;

/// "did you mean" for the nearest name within two edits, if any.
pub(super) fn suggest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    if word.len() > MAX_MISSPELLED {
        return None;
    }
    let near = |name: &&str| edits(word, name).filter(|edits| edits * 3 <= name.len().max(3));
    let (_, best) = names.filter_map(|name| Some((near(&name)?, name))).min()?;
    Some(format!("did you mean `{best}`?"))
}

/// The edit distance of two short words in bytes, where it is at most two.
fn edits(a: &str, b: &str) -> Option<usize> {
    if a.len().abs_diff(b.len()) > 2 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, right) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= 2)
}
