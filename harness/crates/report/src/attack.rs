//! The tactics of MITRE ATT&CK for enterprises: their order and their short names.

/// The tactics in the order of the matrix, from left to right.
const ORDER: [&str; 14] = [
    "TA0043", "TA0042", "TA0001", "TA0002", "TA0003", "TA0004", "TA0005", "TA0006", "TA0007",
    "TA0008", "TA0009", "TA0011", "TA0010", "TA0040",
];

/// The place of a tactic in the matrix; unknown ones come last, by id.
pub fn rank(id: &str) -> (usize, &str) {
    (ORDER.iter().position(|known| *known == id).unwrap_or(ORDER.len()), id)
}

/// The name that layers give a tactic: `Lateral Movement` is `lateral-movement`.
pub fn short_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// Whether the text has the form of a technique or subtechnique.
pub fn is_technique(id: &str) -> bool {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let Some(number) = id.strip_prefix('T') else { return false };
    match number.split_once('.') {
        None => digits(number, 4),
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_stand_in_the_order_of_the_matrix() {
        let mut ids = ["TA0009", "TA0099", "TA0011", "TA0010", "TA0043", "TA0001"];
        ids.sort_by_key(|id| rank(id));
        assert_eq!(ids, ["TA0043", "TA0001", "TA0009", "TA0011", "TA0010", "TA0099"]);
    }

    #[test]
    fn short_names_are_those_of_layers() {
        assert_eq!(short_name("Command and Control"), "command-and-control");
        assert_eq!(short_name("Execution"), "execution");
    }

    #[test]
    fn ids_of_techniques_have_four_digits_and_perhaps_three() {
        assert!(is_technique("T1059") && is_technique("T1059.004"));
        for id in ["T105", "T1059.04", "TA0001", "t1059", "T1059.", "T10590", "T٠٠٠٠"] {
            assert!(!is_technique(id), "{id}");
        }
    }
}
