//! All watched folders at once.

use davit_core::session::Collision;
use davit_core::units::UnixTime;
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Doing, Notices};
use davit_core::watch::spec::{Existing, Priority, Unit};
use davit_tests::source::noise;

use crate::watching::{Watched, soon};

/// W28: what happened meanwhile is found at resume, in each.
#[tokio::test(flavor = "multi_thread")]
async fn all_rest_and_all_go_on_at_a_word() {
    let watched = Watched::by(soon()).await;
    let other = watched.world.path("other");
    std::fs::create_dir(&other).expect("made");
    let to = watched.uploader().destinations().await.expect("one")[0].id.clone();
    let second = watched.uploader().watch(&other, &to, soon()).await.expect("watched");
    let mut cards = watched.uploader().watches().expect("watched").cards();
    let is = |cards: &[Card], so: fn(&Card) -> bool| cards.len() == 2 && cards.iter().all(so);
    cards.wait_for(|cards| is(cards, |card| card.doing == Doing::Watching)).await.expect("watched");

    watched.world.davit("watch").args(["pause", "--all"]).end().await;
    cards.wait_for(|cards| is(cards, |card| matches!(card.doing, Doing::Paused { .. }))).await.expect("they rest");
    noise(&watched.root.join("a.mov"), 10_000);
    noise(&other.join("b.mov"), 10_000);
    watched.world.davit("watch").args(["resume", "--all"]).end().await;
    cards.wait_for(|cards| is(cards, |card| card.counts.done == 1)).await.expect("found");
    assert_eq!(watched.keys(), ["a.mov", "b.mov"]);
    // One alone is spoken to as before.
    watched.world.davit("watch").args(["pause", &second.to_string()]).end().await;
    let one = cards.wait_for(|cards| cards.iter().any(|card| matches!(card.doing, Doing::Paused { .. }))).await;
    assert_eq!(one.expect("it rests").iter().filter(|card| card.doing == Doing::Watching).count(), 1);
}

/// What is changed of a folder is changed of what is wanted by then, and everything else stays.
#[tokio::test]
async fn a_wish_touches_nothing_else_and_another_destination_is_for_what_comes() {
    let spec = Spec { under: "from {folder}".to_owned(), unit: Unit::TopFolder, priority: Priority::First, ..soon() };
    let watched = Watched::by(spec.clone()).await;
    watched.file("a.mov", 1_000);
    watched.until_done(1).await;
    let uploader = watched.uploader();
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let wish = |spec: &mut Spec| (spec.settle, spec.collision) = (2, Collision::Overwrite);
    uploader.change_watch(watched.id, wish, Some(&to)).await.expect("changed");
    let card = watched.until("it is so", |card| card.spec.settle == 2).await;
    let wanted = Spec { settle: 2, collision: Collision::Overwrite, existing: Existing::All, ..spec };
    assert_eq!((card.spec, card.to), (wanted, to));
    let nowhere = davit_core::ids::DestinationId("nowhere".to_owned());
    let refused = uploader.change_watch(watched.id, |_| {}, Some(&nowhere)).await.expect_err("no such place");
    assert_eq!(refused.code, davit_core::error::ErrorCode::DestinationGone);
    watched.until_done(1).await;
}

/// W30: what is counted and when something last happened is on the card, and told on the command line.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_says_when_something_happened_and_when_all_was_checked_and_so_does_the_command_line() {
    let begun = UnixTime::now();
    let watched = Watched::by(soon()).await;
    // From now on the system tells.
    watched.until("it is watched", |card| card.doing == Doing::Watching).await;
    watched.file("a.mov", 1_000);
    watched.file(".hidden", 10);
    watched.until_done(1).await;
    watched.check().await;
    let card = watched
        .until("all of it is told", |card| {
            card.doing == Doing::Watching
                && [card.last_event, card.last_done, card.counters.checked].iter().all(|at| *at >= Some(begun))
        })
        .await;
    assert_eq!((card.notices, card.problem, card.warning), (Notices::Live, None, None));
    assert_eq!((card.counts.done, card.counts.failed), (1, 0));
    assert_eq!((card.counters.lost, card.counters.recovered), (0, 0));

    let listed = watched.world.davit("watch").args(["list", "--json"]).end().await;
    let [line] = &*listed.lines else { panic!("{}{}", listed.out, listed.err) };
    let root = watched.root.canonicalize().expect("whole");
    assert_eq!(line["path"].as_str(), root.to_str());
    assert_eq!((line["doing"]["kind"].as_str(), line["notices"]["kind"].as_str()), (Some("watching"), Some("live")));
    for (name, at) in
        [("last_event", card.last_event), ("last_done", card.last_done), ("last_check", card.counters.checked)]
    {
        assert!(line[name].as_u64() >= at.map(|at| at.0), "{name}: {line}");
    }
    for (name, count) in [("done", 1), ("failed", 0), ("events_lost", 0), ("recovered_by_a_check", 0)] {
        assert_eq!(line[name].as_u64(), Some(count), "{name}: {line}");
    }
    for name in ["problem", "warning", "paused"] {
        assert!(line[name].is_null(), "{name}: {line}");
    }
}
