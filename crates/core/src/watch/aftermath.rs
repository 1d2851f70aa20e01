//! What becomes of a file that is safely there (rule W24): only of the very file that was sent, and only once the store's
//! checksum of it is ours. What is about to be done is on record before, so that a kill leaves neither two nor none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::card::Warning;
use super::folder::Folder;
use super::reading::{For, Sum};
use super::record::{Aftermath, Decided};
use super::spec::After;
use super::taking::{another, ended, given_back, is_there, look_at, take};
use crate::bandwidth::Zone;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Asked, Fingerprint, Likeness, Links, Tree, names};
use crate::ids::TransferId;
use crate::journal::{TransferRow, WatchedRow, Write};
use crate::transfer::TransferState;
use crate::units::UnixTime;

/// Where files go that were uploaded, in the watched folder. Nothing in it is ever uploaded.
pub(super) const UPLOADED: &str = "_uploaded";
/// Whether a folder is that, or in it; whatever the case of its letters, which some systems do not tell apart.
pub(super) fn is_put_aside(folder: &Path) -> bool {
    folder.components().next().is_some_and(|first| first.as_os_str().eq_ignore_ascii_case(UPLOADED))
}

/// A file has such a name while it is deleted. Nothing that has is ever uploaded.
pub(super) const HIDDEN: &str = ".davit-";
/// So many are seen to before what came meanwhile is looked at and sent.
const AT_A_TIME: usize = 256;
/// And for so long: of those whose numbers moved a piece is read.
const A_TURN: Duration = Duration::from_secs(2);

/// Whether a file that was seen to is at its end.
#[derive(Clone, Copy)]
enum Ends {
    Now,
    /// It stays for now.
    Later,
    /// It is to be read first, and was not.
    Unread,
    /// More of it is to be read, or something else is wanted by now.
    NotYet,
}

/// What is to become of one file.
struct Job {
    /// As it is on record.
    line: WatchedRow,
    file: PathBuf,
    to: PathBuf,
    what: After,
}

/// How far it was done.
enum Took {
    All,
    /// Nothing of it is there. Somebody may have taken it elsewhere: once it is back it is seen to.
    Nothing,
    /// It is to be read first, and was not.
    Unread,
    /// More of it is to be read, or something else is wanted by now.
    NotYet,
}

impl Job {
    const fn is_begun(&self) -> bool {
        matches!(self.line.after, Some(Aftermath::Taking { .. }))
    }
}

impl Folder {
    fn job(&self, line: &WatchedRow) -> Option<Job> {
        let lies = line.folder.join(&line.name);
        let (what, (file, to)) = match &line.after {
            Some(Aftermath::Due { what }) => (*what, (lies.clone(), place_for(*what, &lies))),
            Some(Aftermath::Taking { what: After::Delete, to }) => (After::Delete, self.left_at(&lies, to)),
            Some(Aftermath::Taking { what, to }) => (*what, (lies, PathBuf::from(to))),
            None | Some(Aftermath::Did | Aftermath::Failed { .. }) => return None,
        };
        Some(Job { line: line.clone(), file, to, what })
    }

    /// Sees to files that came to be safely there: to some of them, so that what is new and what is asked wait for no more.
    pub(super) async fn see_to_what_is_done(&mut self, tree: &Arc<Tree>) -> Result<()> {
        self.done.extend(self.stays.due(Instant::now()));
        let begun = Instant::now();
        for _ in 0..AT_A_TIME {
            if self.hears().await || begun.elapsed() > A_TURN {
                return Ok(());
            }
            let Some(transfer) = self.done.take() else { break };
            match self.see_to(tree, transfer, false).await {
                Ok(Ends::Now) => self.is_seen_to(transfer),
                Ok(Ends::Later) => self.stays.again(transfer, Instant::now()),
                Ok(Ends::Unread) => self.done.is_read_first(transfer),
                Ok(Ends::NotYet) => {
                    self.done.insert(transfer);
                    return Ok(());
                }
                Err(error) => {
                    self.done.insert(transfer);
                    return Err(error);
                }
            }
        }
        self.see_to_what_is_read_first(tree, begun).await
    }

