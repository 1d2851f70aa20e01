//! The state machine against a reference model of S3: sequences of good and bad luck, restarts, changes of the source and
//! of the person's mind, at every step. What the engine's drive does around [`step`] is done here in the plainest way.
//!
//! Kept in every sequence:
//! - done only with an object at the key that is ours and holds one version of the source;
//! - a part that was acknowledged and recorded is never sent again;
//! - no upload is forgotten: S3 holds none that is not on record, but for one whose Create was never answered;
//! - what an effect brings is never an illegal step, and nothing stops half-way.

mod store;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use davit_core::engine::feed::PausedBy;
use davit_core::error::ErrorCode;
use davit_core::ids::UploadId;
use davit_core::transfer::state::unfinished;
use davit_core::transfer::{Effect, Found, Input, OnS3, Plan, Standing, TransferState, step};
use davit_core::units::UnixTime;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use store::{Contents, PARTS, Refused, Store};

const AT: UnixTime = UnixTime(1);
/// Steps after which a transfer that has nothing but luck must have come to rest.
const ENOUGH: u32 = 200;

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
}

/// What a sequence is made of.
#[derive(Clone, Debug)]
struct Script {
    world: World,
    events: Vec<Event>,
}

/// What the world is like.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one switch for each thing that may be so or not")]
struct World {
    /// The file goes in one request.
    single: bool,
    /// A taken name is gone beside.
    suffix: bool,
    /// Objects may be looked at.
    may_look: bool,
    /// See [`Store`].
    replays_meet_the_condition: bool,
}

