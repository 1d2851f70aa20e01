//! The drive that a watched folder lies on: it is asked through here, and called by its name while it is away (rule W15).

use std::path::{Path, PathBuf};

use super::folder::Folder;
use crate::error::Result;
use crate::file::{Asked, Asking, Mounted, drive_of};

/// A folder's drive, as it was found last.
pub(super) struct Drive {
    mounted: Mounted,
    /// Where it is mounted; none where the folder lies on the computer's own disk, and before it was found.
    mount: Option<PathBuf>,
    /// Where it was mounted before, also in an earlier run.
    was_on: Option<PathBuf>,
    /// Where the folder is not there, all of the drive is away with it.
    is_away: bool,
}

impl Drive {
    /// Of a folder that nobody looked for yet.
    pub(super) fn of(path: &Path) -> Self {
        Self { mounted: Mounted::at(path), mount: None, was_on: None, is_away: false }
    }

    /// Where it is mounted.
    pub(super) fn mount(&self) -> Option<&Path> {
        self.mount.as_deref()
    }

    /// The same, or where it was before.
    pub(super) fn last_mount(&self) -> Option<&Path> {
        self.mount.as_deref().or(self.was_on.as_deref())
    }

    /// The folder at this path was found, on what is mounted there.
    pub(super) fn is_mounted(&mut self, path: &Path, mount: Option<PathBuf>) {
        if self.mount != mount {
            self.mounted = Mounted::at(mount.as_deref().unwrap_or(path));
            // Where only what it was mounted on is left, its drive is called as it was.
            let before = std::mem::replace(&mut self.mount, mount);
            self.was_on = before.or(self.was_on.take());
        }
    }

    /// Whether all of it is away, or the folder alone.
    pub(super) fn is_away(&mut self, away: bool) {
        self.is_away = away;
    }

    /// What it is called, for a folder at this path.
    pub(super) fn name(&self, path: &Path) -> Option<String> {
        drive_of(path, self.last_mount().filter(|_| self.is_away))
    }

    /// Does work that asks it, on a thread aside.
    ///
    /// # Errors
    /// As [`Mounted::ask`].
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        what: Asked,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.mounted.ask(what, work).await
    }

    /// The same for work that may take long.
    ///
    /// # Errors
    /// As [`Mounted::ask_for_much`].
    pub(super) async fn ask_for_much<T: Send + 'static>(
        &self,
        what: Asked,
        work: impl FnOnce(&Asking) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.mounted.ask_for_much(what, work).await
    }
}

impl Folder {
    /// One that is away when this begins is told by its drive, as its files are.
    pub(super) async fn knows_its_drive(&mut self) {
        let id = self.row.id;
        // Without it the drive has no name until it is there again.
        let found = self.shared.journal.read(move |reader| reader.watch_was_on(id)).await.ok().flatten();
        self.drive.was_on = found.filter(|mount| self.row.path.starts_with(mount));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::engine::fixture::rows;
    use crate::ids::ItemId;
    use crate::journal::{ItemRow, Sweep, Write};
    use crate::transfer::Standing;
    use crate::watch::card::Counts;
    use crate::watch::fixture::{WATCH, watched};

    #[tokio::test]
    async fn a_folder_whose_drive_is_away_at_the_start_is_told_by_the_name_that_its_files_had() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (mut folder, _asks) = watched(home.path(), root.path(), |_| {}).await;
        folder.knows_its_drive().await;
        assert_eq!(folder.card_of(Counts::default()).drive, None, "it lies on the computer's own disk");
        let (_, item, _) = rows(root.path(), Standing::NEW);
        let sweep = Some(Sweep { watch: WATCH, under: String::new() });
        let item = ItemRow { id: ItemId::new(2), mount: Some(root.path().to_owned()), sweep, ..item };
        folder.shared.journal.write(vec![Write::Item(item)]).await.expect("written");
        folder.knows_its_drive().await;
        assert_eq!(folder.card_of(Counts::default()).drive, None, "the folder alone is gone");
        folder.drive.is_away(true);
        let name = root.path().file_name().map(|name| name.to_string_lossy().into_owned());
        assert_eq!(folder.card_of(Counts::default()).drive, name);
        folder.lies_elsewhere(Path::new("/nowhere"));
        assert_eq!(folder.card_of(Counts::default()).drive, None, "another place, another drive");
    }
}
