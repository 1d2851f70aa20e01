//! Names that are on record, found in a text wherever one stands by itself, the longest first: not in the midst of a word. However many
//! there are, a text is gone through once.

use std::collections::HashSet;

/// What is in the place of a name.
pub(super) const NAME: &str = "<name>";
/// A shorter one would take half the words out.
const LEAST: usize = 4;

/// The names, in order.
#[derive(Debug, Default)]
pub(super) struct Known {
    names: Vec<String>,
    /// What they begin with: most of a text is none.
    begins: HashSet<[u8; LEAST]>,
}

impl Known {
    /// Names and keys, with every folder that is on the way to one, and however they are spelt.
    pub(super) fn of(all: impl IntoIterator<Item = String>) -> Self {
        let whole: HashSet<String> = all.into_iter().collect();
        let mut parts: HashSet<&str> = HashSet::new();
        for name in &whole {
            for name in steps(name) {
                // A number alone may be anything.
                if name.len() >= LEAST && name.chars().any(char::is_alphabetic) {
                    parts.insert(name);
                }
            }
        }
        let mut names: Vec<_> = parts.into_iter().flat_map(spelt).collect();
        names.sort_unstable();
        names.dedup();
        let begins = names.iter().filter_map(|name| head(name)).collect();
        Self { names, begins }
    }

    /// A text without them.
    pub(super) fn out_of(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let (mut rest, mut is_in_a_word) = (text, false);
        while let Some(first) = rest.chars().next() {
            let end = if is_in_a_word { None } else { self.ends(rest) };
            if end.is_some() {
                clean += NAME;
            } else {
                clean.push(first);
            }
            let (gone, left) = rest.split_at(end.unwrap_or(first.len_utf8()));
            is_in_a_word = gone.ends_with(is_of_a_word);
            rest = left;
        }
        clean
    }

    /// Where the longest name ends that a text begins with.
    fn ends(&self, text: &str) -> Option<usize> {
        if !self.begins.contains(&head(text)?) {
            return None;
        }
        let (mut left, mut found) = (self.names.as_slice(), None);
        for (at, byte) in text.bytes().enumerate() {
            // All that are left begin as the text does up to here. Those that end here come first.
            let other = left.partition_point(|name| name.as_bytes().get(at).is_none_or(|one| *one < byte));
            let same = left[other..].partition_point(|name| name.as_bytes().get(at) == Some(&byte));
            left = &left[other..other + same];
            let Some(first) = left.first() else { break };
            let end = at + 1;
            if first.len() == end && !text[end..].starts_with(is_of_a_word) {
                found = Some(end);
            }
        }
        found
    }
}

fn head(text: &str) -> Option<[u8; LEAST]> {
    text.as_bytes().first_chunk().copied()
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A path, the folders on the way to it, and its last name.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    let is_end = |c: char| matches!(c, '/' | '\\');
    let whole = path.trim_matches(is_end);
    let folders = whole.match_indices(is_end).map(move |(at, _)| whole[..at].trim_end_matches(is_end));
    let last = whole.rsplit(is_end).next();
    folders.chain(last).chain([whole])
}

/// As it is, and as addresses and JSON have it, where that is another: of very many names most are the same.
fn spelt(name: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let address = form.replace('+', "%20").replace("%2F", "/");
    let quoted = serde_json::to_string(name).unwrap_or_default();
    let mut all = vec![name.to_owned()];
    for other in [form, address, quoted.trim_matches('"').to_owned()] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_record_is_taken_out_however_it_is_spelt_and_nothing_within_a_word() {
        let names = ["projects/board/A film.mov", "A film.mov", "A film.mov.xmp", "Fjörd \"one\".wav", "cut", "2026"];
        let known = Known::of(names.map(str::to_owned));
        for (text, clean) in [
            ("403 on projects/board/A film.mov now", "403 on <name> now"),
            ("no A film.mov.xmp, and A film.mov", "no <name>, and <name>"),
            ("GET /media/projects/board/A%20film.mov?x=1", "GET /media/<name>?x=1"),
            ("key=projects%2Fboard%2FA+film.mov", "key=<name>"),
            ("{\"key\":\"Fjörd \\\"one\\\".wav\"}", "{\"key\":\"<name>\"}"),
            ("below projects/board/ and projects", "below <name>/ and <name>"),
            ("my_projects and projects2 of 2026, a cut", "my_projects and projects2 of 2026, a cut"),
            ("BA film.mov A film.movie", "BA film.mov A film.movie"),
            ("", ""),
        ] {
            assert_eq!(known.out_of(text), clean);
        }
        assert_eq!(Known::default().out_of("as it is"), "as it is");
    }

    #[test]
    fn a_name_has_no_more_spellings_than_differ() {
        assert_eq!(spelt("IMG_00017.tif"), ["IMG_00017.tif"]);
        assert_eq!(spelt("in/IMG_00017.tif"), ["in/IMG_00017.tif", "in%2FIMG_00017.tif"]);
        assert_eq!(spelt("A film.mov"), ["A film.mov", "A+film.mov", "A%20film.mov"]);
    }

    #[test]
    fn very_many_names_that_begin_alike_are_gone_through_at_once() {
        let known = Known::of((0..50_000).map(|n| format!("in/day/IMG_{n:05}.tif")));
        let text = "IMG_00017.tif and in/day/IMG_49999.tif, not IMG_50000.tif\n".repeat(2_000);
        let clean = "<name> and <name>, not IMG_50000.tif\n".repeat(2_000);
        assert_eq!(known.out_of(&text), clean);
    }
}
