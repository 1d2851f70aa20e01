//! History: everything that ever ended, and what is asked of it.
//!
//! A [`Query`] is answered in two steps. What matches its words comes from the full-text index, and from a look through what that
//! does not have yet; what of it counts, how large it is and on which days it ended is read in one pass over an index that has all
//! of that. A shell then asks for the slice it shows. A search never waits for the index to be brought up, nor an upload for a
//! search: [`History`] reads by connections of its own, and blocks whoever asks.

mod table;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::bandwidth::Zone;
use crate::error::Result;
use crate::folded::{Repeated, folded, words};
use crate::journal::{End, Ended, EntryRow, Reader, Texts};
use crate::units::{ByteCount, UnixTime};
pub use table::write as write_table;

/// The fewest letters of a word that is looked up: shorter ones are looked for.
const LETTERS: usize = Texts::LETTERS;
/// Words that the index is asked for together; more of them narrow nothing down.
const LOOKED_UP: usize = 8;
/// Texts that are taken into the index in one commit.
const CHUNK: u32 = 1_000;
/// Entries that a shell is told of at once.
const ROWS_AT_MOST: u32 = 500;

/// What is asked of history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Query {
    /// Words, each of which is somewhere in the name or the destination, whatever its case and accents.
    pub text: String,
    /// When it ended.
    pub when: When,
    /// How it ended; none is however it did.
    pub result: Option<Ended>,
    /// The destination's label; none is wherever it went.
    pub destination: Option<String>,
}

/// When something ended, by the days of the clock on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "days", rename_all = "kebab-case")]
pub enum When {
    /// Whenever.
    #[default]
    Any,
    /// On one of so many days, the last of which is today.
    Days(u32),
    /// This year.
    ThisYear,
}

impl When {
    fn since(self, zone: &Zone, now: UnixTime) -> UnixTime {
        match self {
            Self::Any => UnixTime(0),
            Self::Days(days) => zone.day_before_began(now, days.saturating_sub(1)),
            Self::ThisYear => zone.year_began(now),
        }
    }
}

/// Entries of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryDay {
    /// When the day began.
    pub began: UnixTime,
    /// How many ended on it.
    pub count: u32,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Entries in history, whether they match or not.
    pub all: u32,
    /// Bytes of what matches.
    pub size: ByteCount,
    /// The days on which that ended, newest first; an entry is on one of them.
    pub days: Vec<HistoryDay>,
    /// The entries, newest first.
    numbers: Vec<i64>,
}

impl Found {
    /// How many entries match.
    pub fn count(&self) -> u32 {
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
    }

    /// The next one, which did not end later than those before.
    fn take(&mut self, end: End, zone: &Zone) {
        match self.days.last_mut() {
            Some(day) if day.began <= end.at => day.count += 1,
            _ => self.days.push(HistoryDay { began: zone.day_began(end.at), count: 1 }),
        }
        self.size += end.size;
        self.numbers.push(end.number);
    }
}

/// What matches a query now.
///
/// # Errors
/// The journal's.
pub fn find(home: &Path, journal: &Reader, query: &Query) -> Result<Found> {
    let texts = Texts::open(home, &journal.history_token()?);
    search(journal, texts.as_ref(), query, &Zone::here(), UnixTime::now())
}

/// Entries that were found, from `first` on; nothing for one that is another by now.
///
/// # Errors
/// The journal's.
pub fn rows(journal: &Reader, found: &Found, first: u32, count: u32) -> Result<Vec<Option<EntryRow>>> {
    let numbers = found.numbers.iter().skip(first as usize).take(count as usize).copied();
    journal.history_rows(&numbers.collect::<Vec<_>>())
}

/// As of a moment, by a clock.
fn search(journal: &Reader, texts: Option<&Texts>, query: &Query, zone: &Zone, now: UnixTime) -> Result<Found> {
    let matching = matching(journal, texts, &words(&query.text))?;
    let mut found = Found { all: journal.history_count()?, ..Found::default() };
    let (since, destination) = (query.when.since(zone, now), query.destination.as_deref());
    journal.history_ends(since, query.result, destination, |end| {
        if matching.as_ref().is_none_or(|numbers| numbers.contains(&end.number)) {
            found.take(end, zone);
        }
    })?;
    Ok(found)
}

