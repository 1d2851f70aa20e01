//! A full-text index of history, by pieces of three letters, so that any part of a name is found. It lies beside the records, in a
//! file of its own: it holds nothing that they do not, is begun anew whenever it is lost, damaged or another's, and costs neither
//! an upload nor the check of the records anything. What is not in it yet has to be looked through.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::keep::{beside, remove};
use super::{classify, schema};
use crate::error::{Error, ErrorCode, Result};

/// `of` says whose history it is of, `upto` the last number that is in it. Texts come as they are to be found: the index folds
/// nothing.
const TABLES: &str = "
CREATE TABLE state (of TEXT NOT NULL, upto INTEGER NOT NULL) STRICT;
CREATE VIRTUAL TABLE texts USING fts5(text, content='', columnsize=0, tokenize='trigram case_sensitive 1');
";
/// Of these tables.
const VERSION: i32 = 1;
const MATCH: &str = "SELECT rowid FROM texts WHERE texts MATCH ?";
/// Somebody else may begin it anew just now.
const PATIENCE: Duration = Duration::from_secs(5);

/// The index, open.
#[derive(Debug)]
pub(crate) struct Texts(Connection);

impl Texts {
    /// Letters that a word has at least to be found by the index.
    pub(crate) const LETTERS: usize = 3;

    /// To search in; nothing where there is none of these records, or none that can be read.
    pub(crate) fn open(home: &Path, token: &str) -> Option<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path(home), flags).map_err(classify);
        let texts = opened.and_then(|connection| Self::of(connection, token));
        texts.inspect_err(|error| tracing::debug!(%error, "history is searched without its index")).ok()
    }

    /// To write to, begun anew where there is none that is of any use.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`.
    pub(crate) fn make(home: &Path, token: &str) -> Result<Self> {
        let path = path(home);
        let open = || {
            schema::restrict(&path)?;
            let connection = Connection::open(&path).map_err(classify)?;
            // Losing the last of it to a power cut is no loss.
            let settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;";
            connection.execute_batch(settings).map_err(classify)?;
            Ok(connection)
        };
        if super::keep::len(&path) > 0
            && let Ok(texts) = open().and_then(|connection| Self::of(connection, token))
        {
            return Ok(texts);
        }
        Self::forget(home)?;
        let mut connection = open()?;
        let made = connection.transaction().map_err(classify)?;
        made.execute_batch(TABLES).map_err(classify)?;
        made.execute("INSERT INTO state VALUES (?,0)", [token]).map_err(classify)?;
        made.pragma_update(None, "user_version", VERSION).map_err(classify)?;
        made.commit().map_err(classify)?;
        Self::of(connection, token)
    }

    /// Removes it.
    ///
    /// # Errors
    /// `journal-unwritable`; whoever has it open may keep it from that.
    pub(crate) fn forget(home: &Path) -> Result<()> {
        ["", "-wal", "-shm"].iter().try_for_each(|end| remove(&beside(&path(home), end)))
    }

    fn of(connection: Connection, token: &str) -> Result<Self> {
        connection.busy_timeout(PATIENCE).map_err(classify)?;
        let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(classify)?;
        let of = || connection.query_row("SELECT of FROM state", [], |row| row.get::<_, String>(0)).map_err(classify);
        if version != VERSION || of()? != token {
            return Err(Error::new(ErrorCode::JournalDamaged).detail("an index of other records"));
        }
        Ok(Self(connection))
    }

    /// The last number that is in it.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub(crate) fn upto(&self) -> Result<i64> {
        self.0.query_row("SELECT upto FROM state", [], |row| row.get(0)).map_err(classify)
    }

    /// Numbers of texts that have all of these words, none of which is shorter than [`Self::LETTERS`], and the last number that was
    /// looked at.
    ///
    /// # Errors
    /// `journal-damaged`.
    pub(crate) fn that_have(&self, words: &[&str]) -> Result<(i64, HashSet<i64>)> {
        // Both as of one moment.
        let _one = self.0.unchecked_transaction().map_err(classify)?;
        let upto = self.upto()?;
        let mut found = self.0.prepare_cached(MATCH).map_err(classify)?;
        let found = found.query_map([quoted(words)], |row| row.get(0)).map_err(classify)?;
        Ok((upto, found.collect::<rusqlite::Result<_>>().map_err(classify)?))
    }

    /// Takes texts in, in the order of their numbers.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`, `journal-damaged`; none of them is in it then.
    pub(crate) fn take_in(&mut self, texts: &[(i64, String)]) -> Result<()> {
        let taken = self.0.transaction().map_err(classify)?;
        {
            let mut one = taken.prepare_cached("INSERT INTO texts(rowid,text) VALUES (?,?)").map_err(classify)?;
            for text in texts {
                one.execute((text.0, &text.1)).map_err(classify)?;
            }
        }
        if let Some((last, _)) = texts.last() {
            taken.execute("UPDATE state SET upto=?", [last]).map_err(classify)?;
        }
        taken.commit().map_err(classify)
    }
}

