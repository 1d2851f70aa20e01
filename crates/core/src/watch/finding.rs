//! Whether a watched folder is there, is the one that it was, and is nobody else's (rules W15 and W28).

use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;

use super::aftermath::UPLOADED;
use super::card::Doing;
use super::evidence::Stands;
use super::folder::{AWAY, Folder};
use super::owner::{self, Claim, Owner};
use super::record::RootId;
use super::root::{self, Root};
use crate::error::Result;
use crate::file::{Asked, Tree, is_remote, is_unmounted, mount_of};
use crate::journal::Write;

impl Folder {
    /// The folder, if it is there and nobody else's.
    pub(super) async fn there(&mut self) -> Result<Option<Arc<Tree>>> {
        // Once it is ours its numbers tell. Before, they may be others than in an earlier run: those of a drive are, and another
        // drive may have them now.
        let known = self.row.root.filter(|_| self.owner.is_some());
        let (path, home) = (self.row.path.clone(), self.shared.home.clone());
        let before = self.drive.last_mount().map(Path::to_owned);
        let look = move || {
            // A folder may be gone from a drive that is there.
            let unplugged = || before.as_deref().is_some_and(is_unmounted);
            let Root::There(tree) = root::look(&path, &home, known)? else { return Ok((None, unplugged())) };
            let is = RootId::of(&tree)?;
            let mount = mount_of(&path);
            let unplugged = mount.is_none() && unplugged();
            Ok((Some((tree, is, mount, is_remote(&path))), unplugged))
        };
        self.presence.looked(Instant::now(), self.drive.mount().is_some());
        let (found, unplugged) = self.drive.ask(Asked::Names, look).await?;
        self.drive.is_away(unplugged);
        let Some((tree, is, mount, remote)) = found else {
            self.is_away();
            return Ok(None);
        };
        self.drive.is_mounted(&self.row.path, mount);
        self.presence.looked(Instant::now(), self.drive.mount().is_some());
        if self.events.lies(remote) {
            self.begins_anew();
        }
        // What told of the mount before tells nothing of this one.
        if self.presence.is_another(tree.mount()) {
            self.known.clear();
            self.begins_anew();
        }
        if self.owner.as_ref().is_some_and(|owner| !owner.lasts()) {
            self.owner = None;
        }
        let tree = Arc::new(tree.reaching(self.row.spec.extent(), Path::new(UPLOADED)));
        if self.owner.is_none() {
            if let Some(before) = self.row.root {
                let stands = self.stands(&tree, before, is).await?;
                if stands != Stands::It {
                    self.is_looked_for(stands == Stands::Another);
                    return Ok(None);
                }
            }
            match Owner::claim(is.folder) {
                Claim::Ours(owner) => (self.owner, self.picked) = (Some(owner), None),
                Claim::Theirs => {
                    if !self.is_elsewhere() {
                        self.rests(Doing::Elsewhere { process: owner::holder(is.folder) });
                    }
                    self.checks.cannot_be_now();
                    self.not_before = Some(Instant::now() + AWAY);
                    self.tally.is_stale();
                    return Ok(None);
                }
            }
        }
        self.is_seen(is).await?;
        Ok(Some(tree))
    }

    /// From now on the folder is the one that was seen.
    async fn is_seen(&mut self, is: RootId) -> Result<()> {
        if self.row.root != Some(is) {
            self.row.root = Some(is);
            self.shared.journal.write(vec![Write::Watch(Box::new(self.row.clone()))]).await?;
        }
        Ok(())
    }
}
