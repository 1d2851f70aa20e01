//! How well a limit is kept, by what came to the store: Davit alone, under one limit and then, while it runs, under a lower.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::again::stop;
use crate::figures::median;
use crate::inputs::{Input, Source};
use crate::peers::{Asked, Job, Peer, Programs};
use crate::rounds::{Place, last_words};
use crate::sink::{Config, Course, SLOT, Sink};
use crate::tables::Circumstances;

/// The name of this table.
pub(crate) const NAME: &str = "limit";

/// Megabytes a second, before and after.
const BEFORE: u64 = 20;
const AFTER: u64 = 5;
/// The first second is left out.
const WARM: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);
/// What the limits are to be kept to, and how soon.
const CLOSE: f64 = 0.03;
const SOON: f64 = 1.0;

struct Kept {
    /// What came in the time, of what was allowed.
    of_limit: f64,
    /// Seconds from the end of the command that lowered it until a second begins in which nine tenths of that came, and no more
    /// than all of it.
    lowered: f64,
}

pub(crate) fn section(rounds: u32, programs: &Programs, place: &Place, when: &Circumstances) -> Result<String> {
    let lasts = Duration::from_secs(if place.quick { 2 } else { 10 });
    let source = place.source(Input::Noise(if place.quick { 128 << 20 } else { 512 << 20 }))?;
    let kept = (0..rounds).map(|round| once(&source, lasts, round, programs, place)).collect::<Result<Vec<_>>>()?;
    let of = |what: fn(&Kept) -> f64| kept.iter().map(what).collect::<Vec<_>>();
    let (shares, seconds) = (of(|kept| kept.of_limit), of(|kept| kept.lowered));
    let (least, most) = (shares.iter().copied().fold(f64::MAX, f64::min), shares.iter().copied().fold(0.0, f64::max));
    let slowest = seconds.iter().copied().fold(0.0, f64::max);
    let verdict = |good: bool| if good { "" } else { ", **not reached**" };
    let (davit, day) = (version(when), &when.day);
    Ok(format!(
        "### A limit of {BEFORE} MB/s for {} s, and then one of {AFTER} MB/s\n\n\
         {day}, {} processors, {rounds} rounds.{davit}\n\n\
         | | the middle | the least | the most |\n|---|---|---|---|\n\
         | what came in {} s, of what the limit allows | {:.3} | {least:.3} | {most:.3} |\n\
         | s until as much came as the lower limit allows, and no more | {:.1} | {:.1} | {slowest:.1} |\n\n\
         Counted where it arrives, the first second aside; the lower one from the end of `davit limit` on.\n\n\
         - what came, of what the limit allows, in the worst round: {least:.3} to {most:.3}; the goal is {:.2} to {:.2}{}\n\
         - a lower limit holds after {slowest:.1} s in the worst round; the goal is {SOON:.1} at most{}\n",
        lasts.as_secs(),
        when.processors,
        lasts.as_secs(),
        median(shares.clone()).unwrap_or_default(),
        median(seconds.clone()).unwrap_or_default(),
        seconds.iter().copied().fold(f64::MAX, f64::min),
        1.0 - CLOSE,
        1.0 + CLOSE,
        verdict((least - 1.0).abs().max((most - 1.0).abs()) <= CLOSE),
        verdict(slowest <= SOON),
    ))
}

fn version(when: &Circumstances) -> String {
    let davit = when.versions.iter().find(|(peer, _)| *peer == Peer::Davit);
    davit.map_or_else(String::new, |(_, text)| format!(" davit {text}."))
}

fn once(source: &Source, lasts: Duration, round: u32, programs: &Programs, place: &Place) -> Result<Kept> {
    let home = place.fresh("home")?;
    let sink = Sink::start(Config { timed: true, ..Config::default() }, Arc::default())?;
    let job = Job { source, url: sink.url(), ca: None, home: &home, connections: 0, loose: false };
    let Asked { words, environment } = programs.command(Peer::Davit, &job)?;
    let limit = |rate: u64| {
        let mut davit = Command::new(&words[0]);
        davit.args(["limit", &format!("{rate}MB/s")]).env_clear().envs(environment.clone());
        let done = davit.stdin(Stdio::null()).output()?;
        if done.status.success() { Ok(()) } else { bail!("{}", String::from_utf8_lossy(&done.stderr)) }
    };
    limit(BEFORE)?;
    let mut running = programs.begin(Peer::Davit, &job)?;
    let outcome = (|| -> Result<Kept> {
        let first = sink.first(PATIENCE).with_context(|| last_words(&home))?;
        std::thread::sleep((WARM + lasts).saturating_sub(first.elapsed()));
        limit(AFTER)?;
        let lowered = first.elapsed();
        std::thread::sleep(Duration::from_secs(3));
        let slots = sink.course();
        let of = |time: Duration| usize::try_from(time.as_millis() / SLOT.as_millis()).unwrap_or(usize::MAX);
        let came: u64 = slots.get(of(WARM)..of(WARM + lasts)).context("nothing came any more")?.iter().sum();
        let of_limit = came as f64 / (BEFORE * 1_000_000 * lasts.as_secs()) as f64;
        let allowed = (AFTER * 1_000_000) as f64;
        // Standing still is not keeping to it.
        let enough = |bytes: u64| (allowed * 0.9..=allowed * (1.0 + CLOSE)).contains(&(bytes as f64));
        let after = Course::second_after(&slots, lowered, enough).context("the lower limit never held")?;
        Ok(Kept { of_limit, lowered: after.as_secs_f64() })
    })();
    stop(&mut running)?;
    let kept = outcome?;
    println!("{NAME} round {}: {:.3} of the limit, a lower one after {:.1} s", round + 1, kept.of_limit, kept.lowered);
    Ok(kept)
}
