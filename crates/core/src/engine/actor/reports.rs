//! What drives, walks and chores tell: the book follows.

use super::Actor;
use crate::engine::Rested;
use crate::engine::book::Rest;
use crate::engine::drive::Report;
use crate::error::{ErrorCode, Fact};
use crate::ids::TransferId;
use crate::journal::Write;
use crate::transfer::{Input, Standing, TransferState, step};
use crate::units::ByteCount;

impl Actor {
    pub(super) async fn report(&mut self, report: Report) {
        self.dirty = true;
        match &report {
            Report::Stands { .. } | Report::Found { .. } | Report::Anew { .. } | Report::Walked { .. } => {
                self.shelf.stuck = None;
            }
            Report::Bound { .. }
            | Report::Mount { .. }
            | Report::Forgotten { .. }
            | Report::Rests { .. }
            | Report::Stuck { .. }
            | Report::Looked { .. }
            | Report::Swept { .. }
            | Report::HandedOver { .. } => {}
        }
        match report {
            Report::Stuck { code } => self.shelf.stuck = Some(code),
            Report::Stands { id, state } => {
                let Some(at) = self.shelf.book.index(id) else { return };
                // What is at an end is told with the rest, once nothing runs.
                if let Rest::Active { verifying } = Rest::of(&state) {
                    let slot = self.shelf.book.slots[at as usize];
                    self.set(at, Rest::Active { verifying }, slot.size, slot.acknowledged);
                }
            }
            Report::Bound { batch, scope } => {
                if let Some(batch) = self.shelf.batches.get_mut(&batch) {
                    batch.scope.get_or_insert(scope);
                }
            }
            Report::Rests { id, standing, size, sent, held } => {
                match held {
                    Some(held) => self.held.insert(id, held),
                    None => self.held.remove(&id),
                };
                self.rests(id, &standing, size, sent).await;
            }
            Report::Found { item, files, skipped } => {
                let ids: Vec<_> = files.iter().map(|(id, ..)| *id).collect();
                for (id, size, standing) in files {
                    self.shelf.book.add(id, item, size, &standing, ByteCount::ZERO);
                    if matches!(standing.state, TransferState::Failed { .. }) {
                        self.ended.push(id);
                    }
                }
                if let Some(item) = self.shelf.book.item_mut(item) {
                    item.skipped = skipped;
                }
                self.do_as_asked(&ids).await;
            }
            Report::Mount { mount, away } => self.mount_is(&mount, away),
            Report::Looked { item, at, to } => drop(to.send(Ok(self.shown_files(item, &at)))),
            Report::Swept { left } => self.leftovers.ended(left),
            Report::HandedOver { left } => self.receipts.ended(left),
            Report::Anew { files } => {
                let ids: Vec<_> = files.iter().map(|(id, _)| *id).collect();
                self.anew(files);
                self.do_as_asked(&ids).await;
            }
            Report::Forgotten { files } => self.shelf.book.forget(&files),
            Report::Walked { item } => {
                self.walking.remove(&item);
                // With the end of the walk it is gone from the records, too.
                self.asked_of_folders.remove(&item);
                self.asked_unrecorded.remove(&item);
                if let Some(row) = self.shelf.book.item_mut(item) {
                    row.counting = false;
                    let batch = row.batch;
                    self.may_end(item, batch);
                }
            }
        }
    }

    /// Puts on record what could not be before. Nothing begins until then.
    pub(super) async fn pay(&mut self) {
        self.record_what_is_asked().await;
        for (id, standing) in self.owed.clone() {
            match self.shared.journal.write(vec![Write::Standing(id, standing)]).await {
                // A row that is damaged is never written on, and nobody waits for it.
                Err(error) if error.code != ErrorCode::JournalDamaged => {
                    tracing::warn!(%id, %error, "where a transfer stands could not be put on record yet");
                    self.shelf.stuck = Some(error.code);
                    return;
                }
                _ => self.owed.remove(&id),
            };
        }
    }

