//! The messages of the shell, in ICU's format. The forms of a plural belong to the language of the words, digits and separators to
//! whoever reads them, as in the window (`ui/src/text/message.ts`).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use formatjs_icu_messageformat::{
    DateTimeFormatOptions, DateTimeKind, DateTimeValue, DefaultFormatters, Error, ErrorCode,
    ExtendedNumberFormatOptions, Formatters, IcuMessageFormat, Locale, NumericValue, Options, PluralCategory,
    PluralType, Result, Value,
};

use super::Written;

/// The language of the words.
const LANGUAGE: &str = "en";

static ALL: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("en.json")).unwrap_or_default());

/// A message that names nothing.
pub(crate) fn say(name: &str) -> String {
    fill(name, [])
}

/// A message, with what it names. One that is not there is told by its name: a test finds it first.
pub(crate) fn fill<const N: usize>(name: &str, given: [(&str, Value); N]) -> String {
    let message = ALL.get(name).map_or(name, String::as_str);
    let given: HashMap<String, Value> =
        given.into_iter().map(|(name, value)| (name.to_owned(), alone(value))).collect();
    read(message, &given).unwrap_or_else(|error| {
        tracing::error!(%error, "the message {name} cannot be read");
        message.to_owned()
    })
}

fn read(message: &str, given: &HashMap<String, Value>) -> Result<String> {
    #[cfg(test)]
    let bracketed = Bracketed::around(message);
    #[cfg(test)]
    let message = bracketed.as_str();
    let options = Options::with_formatters(Arc::new(Written::here().clone()));
    IcuMessageFormat::try_new_with_options(message, options)?.format_to_string(LANGUAGE, given)
}

/// A name that runs from right to left keeps to itself.
fn alone(value: Value) -> Value {
    match value {
        Value::String(name) if name.chars().any(runs_back) => Value::String(format!("\u{2068}{name}\u{2069}")),
        value => value,
    }
}

const fn runs_back(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

impl Formatters for Written {
    fn format_number(&self, _: &Locale, value: NumericValue, options: &ExtendedNumberFormatOptions) -> Result<String> {
        DefaultFormatters.format_number(self.locale(), value, options)
    }

    fn format_datetime(
        &self,
        _: &Locale,
        _: DateTimeValue,
        _: DateTimeKind,
        _: &DateTimeFormatOptions,
    ) -> Result<String> {
        Err(Error::new(ErrorCode::Formatter, "times come to messages as words"))
    }

    fn plural_category(&self, words: &Locale, value: NumericValue, of: PluralType) -> Result<PluralCategory> {
        DefaultFormatters.plural_category(words, value, of)
    }
}

#[cfg(test)]
thread_local! {
    static BRACKETS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// As long as it lives every message of this thread comes in brackets.
#[cfg(test)]
pub(super) struct Bracketed;

#[cfg(test)]
impl Bracketed {
    pub(super) fn begin() -> Self {
        BRACKETS.set(true);
        Self
    }

    fn around(message: &str) -> String {
        if BRACKETS.get() { format!("⟦{message}⟧") } else { message.to_owned() }
    }
}

#[cfg(test)]
impl Drop for Bracketed {
    fn drop(&mut self) {
        BRACKETS.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let mut all: Vec<_> = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).collect();
        all.extend(folders.iter().flat_map(|folder| sources(folder)));
        all
    }

    /// What of a source is built into the program, line by line, without remarks and without what goes to the log.
    fn code(source: &str) -> Vec<&str> {
        let built = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let mut pieces = built.split("tracing::");
        let first = pieces.next().unwrap_or_default();
        let behind = pieces.filter_map(|piece| piece.split_once(");")).map(|(_, rest)| rest);
        let lines = std::iter::once(first).chain(behind).flat_map(str::lines).map(str::trim_start);
        lines.filter(|line| !line.starts_with("//") && !line.starts_with("#[")).collect()
    }

    /// What of a line is a sentence, or a kind of files in a dialog.
    fn sentences(line: &str) -> Vec<&str> {
        let pieces: Vec<_> = line.split('"').collect();
        let texts = pieces.windows(2).step_by(2).filter(|two| !two[0].ends_with('r')).map(|two| two[1]);
        let kind = line.contains("add_filter(\"");
        let is_words = |text: &&str| {
            text.starts_with(char::is_uppercase) && (text.contains(' ') || (kind && text.contains(char::is_lowercase)))
        };
        texts.filter(is_words).collect()
    }

    /// Those that are built into the program.
    fn all() -> Vec<(PathBuf, String)> {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let read = |path: PathBuf| (path.clone(), std::fs::read_to_string(path).expect("a source"));
        sources(&src).into_iter().filter(|path| !path.ends_with("tests.rs")).map(read).collect()
    }

    #[test]
    fn the_shell_has_no_sentence_of_its_own() {
        for (line, found) in [
            ("let title = \"Choose files\";", 1),
            (".add_filter(\"Table\", &[\"csv\"])", 1),
            (".add_filter(\"ZIP\", &[\"zip\"])", 0),
            ("open(r\"Control Panel\\International\")", 0),
            ("say(\"open\")", 0),
        ] {
            assert_eq!(sentences(line).len(), found, "{line}");
        }
        // The words of its command line are those of a program for scripts, as the other's are.
        for (path, source) in all().iter().filter(|(path, _)| !path.ends_with("asked.rs")) {
            for line in code(source) {
                let found = sentences(line);
                assert!(found.is_empty(), "{}: {found:?} belongs into ui/src/text/en.ts", path.display());
            }
        }
    }

    #[test]
    fn every_message_of_the_shell_is_said_and_every_one_that_is_said_is_there() {
        assert!(ALL.len() > 100, "en.json is no list of messages");
        let mut said = Vec::new();
        for (path, source) in all() {
            let code = code(&source).join(" ").replace("( ", "(");
            for call in ["say(\"", "fill(\"", "words: \""] {
                for name in code.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                    assert!(ALL.contains_key(name), "{}: {name} is no message", path.display());
                    said.push(name.to_owned());
                }
            }
        }
        for code in davit_core::error::ErrorCode::ALL {
            let reason = format!("reasons.{}", code.as_str());
            assert!(ALL.contains_key(&reason), "{reason} is no message");
            said.push(reason);
        }
        for name in ALL.keys() {
            assert!(said.contains(name), "{name} is never said");
        }
    }

    fn counted(message: &str, language: &str, by: &Written, n: u64) -> String {
        let options = Options::with_formatters(Arc::new(by.clone()));
        let message = IcuMessageFormat::try_new_with_options(message, options).expect("read");
        let given: HashMap<String, Value> = HashMap::from([("n".to_owned(), n.into())]);
        message.format_to_string(language, &given).expect("said")
    }

    #[test]
    fn a_plural_has_the_forms_of_its_language() {
        let files = "{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}";
        let said = [1, 2, 5, 22].map(|n| counted(files, "pl", Written::here(), n));
        assert_eq!(said, ["1 plik", "2 pliki", "5 plików", "22 pliki"]);
    }

    #[test]
    fn english_words_have_english_forms_whoever_reads_them() {
        let french = Written::by(Some("fr-FR"), Some("fr-FR"));
        let files = "{n, plural, one {# file} other {# files}}";
        let said = [0, 1, 12_480].map(|n| counted(files, LANGUAGE, &french, n));
        assert_eq!(said, ["0 files", "1 file", "12\u{202f}480 files"]);
    }
}
