//! What a file holds, where nothing else tells whether it was sent already, or is still what was sent. It is read piece by piece, one
//! at a turn of its folder: what comes meanwhile is seen to before the next, and what is asked is heard in between.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::agenda::Ready;
use super::folder::Folder;
use crate::error::{ErrorCode, Result};
use crate::file::{Fingerprint, Place, Stamp, open_aside};
use crate::transfer::checksum;

/// Bytes that are read at a turn.
pub(super) const PIECE: u64 = 64 << 20;

/// The checksum and size of what a file holds; none if it cannot be told.
pub(super) type Sum = Option<(u64, u64)>;

/// What was read of files that are not decided on yet.
#[derive(Default)]
pub(super) struct Sums {
    known: BTreeMap<(PathBuf, OsString), (Stamp, Sum)>,
    /// Of one that is to be given to the engine, and is not read to its end. It is there still where its folder rests, or is told
    /// otherwise.
    begun: Option<Begun>,
    /// The same of one that is to be taken away.
    taking: Option<Begun>,
}

/// What a file is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Giving,
    Taking,
}

/// A file that is not read to its end.
#[derive(Clone)]
struct Begun {
    within: PathBuf,
    is: Fingerprint,
    /// So many bytes of it are.
    read: u64,
    sum: u64,
}

/// What came of reading on.
enum Read {
    Begun(Begun),
    All(Sum),
}

impl Sums {
    /// What this version of a file holds, once it was read.
    pub(super) fn of(&self, (folder, name, stamp): &Ready) -> Option<Sum> {
        let known = self.known.get(&(folder.clone(), name.clone()));
        known.filter(|(is, _)| is == stamp).map(|(_, sum)| *sum)
    }

    /// It is decided on.
    pub(super) fn forget(&mut self, (folder, name, _): &Ready) {
        if !self.known.is_empty() {
            self.known.remove(&(folder.clone(), name.clone()));
        }
    }

    /// Nothing is left to be decided on.
    pub(super) fn forget_all(&mut self) {
        self.known.clear();
    }

    const fn begun(&mut self, what: For) -> &mut Option<Begun> {
        match what {
            For::Giving => &mut self.begun,
            For::Taking => &mut self.taking,
        }
    }
}

impl Folder {
    /// Reads on of a file that is whole.
    pub(super) async fn reads_on(&mut self, file: &Ready) -> Result<()> {
        let (folder, name, stamp) = file;
        if let Some(sum) = self.reads_a_piece(For::Giving, &folder.join(name)).await? {
            self.sums.known.insert((folder.clone(), name.clone()), (*stamp, sum));
            self.agenda.was_read(folder, name);
        }
        Ok(())
    }

    /// Reads on of a file, a piece at the most. Answers what it holds once it was read to its end. Where its folder is to be otherwise
    /// by then, that piece is read anew some time.
    pub(super) async fn reads_a_piece(&mut self, what: For, within: &Path) -> Result<Option<Sum>> {
        let begun = self.sums.begun(what).take().filter(|begun| begun.within == within);
        let read = read_on(self.place(within), within.to_owned(), begun.clone());
        let (begun, done) = match self.unless_void(read).await {
            Some(Ok(Read::All(sum))) => (None, Ok(Some(sum))),
            Some(Ok(Read::Begun(more))) => (Some(more), Ok(None)),
            Some(Err(error)) => (begun, Err(error)),
            None => (begun, Ok(None)),
        };
        *self.sums.begun(what) = begun;
        done
    }

    /// The file that is to be read next before it is given to the engine: the one that was begun, as long as it is to be.
    pub(super) fn to_read(&self) -> Option<Ready> {
        let begun = self.sums.begun.as_ref().map(|begun| begun.within.as_path());
        let begun = begun.and_then(|within| self.agenda.to_read_of(within.parent()?, within.file_name()?));
        begun.or_else(|| self.agenda.to_read())
    }

    /// Does something that takes its time, and hears meanwhile what is asked. Nothing where something else is wanted by then.
    async fn unless_void<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                ask = self.asks.recv() => {
                    self.void |= self.asked(ask?).await;
                    if self.void {
                        return None;
                    }
                }
            }
        }
    }
}

