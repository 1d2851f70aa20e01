//! What was given before: where a gesture goes on.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Row, params};

use super::Reader;
use crate::credentials::Remote;
use crate::error::Result;
use crate::ids::{BatchId, DestinationId, ItemId};
use crate::journal::rows::{BatchRow, ItemRow, number, path_bytes, text};
use crate::journal::seal::REFUSED;

/// Whether a batch is one that is meant.
type Goes<'a> = &'a dyn Fn(BatchId) -> Result<bool>;

impl Reader {
    /// The newest item in the list that came from this path, under this name, with a batch that `goes` there, and has something
    /// left to do or to tell.
    pub fn unfinished_item(&self, path: &Path, name: &str, goes: Goes<'_>) -> Result<Option<ItemRow>> {
        let open = "(i.counted=0 OR EXISTS (SELECT 1 FROM transfers t WHERE t.item=i.id AND
                     (t.ended=0 OR t.standing LIKE '%cancelled%')) OR EXISTS (SELECT 1 FROM batches b WHERE b.id=i.batch AND b.told=0))";
        self.item_that(open, path, name, goes)
    }

    /// The same whatever is left of it.
    pub fn newest_item(&self, path: &Path, name: &str, goes: Goes<'_>) -> Result<Option<ItemRow>> {
        self.item_that("1", path, name, goes)
    }

    /// The newest item in the list that came from this path, under this name, with one of these batches.
    pub fn item_among(&self, path: &Path, name: &str, batches: &HashSet<BatchId>) -> Result<Option<ItemRow>> {
        self.item_that("1", path, name, &|batch| Ok(batches.contains(&batch)))
    }

    /// What a watched folder found is nobody's gesture: it goes on by itself, and nothing that is given joins it.
    fn item_that(&self, is: &str, path: &Path, name: &str, goes: Goes<'_>) -> Result<Option<ItemRow>> {
        let sql = format!(
            "SELECT i.id,i.batch FROM items i WHERE i.path=? AND i.name=? AND i.removed=0 AND i.folder<=1 AND {is} ORDER BY i.id DESC"
        );
        let ids = |row: &Row<'_>| Ok((ItemId::new(number(row, 0)?), BatchId::new(number(row, 1)?)));
        for (item, batch) in self.rows(&sql, params![path_bytes(path), name], ids)? {
            if goes(batch)? {
                return self.item(item);
            }
        }
        Ok(None)
    }

    /// Whether a batch goes to this destination of this remote.
    pub fn goes_to(&self, batch: BatchId, to: &DestinationId, remote: &Remote) -> Result<bool> {
        let goes = |batch: &BatchRow| batch.destination.id == *to && batch.remote.as_ref() == Some(remote);
        Ok(self.batch(batch)?.as_ref().is_some_and(goes))
    }

    /// Which of these paths could not be taken when they were given, and with which batches that `goes` there.
    pub fn refusals<'a>(&self, paths: impl Iterator<Item = &'a str>, goes: Goes<'_>) -> Result<Vec<(BatchId, String)>> {
        let sql = format!(
            "SELECT batch,path FROM refused WHERE path IN (SELECT value FROM json_each(?)) AND {}",
            REFUSED.fits()
        );
        let paths = text(&paths.collect::<Vec<_>>())?;
        let found = self.rows(&sql, params![paths], |row| Ok((BatchId::new(number(row, 0)?), row.get(1)?)))?;
        let meant = |one: (BatchId, String)| goes(one.0).map(|goes| goes.then_some(one)).transpose();
        found.into_iter().filter_map(meant).collect()
    }
}
