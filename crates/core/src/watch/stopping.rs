//! A folder that is watched no more: what rests for it goes on, its files have their names, and its ledger goes.

use std::path::{Path, PathBuf};

use super::folder::Shared;
use super::hours::AT_ONCE;
use super::record::{Aftermath, State};
use super::spec::After;
use super::strays;
use super::taking::given_back;
use crate::error::Result;
use crate::file::{Asked, Mounted, Tree};
use crate::journal::{Reader, WatchRow, Watched, Write};

/// A file that had another name, which it was to be deleted under, as whoever watched was killed.
struct Hidden {
    file: PathBuf,
    hidden: PathBuf,
}

/// Puts on record of all folders of a company that they are watched no more, and lets go of them. Doing it again does no harm.
///
/// # Errors
/// The journal's.
pub(super) async fn forgets(shared: &Shared, company: &str) -> Result<()> {
    let rows = shared.journal.read(Reader::watches).await?;
    for row in rows.into_iter().filter(|row| row.remote.is_of(company)) {
        let row = WatchRow { state: State::Stopped, ..row };
        shared.journal.write(vec![Write::Watch(Box::new(row.clone()))]).await?;
        let id = row.id;
        if shared.journal.read(move |reader| reader.has_watched(id)).await? {
            lets_go(shared, &row, strays::left).await?;
        }
    }
    Ok(())
}

/// Lets go of a folder that is on record as watched no more. Doing it again does no harm: a kill may come between the two. Where each
/// file that is about to be deleted lies is told by `left_at`.
///
/// Nobody needs the ledger from then on. A transfer in line takes whatever lies there by then (`Expected::All`, whatever the
/// ledger says); what was to become of its file afterwards is done by whoever watches, and nobody does; and the same folder
/// watched again is another one with a ledger of its own. So it goes as a whole, also the lines of what is still in line.
///
/// # Errors
/// The journal's.
pub(super) async fn lets_go(
    shared: &Shared,
    row: &WatchRow,
    left_at: impl Fn(&Path, &str) -> (PathBuf, PathBuf),
) -> Result<()> {
    let id = row.id;
    let lines = shared.journal.read(move |reader| reader.watched_open_below(id, Path::new(""))).await?;
    let given: Vec<_> = lines.iter().filter_map(|line| line.row.decided.transfer()).collect();
    for some in given.chunks(AT_ONCE) {
        shared.engine.go_on_alone(some.to_vec()).await?;
    }
    let hidden = lines.iter().filter_map(|line| hidden(line, &left_at)).collect::<Vec<_>>();
    if !hidden.is_empty() {
        name_again(shared, row, hidden).await;
    }
    shared.journal.write(vec![Write::ForgetWatched(id)]).await
}

fn hidden(line: &Watched, left_at: &impl Fn(&Path, &str) -> (PathBuf, PathBuf)) -> Option<Hidden> {
    let Some(Aftermath::Taking { what: After::Delete, to }) = &line.row.after else { return None };
    let (file, hidden) = left_at(&line.row.folder.join(&line.row.name), to);
    Some(Hidden { file, hidden })
}

/// Nobody looks for hidden files any more. Their names are nobody else's, so that whatever folder stands there is looked at; where that is
/// away they stay as they are, which the log says.
async fn name_again(shared: &Shared, row: &WatchRow, all: Vec<Hidden>) {
    let (path, home) = (row.path.clone(), shared.home.clone());
    let work = move || {
        let tree = Tree::open(&path, &home)?;
        for Hidden { file, hidden } in all {
            if let Err(error) = given_back(&tree, &file, &hidden, After::Delete) {
                tracing::warn!(%error, "a file that was to be deleted is hidden still");
            }
        }
        Ok(())
    };
    if let Err(error) = Mounted::at(&row.path).ask(Asked::Names, work).await {
        tracing::warn!(watch = %row.id, %error, "files that were to be deleted may be hidden still");
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::credentials::Giver;
    use crate::engine::fixture::FILE;
    use crate::journal::{TransferRow, WatchedRow};
    use crate::transfer::{OnS3, Standing, TransferState};
    use crate::units::UnixTime;
    use crate::watch::fixture::{NAME, watched};
    use crate::watch::folder::{Ask, Change, Folder};
    use crate::watch::record::Decided;

    const HAS: &str = ".davit-1";

    /// A folder whose file was about to be deleted as an earlier run was killed.
    async fn killed(home: &Path, root: &Path) -> (Folder, tokio::sync::mpsc::UnboundedSender<Ask>) {
        std::fs::write(root.join(HAS), b"sent").expect("written");
        let is_done = |file: &mut TransferRow| {
            let state = TransferState::Done { etag: "e".to_owned(), at: UnixTime(1) };
            file.standing = Standing { state, on_s3: OnS3::Nothing };
        };
        let (folder, asks) = watched(home, root, is_done).await;
        let lines = folder.shared.journal.read(|reader| reader.watched_by(FILE)).await.expect("read");
        let after = Some(Aftermath::Taking { what: After::Delete, to: HAS.to_owned() });
        let line = WatchedRow { after, decided: Decided::Given(FILE), ..lines.expect("on record").row };
        folder.shared.journal.write(vec![Write::Watched(folder.row.id, line)]).await.expect("written");
        (folder, asks)
    }

    /// W24: nothing is hidden for ever.
    #[tokio::test]
    async fn what_was_being_deleted_has_its_name_again_once_its_folder_is_watched_no_more() {
        for by_a_person in [true, false] {
            let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            let (mut folder, _asks) = killed(home.path(), root.path()).await;
            if by_a_person {
                let (done, answer) = oneshot::channel();
                let change: Change = Box::new(|row| row.state = State::Stopped);
                folder.asked(Ask::Change(change, done)).await;
                answer.await.expect("answered").expect("on record");
            } else {
                // A kill came between its word and this.
                lets_go(&folder.shared, &folder.row, strays::left).await.expect("let go of");
            }
            let there = [NAME, HAS].map(|name| root.path().join(name).exists());
            assert_eq!(there, [true, false], "{by_a_person}");
            let id = folder.row.id;
            assert!(!folder.shared.journal.read(move |reader| reader.has_watched(id)).await.expect("read"));
        }
    }

    /// A kill came before its company was forgotten to the end.
    #[tokio::test]
    async fn what_was_being_deleted_has_its_name_again_once_its_company_is_forgotten() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (folder, _asks) = killed(home.path(), root.path()).await;
        let Giver::Company { address } = folder.row.remote.giver.clone() else { panic!("{:?}", folder.row.remote) };
        let names = || [NAME, HAS].map(|name| root.path().join(name).exists());
        forgets(&folder.shared, "https://another.example").await.expect("nothing to do");
        assert_eq!(names(), [false, true], "another company's");
        for _twice in 0..2 {
            forgets(&folder.shared, &address).await.expect("let go of");
            assert_eq!(names(), [true, false]);
        }
        let rows = folder.shared.journal.read(Reader::watches).await.expect("read");
        assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [State::Stopped]);
    }

    /// Where its folder is away nobody is kept from anything.
    #[tokio::test]
    async fn a_folder_that_is_away_is_let_go_of_all_the_same() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (folder, _asks) = killed(home.path(), root.path()).await;
        std::fs::remove_dir_all(root.path()).expect("removed");
        lets_go(&folder.shared, &folder.row, strays::left).await.expect("let go of");
        let id = folder.row.id;
        assert!(!folder.shared.journal.read(move |reader| reader.has_watched(id)).await.expect("read"));
    }
}
