//! All watched folders at once.

use davit_core::session::Collision;
use davit_core::watch::Spec;
use davit_core::watch::card::{Card, Doing};
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
