//! Goal R11: every way in which the request that makes an object can end. What is told is the truth, or `outcome-unknown`
//! where nobody may look; nothing is there twice unseen, nothing of another's is replaced unasked, nothing is left over.

mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::World;
use crate::davit::{Ended, Run};
use crate::fault::{Fault, FaultProxy};
use crate::soak::{Chance, side_by_side};
use crate::source::{noise, sha256};
use crate::world::BUCKET;
use table::ENDINGS;

/// Bytes of a part.
const PART: u64 = 1_024;
/// Parts of an object that has some.
const PARTS: usize = 5;
/// Rounds at a time: they mostly wait.
const AT_A_TIME: usize = 4;

/// How the object is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// Put together from parts.
    OfParts,
    /// Put in one request.
    Whole,
}

/// What may be known of the object besides the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// The lease may look.
    Head,
    /// The backend looks.
    Verify,
    /// Write-only.
    Blind,
}

/// What happens in the bucket before the request that makes the object arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    /// Nothing.
    Nothing,
    /// Another's object is written at the key.
    Theirs,
    /// The bucket's lifecycle removes the upload.
    Expires,
}

/// What becomes of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    /// It runs to its end.
    Runs,
    /// It is killed before it asks, and given again.
    KilledBefore,
    /// It is killed when the store has done it and the answer is on its way, and given again.
    KilledAfter,
}

/// The truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    /// The object is ours and there once.
    Done,
    /// Another's is there, and ours beside it.
    Beside,
    /// Ours is there, and once more beside: see "What is not promised" in docs/semantics.md.
    Twice,
    /// Another's is there.
    Taken,
    /// Nobody can tell.
    Unknown,
}

/// One ending.
#[derive(Debug)]
struct Ending {
    what: &'static str,
    made: Made,
    command: Command,
    meanwhile: Meanwhile,
    /// What the request that makes the object meets, and how often.
    fault: Option<(Fault, u32)>,
    /// What a replay is told once the object is there: that the upload is gone, or that the condition does not hold.
    refused: bool,
    /// What is told with `fail`, `suffix` and `overwrite`, where somebody may look.
    seen: [Truth; 3],
    /// The same where nobody may.
    blind: [Truth; 3],
}

const COLLISIONS: [&str; 3] = ["fail", "suffix", "overwrite"];

/// One round of a series.
#[derive(Clone, Copy, Debug)]
struct Round {
    ending: &'static Ending,
    rights: Rights,
    collision: usize,
}

/// Every ending with every right and every collision, so often. Answers how many rounds ran.
pub async fn endings(times: u32) -> usize {
    let every = || {
        let each = |rights| (0..COLLISIONS.len()).map(move |collision| (rights, collision));
        let all = [Rights::Head, Rights::Verify, Rights::Blind].map(each).into_iter().flatten();
        let all: Vec<_> = all.collect();
        ENDINGS.iter().flat_map(move |ending| {
            all.clone().into_iter().map(move |(rights, collision)| Round { ending, rights, collision })
        })
    };
    series((0..times).flat_map(|_| every())).await
}

/// Every ending twice: where somebody may look, and where nobody may. Answers how many rounds ran.
pub async fn some_endings(seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let mut rounds = Vec::new();
    for ending in ENDINGS {
        for rights in [chance.one(&[Rights::Head, Rights::Verify]), Rights::Blind] {
            rounds.push(Round { ending, rights, collision: chance.below(COLLISIONS.len()) });
        }
    }
    series(rounds.into_iter()).await
}

async fn series(rounds: impl Iterator<Item = Round>) -> usize {
    let ended = side_by_side(AT_A_TIME, rounds.map(one)).await;
    // All of them, not the first alone: what they have in common says most.
    let broken = ended.iter().filter(|one| one.is_err()).count();
    assert_eq!(broken, 0, "of {} rounds", ended.len());
    ended.len()
}

/// The world of one round.
struct Scene {
    world: World,
    link: FaultProxy,
    round: Round,
}

async fn one(round: Round) {
    let Round { ending, rights, collision } = round;
    let mut world = World::of_small_parts().await;
    if rights != Rights::Head {
        let config = World::backend_config(900, "role");
        let looks = if rights == Rights::Verify { config } else { config.replace("verify = true", "verify = false") };
        world.start_backend(&looks).await;
    }
    world.cloud.replayed_complete_is_refused(ending.refused);
    let (ours, theirs) = (world.sources().join("cut.mov"), world.sources().join("theirs/cut.mov"));
    noise(&ours, if ending.made == Made::OfParts { PARTS as u64 * PART } else { PART - 1 });
    noise(&theirs, 700);
    let link = FaultProxy::before(world.cloud.address()).await;
    let scene = Scene { world, link, round };

    let ended = scene.played(&ours, &theirs).await;
    let seen = rights != Rights::Blind;
    let truth = if seen { ending.seen } else { ending.blind }[collision];
    assert!(seen || truth != Truth::Taken || ending.meanwhile == Meanwhile::Theirs, "no guess is a truth");
    scene.judged(truth, &ended, &ours, &theirs, "");
    let calls = |name| scene.world.cloud.observer().calls(name);
    if ending.made == Made::OfParts && truth != Truth::Beside {
        // Nothing is begun anew but what is known to be gone.
        let anew = ending.meanwhile == Meanwhile::Expires && truth == Truth::Done;
        assert_eq!(calls("CreateMultipartUpload"), 1 + u32::from(anew), "{round:?}: {}", ended.out);
    }
    scene.world.nothing_was_sent_twice();
    if truth == Truth::Unknown {
        // By the same rule: whether it is there is not known any better.
        let sent = || calls("PutObject") + calls("UploadPart");
        let before = sent();
        let again = scene.command(&ours, &scene.link.endpoint()).end().await;
        scene.judged(Truth::Unknown, &again, &ours, &theirs, ", and asked again");
        assert_eq!(sent(), before, "{round:?}: {}", again.out);
    }
}

