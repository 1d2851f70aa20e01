//! From dropped paths to transfers on record. A folder is walked on a blocking thread and its files are recorded as they
//! are found, so that uploading begins before the walk ends.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use tokio::sync::mpsc;
use tokio::time::Duration;

use super::actor::deliver::Whole;
use super::drive::{Report, Shared, stillborn};
use super::given::Given;
use super::keys;
use crate::engine::feed::Event;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Asked, Asking, Mounted, is_unmounted, names, walk};
use crate::ids::{BatchId, ItemId, ObjectKey, TransferId};
use crate::journal::{ItemRow, Journal, TransferRow, Write};
use crate::session::Collision;
use crate::transfer::{Input, Standing, TransferState, step};
use crate::units::{ByteCount, UnixTime};

/// Files recorded in one transaction at most.
const CHUNK: usize = 256;
/// Names beside a taken one that are tried before a file is refused.
const BESIDE_AT_MOST: u32 = 1_000;

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

/// A row of the list for what was given.
pub(super) fn item_for(given: &Given, batch: BatchId, numbers: &Numbers) -> ItemRow {
    ItemRow {
        id: numbers.item(),
        batch,
        added: UnixTime::now(),
        path: given.path.clone(),
        name: given.name.to_string_lossy().into_owned(),
        folder: given.folder,
        counted: !given.folder,
        skipped: 0,
        removed: false,
        mount: given.mount.clone(),
        sweep: None,
    }
}

/// The one transfer of a given file.
pub(super) fn transfer_for(item: &ItemRow, given: &Given, numbers: &Numbers) -> TransferRow {
    let key = names::key_part(&given.name).and_then(|_| named_ok(item, &item.name));
    row(item, numbers.transfer(), item.path.clone(), item.name.clone(), ByteCount(given.size), key)
}

/// The transfer of a file that a watched folder found whole.
pub(super) fn found_whole(item: &ItemRow, file: &Whole, numbers: &Numbers) -> TransferRow {
    let within = file.folder.join(&file.name);
    let rel = names::spelled(&within);
    let key = names::relative_key(&within).and_then(|_| named_ok(item, &rel));
    row(item, numbers.transfer(), item.path.join(within), rel, ByteCount(file.stamp.size), key)
}

/// Keys of one gesture that would meet: the later file goes beside, or is refused; none replaces another.
pub(super) fn part(rows: &mut [TransferRow], collision: Collision, taken: impl Fn(&str) -> bool) {
    let mut seen = HashSet::new();
    // Where the last of a name found its place: thousands may have it.
    let mut tried: HashMap<String, u32> = HashMap::new();
    for row in rows.iter_mut().filter(|row| !row.key.is_empty()) {
        let free = |key: &str| !taken(key) && !seen.contains(key);
        if !free(&row.key) {
            let from = tried.entry(row.key.clone()).or_insert(2);
            let mut beside = (*from..BESIDE_AT_MOST).map(|n| (n, names::suffixed(&row.key, n)));
            let found = beside.find(|(_, key)| collision == Collision::Suffix && free(key));
            *from = found.as_ref().map_or(BESIDE_AT_MOST, |(n, _)| n + 1);
            let Some((_, key)) = found else {
                let error =
                    Error::new(ErrorCode::AlreadyThere).detail("another file that was added with it has the same name");
                let (standing, problem) = stillborn(&error);
                (row.key, row.standing, row.problem) = (String::new(), standing, Some(problem));
                continue;
            };
            row.key = key;
        }
        seen.insert(row.key.clone());
    }
}

/// The prefix is not known yet; a key that is too long even without it is refused at once.
fn named_ok(item: &ItemRow, rel: &str) -> Result<String> {
    let key = keys::base(item, rel);
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
        token: keys::token(),
        fingerprint: None,
        plan: None,
        crc64: None,
        problem,
    }
}

