//! Whether what stands at the path of a watched folder is the one that it was (rule W15): its numbers tell where they last, and
//! what lies in it where they do not. Files on record are looked for there, and files that lie there on record: of a folder that
//! was tidied up hardly any of the first are left, and in one that many others write to few of the second are known.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::aftermath::{UPLOADED, is_put_aside};
use super::folder::Folder;
use super::record::{Aftermath, RootId};
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Asking, Seen, Stamp, Tree};
use crate::ids::WatchId;
use crate::journal::{Reader, WatchedRow};

/// So many files on record are looked for.
const SAMPLE: u32 = 32;
/// So many files that lie there are asked for on record, and so many of them of one folder.
const FILES: usize = 500;
const FILES_OF_ONE: usize = 250;
/// They lie in so many folders at most.
const FOLDERS: usize = 128;
/// Of so many days what was put aside is looked at, the newest first.
const DAYS: usize = 40;
/// While it is away the same files on record are looked for so long: to pick others all of its ledger is passed through. And what
/// lies in another folder is not asked for again before that.
const PICKED: Duration = Duration::from_secs(60);

/// What stands at the path of a watched folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// The folder.
    It,
    /// A folder in which nothing lies: what a drive is mounted on, say.
    Nothing,
    /// Another folder, by all that is known.
    Another,
}

/// Files on record that tell whether a folder is the one that it was, and when they were picked.
#[derive(Debug)]
pub(super) struct Picked {
    at: Instant,
    lines: Arc<[WatchedRow]>,
    /// The folder of which nothing that lies in it was found on record since.
    in_vain: Option<RootId>,
}

/// A file that lies there.
#[derive(Debug)]
struct Lies {
    folder: PathBuf,
    name: OsString,
    stamp: Stamp,
    /// Whether it was put aside; folder and name are those that it had before.
    aside: bool,
}

impl Folder {
    /// Whether a folder that `is` there is the one that was there `before`. The computer's own volume is always there: its numbers
    /// tell, and whoever emptied the folder meanwhile may. Of another drive they tell where they last; one that is empty after it
    /// was full is away all the same.
    pub(super) async fn stands(&mut self, tree: &Arc<Tree>, before: RootId, is: RootId) -> Result<Stands> {
        let same = before.is_again(is);
        if same && self.drive.mount().is_none() {
            return Ok(Stands::It);
        }
        let looked = Arc::clone(tree);
        let is_empty = self.drive.ask(Asked::Names, move || looked.is_empty()).await?;
        let is_it = if same && is.lasts() && !is_empty {
            true
        } else if before.lies_elsewhere(is) {
            false
        } else {
            self.tells(tree, is, same).await?
        };
        Ok(match (is_it, is_empty) {
            (true, _) => Stands::It,
            (false, true) => Stands::Nothing,
            (false, false) => Stands::Another,
        })
    }

    /// Whether what lies there tells that it is the one; its numbers are the `same`, or are not.
    async fn tells(&mut self, tree: &Arc<Tree>, is: RootId, same: bool) -> Result<bool> {
        let id = self.row.id;
        if !self.shared.journal.read(move |reader| reader.has_watched(id)).await? {
            return Ok(true);
        }
        let some = self.picked().await?;
        // Where all that was sent of it was taken away its number tells.
        if same && some.is_empty() {
            return Ok(true);
        }
        let looked = Arc::clone(tree);
        let look = move |asking: &Asking| Ok(is_any_there(&looked, &some, same, asking));
        if self.drive.ask_for_much(Asked::Names, look).await? {
            return Ok(true);
        }
        if self.picked.as_ref().is_some_and(|picked| picked.in_vain == Some(is)) {
            return Ok(false);
        }
        let looked = Arc::clone(tree);
        let look = move |asking: &Asking| Ok(some_that_lie_there(&looked, asking));
        let there = self.drive.ask_for_much(Asked::Names, look).await?;
        let is_known = self.shared.journal.read(move |reader| is_any_on_record(reader, id, &there, same)).await?;
        if let Some(picked) = &mut self.picked {
            picked.in_vain = (!is_known).then_some(is);
        }
        Ok(is_known)
    }

    /// Some of what is on record of it.
    async fn picked(&mut self) -> Result<Arc<[WatchedRow]>> {
        let now = Instant::now();
        if let Some(picked) = self.picked.as_ref().filter(|picked| now < picked.at + PICKED) {
            return Ok(Arc::clone(&picked.lines));
        }
        let id = self.row.id;
        let lines: Arc<[_]> = self.shared.journal.read(move |reader| reader.watched_sample(id, SAMPLE)).await?.into();
        self.picked = Some(Picked { at: now, lines: Arc::clone(&lines), in_vain: None });
        Ok(lines)
    }
}

