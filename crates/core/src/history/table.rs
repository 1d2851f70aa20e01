//! History as a table for spreadsheets: RFC 4180, read and written some entries at a time.

use std::io::{self, Write};
use std::path::Path;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Found, rows};
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Readers, write_whole};
use crate::journal::{Entry, EntryRow, Reader};
use crate::session::wire::harmless;
use crate::units::UnixTime;

/// Entries that are read at once.
const CHUNK: u32 = 500;

/// Writes what was found to a file, whole or not at all.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub(super) fn save(journal: &Reader, found: &Found, file: &Path) -> Result<()> {
    write_whole(file, Readers::AsUsual, |into| write(journal, found, into)).map_err(|e| {
        Error::new(ErrorCode::BadInput).detail(format!("history cannot be written to {}: {e}", file.display()))
    })
}

/// Writes what was found as a table: when it ended (UTC), how, name, destination, files and bytes.
///
/// # Errors
/// What the writer says, or the records.
pub fn write(journal: &Reader, found: &Found, into: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(into);
    table.write_record(["ended", "result", "name", "destination", "files", "bytes"]).map_err(of_writer)?;
    let mut first = 0;
    while first < found.count() {
        for EntryRow { entry, .. } in
            rows(journal, found, first, CHUNK).map_err(io::Error::other)?.into_iter().flatten()
        {
            let Entry { ended, result, name, destination, files, size, .. } = entry;
            let (ended, files, size) = (iso(ended), files.to_string(), size.get().to_string());
            let (name, destination) = (harmless(&name), harmless(&destination));
            let cells = [&*ended, result.as_str(), &*name, &*destination, &*files, &*size];
            table.write_record(cells).map_err(of_writer)?;
        }
        first = first.saturating_add(CHUNK);
    }
    table.flush()
}

/// What the writer says, as it says it: one who went away is told by that.
fn of_writer(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn iso(at: UnixTime) -> String {
    let at = i64::try_from(at.0).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
