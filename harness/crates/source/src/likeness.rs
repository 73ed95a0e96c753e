//! How alike two names are, for suggestions.

/// A name that others are compared with.
pub struct Likeness {
    length: usize,
    /// For each byte, where it stands in the name, as bits.
    places: [u64; 256],
}

/// The longest name that is compared: a machine word holds its places.
const MAX_LENGTH: usize = 64;

impl Likeness {
    /// Prepares a name.
    pub fn new(name: &str) -> Self {
        let mut places = [0; 256];
        for (place, byte) in name.bytes().take(MAX_LENGTH).enumerate() {
            places[usize::from(byte)] |= 1 << place;
        }
        Self { length: name.len(), places }
    }

    /// One minus the edit distance over the longer length; 0 for long names
    /// and for those whose lengths alone make them unlike.
    #[expect(clippy::cast_precision_loss, reason = "names are short")]
    pub fn to(&self, other: &str) -> f64 {
        let longest = self.length.max(other.len());
        let unlike = self.length.abs_diff(other.len()) * 2 > longest;
        if self.length == 0 || self.length > MAX_LENGTH || unlike {
            return 0.0;
        }
        1.0 - self.distance(other) as f64 / longest as f64
    }

    /// The edit distance, a column of the table at a time (Myers' algorithm);
    /// from a long name and from none, it is the longer length.
    pub fn distance(&self, other: &str) -> usize {
        if self.length == 0 || self.length > MAX_LENGTH {
            return self.length.max(other.len());
        }
        let last = 1_u64 << (self.length - 1);
        let (mut up, mut down) = (u64::MAX, 0_u64);
        let mut score = self.length;
        for byte in other.bytes() {
            let equal = self.places[usize::from(byte)];
            let vertical = equal | down;
            let diagonal = ((equal & up).wrapping_add(up) ^ up) | equal;
            let mut plus = down | !(diagonal | up);
            let mut minus = up & diagonal;
            if plus & last != 0 {
                score += 1;
            }
            if minus & last != 0 {
                score -= 1;
            }
            plus = (plus << 1) | 1;
            minus <<= 1;
            up = minus | !(vertical | plus);
            down = plus & vertical;
        }
        score
    }
}

/// Those that are at least half alike, the most alike first, then in order.
pub fn ranked<T: Ord>(found: impl Iterator<Item = (f64, T)>) -> Vec<(f64, T)> {
    let mut close: Vec<(f64, T)> = found.filter(|(likeness, _)| *likeness >= 0.5).collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    close
}

/// The name that was meant, where one is close: most alike, or the beginning of
/// the other; letter case does not matter.
pub fn nearest<'a>(wrong: &str, right: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let likeness = Likeness::new(&wrong);
    let begins = |name: &str| {
        wrong.len().min(name.len()) >= 3 && (name.starts_with(&wrong) || wrong.starts_with(name))
    };
    let close = ranked(right.map(|name| {
        let lower = name.to_lowercase();
        (likeness.to(&lower).max(if begins(&lower) { 0.5 } else { 0.0 }), name)
    }));
    close.first().map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook table.
    fn slow(a: &[u8], b: &[u8]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, y) in b.iter().enumerate() {
                let substituted = diagonal + usize::from(x != y);
                diagonal = row[j + 1];
                row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[b.len()]
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_table(a in "[abc.]{1,64}", b in "[abc.]{0,80}") {
            prop_assert_eq!(Likeness::new(&a).distance(&b), slow(a.as_bytes(), b.as_bytes()));
        }
    }

    #[test]
    fn the_nearest_name_is_offered() {
        for (wrong, right) in [
            ("positives", Some("positive")),
            ("Positive", Some("positive")),
            ("neg", Some("negative")),
            ("benign", None),
        ] {
            assert_eq!(nearest(wrong, ["positive", "negative"].into_iter()), right, "{wrong}");
        }
    }
}