/// Whether any of these files lies there. In a folder of the `same` numbers it may be another version by now, and what was put aside
/// there was so by us.
fn is_any_there(tree: &Tree, some: &[WatchedRow], same: bool, asking: &Asking) -> bool {
    let lies = |line: &WatchedRow| {
        asking.moves();
        let stamps = tree.look_at(&line.folder, std::slice::from_ref(&line.name)).unwrap_or_default();
        let is = stamps.into_iter().next().flatten();
        is.is_some_and(|is| same || is_as_it_was(is, line.stamp, same))
    };
    (same && tree.list(Path::new(UPLOADED), &|| asking.moves()).is_ok()) || some.iter().any(lies)
}

/// Some of the files that lie there, and of those that were put aside.
fn some_that_lie_there(tree: &Tree, asking: &Asking) -> Vec<Lies> {
    let there = some_below(tree, vec![PathBuf::new()], asking);
    let days = tree.list(Path::new(UPLOADED), &|| asking.moves()).unwrap_or_default();
    let days = days.into_iter().rev().filter(|sight| matches!(sight.what, Seen::Folder)).take(DAYS);
    let aside = some_below(tree, days.map(|day| Path::new(UPLOADED).join(day.name)).collect(), asking);
    let aside = aside.into_iter().map(|lies| {
        // Without `_uploaded` and the day.
        let folder = lies.folder.components().skip(2).collect();
        Lies { folder, aside: true, ..lies }
    });
    there.into_iter().chain(aside).collect()
}

/// Some of the files in these folders and below them, here and there; what was put aside is left out where it is not asked for.
fn some_below(tree: &Tree, mut open: Vec<PathBuf>, asking: &Asking) -> Vec<Lies> {
    let mut found = Vec::new();
    for _ in 0..FOLDERS {
        if open.is_empty() || found.len() >= FILES {
            break;
        }
        let folder = open.swap_remove(rand::random_range(0..open.len()));
        let mut files = Vec::new();
        for sight in tree.list(&folder, &|| asking.moves()).unwrap_or_default() {
            match sight.what {
                Seen::Folder => {
                    let below = folder.join(&sight.name);
                    if is_put_aside(&folder) || !is_put_aside(&below) {
                        open.push(below);
                    }
                }
                Seen::File(stamp) => {
                    files.push(Lies { folder: folder.clone(), name: sight.name, stamp, aside: false });
                }
                Seen::Passed(_) | Seen::Refused(_) => {}
            }
        }
        let room = FILES_OF_ONE.min(FILES - found.len());
        found.extend(here_and_there(files, room));
    }
    found
}

/// So many of them at most.
fn here_and_there<T>(mut all: Vec<T>, at_most: usize) -> Vec<T> {
    for at in 0..at_most.min(all.len()) {
        let other = rand::random_range(at..all.len());
        all.swap(at, other);
    }
    all.truncate(at_most);
    all
}

