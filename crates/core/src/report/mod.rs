//! What a company's IT is given when something does not work: a ZIP file of what this computer and this Davit are, how they
//! are set, what was checked, what the records hold in numbers, and the last log.
//!
//! It is for strangers' eyes. No secret goes in: none of what is put together has one, and every text passes `scrub`
//! besides. No name of a file, folder or key goes in either, unless the person wants to show them.
//!
//! - `facts`: what is put together.
//! - `known`: names that are on record, and may stand anywhere.
//! - `scrub`: what is taken out.

mod facts;
mod known;
mod scrub;

use std::io::{self, Cursor, Write as _};
use std::path::Path;

use secrecy::SecretString;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::{Error, ErrorCode, Result};
use crate::file::{Readers, write_whole};
use crate::log;
use crate::net::Net;
use known::Known;
use scrub::Scrub;

/// What a report is made of.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Whose report it is.
    pub home: &'a Path,
    /// The way out.
    pub net: &'a Net,
    /// Whatever secrets are known: each is taken out wherever it stands.
    pub secrets: &'a [SecretString],
    /// Whether names of files, folders and keys may be shown.
    pub names: bool,
}

/// Writes a report. Reads beside whoever works with the same records.
///
/// # Errors
/// `disk-full`, `file-unreadable` where the file cannot be written.
pub fn save(subject: &Subject<'_>, to: &Path) -> Result<()> {
    let known = if subject.names { Known::default() } else { Known::of(facts::names(subject.home)) };
    let scrub = Scrub::new(subject.secrets, (!subject.names).then_some(known));
    let files = [
        ("about.json", facts::about()),
        ("settings.json", facts::settings(subject.home)),
        ("network.json", facts::network(subject.net)),
        ("check.json", facts::check(subject.home)),
        ("records.json", facts::records(subject.home, subject.names)),
        ("log.txt", log::kept_in(subject.home)),
    ];
    let packed = pack(files.map(|(name, text)| (name, scrub.text(&text)))).map_err(|e| failed(&e))?;
    write_whole(to, Readers::Owner, |into| into.write_all(&packed)).map_err(|e| failed(&e))
}

fn failed(error: &io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull => ErrorCode::DiskFull,
        _ => ErrorCode::FileUnreadable,
    };
    Error::new(code).detail(format!("the report: {error}"))
}

fn pack<const N: usize>(files: [(&str, String); N]) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in files {
        zip.start_file(name, options).map_err(io::Error::other)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish().map_err(io::Error::other)?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_report_of_a_home_that_was_never_used_can_be_opened_and_has_all_its_parts() {
        let home = tempfile::tempdir().expect("a home");
        let to = home.path().join("report.zip");
        let net = Net::default();
        save(&Subject { home: home.path(), net: &net, secrets: &[], names: false }, &to).expect("saved");
        let mut zip = zip::ZipArchive::new(std::fs::File::open(&to).expect("there")).expect("a ZIP file");
        let mut names: Vec<_> = zip.file_names().map(|name| name.expect("text").into_owned()).collect();
        names.sort();
        let all = ["about.json", "check.json", "log.txt", "network.json", "records.json", "settings.json"];
        assert_eq!(names, all);
        let mut about = String::new();
        zip.by_name("about.json").expect("it is there").read_to_string(&mut about).expect("read");
        assert!(about.contains(env!("CARGO_PKG_VERSION")), "{about}");
    }

    #[test]
    fn a_report_that_cannot_be_written_is_an_error() {
        let home = tempfile::tempdir().expect("a home");
        let net = Net::default();
        let subject = Subject { home: home.path(), net: &net, secrets: &[], names: false };
        let error = save(&subject, &home.path().join("none/report.zip")).expect_err("no such folder");
        assert_eq!(error.code, ErrorCode::FileUnreadable);
    }
}
