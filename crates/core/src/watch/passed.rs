//! What of a watched folder is passed over whatever is wanted of it, and why: it is counted by kind, as of the last look at each
//! folder (rules W16, W17 and W27). Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::below;
use super::rules::{Rule, Rules};
use crate::error::ErrorCode;
use crate::file::walk::Skip;
use crate::file::{Seen, Sight, names};

/// What systems keep for themselves at the top of a drive: that it cannot be read is as it should be.
const OF_SYSTEMS: [&str; 3] = ["lost+found", "System Volume Information", "$RECYCLE.BIN"];

/// How much of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Files that lie in the cloud.
    pub(super) placeholders: u32,
    /// Links, pipes, sockets and devices.
    pub(super) others: u32,
    /// Files and folders that cannot be read.
    pub(super) unreadable: u32,
    /// Names that no key can have.
    pub(super) refused: u32,
}

impl Kinds {
    const fn of(why: Rule) -> Self {
        let none = Self { placeholders: 0, others: 0, unreadable: 0, refused: 0 };
        match why {
            Rule::Placeholder => Self { placeholders: 1, ..none },
            Rule::Link | Rule::Special => Self { others: 1, ..none },
            Rule::Unreadable => Self { unreadable: 1, ..none },
            Rule::Name => Self { refused: 1, ..none },
            // What a person wants left is not counted.
            Rule::Leftover | Rule::Line(_) | Rule::NotIncluded | Rule::TooSmall | Rule::TooLarge | Rule::TooDeep => {
                none
            }
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            placeholders: self.placeholders.saturating_add(other.placeholders),
            others: self.others.saturating_add(other.others),
            unreadable: self.unreadable.saturating_add(other.unreadable),
            refused: self.refused.saturating_add(other.refused),
        }
    }

    /// What a person has to do something about.
    pub(super) const fn problem(self) -> Option<ErrorCode> {
        if self.unreadable > 0 {
            Some(ErrorCode::FileUnreadable)
        } else if self.refused > 0 {
            Some(ErrorCode::NameRefused)
        } else {
            None
        }
    }
}

/// What is passed over.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// By the folder that it lies in.
    inside: BTreeMap<PathBuf, Kinds>,
    /// Folders that could not be looked into.
    closed: BTreeMap<PathBuf, Kinds>,
}

impl Passed {
    /// These lie in a folder.
    pub(super) fn saw(&mut self, folder: &Path, sights: &[Sight], rules: &Rules) {
        self.closed.remove(folder);
        let is_wanted = |sight: &Sight| !rules.leaves_whatever(&names::spelled(&folder.join(&sight.name)));
        let passed = sights.iter().filter_map(|sight| why(&sight.what).filter(|_| is_wanted(sight)));
        let kinds = passed.fold(Kinds::default(), |sum, why| sum.plus(Kinds::of(why)));
        if kinds == Kinds::default() {
            self.inside.remove(folder);
        } else {
            self.inside.insert(folder.to_owned(), kinds);
        }
    }

    /// A folder cannot be looked into, and so nothing is known of what lies in it. Answers whether that is news.
    pub(super) fn closes(&mut self, folder: &Path, why: Rule) -> bool {
        let is_new = !self.closed.contains_key(folder);
        self.forget(folder);
        let kinds = if is_of_a_system(folder) { Kinds::default() } else { Kinds::of(why) };
        self.closed.insert(folder.to_owned(), kinds);
        is_new
    }

    /// Those of a folder and all below it that could not be looked into.
    pub(super) fn closed_in<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        below::inside_map(&self.closed, folder)
    }

    /// Whether a folder is one of those, or lies in one.
    pub(super) fn is_closed(&self, folder: &Path) -> bool {
        !self.closed.is_empty() && folder.ancestors().any(|above| self.closed.contains_key(above))
    }

    /// A folder is not there.
    pub(super) fn forget(&mut self, folder: &Path) {
        below::out_of_map(&mut self.inside, folder);
        below::out_of_map(&mut self.closed, folder);
    }

    /// No other folders than these were looked at.
    pub(super) fn keep(&mut self, seen: &BTreeSet<PathBuf>) {
        self.inside.retain(|known, _| seen.contains(known));
        self.closed.retain(|known, _| seen.contains(known));
    }

    /// All of it.
    pub(super) fn kinds(&self) -> Kinds {
        self.inside.values().chain(self.closed.values()).fold(Kinds::default(), |sum, one| sum.plus(*one))
    }
}

