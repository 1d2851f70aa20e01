//! A company is forgotten: what is not done of it is given up, and once nothing runs its rows go from the records. The list is then
//! what the records have, as at a start.

use std::collections::HashSet;

use tokio::sync::oneshot;

use super::Actor;
use crate::credentials::Remote;
use crate::engine::feed::Action;
use crate::engine::feeds::Subscriber;
use crate::engine::shelf::Shelf;
use crate::error::{Error, ErrorCode, Result};
use crate::journal::{BatchRow, Reader, Write};
use crate::transfer::Input;

/// A company by its address, and who waits for that.
pub(super) type Asked = (String, oneshot::Sender<Result<()>>);

impl Actor {
    /// Begins nothing any more, and gives up all of a company's that is not done. What cannot be put on record now goes with its
    /// rows.
    pub(super) async fn give_up(&mut self, company: &str, reply: oneshot::Sender<()>) {
        self.hold = true;
        let its = |batch: &&BatchRow| batch.remote.as_ref().is_some_and(|remote| remote.is_of(company));
        let batches: HashSet<_> = self.shelf.batches.values().filter(its).map(|batch| batch.id).collect();
        self.keep_for_found(Action::Cancel, |item| batches.contains(&item.batch)).await;
        let book = &self.shelf.book;
        let slots = (0u32..).zip(&book.slots);
        let files = slots.filter(|(_, slot)| batches.contains(&book.items[slot.item as usize].batch));
        let files: Vec<_> = files.map(|(at, _)| at).collect();
        if let Err(error) = self.change(Action::Cancel, files).await {
            tracing::warn!(%error, "what a company was given is not given up on record");
        }
        self.coming_to_rest.push(reply);
    }

    /// Nothing is waited for any more but that nothing runs.
    pub(super) fn is_to_forget(&mut self, company: String, reply: oneshot::Sender<Result<()>>) {
        self.hold = true;
        self.sweeps.clear();
        self.active.values().for_each(|active| active.stop.because(Input::Restarted));
        self.forgetting = Some((company, reply));
    }

    /// The rows go.
    pub(super) async fn forget_once_all_rests(&mut self) {
        if !self.active.is_empty() {
            return;
        }
        let Some((company, reply)) = self.forgetting.take() else { return };
        let _ = reply.send(self.forget(company).await);
    }

    /// What was given while it was signed in to still, and comes after that, is not taken.
    ///
    /// # Errors
    /// `destination-gone`.
    pub(super) fn may_be_taken(&self, remote: &Remote) -> Result<()> {
        if self.forgotten.iter().any(|company| remote.is_of(company)) {
            return Err(Error::new(ErrorCode::DestinationGone).detail("its company was forgotten"));
        }
        Ok(())
    }

    /// Who connects to a company again knows it again.
    pub(super) fn knows_again(&mut self, remote: Option<&Remote>) {
        self.forgotten.retain(|company| !remote.is_some_and(|remote| remote.is_of(company)));
    }

    async fn forget(&mut self, company: String) -> Result<()> {
        // Where others' files stand has to be on record: what is not is forgotten, too.
        self.pay().await;
        self.forgotten.insert(company.clone());
        self.shared.journal.write(vec![Write::ForgetCompany(company)]).await?;
        let recovered = self.shared.journal.read(Reader::recover).await?;
        self.asked_of_folders = recovered.asked.iter().copied().collect();
        let mut shelf = Shelf::from(recovered);
        shelf.limiting = std::mem::take(&mut self.shelf.limiting);
        shelf.signed_out = self.shelf.signed_out;
        shelf.turn_to(self.shared.routes.remote());
        self.shelf = shelf;
        self.only_what_is_there();
        self.look_at_limits();
        for mount in self.away.keys().cloned().collect::<Vec<_>>() {
            self.mount_is(&mount, true);
        }
        self.feeds.iter_mut().for_each(Subscriber::looks_anew);
        self.dirty = true;
        Ok(())
    }

