//! The first start of a watched folder: what becomes of that which is there already (rule W9).

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use super::record::Decided;
use super::rules::Verdict;
use super::spec::Existing;
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Asking, Seen, Stamp, Tree, names};
use crate::journal::{WatchedRow, Write};
use crate::units::{ByteCount, UnixTime};

/// Lines written at a time.
const LINES: usize = 1_024;
/// Times of files are of the last tick of the system's clock, which is so long ago at most, in nanoseconds.
const TICK: i64 = 20_000_000;

/// A file: its folder, its name, and what it is.
type Found = (PathBuf, OsString, Stamp);

impl Folder {
    /// How much of what is there already is taken, for the person who is asked (rule W9).
    pub(super) async fn count_what_is_there(&mut self, tree: &Arc<Tree>) -> Result<()> {
        match self.row.spec.existing {
            Existing::Ask => {}
            Existing::All => return self.begins(Vec::new()).await,
            Existing::NewOnly => {
                let asked = self.row.added;
                let there = self.walk(tree, |_, _, stamp| is_before(stamp.mtime_ns, asked)).await?;
                if self.void {
                    return Ok(());
                }
                let old = self.that_were_there(tree, there, asked).await?;
                if self.void {
                    return Ok(());
                }
                let lines =
                    old.into_iter().map(|(folder, name, stamp)| self.line(&folder, name, stamp, Decided::Existing));
                let lines = lines.collect();
                return self.begins(lines).await;
            }
        }
        let now = UnixTime::now();
        let rules = self.row.spec.rules()?;
        let there = self
            .walk(tree, move |folder, name, stamp| {
                !matches!(rules.file(&names::spelled(&folder.join(name)), stamp, now), Verdict::Leaves(_))
            })
            .await?;
        if self.void {
            return Ok(());
        }
        let files = u32::try_from(there.len()).unwrap_or(u32::MAX);
        let bytes = there.iter().map(|(.., stamp)| ByteCount(stamp.size)).sum();
        self.asks_about(files, bytes);
        Ok(())
    }

    /// Of files that were written before it was asked for, those that were there then: what is copied in keeps the time of its last
    /// write. Those of which the system does not tell were.
    async fn that_were_there(&self, tree: &Arc<Tree>, written: Vec<Found>, asked: UnixTime) -> Result<Vec<Found>> {
        let (mut written, mut old) = (written.into_iter().peekable(), Vec::new());
        while let Some(first) = written.next() {
            let mut files = vec![first];
            // A walk tells of one folder after the other.
            while let Some(next) = written.next_if(|next| next.0 == files[0].0) {
                files.push(next);
            }
            let (folder, looked) = (files[0].0.clone(), Arc::clone(tree));
            let names: Vec<_> = files.iter().map(|(_, name, _)| name.clone()).collect();
            let look = move |asking: &Asking| {
                asking.moves();
                looked.came(&folder, &names)
            };
            let came = match self.drive.ask_for_much(Asked::Names, look).await {
                // It is gone with what lies in it.
                Err(error) if error.code == ErrorCode::FileMissing && !files[0].0.as_os_str().is_empty() => continue,
                came => came?,
            };
            let were_there = came.into_iter().map(|at| at.is_none_or(|at| is_before(at, asked)));
            old.extend(files.into_iter().zip(were_there).filter(|(_, was)| *was).map(|(file, _)| file));
        }
        Ok(old)
    }

    /// From now on it is watched; what these lines say was there before.
    pub(super) async fn begins(&mut self, lines: Vec<Write>) -> Result<()> {
        let mut lines = lines.into_iter();
        loop {
            let chunk: Vec<_> = lines.by_ref().take(LINES).collect();
            if chunk.is_empty() {
                break;
            }
            self.shared.journal.write(chunk).await?;
        }
        let row = crate::journal::WatchRow { state: super::record::State::Watching, ..self.row.clone() };
        self.shared.journal.write(vec![Write::Watch(Box::new(row.clone()))]).await?;
        self.row = row;
        self.checks_anew();
        Ok(())
    }

