//! The state machine against a reference model of S3: sequences of good and bad luck, restarts, changes of the source, of
//! rights and of the person's mind, at every step. What the engine's drive does around the state machine is done in
//! [`machine`] in the plainest way; [`store`] is S3.
//!
//! Kept in every sequence:
//! - done only with an object at the key that is ours and holds one version of the source, the one that was planned;
//! - a part that was acknowledged and recorded is never sent again;
//! - what may be there is not sent again before the person chose another rule;
//! - an object of somebody else is replaced only where the rule says so, and never at a name beside;
//! - nobody is told that a name is taken which our object of this very version has;
//! - no upload is forgotten: S3 holds none that is not on record, but for one whose Create was never answered;
//! - what an effect brings is never an illegal step, and nothing stops half-way.

mod machine;
mod store;

use std::cell::Cell;

use davit_core::session::Collision;
use davit_core::transfer::TransferState;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use machine::Model;
use store::PARTS;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The next effect is performed, with this luck.
    Goes(Luck),
    /// The process is killed and started anew.
    Killed,
    /// The source's part changes.
    Written(usize),
    /// The bucket's lifecycle rule removes all uploads.
    Expired,
    /// Somebody else takes the key.
    Taken,
    /// A part arrives late a second time, and the store gives it another `ETag`.
    Late(usize),
    /// A part on record is damaged, and left out.
    Damaged(usize),
    /// The store is done with a Complete that took its time.
    Ended,
    /// Objects may be looked at from now on.
    Allowed,
    /// The person.
    Asked(Wish),
}

#[derive(Clone, Copy, Debug)]
enum Luck {
    Good,
    /// The store did it, and the answer never came; asked again.
    LostAnswer,
    /// The store did it, the answer came, and the process was killed before it was on record.
    KilledAfter,
    /// The store takes its time to put an object together, longer than one waits, and says of every other request for the
    /// key that one is under way.
    TakesItsTime,
    /// The network is away for longer than one tries.
    Trouble,
}

#[derive(Clone, Copy, Debug)]
enum Wish {
    Pause,
    Resume,
    Cancel,
    Undo,
    Sweep,
    Retry,
    KeepBoth,
    /// The same command once more.
    Again,
    /// The command once more, with another rule for taken names.
    AgainBy(Collision),
}

/// What a sequence is made of.
#[derive(Clone, Debug)]
struct Script {
    world: World,
    events: Vec<Event>,
}

/// What the world is like.
#[derive(Clone, Copy, Debug)]
struct World {
    /// The file goes in one request.
    single: bool,
    /// Objects may be looked at.
    may_look: bool,
    /// See [`store::Store`].
    replays_meet_the_condition: bool,
    /// What to do about a taken name.
    rule: Collision,
}

fn rules() -> impl Strategy<Value = Collision> {
    prop_oneof![Just(Collision::Fail), Just(Collision::Suffix), Just(Collision::Overwrite)]
}

fn scripts() -> impl Strategy<Value = Script> {
    let luck = prop_oneof![
        16 => Just(Luck::Good),
        4 => Just(Luck::LostAnswer),
        2 => Just(Luck::KilledAfter),
        2 => Just(Luck::TakesItsTime),
        2 => Just(Luck::Trouble),
    ];
    let wish = prop_oneof![
        2 => Just(Wish::Pause),
        2 => Just(Wish::Resume),
        2 => Just(Wish::Cancel),
        2 => Just(Wish::Undo),
        2 => Just(Wish::Sweep),
        2 => Just(Wish::Retry),
        1 => Just(Wish::KeepBoth),
        2 => Just(Wish::Again),
        1 => rules().prop_map(Wish::AgainBy),
    ];
    let event = prop_oneof![
        32 => luck.prop_map(Event::Goes),
        2 => Just(Event::Killed),
        2 => (0..PARTS).prop_map(Event::Written),
        2 => Just(Event::Expired),
        2 => Just(Event::Taken),
        1 => (0..PARTS).prop_map(Event::Late),
        1 => (0..PARTS).prop_map(Event::Damaged),
        2 => Just(Event::Ended),
        1 => Just(Event::Allowed),
        7 => wish.prop_map(Event::Asked),
    ];
    let world = (any::<[bool; 3]>(), rules()).prop_map(|([single, may_look, replays_meet_the_condition], rule)| {
        World { single, may_look, replays_meet_the_condition, rule }
    });
    (world, proptest::collection::vec(event, 1..80)).prop_map(|(world, events)| Script { world, events })
}

/// Runs `sequences` of them.
pub fn sequences(sequences: u32, seed: u64) {
    let config = Config { cases: sequences, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let done = Cell::new(0);
    let outcome = runner.run(&scripts(), |script| {
        let ended = Model::new(script.world).play(&script.events);
        done.set(done.get() + u32::from(matches!(ended, TransferState::Done { .. })));
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    assert!(done.get() > sequences / 4, "only {} of {sequences} were ever done", done.get());
}
