//! The functions of EQL, by name and number of arguments.

use harness_text::pattern::Case;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// The sum.
    Add,
    /// The text between two marks.
    Between,
    /// Whether an address lies in a network.
    CidrMatch,
    /// Values as one text.
    Concat,
    /// The quotient.
    Divide,
    /// Whether a text ends so.
    EndsWith,
    /// Where a text is found in another.
    IndexOf,
    /// The length of a text.
    Length,
    /// The remainder.
    Modulo,
    /// The product.
    Multiply,
    /// A text as number.
    Number,
    /// Whether a text begins so.
    StartsWith,
    /// A value as text.
    String,
    /// Whether a text contains another.
    StringContains,
    /// A part of a text.
    Substring,
    /// The difference.
    Subtract,
}

/// What the parser knows of a function.
struct Signature {
    function: Function,
    name: &'static str,
    least: usize,
    most: Option<usize>,
    /// Whether `~` is allowed.
    tilde: bool,
}

const fn signature(
    function: Function,
    name: &'static str,
    (least, most): (usize, Option<usize>),
    tilde: bool,
) -> Signature {
    Signature { function, name, least, most, tilde }
}

/// All functions, in the order of [`Function`].
const FUNCTIONS: [Signature; 16] = [
    signature(Function::Add, "add", (2, Some(2)), false),
    signature(Function::Between, "between", (3, Some(4)), true),
    signature(Function::CidrMatch, "cidrMatch", (2, None), false),
    signature(Function::Concat, "concat", (1, None), false),
    signature(Function::Divide, "divide", (2, Some(2)), false),
    signature(Function::EndsWith, "endsWith", (2, Some(2)), true),
    signature(Function::IndexOf, "indexOf", (2, Some(3)), true),
    signature(Function::Length, "length", (1, Some(1)), false),
    signature(Function::Modulo, "modulo", (2, Some(2)), false),
    signature(Function::Multiply, "multiply", (2, Some(2)), false),
    signature(Function::Number, "number", (1, Some(2)), false),
    signature(Function::StartsWith, "startsWith", (2, Some(2)), true),
    signature(Function::String, "string", (1, Some(1)), false),
    signature(Function::StringContains, "stringContains", (2, Some(2)), true),
    signature(Function::Substring, "substring", (2, Some(3)), false),
    signature(Function::Subtract, "subtract", (2, Some(2)), false),
];

impl Function {
    /// All functions.
    pub fn all() -> impl Iterator<Item = Self> {
        FUNCTIONS.iter().map(|signature| signature.function)
    }

    /// The function of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let found = FUNCTIONS.iter().find(|signature| signature.name.eq_ignore_ascii_case(name));
        found.map(|signature| signature.function)
    }

    fn signature(self) -> &'static Signature {
        &FUNCTIONS[self as usize]
    }

    /// The name as documented.
    pub fn name(self) -> &'static str {
        self.signature().name
    }

    /// Whether the function has an insensitive form, written with `~`.
    pub fn allows(self, case: Case) -> bool {
        case == Case::Sensitive || self.signature().tilde
    }

    /// The smallest and the greatest number of arguments.
    pub fn arity(self) -> (usize, Option<usize>) {
        (self.signature().least, self.signature().most)
    }

    /// What to write instead of a function of older or other EQL dialects.
    pub fn advice(name: &str) -> Option<String> {
        let advice = match name.to_ascii_lowercase().as_str() {
            "wildcard" => "use the `like` operator or `:`",
            "match" => "use the `regex` operator",
            "arraycontains" | "arraycount" | "arraysearch" => {
                "a comparison on the field tests every value of an array"
            }
            "safe" => "mark fields that may be unmapped with `?`",
            lower => {
                let near = FUNCTIONS.iter().map(|signature| signature.name);
                return closest(lower, near).map(|name| format!("did you mean `{name}`?"));
            }
        };
        Some(advice.to_owned())
    }
}

/// The candidate with the fewest edits from `word`, at most a third of its length.
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 40;
    let word: Vec<char> = word.to_lowercase().chars().take(LONGEST).collect();
    let best = candidates.map(|candidate| (edits(&word, candidate), candidate)).min()?;
    (best.0 <= word.len().div_ceil(3)).then_some(best.1)
}

/// The Levenshtein distance, letters in either case.
fn edits(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for c in candidate.chars() {
        let mut diagonal = row[0];
        row[0] += 1;
        for (index, letter) in word.iter().enumerate() {
            let substituted = diagonal + usize::from(!letter.eq_ignore_ascii_case(&c));
            diagonal = row[index + 1];
            row[index + 1] = substituted.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for function in Function::all() {
            assert_eq!(function.signature().function, function);
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(Function::named("cidrmatch"), Some(Function::CidrMatch));
        assert_eq!(Function::named("ENDSWITH"), Some(Function::EndsWith));
        assert_eq!(Function::named("ends"), None);
    }

    #[test]
    fn the_closest_name_is_near() {
        let check = |word, expected| {
            let names = FUNCTIONS.iter().map(|signature| signature.name);
            assert_eq!(closest(word, names), expected, "{word}");
        };
        check("lenght", Some("length"));
        check("startWith", Some("startsWith"));
        check("endwith", Some("endsWith"));
        check("frobnicate", None);
        check("", None);
    }
}
