//! What all rows come to, by rows that are made up.

use std::sync::Arc;

use super::*;
use crate::engine::feed::PausedBy;
use crate::engine::live::Live;
use crate::error::Error;
use crate::ids::PartNumber;
use crate::sync::atomic::Ordering;
use crate::transfer::Standing;

/// A shelf with a row for each of these drives, and a file of it that runs.
fn shelf(drives: &[Option<&str>]) -> (Shelf, Vec<Arc<Live>>) {
    let mut shelf = Shelf::default();
    let mut lives = Vec::new();
    for (id, drive) in (1u64..).zip(drives) {
        let (item, transfer) = (ItemId::new(id), TransferId::new(id));
        let drive = drive.map(Into::into);
        shelf.book.add_item(Item { drive, ..Item::new(item, BatchId::new(1), "cut.mov") });
        shelf.book.add(transfer, item, ByteCount(10), &Standing::NEW, ByteCount::ZERO);
        let active = Rest::Active { verifying: false };
        shelf.book.set(
            shelf.book.index(transfer).expect("added"),
            active,
            ByteCount(10),
            ByteCount::ZERO,
            &crate::transfer::OnS3::Nothing,
        );
        let live = Arc::new(Live::default());
        shelf.running.insert(transfer, Arc::clone(&live));
        lives.push(live);
    }
    (shelf, lives)
}

fn overview(shelf: &mut Shelf) -> Overview {
    let now = Instant::now();
    shelf.sample(now);
    shelf.totals(now).overview
}

#[tokio::test(start_paused = true)]
async fn where_everything_waits_for_the_same_thing_the_whole_does_after_a_moment() {
    let (mut shelf, lives) = shelf(&[Some("LAB-NAS"), Some("LAB-NAS")]);
    let busy = Error::new(ErrorCode::StorageBusy);
    lives[0].waits(&busy, Duration::from_secs(100));
    assert_eq!(overview(&mut shelf), Overview::Moving, "one flows");
    lives[1].waits(&busy, Duration::from_secs(60));
    assert_eq!(overview(&mut shelf), Overview::Moving, "only just");
    tokio::time::advance(GRACE).await;
    let Overview::Waiting(wait) = overview(&mut shelf) else { panic!("it waits") };
    assert_eq!((wait.code, wait.drive), (ErrorCode::StorageBusy, None));
    let soonest = wait.until.expect("told").0.saturating_sub(UnixTime::now().0);
    assert!((58..=60).contains(&soonest), "{soonest}");
    lives[0].smooth();
    assert_eq!(overview(&mut shelf), Overview::Moving);
}

/// A terabyte that failed, or that a person paused, is nothing that anybody waits for.
#[tokio::test(start_paused = true)]
async fn time_left_counts_what_is_sent_by_itself_and_nothing_that_waits_for_a_person() {
    let (mut shelf, lives) = shelf(&[None, None, None, None]);
    let set = |shelf: &mut Shelf, at, rest, size, sent| {
        shelf.book.set(at, rest, ByteCount(size), ByteCount(sent), &crate::transfer::OnS3::Nothing);
    };
    let paused = |by| Rest::Paused { by, since: 7 };
    let (active, failed) = (Rest::Active { verifying: false }, Rest::Failed { code: ErrorCode::AccessDenied });
    set(&mut shelf, 0, active, 1_000, 0);
    set(&mut shelf, 1, failed, 1 << 40, 1 << 30);
    set(&mut shelf, 2, paused(PausedBy::You), 1 << 40, 1 << 30);
    set(&mut shelf, 3, Rest::Queued, 500, 0);
    for id in 2..=4 {
        shelf.running.remove(&TransferId::new(id));
    }
    assert_eq!(shelf.limiting.look(Instant::now(), UnixTime::now()).rule, Rule::NoLimit);
    let sent = lives[0].take_off(PartNumber::FIRST, false);
    for _ in 0..20 {
        shelf.sample(Instant::now());
        tokio::time::advance(Duration::from_secs(1)).await;
        sent.fetch_add(10, Ordering::Relaxed);
    }
    let left = |shelf: &mut Shelf| {
        shelf.sample(Instant::now());
        let totals = shelf.totals(Instant::now());
        let row = shelf.row(shelf.book.item(ItemId::new(1)).expect("added"), 0, Instant::now());
        (totals.seconds_left, row.seconds_left)
    };
    assert_eq!(left(&mut shelf), (Some(130), Some(80)));
    let totals = shelf.totals(Instant::now());
    assert_eq!((totals.size, totals.sent), (ByteCount((2 << 40) + 1_500), ByteCount((2 << 30) + 200)), "all there is");
    // What is tried again, or let go on, counts again; what waits goes on by itself.
    set(&mut shelf, 1, Rest::Waiting { code: ErrorCode::Offline, until: 7 }, 3_000, 1_000);
    assert_eq!(left(&mut shelf).0, Some(330));
    set(&mut shelf, 2, paused(PausedBy::Watch), 2_000, 0);
    assert_eq!(left(&mut shelf).0, Some(530));
    shelf.book.items[2].here = false;
    assert_eq!(left(&mut shelf).0, Some(330), "it is another company's");
}

