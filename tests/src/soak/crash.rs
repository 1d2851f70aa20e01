//! Goal R1: killed at any point, the same command goes on; nothing on record is sent again, and the object is right.
//!
//! Every run walks to one point of the table, is killed there, and then wherever chance has it. Between a kill and the next
//! start the source may become another version or the name another's; any run may lose answers just before it is killed.

mod points;
mod sight;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_core::ids::BatchId;
use davit_core::journal::Reader;
use davit_core::units::UnixTime;

use self::points::{Point, Way};
use self::sight::Sight;
use super::{Chance, side_by_side, until};
use crate::World;
use crate::davit::{Ended, Run};
use crate::fault::FaultProxy;
use crate::source::{noise, sha256};
use crate::world::BUCKET;

/// Bytes of a part.
const PART: u64 = 64 << 10;
/// Files that are sent in parts.
const LARGE: usize = 2;
/// Uploads at once: they mostly wait.
const SIDE_BY_SIDE: usize = 4;
/// How long a start may take until the store is asked, on a machine that is busy with other tests.
const BEGINS_WITHIN: Duration = Duration::from_secs(15);

/// What a series of kills came to.
#[derive(Debug, Default)]
pub struct Killed {
    /// Processes that were killed.
    pub killed: u32,
    /// How often each point was met.
    pub met: BTreeMap<String, u32>,
    /// From each start that had something to go on with until the store was asked.
    begins: Vec<Duration>,
    /// Parts that were on record when a run was gone on with.
    pub recorded: usize,
    /// Parts that had begun and were not on record then, and how many of those were sent again.
    pub in_flight: usize,
    /// See above.
    pub again: usize,
    /// Answers that were lost, sources that changed, names that another took.
    pub twists: [u32; 3],
}

impl Killed {
    fn and(mut self, other: Self) -> Self {
        self.killed += other.killed;
        for (point, times) in other.met {
            *self.met.entry(point).or_default() += times;
        }
        self.begins.extend(other.begins);
        self.recorded += other.recorded;
        self.in_flight += other.in_flight;
        self.again += other.again;
        for (twist, times) in self.twists.iter_mut().zip(other.twists) {
            *twist += times;
        }
        self
    }

    /// Within what time the store was asked in half of the starts, in 99 of 100, and in all.
    pub fn begins(&self) -> [Duration; 3] {
        let mut all = self.begins.clone();
        all.sort();
        [all.len() / 2, all.len() * 99 / 100, all.len().saturating_sub(1)]
            .map(|at| all.get(at).copied().unwrap_or_default())
    }
}

/// How many points there are: so many runs meet each of them.
pub fn points() -> usize {
    points::all().len()
}

/// Kills `runs` uploads, some of them again and again, and lets each go on to its end. The points are walked in turn; a
/// seed is always the same point's.
pub async fn kills(runs: u32, seed: u64) -> Killed {
    let points = points::all();
    let trials = (seed..).take(runs as usize).map(|seed| {
        let at = usize::try_from(seed.saturating_sub(1) % points.len() as u64).expect("an index");
        let point = points[at];
        async move {
            let mut seen = Killed::default();
            Trial::new(seed, point).await.run(&mut seen).await;
            seen
        }
    });
    let seen = side_by_side(SIDE_BY_SIDE, trials).await.into_iter();
    let seen = seen.map(|one| one.expect("it held")).fold(Killed::default(), Killed::and);
    let walked = points.len().min(runs as usize);
    assert!(seen.met.len() >= walked, "{} of {walked} points were met: {seen:?}", seen.met.len());
    seen
}

/// Whether the last gesture of a home is over, and was told: the same command is another one then.
pub fn is_told(home: &Path) -> bool {
    told(home).is_some()
}

