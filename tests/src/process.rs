//! What processes use, as Linux tells it.

use std::fs::read_to_string;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A tick of the times in `/proc`, in milliseconds. Source: `USER_HZ` of proc(5) is 100 wherever Davit runs.
const TICK: u64 = 10;

/// What was used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Of the processors.
    pub time: Duration,
    /// How often a thread went to sleep by itself, and so was woken.
    pub wakeups: u64,
}

impl Used {
    /// By one process, which runs.
    pub fn by(process: u32) -> Self {
        Self::told_of(process).expect("it runs")
    }

    /// By several together; those that are gone used nothing.
    pub fn by_all(processes: &[u32]) -> Self {
        let all = processes.iter().filter_map(|process| Self::told_of(*process));
        all.fold(Self::default(), |sum, one| Self { time: sum.time + one.time, wakeups: sum.wakeups + one.wakeups })
    }

    fn told_of(process: u32) -> Option<Self> {
        let fields = fields(process)?;
        let ticks = |at: usize| fields[at].parse::<u64>().expect("a number");
        let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten();
        let wakeups = threads.filter_map(|thread| {
            let status = read_to_string(thread.path().join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse::<u64>().ok()
        });
        // The fourteenth and fifteenth of all, of which two stand before.
        Some(Self { time: Duration::from_millis((ticks(11) + ticks(12)) * TICK), wakeups: wakeups.sum() })
    }

    /// What was used since then.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { time: self.time.saturating_sub(before.time), wakeups: self.wakeups.saturating_sub(before.wakeups) }
    }
}

/// What stands in its `stat` behind its name, which may hold anything.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// A process, those that it started, and those that they did.
pub fn tree(process: u32) -> Vec<u32> {
    let ids =
        std::fs::read_dir("/proc").expect("proc").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> = ids.filter_map(|id| Some((id, fields(id)?.get(1)?.parse().ok()?))).collect();
    let (mut tree, mut at) = (vec![process], 0);
    while let Some(&above) = tree.get(at) {
        tree.extend(parents.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        at += 1;
    }
    tree
}

/// What it holds of memory, in bytes: all that is its own, and its part of what it shares with others.
pub fn memory(process: u32) -> u64 {
    held(process, "Pss:")
}

/// Of that, what lies in no file: programs and libraries do.
pub fn written(process: u32) -> u64 {
    held(process, "Pss_Anon:")
}

fn held(process: u32, what: &str) -> u64 {
    bytes(&read_to_string(format!("/proc/{process}/smaps_rollup")).expect("it runs"), what)
}

fn bytes(told: &str, what: &str) -> u64 {
    let line = told.lines().find_map(|line| line.strip_prefix(what)).expect("its memory");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") << 10
}

/// The most that a process ever had of memory, in bytes: all of what it shares with others as well.
pub fn most_resident(process: u32) -> u64 {
    bytes(&read_to_string(format!("/proc/{process}/status")).expect("it runs"), "VmHWM:")
}

/// Of all processors since the start of the system, in ticks: how long they did something, and in all.
pub fn processors() -> (u64, u64) {
    let told = read_to_string("/proc/stat").expect("proc");
    let line = told.lines().next().expect("all of them together");
    // The last two are of guests, and are within the first. Source: proc_stat(5).
    let ticks: Vec<u64> = line.split_whitespace().skip(1).take(8).map(|tick| tick.parse().expect("a number")).collect();
    let all = ticks.iter().sum::<u64>();
    // Idle, and idle until a disk answers.
    (all - ticks[3] - ticks[4], all)
}

/// When it was started, in milliseconds since 1970, to a hundredth of a second.
pub fn began(process: u32) -> f64 {
    let up = read_to_string("/proc/uptime").expect("proc");
    let up: f64 = up.split_whitespace().next().and_then(|text| text.parse().ok()).expect("seconds");
    let ticks: u64 = fields(process).expect("it runs")[19].parse().expect("a number");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    (now - up).mul_add(1e3, (ticks * TICK) as f64)
}

/// Whether a process has been stopped, and stands.
pub fn is_stopped(process: u32) -> bool {
    fields(process).expect("it is there").first().is_some_and(|state| state == "T")
}
