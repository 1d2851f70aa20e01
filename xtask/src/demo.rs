//! The demo: a cloud and a backend on loopback, and Davit connected to them. Everything stops together.

use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::keep::{self, Kept};
use crate::local::{Local, Place};
use crate::packages::Purpose;
use crate::run::{binary, build, build_page, output, root, target, took};
use crate::{screen, setup};

/// Arrivals named at a time.
const TOLD: usize = 5;

pub(crate) fn window() -> Result<()> {
    let begun = Instant::now();
    screen::reach()?;
    let demo = Demo::start("demo")?;
    println!("== window after {}", took(begun));
    demo.window()
}

/// A sample is uploaded and read back, in a folder of `target/`.
pub(crate) fn headless(folder: &str) -> Result<()> {
    let begun = Instant::now();
    Demo::start(folder)?.sample()?;
    println!("== demo without a window: {}", took(begun));
    Ok(())
}

/// Started again, the demo goes on where it was: an upload that was killed in its middle is finished by the second
/// start, and none of it is begun anew.
pub(crate) fn proof() -> Result<()> {
    let own = tempfile::tempdir_in(target())?;
    let folder = own.path().to_owned();
    let sample = folder.join("sample/A001.mov");
    std::fs::create_dir_all(folder.join("sample"))?;
    write_noise(&sample, 48 << 20)?;
    let upload = |local: &Local| {
        let mut upload = local.davit("davit", "home");
        upload.arg("upload").arg(&sample).args(["--to", "rushes"]);
        upload
    };
    let first = Local::start(Place::claim(folder.clone())?)?;
    let (store, server) = (first.store.clone(), first.server.clone());
    let killed = keep::status(upload(&first).env("DAVIT_FAILPOINT", "part:3:after"))?;
    anyhow::ensure!(!killed.success(), "the upload was not killed");
    drop(first);
    let second = Local::start(Place::claim(folder)?)?;
    anyhow::ensure!((&store, &server) == (&second.store, &second.server), "the second start has other addresses");
    keep::must("davit upload, gone on with", &upload(&second))?;
    let known = output(second.davit("davit", "home").args(["status", "--json"])).unwrap_or_default();
    anyhow::ensure!(known.lines().count() == 1, "it was begun anew:\n{known}");
    second.holds("/A001.mov", &sample)?.context("A001.mov did not arrive")?;
    Ok(())
}

struct Demo(Local);

impl Demo {
    /// Builds what is needed and starts it, with its data in a folder of `target/`.
    fn start(folder: &str) -> Result<Self> {
        let place = Place::claim(target().join(folder))?;
        setup::run(Purpose::Build)?;
        if root().join("ui/package.json").exists() {
            build_page()?;
        }
        build()?;
        Ok(Self(Local::start(place)?))
    }

    /// Uploads a sample as `davit` does it, and reads every byte back.
    fn sample(&self) -> Result<()> {
        let sample = self.0.folder.join("sample");
        let folder = sample.join("Rushes");
        std::fs::create_dir_all(folder.join("Day 1"))?;
        write_noise(&folder.join("Day 1/A001.mov"), 48 << 20)?;
        for clip in 1..=5u64 {
            write_noise(&folder.join(format!("Day 1/B00{clip}.wav")), clip * 70_000)?;
        }
        let mut upload = self.0.davit("davit", "home-headless");
        upload.arg("upload").arg(&folder).args(["--to", "rushes", "--collision", "overwrite"]);
        keep::must("davit upload Rushes", &upload)?;
        for name in ["A001.mov", "B001.wav", "B002.wav", "B003.wav", "B004.wav", "B005.wav"] {
            let there = self.0.holds(&format!("Rushes/Day 1/{name}"), &folder.join("Day 1").join(name))?;
            println!("same bytes  {}", there.with_context(|| format!("{name} did not arrive"))?);
        }
        Ok(())
    }

    /// Until the window is closed, or a signal says the same.
    fn window(&self) -> Result<()> {
        println!("Drop files on the window. What arrives is listed here; close the window to stop.");
        let (stop, stopped) = mpsc::channel();
        ctrlc::set_handler(move || {
            let _ = stop.send(());
        })?;
        let mut window = Kept::start(&self.0.davit("davit-app", "home")).context("the window cannot be started")?;
        // What came at an earlier start was told then.
        let mut seen: HashSet<_> = self.0.objects()?.into_iter().collect();
        let status = loop {
            let ended = window.ended()?;
            self.tell_arrivals(&mut seen)?;
            if let Some(status) = ended {
                break status;
            }
            match stopped.recv_timeout(Duration::from_secs(1)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                    println!("== stopping");
                    return Ok(());
                }
            }
        };
        if !status.success() {
            bail!("the window ended with {status}; the lines above say why; {}", screen::INSTEAD);
        }
        Ok(())
    }

    fn tell_arrivals(&self, seen: &mut HashSet<String>) -> Result<()> {
        let new: Vec<_> = self.0.objects()?.into_iter().filter(|name| seen.insert(name.clone())).collect();
        for name in new.iter().take(TOLD) {
            println!("arrived  {name}");
        }
        if let Some(more) = new.len().checked_sub(TOLD).filter(|more| *more > 0) {
            println!("arrived  {more} more");
        }
        if let Some(name) = new.first() {
            let (cloud, data) = (binary("davit-localcloud"), self.0.data());
            let words = [&cloud.display().to_string(), "cat", "--data", &data.display().to_string(), name];
            println!("read it back with: {} > FILE", words.map(quoted).join(" "));
        }
        Ok(())
    }
}

/// A word as a shell takes it, whatever is in it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if cfg!(windows) { format!("\"{word}\"") } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Bytes that no two files share and no store can guess.
pub(crate) fn write_noise(path: &Path, len: u64) -> Result<()> {
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() == len) {
        return Ok(());
    }
    let mut state = len ^ 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(usize::try_from(len)?);
    while (bytes.len() as u64) < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(usize::try_from(len)?);
    Ok(std::fs::write(path, bytes)?)
}