/// How long to wait before the records are tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Walks the folders of one gesture one after the other, recording what is found and telling the engine. Goes on where
/// an earlier walk was cut off: by the end of the program, by a disk too full for the records, or by a drive that went away.
/// One that cannot be walked now lets the others go before it.
pub(super) async fn walk_folders(
    shared: Arc<Shared>,
    numbers: Arc<Numbers>,
    collision: Collision,
    folders: Vec<ItemRow>,
) {
    let (mut folders, mut failed) = (VecDeque::from(folders), 0);
    while let Some(item) = folders.pop_front() {
        let Err(error) = walk_once(&shared, &numbers, collision, &item).await else {
            failed = 0;
            continue;
        };
        // Its company was forgotten: there is nothing to record any more.
        let id = item.id;
        if matches!(shared.journal.read(move |journal| journal.item(id)).await, Ok(None)) {
            continue;
        }
        tracing::warn!(item = %item.id, %error, "a folder could not be walked to its end");
        let told = match &item.mount {
            Some(mount) if error.code == ErrorCode::SourceOffline => Report::Mount { mount: mount.clone(), away: true },
            _ => Report::Stuck { code: error.code },
        };
        if shared.reports.send(told).is_err() {
            return;
        }
        folders.push_back(item);
        failed += 1;
        if failed >= folders.len() {
            failed = 0;
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Finds what is in a folder, some at a time: the drive is asked aside.
async fn walk(drive: Mounted, item: ItemRow, home: PathBuf, found: mpsc::Sender<Vec<walk::Found>>) -> Result<()> {
    let begin = move || {
        let look = item.mount.map(|mount| move || is_unmounted(&mount));
        Ok(walk::walk_on(&item.path, &home, look))
    };
    let mut walk = drive.ask(Asked::Names, begin).await?;
    loop {
        let step = move |asking: &Asking| {
            let mut chunk = Vec::new();
            while chunk.len() < CHUNK {
                let Some(entry) = walk.next_telling(&|| asking.moves()) else { return Ok((None, chunk)) };
                chunk.push(entry?);
                asking.moves();
            }
            Ok((Some(walk), chunk))
        };
        let (left, chunk) = drive.ask_for_much(Asked::Names, step).await?;
        let (Some(left), Ok(())) = (left, found.send(chunk).await) else { return Ok(()) };
        walk = left;
    }
}

async fn walk_once(shared: &Shared, numbers: &Numbers, collision: Collision, item: &ItemRow) -> Result<()> {
    let (sender, found) = mpsc::channel::<Vec<walk::Found>>(4);
    let drive = Mounted::at(item.mount.as_deref().unwrap_or(&item.path));
    let (mut skipped, mut refused) = (0, HashSet::new());
    // What an earlier walk passed over may be gone, or something else now.
    let counted = Write::Counted { item: item.id, counted: false, skipped };
    shared.journal.write(vec![Write::ForgetSkips(item.id), counted, Write::GoesOn(item.batch)]).await?;
    let recording = async {
        // Once it may not be recorded nothing more is to be found.
        let mut found = found;
        while let Some(chunk) = found.recv().await {
            let files = record(shared, numbers, collision, (item, &drive), chunk, &mut skipped, &mut refused).await?;
            let _ = shared.reports.send(Report::Found { item: item.id, files, skipped });
        }
        Ok::<_, Error>(())
    };
    let (walked, recorded) = tokio::join!(walk(drive.clone(), item.clone(), shared.home.clone(), sender), recording);
    recorded.and(walked)?;
    // What an earlier walk refused and this one did not is gone, or a folder that can be read now.
    let id = item.id;
    let before = shared.journal.read(move |journal| journal.refused_files(id)).await?;
    let mended: Vec<_> = before.iter().filter(|row| is_mendable(row) && !refused.contains(&row.rel)).collect();
    let mut writes: Vec<_> = mended.iter().map(|row| Write::Forget(row.id)).collect();
    writes.push(Write::Counted { item: item.id, counted: true, skipped });
    shared.journal.write(writes).await?;
    let files: Vec<_> = mended.into_iter().map(|row| row.id).collect();
    if !files.is_empty() {
        let _ = shared.reports.send(Report::Forgotten { files });
    }
    let _ = shared.reports.send(Report::Walked { item: item.id });
    Ok(())
}

/// Whether a walk refused an entry that the next one may find in order. A name that another file of the gesture has is
/// no matter of the disk.
pub(super) fn is_mendable(row: &TransferRow) -> bool {
    row.key.is_empty() && row.problem.as_ref().is_none_or(|problem| problem.code != ErrorCode::AlreadyThere)
}

async fn record(
    shared: &Shared,
    numbers: &Numbers,
    collision: Collision,
    (item, drive): (&ItemRow, &Mounted),
    chunk: Vec<walk::Found>,
    skipped: &mut u32,
    refused: &mut HashSet<String>,
) -> Result<Vec<(TransferId, ByteCount, Standing)>> {
    let (mut candidates, mut skips) = (Vec::with_capacity(chunk.len()), Vec::new());
    for entry in chunk {
        match entry {
            walk::Found::File { path, rel, size } => {
                let key = named_ok(item, &rel);
                if key.is_err() {
                    refused.insert(rel.clone());
                }
                candidates.push((path, rel, ByteCount(size), key));
            }
            walk::Found::Refused { path, error } => {
                let rel = names::spelled(path.strip_prefix(&item.path).unwrap_or(&path));
                refused.insert(rel.clone());
                candidates.push((path, rel, ByteCount::ZERO, Err(error)));
            }
            walk::Found::Skipped { path, why } => {
                *skipped += 1;
                let rel = names::spelled(path.strip_prefix(&item.path).unwrap_or(&path));
                skips.push(Write::Skip { item: item.id, rel, rule: why.rule() });
            }
        }
    }
    let (id, batch) = (item.id, item.batch);
    let rels: Vec<String> = candidates.iter().map(|(_, rel, ..)| rel.clone()).collect();
    let known = shared
        .journal
        .read(move |journal| rels.iter().map(|rel| journal.file(id, rel)).collect::<Result<Vec<_>>>())
        .await?;
    let done = looked_at(drive, known.iter().flatten().filter(|row| is_done(row)).cloned().collect()).await?;
    let files = other_versions(&shared.journal, done).await?;
    if !files.is_empty() {
        let _ = shared.reports.send(Report::Anew { files });
    }
    let (mut rows, mut mended) = (Vec::new(), Vec::new());
    for ((path, rel, size, key), known) in candidates.into_iter().zip(known) {
        match known {
            Some(known) if !is_mendable(&known) || key.as_ref().is_err_and(|error| is_told(&known, error)) => continue,
            Some(known) => mended.push(known.id),
            None => {}
        }
        rows.push(row(item, numbers.transfer(), path, rel, size, key));
    }
    let taken = taken(&shared.journal, batch, &rows).await?;
    part(&mut rows, collision, |key| taken.contains(key));
    let files = rows.iter().map(|row| (row.id, row.size, row.standing.clone())).collect();
    let forgotten = mended.iter().copied().map(Write::Forget);
    let mut writes: Vec<Write> =
        forgotten.chain(rows.into_iter().map(|row| Write::Transfer(row.into()))).chain(skips).collect();
    writes.push(Write::Counted { item: id, counted: false, skipped: *skipped });
    shared.journal.write(writes).await?;
    if !mended.is_empty() {
        let _ = shared.reports.send(Report::Forgotten { files: mended });
    }
    Ok(files)
}

/// Whether a refusal is on record already.
fn is_told(row: &TransferRow, error: &Error) -> bool {
    row.problem.as_ref().is_some_and(|problem| problem.code == error.code)
}

/// Which of the rows' keys, and of the names beside them, an earlier file of the gesture has.
pub(super) async fn taken(journal: &Journal, batch: BatchId, rows: &[TransferRow]) -> Result<HashSet<String>> {
    let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).filter(|key| !key.is_empty()).collect();
    journal.read(move |journal| taken_of(keys, |key| journal.has_key(batch, key))).await
}

/// Which of these keys, and of the names beside them, are taken.
pub(super) fn taken_of(keys: Vec<String>, has: impl Fn(&str) -> Result<bool>) -> Result<HashSet<String>> {
    let mut taken = HashSet::new();
    for key in keys {
        let beside = (2..BESIDE_AT_MOST).map(|n| names::suffixed(&key, n));
        // Up to the first that is free.
        for key in std::iter::once(key.clone()).chain(beside) {
            if !has(&key)? {
                break;
            }
            taken.insert(key);
        }
    }
    Ok(taken)
}

/// What is seen of a file before it is opened: its bytes, and when it was last written to.
pub(super) type Seen = (u64, Option<SystemTime>);

pub(super) const fn is_done(row: &TransferRow) -> bool {
    matches!(row.standing.state, TransferState::Done { .. })
}

/// The end of a version that another takes the place of gets its line in the story: until then it stands in the file's row.
pub(super) fn was_done(id: TransferId, state: &TransferState) -> Option<Write> {
    if let TransferState::Done { at, .. } = state { Some(Write::Happened(id, *at, Event::Verified)) } else { None }
}

/// What files of a drive are now, of those that are there.
async fn looked_at(drive: &Mounted, rows: Vec<TransferRow>) -> Result<Vec<(TransferRow, Seen)>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let look = move |asking: &Asking| {
        let seen = |row: TransferRow| {
            let meta = std::fs::metadata(&row.path).ok();
            asking.moves();
            let meta = meta?;
            Some((row, (meta.len(), meta.modified().ok())))
        };
        Ok(rows.into_iter().filter_map(seen).collect())
    };
    drive.ask_for_much(Asked::Names, look).await
}

/// Of files that are done, those that are another version now: put in line again, on record. With their present sizes.
pub(super) async fn other_versions(
    journal: &Journal,
    done: Vec<(TransferRow, Seen)>,
) -> Result<Vec<(TransferId, ByteCount)>> {
    let mut writes = Vec::new();
    let mut files = Vec::new();
    for (row, (size, modified)) in done {
        if row.fingerprint.as_ref().is_some_and(|fingerprint| fingerprint.seems(size, modified)) {
            continue;
        }
        if let Ok((standing, _)) = step(&row.standing, Input::Anew) {
            let forgotten = Write::ForgetPlan(row.id, keys::token());
            writes.extend(was_done(row.id, &row.standing.state));
            writes.extend([Write::ForgetParts(row.id), forgotten, Write::Standing(row.id, standing)]);
            files.push((row.id, ByteCount(size)));
        }
    }
    if !files.is_empty() {
        journal.write(writes).await?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixture::{rows, shared};

    #[tokio::test]
    async fn files_of_a_folder_are_told_while_it_is_walked_and_not_when_the_walk_ends() {
        let (home, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let count = 5 * CHUNK + 1;
        for n in 0..count {
            std::fs::write(folder.path().join(n.to_string()), b"").expect("written");
        }
        let (batch, item, _) = rows(folder.path(), Standing::NEW);
        let item = ItemRow { folder: true, counted: false, ..item };
        let (journal, _) = Journal::open(home.path()).expect("opened");
        journal.write(vec![Write::Batch(batch.into()), Write::Item(item.clone())]).await.expect("written");
        let (shared, mut told) = shared(home.path(), journal.clone());
        let numbers = Arc::new(Numbers::after((1, 1, 0)));
        let mut chunks = Vec::new();
        let mut walk = std::pin::pin!(walk_folders(shared, numbers, Collision::Fail, vec![item]));
        tokio::select! {
            biased;
            report = told.recv() => match report {
                Some(Report::Found { files, .. }) => chunks.push(files.len()),
                report => panic!("{report:?}"),
            },
            () = &mut walk => panic!("nothing was told while it was walked"),
        }
        walk.await;
        while let Some(report) = told.recv().await {
            match report {
                Report::Found { files, .. } => chunks.push(files.len()),
                report => assert!(matches!(report, Report::Walked { .. }), "{report:?}"),
            }
        }
        assert!(chunks.iter().all(|files| *files <= CHUNK) && chunks.len() >= 6, "{chunks:?}");
        assert_eq!(chunks.iter().sum::<usize>(), count);
    }

    #[cfg(unix)] // Elsewhere a folder is no drive.
    #[tokio::test]
    async fn a_folder_on_a_drive_that_is_away_holds_up_no_other_of_its_gesture() {
        let (home, away, here) = (tempfile::tempdir(), tempfile::tempdir(), tempfile::tempdir());
        let [home, away, here] = [home, away, here].map(|folder| folder.expect("a folder"));
        std::fs::write(here.path().join("cut.mov"), b"").expect("written");
        let (batch, item, _) = rows(away.path(), Standing::NEW);
        let item = ItemRow { folder: true, counted: false, ..item };
        // Nothing is mounted there.
        let lost = ItemRow { mount: Some(away.path().to_owned()), ..item.clone() };
        let found = ItemRow { id: ItemId::new(2), path: here.path().to_owned(), ..item };
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let all = vec![Write::Batch(batch.into()), Write::Item(lost.clone()), Write::Item(found.clone())];
        journal.write(all).await.expect("written");
        let (shared, mut told) = shared(home.path(), journal.clone());
        let numbers = Arc::new(Numbers::after((1, 2, 0)));
        let walk = walk_folders(shared, numbers, Collision::Fail, vec![lost, found]);
        let until_walked = async {
            let mut tried = 0;
            loop {
                match told.recv().await.expect("it goes on") {
                    Report::Mount { away: true, .. } => tried += 1,
                    Report::Walked { item } => return (item, tried),
                    report => assert!(matches!(report, Report::Found { .. }), "{report:?}"),
                }
            }
        };
        tokio::select! {
            () = walk => unreachable!("one is never walked"),
            walked = until_walked => assert_eq!(walked, (ItemId::new(2), 1)),
        }
    }
}
