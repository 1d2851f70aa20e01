//! Rows of earlier runs that go on as one gesture. Each got its key in a gesture of its own, so that keys may meet which
//! nobody has compared yet: they part like those of new files.

use std::collections::{HashMap, HashSet};

use super::Actor;
use crate::engine::book::Rest;
use crate::engine::feed::Event;
use crate::engine::given::Given;
use crate::engine::{intake, keys};
use crate::error::{ErrorCode, Result};
use crate::file::names;
use crate::ids::{ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Leftover, Reader, TransferRow, Write};
use crate::transfer::state::unfinished;
use crate::transfer::{Input, OnS3, Standing, TransferState, step};
use crate::units::{ByteCount, UnixTime};

/// Items whose name nothing else of a gesture has: only there may a file that had to give way before have its key.
pub(super) fn alone(given: &[Given], again: &[ItemRow]) -> HashSet<ItemId> {
    if again.is_empty() {
        return HashSet::new();
    }
    let mut times: HashMap<String, u32> = HashMap::new();
    for one in given {
        *times.entry(names::normal(&one.name.to_string_lossy())).or_default() += 1;
    }
    let alone = |item: &&ItemRow| times.get(&names::normal(&item.name)).is_none_or(|times| *times == 1);
    again.iter().filter(alone).map(|item| item.id).collect()
}

impl Actor {
    /// Makes items part of a gesture, and parts their files whose keys meet: the first keeps its key, the others go
    /// beside, or are refused. What S3 holds of those under the former key is given up. One transaction: at no moment are
    /// two files of a gesture on record with one key.
    pub(super) async fn join(&mut self, joining: &[ItemRow], alone: &HashSet<ItemId>, batch: &BatchRow) -> Result<()> {
        let mut rows = self.meeting(joining, alone).await?;
        let before = rows.clone();
        let items: Vec<_> = joining.iter().map(|item| item.id).collect();
        let keys: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
        let look = move |journal: &Reader| intake::taken_of(keys, |key| journal.has_key_among(&items, key));
        let taken = self.shared.journal.read(look).await?;
        intake::part(&mut rows, batch.collision, |key| taken.contains(key));
        let mut writes: Vec<_> = joining.iter().map(|item| Write::Joins(item.id, batch.id)).collect();
        for (before, row) in before.iter().zip(&mut rows) {
            if !row.key.is_empty() {
                row.standing.on_s3 = OnS3::Nothing;
            }
            writes.extend(given_up(before, batch));
            writes.extend([Write::ForgetParts(row.id), Write::Key(row.id, row.key.clone())]);
            writes.push(Write::Standing(row.id, row.standing.clone()));
            if let (TransferState::Failed { code }, Some(problem)) = (&row.standing.state, &row.problem) {
                writes.push(Write::Problem(row.id, problem.clone()));
                writes.push(Write::Happened(row.id, UnixTime::now(), Event::Failed { code: *code }));
            }
        }
        self.shared.journal.write(writes).await?;
        if !rows.is_empty() {
            self.leftovers.wanted();
        }
        for item in joining {
            self.shelf.join(item.id, batch.id);
        }
        for row in rows {
            self.parted(row.id, &row.standing);
        }
        Ok(())
    }

    /// Files that have to part from others, in the order of giving; those that had to before and need not any more with the
    /// key they would have.
    async fn meeting(&self, joining: &[ItemRow], alone: &HashSet<ItemId>) -> Result<Vec<TransferRow>> {
        let ids: Vec<_> = joining.iter().map(|item| item.id).collect();
        // Of what failed, given up since or not: that is little of much.
        let refused = |item: &&ItemRow| {
            let counts = self.shelf.book.item(item.id).map(|item| item.counts);
            counts.is_none_or(|counts| counts.failed() + counts.cancelled() > 0)
        };
        let again: Vec<_> = joining.iter().filter(|item| alone.contains(&item.id)).filter(refused).cloned().collect();
        let runs: HashSet<TransferId> = self.active.keys().copied().collect();
        let look = move |journal: &Reader| {
            let mut rows = journal.meeting(&ids)?;
            let place = |row: &TransferRow| ids.iter().position(|id| *id == row.item);
            rows.sort_by_cached_key(|row| (rank(row, &runs), place(row), row.id));
            let mut seen = HashSet::new();
            rows.retain(|row| !seen.insert(row.key.clone()) && rank(row, &runs) > KEEPS);
            for row in &mut rows {
                if let Ok((standing, _)) = step(&row.standing, Input::Restarted) {
                    row.standing = standing;
                }
            }
            for item in again {
                for mut row in journal.refused_files(item.id)? {
                    if row.problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::AlreadyThere) {
                        (row.key, row.standing, row.problem) = (keys::base(&item, &row.rel), Standing::NEW, None);
                        rows.push(row);
                    }
                }
            }
            Ok(rows)
        };
        self.shared.journal.read(look).await
    }

    fn parted(&mut self, id: TransferId, standing: &Standing) {
        let Some(at) = self.shelf.book.index(id) else { return };
        let size = self.shelf.book.slots[at as usize].size;
        let rest = Rest::of(&standing.state);
        self.shelf.book.set(at, rest, size, ByteCount::ZERO, &standing.on_s3);
        if matches!(rest, Rest::Failed { .. }) {
            self.may_have_ended(at);
        }
    }
}

/// What nothing can part from its key.
const KEEPS: u8 = 0;

/// Who keeps a key that several have: what is done or runs, then what may be the object by now, then whoever was given
/// first.
fn rank(row: &TransferRow, runs: &HashSet<TransferId>) -> u8 {
    match (&row.standing.state, &row.standing.on_s3) {
        (TransferState::Done { .. }, _) => KEEPS,
        _ if runs.contains(&row.id) => KEEPS,
        (_, OnS3::Completing(_) | OnS3::Putting | OnS3::Unclear(_)) => 1,
        (_, OnS3::Nothing | OnS3::Upload(_)) => 2,
    }
}

fn given_up(row: &TransferRow, batch: &BatchRow) -> Option<Write> {
    let upload = unfinished(&row.standing.on_s3)?;
    Some(Write::Leftover(Leftover { upload, batch: batch.id, key: row.key.clone() }))
}
