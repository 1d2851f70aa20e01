//! From names on disk to keys: Unicode in NFC, `/` between parts, nothing that S3 or a reader would stumble over.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, ErrorCode, Result};

/// The composed form, so that one name has one key whatever system it comes from.
pub fn normal(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// One part of a key from one name. Everything a reader can be fooled by (characters that turn the direction of writing,
/// or that nobody sees) stays as it is: the name is the person's, and showing it safely is the window's work.
///
/// # Errors
/// `name-refused` for a name that is not Unicode, has characters that no XML can carry, or is `.` or `..`; on Windows also
/// for one that Windows itself does not open by its name.
pub fn key_part(name: &OsStr) -> Result<String> {
    let refused = |why: &str| Err(Error::new(ErrorCode::NameRefused).detail(why.to_owned()));
    let Some(text) = name.to_str() else { return refused("the name is not Unicode") };
    if text.is_empty() || text == "." || text == ".." {
        return refused("the name stands for a folder itself");
    }
    if text.chars().any(char::is_control) {
        return refused("the name has a control character");
    }
    // S3 answers keys in XML 1.0, which has no way to write these.
    if text.contains(['\u{fffe}', '\u{ffff}']) {
        return refused("the name has a character that is none");
    }
    match odd_on_windows(text) {
        Some(why) if cfg!(windows) => refused(why),
        _ => Ok(normal(text)),
    }
}

/// What a name is called where no key can have it: what is refused of it is a `_`. Nothing of what Windows does not open by its
/// name: that cannot be read either.
fn mended(name: &OsStr) -> Option<String> {
    // The first of these stands for what is not Unicode.
    let refused = |letter: char| letter.is_control() || ('\u{fffd}'..='\u{ffff}').contains(&letter);
    let fits = |letter| if refused(letter) { '_' } else { letter };
    let name: String = name.to_string_lossy().chars().map(fits).collect();
    key_part(OsStr::new(&name)).ok()
}

/// The key that is proposed for a path within a folder of which [`relative_key`] refuses a name; nothing where another name would
/// not help.
pub fn proposed(within: &Path) -> Option<String> {
    let name = |part| if let Component::Normal(name) = part { mended(name) } else { None };
    let names: Vec<_> = within.components().map(name).collect::<Option<_>>()?;
    (!names.is_empty()).then(|| names.join("/"))
}

/// Why Windows would open something else by this name than the file that has it. Such names come from other systems, and
/// from programs that go round Windows' rules. Source: Microsoft, "Naming Files, Paths, and Namespaces".
fn odd_on_windows(name: &str) -> Option<&'static str> {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    if name.ends_with(['.', ' ']) {
        return Some("the name ends with a dot or a space");
    }
    if name.contains(':') {
        return Some("the name means another stream of a file");
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let port = |kind| {
        let number = stem.strip_prefix(kind).unwrap_or_default();
        number.chars().count() == 1 && number.contains(|n: char| n.is_ascii_digit() || "¹²³".contains(n))
    };
    if DEVICES.contains(&&*stem) || port("COM") || port("LPT") { Some("the name means a device") } else { None }
}

/// A path within a folder as text, for the records: itself where it is Unicode. Where it is not, no two are the same, and
/// none is like one that is: from the first such name on it is spelled out, after a dot that no path has.
pub fn spelled(within: &Path) -> String {
    let (plain, odd) = apart(within);
    let plain: Vec<_> = plain.components().map(|name| name.as_os_str().to_string_lossy()).collect();
    joined(plain.join("/"), odd)
}

/// A whole path as text, for whoever reads what became of it: the same, and as this system writes it where it is Unicode.
pub fn shown(path: &Path) -> String {
    let (plain, odd) = apart(path);
    match odd {
        None => path.display().to_string(),
        odd => joined(plain.display().to_string(), odd),
    }
}

/// What is Unicode of a path, and the rest from the first name on that is not.
fn apart(path: &Path) -> (PathBuf, Option<String>) {
    let (mut plain, mut names) = (PathBuf::new(), path.components().map(Component::as_os_str).peekable());
    while let Some(name) = names.next_if(|name| name.to_str().is_some()) {
        plain.push(name);
    }
    let odd: Vec<_> = names.map(escaped).collect();
    (plain, (!odd.is_empty()).then(|| format!("./{}", odd.join("/"))))
}

fn escaped(name: &OsStr) -> String {
    let mut all = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        all.push_str(&chunk.valid().replace('\\', "\\\\"));
        all.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    all
}

fn joined(mut plain: String, odd: Option<String>) -> String {
    if odd.is_some() && !plain.is_empty() && !plain.ends_with(std::path::is_separator) {
        plain.push('/');
    }
    plain + &odd.unwrap_or_default()
}

/// The key of a file within a folder, without the folder's own name.
///
/// # Errors
/// `name-refused`, as [`key_part`].
pub fn relative_key(rel: &Path) -> Result<String> {
    let mut key = String::new();
    for component in rel.components() {
        let Component::Normal(name) = component else {
            return Err(Error::new(ErrorCode::NameRefused).detail("the path leaves its folder"));
        };
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(&key_part(name)?);
    }
    Ok(key)
}

/// The key beside one that is taken: `cut.mov` becomes `cut (2).mov`.
pub fn suffixed(key: &str, n: u32) -> String {
    beside(key, &n.to_string())
}

