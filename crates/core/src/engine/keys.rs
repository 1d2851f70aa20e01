//! The keys of files: the name as it is, or a free one beside it.

use crate::error::Result;
use crate::file::names;
use crate::journal::{ItemRow, Journal, TransferRow};

/// A number is tried this often before a name of its own is given.
const NUMBERS: u32 = 20;

/// The key a file has when nobody else has it: its name, or the folder's name and the path within; of a watched folder's
/// file the path within that, where its files go.
pub(super) fn base(item: &ItemRow, rel: &str) -> String {
    names::normal(&match &item.sweep {
        Some(sweep) if sweep.under.is_empty() => rel.to_owned(),
        Some(sweep) => format!("{}/{rel}", sweep.under),
        None if item.folder => format!("{}/{rel}", item.name),
        None => rel.to_owned(),
    })
}

/// What tells an object of ours, of one version of a file, from every other.
pub(super) fn token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The next name beside the present one: "name (n).ext", as long as numbers are cheap to try; then one that nobody else
/// can have. No other file of the gesture has it.
pub(super) async fn next(journal: &Journal, item: &ItemRow, row: &TransferRow, blind: bool) -> Result<String> {
    let base = base(item, &row.rel);
    let own = names::beside(&base, row.token.get(..8).unwrap_or(&row.token));
    if blind {
        return Ok(own);
    }
    let tried = (2..=NUMBERS).find(|n| names::suffixed(&base, *n) == row.key).unwrap_or(1);
    let batch = item.batch;
    let look = move |journal: &crate::journal::Reader| {
        for n in tried + 1..=NUMBERS {
            let key = names::suffixed(&base, n);
            if !journal.has_key(batch, &key)? {
                return Ok(key);
            }
        }
        Ok(own)
    };
    journal.read(look).await
}
