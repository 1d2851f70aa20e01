//! The keys of files: the name as it is, or a free one beside it; where the name is refused, the one that is proposed.

use std::collections::HashSet;
use std::path::Path;

use crate::error::Result;
use crate::file::names;
use crate::ids::{BatchId, ObjectKey};
use crate::journal::{ItemRow, Journal, Reader, TransferRow};

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
    let numbered = (tried + 1..=NUMBERS).map(move |n| names::suffixed(&base, n));
    free(journal, item.batch, numbered, own).await
}

/// The first of these that no other file of the gesture has; where all are taken, its own.
async fn free(
    journal: &Journal,
    batch: BatchId,
    mut keys: impl Iterator<Item = String> + Send + 'static,
    own: String,
) -> Result<String> {
    let look = move |journal: &Reader| {
        let free = keys.find_map(|key| match journal.has_key(batch, &key) {
            Ok(taken) => (!taken).then_some(Ok(key)),
            Err(error) => Some(Err(error)),
        });
        free.unwrap_or(Ok(own))
    };
    journal.read(look).await
}

/// The key that is proposed for a file whose name, or that of a folder it lies in, no key can have; nothing for one that has a
/// key, or where another name would not help. The file keeps its name.
pub(super) fn mended(item: &ItemRow, row: &TransferRow) -> Option<String> {
    if !row.key.is_empty() {
        return None;
    }
    let within = || row.path.strip_prefix(&item.path).ok();
    let within = match &item.sweep {
        Some(sweep) => Path::new(&sweep.under).join(within()?),
        None if item.folder => Path::new(&item.name).join(within()?),
        None => Path::new(&item.name).to_owned(),
    };
    names::proposed(&within).filter(|key| ObjectKey::new(key.clone()).is_ok())
}

/// The same, or a free name beside it: no other file of the gesture has it, and none of those that are `given` one now.
pub(super) async fn proposed(
    journal: &Journal,
    item: &ItemRow,
    row: &TransferRow,
    given: &HashSet<String>,
) -> Result<Option<String>> {
    let Some(key) = mended(item, row) else { return Ok(None) };
    let own = names::beside(&key, row.token.get(..8).unwrap_or(&row.token));
    let beside: Vec<_> = (2..=NUMBERS).map(|n| names::suffixed(&key, n)).collect();
    let keys: Vec<_> = std::iter::once(key).chain(beside).filter(|key| !given.contains(key)).collect();
    free(journal, item.batch, keys.into_iter(), own).await.map(Some)
}
