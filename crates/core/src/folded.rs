//! Text as it is searched: whatever its case and accents.

use unicode_normalization::UnicodeNormalization as _;

/// Letters of a search that are looked for; nobody types more.
const LETTERS_AT_MOST: usize = 1_000;

/// The same for every way to write it that means the same to whoever searches. The window folds what it marks likewise.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().filter(|sign| !is_accent(*sign)).flat_map(char::to_lowercase).collect()
}

/// What a text of several parts is folded to: no word reaches from one into the next.
pub(crate) fn folded_all(texts: &[&str]) -> String {
    let all: Vec<_> = texts.iter().map(|text| folded(text)).collect();
    all.join("\n")
}

/// What comes again and again, as places do, is folded once in a row.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    text: String,
    folded: String,
}

impl Repeated {
    /// What a text is folded to.
    pub(crate) fn folded(&mut self, text: &str) -> &str {
        if self.text != text {
            (self.text, self.folded) = (text.to_owned(), folded(text));
        }
        &self.folded
    }
}

/// The words of a search, each once. All of them are to be found.
pub(crate) fn words(search: &str) -> Vec<String> {
    let search: String = search.chars().take(LETTERS_AT_MOST).collect();
    let between = |sign: char| sign.is_whitespace() || sign.is_control();
    let mut words: Vec<_> = folded(&search).split(between).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Accents of alphabets. The marks of other scripts are letters to those who write them.
const fn is_accent(sign: char) -> bool {
    matches!(sign, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_same_whatever_its_case_and_accents_and_however_it_is_composed() {
        for (one, other) in [
            ("FJORD", "fjord"),
            ("Übersicht", "ubersicht"),
            ("U\u{308}bersicht", "übersicht"),
            ("Málaga", "MALAGA"),
            ("ΑΘΉΝΑ", "αθηνα"),
            ("Ёлка", "елка"),
            ("İstanbul", "istanbul"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("ก"), folded("กั"), "a vowel is no accent");
        assert_ne!(folded("が"), folded("が").replace('\u{3099}', ""), "and neither is what makes another letter");
    }

    #[test]
    fn what_comes_again_is_folded_as_what_came_first() {
        let mut places = Repeated::default();
        for place in ["", "Édit", "Édit", "Rushes › Día 1", "Édit", ""] {
            assert_eq!(places.folded(place), folded(place));
        }
    }

    #[test]
    fn a_search_is_its_words_and_each_counts_once() {
        assert_eq!(words("  Fjord\tsound FJORD\u{0}\u{a0}“day” "), ["fjord", "sound", "“day”"]);
        assert_eq!(words(" \n"), Vec::<String>::new());
        assert_eq!(words(&"a".repeat(2_000)), ["a".repeat(LETTERS_AT_MOST)]);
    }
}
