//! From dropped paths to transfers on record. A folder is walked on a blocking thread and its files are recorded as they
//! are found, so that uploading begins before the walk ends.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::time::Duration;

use super::drive::{Report, Shared, base_key, stillborn};
use crate::error::{Error, ErrorCode, Result};
use crate::file::{names, walk};
use crate::ids::{BatchId, ItemId, ObjectKey, TransferId};
use crate::journal::{ItemRow, TransferRow, Write};
use crate::transfer::Standing;
use crate::units::{ByteCount, UnixTime};

/// Files recorded in one transaction at most.
const CHUNK: usize = 256;

/// Gives out ids; they go on where the journal ends.
#[derive(Debug)]
pub(super) struct Numbers {
    batch: AtomicU64,
    item: AtomicU64,
    transfer: AtomicU64,
}

impl Numbers {
    pub(super) fn after((batch, item, transfer): (u64, u64, u64)) -> Self {
        Self { batch: batch.into(), item: item.into(), transfer: transfer.into() }
    }

    pub(super) fn batch(&self) -> BatchId {
        BatchId::new(self.batch.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn item(&self) -> ItemId {
        ItemId::new(self.item.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn transfer(&self) -> TransferId {
        TransferId::new(self.transfer.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// What a dropped path turned out to be.
pub(super) fn item_for(path: &Path, batch: BatchId, numbers: &Numbers) -> Result<ItemRow> {
    let path = std::path::absolute(path).map_err(|e| Error::new(ErrorCode::FileMissing).source(e))?;
    // The person named it: a link they dropped means the thing it leads to.
    let kind = std::fs::metadata(&path).map_err(|e| missing(&path, e))?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    Ok(ItemRow {
        id: numbers.item(),
        batch,
        added: UnixTime::now(),
        name,
        folder: kind.is_dir(),
        counted: !kind.is_dir(),
        skipped: 0,
        removed: false,
        path,
    })
}

fn missing(path: &Path, error: std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::PermissionDenied => ErrorCode::FileUnreadable,
        std::io::ErrorKind::NotFound => ErrorCode::FileMissing,
        // A link that leads to itself.
        _ if std::fs::symlink_metadata(path).is_ok() => ErrorCode::FolderLoop,
        _ => ErrorCode::ReadError,
    };
    Error::new(code).detail(path.display().to_string()).source(error)
}

/// The one transfer of a dropped file.
pub(super) fn transfer_for(item: &ItemRow, numbers: &Numbers) -> TransferRow {
    let size = std::fs::metadata(&item.path).map_or(0, |meta| meta.len());
    let named = item.path.file_name().map(names::key_part);
    let outcome = match named {
        Some(Ok(_)) => named_ok(item, &item.name),
        Some(Err(error)) => Err(error),
        None => Err(Error::new(ErrorCode::NameRefused)),
    };
    row(item, numbers.transfer(), item.path.clone(), item.name.clone(), ByteCount(size), outcome)
}

/// The prefix is not known yet; a key that is too long even without it is refused at once.
fn named_ok(item: &ItemRow, rel: &str) -> Result<String> {
    let key = base_key(item, rel);
    ObjectKey::new(key.clone())?;
    Ok(key)
}

fn row(
    item: &ItemRow,
    id: TransferId,
    path: PathBuf,
    rel: String,
    size: ByteCount,
    key: Result<String>,
) -> TransferRow {
    let (key, standing, problem) = match key {
        Ok(key) => (key, Standing::NEW, None),
        Err(error) => {
            let (standing, problem) = stillborn(&error);
            (String::new(), standing, Some(problem))
        }
    };
    TransferRow {
        id,
        item: item.id,
        path,
        rel,
        key,
        size,
        standing,
        token: uuid::Uuid::new_v4().simple().to_string(),
        fingerprint: None,
        plan: None,
        crc64: None,
        problem,
    }
}

/// How long to wait before the records are tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Walks a folder, recording what is found and telling the engine. Goes on where an earlier walk was cut off, by the end
/// of the program or by a disk too full for the records.
pub(super) async fn walk_folder(shared: Arc<Shared>, numbers: Arc<Numbers>, item: ItemRow) {
    while let Err(error) = walk_once(&shared, &numbers, &item).await {
        tracing::warn!(item = %item.id, %error, "a folder's files could not be recorded");
        if shared.reports.send(Report::Stuck { code: error.code }).is_err() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn walk_once(shared: &Shared, numbers: &Numbers, item: &ItemRow) -> Result<()> {
    let (sender, mut found) = mpsc::channel::<Vec<walk::Found>>(4);
    let root = item.path.clone();
    let walker = tokio::task::spawn_blocking(move || {
        let mut chunk = Vec::new();
        for entry in walk::walk(&root) {
            chunk.push(entry);
            if chunk.len() >= CHUNK && sender.blocking_send(std::mem::take(&mut chunk)).is_err() {
                return;
            }
        }
        let _ = sender.blocking_send(chunk);
    });
    let mut names = Names::default();
    let mut skipped = 0;
    while let Some(chunk) = found.recv().await {
        let files = record(shared, numbers, item, &mut names, chunk, &mut skipped).await?;
        let _ = shared.reports.send(Report::Found { item: item.id, files, skipped });
    }
    walker.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
    let counted = Write::Counted { item: item.id, counted: true, skipped };
    shared.journal.write(vec![counted]).await?;
    let _ = shared.reports.send(Report::Walked { item: item.id });
    Ok(())
}

/// Keys seen in this folder: two names that become one key (NFC, or a name that is not Unicode) must not meet.
#[derive(Default)]
struct Names {
    hasher: RandomState,
    seen: HashSet<u64>,
}

impl Names {
    fn is_new(&mut self, name: &str) -> bool {
        self.seen.insert(self.hasher.hash_one(name))
    }
}

async fn record(
    shared: &Shared,
    numbers: &Numbers,
    item: &ItemRow,
    names: &mut Names,
    chunk: Vec<walk::Found>,
    skipped: &mut u32,
) -> Result<Vec<(TransferId, ByteCount, Standing)>> {
    let mut candidates = Vec::with_capacity(chunk.len());
    for entry in chunk {
        match entry {
            walk::Found::File { path, rel, size } => {
                let key = named_ok(item, &rel);
                let key = match key {
                    Ok(key) if !names.is_new(&key) => Err(Error::new(ErrorCode::AlreadyThere)
                        .detail("another file in this folder has the same name in another spelling")),
                    key => key,
                };
                candidates.push((path, rel, ByteCount(size), key));
            }
            walk::Found::Refused { path, error } => {
                let rel = path.strip_prefix(&item.path).unwrap_or(&path).to_string_lossy().into_owned();
                candidates.push((path, rel, ByteCount::ZERO, Err(error)));
            }
            walk::Found::Skipped { .. } => *skipped += 1,
        }
    }
    let id = item.id;
    let rels: Vec<String> = candidates.iter().map(|(_, rel, ..)| rel.clone()).collect();
    let known = shared
        .journal
        .read(move |journal| rels.iter().map(|rel| journal.has_file(id, rel)).collect::<Result<Vec<bool>>>())
        .await?;
    let rows: Vec<TransferRow> = candidates
        .into_iter()
        .zip(known)
        .filter(|(_, known)| !known)
        .map(|((path, rel, size, key), _)| row(item, numbers.transfer(), path, rel, size, key))
        .collect();
    let files = rows.iter().map(|row| (row.id, row.size, row.standing.clone())).collect();
    let mut writes: Vec<Write> = rows.into_iter().map(Write::Transfer).collect();
    writes.push(Write::Counted { item: id, counted: false, skipped: *skipped });
    shared.journal.write(writes).await?;
    Ok(files)
}
