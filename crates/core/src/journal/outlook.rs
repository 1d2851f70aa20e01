//! What the next start makes of the records, tried on copies of them: nothing of the records themselves changes.

use std::path::Path;

use tempfile::TempDir;

use super::{Journal, Notice, keep, unwritable};
use crate::error::Result;

/// Records that are damaged or lost, as the next start will have them.
#[derive(Debug)]
pub struct Outlook {
    folder: TempDir,
    notice: Notice,
}

impl Outlook {
    /// Of records that are lost or damaged; nothing where the next start has nothing to tell. Checks all of them.
    ///
    /// # Errors
    /// `journal-newer`, `journal-unwritable`, `disk-full`.
    pub fn of(home: &Path) -> Result<Option<Self>> {
        if keep::is_whole(home)? { Ok(None) } else { Self::tried(home) }
    }

    /// The same of records that are lost alone, without a look into those that are there.
    ///
    /// # Errors
    /// As [`Outlook::of`].
    pub fn of_lost(home: &Path) -> Result<Option<Self>> {
        if keep::is_lost(home) { Self::tried(home) } else { Ok(None) }
    }

    fn tried(home: &Path) -> Result<Option<Self>> {
        let folder = copies(home)?;
        let (_, notice) = keep::open(folder.path())?;
        Ok(notice.map(|notice| Self { folder, notice }))
    }

    /// A home with those records, to be read from.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    /// What the next start tells.
    pub const fn notice(&self) -> Notice {
        self.notice
    }
}

/// Copies of all that records are made of.
fn copies(home: &Path) -> Result<TempDir> {
    let folder = tempfile::tempdir().map_err(unwritable)?;
    keep::lay_out(home, folder.path())?;
    Ok(folder)
}

/// Copies of records that are there.
///
/// # Errors
/// `journal-unwritable` when there are none, or none that can be read; `disk-full`.
pub(super) fn copies_to_read(home: &Path) -> Result<TempDir> {
    std::fs::File::open(Journal::path(home)).map_err(unwritable)?;
    copies(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(home: &Path) -> Vec<std::ffi::OsString> {
        let names = std::fs::read_dir(home).expect("a home").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_the_next_start_will_tell_is_told_before_it_and_changes_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path();
        assert!(Outlook::of(home).expect("read").is_none(), "nothing was ever there");
        let (connection, _) = keep::open(home).expect("opens");
        keep::keep_copy(&connection, home).expect("copied");
        drop(connection);
        assert!(Outlook::of(home).expect("read").is_none(), "all is there");
        std::fs::remove_file(Journal::path(home)).expect("removed");
        for damage in [None, Some(&b"S"[..]), Some(&[7; 8_192][..])] {
            if let Some(bytes) = damage {
                std::fs::write(Journal::path(home), bytes).expect("written");
            }
            let before = names(home);
            let told = Outlook::of(home).expect("read").expect("lost").notice();
            let of_lost = Outlook::of_lost(home).expect("read").map(|lost| lost.notice());
            assert_eq!(of_lost, damage.is_none_or(|bytes| bytes.len() == 1).then_some(told), "there or lost");
            assert_eq!(names(home), before, "nothing is made and nothing set aside");
            let next = tempfile::tempdir().expect("a folder");
            keep::lay_out(home, next.path()).expect("copied");
            let (_, notice) = keep::open(next.path()).expect("opens");
            assert_eq!(notice, Some(told), "the next start");
        }
    }
}
