//! What a process used, as Linux tells it.

use std::fs::read_to_string;
use std::time::Duration;

/// A tick of the times in `/proc`, in milliseconds. Source: `USER_HZ` of proc(5) is 100 wherever Davit runs.
const TICK: u64 = 10;

/// What it used so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// Of the processors.
    pub(super) time: Duration,
    /// How often one of its threads went to sleep by itself, and so was woken.
    pub(super) wakeups: u64,
}

impl Used {
    pub(super) fn by(process: u32) -> Self {
        let stat = read_to_string(format!("/proc/{process}/stat")).expect("it runs");
        // The name before it may hold anything.
        let fields: Vec<_> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<u64>().expect("a number");
        let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("it runs").flatten();
        let wakeups = threads.filter_map(|thread| {
            let status = read_to_string(thread.path().join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse::<u64>().ok()
        });
        // The fourteenth and fifteenth of all, of which two stand before.
        Self { time: Duration::from_millis((ticks(11) + ticks(12)) * TICK), wakeups: wakeups.sum() }
    }

    /// What it used since then.
    pub(super) fn since(self, before: Self) -> Self {
        Self { time: self.time.saturating_sub(before.time), wakeups: self.wakeups.saturating_sub(before.wakeups) }
    }
}

/// Whether a process has been stopped, and stands.
pub(super) fn is_stopped(process: u32) -> bool {
    let stat = read_to_string(format!("/proc/{process}/stat")).expect("it is there");
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
}
