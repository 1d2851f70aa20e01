//! One transfer: what is on record, what runs, and what the store holds. Around the state machine the least that the
//! engine's drive does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use davit_core::engine::feed::PausedBy;
use davit_core::error::ErrorCode;
use davit_core::ids::UploadId;
use davit_core::session::Collision;
use davit_core::transfer::state::unfinished;
use davit_core::transfer::{Effect, Found, Input, OnS3, Plan, Standing, TransferState, step};
use davit_core::units::UnixTime;

use super::store::{Contents, Object, PARTS, Part, Refused, Store, THEIRS};
use super::{Event, Luck, Wish, World};

const AT: UnixTime = UnixTime(1);
/// Steps after which a transfer that has nothing but luck must have come to rest.
const ENOUGH: u32 = 200;
/// How often S3 may lose an upload, or have other parts than were named, in one run.
const LOST_AT_MOST: u32 = 2;
const DIFFERED_AT_MOST: u32 = 3;
/// The number of the name that the file has by itself.
const BASE: u32 = 1;

pub(super) struct Model {
    store: Store,
    source: Contents,
    versions: BTreeSet<Contents>,
    world: World,
    // On record.
    standing: Standing,
    planned: Option<Contents>,
    recorded: BTreeMap<usize, Part>,
    leftovers: BTreeSet<String>,
    acknowledged: BTreeSet<(String, usize)>,
    key: u32,
    token: u32,
    // Of the run, which begins anew each time it is admitted.
    todo: VecDeque<Effect>,
    parts: BTreeMap<usize, Part>,
    asked: Option<Input>,
    unanswered: bool,
    lost: u32,
    differed: u32,
    /// Uploads whose Create was never answered: the one gap there is.
    unknown: BTreeSet<String>,
    /// Versions, by the name and the token they would have, of which the person was told that they were not stored.
    denied: BTreeSet<(u32, u32)>,
    /// Names of which the person was told that they may be ours, and nobody may look.
    told_unknown: BTreeSet<u32>,
    /// Names of which nobody can know: an answer was lost, the process was killed in the midst of it, or S3 lost an upload.
    doubtful: BTreeSet<u32>,
    /// Names of which it was given up while nobody knew: whoever takes that back and overwrites has a former version there.
    given_up_in_doubt: BTreeSet<u32>,
}

/// How an effect that met something ended.
type Outcome = Result<Option<Input>, Input>;