    /// Nothing more is to become of one.
    fn is_seen_to(&mut self, transfer: TransferId) {
        self.stays.forget(transfer);
        self.warned.remove(&transfer);
    }

    /// Reads what is to be read before anything becomes of it: a piece of a large file, or as many small ones as there is time for.
    async fn see_to_what_is_read_first(&mut self, tree: &Arc<Tree>, begun: Instant) -> Result<()> {
        while let Some(transfer) = self.done.to_read() {
            match self.see_to(tree, transfer, true).await? {
                Ends::Now => self.is_seen_to(transfer),
                Ends::Later => self.stays.again(transfer, Instant::now()),
                Ends::Unread | Ends::NotYet => return Ok(()),
            }
            self.done.was_read(transfer);
            if self.hears().await || begun.elapsed() > A_TURN {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sees to one, and reads a piece of it where that is to be and `reads`.
    async fn see_to(&mut self, tree: &Arc<Tree>, transfer: TransferId, reads: bool) -> Result<Ends> {
        let look =
            move |reader: &crate::journal::Reader| Ok(reader.watched_by(transfer)?.zip(reader.transfer(transfer)?));
        let Some((line, sent)) = self.shared.journal.read(look).await? else { return Ok(Ends::Now) };
        let sent = &sent;
        let is_done = matches!(sent.standing.state, TransferState::Done { .. });
        let is_of_it = matches!(line.row.decided, Decided::Given(id) if id == sent.id);
        let (Some(before), true, true) = (&sent.fingerprint, is_done, is_of_it) else { return Ok(Ends::Now) };
        let Some(mut job) = self.job(&line.row) else { return Ok(Ends::Now) };
        let done = if self.row.spec.after == After::Keep {
            self.gives_back(tree, &job).await
        } else {
            match self.takes(tree, &mut job, (sent, before), reads).await {
                Ok(Took::All) => Ok(Some(Aftermath::Did)),
                Ok(Took::Nothing) => return Ok(Ends::Now),
                Ok(Took::Unread) => return Ok(Ends::Unread),
                Ok(Took::NotYet) => return Ok(Ends::NotYet),
                Err(error) => Err(error),
            }
        };
        let (became, ends) = match done {
            Ok(became) => (became, Ends::Now),
            // It is back some time, and then this is done.
            Err(error) if error.code == ErrorCode::SourceOffline => return Err(error),
            Err(error) => {
                tracing::warn!(transfer = %sent.id, %error, "a file that was uploaded stays where it is");
                self.could_not_be_taken(tree, &job, (transfer, error.code)).await
            }
        };
        if became != job.line.after {
            self.puts(&mut job, became).await?;
        }
        Ok(ends)
    }

    /// Puts on record what becomes of a file.
    async fn puts(&self, job: &mut Job, after: Option<Aftermath>) -> Result<()> {
        job.line.after = after;
        self.shared.journal.write(vec![Write::Watched(self.row.id, job.line.clone())]).await
    }

    /// Takes a file away as it is wanted, or ends what an earlier run began.
    async fn takes(
        &mut self,
        tree: &Arc<Tree>,
        job: &mut Job,
        (sent, before): (&TransferRow, &Fingerprint),
        reads: bool,
    ) -> Result<Took> {
        let is_hidden = job.what == After::Delete && job.is_begun();
        if is_hidden {
            let (tree, file, to, before) = (Arc::clone(tree), job.file.clone(), job.to.clone(), before.clone());
            if self.drive.ask(Asked::Names, move || ended(&tree, &file, &to, &before)).await? {
                return Ok(Took::All);
            }
        }
        // As it is by now: its drive may have been mounted anew.
        let (looked, file, what, was) = (Arc::clone(tree), job.file.clone(), job.what, before.clone());
        let look = move || look_at(&looked, &file, what, &was);
        let Some(is) = self.drive.ask(Asked::Names, look).await? else {
            // By an earlier run, where one began it. Else it may be back.
            return Ok(if job.is_begun() && !is_hidden { Took::All } else { Took::Nothing });
        };
        if is.likeness(before) == Likeness::Perhaps {
            if !reads {
                return Ok(Took::Unread);
            }
            let Some(holds) = self.reads_a_piece(For::Taking, &job.file).await? else { return Ok(Took::NotYet) };
            self.holds_what_was_sent(holds, sent, &is).await?;
        }
        if !job.is_begun() {
            let taking = Aftermath::Taking { what: job.what, to: names::spelled(&job.to) };
            self.puts(job, Some(taking)).await?;
        }
        let (tree, file, to, what) = (Arc::clone(tree), job.file.clone(), job.to.clone(), job.what);
        self.drive.ask(Asked::Names, move || take(&tree, &file, &to, what, &is)).await?;
        Ok(Took::All)
    }

    /// A file of which only numbers moved, as its change time does with other rights, is to hold what was sent. By these numbers it is
    /// known from then on.
    ///
    /// # Errors
    /// `file-changed` where it holds something else; `read-error` where that cannot be told.
    async fn holds_what_was_sent(&self, holds: Sum, sent: &TransferRow, is: &Fingerprint) -> Result<()> {
        let holds = holds.ok_or_else(|| Error::new(ErrorCode::ReadError).detail("what it holds could not be read"))?;
        if sent.crc64.map(|sum| (sum, sent.size.get())) != Some(holds) {
            return Err(another());
        }
        if let Some(plan) = sent.plan {
            let (id, fingerprint) = (sent.id, is.clone());
            self.shared.journal.write(vec![Write::Opened { id, fingerprint, plan }]).await?;
        }
        Ok(())
    }

    /// Nothing more is taken away once a person wants files to stay. Answers what is to be on record of one.
    async fn gives_back(&self, tree: &Arc<Tree>, job: &Job) -> Result<Option<Aftermath>> {
        if !job.is_begun() {
            return Ok(None);
        }
        let (tree, file, to, what) = (Arc::clone(tree), job.file.clone(), job.to.clone(), job.what);
        self.drive.ask(Asked::Names, move || given_back(&tree, &file, &to, what)).await
    }

    /// What is to be on record of a file that could not be taken away, and whether it is tried again.
    async fn could_not_be_taken(
        &mut self,
        tree: &Arc<Tree>,
        job: &Job,
        (transfer, code): (TransferId, ErrorCode),
    ) -> (Option<Aftermath>, Ends) {
        // What a link leads to stays, whatever a person wants of files.
        let is_linked = code == ErrorCode::NotAFile && self.row.spec.links == Links::Followed;
        if code == ErrorCode::FileChanged || is_linked {
            return (Some(Aftermath::Failed { code }), Ends::Now);
        }
        // What is in its way is taken away some time.
        let file = names::shown(&job.file);
        let code = if code == ErrorCode::NoTrash { code } else { ErrorCode::FileStays };
        self.warned.insert(transfer, Warning { code, file });
        // It may have its other name still, where its own could not be given back.
        let (looked, to) = (Arc::clone(tree), job.to.clone());
        let look = move || Ok(is_there(&looked, &to).unwrap_or(true));
        let is_hidden =
            job.what == After::Delete && job.is_begun() && self.drive.ask(Asked::Names, look).await.unwrap_or(true);
        let after = if is_hidden { job.line.after.clone() } else { Some(Aftermath::Due { what: job.what }) };
        (after, Ends::Later)
    }
}

/// Where a file is to lie, and from where it is deleted.
fn place_for(what: After, file: &Path) -> PathBuf {
    match what {
        After::Move => Path::new(UPLOADED).join(Zone::here().date(UnixTime::now())).join(file),
        After::Delete => file.with_file_name(format!("{HIDDEN}{}", uuid::Uuid::new_v4().simple())),
        After::Keep | After::Trash => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::engine::fixture::FILE;
    use crate::transfer::{OnS3, Standing};
    use crate::units::ByteCount;
    use crate::watch::fixture::{NAME, watched};
    use crate::watch::folder::Ask;
    #[cfg(unix)]
    use crate::watch::reading::PIECE;

    /// A file that is safely there.
    struct There {
        folder: Folder,
        tree: Arc<Tree>,
        root: tempfile::TempDir,
        _home: tempfile::TempDir,
        _asks: mpsc::UnboundedSender<Ask>,
    }

    impl There {
        /// What is to become of it, and of files that are sent from now on.
        async fn of(after: Aftermath, wish: After, change: impl FnOnce(&mut TransferRow)) -> Self {
            Self::as_made(|file| std::fs::write(file, b"sent"), after, wish, change).await
        }

        /// The same of a file that is made so.
        async fn as_made(
            make: impl FnOnce(&Path) -> std::io::Result<()>,
            after: Aftermath,
            wish: After,
            change: impl FnOnce(&mut TransferRow),
        ) -> Self {
            let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            make(&root.path().join(NAME)).expect("made");
            let tree = Arc::new(Tree::open(root.path(), Path::new("/nowhere")).expect("opened"));
            let fingerprint = tree.fingerprint(Path::new(NAME)).expect("there");
            let state = TransferState::Done { etag: "e".to_owned(), at: UnixTime(1) };
            let sent = |file: &mut TransferRow| {
                (file.size, file.fingerprint) = (ByteCount(fingerprint.size), Some(fingerprint));
                file.standing = Standing { state, on_s3: OnS3::Nothing };
                change(file);
            };
            let (mut folder, asks) = watched(home.path(), root.path(), sent).await;
            folder.row.spec.after = wish;
            folder.done.insert(FILE);
            let there = Self { folder, tree, root, _home: home, _asks: asks };
            let line = WatchedRow { after: Some(after), ..there.line().await };
            let write = Write::Watched(there.folder.row.id, line);
            there.folder.shared.journal.write(vec![write]).await.expect("written");
            there
        }

        async fn is_seen_to(&mut self) {
            self.folder.see_to_what_is_done(&self.tree).await.expect("seen to");
        }

        async fn line(&self) -> WatchedRow {
            let line = self.folder.shared.journal.read(|reader| reader.watched_by(FILE)).await.expect("read");
            line.expect("on record").row
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.root.path()).expect("a folder");
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
        }
    }

    /// W24: a wish that is taken back is not carried out.
    #[tokio::test]
    async fn nothing_is_taken_away_once_a_person_wants_files_to_stay() {
        let what = After::Delete;
        let mut due = There::of(Aftermath::Due { what }, After::Keep, |_| {}).await;
        due.is_seen_to().await;
        assert_eq!((due.line().await.after, due.names()), (None, vec![NAME.to_owned()]));
        // It was about to be deleted when an earlier run was killed.
        let to = format!("{HIDDEN}1");
        let mut hidden = There::of(Aftermath::Taking { what, to: to.clone() }, After::Keep, |_| {}).await;
        std::fs::rename(hidden.root.path().join(NAME), hidden.root.path().join(to)).expect("hidden");
        hidden.is_seen_to().await;
        assert_eq!((hidden.line().await.after, hidden.names()), (None, vec![NAME.to_owned()]));
        assert!(hidden.folder.warned.is_empty() && hidden.folder.stays.is_empty());
    }

    /// W24.
    #[tokio::test]
    async fn what_cannot_be_taken_away_stays_due_and_is_tried_again_at_a_time_of_its_own() {
        let due = Aftermath::Due { what: After::Move };
        let mut there = There::of(due.clone(), After::Move, |_| {}).await;
        let in_the_way = there.root.path().join(UPLOADED);
        std::fs::write(&in_the_way, b"no folder").expect("written");
        let begun = Instant::now();
        there.is_seen_to().await;
        assert_eq!(there.line().await.after, Some(due.clone()));
        let warning = Warning { code: ErrorCode::FileStays, file: NAME.to_owned() };
        assert_eq!(there.folder.warned.values().collect::<Vec<_>>(), [&warning], "whatever the system says of it");
        assert!(there.folder.done.is_empty());
        let next = there.folder.stays.next().expect("it has a time");
        assert!(next >= begun + Duration::from_secs(30), "{:?}", next - begun);
        std::fs::remove_file(&in_the_way).expect("removed");
        there.is_seen_to().await;
        assert_eq!(there.line().await.after, Some(due), "before its time");
        there.folder.stays.hurry(Instant::now());
        there.is_seen_to().await;
        assert_eq!(there.line().await.after, Some(Aftermath::Did));
        assert_eq!((there.names(), there.folder.warned.len()), (vec![UPLOADED.to_owned()], 0));
    }

    /// W24: other rights make no other version, and cost one reading.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_whose_numbers_moved_is_read_once_and_known_by_them_from_then_on() {
        let due = Aftermath::Due { what: After::Move };
        let holds = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, b"sent");
        let touched = |crc64: u64| {
            move |file: &mut TransferRow| {
                file.crc64 = Some(crc64);
                file.plan = Some(crate::transfer::Plan::for_size(file.size).expect("fits"));
                if let Some(fingerprint) = &mut file.fingerprint {
                    fingerprint.ctime = Some(1);
                }
            }
        };
        let mut there = There::of(due.clone(), After::Move, touched(holds)).await;
        std::fs::write(there.root.path().join(UPLOADED), b"in the way").expect("written");
        there.is_seen_to().await;
        assert_eq!(there.line().await.after, Some(due.clone()), "it could not be moved");
        let sent = there.folder.shared.journal.read(|reader| reader.transfer(FILE)).await.expect("read");
        let before = sent.expect("on record").fingerprint.expect("known");
        let is = there.tree.fingerprint(Path::new(NAME)).expect("there");
        assert_eq!(is.likeness(&before), Likeness::Same);
        let mut other = There::of(due, After::Move, touched(holds ^ 1)).await;
        other.is_seen_to().await;
        assert_eq!(other.line().await.after, Some(Aftermath::Failed { code: ErrorCode::FileChanged }));
        assert_eq!(other.names(), [NAME]);
    }

    /// W24: however large the file is, what else there is to do waits for a piece of it at the most.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_large_file_whose_numbers_moved_is_read_a_piece_at_a_turn() {
        const LEN: u64 = 2 * PIECE + 7;
        let due = Aftermath::Due { what: After::Move };
        let zeros = vec![0; usize::try_from(LEN).expect("fits")];
        let holds = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &zeros);
        let make = |file: &Path| std::fs::File::create(file).and_then(|file| file.set_len(LEN));
        let touched = move |file: &mut TransferRow| {
            file.crc64 = Some(holds);
            if let Some(fingerprint) = &mut file.fingerprint {
                fingerprint.ctime = Some(1);
            }
        };
        let mut there = There::as_made(make, due.clone(), After::Move, touched).await;
        for turn in 1..=2 {
            there.is_seen_to().await;
            assert_eq!((there.line().await.after, there.names()), (Some(due.clone()), vec![NAME.to_owned()]), "{turn}");
            assert!(there.folder.done.contains(FILE), "it has another turn");
        }
        there.is_seen_to().await;
        assert_eq!((there.line().await.after, there.names()), (Some(Aftermath::Did), vec![UPLOADED.to_owned()]));
    }

    /// W24: some systems do not tell letters apart by their case.
    #[test]
    fn what_was_put_aside_is_so_in_whatever_letters() {
        for folder in ["_uploaded", "_Uploaded/2026-11-30", "_UPLOADED"] {
            assert!(is_put_aside(Path::new(folder)), "{folder}");
        }
        for folder in ["", "day/_uploaded", "_uploaded 2"] {
            assert!(!is_put_aside(Path::new(folder)), "{folder}");
        }
    }
}
