//! Rounds: in each, everyone uploads once, in another order than before. A run counts only when the sink holds exactly
//! what was sent.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use crate::busy::others;
use crate::cases::Case;
use crate::inputs::{Input, Source};
use crate::measure::Cost;
use crate::peers::{Asked, Job, Peer, Programs};
use crate::sink::{Config, Report, Sink};

/// Chance of the first round: a small run meets faults with it too.
const SEED: u64 = 3;

/// Nobody is waited for longer, in seconds.
pub(crate) const AT_MOST: u64 = 900;

/// One upload by one peer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    #[serde(serialize_with = "name")]
    pub(crate) peer: Peer,
    pub(crate) variant: usize,
    pub(crate) round: u32,
    /// What the processors did for others just before, 0 to 1.
    pub(crate) others: Option<f64>,
    /// Nothing, or why it does not count.
    pub(crate) failure: Option<String>,
    pub(crate) cost: Cost,
    pub(crate) seen: Report,
    /// Bytes that arrived beyond the input's.
    pub(crate) wasted: u64,
}

fn name<S: serde::Serializer>(peer: &Peer, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(peer.name())
}

/// Where runs keep what they need.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// Only whether the right bytes arrive.
    pub(crate) quick: bool,
}

impl Place {
    /// A folder that is there and empty.
    pub(crate) fn fresh(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => std::fs::create_dir_all(&path)?,
        }
        Ok(path)
    }

    /// What others do, where it matters.
    pub(crate) fn others(&self) -> Option<f64> {
        if self.quick { None } else { others() }
    }

    /// Inputs, kept from one time to the next. Where times count they are left alone for a while.
    pub(crate) fn sources(&self, inputs: impl IntoIterator<Item = Input>) -> Result<Vec<Source>> {
        let path = self.folder.join("inputs");
        std::fs::create_dir_all(&path)?;
        let sources: Vec<_> = inputs.into_iter().map(|input| input.make(&path)).collect::<Result<_>>()?;
        for source in sources.iter().filter(|_| !self.quick) {
            source.settle()?;
        }
        Ok(sources)
    }

    /// One of them.
    pub(crate) fn source(&self, input: Input) -> Result<Source> {
        self.sources([input])?.pop().context("an input")
    }
}

pub(crate) fn run(case: &Case, peers: &[Peer], rounds: u32, programs: &Programs, place: &Place) -> Result<Vec<Run>> {
    let sources = place.sources(case.variants.iter().map(|variant| variant.input))?;
    let mut turns: Vec<(usize, Peer)> = Vec::new();
    for (n, variant) in case.variants.iter().enumerate() {
        turns.extend(peers.iter().filter(|peer| !variant.without.contains(peer)).map(|peer| (n, *peer)));
    }
    let mut runs = Vec::new();
    for round in 0..rounds {
        for _ in 0..turns.len() {
            let (n, peer) = turns[0];
            turns.rotate_left(1);
            let (variant, source) = (&case.variants[n], &sources[n]);
            let home = place.fresh("home")?;
            let config = Config {
                link: variant.link.clone(),
                faults: variant.faults(SEED + u64::from(round)),
                ca: case.tls.then(|| home.join("ca.pem")),
                port: 0,
                timed: false,
            };
            let others = place.others();
            let sink = Sink::start(config, Arc::default())?;
            let (url, ca, connections) = (sink.url(), sink.ca(), case.connections);
            let job = Job { source, url, ca, home: &home, connections, loose: false };
            let cost = Started::of(programs, peer, &job)?.ends()?;
            let (seen, objects) = (sink.report(), sink.store().objects());
            let proof = match cost.code {
                Some(0) if seen.wrong_checksums > 0 => Err(anyhow::anyhow!("checksums were wrong")),
                Some(0) => source.prove(&objects),
                code => Err(anyhow::anyhow!("it ended with {code:?}: {}", last_words(&home))),
            };
            let failure = proof.err().map(|error| format!("{error:#}"));
            let wasted = seen.bytes.saturating_sub(objects.values().map(|held| held.size).sum());
            println!(
                "{} round {}: {:.2} s, {:.2} s of CPU, {} MiB{}",
                [peer.name(), variant.name].join(" ").trim_end(),
                round + 1,
                cost.wall,
                cost.cpu,
                cost.memory >> 20,
                failure.as_ref().map_or_else(String::new, |why| format!("; does not count: {why}"))
            );
            runs.push(Run { peer, variant: n, round, others, failure, cost, seen, wasted });
        }
        // Another one is first each time.
        turns.rotate_left(1);
    }
    Ok(runs)
}

/// The end of what a program said.
pub(crate) fn last_words(home: &Path) -> String {
    let bytes = std::fs::read(home.join("log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lines: Vec<_> = text.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" / ").chars().take(400).collect()
}

/// A program that runs and is measured; killed when this is dropped.
pub(crate) struct Started {
    measure: std::process::Child,
    pub(crate) begun: Instant,
}

impl Started {
    pub(crate) fn of(programs: &Programs, peer: Peer, job: &Job<'_>) -> Result<Self> {
        let Asked { words, environment } = programs.command(peer, job)?;
        let mut measure = Command::new(std::env::current_exe()?);
        measure.args(["measure", "--within", &AT_MOST.to_string(), "--log"]).arg(job.home.join("log"));
        measure.arg("--").args(words).env_clear().envs(environment);
        if job.loose {
            measure.current_dir(&job.source.path);
        }
        let begun = Instant::now();
        let measure = measure.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        Ok(Self { measure, begun })
    }

    /// What it cost, once it ended.
    pub(crate) fn ends(mut self) -> Result<Cost> {
        self.cost()
    }

    /// What it cost up to now: it is killed.
    pub(crate) fn killed(mut self) -> Result<Cost> {
        drop(self.measure.stdin.take());
        self.cost()
    }

    fn cost(&mut self) -> Result<Cost> {
        let mut line = String::new();
        let out = self.measure.stdout.take().context("its output was read before")?;
        BufReader::new(out).read_line(&mut line)?;
        self.measure.wait()?;
        if line.is_empty() {
            bail!("a program could not be measured; the lines above say why");
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.measure.stdin.take());
        drop(self.measure.wait());
    }
}

/// Waits for something that somebody else does.
pub(crate) fn until(what: &str, within: Duration, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !is_so()? {
        if begun.elapsed() > within {
            bail!("{what}: not within {} s", within.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
