//! When what a watched folder holds is sent: after what is given by hand, and in its hours.

use std::path::PathBuf;

use davit_core::bandwidth::{Day, Days};
use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::PausedBy;
use davit_core::journal::Reader;
use davit_core::transfer::TransferState;
use davit_core::units::ByteRate;
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Doing};
use davit_core::watch::spec::{Hours, Priority};
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

use super::{Watched, soon};

/// W26: what is given by hand goes before what waits in a watched folder.
#[tokio::test]
async fn what_is_given_by_hand_goes_before_a_watched_folder() {
    const FILES: u32 = 120;
    let watched = Watched::by(soon()).await;
    watched.uploader().choose_limit(Some(ByteRate(200_000))).await.expect("chosen");
    for n in 0..FILES {
        watched.file(&format!("{n}.mov"), 150_000);
    }
    watched.until("they are in line", |card| card.counts.moving + card.counts.done == FILES).await;
    let by_hand = watched.world.sources().join("by hand.mov");
    noise(&by_hand, 10_000);
    let to = watched.uploader().destinations().await.expect("one")[0].id.clone();
    let given = watched.uploader().engine().enqueue(vec![by_hand], to, EnqueueOptions::default()).await;
    given.expect("taken");
    watched.uploader().choose_limit(Some(ByteRate(2_000_000))).await.expect("chosen");
    watched.until_keys(|keys| keys.iter().any(|key| key == "by hand.mov")).await;
    let before = watched.keys().len() - 1;
    assert!(before < FILES as usize / 2, "{before} of {FILES} were sent before it");
    watched.uploader().choose_limit(None).await.expect("chosen");
    watched.until_done(FILES).await;
}

/// W26: before what is given by hand, or in line with it.
#[tokio::test]
async fn a_watched_folder_goes_before_or_in_line_with_what_is_given_by_hand_where_a_person_wants_that() {
    const FILES: usize = 100;
    for priority in [Priority::First, Priority::AsManual] {
        let watched = Watched::by(Spec { priority, ..soon() }).await;
        watched.uploader().choose_limit(Some(ByteRate(200_000))).await.expect("chosen");
        let to = watched.uploader().destinations().await.expect("one")[0].id.clone();
        let give = async |named: &str| {
            let files: Vec<_> = (0..FILES).map(|n| watched.world.sources().join(format!("{named} {n}.mov"))).collect();
            for file in &files {
                noise(file, 150_000);
            }
            watched.uploader().engine().enqueue(files, to.clone(), EnqueueOptions::default()).await.expect("taken");
        };
        give("before").await;
        watched.file("watched.mov", 10_000);
        watched.until("it is in line", |card| card.counts.moving + card.counts.done == 1).await;
        give("after").await;
        watched.uploader().choose_limit(Some(ByteRate(2_000_000))).await.expect("chosen");
        watched.until_keys(|keys| keys.iter().any(|key| key == "watched.mov")).await;
        let sent = |named: &str| watched.keys().iter().filter(|key| key.starts_with(named)).count();
        let (before, after) = (sent("before"), sent("after"));
        if priority == Priority::First {
            assert!(before < FILES / 2, "{before} of {FILES} were sent before it");
        } else {
            assert!(before > FILES / 2, "{before} of {FILES} were sent before it");
        }
        assert!(after < FILES / 2, "{priority:?}: {after} of {FILES} that were given after it");
        watched.uploader.expect("open").close().await;
    }
}

/// W26: what appears outside its hours waits for them, and says so.
#[tokio::test]
async fn outside_its_hours_nothing_is_sent() {
    let watched = Watched::by(Spec { hours: Some(over()), ..soon() }).await;
    watched.file("a.mov", 1_000);
    let card = watched.until("it waits", |card| card.counts.waiting == 1).await;
    assert_eq!((card.counts.moving, card.counts.done, card.doing), (0, 0, Doing::Watching), "{card:?}");
    assert!(watched.keys().is_empty());
    let spec = Spec { hours: Some(now()), ..soon() };
    watched.uploader().watches().expect("watched").change(watched.id, spec).await.expect("changed");
    watched.until_done(1).await;
    assert_eq!(watched.keys(), ["a.mov"]);
}

