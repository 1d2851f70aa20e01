//! What S3 may still hold that nobody will finish.

use std::collections::HashMap;

use rusqlite::{Row, params};

use super::{Reader, select, whole};
use crate::error::{ErrorCode, Result};
use crate::ids::{BatchId, UploadId};
use crate::journal::rows::{BatchRow, Left, Leftover, bits, json, number};
use crate::journal::seal::{LEFTOVERS, LOST, STAYS, TRANSFERS};
use crate::transfer::state::{is_asked_for, unfinished};
use crate::transfer::{Standing, TransferState};
use crate::units::UnixTime;

/// An upload whose id never arrived is told of for so long, in seconds. A bucket's rule takes days.
const LOST_FOR: u64 = 30 * 86_400;

impl Reader {
    /// Uploads that S3 is still to be rid of.
    pub fn leftovers(&self) -> Result<Vec<Leftover>> {
        self.whole_rows(&select(LEFTOVERS.columns, &LEFTOVERS), [], |row| {
            whole(row)?;
            let (upload, batch) = (UploadId(row.get(0)?), BatchId::new(number(row, 1)?));
            Ok(Leftover { upload, batch, key: row.get(2)? })
        })
    }

    /// Unfinished uploads that nobody will finish by himself and that S3 may still hold, as far as this computer knows.
    /// Those whose answer was lost only for as long as a bucket's lifecycle rule may take.
    pub fn left_in_s3(&self, now: UnixTime) -> Result<Vec<Left>> {
        let known = |row: &Row<'_>| {
            whole(row)?;
            let code: String = row.get(2)?;
            Ok((UploadId(row.get(0)?), (UnixTime(number(row, 1)?), ErrorCode::parse(&code))))
        };
        let stays: HashMap<_, _> = self.whole_rows(&select(STAYS.columns, &STAYS), [], known)?.into_iter().collect();
        let of_transfers = format!(
            "SELECT t.standing,i.batch,t.key,{} AS whole FROM transfers t JOIN items i ON i.id=t.item
             WHERE t.ended=0 AND (t.standing LIKE '%cancelled%' OR t.standing LIKE '%failed%')",
            TRANSFERS.fits_as('t')
        );
        let of_transfers = self.whole_rows(&of_transfers, [], |row| {
            whole(row)?;
            let standing: Standing = json(row, 0)?;
            let kept = match standing.state {
                TransferState::Failed { code } => Some(code),
                TransferState::Cancelled { .. } => None,
                _ => return Ok(None),
            };
            let (batch, key) = (BatchId::new(number(row, 1)?), row.get(2)?);
            Ok(unfinished(&standing.on_s3).map(|upload| (Leftover { upload, batch, key }, kept)))
        })?;
        let nobodys = self.leftovers()?.into_iter().map(|left| (left, None));
        let named = nobodys.chain(of_transfers.into_iter().flatten());
        let mut found = Vec::new();
        for (Leftover { upload, batch, key }, kept) in named {
            let (since, code) = stays.get(&upload).map_or((None, None), |(since, code)| (Some(*since), *code));
            let batch = self.batch(batch)?;
            found.extend(batch.map(|batch| Left {
                key: whole_key(&batch, &key),
                upload: Some(upload),
                since,
                code,
                kept,
                batch,
            }));
        }
        let lost = format!("{} WHERE at>? ORDER BY at", select(LOST.columns, &LOST));
        let lost = self.whole_rows(&lost, params![bits(now.0.saturating_sub(LOST_FOR))], |row| {
            whole(row)?;
            Ok((BatchId::new(number(row, 0)?), row.get::<_, String>(1)?, UnixTime(number(row, 2)?)))
        })?;
        for (batch, key, at) in lost {
            found.extend(self.nameless(batch, &key, Some(at))?);
        }
        Ok(found)
    }

    /// Uploads that S3 was asked for and whose ids are not on record. Where nobody is at work their answers are lost: the next
    /// start puts that on record.
    pub fn asked_for(&self) -> Result<Vec<Left>> {
        let asked = format!(
            "SELECT t.standing,i.batch,t.key,{} AS whole FROM transfers t JOIN items i ON i.id=t.item AND i.removed=0
             WHERE t.ended=0 AND t.standing LIKE '%uploading%'",
            TRANSFERS.fits_as('t')
        );
        let asked = self.whole_rows(&asked, [], |row| {
            whole(row)?;
            let standing: Standing = json(row, 0)?;
            Ok((is_asked_for(&standing), BatchId::new(number(row, 1)?), row.get::<_, String>(2)?))
        })?;
        let mut found = Vec::new();
        for (_, batch, key) in asked.into_iter().filter(|(is_asked_for, ..)| *is_asked_for) {
            found.extend(self.nameless(batch, &key, None)?);
        }
        Ok(found)
    }

    fn nameless(&self, batch: BatchId, key: &str, since: Option<UnixTime>) -> Result<Option<Left>> {
        let batch = self.batch(batch)?;
        Ok(batch.map(|batch| Left { key: whole_key(&batch, key), upload: None, since, code: None, kept: None, batch }))
    }
}

/// A key with the prefix that its batch is bound to.
fn whole_key(batch: &BatchRow, key: &str) -> String {
    let prefix = batch.scope.as_ref().map(|scope| scope.prefix.as_str()).unwrap_or_default();
    format!("{prefix}{key}")
}
