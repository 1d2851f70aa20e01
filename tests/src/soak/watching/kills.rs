//! Whoever watches is killed at any moment, and begins again: every version is sent once, none is missed, nothing half-written
//! is stored. Between a kill and the next start people go on working in the folder.

use std::path::PathBuf;

use super::actor::{Actor, After};
use super::desk::{Desk, Told};
use super::ledger::sum;
use super::plant;
use crate::soak::{Chance, side_by_side};
use crate::source::until_old;

/// Kills of one folder: after so many it is left in peace and looked at.
const IN_A_ROW: u32 = 6;
/// Folders at once: they mostly wait.
const AT_ONCE: usize = 2;
/// How fast the store takes bytes while people work: kills are to come in the midst of uploads.
const RATE: u64 = 2 << 20;
/// Files that stay as they are.
const STAY: u64 = 3;
/// What a run is killed before or after, where it is not any moment.
const POINTS: [&str; 13] = [
    "put",
    "create",
    "complete",
    "part",
    "journal",
    "record-transfer",
    "record-standing",
    "record-opened",
    "record-part",
    "record-proof",
    "record-watch",
    "record-watched",
    // One file's other name: it is moved, or to be deleted.
    "take",
];

/// So many kills, of some folders one after another; files that are there then are kept, moved away or deleted.
pub async fn kills(count: u32, after: After, seed: u64) {
    let rows = count.div_ceil(IN_A_ROW);
    let trials = (seed..).take(rows as usize).zip(0..).map(move |(seed, row)| {
        let kills = IN_A_ROW.min(count - row * IN_A_ROW);
        async move { Trial::new(seed, after).await.run(kills).await }
    });
    let ended = side_by_side(AT_ONCE, trials).await;
    let objects: usize = ended.into_iter().map(|one| one.expect("it held")).sum();
    println!("W, {after:?}: {count} kills, {objects} objects");
}

struct Trial {
    what: String,
    chance: Chance,
    desk: Desk,
    root: PathBuf,
    actor: Actor,
}

impl Trial {
    async fn new(seed: u64, after: After) -> Self {
        let desk = Desk::new().await;
        let root = desk.folder("in");
        let actor = Actor::new(root.clone(), desk.folder("outside"), after, seed);
        let wish = match after {
            After::Kept => "keep",
            After::Moved => "move",
            After::Deleted => "delete",
        };
        // Of a drive whose numbers do not last, as that of a temporary folder may be, what lies there tells.
        let existing = if after == After::Deleted {
            for n in 0..STAY {
                plant(&root.join(format!("{n}.txt")), u64::MAX - n, 1_000);
            }
            until_old().await;
            "new-only"
        } else {
            "all"
        };
        desk.add(&root, existing, &["--after", wish]).await;
        let what = format!("seed {seed}, {after:?}");
        // Chance of its own: what people do stays the same wherever a kill comes.
        let chance = Chance::new(seed ^ u64::MAX);
        let mut trial = Self { what, chance, desk, root, actor };
        if after == After::Kept {
            trial.has_some_that_stay().await;
        }
        trial
    }

    /// Files that nobody touches, sent before anything else happens: a folder in which nothing lies of what was sent from it is
    /// another one, and left alone.
    async fn has_some_that_stay(&mut self) {
        for n in 0..STAY {
            let content = plant(&self.root.join(format!("{n}.txt")), u64::MAX - n, 1_000);
            let sum = sum(&content);
            self.actor.ledger.may(sum.clone(), "one that stays");
            self.actor.ledger.must(&sum);
        }
        self.desk.begin(None);
        let all_sent = |told: &[Told]| told.iter().all(|one| one.is_up_to_date() && one.number("done") == STAY);
        self.desk.until(&self.what, all_sent).await;
        self.desk.kill().await;
    }

    /// Answers how many objects there are in the end.
    async fn run(mut self, kills: u32) -> usize {
        for kill in 0..kills {
            self.desk.world.cloud.takes(RATE);
            self.is_killed().await;
            let meanwhile = self.chance.below(4);
            self.actor.works(meanwhile, || false).await;
            if kill % 3 == 2 && kill + 1 < kills {
                self.desk.begin(None);
                self.is_left_in_peace().await;
                self.desk.kill().await;
            }
        }
        self.desk.begin(None);
        self.is_left_in_peace().await;
        self.is_begun_again().await;
        self.desk.world.keys().len()
    }

    /// One run, which people work beside, to its kill.
    async fn is_killed(&mut self) {
        let things = self.chance.below(60);
        if self.chance.below(3) == 0 {
            let side = self.chance.one(&["before", "after"]);
            let point = format!("{}:{}:{side}", self.chance.one(&POINTS), 1 + self.chance.below(8));
            self.desk.begin(Some(&point));
        } else {
            self.desk.begin(None);
        }
        let desk = &mut self.desk;
        self.actor.works(things, || desk.is_dead()).await;
        self.desk.kill().await;
    }

    /// Nobody does anything: within a minute all is up to date, and as it has to be.
    async fn is_left_in_peace(&mut self) {
        self.desk.world.cloud.takes(0);
        self.actor.leaves_it_so();
        let (world, actor) = (&self.desk.world, &mut self.actor);
        let is_there = |told: &[Told]| {
            told.iter().all(Told::is_up_to_date)
                && actor.ledger.missing(world).is_empty()
                && actor.not_taken().is_empty()
        };
        self.desk.until(&self.what, is_there).await;
        self.judge();
        // Whatever is looked at once more, nothing goes again, and what a kill left half deleted is seen to.
        self.desk.check(&self.root).await;
        let actor = &self.actor;
        let is_quiet = |told: &[Told]| told.iter().all(Told::is_up_to_date) && actor.half_deleted().is_empty();
        self.desk.until(&self.what, is_quiet).await;
        self.judge();
    }

    fn judge(&mut self) {
        self.actor.ledger.judge(&self.desk.world, &self.what);
        self.actor.nothing_lies_twice(&self.what);
    }

    /// One more kill, with all there: the next run sends nothing.
    async fn is_begun_again(&mut self) {
        let before = self.sent();
        self.desk.kill().await;
        self.desk.begin(None);
        self.desk.until_up_to_date(&self.what).await;
        self.desk.check(&self.root).await;
        self.desk.until_up_to_date(&self.what).await;
        assert_eq!(self.sent(), before, "{}: a run after the last one sent again", self.what);
        self.judge();
        self.desk.kill().await;
    }

    /// Requests that carried anything.
    fn sent(&self) -> [u32; 3] {
        let observer = self.desk.world.cloud.observer();
        ["PutObject", "UploadPart", "CompleteMultipartUpload"].map(|name| observer.calls(name))
    }
}
