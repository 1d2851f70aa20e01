//! What a look at a folder says against what is on record of it (rules W8, W22 and W25). Pure.

use std::cmp::Ordering;
use std::ffi::OsString;

use crate::file::{Seen, Sight, Stamp};

/// What is on record of a name in a folder: the newest version that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: OsString,
    /// The version.
    pub stamp: Stamp,
    /// Whether its upload waits for the file to be whole, whatever it is now.
    pub waits: bool,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A file that nothing is on record of.
    New(OsString, Stamp),
    /// Another version of one that is on record.
    Changed(OsString, Stamp),
    /// The same size and time, and another number on the volume: it was copied over itself, or its drive was mounted again.
    Touched(OsString, Stamp),
    /// On record, and not there. Not of a name at which something else stands.
    Gone(OsString),
}

/// What differs in one folder. Both are in the order of their names.
pub fn compare(seen: &[Sight], known: &[Known]) -> Vec<Difference> {
    let (mut seen, mut known) = (seen.iter().peekable(), known.iter().peekable());
    let mut differences = Vec::new();
    loop {
        let order = match (seen.peek(), known.peek()) {
            (None, None) => return differences,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(sight), Some(row)) => sight.name.cmp(&row.name),
        };
        let sight = if order == Ordering::Greater { None } else { seen.next() };
        let row = if order == Ordering::Less { None } else { known.next() };
        let difference = match (sight, row) {
            (Some(Sight { name, what: Seen::File(is), .. }), Some(row)) => {
                differs(*is, row).map(|how| how(name.clone(), *is))
            }
            (Some(Sight { name, what: Seen::File(is), .. }), None) => Some(Difference::New(name.clone(), *is)),
            (None, Some(row)) => Some(Difference::Gone(row.name.clone())),
            // What cannot be looked at may be what it was.
            (Some(Sight { what: Seen::Refused(_) | Seen::Passed(_), .. }), _) => None,
            (Some(Sight { name, what: Seen::Folder, .. }), Some(_)) => Some(Difference::Gone(name.clone())),
            (Some(Sight { what: Seen::Folder, .. }) | None, None) => None,
        };
        differences.extend(difference);
    }
}

type How = fn(OsString, Stamp) -> Difference;

fn differs(is: Stamp, row: &Known) -> Option<How> {
    let was = row.stamp;
    if row.waits || (is.size, is.mtime_ns) != (was.size, was.mtime_ns) {
        Some(Difference::Changed)
    } else {
        // A system that does not tell the number says nothing by that.
        (is.file.is_some() && was.file.is_some() && is.file != was.file).then_some(Difference::Touched as How)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorCode};
    use crate::file::walk::Skip;

    const fn stamp(size: u64, file: u64) -> Stamp {
        Stamp { size, mtime_ns: 5, file: Some(file) }
    }

    fn sight(name: &str, what: Seen) -> Sight {
        Sight { name: name.into(), what, leads: None }
    }

    fn known(name: &str, stamp: Stamp) -> Known {
        Known { name: name.into(), stamp, waits: false }
    }

    /// W22, W25.
    #[test]
    fn only_what_differs_is_told() {
        let same = [sight("a", Seen::File(stamp(1, 1))), sight("b", Seen::Folder), sight("c", Seen::File(stamp(2, 2)))];
        let on_record = [known("a", stamp(1, 1)), known("c", stamp(2, 2))];
        assert_eq!(compare(&same, &on_record), []);
        assert_eq!(compare(&[], &[]), []);
        assert_eq!(compare(&same, &on_record[..1]), [Difference::New("c".into(), stamp(2, 2))]);
        assert_eq!(compare(&same[1..], &on_record), [Difference::Gone("a".into())]);
        let no_number = Stamp { file: None, ..stamp(2, 2) };
        assert_eq!(compare(&same, &[known("a", stamp(1, 1)), known("c", no_number)]), []);
    }

    /// W8.
    #[test]
    fn an_atomic_save_is_one_new_version() {
        let now = [sight("a", Seen::File(Stamp { mtime_ns: 6, ..stamp(1, 9) }))];
        assert_eq!(
            compare(&now, &[known("a", stamp(1, 1))]),
            [Difference::Changed("a".into(), Stamp { mtime_ns: 6, ..stamp(1, 9) })]
        );
        let remounted = [sight("a", Seen::File(stamp(1, 9)))];
        assert_eq!(compare(&remounted, &[known("a", stamp(1, 1))]), [Difference::Touched("a".into(), stamp(1, 9))]);
    }

    /// W12.
    #[test]
    fn a_file_whose_upload_waits_for_it_is_looked_at_though_it_is_what_it_was() {
        let now = [sight("a", Seen::File(stamp(1, 1)))];
        let waits = Known { waits: true, ..known("a", stamp(1, 1)) };
        assert_eq!(compare(&now, &[waits]), [Difference::Changed("a".into(), stamp(1, 1))]);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_gone() {
        let refused = || Seen::Refused(Error::new(ErrorCode::FileUnreadable));
        let now = [sight("a", refused()), sight("b", Seen::Passed(Skip::Placeholder)), sight("c", Seen::Folder)];
        let on_record = [known("a", stamp(1, 1)), known("b", stamp(1, 2)), known("c", stamp(1, 3))];
        assert_eq!(compare(&now, &on_record), [Difference::Gone("c".into())], "but a folder is no file");
    }
}