    /// Every file of it that is wanted; nothing that counts where the look is void by then.
    pub(super) async fn walk(
        &mut self,
        tree: &Arc<Tree>,
        wanted: impl Fn(&Path, &OsStr, Stamp) -> bool,
    ) -> Result<Vec<Found>> {
        let (mut open, mut found) = (vec![PathBuf::new()], Vec::new());
        while let Some(folder) = open.pop() {
            if self.hears().await {
                break;
            }
            let (within, listed) = (folder.clone(), Arc::clone(tree));
            let list = move |asking: &Asking| listed.list(&within, &|| asking.moves());
            let sights = match self.drive.ask_for_much(Asked::Names, list).await {
                Err(error) if !folder.as_os_str().is_empty() && error.code != ErrorCode::SourceOffline => {
                    tracing::info!(%error, "a folder that is passed over");
                    continue;
                }
                sights => sights?,
            };
            for sight in sights {
                match sight.what {
                    Seen::Folder if !self.is_left(&folder.join(&sight.name)) => open.push(folder.join(sight.name)),
                    Seen::File(stamp) if wanted(&folder, &sight.name, stamp) => {
                        found.push((folder.clone(), sight.name, stamp));
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    pub(super) fn line(&self, folder: &Path, name: OsString, stamp: Stamp, decided: Decided) -> Write {
        let line = WatchedRow { folder: folder.to_owned(), name, stamp, decided, after: None };
        Write::Watched(self.row.id, line)
    }
}

/// Whether a file's time is before the second in which somebody asked: in that second it is new.
fn is_before(nanos: i64, asked: UnixTime) -> bool {
    i64::try_from(asked.0).is_ok_and(|asked| nanos.saturating_add(TICK) < asked.saturating_mul(1_000_000_000))
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::watch::fixture::watched;
    use crate::watch::folder::{Ask, Change};
    use crate::watch::record::State;

    /// W28: however much there is.
    #[tokio::test]
    async fn a_folder_rests_at_once_while_it_is_looked_at_for_what_is_there() {
        for existing in [Existing::Ask, Existing::NewOnly] {
            let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            let (mut folder, asks) = watched(home.path(), root.path(), |_| {}).await;
            (folder.row.state, folder.row.spec.existing) = (State::Asks, existing);
            let tree = Arc::new(Tree::open(root.path(), home.path()).expect("opened"));
            let rest = State::Paused { since: UnixTime(5), asks: true };
            let rests: Change = Box::new(move |row| row.state = rest);
            let (done, answer) = oneshot::channel();
            assert!(asks.send(Ask::Change(rests, done)).is_ok());
            folder.count_what_is_there(&tree).await.expect("looked");
            answer.await.expect("answered").expect("on record");
            assert_eq!((folder.void, folder.row.state), (true, rest), "{existing:?}");
        }
    }

    /// W9.
    #[test]
    fn what_is_written_in_the_second_of_the_asking_is_new() {
        let asked = UnixTime(1_000);
        let seconds = |seconds: i64| seconds * 1_000_000_000;
        for old in [0, seconds(-5), seconds(999)] {
            assert!(is_before(old, asked), "{old}");
        }
        for new in [seconds(1_000) - 5_000_000, seconds(1_000), seconds(1_000) + 5, seconds(2_000), i64::MAX] {
            assert!(!is_before(new, asked), "{new}");
        }
    }

    /// W9: whatever a program says of when a file was written.
    #[test]
    fn when_a_file_came_is_told_though_its_time_is_set_back() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("day")).expect("made");
        let path = folder.path().join("day/a.mov");
        let begun = i64::try_from(UnixTime::now().0).expect("in time") * 1_000_000_000;
        std::fs::write(&path, b"four").expect("written");
        let file = std::fs::File::options().write(true).open(&path).expect("opened");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("set");
        let tree = Tree::open(folder.path(), Path::new("/nowhere")).expect("opened");
        let came = tree.came(Path::new("day"), &["a.mov", "gone"].map(OsString::from)).expect("looked");
        // Times of files are of the system's last tick.
        assert!(came[0].is_some_and(|at| at > begun - 1_000_000_000), "{came:?}");
        assert_eq!(came[1], None);
        tree.came(Path::new("night"), &["a.mov".into()]).expect_err("no such folder");
    }
}
