//! The hours in which a watched folder is sent (rule W26): outside them nothing is given to the engine, and what is under way
//! rests.

use std::path::Path;

use tokio::time::{Duration, Instant};

use super::folder::Folder;
use super::spec::Hours;
use crate::bandwidth::{self, Zone};
use crate::error::Result;
use crate::units::UnixTime;

/// Where there are hours, the clock on the wall is looked at so often: nobody tells when it is set.
const CLOCK: Duration = Duration::from_secs(60);
/// Files at a time.
const AT_ONCE: usize = 1_024;

impl Folder {
    /// When the clock is looked at again, where nothing may be sent now.
    pub(super) fn opens_at(&self) -> Option<Instant> {
        let hours = self.row.spec.hours.as_ref()?;
        (!is_open(hours, UnixTime::now())).then(|| Instant::now() + CLOCK)
    }

    /// When the clock is looked at again because of what is under way.
    pub(super) fn hours_at(&self) -> Option<Instant> {
        self.row.spec.hours.as_ref().map(|_| self.clock)
    }

    /// Lets what is in line or under way rest where the hours are over, and go on where they begin.
    pub(super) async fn keep_hours(&mut self) -> Result<()> {
        let rests = self.opens_at().is_some();
        self.clock = Instant::now() + CLOCK;
        if self.rests == Some(rests) || (self.rests.is_none() && self.row.spec.hours.is_none()) {
            return Ok(());
        }
        self.all_rest(rests).await
    }

    /// There are no hours any more: what rests for them goes on, also where the folder itself rests.
    pub(super) async fn has_no_hours(&mut self) -> Result<()> {
        self.all_rest(false).await
    }

    async fn all_rest(&mut self, rests: bool) -> Result<()> {
        let id = self.row.id;
        let lines = self.shared.journal.read(move |reader| reader.watched_open_below(id, Path::new(""))).await?;
        let given: Vec<_> = lines.iter().filter_map(|line| line.row.decided.transfer()).collect();
        // The engine does other things in between.
        for some in given.chunks(AT_ONCE) {
            self.shared.engine.keep_hours(some.to_vec(), rests).await?;
        }
        self.rests = Some(rests);
        Ok(())
    }

    /// The folder is watched no more: what rests for it goes on.
    pub(super) async fn lets_go(&self) -> Result<()> {
        let id = self.row.id;
        let lines = self.shared.journal.read(move |reader| reader.watched_open_below(id, Path::new(""))).await?;
        let given: Vec<_> = lines.iter().filter_map(|line| line.row.decided.transfer()).collect();
        for some in given.chunks(AT_ONCE) {
            self.shared.engine.go_on_alone(some.to_vec()).await?;
        }
        Ok(())
    }
}

fn is_open(hours: &Hours, now: UnixTime) -> bool {
    let (day, minute) = Zone::here().reads(now);
    bandwidth::holds(&hours.days, (hours.from, hours.to), day, minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bandwidth::{Day, Days};
    use crate::engine::feed::PausedBy;
    use crate::transfer::{OnS3, Standing, TransferState};
    use crate::watch::fixture::{stands, watched};
    use crate::watch::folder::Ask;
    use crate::watch::record::State;

    /// W26: what rests for hours goes on once there are none, whatever the folder does.
    #[tokio::test]
    async fn what_rests_for_hours_goes_on_once_there_are_none_though_the_folder_rests() {
        let home = tempfile::tempdir().expect("a folder");
        let state = TransferState::Paused { by: PausedBy::Schedule, since: UnixTime(2) };
        let standing = Standing { state, on_s3: OnS3::Nothing };
        let (mut folder, _asks) = watched(home.path(), home.path(), |file| file.standing = standing).await;
        folder.row.spec.hours = Some(Hours { days: Days([Day::Mon].into()), from: 0, to: 1 });
        folder.row.state = State::Paused { since: UnixTime(3) };
        let (done, answer) = tokio::sync::oneshot::channel();
        folder.asked(Ask::Change(Box::new(|row| row.spec.hours = None), done)).await;
        answer.await.expect("answered").expect("changed");
        let stands = stands(&folder).await;
        assert!(matches!(stands, TransferState::Queued), "{stands:?}");
    }
}
