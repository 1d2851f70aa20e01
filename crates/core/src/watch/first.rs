//! The first start of a watched folder: what becomes of that which is there already (rule W9).

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use super::record::Decided;
use super::rules::Verdict;
use super::spec::Existing;
use crate::error::{ErrorCode, Result};
use crate::file::{Asked, Seen, Stamp, Tree, names};
use crate::journal::{WatchedRow, Write};
use crate::units::{ByteCount, UnixTime};

/// Lines written at a time.
const LINES: usize = 1_024;

impl Folder {
    /// How much of what is there already is taken, for the person who is asked (rule W9).
    pub(super) async fn count_what_is_there(&mut self, tree: &Arc<Tree>) -> Result<()> {
        match self.row.spec.existing {
            Existing::Ask => {}
            Existing::All => return self.begins(Vec::new()).await,
            Existing::NewOnly => {
                // What came since it was asked for is new, whenever this is.
                let asked = self.row.added.0;
                let is_old = |stamp: Stamp| u64::try_from(stamp.mtime_ns / 1_000_000_000).is_ok_and(|at| at <= asked);
                let there = self.walk(tree, |_, _, stamp| is_old(stamp)).await?;
                if self.void {
                    return Ok(());
                }
                let lines =
                    there.into_iter().map(|(folder, name, stamp)| self.line(&folder, name, stamp, Decided::Existing));
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
    ) -> Result<Vec<(PathBuf, OsString, Stamp)>> {
        let (mut open, mut found) = (vec![PathBuf::new()], Vec::new());
        while let Some(folder) = open.pop() {
            if self.hears().await {
                break;
            }
            let (within, listed) = (folder.clone(), Arc::clone(tree));
            let list = move |asking: &crate::file::Asking| listed.list(&within, &|| asking.moves());
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
}