/// Numbers of entries that have all of these words; nothing where there are none, and all match.
fn matching(journal: &Reader, texts: Option<&Texts>, words: &[String]) -> Result<Option<HashSet<i64>>> {
    if words.is_empty() {
        return Ok(None);
    }
    let is_long = |word: &&str| word.chars().nth(LETTERS - 1).is_some();
    let looked_up: Vec<_> = words.iter().map(String::as_str).filter(is_long).take(LOOKED_UP).collect();
    let (upto, known) = look_up(texts, &looked_up);
    // Of what was looked up only these words are left to be looked for.
    let left: Vec<_> = words.iter().map(String::as_str).filter(|word| !looked_up.contains(word)).collect();
    // What the index has need not be looked at where nothing is.
    let (mut found, known, mut after) =
        if left.is_empty() { (known, HashSet::new(), upto) } else { (HashSet::new(), known, 0) };
    let mut places = Repeated::default();
    loop {
        let mut last = None;
        journal.history_texts(after, CHUNK, |number, name, destination| {
            last = Some(number);
            let is_known = number <= upto;
            if is_known && !known.contains(&number) {
                return;
            }
            let (name, place) = (folded(name), places.folded(destination));
            let has = |word: &&str| name.contains(*word) || place.contains(*word);
            if left.iter().all(has) && (is_known || looked_up.iter().all(has)) {
                found.insert(number);
            }
        })?;
        match last {
            Some(last) => after = last,
            None => return Ok(Some(found)),
        }
    }
}

/// What the index says, and up to which number: to none where it cannot be asked, or for nothing.
fn look_up(texts: Option<&Texts>, words: &[&str]) -> (i64, HashSet<i64>) {
    let Some(texts) = texts.filter(|_| !words.is_empty()) else { return (0, HashSet::new()) };
    texts.that_have(words).unwrap_or_else(|error| {
        tracing::debug!(%error, "history is searched without its index");
        (0, HashSet::new())
    })
}

/// History of a home, for one shell: what it asked for last is kept, and it is shown slice by slice.
#[derive(Debug)]
pub struct History {
    home: PathBuf,
    desk: Mutex<Desk>,
    /// Held by who brings the index up.
    indexing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Desk {
    reader: Option<Reader>,
    texts: Option<Texts>,
    found: Found,
    /// How often something was searched for.
    turn: u32,
}

impl History {
    /// Of the records that lie there. Opens nothing yet.
    pub fn of(home: &Path) -> Self {
        Self { home: home.to_owned(), desk: Mutex::default(), indexing: Mutex::default() }
    }

    /// What matches, and the number that slices of it are asked for by.
    ///
    /// # Errors
    /// The journal's.
    pub fn search(&self, query: &Query) -> Result<(u32, Found)> {
        let mut desk = self.desk();
        let desk = &mut *desk;
        let reader = opened(&mut desk.reader, &self.home)?;
        if desk.texts.is_none() {
            desk.texts = Texts::open(&self.home, &reader.history_token()?);
        }
        let found = search(reader, desk.texts.as_ref(), query, &Zone::here(), UnixTime::now());
        if found.is_err() {
            // The next one looks at what is there by then.
            (desk.reader, desk.texts) = (None, None);
        }
        desk.found = found?;
        desk.turn = desk.turn.wrapping_add(1);
        Ok((desk.turn, desk.found.clone()))
    }

    /// Entries of what was searched for by that number, from `first` on; nothing for one that is another by now. None at all once
    /// something else was searched for.
    ///
    /// # Errors
    /// The journal's.
    pub fn rows(&self, turn: u32, first: u32, count: u32) -> Result<Vec<Option<EntryRow>>> {
        let mut desk = self.desk();
        if turn != desk.turn {
            return Ok(Vec::new());
        }
        let desk = &mut *desk;
        let reader = opened(&mut desk.reader, &self.home)?;
        rows(reader, &desk.found, first, count.min(ROWS_AT_MOST))
    }

    /// Labels of the destinations that are in history.
    ///
    /// # Errors
    /// The journal's.
    pub fn destinations(&self) -> Result<Vec<String>> {
        opened(&mut self.desk().reader, &self.home)?.history_destinations()
    }

    /// Writes all that matches to a file as a table, whole or not at all.
    ///
    /// # Errors
    /// `bad-input` for a file that cannot be written; the journal's.
    pub fn save(&self, query: &Query, file: &Path) -> Result<()> {
        // It takes a while: nobody who looks at the window waits for it.
        let journal = Reader::open(&self.home)?;
        let found = find(&self.home, &journal, query)?;
        table::save(&journal, &found, file)
    }