/// The last gesture, where it was told.
fn told(home: &Path) -> Option<u64> {
    let journal = Reader::open(home).ok()?;
    let batches = (1..).map_while(|id| Some((id, journal.batch(BatchId::new(id)).expect("the records")?)));
    batches.last().filter(|(_, batch)| batch.told).map(|(id, _)| id)
}

/// Parts on record of the uploads that a home goes on with.
pub fn recorded(world: &World) -> usize {
    Sight::of(world, &world.home()).recorded()
}

/// A source, and what became of it.
struct Source {
    path: PathBuf,
    key: String,
    /// SHA-256 of each version, the present one last.
    versions: Vec<String>,
    /// SHA-256 of what another put there.
    anothers: Option<String>,
}

impl Source {
    /// Keys that are its own, or beside that.
    fn has(&self, key: &str) -> bool {
        let (stem, end) = self.key.rsplit_once('.').expect("an extension");
        let beside =
            key.strip_prefix(stem).and_then(|rest| rest.strip_suffix(end)).and_then(|rest| rest.strip_suffix('.'));
        beside.is_some_and(|rest| rest.is_empty() || rest.starts_with(" (") && rest.ends_with(')'))
    }
}

/// One upload that is killed.
struct Trial {
    seed: u64,
    chance: Chance,
    world: World,
    link: FaultProxy,
    target: Point,
    way: Way,
    /// What the command is given.
    given: Vec<PathBuf>,
    sources: Vec<Source>,
    collision: &'static str,
    concurrency: usize,
    /// What happened, for whoever reads a failure.
    story: Vec<String>,
    kills: usize,
    lost: u32,
    changed: bool,
    /// The last gesture whose command has to be given again.
    given_again: Option<u64>,
}

