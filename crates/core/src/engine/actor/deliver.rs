//! What a watched folder found whole: gesture, item, files and the lines of its ledger go on record in one write, so that a
//! kill leaves all of it or nothing. However many files a folder has that goes as one: between two writes a kill would make two
//! rows and two receipts of it, and the first files could be at an end, and with them the row, before the last are on record.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Actor;
use crate::credentials::Remote;
use crate::engine::book::{BELOW, Rest};
use crate::engine::feed::{Event, PausedBy};
use crate::engine::intake;
use crate::error::Result;
use crate::file::Stamp;
use crate::ids::{TransferId, WatchId};
use crate::journal::{BatchRow, ItemRow, Sweep, WatchedRow, Write};
use crate::session::{Collision, Destination};
use crate::transfer::{Input, OnS3, TransferState, step};
use crate::units::{ByteCount, UnixTime};
use crate::watch::record::{Aftermath, Decided};
use crate::watch::spec::Priority;

/// Files of a watched folder that are whole. They become one row of the list.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Which watched folder.
    pub(crate) watch: WatchId,
    /// Where it lies.
    pub(crate) root: PathBuf,
    /// Where its drive is mounted, where that can be taken away.
    pub(crate) mount: Option<PathBuf>,
    /// What the row is called, where it is of several files.
    pub(crate) name: String,
    /// Where in the destination they go.
    pub(crate) under: String,
    pub(crate) destination: Destination,
    pub(crate) remote: Remote,
    pub(crate) collision: Collision,
    pub(crate) priority: Priority,
    pub(crate) files: Vec<Whole>,
    /// Whether they are still written, and what is there of them is sent already.
    pub(crate) grow: bool,
    /// What is to become of them once they are safely there.
    pub(crate) after: Option<Aftermath>,
}

/// A file that is whole.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    /// Its folder, from the watched one on.
    pub(crate) folder: PathBuf,
    pub(crate) name: OsString,
    /// The version.
    pub(crate) stamp: Stamp,
}