/// The same with a word of its own: `cut (3f9a01bc).mov`.
pub fn beside(key: &str, word: &str) -> String {
    let (folder, name) = key.rsplit_once('/').map_or(("", key), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{folder}{slash}{stem} ({word}).{extension}"),
        _ => format!("{folder}{slash}{name} ({word})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_composed_keys() {
        let rel = Path::new("Tag 1").join("u\u{308}bersicht.mov");
        assert_eq!(relative_key(&rel).expect("a key"), "Tag 1/übersicht.mov");
    }

    #[test]
    fn names_that_no_key_can_have_are_refused() {
        for bad in
            ["..", ".", "", "a\u{1}b", "line\nbreak", "return\r", "tab\t", "c1\u{85}", "none\u{ffff}", "none\u{fffe}"]
        {
            assert_eq!(key_part(OsStr::new(bad)).expect_err(bad).code, ErrorCode::NameRefused);
        }
        let up = relative_key(Path::new("../secret")).expect_err("leaves");
        assert_eq!(up.code, ErrorCode::NameRefused);
    }

    #[test]
    fn a_name_is_proposed_that_is_as_the_refused_one_but_for_what_is_refused_of_it() {
        for (refused, proposed_name) in [
            ("line\nbreak.mov", "line_break.mov"),
            ("a\u{1}\u{2}b", "a__b"),
            ("none\u{ffff}.mov", "none_.mov"),
            ("day 1/tab\t/cut.mov", "day 1/tab_/cut.mov"),
            ("u\u{308}ber\r.mov", "über_.mov"),
            ("\u{1f44d}\u{7f}", "\u{1f44d}_"),
        ] {
            let refused = Path::new(refused);
            assert_eq!(relative_key(refused).expect_err("refused").code, ErrorCode::NameRefused);
            assert_eq!(proposed(refused).as_deref(), Some(proposed_name));
            relative_key(Path::new(proposed_name)).expect("a key");
        }
        assert_eq!([Path::new(".."), Path::new("../a\n"), Path::new("")].map(proposed), [None, None, None]);
    }

    #[cfg(unix)]
    #[test]
    fn for_a_name_that_is_not_unicode_one_is_proposed_that_is() {
        use std::os::unix::ffi::OsStrExt as _;
        let name = Path::new(OsStr::from_bytes(b"caf\xe9.mov"));
        assert_eq!(proposed(name).as_deref(), Some("caf_.mov"));
        // As rows have it, which know names as they are shown.
        assert_eq!(proposed(Path::new(&*name.to_string_lossy())).as_deref(), Some("caf_.mov"));
    }

    #[cfg(windows)]
    #[test]
    fn nothing_is_proposed_for_what_windows_opens_as_something_else() {
        assert_eq!(proposed(Path::new("nul.txt")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_unicode_is_refused_and_told_from_every_other() {
        use std::os::unix::ffi::OsStrExt as _;
        let names: [&[u8]; 4] = [b"caf\xe9.mov", b"caf\xe8.mov", b"caf\\xE9.mov\xff", b"caf\xe9.mov\xff"];
        let mut spellings = std::collections::BTreeSet::new();
        for name in names.map(OsStr::from_bytes) {
            assert_eq!(key_part(name).expect_err("not Unicode").code, ErrorCode::NameRefused);
            assert!(spellings.insert(spelled(&Path::new("day").join(name))), "{}", name.display());
        }
        assert!(spellings.contains("day/./caf\\xE9.mov"), "{spellings:?}");
        let whole = Path::new("/home").join(OsStr::from_bytes(b"caf\xe9")).join("a\\b.mov");
        assert_eq!(shown(&whole), "/home/./caf\\xE9/a\\\\b.mov");
        assert_eq!(shown(Path::new("/home/caf\\xE9")), "/home/caf\\xE9", "and so it does as a whole");
        assert_eq!(spelled(Path::new("day/caf\\xE9.mov")), "day/caf\\xE9.mov", "Unicode stays as it is");
    }

    #[cfg(windows)]
    #[test]
    fn a_lone_surrogate_is_refused_and_told_from_every_other() {
        use std::os::windows::ffi::OsStringExt as _;
        let [high, low] = [0xd800, 0xdc00].map(|unit| std::ffi::OsString::from_wide(&[0x61, unit, 0x62]));
        assert_eq!(key_part(&high).expect_err("not Unicode").code, ErrorCode::NameRefused);
        assert_eq!(key_part(OsStr::new("nul.txt")).expect_err("a device").code, ErrorCode::NameRefused);
        assert_ne!(spelled(Path::new(&high)), spelled(Path::new(&low)));
    }

    #[test]
    fn names_that_windows_opens_as_something_else_are_known() {
        for odd in ["CON", "nul", "Aux.txt", "con .mov", "COM1", "lpt9.a.b", "COM²", "a.", "a ", "a:b", "conin$"] {
            assert!(odd_on_windows(odd).is_some(), "{odd}");
        }
        for fine in ["CONSOLE", "com", "COM10", "a.con", "lpt", "LPTx", "nul_", "a b", ".a", "übersicht"] {
            assert_eq!(odd_on_windows(fine), None, "{fine}");
        }
    }

    #[test]
    fn the_second_of_a_name_keeps_its_extension_and_folder() {
        assert_eq!(suffixed("day 1/cut.v2.mov", 2), "day 1/cut.v2 (2).mov");
        assert_eq!(suffixed(".profile", 3), ".profile (3)");
        assert_eq!(suffixed("README", 2), "README (2)");
    }
}
