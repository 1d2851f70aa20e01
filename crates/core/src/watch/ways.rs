//! The links in a watched folder that are followed, and where they lead: the system tells of what happens where it happens, and
//! it is to be looked for under every path that leads there. Pure.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::below;
use crate::file::{Seen, Sight};

/// The links that are followed. All paths are from the watched folder on.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// By the folder that a link was found in, and its name: where it leads, without any link on the way.
    leads: BTreeMap<PathBuf, BTreeMap<OsString, PathBuf>>,
}

impl Ways {
    /// These were seen in a folder. Answers links that lead elsewhere by now.
    pub(super) fn learn(&mut self, folder: &Path, sights: &[Sight]) -> Vec<PathBuf> {
        let is_followed = |sight: &&Sight| matches!(sight.what, Seen::Folder | Seen::File(_));
        let lead = |sight: &Sight| Some((sight.name.clone(), sight.leads.clone()?));
        let fresh: BTreeMap<_, _> = sights.iter().filter(is_followed).filter_map(lead).collect();
        let before = self.leads.remove(folder).unwrap_or_default();
        let turned = |(name, to): (&OsString, &PathBuf)| {
            before.get(name).is_some_and(|before| before != to).then(|| folder.join(name))
        };
        let turned = fresh.iter().filter_map(turned).collect();
        if !fresh.is_empty() {
            self.leads.insert(folder.to_owned(), fresh);
        }
        turned
    }

    /// A folder is not there, or not looked at.
    pub(super) fn forget(&mut self, folder: &Path) {
        below::out_of_map(&mut self.leads, folder);
    }

    /// Where a folder lies without any link on the way.
    pub(super) fn real(&self, folder: &Path) -> PathBuf {
        for link in folder.ancestors() {
            let leads = || self.leads.get(link.parent()?)?.get(link.file_name()?);
            if let Some(to) = leads() {
                return joined(to, folder.strip_prefix(link).unwrap_or(Path::new("")));
            }
        }
        folder.to_owned()
    }

    /// All paths by which one is reached that has no link on the way; that one first.
    pub(super) fn names(&self, real: &Path) -> Vec<PathBuf> {
        let through =
            self.all().filter_map(|(folder, name, to)| Some(joined(&folder.join(name), real.strip_prefix(to).ok()?)));
        std::iter::once(real.to_owned()).chain(through).collect()
    }

    /// All folders in which something may differ once something does in one that has no link on the way: the same by its other
    /// paths, and those with links to what lies in it.
    pub(super) fn touched(&self, real: &Path) -> Vec<PathBuf> {
        let mut all = self.names(real);
        all.extend(self.all().filter(|(.., to)| to.parent() == Some(real)).map(|(folder, ..)| folder.to_owned()));
        all
    }

    /// The folders that hold what links in a folder lead to.
    pub(super) fn behind(&self, folder: &Path) -> Vec<PathBuf> {
        let leads = self.leads.get(folder).into_iter().flat_map(BTreeMap::values);
        leads.filter_map(|to| to.parent()).map(Path::to_owned).collect()
    }

    fn all(&self) -> impl Iterator<Item = (&Path, &OsStr, &Path)> {
        self.leads.iter().flat_map(|(folder, links)| links.iter().map(move |(name, to)| (&**folder, &**name, &**to)))
    }
}

/// A path of the ledger has no slash at its end.
fn joined(path: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { path.to_owned() } else { path.join(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, to: &str) -> Sight {
        Sight { name: name.into(), what: Seen::Folder, leads: Some(to.into()) }
    }

    fn told(paths: Vec<PathBuf>) -> Vec<String> {
        paths.into_iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect()
    }

    /// W16: what happens somewhere is looked for under every path that leads there.
    #[test]
    fn what_happens_behind_links_is_looked_for_under_each_of_their_paths() {
        let mut ways = Ways::default();
        let plain = Sight { name: "day".into(), what: Seen::Folder, leads: None };
        assert!(
            ways.learn(Path::new(""), &[link("again", "day"), plain, link("first.mov", "day/cam/a.mov")]).is_empty()
        );
        assert!(ways.learn(Path::new("again"), &[link("other", "night")]).is_empty());
        assert_eq!(told(ways.names(Path::new("day"))), ["day", "again"]);
        assert_eq!(told(ways.names(Path::new("day/cam"))), ["day/cam", "again/cam"]);
        assert_eq!(told(ways.touched(Path::new("day/cam"))), ["day/cam", "again/cam", ""]);
        assert_eq!(told(ways.touched(Path::new("night/x"))), ["night/x", "again/other/x"]);
        assert_eq!(told(ways.touched(Path::new("else"))), ["else"]);
        for (path, real) in [("again/cam", "day/cam"), ("again/other/x", "night/x"), ("day/cam", "day/cam"), ("", "")] {
            assert_eq!(ways.real(Path::new(path)), Path::new(real), "{path}");
        }
        assert_eq!(told(ways.behind(Path::new(""))), ["", "day/cam"]);
    }

    /// W16.
    #[test]
    fn a_link_that_is_turned_is_another_folder() {
        let mut ways = Ways::default();
        let root = Path::new("");
        ways.learn(root, &[link("a", "day"), link("b", "day"), link("c", "day")]);
        ways.learn(Path::new("a"), &[link("in", "x")]);
        assert_eq!(ways.learn(root, &[link("a", "night"), link("b", "day")]), [PathBuf::from("a")]);
        assert_eq!(told(ways.names(Path::new("day"))), ["day", "b"], "and one that is gone leads nowhere");
        ways.forget(Path::new("a"));
        assert_eq!(ways.real(Path::new("a/in")), Path::new("night/in"));
        assert!(ways.learn(root, &[]).is_empty());
        assert_eq!(told(ways.names(Path::new("night"))), ["night"]);
    }
}
