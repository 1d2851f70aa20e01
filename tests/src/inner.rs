//! A test that another one runs in a process of its own: where one may mount or cut the network, or where there is little
//! room.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Words that let the rest of the line mount, as nobody but itself sees it.
pub const MAY_MOUNT: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];
/// Words that give the rest of the line a network of its own, which it may take away.
pub const MAY_CUT_OFF: [&str; 4] = ["unshare", "--user", "--map-root-user", "--net"];
/// Where the inner test finds its place.
const PLACE: &str = "DAVIT_INNER_PLACE";

/// Runs the ignored `test` of the same program by these words, with a folder of its own.
pub async fn run<W: AsRef<OsStr>>(words: &[W], test: &str) {
    let place = tempfile::tempdir().expect("a folder");
    run_in(place.path(), words, test).await;
}

/// The same with `place` as its own.
pub async fn run_in<W: AsRef<OsStr>>(place: &Path, words: &[W], test: &str) {
    let inner = tokio::process::Command::new(&words[0])
        .args(&words[1..])
        .arg(std::env::current_exe().expect("our own path"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(PLACE, place)
        .output()
        .await
        .expect("it runs");
    let out = String::from_utf8_lossy(&inner.stdout);
    assert!(inner.status.success() && out.contains("1 passed"), "{out}{}", String::from_utf8_lossy(&inner.stderr));
}

/// The inner test's place; nothing where it was not run by another.
pub fn place() -> Option<PathBuf> {
    std::env::var_os(PLACE).map(PathBuf::from)
}

/// Runs words of the system with a path at their end.
pub fn system(words: &[&str], at: &Path) {
    let ended = Command::new(words[0]).args(&words[1..]).arg(at).status().expect("runs");
    assert!(ended.success(), "{words:?}");
}

/// A drive called LAB-NAS, plugged in, where one may mount.
pub struct Drive {
    disk: PathBuf,
    /// Where it is mounted.
    pub at: PathBuf,
}

impl Drive {
    /// An empty one.
    pub fn plugged_in(place: &Path) -> Self {
        let drive = Self { disk: place.join("disk"), at: place.join("LAB-NAS") };
        for folder in [&drive.disk, &drive.at] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        system(&["mount", "-t", "tmpfs", "none"], &drive.disk);
        drive.plug_in();
        drive
    }

    /// It is back with all that it holds.
    pub fn plug_in(&self) {
        system(&["mount", "--bind", self.disk.to_str().expect("Unicode")], &self.at);
    }

    /// Pulled out.
    pub fn pull_out(&self) {
        system(&["umount", "-l"], &self.at);
    }
}
