//! Reading history: what ended when, by an index that has all that is asked for, and the entries of a slice.

use std::sync::LazyLock;

use rusqlite::{Row, params};

use super::{Reader, whole};
use crate::error::{ErrorCode, Result};
use crate::ids::{ItemId, TransferId};
use crate::journal::classify;
use crate::journal::history::{ENTRY, Ended, Entry, entry};
use crate::journal::rows::{bits, json, number};
use crate::journal::seal::{HISTORY, TRANSFERS};
use crate::journal::watches::FOLDER;
use crate::transfer::{Standing, TransferState};
use crate::units::{ByteCount, UnixTime};

/// An entry as far as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The entry's number; another one whenever it changes.
    pub(crate) number: i64,
    pub(crate) at: UnixTime,
    pub(crate) size: ByteCount,
}

/// An entry, and what can be done with what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// The entry.
    pub entry: Entry,
    /// Its row is in the list still.
    pub listed: bool,
    /// It can be uploaded again.
    pub again: bool,
    /// There is a link to it.
    pub link: bool,
}

/// Newest first. Left to itself `SQLite` may take an index that it has to sort after.
const ENDS: &str = "SELECT id,ended,size FROM history INDEXED BY history_ended
     WHERE ended>=?1 AND (?2 IS NULL OR result=?2) ORDER BY ended DESC, id DESC";
const ENDS_THERE: &str = "SELECT id,ended,size FROM history INDEXED BY history_destination
     WHERE destination=?3 AND ended>=?1 AND (?2 IS NULL OR result=?2) ORDER BY ended DESC, id DESC";

/// From one destination to the next, without a look at all that went to each.
const DESTINATIONS: &str = "WITH RECURSIVE there(label) AS (
       SELECT min(destination) FROM history
       UNION ALL SELECT (SELECT min(destination) FROM history WHERE destination>there.label) FROM there
       WHERE there.label IS NOT NULL)
     SELECT label FROM there WHERE label IS NOT NULL";

/// What a watched folder made of several files is not given again as one. What failed in the list is tried again there.
static ROWS: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<_> = ENTRY.split(',').map(|column| format!("h.{column}")).collect();
    format!(
        "SELECT {}, ifnull(i.removed=0, 0), ifnull(i.folder<={FOLDER} OR (i.removed=0 AND h.result<>'done'), 0),
           ifnull(h.result='done' AND b.scope IS NOT NULL AND json_valid(b.destination)
             AND json_extract(b.destination,'$.link_template') IS NOT NULL, 0), {} AS whole
         FROM history h LEFT JOIN items i ON i.id=h.item LEFT JOIN batches b ON b.id=i.batch WHERE h.id=?",
        columns.join(","),
        HISTORY.fits_as('h')
    )
});

