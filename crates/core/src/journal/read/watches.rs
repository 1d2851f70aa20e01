//! Reading watched folders and their ledgers.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rusqlite::{Row, params};
use serde::de::DeserializeOwned;

use super::{Reader, select, unsound, whole};
use crate::error::Result;
use crate::file::{Links, Stamp};
use crate::ids::{ItemId, TransferId, WatchId};
use crate::journal::rows::{bits, json, json_if_any, number, path_bytes, path_from};
use crate::journal::seal::{SWEEPS, TRANSFERS, WATCHED, WATCHES};
use crate::journal::watches::{EXISTING, GROWING, Sweep, Tallied, WatchRow, Watched, WatchedRow};
use crate::units::UnixTime;
use crate::watch::Spec;
use crate::watch::record::{Decided, State};
use crate::watch::spec::Changed;

/// Of files of which more are alike (empty ones of one name, say) none is taken for another: each would be looked for.
pub(crate) const ALIKE_AT_MOST: usize = 16;

/// A line of the ledger with where its transfer stands, as of the table `w` beside `t`. A transfer that is not as it was
/// written is none.
static LINES: LazyLock<String> = LazyLock::new(|| lines(""));

/// The same by an index. Left to itself SQLite takes the primary key's first column for as good, and passes through all of a
/// folder's ledger for each of its files.
fn lines(by: &str) -> String {
    format!(
        "SELECT w.folder,w.name,w.size,w.mtime,w.file,w.transfer,w.why,w.after,t.standing,t.path,{} AS whole
         FROM watched w {by} LEFT JOIN transfers t ON t.id=w.transfer AND {}",
        WATCHED.fits_as('w'),
        TRANSFERS.fits_as('t')
    )
}

static AS: LazyLock<String> =
    LazyLock::new(|| format!("{} WHERE w.watch=? AND w.file=?", lines("INDEXED BY watched_file")));

static ALIKE: LazyLock<String> = LazyLock::new(|| {
    let lines = lines("INDEXED BY watched_written");
    let alike = "w.watch=? AND w.mtime=? AND w.file IS NULL AND w.size=? AND w.name=?";
    format!("{lines} WHERE {alike} LIMIT {}", ALIKE_AT_MOST + 1)
});

impl Reader {
    /// Every watched folder that there ever was, in the order of their coming. One that is damaged is left out.
    pub fn watches(&self) -> Result<Vec<WatchRow>> {
        self.whole_rows(&format!("{} ORDER BY id", select(WATCHES.columns, &WATCHES)), [], watch)
    }

    /// What a person wants of the links in a watched folder. In one that is not known none is followed.
    pub fn links_in(&self, watch: WatchId) -> Result<Links> {
        let spec: Option<Spec> = self.of_watch(watch, "spec")?;
        Ok(spec.map_or(Links::Skipped, |spec| spec.links))
    }