#[test]
fn a_folder_is_done_sooner_than_what_failed_in_it_would_be() {
    let mut shelf = Shelf::default();
    let item = ItemId::new(1);
    shelf.book.add_item(Item { folder: true, ..Item::new(item, BatchId::new(1), "shoot") });
    for id in 1..=3 {
        shelf.book.add(TransferId::new(id), item, ByteCount(100), &Standing::NEW, ByteCount::ZERO);
    }
    let nothing = crate::transfer::OnS3::Nothing;
    shelf.book.set(0, Rest::Failed { code: ErrorCode::FileMissing }, ByteCount(100), ByteCount(40), &nothing);
    shelf.book.set(1, Rest::Done { at: 7 }, ByteCount(100), ByteCount(100), &nothing);
    shelf.sample(Instant::now());
    let left = |shelf: &Shelf| shelf.book.item(item).expect("added").left();
    assert_eq!(left(&shelf), ByteCount(100));
    shelf.book.set(0, Rest::Queued, ByteCount(100), ByteCount(40), &nothing);
    assert_eq!(left(&shelf), ByteCount(160));
}

#[test]
fn what_was_done_on_another_day_is_not_of_today() {
    let (mut shelf, _) = shelf(&[None, None, None]);
    shelf.running.clear();
    for (at, ended) in [(0, 99), (1, 100), (2, 200)] {
        let done = Rest::Done { at: ended };
        shelf.book.set(at, done, ByteCount(10), ByteCount(10), &crate::transfer::OnS3::Nothing);
    }
    let of = |since| shelf.all_done(UnixTime(since));
    assert_eq!(of(100), Overview::AllDone { items: 2, size: ByteCount(20) });
    assert_eq!(of(201), Overview::AllDone { items: 0, size: ByteCount::ZERO });
    assert!(matches!(shelf.totals(Instant::now()).overview, Overview::AllDone { items: 0, .. }), "long ago");
}

#[tokio::test(start_paused = true)]
async fn two_drives_that_are_away_are_not_the_same_thing() {
    for (other, same) in [("LAB-NAS", true), ("CARD", false)] {
        let (mut shelf, _) = shelf(&[Some("LAB-NAS"), Some(other)]);
        shelf.running.clear();
        for at in [0, 1] {
            let rest = Rest::Waiting { code: ErrorCode::SourceOffline, until: 7 };
            shelf.book.set(at, rest, ByteCount(10), ByteCount::ZERO, &crate::transfer::OnS3::Nothing);
        }
        overview(&mut shelf);
        tokio::time::advance(GRACE).await;
        let wait = Wait::new(ErrorCode::SourceOffline, Some(UnixTime(7)), Some("LAB-NAS"));
        let whole = if same { Overview::Waiting(wait) } else { Overview::Moving };
        assert_eq!(overview(&mut shelf), whole);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_local_network_wants_first_is_not_told_as_no_connection() {
    let (mut shelf, lives) = shelf(&[None]);
    shelf.offline = true;
    for code in [ErrorCode::CaptivePortal, ErrorCode::ProxyAuth] {
        shelf.gate = Some(code);
        assert!(matches!(overview(&mut shelf), Overview::Waiting(wait) if wait.code == code), "{code}");
    }
    shelf.gate = None;
    assert_eq!(overview(&mut shelf), Overview::Offline);
    // The company that is away is no missing network either.
    lives[0].waits(&Error::new(ErrorCode::BackendDown), Duration::from_secs(3));
    overview(&mut shelf);
    tokio::time::advance(GRACE).await;
    assert!(matches!(overview(&mut shelf), Overview::Waiting(wait) if wait.code == ErrorCode::BackendDown));
}
