//! What lies in a folder, out of all that is known by path. Paths are ordered by their names, so that a folder and all below it
//! stand together: nobody goes through the rest, however many folders go at once. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// A folder and all below it, out of a set.
pub(super) fn inside<'a>(all: &'a BTreeSet<PathBuf>, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
    all.range::<Path, _>(from(folder)).take_while(move |known| known.starts_with(folder))
}

/// The same of what is kept by path.
pub(super) fn inside_map<'a, T>(all: &'a BTreeMap<PathBuf, T>, folder: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
    all.range::<Path, _>(from(folder)).map(|(known, _)| known).take_while(move |known| known.starts_with(folder))
}

/// Takes a folder and all below it out of a set.
pub(super) fn out_of(all: &mut BTreeSet<PathBuf>, folder: &Path) {
    let below: Vec<PathBuf> = inside(all, folder).cloned().collect();
    for known in below {
        all.remove(&known);
    }
}

/// The same of what is kept by path.
pub(super) fn out_of_map<T>(all: &mut BTreeMap<PathBuf, T>, folder: &Path) {
    let below: Vec<PathBuf> = inside_map(all, folder).cloned().collect();
    for known in below {
        all.remove(&known);
    }
}

/// From a folder on.
const fn from(folder: &Path) -> (Bound<&Path>, Bound<&Path>) {
    (Bound::Included(folder), Bound::Unbounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neighbours by their letters: those of a folder stand together by its names alone.
    static PATHS: [&str; 14] =
        ["", "a", "a b", "a b/c", "a!", "a-", "a.mov", "a/0", "a/b", "a/b/c", "a/b/c/d", "a/bc", "ab", "b"];

    #[test]
    fn a_folder_goes_with_all_below_it_and_nothing_beside_it() {
        let all = || PATHS.iter().map(PathBuf::from);
        for folder in PATHS.iter().chain(&["a/b/x", "0", "c"]).map(Path::new) {
            let left: Vec<_> = all().filter(|known| !known.starts_with(folder)).collect();
            let (mut set, mut map): (BTreeSet<_>, BTreeMap<_, _>) =
                (all().collect(), all().map(|path| (path, 1)).collect());
            out_of(&mut set, folder);
            out_of_map(&mut map, folder);
            assert_eq!(set, left.into_iter().collect::<BTreeSet<_>>(), "{folder:?}");
            assert_eq!(map.into_keys().collect::<BTreeSet<_>>(), set, "{folder:?}");
        }
    }
}
