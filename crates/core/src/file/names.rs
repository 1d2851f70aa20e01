//! From names on disk to keys: Unicode in NFC, `/` between parts, nothing that S3 or a reader would stumble over.

use std::ffi::OsStr;
use std::path::{Component, Path};

use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, ErrorCode, Result};

/// The composed form, so that one name has one key whatever system it comes from.
pub fn normal(text: &str) -> String {
    text.nfc().collect()
}

/// One part of a key from one name.
///
/// # Errors
/// `name-refused` for a name that is not Unicode, has control characters, or is `.` or `..`.
pub fn key_part(name: &OsStr) -> Result<String> {
    let refused = |why: &str| Err(Error::new(ErrorCode::NameRefused).detail(why.to_owned()));
    let Some(text) = name.to_str() else { return refused("the name is not Unicode") };
    if text.is_empty() || text == "." || text == ".." {
        return refused("the name stands for a folder itself");
    }
    if text.chars().any(char::is_control) {
        return refused("the name has a control character");
    }
    Ok(normal(text))
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
        for bad in ["..", ".", "a\u{1}b", "line\nbreak"] {
            assert_eq!(key_part(OsStr::new(bad)).expect_err(bad).code, ErrorCode::NameRefused);
        }
        let up = relative_key(Path::new("../secret")).expect_err("leaves");
        assert_eq!(up.code, ErrorCode::NameRefused);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_unicode_is_refused_by_name() {
        use std::os::unix::ffi::OsStrExt as _;
        let error = key_part(OsStr::from_bytes(b"caf\xe9.mov")).expect_err("not Unicode");
        assert_eq!(error.code, ErrorCode::NameRefused);
    }

    #[test]
    fn the_second_of_a_name_keeps_its_extension_and_folder() {
        assert_eq!(suffixed("day 1/cut.v2.mov", 2), "day 1/cut.v2 (2).mov");
        assert_eq!(suffixed(".profile", 3), ".profile (3)");
        assert_eq!(suffixed("README", 2), "README (2)");
    }
}
