//! How fast uploads may be, when, and who goes first.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_core::bandwidth::{Day, Days, LimitRule, LimitTime, Limits, Why, Zone};
use davit_core::engine::EnqueueOptions;
use davit_core::engine::feed::{Action, PausedBy, RowState, Target, Update, View};
use davit_core::ids::ItemId;
use davit_core::units::{ByteRate, UnixTime};
use davit_core::uploader::{Options, Uploader};
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{World, connected};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// An uploader in this process, and the link to its store.
struct Desk {
    world: World,
    link: FaultProxy,
    uploader: Uploader,
}

impl Desk {
    async fn new(concurrency: impl Into<Option<u16>>) -> Self {
        let concurrency = concurrency.into();
        let world = World::with_backend(900, "role").await;
        let link = FaultProxy::tight(world.cloud.address());
        let uploader = open(&world, &link, concurrency).await;
        Self { world, link, uploader }
    }

    async fn give(&self, name: &str, len: u64) -> ItemId {
        let file = self.world.sources().join(name);
        noise(&file, len);
        let to = self.uploader.destinations().await.expect("one")[0].id.clone();
        let given = self.uploader.engine().enqueue(vec![file], to, EnqueueOptions::default()).await.expect("taken");
        given.items[0]
    }

    fn passed(&self) -> u64 {
        self.link.faults.passed.load(Ordering::SeqCst)
    }

    /// Waits until so many more bytes came to the store; answers how long that took.
    async fn until_passed(&self, more: u64) -> Duration {
        let (begun, wanted) = (Instant::now(), self.passed() + more);
        until(|| self.passed() >= wanted).await;
        begun.elapsed()
    }

    async fn limit(&self, rate: Option<u64>) {
        self.uploader.choose_limit(rate.map(ByteRate)).await.expect("chosen");
    }

    async fn all_done(&self, items: Vec<ItemId>) {
        let files = u32::try_from(items.len()).expect("few");
        let settled = tokio::time::timeout(PATIENCE, self.uploader.engine().settled(items)).await;
        let settled = settled.expect("it never came to that").expect("told");
        assert_eq!((settled.uploaded, settled.failed), (files, 0), "{settled:?}");
    }

    /// Every part was asked for once.
    fn no_part_was_lost(&self) {
        let parts = self.world.cloud.observer().parts();
        let again: Vec<_> = parts.iter().filter(|(_, seen)| seen.begun != 1).collect();
        assert!(!parts.is_empty() && again.is_empty(), "{again:?}");
    }

    fn is_there(&self, name: &str) -> bool {
        self.world.keys().iter().any(|key| key.ends_with(name))
    }

    fn is_whole(&self, name: &str) {
        let key = self.world.keys().into_iter().find(|key| key.ends_with(name)).expect("there");
        assert_eq!(self.world.sha256(&key), sha256(&self.world.sources().join(name)));
    }
}

/// With so many requests at a time, or as many as turn out best.
async fn open(world: &World, link: &FaultProxy, concurrency: impl Into<Option<u16>>) -> Uploader {
    let options = world.options_by_backend(&link.endpoint());
    connected(Options { concurrency: concurrency.into(), hold: false, ..options }).await
}

async fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never came to that");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Until the first row is as wanted.
async fn until_row(uploader: &Uploader, is_so: impl Fn(&RowState) -> bool) {
    let view = View { count: 10, ..View::default() };
    let mut feed = uploader.engine().subscribe(view).await.expect("a feed");
    let seen = async {
        while let Some(update) = feed.next().await {
            let rows = match &update {
                Update::Snapshot(snapshot) => &snapshot.slice.rows,
                Update::Delta(delta) => delta.slice.as_ref().map_or(&delta.changed, |slice| &slice.rows),
            };
            if rows.first().is_some_and(|row| is_so(&row.state)) {
                return;
            }
        }
        panic!("the engine ended");
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("it never came to that");
}

fn by_schedule(state: &RowState) -> bool {
    matches!(state, RowState::Paused { by: PausedBy::Schedule, .. })
}

fn by_a_person(state: &RowState) -> bool {
    matches!(state, RowState::Paused { by: PausedBy::You, .. })
}

/// The same at every hour of the week.
fn always(rule: LimitRule) -> Limits {
    let days = Days([Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun].into());
    Limits { usual: None, scheduled: true, times: vec![LimitTime { days, from: 0, to: 0, rule }] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_kept_and_changes_while_it_runs() {
    let desk = Desk::new(4).await;
    // Pieces small enough to be counted, and faster than the limit all the same.
    desk.link.faults.rate_each.store((1 << 20) - 1, Ordering::SeqCst);
    desk.limit(Some(1_000_000)).await;
    let big = desk.give("big.mov", 60_000_000).await;
    // What the buffers take at once is not the limit's pace.
    desk.until_passed(1_000_000).await;
    let took = desk.until_passed(10_000_000).await.as_secs_f64();
    assert!((9.6..=13.0).contains(&took), "10 MB at 1 MB/s took {took} s");

    desk.limit(Some(2_500_000)).await;
    let took = desk.until_passed(7_500_000).await.as_secs_f64();
    assert!((2.5..=6.0).contains(&took), "7.5 MB at 2.5 MB/s took {took} s");

    desk.limit(None).await;
    desk.link.faults.rate_each.store(0, Ordering::SeqCst);
    desk.all_done(vec![big]).await;
    desk.no_part_was_lost();
    desk.is_whole("big.mov");
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_limit_is_slow_and_not_dead() {
    let desk = Desk::new(16).await;
    let big = desk.give("big.mov", 200_000_000).await;
    desk.until_passed(1 << 20).await;
    desk.limit(Some(10_000)).await;
    // What is on its way comes to rest; then longer than anything silent is waited for.
    let mut before = 0;
    while desk.passed() - before > 200_000 {
        before = desk.passed();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (begun, before) = (Instant::now(), desk.passed());
    until(|| begun.elapsed() > Duration::from_secs(32)).await;
    assert!(desk.passed() - before <= 5_000_000, "what the buffers held, and 10 kB a second");
    desk.limit(None).await;
    desk.all_done(vec![big]).await;
    desk.no_part_was_lost();
    desk.uploader.close().await;
}

/// A file of 10 MB beside one that takes all of 50 Mbit/s, by as many requests at a time as turn out best, and by sixteen.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_small_goes_before_what_is_large_and_costs_it_no_part() {
    for concurrency in [None, Some(16)] {
        let desk = Desk::new(concurrency).await;
        desk.link.faults.rate.store(6_250_000, Ordering::SeqCst);
        let big = desk.give("big.mov", 160_000_000).await;
        desk.until_passed(15_000_000).await;
        let small = desk.give("small.wav", 10_000_000).await;
        let begun = Instant::now();
        until(|| desk.is_there("small.wav")).await;
        let took = begun.elapsed();
        assert!(!desk.is_there("big.mov"));
        assert!(took <= Duration::from_secs(10), "{concurrency:?}: {took:?}");
        println!("10 MB beside it took {took:?}");
        desk.link.faults.rate.store(0, Ordering::SeqCst);
        desk.all_done(vec![big, small]).await;
        desk.no_part_was_lost();
        desk.is_whole("big.mov");
        desk.is_whole("small.wav");
        desk.uploader.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_the_schedule_holds_over_a_restart_and_ends_with_it() {
    let mut desk = Desk::new(4).await;
    desk.limit(Some(4_000_000)).await;
    let big = desk.give("big.mov", 60_000_000).await;
    desk.until_passed(10_000_000).await;
    desk.uploader.set_limits(always(LimitRule::Pause)).await.expect("set");
    until_row(&desk.uploader, by_schedule).await;
    let now = desk.uploader.limit_now().await.expect("told");
    assert!(now.paused && now.why == Why::Schedule && now.rate.is_none(), "{now:?}");

    desk.uploader.close().await;
    desk.uploader = open(&desk.world, &desk.link, 4).await;
    until_row(&desk.uploader, by_schedule).await;
    let before = desk.passed();
    // What is added meanwhile rests as well.
    let other = desk.give("other.wav", 1_000_000).await;
    assert_eq!(desk.passed(), before);

    desk.uploader.set_limits(Limits::default()).await.expect("set");
    desk.all_done(vec![big, other]).await;
    desk.world.nothing_was_sent_twice();
    desk.is_whole("big.mov");
    desk.uploader.close().await;
}

/// By the clock on the wall, in a minute or two.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_of_the_schedule_ends_while_the_engine_runs() {
    const MINUTE: u64 = 60;
    let desk = Desk::new(4).await;
    let now = UnixTime::now();
    // Far enough ahead to be seen before it.
    let minutes = if now.0 % MINUTE < 45 { 1 } else { 2 };
    let over = (now.0 / MINUTE + minutes) * MINUTE;
    let (_, from) = Zone::here().reads(now);
    let to = (from + u16::try_from(minutes).expect("few")) % (24 * 60);
    let mut limits = always(LimitRule::Pause);
    (limits.times[0].from, limits.times[0].to) = (from, to);
    desk.uploader.set_limits(limits).await.expect("set");
    let file = desk.give("cut.mov", 1_000_000).await;
    until_row(&desk.uploader, by_schedule).await;
    assert_eq!(desk.passed(), 0);
    desk.all_done(vec![file]).await;
    let now = UnixTime::now().0;
    assert!((over..over + MINUTE / 2).contains(&now), "{now}, not before {over} and not long after it");
    let now = desk.uploader.limit_now().await.expect("told");
    assert!(!now.paused && now.rate.is_none(), "{now:?}");
    desk.is_whole("cut.mov");
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_pause_of_the_schedule_a_person_has_the_last_word() {
    let desk = Desk::new(4).await;
    desk.uploader.set_limits(always(LimitRule::Pause)).await.expect("set");
    let (one, two, three) = (
        desk.give("one.wav", 1_000_000).await,
        desk.give("two.wav", 1_100_000).await,
        desk.give("three.wav", 1_200_000).await,
    );
    until_row(&desk.uploader, by_schedule).await;
    let engine = desk.uploader.engine();
    engine.act(Action::Resume, vec![Target::Item(two)]).await.expect("asked");
    desk.all_done(vec![two]).await;
    assert!(desk.is_there("two.wav") && !desk.is_there("one.wav") && !desk.is_there("three.wav"));

    engine.act(Action::Pause, vec![Target::Item(one)]).await.expect("asked");
    // Another limit, and the schedule is past for now.
    desk.limit(None).await;
    desk.all_done(vec![three]).await;
    assert!(!desk.is_there("one.wav"), "a person paused it");
    assert_eq!(desk.uploader.limit_now().await.expect("told").why, Why::Chosen);
    assert!(desk.uploader.follow_schedule().await.expect("told").paused);
    desk.uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_for_a_while_goes_on_by_itself_after_a_restart_as_well() {
    let mut desk = Desk::new(4).await;
    desk.limit(Some(4_000_000)).await;
    let big = desk.give("big.mov", 40_000_000).await;
    desk.until_passed(10_000_000).await;
    // Longer than a restart takes.
    let paused = desk.uploader.pause_for(20).await.expect("paused");
    let until = paused.until.expect("for a while");
    assert!(paused.paused && paused.why == Why::Chosen, "{paused:?}");
    until_row(&desk.uploader, by_a_person).await;
    desk.uploader.close().await;
    desk.uploader = open(&desk.world, &desk.link, 4).await;
    until_row(&desk.uploader, by_a_person).await;
    desk.all_done(vec![big]).await;
    assert!(UnixTime::now() >= until, "it went on before its time");
    desk.world.nothing_was_sent_twice();
    desk.is_whole("big.mov");

    // Who has everything go on has what comes go on, too.
    desk.uploader.pause_for(3_600).await.expect("paused");
    let before = desk.passed();
    let other = desk.give("other.wav", 1_000_000).await;
    assert_eq!(desk.passed(), before);
    desk.uploader.resume_all().await.expect("resumed");
    desk.all_done(vec![other]).await;
    let now = desk.uploader.limit_now().await.expect("told");
    assert!(!now.paused && now.rate == Some(ByteRate(4_000_000)), "{now:?}");
    desk.uploader.close().await;
}

fn says(out: &str) -> String {
    out.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_limits_what_runs_and_what_comes() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40_000_000);
    let limit = |words: &'static [&'static str]| {
        let mut run = world.davit("limit");
        run.args(words);
        async move { run.end().await }
    };
    assert_eq!(says(&limit(&[]).await.out), "No limit.");
    for bad in [&["5kB/s"][..], &["50"], &["quick"]] {
        assert_eq!(limit(bad).await.code, Some(1), "{bad:?}");
    }
    assert_eq!(says(&limit(&["2MB/s"]).await.out), "Limited to 2.0 MB/s.");
    assert_eq!(says(&limit(&[]).await.out), "Limited to 2.0 MB/s.", "it is on record");

    let mut running = world.upload(&[&file as &Path]).args(["--limit", "800kbit/s"]).start();
    running.until_sent(200_000);
    assert_eq!(says(&limit(&[]).await.out), "Limited to 100 kB/s as chosen.");
    assert_eq!(says(&limit(&["none"]).await.out), "No limit.");
    // At the limit before it would take minutes.
    let ended = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(|| running.end())).await;
    ended.expect("it went on at once").expect("ends").all_done();
    assert_eq!(says(&limit(&[]).await.out), "No limit.", "it is on record as well");
    world.nothing_was_sent_twice();
}
