//! Lucene's `StandardTokenizer`: the word breaks of UAX #29, and its choice of
//! which segments are words.

use unicode_segmentation::UnicodeSegmentation;

/// Longer words are cut into pieces of this many UTF-16 units.
const MAX_LENGTH: usize = 255;

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    // Start of a run of characters of scripts written without spaces.
    let mut run: Option<usize> = None;
    for (start, segment) in text.split_word_bound_indices() {
        if segment.chars().all(is_complex_context) {
            run.get_or_insert(start);
            continue;
        }
        if let Some(from) = run.take() {
            cut(&text[from..start], &mut words);
        }
        if is_word(segment) {
            cut(segment, &mut words);
        }
    }
    if let Some(from) = run {
        cut(&text[from..], &mut words);
    }
    words
}

/// A word has a letter, a digit or an emoji; connectors alone are none.
fn is_word(segment: &str) -> bool {
    segment.chars().any(|c| c.is_alphanumeric() || is_emoji(c))
}

fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2600}'..='\u{26ff}' | '\u{2702}'..='\u{27b0}' | '\u{1f000}'..='\u{1faff}' | '\u{231a}' | '\u{231b}'
        | '\u{23e9}'..='\u{23f3}' | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}'
        | '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{2199}'
        | '\u{21a9}' | '\u{21aa}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}')
}

/// Thai, Lao, Myanmar, Khmer and their like: no breaks inside a run.
fn is_complex_context(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ecd}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{109a}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}' | '\u{17d7}' | '\u{17dc}' | '\u{17dd}' | '\u{1950}'..='\u{19df}'
        | '\u{1a20}'..='\u{1aad}' | '\u{a9e0}'..='\u{a9ef}' | '\u{a9fa}'..='\u{a9fe}'
        | '\u{aa60}'..='\u{aac2}' | '\u{aadb}'..='\u{aadf}')
}

fn cut<'a>(mut word: &'a str, words: &mut Vec<&'a str>) {
    loop {
        let mut units = 0;
        let end = word.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > MAX_LENGTH
        });
        match end {
            Some((end, _)) => {
                let (head, tail) = word.split_at(end);
                words.push(head);
                word = tail;
            }
            None => return words.push(word),
        }
    }
}
