//! The hours in which a watched folder is sent (rule W26): outside them nothing is given to the engine, and what is under way
//! rests.

use std::path::Path;

use tokio::time::{Duration, Instant};

use super::folder::Folder;
use super::spec::Hours;
use crate::bandwidth::{self, Zone};
use crate::error::Result;
use crate::units::UnixTime;

/// Where there are hours, the clock on the wall is looked at when they begin and end, and so often at least: it may be set, and
/// the computer may sleep, and nobody tells.
const CLOCK: Duration = Duration::from_secs(5 * 60);
/// Files at a time.
pub(super) const AT_ONCE: usize = 1_024;

impl Folder {
    /// Whether nothing may be sent now.
    pub(super) fn is_shut(&self) -> bool {
        self.row.spec.hours.as_ref().is_some_and(|hours| !is_open(hours, &Zone::here(), UnixTime::now()))
    }

    /// When the clock is looked at again because of what is under way. Where there are no hours it is once: an earlier run that
    /// was killed may have left what rests for some.
    pub(super) fn hours_at(&self) -> Option<Instant> {
        (self.row.spec.hours.is_some() || self.rests.is_none()).then_some(self.clock)
    }

    /// Lets what is in line or under way rest where the hours are over, and go on where they begin.
    pub(super) async fn keep_hours(&mut self) -> Result<()> {
        let (zone, now) = (Zone::here(), UnixTime::now());
        let hours = self.row.spec.hours.as_ref();
        let rests = hours.is_some_and(|hours| !is_open(hours, &zone, now));
        self.clock = Instant::now() + hours.map_or(CLOCK, |hours| until_next_look(hours, &zone, now));
        if self.rests == Some(rests) {
            return Ok(());
        }
        let has_none = self.row.spec.hours.is_none();
        if self.rests.is_none() && has_none && !self.anything_rests().await? {
            self.rests = Some(false);
            return Ok(());
        }
        self.all_rest(rests).await
    }

    /// Whether anything rests for hours by the records.
    async fn anything_rests(&self) -> Result<bool> {
        let id = self.row.id;
        self.shared.journal.read(move |reader| reader.watched_rests(id)).await
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
        self.tally.is_stale();
        Ok(())
    }
}

fn is_open(hours: &Hours, zone: &Zone, now: UnixTime) -> bool {
    let (day, minute) = zone.reads(now);
    bandwidth::holds(&hours.days, (hours.from, hours.to), day, minute)
}

/// How long until the clock is looked at again.
fn until_next_look(hours: &Hours, zone: &Zone, now: UnixTime) -> Duration {
    let edge = zone.edges([hours.from, hours.to], now).first().copied();
    edge.map_or(CLOCK, |edge| Duration::from_secs(edge.0.saturating_sub(now.0)).min(CLOCK))
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
        folder.row.state = State::Paused { since: UnixTime(3), asks: false };
        let (done, answer) = tokio::sync::oneshot::channel();
        folder.asked(Ask::Change(Box::new(|row| row.spec.hours = None), done)).await;
        answer.await.expect("answered").expect("changed");
        let stands = stands(&folder).await;
        assert!(matches!(stands, TransferState::Queued), "{stands:?}");
    }

    /// W26: a kill came between the row that says so and what rests.
    #[tokio::test]
    async fn what_rests_for_hours_that_are_none_by_now_goes_on_at_the_next_start() {
        for by in [PausedBy::Schedule, PausedBy::You] {
            let home = tempfile::tempdir().expect("a folder");
            let standing = Standing { state: TransferState::Paused { by, since: UnixTime(2) }, on_s3: OnS3::Nothing };
            let (mut folder, _asks) = watched(home.path(), home.path(), |file| file.standing = standing).await;
            assert!(folder.hours_at().is_some_and(|at| at <= Instant::now()), "it is looked at once, whatever it does");
            folder.keep_hours().await.expect("kept");
            let stands = stands(&folder).await;
            assert_eq!(matches!(stands, TransferState::Queued), by == PausedBy::Schedule, "{stands:?}");
            assert_eq!((folder.hours_at(), folder.rests), (None, Some(false)), "and never again");
        }
    }

    /// W26: over days of which one has 25 hours.
    #[test]
    fn hours_that_pass_by_the_clock_are_noticed_as_they_begin_and_end_and_at_few_looks() {
        const DAYS: u64 = 8;
        // 2026-10-22, a Thursday at noon.
        const START: UnixTime = UnixTime(1_792_670_400);
        let zone = Zone::berlin();
        let all = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
        let hours = |days: &[Day], from: u16, to: u16| Hours { days: Days(days.iter().copied().collect()), from, to };
        // Nights, within the hour that is there twice, and one whole day.
        let cases = [hours(&all[..5], 22 * 60, 6 * 60), hours(&all, 150, 165), hours(&[Day::Sat], 0, 0)];
        for hours in cases {
            let (mut now, mut looks, mut turned) = (START, 0, 0);
            while now.0 < START.0 + DAYS * 86_400 {
                let open = is_open(&hours, &zone, now);
                let next = now.0 + until_next_look(&hours, &zone, now).as_secs();
                assert!(next > now.0, "it waits");
                for between in (now.0..next).step_by(30).chain([next - 1]).map(UnixTime) {
                    assert_eq!(is_open(&hours, &zone, between), open, "{hours:?} at {between:?}");
                }
                now = UnixTime(next);
                looks += 1;
                turned += u64::from(is_open(&hours, &zone, now) != open);
            }
            assert!(turned >= 2, "{hours:?} began and ended");
            assert!(looks <= DAYS * (86_400 / CLOCK.as_secs() + 4), "{looks} looks");
        }
    }
}
