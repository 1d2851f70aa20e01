//! Receipts: what became of every path of a batch that ended. The company that wants them gets one per ending; it stays
//! on record until it was taken, whatever the company says, or until the batch moves again and ends anew.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::drive::Shared;
use super::routes::Origin;
use crate::credentials::Remote;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::file::{Fingerprint, Readers, write_whole};
use crate::ids::BatchId;
use crate::journal::{Ending, Fate, PassedOver, Reader, Write};
use crate::session::wire::{Failed, Receipt, Skipped, Uploaded};
use crate::transfer::{TransferState, checksum};
use crate::units::UnixTime;

/// A receipt that was refused is offered again after this long; then ever more seldom.
const LATER: Duration = Duration::from_secs(300);
/// And at least so often.
const A_DAY: Duration = Duration::from_secs(86_400);

/// Receipts that were offered in vain, and when each is offered again. Forgotten by the next start and the next sign-in,
/// which offer all of them at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Offered(Arc<Mutex<HashMap<Uuid, InVain>>>);

#[derive(Clone, Copy, Debug)]
struct InVain {
    times: u32,
    next: Instant,
}

impl Offered {
    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, InVain>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another sign-in may be luckier.
    pub(super) fn forget(&self) {
        self.all().clear();
    }

    fn times(&self, id: Uuid) -> u32 {
        self.all().get(&id).map_or(0, |vain| vain.times)
    }

    fn rests(&self, id: Uuid, now: Instant) -> bool {
        self.all().get(&id).is_some_and(|vain| vain.next > now)
    }

    /// It was not taken. Answers whether that is news.
    fn in_vain(&self, id: Uuid, passes: bool, now: Instant) -> bool {
        let times = self.times(id);
        let pause = if passes { LATER } else { LATER.saturating_mul(2u32.saturating_pow(times)).min(A_DAY) };
        self.all().insert(id, InVain { times: times.saturating_add(1), next: now + pause });
        times == 0
    }
}