impl Actor {
    /// Answers the transfers, in the order of the files.
    pub(super) async fn deliver(&mut self, delivery: Delivery) -> Result<Vec<TransferId>> {
        let Delivery { watch, root, mount, name, under, destination, remote, collision, priority, files, grow, after } =
            delivery;
        let batch = BatchRow {
            id: self.numbers.batch(),
            added: UnixTime::now(),
            destination,
            collision,
            scope: None,
            remote: Some(remote),
            told: true,
        };
        let name = match &*files {
            [] => return Ok(Vec::new()),
            [one] => one.name.to_string_lossy().into_owned(),
            _ => name,
        };
        let item = ItemRow {
            id: self.numbers.item(),
            batch: batch.id,
            added: batch.added,
            path: root,
            name,
            folder: files.len() > 1,
            counted: true,
            skipped: 0,
            removed: false,
            mount,
            sweep: Some(Sweep { watch, under }),
        };
        let mut rows: Vec<_> = files.iter().map(|file| intake::found_whole(&item, file, &self.numbers)).collect();
        intake::part(&mut rows, collision, |_| false);
        let rank = match priority {
            Priority::AsManual => None,
            Priority::Below => Some(item.id.get().cast_signed().saturating_add(BELOW)),
            Priority::First => self.shelf.book.lowest_rank().map(|rank| rank.saturating_sub(1)),
        };
        let mut writes = vec![Write::Batch(batch.clone().into()), Write::Item(item.clone())];
        writes.extend(rank.map(|rank| Write::Rank(item.id, rank)));
        for (row, file) in rows.iter().zip(files) {
            let decided = if grow { Decided::Growing(row.id) } else { Decided::Given(row.id) };
            let (folder, name, stamp) = (file.folder, file.name, file.stamp);
            writes.push(Write::Transfer(row.clone().into()));
            writes.push(Write::Watched(watch, WatchedRow { folder, name, stamp, decided, after: after.clone() }));
        }
        self.shared.journal.write(writes).await?;
        self.shelf.batches.insert(batch.id, batch.clone());
        let mut kept = self.shelf.kept_of(&item);
        kept.rank = rank.unwrap_or(kept.rank);
        self.shelf.book.add_item(kept);
        if priority == Priority::First {
            self.shelf.book.rank(&[]);
        }
        for row in &rows {
            self.shelf.book.add(row.id, item.id, row.size, &row.standing, ByteCount::ZERO);
            if matches!(row.standing.state, TransferState::Failed { .. }) {
                self.ended.push(row.id);
                self.may_end(item.id, batch.id);
                if let Some(at) = self.shelf.book.index(row.id) {
                    self.tell_follower(at, &row.standing.state);
                }
            }
        }
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// A file of a watched folder that was not sent is whole again, perhaps as another version: its transfer is in line again
    /// with that, and never is there a second one.
    pub(super) async fn redeliver(&mut self, watch: WatchId, line: WatchedRow) -> Result<Redelivered> {
        let Some(id) = line.decided.transfer() else { return Ok(Redelivered::Nobodys) };
        // Its row was taken off the list: nothing of that is ever sent.
        let Some(at) = self.shelf.book.index(id) else { return Ok(Redelivered::Nobodys) };
        if self.shelf.book.item_of(at).removed {
            return Ok(Redelivered::Nobodys);
        }
        if self.active.contains_key(&id) || self.owed.contains_key(&id) {
            return Ok(Redelivered::Runs);
        }
        let row = self.shared.journal.read(move |journal| journal.transfer(id)).await?;
        // One without a key was refused when it was found.
        let Some(row) = row.filter(|row| !row.key.is_empty()) else { return Ok(Redelivered::Nobodys) };
        // What the store answers is of the version that was sent: that one ends first.
        let unanswered = matches!(row.standing.on_s3, OnS3::Completing(_) | OnS3::Putting | OnS3::Unclear(_));
        let input = match row.standing.state {
            // A person paused it: it rests, and goes on as what it is by now.
            TransferState::Paused { by: PausedBy::You, .. } if !unanswered => {
                self.shared.journal.write(vec![Write::Watched(watch, line)]).await?;
                return Ok(Redelivered::InLine);
            }
            TransferState::Paused { by: PausedBy::You, .. } => return Ok(Redelivered::Runs),
            TransferState::Paused { .. } => Input::Resume,
            TransferState::Failed { .. } => Input::Retry,
            // It was in line and nobody looked at it: only the version is another.
            TransferState::Queued => Input::Restarted,
            _ => return Ok(Redelivered::Runs),
        };
        let Ok((standing, _)) = step(&row.standing, input) else { return Ok(Redelivered::Runs) };
        let (size, happened) = (ByteCount(line.stamp.size), Write::Happened(id, UnixTime::now(), Event::Resumed));
        let mut writes = vec![Write::Standing(id, standing.clone()), happened];
        if !unanswered {
            writes.push(Write::Watched(watch, line));
        }
        self.shared.journal.write(writes).await?;
        let sent = self.shelf.book.slots[at as usize].acknowledged;
        let sent = if standing.on_s3 == OnS3::Nothing { ByteCount::ZERO } else { sent };
        self.shelf.book.set(at, Rest::Queued, size, sent, &standing.on_s3);
        Ok(if unanswered { Redelivered::Runs } else { Redelivered::InLine })
    }

    /// A file of a watched folder is gone and was not sent: its transfer is given up, and its line forgotten, in one write, so that
    /// the same file is sent should it come back. One that runs finds out by itself. Answers whether its line is forgotten.
    pub(super) async fn withdraw(&mut self, watch: WatchId, line: WatchedRow) -> Result<bool> {
        let Some(id) = line.decided.transfer() else { return Ok(false) };
        let gone = Write::Unwatched(watch, line.folder, line.name);
        let Some(at) = self.shelf.book.index(id) else {
            self.shared.journal.write(vec![gone]).await?;
            return Ok(true);
        };
        if self.active.contains_key(&id) || self.owed.contains_key(&id) {
            return Ok(false);
        }
        let row = self.shared.journal.read(move |journal| journal.transfer(id)).await?;
        let now = UnixTime::now();
        let given_up = row.and_then(|row| step(&row.standing, Input::Cancel(now)).ok());
        let Some((standing, _)) = given_up else { return Ok(false) };
        let writes = vec![gone, Write::Standing(id, standing.clone()), Write::Happened(id, now, Event::Cancelled)];
        self.shared.journal.write(writes).await?;
        let slot = self.shelf.book.slots[at as usize];
        self.shelf.book.set(at, Rest::of(&standing.state), slot.size, slot.acknowledged, &standing.on_s3);
        self.may_have_ended(at);
        if self.shelf.book.slots[at as usize].on_s3 {
            self.sweeps.insert(id, self.until_final());
        }
        Ok(true)
    }
}

/// What became of a file that is whole again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redelivered {
    /// Its transfer goes on with it.
    InLine,
    /// Its transfer is under way as the version before.
    Runs,
    /// It has none any more.
    Nobodys,
}