    /// Tells who follows watched folders where a file of one stands.
    pub(super) fn tell_follower(&self, at: u32, state: &TransferState) {
        if let (Some(follower), Some(watch)) = (&self.follower, self.shelf.book.item_of(at).watch) {
            let transfer = self.shelf.book.slots[at as usize].id;
            let _ = follower.send(Rested { watch, transfer, state: state.clone() });
        }
    }

    async fn rests(&mut self, id: TransferId, standing: &Standing, size: ByteCount, sent: ByteCount) {
        let told = self.shelf.running.remove(&id).and_then(|live| live.problem());
        if let Some(Fact::ClockOff { seconds }) = told.and_then(|problem| problem.fact) {
            self.shelf.clock_off = Some(seconds);
        }
        let (asked, then) = self.active.remove(&id).map_or((None, None), |active| (active.asked, active.then));
        let Some(at) = self.shelf.book.index(id) else { return };
        // A drive that never left the line rests as it was found.
        let rest = match Rest::of(&standing.state) {
            Rest::Active { .. } => Rest::Queued,
            rest => rest,
        };
        let slot = self.shelf.book.slots[at as usize];
        let sent = if sent == ByteCount::ZERO && standing.on_s3 != crate::transfer::OnS3::Nothing {
            slot.acknowledged
        } else {
            sent
        };
        self.shelf.book.set(at, rest, size, sent, &standing.on_s3);
        if let Rest::Waiting { code: ErrorCode::SourceOffline, .. } = rest
            && let Some(mount) = self.shelf.book.item_of(at).mount.clone()
        {
            self.mount_is(&mount, true);
        }
        // Asked to rest at the very moment it rested by itself: ask again, now of its standing.
        let mut standing = standing.clone();
        if let Some(input) = asked {
            let missed = match input {
                Input::Cancel(_) => !matches!(rest, Rest::Done { .. } | Rest::Cancelled { .. }),
                _ => matches!(rest, Rest::Queued | Rest::Waiting { .. }),
            };
            if missed && let Ok((next, _)) = step(&standing, input) {
                self.owes(at, next.clone());
                self.pay().await;
                standing = next;
            }
        }
        self.may_have_ended(at);
        self.tell_follower(at, &standing.state);
        if let Some(input) = then {
            self.last_word(at, &standing, input).await;
        }
        if matches!(self.shelf.book.slots[at as usize].rest, Rest::Cancelled { .. })
            && self.shelf.book.slots[at as usize].on_s3
            && !self.sweeps.contains_key(&id)
            && self.swept.is_empty()
        {
            self.sweeps.insert(id, self.until_final());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::time::{Duration, Instant};

    use super::*;
    use crate::engine::actor::Active;
    use crate::engine::book::Item;
    use crate::engine::drive::Stop;
    use crate::engine::feed::{Action, PausedBy};
    use crate::engine::fixture::{FILE, kind, records, rows, start};
    use crate::ids::{BatchId, ItemId, PartNumber, UploadId};
    use crate::transfer::OnS3;
    use crate::units::{ByteRate, UnixTime};

    const AT: UnixTime = UnixTime(7);

    fn standing(state: TransferState) -> Standing {
        Standing { state, on_s3: OnS3::Upload(UploadId("u".into())) }
    }

    fn paused() -> TransferState {
        TransferState::Paused { by: PausedBy::You, since: AT }
    }

    #[tokio::test]
    async fn what_an_earlier_process_sent_is_there_at_once_and_is_no_speed_of_this_one() {
        let home = tempfile::tempdir().expect("a folder");
        let records = records(home.path(), rows(Path::new("/cut.mov"), standing(TransferState::Queued))).await;
        let mut actor = Actor::new(start(home.path(), records));
        let (size, sent) = (ByteCount(10_000_000), ByteCount(9_000_000));
        actor.set(0, Rest::Queued, size, sent);
        actor.start(0, Input::Admit);
        let begun = Instant::now();
        actor.shelf.sample(begun);
        assert_eq!(actor.shelf.totals(begun).sent, sent);
        // Its drive looks a little later at what is there.
        actor.shelf.running[&FILE].begin([(PartNumber::FIRST, sent.get())]);
        let now = begun + Duration::from_secs(1);
        actor.shelf.sample(now);
        let totals = actor.shelf.totals(now);
        assert_eq!((totals.sent, totals.speed), (sent, ByteRate(0)));
    }

    /// An engine whose one file runs.
    async fn actor(home: &Path) -> Actor {
        let records = records(home, rows(Path::new("/cut.mov"), standing(TransferState::Uploading))).await;
        let mut actor = Actor::new(start(home, records));
        let active = Active { stop: Stop::default(), large: false, to: 0, asked: None, then: None };
        actor.active.insert(FILE, active);
        actor.set(0, Rest::Active { verifying: false }, ByteCount(1), ByteCount::ZERO);
        actor
    }

    /// A hundred that run for one store, which is not reached, and files that are in line for that and for another.
    #[tokio::test]
    async fn what_one_destination_holds_up_holds_up_no_other() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = actor(home.path()).await;
        for n in 100..200 {
            let active = Active { stop: Stop::default(), large: n % 2 == 0, to: 0, asked: None, then: None };
            actor.active.insert(TransferId::new(n), active);
        }
        for (n, to, size) in [(2, 0, 1), (3, 0, 64 << 20), (4, 1, 1), (5, 1, 64 << 20)] {
            let (item, size) = (ItemId::new(n), ByteCount(size));
            actor.shelf.book.add_item(Item { to, ..Item::new(item, BatchId::new(1), "cut.mov") });
            actor.shelf.book.add(TransferId::new(n), item, size, &Standing::NEW, ByteCount::ZERO);
        }
        actor.shelf.signed_out = None;
        actor.admit();
        let begun: Vec<_> = (2..=5).filter(|n| actor.active.contains_key(&TransferId::new(*n))).collect();
        assert_eq!(begun, [4, 5]);
    }

    /// Who asks something of the file.
    #[derive(Clone, Copy, Debug)]
    enum Asks {
        Person(Action),
        /// The hours of its watched folder are over, or begin.
        Hours(bool),
        /// The folder is watched no more.
        Removed,
        /// The folder tries again what failed.
        Retries,
    }

    /// Where the file is when a person asked all this while it ran, and then it rested so.
    async fn after(asked: &[Action], state: TransferState) -> (Rest, Standing, usize) {
        after_all(&asked.iter().copied().map(Asks::Person).collect::<Vec<_>>(), state).await
    }

    /// The same of whoever asks.
    async fn after_all(asked: &[Asks], state: TransferState) -> (Rest, Standing, usize) {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = actor(home.path()).await;
        for one in asked {
            match *one {
                Asks::Person(action) => actor.change(action, vec![0]).await.map(drop),
                Asks::Hours(over) => actor.keep_hours(&[FILE], over).await,
                Asks::Removed => actor.go_on_alone(&[FILE]).await,
                Asks::Retries => actor.try_again(&[FILE]).await,
            }
            .expect("asked");
        }
        let standing = standing(state);
        actor.shared.journal.write(vec![Write::Standing(FILE, standing.clone())]).await.expect("written");
        let (size, sent) = (ByteCount(1), ByteCount::ZERO);
        actor.report(Report::Rests { id: FILE, standing, size, sent, held: None }).await;
        let row = actor.shared.journal.read(|journal| journal.transfer(FILE)).await.expect("read");
        (actor.shelf.book.slots[0].rest, row.expect("there").standing, actor.ended.len())
    }

    #[tokio::test]
    async fn a_cancel_that_came_while_a_pause_was_put_on_record_counts() {
        for rested in [paused(), TransferState::Queued, TransferState::Failed { code: ErrorCode::AccessDenied }] {
            let (rest, on_record, ended) = after(&[Action::Pause, Action::Cancel], rested).await;
            assert!(matches!(rest, Rest::Cancelled { .. }), "{rest:?}");
            assert!(matches!(on_record.state, TransferState::Cancelled { .. }), "{on_record:?}");
            assert_eq!(ended, 1, "it is told");
        }
    }

    #[tokio::test]
    async fn whatever_was_asked_last_before_it_rests_is_what_becomes_of_it() {
        use Action as A;
        let cancelled = || TransferState::Cancelled { at: AT };
        let waits = || TransferState::Waiting { code: ErrorCode::StorageBusy, until: None };
        for (asked, rested, wanted) in [
            (vec![A::Pause], paused(), "paused"),
            (vec![A::Pause], waits(), "paused"),
            (vec![A::Pause, A::Resume], paused(), "queued"),
            (vec![A::Pause, A::Resume], waits(), "queued"),
            (vec![A::Pause, A::Retry], paused(), "queued"),
            (vec![A::Pause, A::Resume, A::Pause], paused(), "paused"),
            (vec![A::Pause, A::Resume, A::Cancel], paused(), "cancelled"),
            (vec![A::Pause, A::Cancel, A::Undo], paused(), "queued"),
            (vec![A::Cancel, A::Undo], cancelled(), "queued"),
            (vec![A::Cancel, A::Undo], waits(), "queued"),
            // What is cancelled is not paused by that.
            (vec![A::Cancel, A::Pause], cancelled(), "cancelled"),
            (vec![A::Cancel, A::Pause], paused(), "cancelled"),
            (vec![A::Cancel, A::Pause, A::Undo], cancelled(), "queued"),
            (vec![A::Cancel, A::Undo, A::Pause], cancelled(), "paused"),
            (vec![A::Cancel, A::Undo, A::Pause, A::Resume], cancelled(), "queued"),
            (vec![A::Cancel, A::Undo, A::Cancel], cancelled(), "cancelled"),
        ] {
            let (rest, on_record, _) = after(&asked, rested.clone()).await;
            assert_eq!(kind(rest), wanted, "{asked:?}, {rested:?}");
            assert_eq!(kind(Rest::of(&on_record.state)), wanted, "on record: {asked:?}, {rested:?}");
        }
    }

    /// W26, W27: what a person asked of a file its folder does not take back, though it is still being carried out.
    #[tokio::test]
    async fn what_a_person_asks_of_a_file_that_runs_is_not_taken_back_by_its_folder() {
        use Asks::{Hours, Person, Removed, Retries};
        let cancelled = || TransferState::Cancelled { at: AT };
        let paused_by = |by| TransferState::Paused { by, since: AT };
        let (pause, cancel, undo) = (Person(Action::Pause), Person(Action::Cancel), Person(Action::Undo));
        for (asked, rested, wanted) in [
            (vec![pause, Hours(false)], paused(), "paused"),
            (vec![pause, Removed], paused(), "paused"),
            (vec![pause, Person(Action::Resume), Hours(false)], paused(), "queued"),
            (vec![cancel, Retries], cancelled(), "cancelled"),
            (vec![cancel, Removed], cancelled(), "cancelled"),
            (vec![cancel, undo, pause, Hours(false)], cancelled(), "paused"),
            (vec![cancel, undo, pause, Hours(true), Hours(false)], cancelled(), "paused"),
            (vec![Removed, pause], paused(), "paused"),
            // What the folder asked it takes back.
            (vec![Hours(true), Hours(false)], paused_by(PausedBy::Schedule), "queued"),
            (vec![Hours(true), Removed], paused_by(PausedBy::Schedule), "queued"),
            (vec![cancel, undo, Hours(true), Hours(false)], cancelled(), "queued"),
            // It rested for its folder at the very moment that this was watched no more.
            (vec![Removed], paused_by(PausedBy::Watch), "queued"),
        ] {
            let (rest, on_record, _) = after_all(&asked, rested.clone()).await;
            assert_eq!(kind(rest), wanted, "{asked:?}, {rested:?}");
            assert_eq!(kind(Rest::of(&on_record.state)), wanted, "on record: {asked:?}, {rested:?}");
        }
    }
}