    /// A column of a watched folder; none where that is not known, or damaged. Asked for each of its files: of no other folder
    /// anything is read for it.
    fn of_watch<T: DeserializeOwned>(&self, watch: WatchId, column: &str) -> Result<Option<T>> {
        let sql = format!("{} WHERE id=?", select(column, &WATCHES));
        let read = |row: &Row<'_>| {
            whole(row)?;
            json(row, 0)
        };
        Ok(self.whole_rows(&sql, params![bits(watch.get())], read)?.pop())
    }

    /// Whether a file of a watched folder in whose place another was put is sent to its end first. In one that is watched no more
    /// it is not: nobody would send the other.
    pub fn finishes_first(&self, watch: WatchId) -> Result<bool> {
        let is_so = |row: &WatchRow| row.state != State::Stopped && row.spec.changed == Changed::FinishedFirst;
        Ok(self.watches()?.iter().any(|row| row.id == watch && is_so(row)))
    }

    /// What made an item, where a watched folder did.
    pub fn sweep(&self, item: ItemId) -> Result<Option<Sweep>> {
        let sql = format!("{} WHERE item=?", select("watch,under", &SWEEPS));
        self.one(&sql, params![bits(item.get())], |row| {
            whole(row)?;
            Ok(Sweep { watch: WatchId::new(number(row, 0)?), under: row.get(1)? })
        })
    }

    /// The ledger of one folder of a watched one, by name.
    pub fn watched(&self, watch: WatchId, folder: &Path) -> Result<Vec<Watched>> {
        static SQL: LazyLock<String> = LazyLock::new(|| format!("{} WHERE w.watch=? AND w.folder=?", *LINES));
        let mut lines = self.whole_rows(&SQL, params![bits(watch.get()), path_bytes(folder)], line)?;
        // As names are ordered here, and not as their bytes are on record.
        lines.sort_by(|a, b| a.row.name.cmp(&b.row.name));
        Ok(lines)
    }

    /// Every folder that the ledger has a line of.
    pub fn watched_folders(&self, watch: WatchId) -> Result<Vec<PathBuf>> {
        let sql = "SELECT DISTINCT folder FROM watched WHERE watch=?";
        self.rows(sql, params![bits(watch.get())], |row| Ok(path_from(row.get(0)?)))
    }

    /// Whether the ledger has any line of it.
    pub fn has_watched(&self, watch: WatchId) -> Result<bool> {
        let sql = "SELECT 1 FROM watched WHERE watch=? LIMIT 1";
        Ok(self.one(sql, params![bits(watch.get())], |_| Ok(()))?.is_some())
    }

    /// Where the drive was mounted that a folder's newest files lay on, where that could be taken away.
    pub fn watch_was_on(&self, watch: WatchId) -> Result<Option<PathBuf>> {
        let sql = "SELECT m.path FROM mounts m JOIN sweeps s ON s.item=m.item
                   WHERE s.watch=? AND m.sum IS seal('mounts',m.item,m.path) ORDER BY m.item DESC LIMIT 1";
        self.one(sql, params![bits(watch.get())], |row| Ok(path_from(row.get(0)?)))
    }

    /// Whether anything that is not at an end rests for the hours of a folder.
    pub fn watched_rests(&self, watch: WatchId) -> Result<bool> {
        let sql = "SELECT 1 FROM watched w JOIN transfers t ON t.id=w.transfer
                   WHERE w.watch=? AND t.ended=0 AND t.standing LIKE '%\"by\":\"schedule\"%' LIMIT 1";
        Ok(self.one(sql, params![bits(watch.get())], |_| Ok(()))?.is_some())
    }

    /// Lines of a folder and those below it of which something is still to come.
    pub fn watched_open_below(&self, watch: WatchId, folder: &Path) -> Result<Vec<Watched>> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            format!(
                "{} WHERE w.watch=?1 AND w.folder>=?2 AND (?3 IS NULL OR w.folder<?3)
                 AND (t.ended=0 OR w.after LIKE '%taking%')",
                *LINES
            )
        });
        let from = path_bytes(folder);
        let mut lines = self.whole_rows(&SQL, params![bits(watch.get()), from, above(folder)], line)?;
        lines.retain(|line| line.row.folder.starts_with(folder));
        Ok(lines)
    }

    /// Some lines of versions that were decided on and lie there still, as far as is known; here and there. All of the ledger is
    /// passed through, and nothing but these lines read of it.
    pub fn watched_sample(&self, watch: WatchId, at_most: u32) -> Result<Vec<WatchedRow>> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            format!(
                "{} WHERE w.watch=?1 AND (w.folder,w.name) IN (
                   SELECT s.folder,s.name FROM watched s
                   WHERE s.watch=?1
                     AND (s.after IS NULL OR s.after LIKE '%\"due\"%' OR s.after LIKE '%\"failed\"%')
                   ORDER BY random() LIMIT ?2)",
                *LINES
            )
        });
        let lines = self.whole_rows(&SQL, params![bits(watch.get()), at_most], line)?;
        Ok(lines.into_iter().map(|line| line.row).collect())
    }

    /// Lines of files of this number on their volume: the same file under another name, or one that took its place.
    pub fn watched_as(&self, watch: WatchId, file: u64) -> Result<Vec<Watched>> {
        self.whole_rows(&AS, params![bits(watch.get()), bits(file)], line)
    }

    /// Lines of files that have no number, and this name, size and time: the same file in another folder, or one like it. Of more
    /// than [`ALIKE_AT_MOST`] one more is told, and no others.
    pub fn watched_alike(&self, watch: WatchId, name: &OsStr, stamp: Stamp) -> Result<Vec<Watched>> {
        let name = path_bytes(Path::new(name));
        self.whole_rows(&ALIKE, params![bits(watch.get()), stamp.mtime_ns, bits(stamp.size), name], line)
    }

    /// One line of the ledger.
    pub fn watched_file(&self, watch: WatchId, folder: &Path, name: &OsStr) -> Result<Option<Watched>> {
        static SQL: LazyLock<String> =
            LazyLock::new(|| format!("{} WHERE w.watch=? AND w.folder=? AND w.name=?", *LINES));
        let name = path_bytes(Path::new(name));
        self.one(&SQL, params![bits(watch.get()), path_bytes(folder), name], line)
    }

    /// The line of the ledger that a transfer is of.
    pub fn watched_by(&self, transfer: TransferId) -> Result<Option<Watched>> {
        static SQL: LazyLock<String> = LazyLock::new(|| format!("{} WHERE w.transfer=? LIMIT 1", *LINES));
        self.one(&SQL, params![bits(transfer.get())], line)
    }

    /// The transfer whose file has this name while it is deleted.
    pub fn watched_taking(&self, watch: WatchId, name: &OsStr) -> Result<Option<TransferId>> {
        // As it ends the record.
        let Some(ends) = name.to_str().map(|name| format!("{name}\"")) else { return Ok(None) };
        let sql = "SELECT transfer FROM watched
                   WHERE watch=? AND transfer IS NOT NULL AND after LIKE '%\"taking\"%' AND instr(after,?)>0 LIMIT 1";
        self.one(sql, params![bits(watch.get()), ends], |row| Ok(TransferId::new(number(row, 0)?)))
    }

    /// How many files of a watched folder move, move no further for now, are done, at all and since a moment, and need somebody.
    pub fn watched_counts(&self, watch: WatchId, since: UnixTime) -> Result<Tallied> {
        let sql = "SELECT kind, count(*), sum(at>=?2), max(at) FROM (
                     SELECT iif(json_extract(t.standing,'$.state.by')='schedule','rests',
                                 json_extract(t.standing,'$.state.kind')) AS kind,
                            json_extract(t.standing,'$.state.at') AS at
                     FROM watched w JOIN transfers t ON t.id=w.transfer WHERE w.watch=?1)
                   GROUP BY kind";
        let kinds = |row: &Row<'_>| {
            let (kind, count): (Option<String>, u32) = (row.get(0)?, row.get(1)?);
            let (since, last): (Option<u32>, Option<i64>) = (row.get(2)?, row.get(3)?);
            Ok((kind, count, since.unwrap_or(0), last.map(|at| UnixTime(at.cast_unsigned()))))
        };
        let mut all = Tallied::default();
        for (kind, count, since, last) in self.rows(sql, params![bits(watch.get()), bits(since.0)], kinds)? {
            match kind.as_deref() {
                Some("done") => (all.done, all.since, all.last) = (count, since, last),
                Some("failed") => all.failed = count,
                Some("cancelled") | None => {}
                Some("rests") => all.rests = count,
                Some("waiting" | "paused") => all.stalled += count,
                Some(_) => all.moving += count,
            }
        }
        Ok(all)
    }

    /// Whether a folder is watched still. Of one that is watched no more nobody sees to what was found in it.
    pub(crate) fn is_watched(&self, watch: WatchId) -> Result<bool> {
        let state: Option<State> = self.of_watch(watch, "state")?;
        Ok(state.is_some_and(|state| state != State::Stopped))
    }

    /// What a transfer of a watched folder is to send, of a file of this size and time.
    pub(crate) fn expected(&self, watch: WatchId, transfer: TransferId, is: (u64, i128)) -> Result<Expected> {
        if !self.is_watched(watch)? {
            return Ok(Expected::All);
        }
        // Another line took the place of its own: nobody waits for this version any more.
        let Some(Watched { row, .. }) = self.watched_by(transfer)? else { return Ok(Expected::Nothing) };
        Ok(match row.decided {
            Decided::Growing(_) if is.0 >= row.stamp.size => Expected::Beginning,
            Decided::Given(_) if (row.stamp.size, i128::from(row.stamp.mtime_ns)) == is => Expected::All,
            _ => Expected::Nothing,
        })
    }
}

