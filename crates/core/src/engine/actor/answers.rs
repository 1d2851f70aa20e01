//! What a shell asks for and the feed does not tell: files of a folder, links, texts to copy, ends.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Actor, spawn};
use crate::engine::book::Kept;
use crate::engine::drive::{Report, Slice};
use crate::engine::feed::{FileSlice, Outcome, Target};
use crate::engine::feeds::named;
use crate::engine::pointing::{self, To};
use crate::engine::{Link, What, list};
use crate::error::{Error, ErrorCode, Result};
use crate::file::names;
use crate::ids::{BatchId, ItemId};
use crate::journal::{BatchRow, Ended, ItemRow, Problem, Reader, TransferRow};
use crate::transfer::{TransferState, checksum};

impl Actor {
    pub(super) async fn outcomes(&mut self) -> Vec<Outcome> {
        let mut ids = std::mem::take(&mut self.ended);
        let mut told = HashSet::new();
        ids.retain(|id| told.insert(*id));
        let Ok(rows) = named(&self.shared.journal, ids.clone()).await else {
            self.ended = ids;
            return Vec::new();
        };
        let outcome = |row: TransferRow| {
            let at = self.shelf.book.index(row.id)?;
            let slot = &self.shelf.book.slots[at as usize];
            let batch = self.shelf.batches.get(&self.shelf.book.item_of(at).batch)?;
            let etag = match &row.standing.state {
                TransferState::Done { etag, .. } => Some(etag.clone()),
                _ => None,
            };
            Some(Outcome {
                id: row.id,
                batch: batch.id,
                path: names::shown(&row.path),
                // What could never be sent never had one.
                key: batch
                    .scope
                    .as_ref()
                    .filter(|_| !row.key.is_empty())
                    .map(|scope| format!("{}{}", scope.prefix, row.key)),
                size: slot.size,
                state: list::file_state(slot, None, 0, Kept::No, None),
                checksum: etag.as_ref().and(row.crc64).map(checksum::to_base64),
                etag,
            })
        };
        rows.into_iter().filter_map(outcome).collect()
    }

    /// Reads files of a folder, and tells of them. Of very many that takes its time: nobody waits for it but who asked.
    pub(super) fn look_at_files(
        &self,
        item: ItemId,
        search: String,
        first: u32,
        count: u32,
        to: oneshot::Sender<Result<FileSlice>>,
    ) {
        let shared = Arc::clone(&self.shared);
        spawn(async move {
            match shared.journal.read(move |journal| journal.files(item, &search, first, count)).await {
                Ok((total, rows)) => {
                    let _ = shared.reports.send(Report::Looked { item, at: Slice { first, total, rows }, to });
                }
                Err(error) => drop(to.send(Err(error))),
            }
        });
    }

    /// As they stand by now.
    pub(super) fn shown_files(&self, item: ItemId, at: &Slice) -> FileSlice {
        let of = self.shelf.book.item(item);
        let (kept, drive) =
            (of.map_or(Kept::No, |item| self.shelf.kept(item)), of.and_then(|item| item.drive.as_deref()));
        let row = |row: &TransferRow| {
            let slot = &self.shelf.book.slots[self.shelf.book.index(row.id)? as usize];
            let live = self.shelf.running.get(&row.id).map(|live| &**live);
            Some(list::file_row(slot, row, live, kept, drive))
        };
        FileSlice { first: at.first, total: at.total, rows: at.rows.iter().filter_map(row).collect() }
    }

    /// The gesture that something came with, in the list or taken off it.
    pub(super) async fn batch_of(&self, target: Target) -> Result<BatchId> {
        let book = &self.shelf.book;
        let batch = match target {
            Target::Batch(id) => Some(id),
            Target::Item(id) => book.item(id).map(|item| item.batch),
            Target::Transfer(id) => book.index(id).map(|at| book.item_of(at).batch),
        };
        match batch {
            Some(batch) => Ok(batch),
            None => self.found(target).await.map(|(batch, ..)| batch.id),
        }
    }

    /// The row and transfer that a text is wanted of, in the list or taken off it.
    async fn found(&self, target: Target) -> Result<(BatchRow, ItemRow, Option<TransferRow>)> {
        let found = self.shared.journal.read(move |journal| on_record(journal, target)).await?;
        found.ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no such row"))
    }

    /// Whether all of a row is there.
    async fn is_all_there(&self, id: ItemId) -> Result<bool> {
        if let Some(item) = self.shelf.book.item(id) {
            return Ok(item.counts.done() == item.counts.all());
        }
        let entry = self.shared.journal.read(move |journal| journal.history_of(id)).await?;
        Ok(entry.is_some_and(|entry| entry.result == Ended::Done))
    }

    pub(super) async fn link(&self, target: Target) -> Result<Link> {
        let (batch, item, file) = self.found(target).await?;
        let all = self.is_all_there(item.id).await?;
        let to = file.as_ref().map_or(To::Folder(&item.name, all), |file| To::Object(&file.key, &file.standing.state));
        pointing::link(&batch, &to).ok_or_else(|| Error::new(ErrorCode::BadInput).detail("there is no link yet"))
    }