impl Reader {
    /// How many entries history has.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn history_count(&self) -> Result<u32> {
        Ok(self.one("SELECT count(*) FROM history", [], |row| row.get(0))?.unwrap_or(0))
    }

    /// The entry of a row.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn history_of(&self, item: ItemId) -> Result<Option<Entry>> {
        static SQL: LazyLock<String> =
            LazyLock::new(|| format!("SELECT {ENTRY},{} AS whole FROM history WHERE item=?", HISTORY.fits()));
        self.one(&SQL, params![bits(item.get())], |row| {
            whole(row)?;
            entry(row)
        })
    }

    /// Why the first file of an item that does needs the person.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn first_failure(&self, item: ItemId) -> Result<Option<ErrorCode>> {
        let sql = format!(
            "SELECT standing,{} AS whole FROM transfers WHERE item=? AND standing LIKE '%\"kind\":\"failed\"%' ORDER BY id LIMIT 1",
            TRANSFERS.fits()
        );
        let read = |row: &Row<'_>| {
            whole(row)?;
            json::<Standing>(row, 0)
        };
        let first = self.whole_rows(&sql, params![bits(item.get())], read)?.pop();
        Ok(first.and_then(|standing| match standing.state {
            TransferState::Failed { code } => Some(code),
            _ => None,
        }))
    }

    /// Bytes of an item that are there: of files that are done, and of parts of the rest.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn sent_of(&self, item: ItemId) -> Result<ByteCount> {
        let sql = "SELECT ifnull(sum(iif(standing LIKE '%\"kind\":\"done\"%', t.size,
                     (SELECT ifnull(sum(p.size),0) FROM parts p WHERE p.transfer=t.id))),0)
                   FROM transfers t WHERE t.item=?";
        let sent = self.one(sql, params![bits(item.get())], |row| number(row, 0))?;
        Ok(ByteCount(sent.unwrap_or(0)))
    }

    /// The version of the object that a file became, where the store keeps versions.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn version(&self, id: TransferId) -> Result<Option<String>> {
        let sql = format!("SELECT version FROM transfers WHERE id=? AND {}", TRANSFERS.fits());
        let version = self.one(&sql, params![bits(id.get())], |row| row.get::<_, Option<String>>(0))?;
        Ok(version.flatten())
    }

    /// Labels of the destinations that are in history, in order.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub fn history_destinations(&self) -> Result<Vec<String>> {
        self.rows(DESTINATIONS, [], |row| row.get(0))
    }

    /// What ended since then, so and there, newest first.
    pub(crate) fn history_ends(
        &self,
        since: UnixTime,
        result: Option<Ended>,
        destination: Option<&str>,
        mut each: impl FnMut(End),
    ) -> Result<()> {
        let (since, result) = (bits(since.0), result.map(Ended::as_str));
        let end = |row: &Row<'_>| {
            each(End { number: row.get(0)?, at: UnixTime(number(row, 1)?), size: ByteCount(number(row, 2)?) });
            Ok(())
        };
        match destination {
            Some(there) => self.each(ENDS_THERE, params![since, result, there], end),
            None => self.each(ENDS, params![since, result], end),
        }
    }

    /// Names and destinations of entries after this number, in order, so many at most.
    pub(crate) fn history_texts(&self, after: i64, at_most: u32, mut each: impl FnMut(i64, &str, &str)) -> Result<()> {
        let sql = "SELECT id,name,destination FROM history WHERE id>?1 ORDER BY id LIMIT ?2";
        self.each(sql, params![after, at_most], |row| {
            each(row.get(0)?, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
            Ok(())
        })
    }

    /// Entries by number, in this order; nothing for one that is another by now, or damaged.
    pub(crate) fn history_rows(&self, numbers: &[i64]) -> Result<Vec<Option<EntryRow>>> {
        let read = |row: &Row<'_>| {
            whole(row)?;
            Ok(EntryRow { entry: entry(row)?, listed: row.get(8)?, again: row.get(9)?, link: row.get(10)? })
        };
        numbers.iter().map(|number| Ok(self.whole_rows(&ROWS, params![number], read)?.pop())).collect()
    }

    /// Whose history it is: an index of other records is none of these.
    pub(crate) fn history_token(&self) -> Result<String> {
        Ok(self.one("SELECT token FROM history_of LIMIT 1", [], |row| row.get(0))?.unwrap_or_default())
    }

    /// Does something with each row, and keeps none.
    fn each(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        mut with: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(classify)?;
        let mut rows = statement.query(params).map_err(classify)?;
        while let Some(row) = rows.next().map_err(classify)? {
            with(row).map_err(classify)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;

    #[tokio::test]
    async fn what_is_asked_of_history_is_read_in_order_from_an_index_that_has_all_of_it() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let plans = journal.read(|reader| {
            let plan = |sql: &str, bound: usize| {
                let bound = rusqlite::params_from_iter(vec![0; bound]);
                let steps = reader.rows(&format!("EXPLAIN QUERY PLAN {sql}"), bound, |row| row.get::<_, String>(3));
                steps.map(|steps| steps.join("; "))
            };
            Ok([plan(ENDS, 2)?, plan(ENDS_THERE, 3)?, plan(DESTINATIONS, 0)?])
        });
        let [ends, there, destinations] = plans.await.expect("explained");
        assert_eq!(ends, "SEARCH history USING COVERING INDEX history_ended (ended>?)");
        assert_eq!(there, "SEARCH history USING COVERING INDEX history_destination (destination=? AND ended>?)");
        assert!(destinations.contains("USING COVERING INDEX history_destination (destination>?)"), "{destinations}");
        assert!(!destinations.contains("TEMP B-TREE"), "{destinations}");
    }
}
