//! Nothing happens: then nothing is done either. No folder is looked at before its next check is due, half an hour later.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::desk::{Desk, Told};
use super::meter::{Meter, Opened};
use super::plant;
use crate::process::Used;
use crate::source::until_old;

/// Folders that are watched.
const FOLDERS: u64 = 10;
/// Folders in each of them.
const BELOW: u64 = 10;
/// What of a processor may be used in the long run. Source: docs/reliability.md, W.
const SHARE: f64 = 0.005;
/// How often a thread may be woken in a second. Source: the same.
const WAKEUPS: f64 = 1.0;
/// Shorter than this neither says anything: they are told, and not asserted.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// What it took to do nothing.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// Of one processor.
    pub share: f64,
    /// How often a thread was woken in a second.
    pub wakeups: f64,
}

/// Ten watched folders of so many files each, for so long.
pub async fn ten_folders(files: u64, lasts: Duration) -> Idle {
    let what = format!("{FOLDERS} watched folders of {files} files");
    let mut desk = Desk::new().await;
    let roots: Vec<_> = (0..FOLDERS).map(|n| desk.folder(&format!("in {n}"))).collect();
    for (number, root) in (0..).zip(&roots) {
        for n in 0..files {
            plant(&root.join(format!("{}/{n}.mov", n % BELOW)), number * files + n, 20);
        }
    }
    until_old().await;
    for root in &roots {
        desk.add(root, "new-only", &[]).await;
    }
    desk.begin(None);
    let is_watched = |told: &[Told]| told.len() as u64 == FOLDERS && told.iter().all(Told::is_up_to_date);
    desk.until(&what, is_watched).await;
    for root in &roots {
        desk.check(root).await;
    }
    let told = desk.until(&what, is_watched).await;
    assert!(told.iter().all(|one| one.number("done") == 0), "{what}: what was there is not sent: {told:?}");
    let roots: Vec<_> = roots.iter().map(PathBuf::as_path).collect();
    let (meter, process) = (Meter::on(&roots), desk.watcher().id());
    let (begun, before) = (Instant::now(), Used::by(process));
    while begun.elapsed() < lasts {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(meter.read(), Opened::default(), "{what}: something was looked at though nothing happened");
    }
    let (took, used) = (begun.elapsed().as_secs_f64(), Used::by(process).since(before));
    let idle = Idle { share: used.time.as_secs_f64() / took, wakeups: used.wakeups as f64 / took };
    println!(
        "W, {what}: {:.3} % of a processor in {took:.0} s without an event, {:.2} wakeups a second",
        idle.share * 100.0,
        idle.wakeups
    );
    assert!(lasts < LONG_ENOUGH || (idle.share < SHARE && idle.wakeups < WAKEUPS), "{what}: {idle:?}");
    // Somebody is there all the same.
    plant(&roots[0].join("late.mov"), u64::MAX, 20);
    desk.until(&what, |told| told.iter().map(|one| one.number("done")).sum::<u64>() == 1).await;
    assert!(meter.read().folders > 0, "a look at a folder is seen");
    desk.kill().await;
    idle
}