/// A file of which something was sent in its hours, and most was not.
async fn under_way() -> (Watched, PathBuf) {
    let watched = Watched::by(Spec { hours: Some(now()), ..soon() }).await;
    watched.uploader().choose_limit(Some(ByteRate(1_000_000))).await.expect("chosen");
    let file = watched.file("long.mov", 40 << 20);
    watched.until_so("a part is there", |watched| sent(watched) > 0).await;
    (watched, file)
}

/// Parts that are in the store.
fn sent(watched: &Watched) -> usize {
    watched.world.cloud.uploads(BUCKET).iter().map(|upload| upload.parts).sum()
}

/// W26: hours that end while something is under way.
#[tokio::test]
async fn what_is_under_way_rests_outside_its_hours() {
    let (watched, file) = under_way().await;
    let watches = watched.uploader().watches().expect("watched").clone();
    watches.change(watched.id, Spec { hours: Some(over()), ..soon() }).await.expect("changed");
    let rests = |watched: &Watched| {
        let status = Reader::open(&watched.world.home()).expect("records").status().expect("rows");
        status.iter().any(|row| matches!(row.standing.state, TransferState::Paused { by: PausedBy::Schedule, .. }))
    };
    watched.until_so("it rests", rests).await;
    let before = sent(&watched);
    watched.uploader().choose_limit(None).await.expect("chosen");
    watches.change(watched.id, Spec { hours: Some(now()), ..soon() }).await.expect("changed");
    watched.until_done(1).await;
    assert_eq!(watched.sum("long.mov"), sha256(&file));
    assert!(before > 0, "and what was sent counts");
    watched.world.nothing_was_sent_twice();
}

/// W26: a folder that rests keeps its hours all the same: what it has in line rests outside them, and goes on in them.
#[tokio::test]
async fn what_a_folder_that_rests_has_in_line_keeps_its_hours() {
    let (watched, file) = under_way().await;
    let watches = watched.uploader().watches().expect("watched").clone();
    watches.pause(watched.id).await.expect("paused");
    let is_paused = |card: &Card| matches!(card.doing, Doing::Paused { .. });
    watched
        .until("the folder rests, and what is in line does not", |card| is_paused(card) && card.counts.moving == 1)
        .await;
    watches.change(watched.id, Spec { hours: Some(over()), ..soon() }).await.expect("changed");
    let rests = |watched: &Watched| {
        let status = Reader::open(&watched.world.home()).expect("records").status().expect("rows");
        status.iter().any(|row| matches!(row.standing.state, TransferState::Paused { by: PausedBy::Schedule, .. }))
    };
    watched.until_so("it rests", rests).await;
    watched.until("and says so", |card| is_paused(card) && card.counts.waiting == 1).await;
    watched.uploader().choose_limit(None).await.expect("chosen");
    watches.change(watched.id, Spec { hours: Some(now()), ..soon() }).await.expect("changed");
    watched.until("it is there", |card| is_paused(card) && card.counts.done == 1).await;
    assert_eq!(watched.sum("long.mov"), sha256(&file));
    watched.world.nothing_was_sent_twice();
}

/// Hours that it is now.
pub(super) fn now() -> Hours {
    Hours { days: days(), from: minute_from_now(24 * 60 - 60), to: minute_from_now(60) }
}

/// Hours that it is not.
pub(super) fn over() -> Hours {
    Hours { days: days(), from: minute_from_now(120), to: minute_from_now(180) }
}

fn days() -> Days {
    Days([Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun].into())
}

/// A minute of the day on the clock of this place.
fn minute_from_now(minutes: u16) -> u16 {
    let (_, now) = davit_core::bandwidth::Zone::here().reads(davit_core::units::UnixTime::now());
    (now + minutes) % (24 * 60)
}