impl Scene {
    /// The command, and what happens while it runs.
    async fn played(&self, ours: &Path, theirs: &Path) -> Ended {
        let (ending, faults) = (self.round.ending, &self.link.faults);
        let request = if ending.made == Made::OfParts { "POST *?uploadId" } else { "PUT " };
        let endpoint = self.link.endpoint();
        let arm = || match ending.fault {
            Some((fault, times)) => faults.meet(request, times, fault),
            None => request.clone_into(&mut faults.only.lock().expect("faults")),
        };
        if ending.made == Made::Whole {
            self.meanwhile(theirs).await;
        }
        match ending.command {
            Command::Runs if ending.made == Made::OfParts && ending.meanwhile != Meanwhile::Nothing => {
                // Once all parts are there, and before anybody is told of the last.
                format!("partNumber={PARTS}&").clone_into(&mut faults.only.lock().expect("faults"));
                faults.hold.send_replace(true);
                let mut command = self.command(ours, &endpoint);
                let running = tokio::spawn(async move { command.end().await });
                self.link.holds_one().await;
                let there = || self.world.cloud.uploads(BUCKET).iter().map(|upload| upload.parts).sum::<usize>();
                while there() < PARTS {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                self.meanwhile(theirs).await;
                arm();
                faults.hold.send_replace(false);
                let ended = running.await.expect("it runs");
                assert_eq!(faults.still_to_meet(), 0, "{:?}: the fault was met", self.round);
                ended
            }
            Command::Runs => {
                arm();
                let ended = self.command(ours, &endpoint).end().await;
                assert_eq!(faults.still_to_meet(), 0, "{:?}: the fault was met", self.round);
                ended
            }
            Command::KilledBefore => {
                let point = if ending.made == Made::OfParts { "complete:1:before" } else { "put:1:before" };
                let killed = self.command(ours, &endpoint).env("DAVIT_FAILPOINT", point).end().await;
                assert_eq!(killed.code, None, "{:?}: {}", self.round, killed.out);
                self.command(ours, &endpoint).end().await
            }
            Command::KilledAfter => {
                arm();
                faults.hold.send_replace(true);
                let running = self.command(ours, &endpoint).start();
                self.link.holds_one().await;
                running.kill();
                faults.hold.send_replace(false);
                self.command(ours, &endpoint).end().await
            }
        }
    }

    async fn meanwhile(&self, theirs: &Path) {
        match self.round.ending.meanwhile {
            Meanwhile::Nothing => {}
            Meanwhile::Theirs => {
                let mut other = self.command(theirs, &self.world.cloud.endpoint());
                other.env("DAVIT_HOME", self.world.path("theirs")).end().await.all_done();
            }
            Meanwhile::Expires => self.world.cloud.expire_uploads(BUCKET).expect("removed"),
        }
    }

    fn command(&self, file: &Path, endpoint: &str) -> Run {
        let mut run = match self.round.rights {
            Rights::Head => self.world.upload_by(endpoint, &[file]),
            Rights::Verify | Rights::Blind => self.world.upload_by_backend_and(endpoint, &[file]),
        };
        run.env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run.args(["--collision", COLLISIONS[self.round.collision], "--concurrency", "2"]);
        run
    }

    /// What was told, held against the store.
    fn judged(&self, truth: Truth, ended: &Ended, ours: &Path, theirs: &Path, when: &str) {
        let Round { ending, rights, collision } = self.round;
        let what = format!("{:?} {}, {rights:?}, {}{when}", ending.made, ending.what, COLLISIONS[collision]);
        let said = format!("{what}: {}{}", ended.out.lines().last().unwrap_or_default(), ended.err);
        let (ours, theirs) = (sha256(ours), sha256(theirs));
        let keys = self.world.keys();
        let there: BTreeMap<_, _> = keys.iter().map(|key| (key.as_str(), self.world.sha256(key))).collect();
        let (at_key, beside): (Vec<_>, Vec<_>) = there.iter().partition(|(key, _)| key.ends_with("/cut.mov"));
        let at_key: Vec<_> = at_key.into_iter().map(|(_, sum)| sum).collect();
        let beside: Vec<_> = beside.into_iter().map(|(_, sum)| sum).collect();
        // Whatever is told.
        assert!(there.values().all(|sum| [&ours, &theirs].contains(&sum)), "{said}: a mixture: {there:?}");
        if ending.meanwhile == Meanwhile::Theirs && COLLISIONS[collision] != "overwrite" {
            assert_eq!(at_key, [&theirs], "{said}: replaced unasked: {there:?}");
        }
        let left = self.world.cloud.uploads(BUCKET);
        let told = match (ended.code, ended.failures().as_slice()) {
            (Some(0), []) if at_key == [&ours] && beside.is_empty() => Some(Truth::Done),
            (Some(0), []) if at_key == [&theirs] && beside == [&ours] => Some(Truth::Beside),
            (Some(0), []) if at_key == [&ours] && beside == [&ours] => Some(Truth::Twice),
            (Some(0), _) => panic!("{said}: told as done, and there is {there:?}"),
            (_, [code]) if code == "already-there" && at_key == [&theirs] && beside.is_empty() => Some(Truth::Taken),
            (_, [code]) if code == "outcome-unknown" && beside.is_empty() => Some(Truth::Unknown),
            _ => None,
        };
        let codes = ended.failures();
        assert_eq!(told, Some(truth), "{said}: told was {codes:?}, there is {there:?}");
        assert_eq!(left.len(), 0, "{said}: uploads are left over");
    }
}