impl Trial {
    async fn new(seed: u64, target: Point) -> Self {
        let world = World::of_small_parts().await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let mut chance = Chance::new(seed);
        let way = chance.one(target.ways);
        let folder = world.sources().join("day 1");
        let count = 3 + chance.below(10) as u64;
        noise(&folder.join("cut.mov"), count * PART + 1 + chance.below(5_000) as u64);
        for n in 0..2 + chance.below(6) {
            noise(&folder.join(format!("{n}.wav")), 1 + chance.below(60_000) as u64);
        }
        noise(&folder.join(".DS_Store"), 10);
        noise(&world.sources().join("beside.mov"), 2 * PART + 77 + chance.below(5_000) as u64);
        let collision = match way {
            Way::Taken => "suffix",
            Way::KeptOut => "fail",
            _ => chance.one(&["fail", "overwrite", "suffix"]),
        };
        let concurrency = 1 + chance.below(8);
        let mut sources = vec![Source::at(&world, "beside.mov")];
        for entry in std::fs::read_dir(&folder).expect("the folder") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            if name != ".DS_Store" {
                sources.push(Source::at(&world, &format!("day 1/{name}")));
            }
        }
        sources.sort_by(|a, b| a.key.cmp(&b.key));
        let mut given = vec![folder, world.sources().join("beside.mov")];
        if way == Way::Missing {
            given.push(world.sources().join("missing.mov"));
        }
        Self {
            seed,
            chance,
            world,
            link,
            target,
            way,
            given,
            sources,
            collision,
            concurrency,
            story: Vec::new(),
            kills: 0,
            lost: 0,
            changed: false,
            given_again: None,
        }
    }

    async fn run(mut self, seen: &mut Killed) {
        self.lead_up(seen).await;
        let target = self.target;
        let point = format!("{}:{}:{}", target.name, 1 + self.chance.below(target.passes), target.side);
        let ended = self.once(Some(&point), seen).await;
        assert_eq!(ended.code, None, "{}: {target} was not met\n{}{}", self.what(), ended.out, ended.err);
        *seen.met.entry(target.to_string()).or_default() += 1;
        if self.is_over(&ended) {
            return self.over();
        }
        for _ in 0..self.chance.below(3) {
            self.twist(seen).await;
            let points = points::all();
            let at = points[self.chance.below(points.len())];
            let point = format!("{}:{}:{}", at.name, 1 + self.chance.below(3 * at.passes), at.side);
            let ended = self.once(Some(&point), seen).await;
            if ended.code.is_none() {
                *seen.met.entry(at.to_string()).or_default() += 1;
            }
            if self.is_over(&ended) {
                return self.over();
            }
        }
        self.twist(seen).await;
        // That a file changed is told, and the next command takes it as it is.
        for _ in 0..5 {
            let ended = self.once(None, seen).await;
            assert!(ended.code.is_some(), "{}", self.what());
            if self.is_over(&ended) {
                return self.over();
            }
        }
        panic!("{}: it changed again and again", self.what());
    }

    /// Whether a run has said its last word, and it was not that the same command is to be given again. What it said is
    /// what had to be said.
    fn is_over(&mut self, ended: &Ended) -> bool {
        let told_of = told(&self.world.home());
        // One that was told and is given again may be killed before the next gesture is on record.
        if ended.code.is_none() && (told_of.is_none() || told_of == self.given_again) {
            return false;
        }
        let failures = ended.failures();
        let told = |code: &str| match code {
            "file-changed" => self.changed,
            "already-there" => self.sources.iter().any(|source| self.is_kept_out(source)),
            "file-missing" => self.way == Way::Missing,
            _ => false,
        };
        assert!(failures.iter().all(|code| told(code)), "{}: {failures:?}\n{}", self.what(), ended.out);
        let well = ended.code.is_none_or(|code| (code == 0) == failures.is_empty());
        assert!(well, "{}\n{}{}", self.what(), ended.out, ended.err);
        let again = failures.iter().any(|code| code == "file-changed");
        if again {
            self.given_again = told_of;
            self.story.push("given again".to_owned());
        }
        !again
    }

    /// What has to happen before the point can be met.
    async fn lead_up(&mut self, seen: &mut Killed) {
        let at = match self.way {
            Way::First | Way::Missing => return,
            Way::GoneOn | Way::Changed | Way::Taken | Way::KeptOut => {
                self.chance.one(&["part:2:after", "record-part:2:after"])
            }
            Way::Asked => self.chance.one(&["create:1:before", "create:1:after"]),
            Way::Overtaken => self.chance.one(&["complete:1:after", "put:1:after"]),
            Way::Unclear => {
                let points =
                    ["complete:1:before", "complete:1:after", "put:1:before", "put:1:after", "record-proof:1:before"];
                self.chance.one(&points)
            }
        };
        let ended = self.once(Some(at), seen).await;
        assert_eq!(ended.code, None, "{}: {at} was not met\n{}{}", self.what(), ended.out, ended.err);
        match self.way {
            // All that can have begun.
            Way::Changed => {
                self.change(0, seen);
                self.change(self.cut(), seen);
            }
            Way::Overtaken => (0..self.sources.len()).for_each(|source| self.change(source, seen)),
            Way::Taken | Way::KeptOut => {
                self.take(0, seen).await;
                self.take(self.cut(), seen).await;
            }
            Way::First | Way::Missing | Way::GoneOn | Way::Asked | Way::Unclear => {}
        }
    }

    fn cut(&self) -> usize {
        self.sources.iter().position(|source| source.key.ends_with("cut.mov")).expect("the large one")
    }

    fn what(&self) -> String {
        let Self { seed, target, collision, concurrency, story, .. } = self;
        format!("seed {seed}, {target}, {collision}, {concurrency} at a time, {}", story.join(", "))
    }

    fn command(&self) -> Run {
        let paths: Vec<_> = self.given.iter().map(PathBuf::as_path).collect();
        let mut run = self.world.upload_by(&self.link.endpoint(), &paths);
        run.env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run.args(["--concurrency", &self.concurrency.to_string(), "--collision", self.collision]);
        run
    }

    /// One run, to a point or to its end, some answers of which may be lost.
    async fn once(&mut self, point: Option<&str>, seen: &mut Killed) -> Ended {
        let home = self.world.home();
        let before = Sight::of(&self.world, &home);
        let losing = if self.chance.below(4) == 0 { 1 + u32::try_from(self.chance.below(2)).expect("few") } else { 0 };
        let requests = self.chance.one(&["partNumber=", "PUT ", "POST *?uploadId=", "POST *?uploads", "HEAD ", "GET "]);
        self.link.faults.lose_answers(requests, losing);
        let mut run = self.command();
        if let Some(point) = point {
            run.env("DAVIT_FAILPOINT", point);
        }
        let (asked, begun) = (self.world.cloud.observer().requests(), Instant::now());
        let (ended, begins) = {
            let ending = run.end();
            tokio::pin!(ending);
            let asks = until(|| self.world.cloud.observer().requests() > asked);
            tokio::select! {
                biased;
                ended = &mut ending => (ended, None),
                () = asks => {
                    let begins = begun.elapsed();
                    (ending.await, Some(begins))
                }
            }
        };
        // Nothing that the dead process sent is on its way any more.
        until(|| self.world.cloud.observer().connections() == 0).await;
        let lost = losing - self.link.faults.lost_answers.swap(0, Ordering::SeqCst);
        self.lost += lost;
        self.story.push(format!("{} ({lost} answers lost)", point.unwrap_or("to the end")));
        let what = self.what();
        let kills_before = self.kills;
        if ended.code.is_none() {
            assert!(point.is_some(), "{what}: it died by itself\n{}{}", ended.out, ended.err);
            (self.kills, seen.killed) = (self.kills + 1, seen.killed + 1);
        }
        seen.twists[0] += lost;
        let plain = self.sources.iter().filter(|source| source.versions.len() == 1 && source.anothers.is_none());
        let plain: BTreeSet<_> = plain.map(|source| source.key.clone()).collect();
        let files = u32::try_from(self.sources.len()).expect("few");
        let now = Sight::of(&self.world, &home);
        let again = before.held_against(&now, lost, &plain, files, &what);
        // Each kill left its own, which the next run may not have come to before it was killed. What waits for another try
        // after a lost answer has left its place to others.
        let most = 2 * self.concurrency * kills_before + self.lost as usize;
        assert!(again.in_flight <= most, "{what}: {} were in flight", again.in_flight);
        (seen.again, seen.in_flight) = (seen.again + again.parts, seen.in_flight + again.in_flight);
        seen.recorded += before.recorded();
        if let Some(begins) = begins.filter(|_| before.is_unfinished()) {
            assert!(begins <= BEGINS_WITHIN, "{what}: {begins:?} until the store was asked");
            seen.begins.push(begins);
        }
        ended
    }

    /// What may happen between a kill and the next start.
    async fn twist(&mut self, seen: &mut Killed) {
        let which = self.chance.below(self.sources.len());
        match self.chance.below(6) {
            0 => self.change(which, seen),
            1 => self.take(which, seen).await,
            _ => {}
        }
    }

    /// Another version, of the same size or of another.
    fn change(&mut self, which: usize, seen: &mut Killed) {
        let source = &mut self.sources[which];
        let len = std::fs::metadata(&source.path).expect("there").len();
        let other = len + 8 + self.chance.below(1_000) as u64;
        noise(&source.path, other);
        if self.chance.below(2) == 0 {
            let file = std::fs::OpenOptions::new().write(true).open(&source.path).expect("a file");
            file.set_len(len).expect("cut");
        }
        let version = sha256(&source.path);
        if !source.versions.contains(&version) {
            source.versions.push(version);
        }
        self.story.push(format!("{} changed", source.key));
        self.changed = true;
        seen.twists[1] += 1;
    }

    /// Another takes a name, where it is free.
    async fn take(&mut self, which: usize, seen: &mut Killed) {
        let source = &mut self.sources[which];
        let name = source.key.strip_prefix("in/").expect("a key");
        let path = self.world.path("another").join(name);
        noise(&path, 5_000 + self.chance.below(5_000) as u64);
        let given = match name.split_once('/') {
            Some((folder, _)) => self.world.path("another").join(folder),
            None => path.clone(),
        };
        let mut run = self.world.upload(&[&given]);
        // One that was never here, so that nothing is given again.
        let home = self.world.path(&format!("another home {which} {}", self.kills));
        run.env("DAVIT_HOME", home).args(["--collision", "fail"]);
        let ended = run.end().await;
        let taken = ended.code == Some(0);
        assert!(taken || ended.failures() == ["already-there"], "{}\n{}{}", self.seed, ended.out, ended.err);
        if taken {
            source.anothers = Some(sha256(&path));
            self.story.push(format!("{} taken", source.key));
            seen.twists[2] += 1;
        }
        std::fs::remove_dir_all(self.world.path("another")).expect("removed");
    }

    /// Whether something that is not the present version has the name, which must not be replaced.
    fn is_kept_out(&self, source: &Source) -> bool {
        self.collision == "fail"
            && self.world.cloud.object(BUCKET, &source.key).is_some()
            && Some(&self.world.sha256(&source.key)) != source.versions.last()
    }

    /// Every file is there once, as it is on the disk; what another put there still is; and nothing else.
    fn over(&self) {
        let what = self.what();
        let mut keys = self.world.keys();
        for source in &self.sources {
            let (own, rest): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| source.has(key));
            keys = rest;
            let there: Vec<_> = own.iter().map(|key| self.world.sha256(key)).collect();
            let known = |sum: &String| source.versions.contains(sum) || source.anothers.as_ref() == Some(sum);
            assert!(there.iter().all(known), "{what}: {own:?} are something else");
            let different: BTreeSet<_> = there.iter().collect();
            assert_eq!(different.len(), there.len(), "{what}: something is there twice: {own:?}");
            let present = source.versions.last().is_some_and(|sum| there.contains(sum));
            assert!(present || self.is_kept_out(source), "{what}: {} is not there: {own:?}", source.key);
            let kept = source.anothers.as_ref().is_none_or(|sum| self.collision == "overwrite" || there.contains(sum));
            assert!(kept, "{what}: what another put at {} was replaced", source.key);
            // Of a name that was free, and of one version, there is one object.
            let plain = source.versions.len() == 1 && source.anothers.is_none();
            assert!(!plain || own == [source.key.clone()], "{what}: {own:?}");
        }
        assert!(keys.is_empty(), "{what}: {keys:?} are nobody's");
        // A kill, or a lost answer, between Create and its record leaves an upload without parts, and it is told; nothing
        // else is left.
        let journal = Reader::open(&self.world.home()).expect("the records");
        assert!(journal.leftovers().expect("read").is_empty(), "{what}: something waits to be swept");
        let told = journal.left_in_s3(UnixTime::now()).expect("read");
        let told: BTreeSet<_> = told.into_iter().map(|left| left.key).collect();
        let left = self.world.cloud.uploads(BUCKET);
        assert!(left.iter().all(|upload| upload.parts == 0), "{what}: {left:?}");
        assert!(left.iter().all(|upload| told.contains(&upload.key)), "{what}: of {left:?} only {told:?} are told");
        assert!(left.len() <= LARGE * self.kills + self.lost as usize, "{what}: {left:?}");
        let twice = self.world.cloud.observer().acknowledged_twice();
        assert!(twice.len() <= self.lost as usize, "{what}: {twice:?} were stored twice");
    }
}

impl Source {
    fn at(world: &World, name: &str) -> Self {
        let path = world.sources().join(name);
        let versions = vec![sha256(&path)];
        Self { path, key: format!("in/{name}"), versions, anothers: None }
    }
}
