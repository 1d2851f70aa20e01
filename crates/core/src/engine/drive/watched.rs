//! A source that a watched folder found, once it is another than it was, or all that is there of it was sent: whoever watches
//! gives it back once it is whole. Of a folder that is watched no more nobody does: its files are as those given by hand.

use std::sync::atomic::Ordering;

use super::Drive;
use crate::engine::feed::PausedBy;
use crate::transfer::Input;
use crate::units::UnixTime;

impl Drive {
    /// The source is not what it was when the upload began.
    pub(super) async fn changed(&self) -> Input {
        if self.unanswered.load(Ordering::Relaxed) {
            Input::ChangedUnanswered
        } else if self.is_watched().await {
            Input::Unsettled(UnixTime::now())
        } else {
            Input::SourceChanged
        }
    }

    /// All that is there of a source that is still written was sent. There is more to come; where nobody waits for that, it is
    /// opened anew as the whole file that it is by now.
    pub(super) async fn sent_so_far(&self) -> Input {
        if self.is_watched().await { Input::Pause(PausedBy::Watch, UnixTime::now()) } else { Input::Restarted }
    }

    /// Whether somebody watches the folder that it was found in. Where the records do not tell, it is taken to be so: what rests
    /// is not lost.
    async fn is_watched(&self) -> bool {
        let Some(watch) = self.item.sweep.as_ref().map(|sweep| sweep.watch) else { return false };
        self.shared.journal.read(move |journal| journal.is_watched(watch)).await.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::engine::actor::running::drive;
    use crate::engine::drive::{Report, Stop};
    use crate::engine::fixture::{FILE, rows, shared};
    use crate::error::ErrorCode;
    use crate::file::{Fingerprint, Place, open_aside};
    use crate::ids::UploadId;
    use crate::journal::{BatchRow, ItemRow, Journal, TransferRow, Write};
    use crate::transfer::{OnS3, Plan, Standing, TransferState};
    use crate::units::ByteCount;
    use crate::watch::fixture::row;
    use crate::watch::record::State;

    /// The records of a file that a watched folder found, and of which an upload has begun.
    async fn found(home: &Path, root: &Path, state: State) -> (Journal, (BatchRow, ItemRow, TransferRow)) {
        let on_s3 = OnS3::Upload(UploadId("u".into()));
        let standing = Standing { state: TransferState::Queued, on_s3 };
        let (batch, item, file) = rows(&root.join("cut.mov"), standing);
        let (row, sweep) = row(root, batch.destination.clone(), state);
        let item = ItemRow { path: root.to_owned(), sweep: Some(sweep), ..item };
        let (journal, _) = Journal::open(home).expect("opened");
        let all = vec![
            Write::Watch(Box::new(row)),
            Write::Batch(batch.clone().into()),
            Write::Item(item.clone()),
            Write::Transfer(file.clone().into()),
        ];
        journal.write(all).await.expect("written");
        (journal, (batch, item, file))
    }

    /// W12.
    #[tokio::test]
    async fn a_file_that_changed_rests_for_its_folder_and_fails_where_that_is_watched_no_more() {
        for (state, code) in [(State::Watching, None), (State::Stopped, Some(ErrorCode::FileChanged))] {
            let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            let path = root.path().join("cut.mov");
            std::fs::write(&path, vec![7; 20 << 20]).expect("written");
            let (_, is) = open_aside(Place::named(&path).on(None), None).await.expect("opened");
            let plan = Plan::for_size(ByteCount(is.size)).expect("fits");
            let was = Fingerprint { mtime: is.mtime - 1, ..is };
            let (journal, _) = found(home.path(), root.path(), state).await;
            journal.write(vec![Write::Opened { id: FILE, fingerprint: was, plan }]).await.expect("written");
            let (shared, mut told) = shared(home.path(), journal);
            drive(shared, FILE, Arc::default(), Stop::default(), None, Input::Admit).await.expect("it is on record");
            let mut rests = None;
            while let Some(report) = told.recv().await {
                if let Report::Rests { standing, .. } = report {
                    rests = Some(standing.state);
                    break;
                }
            }
            match (rests.expect("it rests"), code) {
                (TransferState::Paused { by: PausedBy::Watch, .. }, None) => {}
                (TransferState::Failed { code }, Some(wanted)) => assert_eq!(code, wanted),
                (other, _) => panic!("{state:?}: {other:?}"),
            }
        }
    }

    /// W21.
    #[tokio::test]
    async fn what_is_sent_while_it_is_written_is_opened_as_a_whole_once_its_folder_is_watched_no_more() {
        for (state, goes_on) in [(State::Watching, false), (State::Stopped, true)] {
            let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            let (journal, (batch, item, row)) = found(home.path(), root.path(), state).await;
            let (shared, _told) = shared(home.path(), journal);
            let drive = Drive {
                shared,
                row,
                item: Arc::new(item),
                batch: Arc::new(batch),
                live: Arc::default(),
                stop: Stop::default(),
                open: None,
                parts: Arc::default(),
                unanswered: false.into(),
                held_since: None,
                compared: None,
                lost: 0,
                kept: None,
                differed: 0,
                proof: None,
                found: None,
                in_line: false,
                bound: None,
                early: None,
                next: None,
            };
            let input = drive.sent_so_far().await;
            assert_eq!(input == Input::Restarted, goes_on, "{state:?}: {input:?}");
        }
    }
}
