//! What a fuzzer calls: anything at all in the place of the records, or of a row's columns. Nothing here may panic, and
//! what is read must make sense.

use std::path::Path;

use super::{Journal, Reader, seal};
use crate::error::{ErrorCode, Result};
use crate::ids::{BatchId, ItemId, TransferId};
use crate::units::UnixTime;

/// Opens records that are these bytes, in an empty folder, and reads all of them.
pub fn records(home: &Path, file: &[u8], log: &[u8]) {
    let path = Journal::path(home);
    let laid = std::fs::write(&path, file).and_then(|()| std::fs::write(home.join("journal.sqlite-wal"), log));
    if laid.is_err() {
        return;
    }
    match Journal::open(home) {
        Ok(_) => read(home),
        Err(error) => assert_eq!(error.code, ErrorCode::JournalNewer, "{error}"),
    }
}

/// Reads a file whose columns are these texts and numbers and whose sum fits, as a program of ours with a fault might have
/// written it.
///
/// # Errors
/// When the records cannot be made.
pub fn columns(home: &Path, texts: [&str; 6], numbers: [i64; 4]) -> Result<()> {
    let (journal, _) = Journal::open(home)?;
    drop(journal);
    let c = super::schema::open_for_writing(&Journal::path(home))?;
    let [standing, fingerprint, plan, problem, destination, scope] = texts;
    let [size, crc64, at, number] = numbers;
    let made = || -> rusqlite::Result<()> {
        seal::BATCHES.insert(&c, "", &[&1, &at, &destination, &"\"fail\"", &scope, &Option::<String>::None, &1])?;
        seal::ITEMS.insert(&c, "", &[&1, &1, &at, &b"/a".to_vec(), &"a", &number, &1, &number, &0])?;
        let (path, key, none) = (b"/a".to_vec(), "a", Option::<String>::None);
        seal::TRANSFERS.insert(
            &c,
            "",
            &[
                &1,
                &1,
                &path,
                &key,
                &key,
                &size,
                &standing,
                &0,
                &key,
                &fingerprint,
                &plan,
                &none,
                &none,
                &crc64,
                &problem,
            ],
        )?;
        seal::PARTS.insert(&c, "", &[&1, &number, &"e", &crc64, &size])?;
        c.execute("INSERT INTO story VALUES (1,?,?)", (at, standing))?;
        Ok(())
    };
    made().map_err(super::classify)?;
    drop(c);
    read(home);
    Ok(())
}

/// Reads everything as the engine and the command line do.
fn read(home: &Path) {
    let Ok(reader) = Reader::open(home) else { return };
    let Ok(recovered) = reader.recover() else { return };
    let _ = (reader.status(), reader.leftovers(), reader.left_in_s3(UnixTime::default()), reader.asked_for());
    let mut numbers = Vec::new();
    let _ = reader.history_ends(UnixTime::default(), None, None, |end| numbers.push(end.number));
    let _ = (reader.history_rows(&numbers), reader.history_destinations(), reader.history_of(ItemId::new(1)));
    let files = recovered.transfers.iter().map(|transfer| transfer.id);
    for id in files.chain([TransferId::new(1)]).take(50) {
        let _ = (reader.parts(id), reader.story(id, usize::MAX), reader.proof(id));
        let Ok(Some(row)) = reader.transfer(id) else { continue };
        if let Some(plan) = row.plan {
            let all: u64 = plan.parts().map(|part| part.len).sum();
            assert_eq!(all, plan.size(), "the parts cover the file");
        }
    }
    let _ = (reader.batch(BatchId::new(1)), reader.item(ItemId::new(1)), reader.files(ItemId::new(1), "a", 0, 10));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What stands in the columns, sound and not.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(r#"{"state":{"kind":"queued"},"on_s3":{"kind":"nothing"}}"#.to_owned()),
            Just(r#"{"size":20971520,"mtime":1,"ctime":null,"volume":1,"file":1}"#.to_owned()),
            Just(r#"{"bucket":"b","prefix":"p/","region":"r"}"#.to_owned()),
            any::<(u64, u64, u16)>().prop_map(|(size, part_size, count)| {
                format!(r#"{{"multipart":{{"size":{size},"part_size":{part_size},"count":{count}}}}}"#)
            }),
            (0u64..1 << 40).prop_map(|size| format!(r#"{{"single":{{"size":{size}}}}}"#)),
            (1u64..1 << 30, 1u64..1 << 24).prop_map(|(size, part_size)| {
                let count = size.div_ceil(part_size);
                format!(r#"{{"multipart":{{"size":{size},"part_size":{part_size},"count":{count}}}}}"#)
            }),
            ".{0,40}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_in_place_of_the_records_are_survived(
            head in any::<bool>(),
            mut file in prop::collection::vec(any::<u8>(), 0..9_000),
            log in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let home = tempfile::tempdir().expect("a folder");
            if head && file.len() > 100 {
                // As far as SQLite's first look goes, it is a database.
                file[..16].copy_from_slice(b"SQLite format 3\0");
                file[16..24].copy_from_slice(&[0x10, 0, 2, 2, 0, 64, 32, 32]);
            }
            records(home.path(), &file, &log);
        }

        #[test]
        fn any_text_and_number_in_a_row_that_is_sealed_is_survived(
            texts in prop::collection::vec(texts(), 6),
            numbers in any::<[i64; 4]>(),
        ) {
            let home = tempfile::tempdir().expect("a folder");
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            columns(home.path(), texts.try_into().expect("six"), numbers).expect("made");
        }
    }
}
