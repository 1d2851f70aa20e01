//! Whether a watched folder is there, is the one that it was, and is nobody else's (rules W15 and W28).

use std::path::Path;
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::aftermath::UPLOADED;
use super::card::Doing;
use super::folder::{AWAY, Folder};
use super::owner::{self, Claim, Owner};
use super::root::{self, Root};
use crate::error::Result;
use crate::file::{Asked, FolderId, Mounted, Stamp, Tree, is_remote, mount_of};
use crate::journal::{WatchedRow, Write};

/// So many files on record tell whether a folder is the one that it was.
const SAMPLE: u32 = 32;
/// While it is away the same are looked for so long: to pick others all of its ledger is passed through.
const PICKED: Duration = Duration::from_secs(60);

/// Files on record that tell whether a folder is the one that it was, and when they were picked.
#[derive(Debug)]
pub(super) struct Picked {
    at: Instant,
    lines: Arc<[WatchedRow]>,
}

impl Folder {
    /// The folder, if it is there and nobody else's.
    pub(super) async fn there(&mut self) -> Result<Option<Arc<Tree>>> {
        // Once it is ours its numbers tell. Before, they may be others than in an earlier run: those of a drive are, and another
        // drive may have them now.
        let known = self.row.root.filter(|_| self.owner.is_some());
        let (path, home) = (self.row.path.clone(), self.shared.home.clone());
        let look = move || {
            let Root::There(tree) = root::look(&path, &home, known)? else { return Ok(None) };
            let id = tree.id()?;
            Ok(Some((tree, id, mount_of(&path), is_remote(&path))))
        };
        let Some((tree, id, mount, remote)) = self.drive.ask(Asked::Names, look).await? else {
            self.is_away();
            return Ok(None);
        };
        if self.mount != mount {
            self.drive = Mounted::at(mount.as_deref().unwrap_or(&self.row.path));
            self.mount = mount;
        }
        self.events.lies(remote);
        let tree = Arc::new(tree.reaching(self.row.spec.extent(), Path::new(UPLOADED)));
        if self.owner.is_none() {
            if let Some(before) = self.row.root
                && !self.is_the_one(&tree, before == id).await?
            {
                self.is_away();
                return Ok(None);
            }
            match Owner::claim(id) {
                Claim::Ours(owner) => (self.owner, self.picked) = (Some(owner), None),
                Claim::Theirs => {
                    if !self.is_elsewhere() {
                        self.rests(Doing::Elsewhere { process: owner::holder(id) });
                    }
                    self.not_before = Some(Instant::now() + AWAY);
                    self.tally.is_stale();
                    return Ok(None);
                }
            }
        }
        self.is_seen(id).await?;
        Ok(Some(tree))
    }

    /// Whether it is the folder that it was, where its number, and its volume's, are the `same` or not. The computer's own volume is
    /// always there: its numbers tell, and whoever emptied the folder meanwhile may. Of another drive what lies there tells: one
    /// that is empty after it was full, or full of other things, is not the one that it was (rule W15).
    async fn is_the_one(&mut self, tree: &Arc<Tree>, same: bool) -> Result<bool> {
        if same && self.mount.is_none() {
            return Ok(true);
        }
        let id = self.row.id;
        let new = !self.shared.journal.read(move |reader| reader.has_watched(id)).await?;
        let some = self.picked().await?;
        let looked = Arc::clone(tree);
        let look = move |asking: &crate::file::Asking| {
            let mut all = some.iter();
            // Where all that was sent of it was taken away its number tells, or what was put aside does.
            let is_aside = || looked.list(Path::new(UPLOADED), &|| asking.moves()).is_ok();
            Ok(new
                || (same && some.is_empty())
                || is_aside()
                || all.any(|line| {
                    asking.moves();
                    let stamps = looked.look_at(&line.folder, std::slice::from_ref(&line.name)).unwrap_or_default();
                    let is = stamps.into_iter().next().flatten();
                    is.is_some_and(|is| same || is_as_it_was(is, line.stamp))
                }))
        };
        self.drive.ask_for_much(Asked::Names, look).await
    }

    /// Some of what is on record of it.
    async fn picked(&mut self) -> Result<Arc<[WatchedRow]>> {
        let now = Instant::now();
        if let Some(picked) = self.picked.as_ref().filter(|picked| now < picked.at + PICKED) {
            return Ok(Arc::clone(&picked.lines));
        }
        let id = self.row.id;
        let lines: Arc<[_]> = self.shared.journal.read(move |reader| reader.watched_sample(id, SAMPLE)).await?.into();
        self.picked = Some(Picked { at: now, lines: Arc::clone(&lines) });
        Ok(lines)
    }

    /// From now on the folder is the one that was seen.
    async fn is_seen(&mut self, id: FolderId) -> Result<()> {
        if self.row.root != Some(id) {
            self.row.root = Some(id);
            self.shared.journal.write(vec![Write::Watch(Box::new(self.row.clone()))]).await?;
        }
        Ok(())
    }
}

/// The same version, or the same file that was written to since.
fn is_as_it_was(is: Stamp, was: Stamp) -> bool {
    (is.size, is.mtime_ns) == (was.size, was.mtime_ns) || (is.file.is_some() && is.file == was.file)
}