/// Whether a folder is one that nobody misses.
pub(super) fn is_of_a_system(folder: &Path) -> bool {
    OF_SYSTEMS.iter().any(|of| folder.as_os_str().eq_ignore_ascii_case(of))
}

/// Why an entry is passed over; nothing of one that is not, or that is none of anybody's.
pub(super) fn why(what: &Seen) -> Option<Rule> {
    match what {
        Seen::Folder | Seen::File(_) | Seen::Passed(Skip::Junk | Skip::Own) => None,
        Seen::Passed(Skip::Placeholder) => Some(Rule::Placeholder),
        Seen::Passed(Skip::Link) => Some(Rule::Link),
        Seen::Refused(error) => why_not(error.code),
    }
}

/// The same of what cannot be looked at, by what the system says; nothing of what is gone by then.
pub(super) const fn why_not(code: ErrorCode) -> Option<Rule> {
    match code {
        ErrorCode::FileMissing => None,
        ErrorCode::NotAFile => Some(Rule::Special),
        ErrorCode::NameRefused | ErrorCode::KeyTooLong => Some(Rule::Name),
        _ => Some(Rule::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::file::Stamp;
    use crate::watch::Spec;

    fn sight(name: &str, what: Seen) -> Sight {
        Sight { name: name.into(), what, leads: None }
    }

    fn refused(code: ErrorCode) -> Seen {
        Seen::Refused(Error::new(code))
    }

    /// W16, W17: each look says anew what there is.
    #[test]
    fn what_is_passed_over_is_counted_by_kind_and_never_twice() {
        let rules = Spec::default().rules().expect("patterns");
        let (mut passed, day) = (Passed::default(), Path::new("day"));
        let stamp = Stamp { size: 1, mtime_ns: 0, file: None };
        let sights = [
            sight("a", Seen::File(stamp)),
            sight("b", Seen::Folder),
            sight("c", Seen::Passed(Skip::Placeholder)),
            sight("d", Seen::Passed(Skip::Link)),
            sight("e", refused(ErrorCode::NotAFile)),
            sight("f", refused(ErrorCode::NameRefused)),
            sight("g", refused(ErrorCode::FileUnreadable)),
            sight("gone", refused(ErrorCode::FileMissing)),
            sight("home", Seen::Passed(Skip::Own)),
            sight(".hidden", refused(ErrorCode::FileUnreadable)),
        ];
        for _ in 0..3 {
            passed.saw(day, &sights, &rules);
            passed.closes(Path::new("day/b"), Rule::Unreadable);
        }
        assert_eq!(passed.kinds(), Kinds { placeholders: 1, others: 2, unreadable: 2, refused: 1 });
        passed.saw(Path::new("day/b"), &[], &rules);
        passed.saw(day, &sights[..6], &rules);
        assert_eq!(passed.kinds(), Kinds { placeholders: 1, others: 2, unreadable: 0, refused: 1 });
        passed.keep(&BTreeSet::from([PathBuf::new()]));
        assert_eq!(passed.kinds(), Kinds::default());
    }

    /// W27: what a person has to do something about is told, the nearest first.
    #[test]
    fn what_cannot_be_read_and_what_no_key_can_name_is_a_problem_of_the_folder() {
        let mut passed = Passed::default();
        assert_eq!(passed.kinds().problem(), None);
        assert!(passed.closes(Path::new("deep"), Rule::Name));
        assert_eq!(passed.kinds().problem(), Some(ErrorCode::NameRefused));
        assert!(passed.closes(Path::new("day"), Rule::Unreadable));
        assert!(!passed.closes(Path::new("day"), Rule::Unreadable), "no news");
        assert_eq!(passed.kinds().problem(), Some(ErrorCode::FileUnreadable));
        assert!(passed.is_closed(Path::new("day/cam")) && !passed.is_closed(Path::new("days")));
        passed.forget(Path::new("day"));
        assert!(passed.closes(Path::new("lost+found"), Rule::Unreadable), "as on every drive");
        assert_eq!(passed.kinds().problem(), Some(ErrorCode::NameRefused));
        assert_eq!(passed.closed_in(Path::new("")).collect::<Vec<_>>(), ["deep", "lost+found"].map(Path::new));
    }
}
