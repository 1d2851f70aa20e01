//! What a shell asks for and the feed does not tell: files of a folder, links, texts to copy, ends.

use std::collections::HashSet;

use super::Actor;
use crate::engine::book::Kept;
use crate::engine::feed::{FileSlice, Outcome, Target};
use crate::engine::feeds::named;
use crate::engine::pointing::{self, To};
use crate::engine::{Link, What, list};
use crate::error::{Error, ErrorCode, Result};
use crate::file::names;
use crate::ids::{BatchId, ItemId};
use crate::journal::{BatchRow, ItemRow, Problem, TransferRow};
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

    pub(super) async fn folder_files(&self, item: ItemId, search: String, first: u32, count: u32) -> Result<FileSlice> {
        let look = move |journal: &crate::journal::Reader| journal.files(item, &search, first, count);
        let (total, rows) = self.shared.journal.read(look).await?;
        let of = self.shelf.book.item(item);
        let (kept, drive) =
            (of.map_or(Kept::No, |item| self.shelf.kept(item)), of.and_then(|item| item.drive.as_deref()));
        let row = |row: &TransferRow| {
            let slot = &self.shelf.book.slots[self.shelf.book.index(row.id)? as usize];
            let live = self.shelf.running.get(&row.id).map(|live| &**live);
            Some(list::file_row(slot, row, live, kept, drive))
        };
        Ok(FileSlice { first, total, rows: rows.iter().filter_map(row).collect() })
    }

    /// The gesture that something came with.
    pub(super) fn batch_of(&self, target: Target) -> Result<BatchId> {
        let book = &self.shelf.book;
        let batch = match target {
            Target::Batch(id) => Some(id),
            Target::Item(id) => book.item(id).map(|item| item.batch),
            Target::Transfer(id) => book.index(id).map(|at| book.item_of(at).batch),
        };
        batch.ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no such row"))
    }

    /// The row and transfer that a text is wanted of.
    async fn found(&self, target: Target) -> Result<(BatchRow, ItemRow, Option<TransferRow>)> {
        let gone = || Error::new(ErrorCode::BadInput).detail("no such row");
        let (item, file) = match target {
            Target::Batch(_) => return Err(gone()),
            Target::Item(id) => {
                let item = self.shelf.book.item(id).ok_or_else(gone)?;
                (item, item.first.filter(|_| !item.folder))
            }
            Target::Transfer(id) => {
                let at = self.shelf.book.index(id).ok_or_else(gone)?;
                (self.shelf.book.item_of(at), Some(id))
            }
        };
        let batch = self.shelf.batches.get(&item.batch).cloned().ok_or_else(gone)?;
        let id = item.id;
        let look = move |journal: &crate::journal::Reader| {
            Ok((journal.item(id)?, file.map(|file| journal.transfer(file)).transpose()?.flatten()))
        };
        let (item, file) = self.shared.journal.read(look).await?;
        Ok((batch, item.ok_or_else(gone)?, file))
    }

    pub(super) async fn link(&self, target: Target) -> Result<Link> {
        let (batch, item, file) = self.found(target).await?;
        let all = self.shelf.book.item(item.id).is_some_and(|item| item.counts.done() == item.counts.all());
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
            (What::Reference, Some(file)) => {
                let words = |p: Problem| format!("{} {} {}", p.code, p.request_id.unwrap_or_default(), p.detail);
                file.problem.map(words).ok_or_else(none)
            }
            (What::Key | What::Checksum | What::Reference, None) => Err(none()),
        }
    }
}
