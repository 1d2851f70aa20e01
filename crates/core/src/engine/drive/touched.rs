//! A source whose change time moves in the midst of its upload: other rights, the mark of an indexer, another name. Its
//! contents decide, as they do after a restart.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::Drive;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::file::{Fingerprint, Likeness, SourceFile};
use crate::journal::Write;
use crate::transfer::Plan;

/// What is touched again within this time after it was looked at is in use: it rests until it is left alone.
const QUIET: Duration = Duration::from_secs(10);

/// When what was sent was last compared with the source, and how long that took.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Compared {
    ended: Instant,
    took: Duration,
}

impl Compared {
    /// How long it is to be left alone yet: at most a third of the time goes into comparing.
    fn rests(self) -> Option<Duration> {
        QUIET.max(self.took * 2).checked_sub(self.ended.elapsed()).filter(|rest| !rest.is_zero())
    }
}

impl Drive {
    /// Whether a source that is this now may be the one that it was when what is on record was sent.
    ///
    /// # Errors
    /// `file-in-use` where that was compared just now, with the time after which it is again; as reading it.
    pub(super) async fn is_what_was_sent(
        &mut self,
        file: &Arc<SourceFile>,
        (now, before): (&Fingerprint, &Fingerprint),
        plan: Plan,
    ) -> Result<bool> {
        match now.likeness(before) {
            Likeness::Same => Ok(true),
            Likeness::Perhaps => {
                if let Some(rest) = self.compared.and_then(Compared::rests) {
                    return Err(touched_again().retry(Retry::After(rest)));
                }
                let begun = Instant::now();
                let holds = self.holds_what_was_sent(file, plan).await?;
                self.compared = Some(Compared { ended: Instant::now(), took: begun.elapsed() });
                Ok(holds)
            }
            Likeness::Other => Ok(false),
        }
    }

    /// Something found that the source changed. Where only its change time or its numbers moved and it still holds what is
    /// on record, it is the source from now on, and nothing else moved. So it is with one in whose place another file was put,
    /// where a person wants it sent to its end.
    ///
    /// # Errors
    /// `changed` where it is another version; `file-in-use` where it was looked at just now; as opening it.
    pub(super) async fn goes_on(&mut self, changed: Error) -> Result<()> {
        let (Some(before), Some(plan)) = (self.row.fingerprint.clone(), self.row.plan) else { return Err(changed) };
        let (there, is) = self.source().await?;
        let held = self.held_as_it_was(&is, &before).await?;
        let replaced = held.is_some();
        let (file, mut fingerprint) = held.unwrap_or((there, is));
        if replaced {
            // Once more at the most: no third file takes its place.
            self.compared = None;
        } else if fingerprint.likeness(&before) != Likeness::Perhaps {
            return Err(changed);
        }
        if self.compared.and_then(Compared::rests).is_some() {
            return Err(touched_again());
        }
        self.held_since = None;
        // Parts in flight were dropped. What was acknowledged of them may still be on its way to the records.
        self.shared.journal.write(Vec::new()).await?;
        if !self.is_what_was_sent(&file, (&fingerprint, &before), plan).await? {
            return Err(changed);
        }
        tracing::info!(id = %self.row.id, replaced, "the source was touched, and holds what was sent");
        fingerprint.in_doubt |= before.in_doubt;
        let (id, opened) = (self.row.id, fingerprint.clone());
        self.shared.journal.write(vec![Write::Opened { id, fingerprint: opened, plan }]).await?;
        let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        self.parts = Arc::new(parts.into_iter().collect());
        self.live.begin(self.parts.sizes());
        self.row.fingerprint = Some(fingerprint.clone());
        if let Some(open) = &mut self.open {
            (open.file, open.fingerprint) = (file, fingerprint);
            open.replaced |= replaced;
        }
        Ok(())
    }
}

fn touched_again() -> Error {
    Error::new(ErrorCode::FileInUse).detail("touched again and again")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::actor::running::drive;
    use crate::engine::drive::{Held, Report, Stop};
    use crate::engine::fixture::{FILE, records, rows, shared};
    use crate::file::{Place, open_aside};
    use crate::ids::{PartNumber, UploadId};
    use crate::journal::Journal;
    use crate::transfer::{AcknowledgedPart, Input, OnS3, Standing, TransferState};
    use crate::units::{ByteCount, UnixTime};

    /// A file of which a part is on record, and that was touched since.
    async fn touched(home: &Path) -> Journal {
        let path = home.join("cut.mov");
        std::fs::write(&path, vec![7; 20 << 20]).expect("written");
        let (file, mut fingerprint) = open_aside(Place::named(&path).on(None), None).await.expect("opened");
        fingerprint.file += 1;
        let plan = Plan::for_size(ByteCount(fingerprint.size)).expect("fits");
        let number = PartNumber::FIRST;
        let part = plan.part(number).expect("the first");
        let crc64 = file.sum(part.offset, part.len).await.expect("read");
        let standing = Standing { state: TransferState::Queued, on_s3: OnS3::Upload(UploadId("u".into())) };
        let (journal, _) = records(home, rows(&path, standing)).await;
        let part = AcknowledgedPart { number, etag: "e".into(), crc64, size: ByteCount(part.len) };
        let opened = Write::Opened { id: FILE, fingerprint, plan };
        journal.write(vec![opened, Write::Part(FILE, part)]).await.expect("written");
        journal
    }

    /// How it rests when it is tried, and what it tells the next try.
    async fn tried(home: &Path, journal: &Journal, held: Option<Held>) -> (TransferState, Option<Held>) {
        let (shared, mut told) = shared(home, journal.clone());
        drive(shared, FILE, Arc::default(), Stop::default(), held, Input::Admit).await.expect("it is on record");
        while let Some(report) = told.recv().await {
            if let Report::Rests { standing, held, .. } = report {
                return (standing.state, held);
            }
        }
        panic!("it rests");
    }

    #[tokio::test]
    async fn what_was_compared_just_now_is_not_compared_again_by_the_next_try() {
        let home = tempfile::tempdir().expect("a folder");
        let journal = touched(home.path()).await;
        let (began, took) = (Instant::now(), Duration::from_secs(3_600));
        let compared = Some(Compared { ended: began, took });
        let now = UnixTime::now();
        let (state, held) = tried(home.path(), &journal, Some(Held { since: began, compared })).await;
        let TransferState::Waiting { code: ErrorCode::FileInUse, until: Some(until) } = state else {
            panic!("{state:?}")
        };
        assert!((7_190..=7_200).contains(&(until.0 - now.0)), "until it may be compared: {until:?}, {now:?}");
        let held = held.expect("it is told to the next");
        assert_eq!((held.since, held.compared.map(|one| one.ended)), (began, Some(began)), "and so on");
        let before = journal.read(|journal| journal.transfer(FILE)).await.expect("read").expect("there");
        let (state, _) = tried(home.path(), &journal, None).await;
        let gets_further = matches!(state, TransferState::Waiting { code: ErrorCode::SignInEnded, .. });
        assert!(gets_further, "where it was not, it is: {state:?}");
        let after = journal.read(|journal| journal.transfer(FILE)).await.expect("read").expect("there");
        assert_ne!(before.fingerprint, after.fingerprint, "and holds what was sent");
    }
}
