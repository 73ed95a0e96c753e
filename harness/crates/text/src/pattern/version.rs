//! The order of the `version` type: semantic versions, then any other text.

use std::cmp::Ordering;

/// The order of two versions: valid ones by their numbers and pre-release,
/// others after all of them by their text.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (parts(a), parts(b)) {
        (Some(left), Some(right)) => left.compare(&right).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

struct Parts<'a> {
    numbers: Vec<&'a str>,
    release: Option<&'a str>,
}

impl Parts<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        for index in 0..self.numbers.len().max(other.numbers.len()) {
            let number = |parts: &Self| parts.numbers.get(index).map_or("0", |n| *n).to_owned();
            let order = compare_numbers(&number(self), &number(other));
            if order.is_ne() {
                return order;
            }
        }
        match (self.release, other.release) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_releases(a, b),
        }
    }
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let text = text.split('+').next().unwrap_or_default();
    let (numbers, release) = match text.split_once('-') {
        Some((numbers, release)) => (numbers, Some(release)),
        None => (text, None),
    };
    let numbers: Vec<_> = numbers.split('.').collect();
    let digits = |n: &&str| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit());
    let valid = numbers.iter().all(digits) && release != Some("");
    valid.then_some(Parts { numbers, release })
}

fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn compare_releases(a: &str, b: &str) -> Ordering {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (digits(a), digits(b)) {
                (true, true) => compare_numbers(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_order() {
        let sorted = [
            "1.2.3-alpha",
            "1.2.3-alpha.1",
            "1.2.3-alpha.2",
            "1.2.3-alpha.beta",
            "1.2.3",
            "1.11.4",
            "2",
            "a",
            "b.1",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }
}