/// Whether any of these files is on record as it lies there.
fn is_any_on_record(reader: &Reader, id: WatchId, there: &[Lies], same: bool) -> Result<bool> {
    for lies in there {
        let line = match reader.watched_file(id, &lies.folder, &lies.name) {
            // Of that one nothing is known.
            Err(error) if error.code == ErrorCode::JournalDamaged => continue,
            line => line?,
        };
        let is_it = |row: &WatchedRow| {
            let is_taken = matches!(row.after, Some(Aftermath::Taking { .. } | Aftermath::Did));
            (is_taken || !lies.aside) && is_as_it_was(lies.stamp, row.stamp, same)
        };
        if line.is_some_and(|line| is_it(&line.row)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same version; where the folder's numbers are the `same`, also the same file that was written to since. Another volume may
/// have the number of a file for whatever file.
fn is_as_it_was(is: Stamp, was: Stamp, same: bool) -> bool {
    (is.size, is.mtime_ns) == (was.size, was.mtime_ns) || (same && is.file.is_some() && is.file == was.file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::FolderId;
    use crate::journal::Write;
    use crate::watch::fixture::{NAME, watched};
    use crate::watch::record::Decided;

    /// A folder of which much is on record that is not there, on a drive.
    async fn tidied(home: &Path, root: &Path, lines: usize) -> (Folder, Arc<Tree>) {
        let (mut folder, _) = watched(home, root, |_| {}).await;
        folder.drive.is_mounted(root, Some(root.to_owned()));
        let stamp = Stamp { size: 7, mtime_ns: 5, file: None };
        let line = |n: usize| {
            let (folder, name) = (PathBuf::from("day"), OsString::from(format!("{n}.mov")));
            WatchedRow { folder, name, stamp, decided: Decided::Existing, after: None }
        };
        let writes = (0..lines).map(|n| Write::Watched(folder.row.id, line(n))).collect();
        folder.shared.journal.write(writes).await.expect("written");
        let tree = Arc::new(Tree::open(root, home).expect("opened"));
        (folder, tree)
    }

    /// As another drive is that has the same folder on it.
    fn elsewhere(is: RootId) -> RootId {
        RootId { folder: FolderId { volume: is.folder.volume ^ 1, ..is.folder }, serial: None }
    }

    /// W15.
    #[tokio::test]
    async fn a_folder_that_was_tidied_up_is_found_by_any_file_of_it_that_is_left() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (mut folder, tree) = tidied(home.path(), root.path(), 5_000).await;
        let is = RootId::of(&tree).expect("numbers");
        let others = elsewhere(is);
        assert_eq!(folder.stands(&tree, others, is).await.expect("looked"), Stands::Nothing);
        // As it is written here: the ledger has it so.
        let deep = Path::new("night").join("deep");
        std::fs::create_dir_all(root.path().join(&deep)).expect("made");
        for n in 0..50 {
            std::fs::write(root.path().join(format!("night/deep/{n}.mov")), b"new").expect("written");
        }
        assert_eq!(folder.stands(&tree, others, is).await.expect("looked"), Stands::Another);
        let name = OsString::from("left.mov");
        std::fs::write(root.path().join("night/deep/left.mov"), b"left").expect("written");
        let stamps = tree.look_at(&deep, std::slice::from_ref(&name)).expect("looked");
        let stamp = stamps[0].expect("a file");
        let line = WatchedRow { folder: deep, name, stamp, decided: Decided::Existing, after: None };
        folder.shared.journal.write(vec![Write::Watched(folder.row.id, line)]).await.expect("written");
        folder.picked = None;
        assert_eq!(folder.stands(&tree, others, is).await.expect("looked"), Stands::It);
    }

    /// W15: what lasts of its volume tells more than what lies there.
    #[tokio::test]
    async fn where_its_volume_is_known_a_folder_is_the_one_or_is_not_whatever_lies_in_it() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (mut folder, tree) = tidied(home.path(), root.path(), 100).await;
        let was = RootId { serial: Some(7), ..RootId::of(&tree).expect("numbers") };
        assert_eq!(folder.stands(&tree, was, was).await.expect("looked"), Stands::Nothing, "empty after it was full");
        std::fs::write(root.path().join("new.mov"), b"new").expect("written");
        assert_eq!(folder.stands(&tree, was, was).await.expect("looked"), Stands::It);
        std::fs::create_dir(root.path().join("_uploaded")).expect("made");
        let other = RootId { serial: Some(9), ..was };
        assert_eq!(folder.stands(&tree, was, other).await.expect("looked"), Stands::Another);
    }

    /// W15, W24: any folder may have such a folder in it.
    #[tokio::test]
    async fn what_was_put_aside_tells_where_it_is_on_record_as_taken_and_else_by_the_same_numbers_alone() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (mut folder, tree) = tidied(home.path(), root.path(), 100).await;
        let is = RootId { serial: None, ..RootId::of(&tree).expect("numbers") };
        let aside = Path::new("_uploaded/2026-11-30/day");
        std::fs::create_dir_all(root.path().join(aside)).expect("made");
        std::fs::write(root.path().join(aside).join(NAME), b"sent").expect("written");
        assert_eq!(folder.stands(&tree, is, is).await.expect("looked"), Stands::It, "of the same numbers");
        assert_eq!(folder.stands(&tree, elsewhere(is), is).await.expect("looked"), Stands::Another);
        let stamp = tree.look_at(aside, &[NAME.into()]).expect("looked")[0].expect("a file");
        for (after, stands) in [(None, Stands::Another), (Some(Aftermath::Did), Stands::It)] {
            let row = WatchedRow {
                folder: "day".into(),
                name: NAME.into(),
                stamp,
                decided: Decided::Existing,
                after: after.clone(),
            };
            folder.shared.journal.write(vec![Write::Watched(folder.row.id, row)]).await.expect("written");
            folder.picked = None;
            assert_eq!(folder.stands(&tree, elsewhere(is), is).await.expect("looked"), stands, "{after:?}");
        }
    }

    #[test]
    fn of_many_files_a_few_are_picked_and_of_few_all() {
        let mut some = here_and_there((0..9).collect(), 4);
        some.sort_unstable();
        some.dedup();
        assert_eq!(some.len(), 4, "each once");
        assert_eq!(here_and_there(vec![1], 4), [1]);
        assert!(here_and_there(Vec::<u8>::new(), 4).is_empty());
    }
}
