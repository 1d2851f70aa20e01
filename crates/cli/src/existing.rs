//! What becomes of the files that are there when a folder is watched first: asked here, with count and bytes, where a person sits
//! before a terminal, and else by a command of its own.

use std::io::IsTerminal as _;
use std::path::Path;

use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::WatchId;
use davit_core::units::UnixTime;
use davit_core::watch::Spec;
use davit_core::watch::preview::{Listing, Preview};
use davit_core::watch::spec::Existing;

use crate::text;

/// What was said.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// That is to become of them.
    Wanted(Existing),
    /// The folder is not to be watched.
    Neither,
}

/// What of a folder as it is would be taken.
pub(crate) async fn preview(folder: &Path, home: &Path, spec: &Spec) -> Result<Preview> {
    // A link that is named means where it leads.
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    Ok(Listing::of(&path, home, spec.extent()).await?.by(&spec.rules()?, UnixTime::now()))
}

/// What of the files in a folder that is to be watched is uploaded, as the person at the terminal says; nothing where the folder
/// is not to be watched at all. Without a terminal it is asked about later.
pub(crate) async fn chosen(folder: &Path, home: &Path, spec: &Spec) -> Result<Option<Existing>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(Some(Existing::Ask));
    }
    let Preview { taken, bytes, .. } = preview(folder, home, spec).await?;
    if taken == 0 {
        return Ok(Some(Existing::All));
    }
    let files = if taken == 1 { "1 file is".to_owned() } else { format!("{taken} files are") };
    text::note(&format!("{files} there already ({}).", text::size(bytes.get())));
    loop {
        text::note("What is to be uploaded: all, new (only new files), or neither (it is not watched)?");
        let mut line = String::new();
        // Nothing else is at work yet.
        let read = std::io::stdin().read_line(&mut line);
        let read = read.map_err(|e| Error::new(ErrorCode::Unexpected).detail("standard input").source(e))?;
        match said(&line) {
            Some(Said::Wanted(existing)) => return Ok(Some(existing)),
            None if read > 0 => {}
            Some(Said::Neither) | None => {
                text::note("It is not watched.");
                return Ok(None);
            }
        }
    }
}

fn said(line: &str) -> Option<Said> {
    match line.trim().to_lowercase().as_str() {
        "all" => Some(Said::Wanted(Existing::All)),
        "new" | "new-only" => Some(Said::Wanted(Existing::NewOnly)),
        "neither" => Some(Said::Neither),
        _ => None,
    }
}

/// How a folder that asks is answered.
pub(crate) fn how(watch: WatchId) -> String {
    format!("`davit watch answer {watch} all` uploads them, `davit watch answer {watch} new-only` only new files")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W9.
    #[test]
    fn what_is_there_at_first_is_all_uploaded_or_only_what_is_new_or_nothing_is_watched() {
        assert_eq!(said("All\n"), Some(Said::Wanted(Existing::All)));
        assert_eq!(said("new\r\n"), Some(Said::Wanted(Existing::NewOnly)));
        assert_eq!(said(" neither "), Some(Said::Neither));
        // What nobody meant uploads nothing.
        for odd in ["", "\n", "y", "n", "yes", "alll"] {
            assert_eq!(said(odd), None, "{odd:?}");
        }
    }
}