/// Reads a piece of a file after what was read of it, where it is as it was then.
async fn read_on(place: Place, within: PathBuf, begun: Option<Begun>) -> Result<Read> {
    let (file, is) = match open_aside(place, None).await {
        Ok(opened) => opened,
        Err(error) if error.code == ErrorCode::SourceOffline => return Err(error),
        Err(_) => return Ok(Read::All(None)),
    };
    // Its numbers may not last from one time that it is opened to the next.
    let times = |of: &Fingerprint| (of.size, of.mtime, of.ctime);
    let again = begun.is_some();
    let begun = begun.filter(|begun| times(&begun.is) == times(&is));
    // One that is another each time would never be read to its end.
    let at_most = if again && begun.is_none() { u64::MAX } else { PIECE };
    let at = begun.as_ref().map_or(0, |begun| begun.read);
    let len = at_most.min(is.size.saturating_sub(at));
    let next = match file.sum(at, len).await {
        Ok(next) => next,
        Err(error) if error.code == ErrorCode::SourceOffline => return Err(error),
        Err(_) => return Ok(Read::All(None)),
    };
    let sum = begun.map_or(next, |begun| checksum::combine([(begun.sum, begun.read), (next, len)]));
    let read = at + len;
    Ok(if read < is.size { Read::Begun(Begun { within, is, read, sum }) } else { Read::All(Some((sum, is.size))) })
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;

    use tokio::sync::oneshot;
    use tokio::time::{Duration, Instant};

    use super::*;
    use crate::journal::TransferRow;
    use crate::transfer::{OnS3, Standing, TransferState};
    use crate::units::{ByteCount, UnixTime};
    use crate::watch::delivering::Is;
    use crate::watch::fixture::{NAME, watched};
    use crate::watch::folder::{Ask, Change};

    /// Bytes that nobody reads in a minute, and that are not on the disk.
    const HUGE: u64 = 1 << 40;

    /// A file of so many bytes that are not on the disk.
    fn sparse(root: &Path, len: u64) {
        std::fs::File::create(root.join(NAME)).and_then(|file| file.set_len(len)).expect("made");
    }

    /// It was sent with so many bytes.
    fn sent(len: u64) -> impl FnOnce(&mut TransferRow) {
        let done = TransferState::Done { etag: "e".to_owned(), at: UnixTime(1) };
        let standing = Standing { state: done, on_s3: OnS3::Nothing };
        move |file: &mut TransferRow| {
            (file.size, file.crc64, file.standing) = (ByteCount(len), Some(1), standing);
        }
    }

    /// Of the size and time that was sent, and another file.
    fn touched(len: u64) -> Ready {
        (PathBuf::new(), NAME.into(), Stamp { size: len, mtime_ns: 1, file: Some(2) })
    }

    /// W28: however large the file is whose contents are to tell whether it is the one that was sent.
    #[tokio::test]
    async fn a_folder_rests_at_once_while_a_file_is_read_for_its_checksum() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        sparse(root.path(), HUGE);
        let (mut folder, asks) = watched(home.path(), root.path(), sent(HUGE)).await;
        let (file, line) = folder.with_lines(vec![touched(HUGE)]).await.expect("read").remove(0);
        assert_eq!(folder.is_new(&file, line).await.expect("looked"), Is::Unread, "only what it holds tells");
        let (done, answer) = oneshot::channel();
        // As a pause is.
        let change: Change = Box::new(|row| row.spec.settle = 7);
        assert!(asks.send(Ask::Change(change, done)).is_ok());
        let read = tokio::time::timeout(Duration::from_secs(60), folder.reads_on(&file)).await;
        read.expect("it hears what is asked").expect("read");
        answer.await.expect("answered").expect("on record");
        assert!(folder.void && folder.sums.of(&file).is_none(), "nothing is decided of it");
    }

    #[tokio::test]
    async fn a_file_is_read_for_its_checksum_piece_by_piece_and_goes_on_where_it_was() {
        const LEN: u64 = 2 * PIECE + 7;
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        sparse(root.path(), LEN);
        std::fs::copy(root.path().join(NAME), root.path().join("other.mov")).expect("copied");
        let (mut folder, _asks) = watched(home.path(), root.path(), sent(LEN)).await;
        let file = touched(LEN);
        for pieces in 1..=2 {
            folder.reads_on(&file).await.expect("read");
            // Another that is read in turn with it, to be taken away, takes nothing from it.
            assert_eq!(folder.reads_a_piece(For::Taking, Path::new("other.mov")).await.expect("read"), None);
            assert_eq!(folder.sums.begun.as_ref().map(|begun| begun.read), Some(pieces * PIECE));
        }
        folder.reads_on(&file).await.expect("read");
        let zeros =
            crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &vec![0; usize::try_from(LEN).expect("fits")]);
        assert_eq!(folder.sums.of(&file), Some(Some((zeros, LEN))));
        assert!(folder.sums.begun.is_none());
        let other = (file.0, file.1, Stamp { mtime_ns: 2, ..file.2 });
        assert_eq!(folder.sums.of(&other), None, "of another version nothing is known");
    }

    /// W2: what is new waits for nothing that is read.
    #[tokio::test]
    async fn what_is_new_is_given_before_anything_is_read_for_its_checksum() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        sparse(root.path(), HUGE);
        let (mut folder, _asks) = watched(home.path(), root.path(), sent(HUGE)).await;
        let (start, settle) = (Instant::now(), Duration::from_secs(1));
        let late = (PathBuf::new(), OsString::from("late.mov"), Stamp { size: 3, mtime_ns: 5, file: Some(3) });
        for (within, name, stamp) in [touched(HUGE), late] {
            for now in [start, start + settle] {
                folder.agenda.saw(&within, &name, stamp, now, settle);
            }
        }
        folder.deliver().await.expect("delivered");
        let id = folder.row.id;
        let line =
            move |reader: &crate::journal::Reader| reader.watched_file(id, Path::new(""), OsStr::new("late.mov"));
        let line = folder.shared.journal.read(line).await.expect("read");
        assert!(line.is_some(), "it is given to the engine");
        assert_eq!(folder.agenda.to_read(), Some(touched(HUGE)), "there is more to read of the other");
        assert!(folder.sums.begun.is_some(), "of which a piece is read at a turn");
    }
}