    /// Of what is in the list no more nothing is remembered.
    fn only_what_is_there(&mut self) {
        let book = &self.shelf.book;
        self.owed.retain(|id, _| book.index(*id).is_some());
        self.held.retain(|id, _| book.index(*id).is_some());
        self.woken.retain(|id, _| book.index(*id).is_some());
        self.ended.retain(|id| book.index(*id).is_some());
        self.walking.retain(|id| book.item(*id).is_some());
        self.asked_unrecorded.retain(|id| book.item(*id).is_some());
        self.over.retain(|id| book.item(*id).is_some());
        let batches = &self.shelf.batches;
        self.ending.retain(|id| batches.contains_key(id));
        self.unnoted.retain(|id| batches.contains_key(id));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::credentials::Giver;
    use crate::engine::actor::Active;
    use crate::engine::drive::Stop;
    use crate::engine::feed::{Filter, Target};
    use crate::engine::fixture::{FILE, kind, records, rows, start};
    use crate::ids::{BatchId, ItemId, TransferId, UploadId};
    use crate::journal::{ItemRow, Journal, TransferRow};
    use crate::transfer::{OnS3, Standing, TransferState};

    const ONE: &str = "https://one.example";

    fn remote(address: &str) -> Remote {
        Remote { giver: Giver::Company { address: address.to_owned() }, store: None }
    }

    /// An engine with a file of the company, which has something in S3, and one of another.
    async fn actor(home: &Path) -> Actor {
        let standing = Standing { state: TransferState::Uploading, on_s3: OnS3::Upload(UploadId("u".into())) };
        let (batch, item, file) = rows(Path::new("/cut.mov"), standing);
        let other = (BatchId::new(2), ItemId::new(2), TransferId::new(2));
        let (journal, _) = Journal::open(home).expect("opened");
        let all = vec![
            Write::Batch(
                BatchRow { id: other.0, remote: Some(remote("https://other.example")), ..batch.clone() }.into(),
            ),
            Write::Item(ItemRow { id: other.1, batch: other.0, ..item.clone() }),
            Write::Transfer(TransferRow { id: other.2, item: other.1, standing: Standing::NEW, ..file.clone() }.into()),
        ];
        journal.write(all).await.expect("written");
        drop(journal);
        let its = (BatchRow { remote: Some(remote(ONE)), ..batch }, item, file);
        Actor::new(start(home, records(home, its).await))
    }

    #[tokio::test]
    async fn what_a_company_was_given_is_given_up_and_then_gone_and_what_another_was_stays_in_line() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = actor(home.path()).await;
        let (reply, mut rests) = oneshot::channel();
        actor.give_up(ONE, reply).await;
        actor.tell_that_all_rests();
        rests.try_recv().expect("nothing runs");
        assert!(actor.hold);
        let rest = |actor: &Actor, id: u64| {
            let at = actor.shelf.book.index(TransferId::new(id)).expect("in the list");
            kind(actor.shelf.book.slots[at as usize].rest)
        };
        assert_eq!((rest(&actor, 1), rest(&actor, 2)), ("cancelled", "queued"));

        let (reply, mut forgotten) = oneshot::channel();
        actor.is_to_forget(ONE.to_owned(), reply);
        actor.forget_once_all_rests().await;
        forgotten.try_recv().expect("answered").expect("written");
        let listed: Vec<_> = actor.shelf.book.rows(Filter::All).map(|(item, _)| item.id.get()).collect();
        assert_eq!((listed, rest(&actor, 2)), (vec![2], "queued"));
        assert!(actor.sweeps.is_empty() && actor.over.is_empty() && actor.ending.is_empty());
        let row = actor.shared.journal.read(|journal| journal.transfer(FILE)).await.expect("read");
        assert!(row.is_none(), "{row:?}");
        let its = remote(ONE);
        assert_eq!(actor.may_be_taken(&its).expect_err("late").code, ErrorCode::DestinationGone);
        actor.knows_again(Some(&its));
        actor.may_be_taken(&its).expect("it is connected to again");
        let reply = actor.act(Action::Retry, vec![Target::Transfer(FILE)]).await.expect("nothing to do");
        assert_eq!(reply.count, 0);
        assert_eq!(actor.batch_of(Target::Transfer(FILE)).await.expect_err("gone").code, ErrorCode::BadInput);
    }

    #[tokio::test]
    async fn rows_go_once_nothing_runs_and_not_before() {
        let home = tempfile::tempdir().expect("a folder");
        let mut actor = actor(home.path()).await;
        let active = Active { stop: Stop::default(), large: false, to: 0, asked: None, then: None };
        actor.active.insert(FILE, active);
        let (reply, mut forgotten) = oneshot::channel();
        actor.is_to_forget(ONE.to_owned(), reply);
        actor.forget_once_all_rests().await;
        assert!(forgotten.try_recv().is_err() && actor.shelf.book.index(FILE).is_some());
        actor.active.clear();
        actor.forget_once_all_rests().await;
        forgotten.try_recv().expect("answered").expect("written");
        assert!(actor.shelf.book.index(FILE).is_none());
    }
}