    pub(super) async fn text(&self, target: Target, what: What) -> Result<String> {
        let (batch, item, file) = self.found(target).await?;
        let none = || Error::new(ErrorCode::BadInput).detail("there is none");
        let prefix = batch.scope.as_ref().map(|scope| scope.prefix.clone());
        match (what, file) {
            (What::From, file) => Ok(names::shown(&file.map_or(item.path, |file| file.path))),
            (What::Key, Some(file)) => prefix.map(|prefix| format!("{prefix}{}", file.key)).ok_or_else(none),
            (What::Checksum, Some(file)) => file.crc64.map(checksum::to_base64).ok_or_else(none),
            (What::Etag, Some(file)) => match file.standing.state {
                TransferState::Done { etag, .. } => Ok(etag),
                _ => Err(none()),
            },
            (What::Version, Some(file)) => {
                let version = self.shared.journal.read(move |journal| journal.version(file.id)).await?;
                version.ok_or_else(none)
            }
            (What::Reference, Some(file)) => {
                let words = |p: Problem| format!("{} {} {}", p.code, p.request_id.unwrap_or_default(), p.detail);
                file.problem.map(words).ok_or_else(none)
            }
            (What::Key | What::Checksum | What::Etag | What::Version | What::Reference, None) => Err(none()),
        }
    }
}

/// A row with its gesture, and the file that is meant: the only one of a row that is no folder.
fn on_record(journal: &Reader, target: Target) -> Result<Option<(BatchRow, ItemRow, Option<TransferRow>)>> {
    let (item, file) = match target {
        Target::Batch(_) => return Ok(None),
        Target::Item(id) => (id, None),
        Target::Transfer(id) => match journal.transfer(id)? {
            Some(file) => (file.item, Some(file)),
            None => return Ok(None),
        },
    };
    let Some(item) = journal.item(item)? else { return Ok(None) };
    let file = match file {
        None if !item.folder => journal.only_file(item.id)?,
        file => file,
    };
    Ok(journal.batch(item.batch)?.map(|batch| (batch, item, file)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::credentials::Scope;
    use crate::engine::fixture::{FILE, records, rows, start};
    use crate::engine::{Engine, Holds, Start};
    use crate::transfer::{OnS3, Standing};
    use crate::units::UnixTime;

    #[tokio::test]
    async fn files_of_a_folder_that_take_long_to_read_hold_up_nobody_but_who_asked() {
        let home = tempfile::tempdir().expect("a folder");
        let records = records(home.path(), rows(Path::new("/cut.mov"), Standing::NEW)).await;
        let journal = records.0.clone();
        let start = Start { hold: true, ..start(home.path(), records) };
        let engine = Engine::start(start, &tokio::runtime::Handle::current());
        let asks = async || {
            let told = tokio::time::timeout(Duration::from_secs(10), engine.waits()).await;
            told.expect("in time").expect("told")
        };
        asks().await;
        let (goes_on, held) = std::sync::mpsc::channel::<()>();
        let reads = journal.read(move |_| Ok(held.recv().is_ok()));
        let looks = engine.folder_files(ItemId::new(1), "", 0, 10);
        let meanwhile = async {
            asks().await;
            goes_on.send(()).expect("it is read");
        };
        let (read, looked, ()) = tokio::join!(reads, looks, meanwhile);
        assert!(read.expect("read"));
        assert_eq!(looked.expect("read").total, 1);
    }

    #[tokio::test]
    async fn what_was_taken_off_the_list_before_this_start_has_its_link_and_its_place_still() {
        let done = TransferState::Done { etag: "e".to_owned(), at: UnixTime(7) };
        let (mut batch, item, file) = rows(Path::new("/cut.mov"), Standing { state: done, on_s3: OnS3::Nothing });
        batch.destination.link_template = Some("https://example.com/{key}".to_owned());
        batch.scope = Some(Scope { bucket: "media".into(), prefix: "rushes/".into(), region: "eu-central-1".into() });
        let home = tempfile::tempdir().expect("a folder");
        let records = records(home.path(), (batch, ItemRow { removed: true, ..item.clone() }, file)).await;
        let actor = Actor::new(start(home.path(), records));
        assert!(actor.shelf.book.item(item.id).is_none(), "the list knows nothing of it");
        for target in [Target::Item(item.id), Target::Transfer(FILE)] {
            let link = actor.link(target).await.expect("a link");
            assert_eq!((&*link.url, link.holds), ("https://example.com/rushes/cut.mov", Holds::Now));
            assert_eq!(actor.text(target, What::From).await.expect("a place"), "/cut.mov");
            assert_eq!(actor.text(target, What::Etag).await.expect("its proof"), "e");
            assert_eq!(actor.text(target, What::Version).await.expect_err("none").code, ErrorCode::BadInput);
            assert_eq!(actor.batch_of(target).await.expect("its gesture"), item.batch);
        }
        assert_eq!(actor.link(Target::Item(ItemId::new(9))).await.expect_err("nothing").code, ErrorCode::BadInput);
    }
}
