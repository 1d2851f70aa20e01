//! What is on record of a watched folder and is not there any more: nothing of it settles, and what is not sent never will be.

use std::path::Path;

use super::below;
use super::folder::Folder;
use crate::error::{ErrorCode, Result};
use crate::journal::Watched;
use crate::transfer::{Standing, TransferState};

impl Folder {
    /// A folder is not there: nothing in it settles, and what is not sent of it never will be.
    pub(super) async fn folder_is_gone(&mut self, folder: &Path) -> Result<()> {
        self.agenda.forget_below(folder);
        self.passed.forget(folder);
        self.strays.retain(|_, at| !at.starts_with(folder));
        below::out_of(&mut self.known, folder);
        self.ways.forget(folder);
        self.events.forget(folder);
        let (id, below) = (self.row.id, folder.to_owned());
        let lines = self.shared.journal.read(move |reader| reader.watched_open_below(id, &below)).await?;
        for line in &lines {
            if let Some(standing) = &line.standing {
                self.goes_on_from(line, standing);
                self.file_is_gone(line, standing).await?;
            }
        }
        Ok(())
    }

    /// A file that is on record is not there. What was sent of it stays there; what rests is given up, and forgotten, so that
    /// the same file is sent should it come back.
    pub(super) async fn file_is_gone(&mut self, line: &Watched, standing: &Standing) -> Result<()> {
        let Some(transfer) = line.row.decided.transfer() else { return Ok(()) };
        let rests = matches!(
            standing.state,
            TransferState::Queued
                | TransferState::Paused { .. }
                | TransferState::Waiting { .. }
                | TransferState::Failed { .. }
        );
        // A drive that is away takes its files with it, and brings them back.
        let is_away = matches!(standing.state, TransferState::Waiting { code: ErrorCode::SourceOffline, .. });
        if rests && !is_away {
            self.shared.engine.withdraw(self.row.id, line.row.clone()).await?;
            self.failures.is_over(transfer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use std::sync::Arc;

    use super::super::events::Hint;
    use super::super::fixture::{NAME, stands, watched};
    use super::*;
    use crate::engine::feed::PausedBy;
    use crate::file::Tree;
    use crate::transfer::OnS3;
    use crate::units::{ByteCount, UnixTime};

    /// Folders side by side, each with one in it, and one that stays.
    fn many() -> BTreeSet<PathBuf> {
        let days = (0..20_000).map(|n| PathBuf::from(format!("days/{n}")));
        let all = days.flat_map(|day| [day.join("cam"), day]);
        all.chain(["", "days", "days-off", "days-off/1"].map(PathBuf::from)).collect()
    }

    /// W7, W10: of very many folders that are told to be others at once, and of nothing beside them, nothing is known any more.
    #[tokio::test]
    async fn of_very_many_folders_that_are_renamed_at_once_nothing_is_known_any_more() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |_| {}).await;
        folder.known = many();
        let others = (0..20_000).map(|n| Hint::Other(PathBuf::from(format!("days/{n}"))));
        folder.hinted(others.collect());
        assert_eq!(folder.known, BTreeSet::from(["", "days", "days-off", "days-off/1"].map(PathBuf::from)));
    }

    /// W12, W18: one that outgrows what is wanted while it is sent.
    #[tokio::test]
    async fn what_rests_for_a_file_that_the_rules_leave_by_now_is_given_up() {
        for (most, is_given_up) in [(3, true), (4, false)] {
            let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            std::fs::write(root.path().join(NAME), b"four").expect("written");
            let rests = |file: &mut crate::journal::TransferRow| {
                file.size = ByteCount(3);
                let state = TransferState::Paused { by: PausedBy::Watch, since: UnixTime(2) };
                file.standing = Standing { state, on_s3: OnS3::Nothing };
            };
            let (mut folder, _asks) = watched(home.path(), root.path(), rests).await;
            folder.row.spec.bounds.most = Some(ByteCount(most));
            folder.rules = folder.row.spec.rules().expect("patterns");
            let tree = Arc::new(Tree::open(root.path(), home.path()).expect("opened"));
            folder.check(&tree, false).await.expect("looked at");
            let stands = stands(&folder).await;
            assert_eq!(matches!(stands, TransferState::Cancelled { .. }), is_given_up, "{stands:?}");
        }
    }

    /// W7.
    #[tokio::test]
    async fn a_folder_that_is_gone_takes_along_all_below_it_and_nothing_beside_it() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut folder, _asks) = watched(home.path(), home.path(), |_| {}).await;
        folder.known = many();
        folder.folder_is_gone(Path::new("days/7")).await.expect("gone");
        let left: BTreeSet<_> = many().into_iter().filter(|known| !known.starts_with("days/7")).collect();
        assert_eq!(folder.known, left);
        folder.folder_is_gone(Path::new("days")).await.expect("gone");
        assert_eq!(folder.known, BTreeSet::from(["", "days-off", "days-off/1"].map(PathBuf::from)));
    }
}