impl Model {
    pub(super) fn new(world: World) -> Self {
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
            key: BASE,
            token: THEIRS + 1,
            todo: VecDeque::new(),
            parts: BTreeMap::new(),
            asked: None,
            unanswered: false,
            lost: 0,
            differed: 0,
            unknown: BTreeSet::new(),
            denied: BTreeSet::new(),
            told_unknown: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            given_up_in_doubt: BTreeSet::new(),
        }
    }

    pub(super) fn play(mut self, events: &[Event]) -> TransferState {
        for event in events {
            match *event {
                Event::Goes(luck) => self.go(luck),
                Event::Killed => self.killed(),
                Event::Written(part) => {
                    self.source[part] = self.source[part].wrapping_add(1);
                    self.versions.insert(self.source);
                }
                Event::Expired => {
                    if !self.store.uploads.is_empty() {
                        self.doubtful.insert(self.key);
                    }
                    self.store.uploads.clear();
                }
                Event::Taken => {
                    let theirs = Object { token: THEIRS, contents: [0; PARTS] };
                    self.store.objects.entry(self.key()).or_insert(theirs);
                }
                Event::Late(part) => self.store.late(part),
                Event::Damaged(part) => {
                    // As long as it is on record alone: what runs has it in memory.
                    if self.todo.is_empty() && self.recorded.remove(&part).is_some() {
                        self.acknowledged.retain(|(_, number)| *number != part);
                    }
                }
                Event::Ended => self.store.end(),
                Event::Allowed => self.world.may_look = true,
                Event::Asked(wish) => self.wished(wish),
            }
            self.nothing_is_forgotten();
        }
        // With nothing but luck it comes to rest.
        self.store.end();
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

    /// The rule for a taken name: one beside another is never replaced.
    fn rule(&self) -> Collision {
        match self.world.rule {
            Collision::Overwrite if self.key != BASE => Collision::Suffix,
            rule => rule,
        }
    }

    fn if_absent(&self) -> bool {
        self.rule() != Collision::Overwrite
    }

    fn is_running(&self) -> bool {
        use TransferState as S;
        matches!(self.standing.state, S::Preparing | S::Uploading | S::Completing | S::Verifying)
    }

    fn moves(&self) -> bool {
        let waits = matches!(self.standing.state, TransferState::Queued | TransferState::Waiting { .. });
        waits || !self.todo.is_empty()
    }

    /// Every upload that S3 holds is on record, or nobody was ever told of it; and what was called not stored is not, and
    /// is not later on either.
    fn nothing_is_forgotten(&self) {
        for (key, token) in &self.denied {
            let there = self.store.objects.get(&key.to_string()).is_some_and(|object| object.token == *token);
            assert!(!there, "what was stored is called not stored");
        }
        let ours = unfinished(&self.standing.on_s3).map(|id| id.0);
        for id in self.store.uploads.keys() {
            let known = ours.as_ref() == Some(id) || self.leftovers.contains(id) || self.unknown.contains(id);
            assert!(known, "{id} is forgotten: {:?}", self.standing);
        }
    }

    fn killed(&mut self) {
        if matches!(self.todo.front(), Some(Effect::Put | Effect::Complete(_))) {
            self.doubtful.insert(self.key);
        }
        self.todo.clear();
        self.asked = None;
        self.standing = step(&self.standing, Input::Restarted).expect("always possible").0;
    }

    fn wished(&mut self, wish: Wish) {
        let rests = self.todo.is_empty();
        match wish {
            Wish::Again | Wish::AgainBy(_) => {
                if rests {
                    self.again(wish);
                }
            }
            Wish::KeepBoth => {
                if rests && step(&self.standing, Input::KeepBoth).is_ok() {
                    self.key += 1;
                    self.take(Input::KeepBoth);
                }
            }
            Wish::Pause => self.asks(Input::Pause(PausedBy::You, AT)),
            Wish::Cancel => self.asks(Input::Cancel(AT)),
            Wish::Resume => self.asks(Input::Resume),
            Wish::Undo => self.asks(Input::Undo),
            Wish::Sweep => self.asks(Input::Sweep),
            Wish::Retry => self.asks(Input::Retry),
        }
    }

    fn asks(&mut self, input: Input) {
        if self.todo.is_empty() {
            self.take_if_possible(input);
        } else if matches!(input, Input::Pause(..) | Input::Cancel(_)) {
            self.asked = Some(input);
        }
    }

    /// What makes no sense at rest does nothing.
    fn take_if_possible(&mut self, input: Input) {
        if self.todo.is_empty() && step(&self.standing, input.clone()).is_ok() {
            self.take(input);
        }
    }

    /// A command: whatever rests goes on, by its rule.
    fn again(&mut self, wish: Wish) {
        // Who chose to replace does not go back on it here: what was begun by that rule would have to be told apart.
        if let Wish::AgainBy(rule) = wish
            && self.world.rule != Collision::Overwrite
        {
            self.world.rule = rule;
        }
        match self.standing.state {
            TransferState::Paused { .. } => self.take_if_possible(Input::Resume),
            TransferState::Failed { .. } => self.take_if_possible(Input::Retry),
            TransferState::Done { .. } if self.planned != Some(self.source) => self.take_if_possible(Input::Anew),
            _ => {}
        }
    }

    /// A step on record, and what it asks for.
    fn take(&mut self, input: Input) {
        let was = self.standing.state.clone();
        if self.is_running() && input.rests() && !self.unanswered {
            self.standing = self.standing.clone().unasked();
        }
        let (next, effects) = step(&self.standing, input).unwrap_or_else(|illegal| panic!("{illegal}"));
        if unfinished(&next.on_s3).is_none() {
            self.leftovers.extend(effects.iter().filter_map(|effect| match effect {
                Effect::Abort(id) => Some(id.0.clone()),
                _ => None,
            }));
        }
        self.standing = next;
        if matches!(self.standing.state, TransferState::Cancelled { .. })
            && matches!(self.standing.on_s3, OnS3::Unclear(_))
        {
            self.given_up_in_doubt.insert(self.key);
        }
        self.judge(&was);
        // In one commit with the standing.
        for effect in &effects {
            match effect {
                Effect::ForgetParts => self.recorded.clear(),
                Effect::ForgetPlan => {
                    self.planned = None;
                    self.token += 1;
                }
                Effect::NextName => self.key += 1,
                _ => {}
            }
        }
        self.todo = effects.into();
    }

    /// What is told is the truth.
    fn judge(&mut self, was: &TransferState) {
        let object = self.store.objects.get(&self.key());
        match &self.standing.state {
            state if state == was => {}
            TransferState::Done { .. } => {
                let object = object.expect("done, and no object");
                assert_eq!(object.token, self.token, "done with another's object, or another version");
                assert!(self.versions.contains(&object.contents), "done with a mix: {:?}", object.contents);
                assert_eq!(Some(object.contents), self.planned, "done with another version than was planned");
            }
            TransferState::Failed { code: ErrorCode::AlreadyThere } => {
                let object = object.expect("taken, and no object");
                let ours = object.token == self.token && Some(object.contents) == self.planned;
                assert!(!ours, "our own object is called another's");
            }
            // Of a name that may be ours the person was told, and chose what is to be done about it.
            TransferState::Failed { code: ErrorCode::FileChanged }
                if !self.told_unknown.contains(&self.key)
                    && (self.if_absent() || !self.given_up_in_doubt.contains(&self.key)) =>
            {
                self.denied.insert((self.key, self.token));
            }
            TransferState::Failed { code: ErrorCode::OutcomeUnknown } => {
                assert!(!self.world.may_look, "whoever may look knows");
                assert!(self.doubtful.contains(&self.key), "every request was answered");
                self.told_unknown.insert(self.key);
            }
            _ => {}
        }
    }

    /// Bytes of the file leave.
    fn sends(&self) {
        let told = !self.world.may_look && self.told_unknown.contains(&self.key);
        assert!(!told || !self.if_absent(), "what may be there is sent again: {:?}", self.standing);
    }

    pub(super) fn go(&mut self, luck: Luck) {
        match self.standing.state {
            TransferState::Queued if self.todo.is_empty() => {
                self.parts.clear();
                (self.lost, self.differed) = (0, 0);
                self.unanswered = matches!(self.standing.on_s3, OnS3::Completing(_) | OnS3::Putting | OnS3::Unclear(_));
                return self.take(Input::Admit);
            }
            TransferState::Waiting { .. } if self.todo.is_empty() => return self.take(Input::Wake),
            _ => {}
        }
        let Some(effect) = self.todo.front().cloned() else { return };
        let gives_way = matches!(
            effect,
            Effect::Open | Effect::Reconcile(_) | Effect::SendParts(_) | Effect::Look | Effect::LookBack
        );
        if gives_way && let Some(asked) = self.asked.take() {
            return self.take(asked);
        }
        let asks_nobody = matches!(
            effect,
            Effect::Stop | Effect::ForgetParts | Effect::ForgetPlan | Effect::NextName | Effect::TakeNew
        );
        if matches!(luck, Luck::Trouble) && !asks_nobody {
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
            Effect::Reconcile(id) => self.reconcile(id, luck).map(Some),
            Effect::SendParts(id) => self.send_part(id, luck),
            Effect::Put => self.put(luck).map(Some),
            Effect::Complete(id) => self.complete(id, luck).map(Some),
            Effect::Look => self.look().map(Some),
            Effect::LookBack => Ok(Some(self.look_back())),
            // By a command, mostly.
            Effect::TakeNew => Ok((!self.token.is_multiple_of(4)).then_some(Input::Anew)),
            Effect::Abort(id) => {
                self.store.abort(&id.0);
                if !matches!(luck, Luck::KilledAfter) {
                    self.leftovers.remove(&id.0);
                }
                Ok(matches!(self.standing.state, TransferState::Cancelled { .. }).then_some(Input::Swept))
            }
            Effect::ForgetParts => {
                self.parts.clear();
                Ok(None)
            }
            Effect::NextName => {
                self.unanswered = false;
                Ok(None)
            }
            Effect::ForgetPlan | Effect::Stop => Ok(None),
        }
    }

    fn changed(&self) -> Input {
        if self.unanswered { Input::ChangedUnanswered } else { Input::SourceChanged }
    }

    fn open(&mut self, luck: Luck) -> Outcome {
        let begun = self.standing.on_s3 != OnS3::Nothing;
        if begun && self.planned.is_some_and(|planned| planned != self.source) {
            return Ok(Some(self.changed()));
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
        if !self.world.single && !begun && self.world.may_look && there && self.if_absent() {
            return Err(self.taken());
        }
        Ok(Some(Input::Opened { plan }))
    }

    fn create(&mut self, luck: Luck) -> Input {
        let mut id = self.store.create(self.token);
        if matches!(luck, Luck::LostAnswer) {
            self.unknown.insert(std::mem::replace(&mut id, self.store.create(self.token)));
        }
        if matches!(luck, Luck::KilledAfter) {
            self.unknown.insert(id.clone());
        }
        Input::Created(UploadId(id))
    }

    /// Parts that S3 has and the records do not are kept when they are what the source holds.
    fn reconcile(&mut self, id: &UploadId, luck: Luck) -> Result<Input, Input> {
        let Some(upload) = self.store.uploads.get(&id.0) else {
            return match self.standing.on_s3 {
                OnS3::Completing(_) => self.ended_unseen(),
                _ => Ok(Input::Reconciled { exists: false }),
            };
        };
        let same = |(number, (byte, _)): &(&usize, &Part)| match self.recorded.get(*number) {
            Some((recorded, _)) => recorded == byte,
            None => self.source[**number] == *byte,
        };
        let kept: BTreeMap<usize, Part> = upload.parts.iter().filter(same).map(|(n, part)| (*n, *part)).collect();
        if !matches!(luck, Luck::KilledAfter) {
            self.recorded.clone_from(&kept);
            self.parts = kept;
        }
        Ok(Input::Reconciled { exists: true })
    }

    fn ended_unseen(&mut self) -> Result<Input, Input> {
        match self.looked() {
            Found::Ours { etag } => Ok(Input::Stored { etag, at: AT }),
            Found::Unknown => Ok(Input::Unknowable(self.rule())),
            Found::Other if self.if_absent() => Err(self.taken()),
            Found::Other | Found::Absent => {
                self.unanswered = false;
                Err(self.gone())
            }
        }
    }

    fn unchanged(&self) -> Result<(), Input> {
        if self.planned == Some(self.source) { Ok(()) } else { Err(self.changed()) }
    }

    fn send_part(&mut self, id: &UploadId, luck: Luck) -> Outcome {
        self.unchanged()?;
        let Some(number) = (0..PARTS).find(|number| !self.parts.contains_key(number)) else {
            return Ok(Some(Input::AllSent));
        };
        self.sends();
        // Lost answers: the same bytes are sent until one is acknowledged.
        let times = if matches!(luck, Luck::LostAnswer) { 2 } else { 1 };
        for _ in 0..times {
            let Some(etag) = self.store.part(&id.0, number, self.source[number]) else {
                return Err(self.gone_unseen());
            };
            if !matches!(luck, Luck::KilledAfter) {
                self.recorded.insert(number, (self.source[number], etag));
            }
        }
        if !matches!(luck, Luck::KilledAfter) {
            assert!(self.acknowledged.insert((id.0.clone(), number)), "a part on record was sent again");
            self.parts.insert(number, self.recorded[&number]);
        }
        Ok(None)
    }

    fn put(&mut self, luck: Luck) -> Result<Input, Input> {
        self.unchanged()?;
        self.sends();
        let (key, object) = (self.key(), Object { token: self.token, contents: self.source });
        let mut stored = self.store.put(&key, object, self.if_absent());
        if matches!(luck, Luck::LostAnswer) {
            self.is_unanswered();
            stored = self.store.put(&key, object, self.if_absent());
        }
        if stored {
            return Ok(Input::Stored { etag: String::new(), at: AT });
        }
        match self.looked() {
            Found::Ours { etag } => Ok(Input::Stored { etag, at: AT }),
            Found::Unknown if self.unanswered && self.rule() != Collision::Suffix => Ok(Input::Unknowable(self.rule())),
            _ => Err(self.taken()),
        }
    }

    fn is_unanswered(&mut self) {
        self.unanswered = true;
        self.doubtful.insert(self.key);
    }

    fn complete(&mut self, id: &UploadId, luck: Luck) -> Result<Input, Input> {
        self.unchanged()?;
        let (key, claimed, if_absent) = (self.key(), self.parts.clone(), self.if_absent());
        if matches!(luck, Luck::TakesItsTime) {
            self.store.begin(&id.0, &key, &claimed, if_absent);
            self.is_unanswered();
        }
        let mut outcome = self.store.complete(&id.0, &key, &claimed, if_absent);
        if matches!(luck, Luck::LostAnswer) {
            self.is_unanswered();
            outcome = self.store.complete(&id.0, &key, &claimed, if_absent);
        }
        match outcome {
            Ok(()) => Ok(Input::Stored { etag: String::new(), at: AT }),
            Err(Refused::OtherParts) if self.differed < DIFFERED_AT_MOST => {
                self.differed += 1;
                Ok(Input::PartsDiffer)
            }
            Err(Refused::OtherParts) => Err(Input::Fail(ErrorCode::CheckMismatch)),
            Err(Refused::Gone | Refused::Conflict) if self.unanswered => self.outlasted(id),
            Err(Refused::Gone) => Err(self.gone_unseen()),
            Err(Refused::Conflict) => Err(self.gone()),
            Err(Refused::Taken) => match self.looked() {
                ours @ Found::Ours { .. } => Ok(Input::Looked(ours, AT)),
                Found::Unknown if !self.store.uploads.contains_key(&id.0) => Ok(Input::Unknowable(self.rule())),
                _ => Err(self.taken()),
            },
        }
    }

    fn outlasted(&mut self, id: &UploadId) -> Result<Input, Input> {
        if self.differed < DIFFERED_AT_MOST {
            self.differed += 1;
            return Ok(Input::Unclear);
        }
        if !self.store.abort(&id.0) {
            return self.ended_unseen();
        }
        self.unanswered = false;
        Err(self.gone())
    }

    fn look(&mut self) -> Result<Input, Input> {
        if self.parts.is_empty() {
            self.parts = self.recorded.clone();
        }
        let unclear = match self.standing.on_s3 {
            OnS3::Unclear(under) => Some(under),
            _ => None,
        };
        let mut found = self.looked();
        if found == Found::Other && self.if_absent() {
            return Err(self.taken());
        }
        if found == Found::Unknown {
            self.unanswered = true;
            match (unclear, self.rule()) {
                (Some(under), Collision::Suffix) if under != Collision::Suffix => return Ok(Input::KeyTaken),
                (Some(under), Collision::Overwrite) if under != Collision::Overwrite => found = Found::Other,
                _ => {}
            }
        }
        if unclear.is_some() && matches!(found, Found::Absent | Found::Other) {
            self.unanswered = false;
        }
        Ok(Input::Looked(found, AT))
    }

    /// Of the version on record; a part that is not there leaves the token to tell.
    fn look_back(&mut self) -> Input {
        let mut found = self.looked_at(None);
        if !matches!(found, Found::Ours { .. })
            && let Some(id) = unfinished(&self.standing.on_s3)
        {
            let removed = self.store.abort(&id.0);
            found = match found {
                Found::Unknown if removed => Found::Absent,
                Found::Unknown => Found::Unknown,
                _ => self.looked_at(None),
            };
        }
        Input::LookedBack(found, AT)
    }

    /// Of the source as it is: where a part is not on record, the source is read.
    fn looked(&self) -> Found {
        self.looked_at(self.planned)
    }

    fn looked_at(&self, read: Option<Contents>) -> Found {
        if !self.world.may_look {
            return Found::Unknown;
        }
        let parts = if read.is_some() { &self.parts } else { &self.recorded };
        let combined = parts.values().map(|(byte, _)| *byte).collect::<Vec<_>>().try_into().ok();
        let expected: Option<Contents> = combined.filter(|_| !self.world.single).or(read);
        match self.store.objects.get(&self.key()) {
            None => Found::Absent,
            Some(object) if object.token == self.token && expected.is_none_or(|sum| sum == object.contents) => {
                Found::Ours { etag: String::new() }
            }
            Some(_) => Found::Other,
        }
    }

    fn taken(&self) -> Input {
        if self.rule() == Collision::Suffix { Input::KeyTaken } else { Input::Fail(ErrorCode::AlreadyThere) }
    }

    /// Nobody looked yet.
    fn gone_unseen(&mut self) -> Input {
        if matches!(self.standing.on_s3, OnS3::Completing(_)) && self.differed < DIFFERED_AT_MOST {
            self.differed += 1;
            return Input::Unclear;
        }
        self.gone()
    }

    fn gone(&mut self) -> Input {
        self.lost += 1;
        if self.lost <= LOST_AT_MOST { Input::UploadGone } else { Input::Fail(ErrorCode::UploadExpired) }
    }
}
