//! What the processors do for others, asked while nothing of ours runs.

use std::time::Duration;

/// The share of all processors' time, 0 to 1, over half a second; as Linux tells it.
pub(crate) fn others() -> Option<f64> {
    let (busy, all) = ticks()?;
    std::thread::sleep(Duration::from_millis(500));
    let (busy_now, all_now) = ticks()?;
    Some((busy_now - busy) as f64 / (all_now - all).max(1) as f64)
}

fn ticks() -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let numbers: Vec<u64> = line.split_whitespace().take(8).filter_map(|number| number.parse().ok()).collect();
    let all: u64 = numbers.iter().sum();
    // idle and iowait
    Some((all - numbers.get(3)? - numbers.get(4)?, all))
}