    /// Brings the full-text index up, unless somebody is at it. What cannot be indexed is looked through whenever it is searched.
    pub fn index(&self) {
        let Ok(_one) = self.indexing.try_lock() else { return };
        if let Err(error) = bring_up(&self.home) {
            tracing::debug!(%error, "the index of history is not brought up");
        }
    }

    /// The full-text index goes, which has names of what is not in history any more: the next search begins it anew.
    pub fn forget_index(&self) {
        let _one = self.indexing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desk = self.desk();
        // What is open would keep it there.
        (desk.texts, desk.found) = (None, Found::default());
        if let Err(error) = Texts::forget(&self.home) {
            tracing::warn!(%error, "the index of history stays until the next search");
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn opened<'a>(reader: &'a mut Option<Reader>, home: &Path) -> Result<&'a Reader> {
    let open = match reader.take() {
        Some(open) => open,
        None => Reader::open(home)?,
    };
    Ok(reader.insert(open))
}

fn bring_up(home: &Path) -> Result<()> {
    let journal = Reader::open(home)?;
    let mut texts = Texts::make(home, &journal.history_token()?)?;
    let mut places = Repeated::default();
    loop {
        let mut next = Vec::new();
        journal.history_texts(texts.upto()?, CHUNK, |number, name, destination| {
            // No word reaches from one into the other.
            next.push((number, format!("{}\n{}", folded(name), places.folded(destination))));
        })?;
        if next.is_empty() {
            return Ok(());
        }
        texts.take_in(&next)?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::ids::ItemId;
    use crate::journal::{Entry, put_all};

    /// A Wednesday at noon in Berlin.
    const NOW: u64 = 1_813_140_000;
    const DAY: u64 = 86_400;

    fn entry(n: u64, ended: u64, result: Ended, name: &str, destination: &str) -> Entry {
        Entry {
            item: ItemId::new(n),
            ended: UnixTime(ended),
            result,
            name: name.to_owned(),
            destination: destination.to_owned(),
            files: 1,
            size: ByteCount(n),
            folder: false,
        }
    }

    fn some() -> Vec<Entry> {
        let rushes = "Projects / Fjord documentary / Rushes";
        vec![
            entry(1, NOW - 300 * DAY, Ended::Done, "Fjord_aerials.mov", rushes),
            entry(2, NOW - 8 * DAY, Ended::Cancelled, "board 2025.mp4", "Board / 2026"),
            entry(3, NOW - 6 * DAY, Ended::Failed, "Málaga \"take\" 2*.mov", rushes),
            entry(4, NOW - 3_600, Ended::Done, "Übersicht.pdf", "Board / 2026"),
            entry(5, NOW, Ended::Done, "A.mov", rushes),
        ]
    }

    fn text(text: &str) -> Query {
        Query { text: text.to_owned(), ..Query::default() }
    }

    /// The rows that were found, by their numbers.
    fn found_at(journal: &Reader, texts: Option<&Texts>, query: &Query) -> (Vec<u64>, Found) {
        let found = search(journal, texts, query, &Zone::berlin(), UnixTime(NOW)).expect("found");
        let all = rows(journal, &found, 0, u32::MAX).expect("read");
        (all.into_iter().map(|row| row.expect("whole").entry.item.get()).collect(), found)
    }

    #[test]
    fn every_word_is_found_wherever_it_is_whatever_its_case_and_accents_with_the_index_and_without_it() {
        let home = tempfile::tempdir().expect("a folder");
        put_all(home.path(), &some());
        let journal = Reader::open(home.path()).expect("opened");
        let history = History::of(home.path());
        for indexed in [false, true] {
            if indexed {
                history.index();
            }
            let texts = Texts::open(home.path(), &journal.history_token().expect("read"));
            assert_eq!(texts.is_some(), indexed);
            for (words, wanted) in [
                ("", vec![5, 4, 3, 2, 1]),
                ("fjord", vec![5, 3, 1]),
                ("RUSHES mov fjord", vec![5, 3, 1]),
                ("ubersicht", vec![4]),
                ("malaga", vec![3]),
                ("MÁLAGA tak", vec![3]),
                ("\"take\" 2*", vec![3]),
                ("take AND", vec![]),
                ("a.mov", vec![5]),
                ("25", vec![2]),
                ("20 mp", vec![2]),
                ("b 2026", vec![4, 2]),
                ("rd", vec![5, 4, 3, 2, 1]),
                ("fjord board", vec![]),
            ] {
                assert_eq!(found_at(&journal, texts.as_ref(), &text(words)).0, wanted, "{words} {indexed}");
            }
        }
    }

    #[test]
    fn when_how_and_where_narrow_it_down_and_what_is_left_is_counted_by_the_day() {
        let home = tempfile::tempdir().expect("a folder");
        put_all(home.path(), &some());
        let journal = Reader::open(home.path()).expect("opened");
        let ask = |query: Query| found_at(&journal, None, &query).0;
        let when = |when| Query { when, ..Query::default() };
        assert_eq!(ask(when(When::Days(1))), [5, 4]);
        assert_eq!(ask(when(When::Days(7))), [5, 4, 3]);
        assert_eq!(ask(when(When::Days(30))), [5, 4, 3, 2]);
        assert_eq!(ask(when(When::ThisYear)), [5, 4, 3, 2]);
        let failed = Query { result: Some(Ended::Failed), ..Query::default() };
        assert_eq!(ask(failed.clone()), [3]);
        let board = Query { destination: Some("Board / 2026".to_owned()), ..Query::default() };
        assert_eq!(ask(board.clone()), [4, 2]);
        assert_eq!(ask(Query { when: When::Days(7), text: "pdf".to_owned(), ..board }), [4]);
        assert_eq!(ask(Query { when: When::Days(2), ..failed }), Vec::<u64>::new());
        let (_, found) = found_at(&journal, None, &text("mov"));
        assert_eq!((found.count(), found.all, found.size), (3, 5, ByteCount(9)));
        let days: Vec<_> = found.days.iter().map(|day| (day.began, day.count)).collect();
        let began = |at| Zone::berlin().day_began(UnixTime(at));
        assert_eq!(days, [(began(NOW), 1), (began(NOW - 6 * DAY), 1), (began(NOW - 300 * DAY), 1)]);
        let there = journal.history_destinations().expect("read");
        assert_eq!(there, ["Board / 2026", "Projects / Fjord documentary / Rushes"]);
    }

    #[test]
    fn what_is_in_no_index_yet_is_found_as_well_and_one_of_other_records_is_none() {
        let (home, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        put_all(home.path(), &some()[..3]);
        let history = History::of(home.path());
        history.index();
        let mut all = some();
        let late = all.split_off(3);
        let journal = Reader::open(home.path()).expect("opened");
        let token = journal.history_token().expect("read");
        let c = rusqlite::Connection::open(crate::journal::Journal::path(home.path())).expect("opened");
        for Entry { item, name, destination, .. } in &late {
            let sql = "INSERT INTO history(item,ended,result,name,destination,files,size,folder) VALUES (?,9,'done',?,?,1,1,0)";
            c.execute(sql, (i64::try_from(item.get()).expect("few"), name, destination)).expect("added");
        }
        let texts = Texts::open(home.path(), &token).expect("an index");
        assert_eq!(texts.upto().expect("told"), 3);
        let found =
            |words| search(&journal, Some(&texts), &text(words), &Zone::berlin(), UnixTime(NOW)).expect("found");
        assert_eq!((found("mov").count(), found("board").count(), found("pd").count()), (3, 2, 1));
        put_all(other.path(), &some());
        let others = Reader::open(other.path()).expect("opened").history_token().expect("read");
        assert!(others != token && Texts::open(home.path(), &others).is_none());
    }

    #[test]
    fn a_slice_is_of_what_was_searched_for_last() {
        let home = tempfile::tempdir().expect("a folder");
        put_all(home.path(), &some());
        let history = History::of(home.path());
        let (turn, found) = history.search(&text("fjord")).expect("found");
        assert_eq!(found.count(), 3);
        let names = |turn, first| {
            let rows = history.rows(turn, first, 2).expect("read").into_iter();
            rows.map(|row| row.map(|row| row.entry.name)).collect::<Vec<_>>()
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(names(turn, 1), [name("Málaga \"take\" 2*.mov"), name("Fjord_aerials.mov")]);
        // One that goes on meanwhile leaves its place empty.
        let c = rusqlite::Connection::open(crate::journal::Journal::path(home.path())).expect("opened");
        c.execute("DELETE FROM history WHERE item=3", []).expect("gone");
        assert_eq!(names(turn, 0), [name("A.mov"), None]);
        let (next, _) = history.search(&text("board")).expect("found");
        assert_eq!((names(turn, 0).len(), names(next, 0).len()), (0, 2));
    }

    /// Timing is printed, and is nobody's promise here: `cargo test --release --package davit-core history -- --nocapture`.
    #[test]
    fn a_hundred_thousand_entries_are_searched_with_the_index_as_without_it() {
        const ALL: u64 = 100_000;
        let home = tempfile::tempdir().expect("a folder");
        let (words, places) = (["fjord", "aerials", "graded", "sound", "take", "proxy"], ["Rushes", "Masters", "Édit"]);
        let pick = |all: &[&str], n: u64| all[usize::try_from(n).expect("small") % all.len()].to_owned();
        let all: Vec<_> = (0..ALL)
            .map(|n| {
                let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
                let name = format!("{}_{}_{n:06}.mov", pick(&words, mixed), pick(&words, mixed / 7));
                let result =
                    [Ended::Done, Ended::Done, Ended::Failed, Ended::Cancelled][usize::try_from(n % 4).expect("small")];
                entry(n + 1, NOW - (ALL - n) * 400, result, &name, &format!("Projects / {}", pick(&places, mixed / 3)))
            })
            .collect();
        put_all(home.path(), &all);
        let history = History::of(home.path());
        let journal = Reader::open(home.path()).expect("opened");
        history.index();
        let texts = Texts::open(home.path(), &journal.history_token().expect("read")).expect("an index");
        assert_eq!(texts.upto().expect("told"), i64::try_from(ALL).expect("few"));
        let failed = Query { result: Some(Ended::Failed), ..text("fjord take") };
        let there = Query { destination: Some("Projects / Édit".to_owned()), when: When::Days(30), ..text("sound") };
        for query in
            [text(""), text(".mov"), text("fjord"), text("099999"), text("edit proxy"), text("7."), failed, there]
        {
            let since = query.when.since(&Zone::berlin(), UnixTime(NOW));
            let has = |entry: &&Entry| {
                let text = folded(&format!("{} {}", entry.name, entry.destination));
                query.text.split(' ').all(|word| text.contains(word))
                    && query.result.is_none_or(|result| entry.result == result)
                    && query.destination.as_ref().is_none_or(|there| entry.destination == *there)
                    && entry.ended >= since
            };
            let wanted: Vec<_> = all.iter().rev().filter(has).collect();
            for texts in [Some(&texts), None] {
                let began = Instant::now();
                let found = search(&journal, texts, &query, &Zone::berlin(), UnixTime(NOW)).expect("found");
                let took = began.elapsed();
                println!("search of {ALL} entries, indexed {}: {took:?} for {query:?}", texts.is_some());
                assert_eq!(found.count() as usize, wanted.len(), "{query:?}");
                assert_eq!(found.size, wanted.iter().map(|entry| entry.size).sum::<ByteCount>(), "{query:?}");
                assert_eq!(found.days.iter().map(|day| day.count).sum::<u32>(), found.count());
                let slice = rows(&journal, &found, 40, 60).expect("read");
                let slice: Vec<_> = slice.iter().map(|row| &row.as_ref().expect("whole").entry).collect();
                let wanted: Vec<_> = wanted.iter().copied().skip(40).take(60).collect();
                assert_eq!(slice, wanted, "{query:?}");
            }
        }
    }

    #[test]
    fn a_table_has_every_entry_that_matches_and_is_harmless_to_spreadsheets() {
        let home = tempfile::tempdir().expect("a folder");
        let mut all = some();
        all.push(entry(6, NOW + 1, Ended::Done, "=SUM(A1:A9).mov", "-x, \"y\""));
        put_all(home.path(), &all);
        let file = home.path().join("history.csv");
        let history = History::of(home.path());
        history.save(&Query::default(), &file).expect("saved");
        let table = std::fs::read_to_string(&file).expect("read");
        let lines: Vec<_> = table.split("\r\n").collect();
        assert_eq!(lines[0], "ended,result,name,destination,files,bytes");
        assert_eq!(lines[1], "2027-06-16T10:00:01Z,done,'=SUM(A1:A9).mov,\"'-x, \"\"y\"\"\",1,6");
        assert_eq!(lines[3], "2027-06-16T09:00:00Z,done,Übersicht.pdf,Board / 2026,1,4");
        assert_eq!((lines.len(), lines[7]), (8, ""));
        history.save(&text("fjord"), &file).expect("saved");
        assert_eq!(std::fs::read_to_string(&file).expect("read").lines().count(), 4);
        assert!(history.save(&text(""), home.path()).is_err(), "that is a folder");
    }
}