/// Draws a batch's receipt; none while something of it is still to come, or once all of it went on in another.
///
/// # Errors
/// `bad-input` for a batch that is not on record; the journal's.
pub(super) fn draw(journal: &Reader, ending: &Ending) -> Result<Option<Receipt>> {
    let batch = journal.batch(ending.batch)?;
    let batch = batch.ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no such batch"))?;
    let prefix = batch.scope.map(|scope| scope.prefix).unwrap_or_default();
    if !journal.is_walked(ending.batch)? {
        return Ok(None);
    }
    let (fates, skips) = journal.fates(ending.batch)?;
    let mut receipt = Receipt {
        batch_id: ending.id,
        destination: batch.destination.id.0,
        finished_at: rfc3339(i128::from(ending.at.0) * 1_000_000_000),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        uploaded: Vec::new(),
        skipped: skips.into_iter().map(|PassedOver { path, rule }| Skipped { path, rule }).collect(),
        failed: journal.refused(ending.batch)?.into_iter().map(|(path, code)| Failed { path, code }).collect(),
    };
    for fate in fates {
        let Fate { path, key, size, standing, fingerprint, crc64, version } = fate;
        match standing.state {
            TransferState::Done { etag, .. } => receipt.uploaded.push(Uploaded {
                path,
                key: format!("{prefix}{key}"),
                size: size.get(),
                mtime: rfc3339(fingerprint.as_ref().map_or(0, Fingerprint::mtime_ns)),
                crc64nvme: crc64.map(checksum::to_base64).unwrap_or_default(),
                etag,
                version_id: version,
            }),
            TransferState::Failed { code } => receipt.failed.push(Failed { path, code: code.to_string() }),
            TransferState::Cancelled { .. } => {
                receipt.skipped.push(Skipped { path, rule: "cancelled".to_owned() });
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(receipt))
}

fn rfc3339(nanos: i128) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The receipt of a batch as it stands now, for whoever wants to keep it.
///
/// # Errors
/// As [`draw`]; `bad-input` while something of it is still to come.
pub(super) async fn of(shared: &Shared, batch: BatchId) -> Result<Receipt> {
    let ending = Ending { id: Uuid::new_v4(), batch, at: UnixTime::now() };
    let drawn = shared.journal.read(move |journal| draw(journal, &ending)).await?;
    drawn.ok_or_else(|| Error::new(ErrorCode::BadInput).detail("something of it is still to come"))
}

/// Writes a receipt to a file, whole or not at all: a table where its name ends in `.csv`, else JSON.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub fn save(receipt: &Receipt, file: &Path) -> Result<()> {
    let bad = |e: &dyn std::fmt::Display| {
        Error::new(ErrorCode::BadInput).detail(format!("the receipt cannot be written to {}: {e}", file.display()))
    };
    let table = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    write_whole(file, Readers::AsUsual, |into| {
        if table {
            return receipt.write_csv(into).map_err(Into::into);
        }
        serde_json::to_writer_pretty(&mut *into, receipt)?;
        into.write_all(b"\n")
    })
    .map_err(|e| bad(&e))
}

/// Hands over what the company has not taken yet. Answers how many are left.
///
/// # Errors
/// The journal's.
pub(super) async fn hand_over(shared: &Shared, offered: &Offered) -> Result<usize> {
    let Origin::Session(session) = shared.routes.origin() else { return Ok(0) };
    if !session.wants_receipts() {
        return Ok(0);
    }
    let remote = shared.routes.remote();
    let (mut open, gone) = shared.journal.read(move |journal| open(journal, remote.as_ref())).await?;
    shared.journal.write(gone.into_iter().map(Write::Taken).collect()).await?;
    // What is refused again and again keeps nothing else back.
    open.sort_by_key(|ending| offered.times(ending.id));
    let mut left = open.len();
    for ending in open {
        let id = ending.id;
        if offered.rests(id, Instant::now()) {
            continue;
        }
        let outcome = match shared.journal.read(move |journal| draw(journal, &ending)).await {
            Ok(Some(receipt)) => session.send_receipt(&receipt).await.map(|()| Write::Taken(id)),
            // Its batch moves again, and may have ended anew by now.
            Ok(None) => Ok(Write::NoEnd(id)),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(write) => {
                shared.journal.write(vec![write]).await?;
                left -= 1;
            }
            Err(error) => {
                if offered.in_vain(id, error.retry != Retry::Never, Instant::now()) {
                    tracing::warn!(%error, "a receipt waits: the company did not take it");
                }
                if matches!(error.code, ErrorCode::Offline | ErrorCode::SignInEnded) {
                    break;
                }
            }
        }
    }
    Ok(left)
}

/// The endings that this company is to be told, oldest first, and those that a later one of the same batch stands for.
fn open(journal: &Reader, remote: Option<&Remote>) -> Result<(Vec<Ending>, Vec<Uuid>)> {
    let mut newest: Vec<Ending> = Vec::new();
    let mut gone = Vec::new();
    for ending in journal.endings()? {
        if let Some(before) = newest.iter().position(|before| before.batch == ending.batch) {
            gone.push(newest.remove(before).id);
        }
        newest.push(ending);
    }
    // A batch whose row is damaged is nobody's.
    newest.retain(|ending| matches!(journal.batch(ending.batch), Ok(Some(batch)) if batch.remote.as_ref() == remote));
    Ok((newest, gone))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::engine::drive::stillborn;
    use crate::ids::{DestinationId, ItemId, TransferId};
    use crate::journal::{BatchRow, ItemRow, Journal, TransferRow};
    use crate::session::{Collision, Destination};
    use crate::units::ByteCount;

    /// Few names, so that many are the same, and some that look like what tells them apart.
    fn name() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["a", "a (2)", "a (2) (2)", "b.mov", "b (2).mov", "-", "'", "é", "e\u{301}", "x\\xE9"])
            .prop_map(str::to_owned)
    }

    /// Something that was given: its name, and the files and passed-over entries of a folder, or neither for a file.
    type Root = (String, Option<(BTreeSet<String>, BTreeSet<String>)>);

    fn root() -> impl Strategy<Value = Root> {
        let rels =
            || prop::collection::btree_set(prop::collection::vec(name(), 1..3).prop_map(|all| all.join("/")), 0..5);
        (name(), prop::option::of((rels(), rels())))
    }

    fn rows(roots: &[Root], refused: &BTreeSet<String>) -> Vec<Write> {
        let batch = BatchId::new(1);
        let to = Destination::direct(
            DestinationId("d".into()),
            "D".into(),
            "media".into(),
            "eu-central-1".into(),
            Collision::Fail,
        );
        let (added, collision) = (UnixTime(1), Collision::Fail);
        let row = BatchRow { id: batch, added, destination: to, collision, scope: None, remote: None, told: true };
        let mut all = vec![Write::Batch(row.into())];
        let mut next = 0;
        let (standing, _) = stillborn(&Error::new(ErrorCode::AccessDenied));
        for (n, (name, folder)) in roots.iter().enumerate() {
            let item = ItemId::new(n as u64 + 1);
            let path = PathBuf::from(format!("/home/{n}/{name}"));
            all.push(Write::Item(ItemRow {
                id: item,
                batch,
                added,
                path: path.clone(),
                mount: None,
                sweep: None,
                name: name.clone(),
                folder: folder.is_some(),
                counted: true,
                skipped: 0,
                removed: false,
            }));
            let only = BTreeSet::from([name.clone()]);
            let (files, skips) = folder.as_ref().map_or((&only, None), |(files, skips)| (files, Some(skips)));
            for rel in files {
                next += 1;
                all.push(Write::Transfer(Box::new(TransferRow {
                    id: TransferId::new(next),
                    item,
                    path: path.join(rel),
                    rel: rel.clone(),
                    key: String::new(),
                    size: ByteCount(1),
                    standing: standing.clone(),
                    token: String::new(),
                    fingerprint: None,
                    plan: None,
                    crc64: None,
                    problem: None,
                })));
            }
            for rel in skips.into_iter().flatten() {
                all.push(Write::Skip { item, rel: rel.clone(), rule: "link" });
            }
        }
        for name in refused {
            all.push(Write::Refused { batch, path: format!("/gone/{name}"), code: ErrorCode::FileMissing });
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn whatever_was_given_every_path_is_in_the_receipt_once_and_all_add_up(
            roots in prop::collection::vec(root(), 0..6),
            refused in prop::collection::btree_set(name(), 0..4),
        ) {
            let home = tempfile::tempdir().expect("a folder");
            let (journal, _) = Journal::open(home.path()).expect("opened");
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(journal.write(rows(&roots, &refused))).expect("written");
            let ending = Ending { id: Uuid::nil(), batch: BatchId::new(1), at: UnixTime(2) };
            let reader = Reader::open(home.path()).expect("opened");
            let receipt = draw(&reader, &ending).expect("drawn").expect("all of it ended");
            let files = receipt.failed.iter().map(|entry| &entry.path);
            let paths: Vec<&String> = files.chain(receipt.skipped.iter().map(|entry| &entry.path)).collect();
            // An entry that was a file in one walk and passed over in the next is one path.
            let found: usize = roots.iter().map(|(_, folder)| folder.as_ref().map_or(1, |(f, s)| f.union(s).count())).sum();
            prop_assert_eq!(paths.len(), found + refused.len());
            let apart: BTreeSet<_> = paths.iter().collect();
            prop_assert_eq!(apart.len(), paths.len(), "{:?}", paths);
            prop_assert!(paths.iter().all(|path| !path.contains("/home/") && !path.contains("gone")), "{:?}", paths);
        }
    }

    /// A home with a folder of two files, both of which failed.
    async fn of_two_files() -> (tempfile::TempDir, Journal) {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let files = ["a.mov", "b.mov"].map(str::to_owned).into();
        let folder = ("day 1".to_owned(), Some((files, BTreeSet::new())));
        journal.write(rows(&[folder], &BTreeSet::new())).await.expect("written");
        (home, journal)
    }

    fn drawn(home: &Path) -> Option<Receipt> {
        let ending = Ending { id: Uuid::nil(), batch: BatchId::new(1), at: UnixTime(2) };
        draw(&Reader::open(home).expect("opened"), &ending).expect("drawn")
    }

    #[tokio::test]
    async fn there_is_no_receipt_while_a_folder_is_still_walked() {
        let (home, journal) = of_two_files().await;
        assert_eq!(drawn(home.path()).expect("all of it ended").failed.len(), 2);
        let walking = Write::Counted { item: ItemId::new(1), counted: false, skipped: 0 };
        journal.write(vec![walking]).await.expect("written");
        assert!(drawn(home.path()).is_none());
    }

    #[tokio::test]
    async fn a_damaged_row_is_in_the_receipt_as_such_and_the_others_as_they_are() {
        let (home, _journal) = of_two_files().await;
        let damages = rusqlite::Connection::open(home.path().join("journal.sqlite")).expect("opened");
        damages.execute("UPDATE transfers SET crc64=7, etag='x' WHERE id=1", []).expect("damaged");
        let receipt = drawn(home.path()).expect("all of it ended");
        let told: Vec<_> = receipt.failed.iter().map(|failed| (&*failed.path, &*failed.code)).collect();
        assert_eq!(told, [("day 1/a.mov", "journal-damaged"), ("day 1/b.mov", "access-denied")]);
    }

    #[tokio::test]
    async fn a_batch_that_moves_again_ends_anew() {
        let (home, journal) = of_two_files().await;
        let batch = BatchId::new(1);
        let ending = Ending { id: Uuid::nil(), batch, at: UnixTime(2) };
        let has_ended = || Reader::open(home.path()).expect("opened").has_ended(batch).expect("read");
        journal.write(vec![Write::Ending(ending), Write::Taken(Uuid::nil())]).await.expect("written");
        assert!(has_ended());
        journal.write(vec![Write::GoesOn(batch)]).await.expect("written");
        assert!(!has_ended());
    }

    #[tokio::test]
    async fn an_ending_that_comes_while_the_one_before_is_found_to_be_of_the_past_stays() {
        let (home, journal) = of_two_files().await;
        let batch = BatchId::new(1);
        let ending = |id| Ending { id: Uuid::from_u128(id), batch, at: UnixTime(2) };
        let (before, after) = (ending(1), ending(2));
        // It was drawn when a file moved; by now that is at its end.
        let writes = vec![Write::Ending(before.clone()), Write::Ending(after.clone()), Write::NoEnd(before.id)];
        journal.write(writes).await.expect("written");
        let open = Reader::open(home.path()).expect("opened").endings().expect("read");
        assert_eq!(open.iter().map(|ending| ending.id).collect::<Vec<_>>(), [after.id]);
        journal.write(vec![Write::NoEnd(after.id)]).await.expect("written");
        assert!(!Reader::open(home.path()).expect("opened").has_ended(batch).expect("read"), "it ends anew");
    }

    #[test]
    fn a_refused_receipt_is_offered_ever_more_seldom_and_at_least_once_a_day() {
        let (offered, id, mut now) = (Offered::default(), Uuid::nil(), Instant::now());
        let mut pauses = Vec::new();
        for n in 0..12 {
            assert!(!offered.rests(id, now));
            assert_eq!(offered.in_vain(id, false, now), n == 0, "told once");
            let pause =
                (0..10_000).map(|n| LATER * n).find(|pause| !offered.rests(id, now + *pause)).expect("a day at most");
            pauses.push(pause);
            now += pause;
        }
        assert_eq!(pauses[..3], [LATER, LATER * 2, LATER * 4]);
        assert_eq!(pauses[11], A_DAY);
        offered.forget();
        assert!(!offered.rests(id, now) && offered.in_vain(id, true, now));
        assert!(offered.rests(id, now + LATER - Duration::from_secs(1)) && !offered.rests(id, now + LATER));
    }
}