/// Words as a question to the index: whatever they are made of, nothing of it is more than a letter.
fn quoted(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    words.join(" AND ")
}

fn path(home: &Path) -> PathBuf {
    home.join("history.index.sqlite")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &Texts, words: &[&str]) -> Vec<i64> {
        let mut found: Vec<_> = texts.that_have(words).expect("searched").1.into_iter().collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn any_part_of_a_text_is_found_by_the_index_and_no_sign_in_a_word_means_anything() {
        let home = tempfile::tempdir().expect("a folder");
        let mut texts = Texts::make(home.path(), "a").expect("made");
        let all = ["a001_c009_fjord.mov", "say \"hi\" or not*.txt", "übersicht (2) col:umn.mov", "日本語の映画.mov"];
        let all: Vec<_> = (1..).zip(all.map(str::to_owned)).collect();
        texts.take_in(&all).expect("taken in");
        assert_eq!(texts.upto().expect("told"), 4);
        for (words, wanted) in [
            (vec!["009"], vec![1]),
            (vec![".mov"], vec![1, 3, 4]),
            (vec![".mov", "fjo"], vec![1]),
            (vec!["\"hi\""], vec![2]),
            (vec!["not*"], vec![2]),
            (vec!["not*", ".mov"], vec![]),
            (vec!["(2)"], vec![3]),
            (vec!["col:umn"], vec![3]),
            (vec!["^say"], vec![]),
            (vec!["のの映画"], vec![]),
            (vec!["の映画"], vec![4]),
            (vec!["NOT"], vec![]),
        ] {
            assert_eq!(found(&texts, &words), wanted, "{words:?}");
        }
        let plan: String = texts
            .0
            .query_row(&format!("EXPLAIN QUERY PLAN {MATCH}"), [quoted(&["fjord"])], |row| row.get(3))
            .expect("explained");
        assert!(plan.contains("VIRTUAL TABLE INDEX") && plan.contains('M'), "{plan}");
    }

    #[test]
    fn an_index_that_is_damaged_or_of_other_records_is_begun_anew() {
        let home = tempfile::tempdir().expect("a folder");
        assert!(Texts::open(home.path(), "a").is_none(), "there is none");
        let take = |texts: &mut Texts, text: &str| texts.take_in(&[(7, text.to_owned())]).expect("taken in");
        take(&mut Texts::make(home.path(), "a").expect("made"), "fjord");
        let kept = Texts::make(home.path(), "a").expect("there");
        assert_eq!(
            (kept.upto().expect("told"), found(&kept, &["ford"]), found(&kept, &["jord"])),
            (7, vec![], vec![7])
        );
        drop(kept);
        assert_eq!(found(&Texts::open(home.path(), "a").expect("there"), &["jord"]), [7]);
        assert!(Texts::open(home.path(), "b").is_none(), "another's");
        let other = Texts::make(home.path(), "b").expect("made");
        assert_eq!((other.upto().expect("told"), found(&other, &["jord"])), (0, vec![]));
        drop(other);
        std::fs::write(path(home.path()), vec![7; 9_000]).expect("damaged");
        assert!(Texts::open(home.path(), "b").is_none(), "damaged");
        take(&mut Texts::make(home.path(), "b").expect("made anew"), "fjord");
        assert_eq!(found(&Texts::open(home.path(), "b").expect("there"), &["jord"]), [7]);
    }
}
