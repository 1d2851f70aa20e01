//! Where in the destination the files of a watched folder go (rule W19): the path that the person wrote, with what its
//! variables stand for. Pure.

use std::ffi::OsStr;

use crate::error::{Error, ErrorCode, Result};
use crate::file::names;
use crate::ids::ObjectKey;

/// What the variables stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variables {
    /// Today, by the clock on the wall: `2026-11-29`.
    pub date: String,
    /// This computer's name.
    pub host: String,
    /// Who is at work.
    pub user: String,
    /// The watched folder's name.
    pub folder: String,
}

/// Whether a path has only variables that there are.
///
/// # Errors
/// `bad-input` for a variable that there is not; `name-refused` and `key-too-long` as of any key.
pub fn check(under: &str) -> Result<()> {
    let shortest = || "x".to_owned();
    let all = Variables { date: "0000-00-00".to_owned(), host: shortest(), user: shortest(), folder: shortest() };
    expand(under, &all).map(|_| ())
}

/// The path with its variables' values. No `/` at its ends; empty is the destination itself.
///
/// # Errors
/// As [`check`].
pub fn expand(under: &str, variables: &Variables) -> Result<String> {
    let mut parts = Vec::new();
    for part in under.split('/').filter(|part| !part.is_empty()) {
        parts.push(names::key_part(OsStr::new(&one(part, variables)?))?);
    }
    let whole = parts.join("/");
    if !whole.is_empty() {
        ObjectKey::new(whole.clone())?;
    }
    Ok(whole)
}

fn one(part: &str, variables: &Variables) -> Result<String> {
    let unknown =
        || Error::new(ErrorCode::BadInput).detail(format!("{part:?}: there are {{date}} {{host}} {{user}} {{folder}}"));
    let (mut left, mut made) = (part, String::new());
    while let Some((before, rest)) = left.split_once('{') {
        let (name, after) = rest.split_once('}').ok_or_else(unknown)?;
        let value = match name {
            "date" => &variables.date,
            "host" => &variables.host,
            "user" => &variables.user,
            "folder" => &variables.folder,
            _ => return Err(unknown()),
        };
        made.push_str(before);
        // No value adds a folder of its own.
        made.push_str(&value.replace(['/', '\\'], "-"));
        left = after;
    }
    if left.contains('}') {
        return Err(unknown());
    }
    made.push_str(left);
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let text = |text: &str| text.to_owned();
        Variables {
            date: text("2026-11-29"),
            host: text("cart-1"),
            user: text("CORP\\mara"),
            folder: text("u\u{308}ber"),
        }
    }

    /// W19.
    #[test]
    fn a_key_is_the_path_below_the_root_under_its_variables() {
        let made = |under: &str| expand(under, &variables()).expect(under);
        assert_eq!(made(""), "");
        assert_eq!(made("/"), "");
        assert_eq!(made("rushes/{date}"), "rushes/2026-11-29");
        assert_eq!(made("/{host}-{user}//{folder}/"), "cart-1-CORP-mara/über", "composed, and no name adds a folder");
        for bad in ["{when}", "a/{date", "date}", "{}", "{Date}"] {
            assert_eq!(expand(bad, &variables()).expect_err(bad).code, ErrorCode::BadInput, "{bad}");
        }
        for bad in ["..", "a/../b", "line\nbreak"] {
            assert_eq!(check(bad).expect_err(bad).code, ErrorCode::NameRefused, "{bad}");
        }
        assert_eq!(check(&"a".repeat(1_025)).expect_err("long").code, ErrorCode::KeyTooLong);
    }
}