/// What a transfer of a watched folder is to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The whole file: it is the version that was found whole. Of a folder that is watched no more it is whatever there is.
    All,
    /// What is there of it: it is still written.
    Beginning,
    /// Nothing before it is found whole again.
    Nothing,
}

/// What comes behind all that lies in a folder, where paths are ordered as their bytes are.
fn above(folder: &Path) -> Option<Vec<u8>> {
    let is_ordered = cfg!(unix) && !folder.as_os_str().is_empty();
    is_ordered.then(|| {
        let mut above = path_bytes(folder);
        above.push(b'/' + 1);
        above
    })
}

fn watch(row: &Row<'_>) -> rusqlite::Result<WatchRow> {
    whole(row)?;
    Ok(WatchRow {
        id: WatchId::new(number(row, 0)?),
        added: UnixTime(number(row, 1)?),
        path: path_from(row.get(2)?),
        spec: json(row, 3)?,
        destination: json(row, 4)?,
        remote: json(row, 5)?,
        root: json_if_any(row, 6)?,
        state: json(row, 7)?,
        counters: json(row, 8)?,
    })
}

fn line(row: &Row<'_>) -> rusqlite::Result<Watched> {
    whole(row)?;
    let file = row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned);
    let stamp = Stamp { size: number(row, 2)?, mtime_ns: row.get(3)?, file };
    let (transfer, why): (Option<i64>, Option<String>) = (row.get(5)?, row.get(6)?);
    let decided = match (transfer, why.as_deref()) {
        (Some(id), None) => Decided::Given(TransferId::new(id.cast_unsigned())),
        (Some(id), Some(GROWING)) => Decided::Growing(TransferId::new(id.cast_unsigned())),
        (None, Some(EXISTING)) => Decided::Existing,
        _ => return Err(unsound(5, "a version that is given and is not")),
    };
    let row_of = WatchedRow {
        folder: path_from(row.get(0)?),
        name: path_from(row.get(1)?).into_os_string(),
        stamp,
        decided,
        after: json_if_any(row, 7)?,
    };
    let path = row.get::<_, Option<Vec<u8>>>(9)?.map(path_from);
    Ok(Watched { row: row_of, standing: json_if_any(row, 8)?, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;

    /// W7: of a hundred thousand files each is asked for.
    #[tokio::test]
    async fn a_file_is_found_by_its_number_without_a_pass_through_the_ledger() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let plans = journal.read(|reader| {
            let plan = |sql: &str| {
                let bound = vec![0; sql.matches('?').count()];
                let step = |row: &Row<'_>| row.get::<_, String>(3);
                reader.rows(&format!("EXPLAIN QUERY PLAN {sql}"), rusqlite::params_from_iter(bound), step)
            };
            Ok((plan(&AS)?, plan(&ALIKE)?))
        });
        let (by_number, alike) = plans.await.expect("explained");
        assert!(by_number[0].contains("watched_file (watch=? AND file=?)"), "{by_number:?}");
        assert!(alike[0].contains("watched_written (watch=? AND mtime=? AND size=? AND name=?)"), "{alike:?}");
    }
}
