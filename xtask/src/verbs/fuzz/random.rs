//! Random numbers that are the same on every machine, and changes to texts.

/// A generator by xorshift.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

/// What breaks readers: ends of numbers and of characters, and what nests.
const ODD: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "|",
    "*",
    "?",
    "+",
    ".",
    "..",
    ",",
    ":",
    "=",
    "!",
    "~",
    "<",
    ">",
    "/",
    "//",
    "/*",
    "@",
    "#",
    "&",
    "%{",
    "${",
    "%",
    "-",
    "_",
    "`",
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "\u{d7ff}",
    "\u{10ffff}",
    "é",
    "ẞ",
    "İ",
    "日本",
    "👩‍👩‍👧",
    "0",
    "-1",
    "1e400",
    "NaN",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1.7976931348623157e308",
    "0x",
    "null",
    "true",
    "not ",
    " and ",
    " or ",
    "now-1d/d",
    "2026-02-30",
    "-9999-01-01",
    "+999999-01-01",
    "10.0.0.0/8",
    "::/0",
    "{1000}",
    "{0,}",
    "(?=",
    "(?<a>",
    "(?:",
    ".*",
    "[[",
    "]]",
    "a.b.c",
    "{\"a\":[1,null]}",
];

impl Random {
    /// The generator of one input of a run.
    pub(super) fn new(seed: u64, input: u64) -> Self {
        let mixed = (seed ^ 0x9E37_79B9_7F4A_7C15)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9)
            .wrapping_add(input.wrapping_mul(0x94D0_49BB_1331_11EB));
        let mut random = Self(mixed | 1);
        // The first numbers of close seeds are close.
        (0..4).for_each(|_| {
            random.next();
        });
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `count`, or 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % count.max(1)
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// A text with a few changes; `others` are texts to take parts from.
    pub(super) fn changed(&mut self, text: &str, others: &[String]) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(4) {
            let (start, end) = self.part(&text);
            match self.below(8) {
                0 => text.replace_range(start..end, ""),
                1 => text.insert_str(start, self.pick(ODD)),
                2 => text.replace_range(start..end, self.pick(ODD)),
                3 => {
                    let part = text[start..end].to_owned();
                    text.insert_str(end, &part);
                }
                4 => {
                    // What nests, nested.
                    let times = 1 << self.below(9);
                    let part = text[start..end].chars().take(4).collect::<String>().repeat(times);
                    text.insert_str(start, &part);
                }
                5 if !others.is_empty() => {
                    let other = &others[self.below(others.len())];
                    let (from, to) = self.part(other);
                    text.replace_range(start..end, &other[from..to]);
                }
                6 => {
                    let odd = self.pick(ODD).repeat(1 << self.below(10));
                    text.insert_str(start, &odd);
                }
                _ => text = self.numbers(&text),
            }
        }
        text
    }

    /// The text with one of its numbers changed.
    fn numbers(&mut self, text: &str) -> String {
        let digit = |c: char| c.is_ascii_digit();
        let starts: Vec<usize> = text
            .match_indices(digit)
            .map(|(at, _)| at)
            .filter(|at| !text[..*at].ends_with(digit))
            .collect();
        let Some(start) = (!starts.is_empty()).then(|| starts[self.below(starts.len())]) else {
            return text.to_owned();
        };
        let length = text[start..].find(|c| !digit(c)).unwrap_or(text.len() - start);
        let new = ["0", "1", "-1", "999999999", "2147483648", "9223372036854775807", "1e308", "00"];
        format!("{}{}{}", &text[..start], self.pick(&new), &text[start + length..])
    }

    /// A part of a text, mostly short, between characters.
    fn part(&mut self, text: &str) -> (usize, usize) {
        let length = if self.once_in(6) { self.below(text.len() + 1) } else { self.below(12) };
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(self.below(text.len() + 1));
        (start, floor((start + length).min(text.len())).max(start))
    }
}