fn scripts() -> impl Strategy<Value = Script> {
    let luck = prop_oneof![
        8 => Just(Luck::Good),
        2 => Just(Luck::LostAnswer),
        1 => Just(Luck::KilledAfter),
        1 => Just(Luck::Trouble),
    ];
    let wish = prop_oneof![
        Just(Wish::Pause),
        Just(Wish::Resume),
        Just(Wish::Cancel),
        Just(Wish::Undo),
        Just(Wish::Sweep),
        Just(Wish::Retry),
    ];
    let event = prop_oneof![
        16 => luck.prop_map(Event::Goes),
        1 => Just(Event::Killed),
        1 => (0..PARTS).prop_map(Event::Written),
        1 => Just(Event::Expired),
        1 => Just(Event::Taken),
        3 => wish.prop_map(Event::Asked),
    ];
    let world = any::<[bool; 4]>().prop_map(|[single, suffix, may_look, replays_meet_the_condition]| World {
        single,
        suffix,
        may_look,
        replays_meet_the_condition,
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

/// What is on record, what runs, what the store holds.
struct Model {
    store: Store,
    source: Contents,
    versions: BTreeSet<Contents>,
    world: World,
    // On record.
    standing: Standing,
    planned: Option<Contents>,
    recorded: BTreeMap<usize, u8>,
    leftovers: BTreeSet<String>,
    acknowledged: BTreeSet<(String, usize)>,
    key: u32,
    // Of the run, which begins anew each time it is admitted.
    todo: VecDeque<Effect>,
    parts: BTreeMap<usize, u8>,
    asked: Option<Input>,
    unanswered: bool,
    lost: u32,
    /// Uploads whose Create was never answered: the one gap there is.
    unknown: BTreeSet<String>,
}

/// How an effect that met something ended.
type Outcome = Result<Option<Input>, Input>;

impl Model {
    fn new(world: World) -> Self {
        let source = [1; PARTS];
        let mut store = Store::default();
        store.replays_meet_the_condition = world.replays_meet_the_condition;
        Self {
            store,
            source,
            versions: BTreeSet::from([source]),
            world,
            standing: Standing::NEW,
            planned: None,
            recorded: BTreeMap::new(),
            leftovers: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            key: 1,
            todo: VecDeque::new(),
            parts: BTreeMap::new(),
            asked: None,
            unanswered: false,
            lost: 0,
            unknown: BTreeSet::new(),
        }
    }

    fn play(mut self, events: &[Event]) -> TransferState {
        for event in events {
            match *event {
                Event::Goes(luck) => self.go(luck),
                Event::Killed => self.killed(),
                Event::Written(part) => {
                    self.source[part] = self.source[part].wrapping_add(1);
                    self.versions.insert(self.source);
                }
                Event::Expired => self.store.uploads.clear(),
                Event::Taken => {
                    let theirs = store::Object { ours: false, contents: [0; PARTS] };
                    self.store.objects.entry(self.key()).or_insert(theirs);
                }
                Event::Asked(wish) => self.wished(wish),
            }
            self.nothing_is_forgotten();
        }
        // With nothing but luck it comes to rest.
        self.killed();
        let mut steps = 0;
        while self.moves() {
            self.go(Luck::Good);
            self.nothing_is_forgotten();
            steps += 1;
            assert!(steps < ENOUGH, "it never rests: {:?}", self.standing);
        }
        self.standing.state
    }

    fn key(&self) -> String {
        self.key.to_string()
    }

    fn is_running(&self) -> bool {
        use TransferState as S;
        matches!(self.standing.state, S::Preparing | S::Uploading | S::Completing | S::Verifying)
    }

    fn moves(&self) -> bool {
        let waits = matches!(self.standing.state, TransferState::Queued | TransferState::Waiting { .. });
        waits || !self.todo.is_empty()
    }

    /// Every upload that S3 holds is on record, or nobody was ever told of it.
    fn nothing_is_forgotten(&self) {
        let ours = unfinished(&self.standing.on_s3).map(|id| id.0);
        for id in self.store.uploads.keys() {
            let known = ours.as_ref() == Some(id) || self.leftovers.contains(id) || self.unknown.contains(id);
            assert!(known, "{id} is forgotten: {:?}", self.standing);
        }
    }

    fn killed(&mut self) {
        self.todo.clear();
        self.asked = None;
        self.standing = step(&self.standing, Input::Restarted).expect("always possible").0;
    }

    fn wished(&mut self, wish: Wish) {
        let input = match wish {
            Wish::Pause => Input::Pause(PausedBy::You, AT),
            Wish::Cancel => Input::Cancel(AT),
            Wish::Resume => Input::Resume,
            Wish::Undo => Input::Undo,
            Wish::Sweep => Input::Sweep,
            Wish::Retry => Input::Retry,
        };
        if self.todo.is_empty() {
            // What makes no sense at rest does nothing.
            if step(&self.standing, input.clone()).is_ok() {
                self.take(input);
            }
        } else if matches!(wish, Wish::Pause | Wish::Cancel) {
            self.asked = Some(input);
        }
    }

    /// A step on record, and what it asks for.
    fn take(&mut self, input: Input) {
        let was = self.standing.state.clone();
        let (next, effects) = step(&self.standing, input).unwrap_or_else(|illegal| panic!("{illegal}"));
        if unfinished(&next.on_s3).is_none() {
            self.leftovers.extend(effects.iter().filter_map(|effect| match effect {
                Effect::Abort(id) => Some(id.0.clone()),
                _ => None,
            }));
        }
        self.standing = next;
        self.todo = effects.into();
        if matches!(self.standing.state, TransferState::Done { .. }) && !matches!(was, TransferState::Done { .. }) {
            let object = self.store.objects.get(&self.key()).expect("done, and no object");
            assert!(object.ours, "done with another's object");
            assert!(self.versions.contains(&object.contents), "done with a mix: {:?}", object.contents);
            assert_eq!(Some(object.contents), self.planned, "done with another version than was planned");
        }
    }

    fn go(&mut self, luck: Luck) {
        match self.standing.state {
            TransferState::Queued if self.todo.is_empty() => {
                self.parts.clear();
                (self.unanswered, self.lost) = (matches!(self.standing.on_s3, OnS3::Completing(_)), 0);
                return self.take(Input::Admit);
            }
            TransferState::Waiting { .. } if self.todo.is_empty() => return self.take(Input::Wake),
            _ => {}
        }
        let Some(effect) = self.todo.front().cloned() else { return };
        let gives_way = matches!(effect, Effect::Open | Effect::Reconcile(_) | Effect::SendParts(_) | Effect::Look);
        if gives_way && let Some(asked) = self.asked.take() {
            return self.take(asked);
        }
        if matches!(luck, Luck::Trouble) && !matches!(effect, Effect::Stop | Effect::ForgetParts | Effect::ForgetPlan) {
            if matches!(effect, Effect::Abort(_)) {
                self.todo.pop_front();
            } else {
                return self.take(Input::Trouble { code: ErrorCode::Offline, until: None });
            }
        } else {
            let outcome = self.perform(&effect, luck);
            if matches!(luck, Luck::KilledAfter) {
                return self.killed();
            }
            match outcome {
                // Not over yet: more parts, or another try.
                Ok(None) if self.todo.front() == Some(&effect) && matches!(effect, Effect::SendParts(_)) => return,
                Ok(None) => {
                    self.todo.pop_front();
                }
                Ok(Some(input)) | Err(input) => {
                    self.todo.clear();
                    return self.take(input);
                }
            }
        }
        if self.todo.is_empty() && self.is_running() {
            let asked = self.asked.take();
            self.take(asked.unwrap_or_else(|| panic!("it stops half-way: {:?}", self.standing)));
        } else if self.todo.is_empty() {
            self.asked = None;
        }
    }

    fn perform(&mut self, effect: &Effect, luck: Luck) -> Outcome {
        match effect {
            Effect::Open => self.open(luck),
            Effect::Create => Ok(Some(self.create(luck))),
            Effect::Reconcile(id) => Ok(Some(self.reconcile(id, luck))),
            Effect::SendParts(id) => self.send_part(id, luck),
            Effect::Put => self.put(luck).map(Some),
            Effect::Complete(id) => self.complete(id, luck).map(Some),
            Effect::Look => {
                if self.parts.is_empty() {
                    self.parts = self.recorded.clone();
                }
                let found = self.looked();
                if found == Found::Other {
                    return Err(self.taken());
                }
                self.unanswered |= found == Found::Unknown;
                Ok(Some(Input::Looked(found, AT)))
            }
            Effect::Abort(id) => {
                self.store.uploads.remove(&id.0);
                if !matches!(luck, Luck::KilledAfter) {
                    self.leftovers.remove(&id.0);
                }
                Ok(matches!(self.standing.state, TransferState::Cancelled { .. }).then_some(Input::Swept))
            }
            Effect::ForgetParts => {
                self.parts.clear();
                self.recorded.clear();
                Ok(None)
            }
            Effect::ForgetPlan => {
                self.planned = None;
                Ok(None)
            }
            Effect::NextName => {
                self.key += 1;
                Ok(None)
            }
            Effect::Stop => Ok(None),
        }
    }

    fn open(&mut self, luck: Luck) -> Outcome {
        let begun = self.standing.on_s3 != OnS3::Nothing;
        if begun && self.planned != Some(self.source) {
            return Ok(Some(Input::SourceChanged));
        }
        if !matches!(luck, Luck::KilledAfter) || begun {
            self.planned = Some(self.source);
        }
        let size = PARTS as u64;
        let plan = if self.world.single {
            Plan::Single { size }
        } else {
            Plan::Multipart { size, part_size: 1, count: u16::try_from(PARTS).expect("few") }
        };
        let there = self.store.objects.contains_key(&self.key());
        if !self.world.single && !begun && self.world.may_look && there {
            return Err(self.taken());
        }
        Ok(Some(Input::Opened { plan }))
    }

    fn create(&mut self, luck: Luck) -> Input {
        let mut id = self.store.create();
        if matches!(luck, Luck::LostAnswer) {
            self.unknown.insert(std::mem::replace(&mut id, self.store.create()));
        }
        if matches!(luck, Luck::KilledAfter) {
            self.unknown.insert(id.clone());
        }
        Input::Created(UploadId(id))
    }

    /// Parts that S3 has and the records do not are kept when they are what the source holds.
    fn reconcile(&mut self, id: &UploadId, luck: Luck) -> Input {
        let Some(listed) = self.store.uploads.get(&id.0) else { return Input::Reconciled { exists: false } };
        let same = |(number, byte): &(&usize, &u8)| match self.recorded.get(*number) {
            Some(recorded) => recorded == *byte,
            None => self.source[**number] == **byte,
        };
        let kept: BTreeMap<usize, u8> = listed.iter().filter(same).map(|(number, byte)| (*number, *byte)).collect();
        if !matches!(luck, Luck::KilledAfter) {
            self.recorded.clone_from(&kept);
            self.parts = kept;
        }
        Input::Reconciled { exists: true }
    }

    fn unchanged(&self) -> Result<(), Input> {
        if self.planned == Some(self.source) { Ok(()) } else { Err(Input::SourceChanged) }
    }

    fn send_part(&mut self, id: &UploadId, luck: Luck) -> Outcome {
        self.unchanged()?;
        let Some(number) = (0..PARTS).find(|number| !self.parts.contains_key(number)) else {
            return Ok(Some(Input::AllSent));
        };
        // Lost answers: the same bytes are sent until one is acknowledged.
        let times = if matches!(luck, Luck::LostAnswer) { 2 } else { 1 };
        for _ in 0..times {
            if !self.store.part(&id.0, number, self.source[number]) {
                return Err(self.gone());
            }
        }
        if !matches!(luck, Luck::KilledAfter) {
            let (byte, upload) = (self.source[number], id.0.clone());
            assert!(self.acknowledged.insert((upload, number)), "a part on record was sent again");
            self.recorded.insert(number, byte);
            self.parts.insert(number, byte);
        }
        Ok(None)
    }

    fn put(&mut self, luck: Luck) -> Result<Input, Input> {
        self.unchanged()?;
        let key = self.key();
        let mut stored = self.store.put(&key, self.source);
        if matches!(luck, Luck::LostAnswer) {
            self.unanswered = true;
            stored = self.store.put(&key, self.source);
        }
        if stored {
            return Ok(Input::Stored { etag: String::new(), at: AT });
        }
        match self.looked() {
            Found::Ours { etag } => Ok(Input::Stored { etag, at: AT }),
            Found::Unknown if self.unanswered && !self.world.suffix => Err(Input::Fail(ErrorCode::OutcomeUnknown)),
            _ => Err(self.taken()),
        }
    }

    fn complete(&mut self, id: &UploadId, luck: Luck) -> Result<Input, Input> {
        self.unchanged()?;
        let claimed: Vec<u8> = self.parts.values().copied().collect();
        let claimed: Contents = claimed.try_into().expect("all parts");
        let mut outcome = self.store.complete(&id.0, &self.key(), claimed);
        if matches!(luck, Luck::LostAnswer) {
            self.unanswered = true;
            outcome = self.store.complete(&id.0, &self.key(), claimed);
        }
        match outcome {
            Ok(()) => Ok(Input::Stored { etag: String::new(), at: AT }),
            Err(Refused::Gone) if self.unanswered => Ok(Input::Unclear),
            Err(Refused::Gone) => Err(self.gone()),
            Err(Refused::Taken) => match self.looked() {
                Found::Ours { etag } => Ok(Input::Stored { etag, at: AT }),
                Found::Unknown if !self.store.uploads.contains_key(&id.0) => {
                    Err(Input::Fail(ErrorCode::OutcomeUnknown))
                }
                _ => Err(self.taken()),
            },
        }
    }

    fn looked(&self) -> Found {
        if !self.world.may_look {
            return Found::Unknown;
        }
        let expected: Option<Contents> = if self.world.single {
            Some(self.source)
        } else {
            self.parts.values().copied().collect::<Vec<_>>().try_into().ok()
        };
        match self.store.objects.get(&self.key()) {
            None => Found::Absent,
            Some(object) if object.ours && Some(object.contents) == expected => Found::Ours { etag: String::new() },
            Some(_) => Found::Other,
        }
    }

    fn taken(&self) -> Input {
        if self.world.suffix { Input::KeyTaken } else { Input::Fail(ErrorCode::AlreadyThere) }
    }

    fn gone(&mut self) -> Input {
        self.lost += 1;
        if self.lost <= 2 { Input::UploadGone } else { Input::Fail(ErrorCode::UploadExpired) }
    }
}
