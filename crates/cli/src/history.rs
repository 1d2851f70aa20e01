//! `davit history`: everything that ever ended, newest first.

use davit_core::error::Result;
use davit_core::history::{Query, When, find, rows, write_table};
use davit_core::journal::{Ended, Entry, EntryRow};
use davit_core::uploader::Options;
use serde::Serialize;

use crate::args::History;
use crate::look::Records;
use crate::status::NOTHING_YET;
use crate::{DONE, text, words};

/// Entries that are read at once.
const CHUNK: u32 = 500;
/// What there is to say where nothing matches.
const NONE: &str = "Nothing matches.";

#[derive(Serialize)]
struct Line<'a> {
    item: u64,
    ended: u64,
    result: Ended,
    name: &'a str,
    destination: &'a str,
    files: u32,
    size: u64,
    folder: bool,
}

pub(crate) fn run(asked: History) -> Result<u8> {
    let options = Options::from_env()?;
    let History { search, since, result, json, csv } = asked;
    let Some(records) = Records::of(&options.home)? else {
        if csv {
            return table_of_nothing();
        }
        if !json {
            text::line(NOTHING_YET)?;
        }
        return Ok(DONE);
    };
    words::tell(records.notice());
    let query = Query {
        text: search.join(" "),
        when: since.map_or(When::Any, When::Days),
        result: result.map(Into::into),
        destination: None,
    };
    let journal = &records.reader;
    let found = find(&options.home, journal, &query)?;
    if csv {
        text::all(|into| write_table(journal, &found, into))?;
        return Ok(DONE);
    }
    let mut first = 0;
    while first < found.count() {
        for EntryRow { entry, .. } in rows(journal, &found, first, CHUNK)?.into_iter().flatten() {
            let line = if json { for_scripts(&entry) } else { line(&entry) };
            if !text::line(&line)? {
                return Ok(DONE);
            }
        }
        first = first.saturating_add(CHUNK);
    }
    if !json {
        text::line(&sum(found.count(), found.all, found.size.get()))?;
    }
    Ok(DONE)
}

/// Where nothing is on record a table has its columns still.
fn table_of_nothing() -> Result<u8> {
    text::line("ended,result,name,destination,files,bytes\r")?;
    Ok(DONE)
}

fn for_scripts(entry: &Entry) -> String {
    let Entry { item, ended, result, name, destination, files, size, folder } = entry;
    let (item, ended, size) = (item.get(), ended.0, size.get());
    let line = Line { item, ended, result: *result, name, destination, files: *files, size, folder: *folder };
    serde_json::to_string(&line).unwrap_or_default()
}

/// "2026-11-23 13:48 UTC  done       214.6 GB  day 07 (2210 files) to Projects / Rushes".
fn line(entry: &Entry) -> String {
    let Entry { ended, result, name, destination, files, size, folder, .. } = entry;
    let (name, destination) = (text::plain(name), text::plain(destination));
    let count = if *folder { format!(" ({files} files)") } else { String::new() };
    let (at, size) = (words::date(*ended), text::size(size.get()));
    format!("{at}  {:<9} {size:>9}  {name}{count} to {destination}", result.as_str())
}

fn sum(count: u32, all: u32, size: u64) -> String {
    match (count, all) {
        (_, 0) => NOTHING_YET.to_owned(),
        (0, _) => NONE.to_owned(),
        (count, all) => format!("{count} of {all} transfers, {}", text::size(size)),
    }
}

#[cfg(test)]
mod tests {
    use davit_core::ids::ItemId;
    use davit_core::units::{ByteCount, UnixTime};

    use super::*;

    #[test]
    fn an_entry_is_one_line_whatever_its_name_is() {
        let entry = Entry {
            item: ItemId::new(7),
            ended: UnixTime(1_800_000_000),
            result: Ended::Failed,
            name: "day\n07\u{1b}[2J".to_owned(),
            destination: "Projects / Rushes".to_owned(),
            files: 12,
            size: ByteCount(214_600_000_000),
            folder: true,
        };
        let told = "2027-01-15 08:00 UTC  failed     214.6 GB  day\\n07\\u{1b}[2J (12 files) to Projects / Rushes";
        assert_eq!(line(&entry), told);
        let told = r#"{"item":7,"ended":1800000000,"result":"failed","name":"day\n07\u001b[2J","#;
        let rest = r#""destination":"Projects / Rushes","files":12,"size":214600000000,"folder":true}"#;
        assert_eq!(for_scripts(&entry), format!("{told}{rest}"));
        let one = Entry { folder: false, name: "a.mov".to_owned(), ..entry };
        assert!(line(&one).ends_with("214.6 GB  a.mov to Projects / Rushes"), "{}", line(&one));
    }

    #[test]
    fn what_was_found_is_summed_up() {
        assert_eq!(sum(0, 0, 0), NOTHING_YET);
        assert_eq!(sum(0, 9, 0), NONE);
        assert_eq!(sum(214, 48_112, 31_800_000_000_000), "214 of 48112 transfers, 31.80 TB");
    }
}
