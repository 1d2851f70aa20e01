//! A test that another one runs in a process of its own: where one may mount or cut the network, or where there is little
//! room.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Words that let the rest of the line mount, as nobody but itself sees it.
pub const MAY_MOUNT: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];
/// Words that give the rest of the line a network of its own, which it may take away.
pub const MAY_CUT_OFF: [&str; 4] = ["unshare", "--user", "--map-root-user", "--net"];
/// Whoever sets it knows that what cannot be mounted here is not tested.
const WITHOUT_MOUNTS: &str = "DAVIT_TESTS_WITHOUT_MOUNTS";
/// Where the inner test finds its place.
const PLACE: &str = "DAVIT_INNER_PLACE";

/// Whether a test that mounts can run. Any user may mount in a user namespace, unless the machine forbids it.
///
/// # Panics
/// Where it cannot, and nobody said that such tests are to be left out.
pub fn may_mount() -> bool {
    let mounts = Command::new(MAY_MOUNT[0])
        .args(&MAY_MOUNT[1..])
        .args(["mount", "-t", "tmpfs", "none"])
        .arg(std::env::temp_dir())
        .output();
    may(mounts.is_ok_and(|ended| ended.status.success()), "a user namespace in which it may mount")
}

fn may(is_so: bool, what: &str) -> bool {
    let left_out = std::env::var_os(WITHOUT_MOUNTS).is_some();
    assert!(is_so || left_out, "This test needs {what}. Set {WITHOUT_MOUNTS}=1 to leave out what needs it.");
    if !is_so {
        eprintln!("left out, as {WITHOUT_MOUNTS} says: it needs {what}");
    }
    is_so
}

/// Does what the test `test` is about where one may mount: the same test is run once more there.
pub async fn where_one_may_mount(test: &str, what: impl Future<Output = ()>) {
    if place().is_some() {
        what.await;
    } else if may_mount() {
        run(&MAY_MOUNT, test).await;
    }
}

/// The same of a drive that a program serves.
pub async fn where_one_may_serve(test: &str, what: impl Future<Output = ()>) {
    let kernel = std::fs::File::options().read(true).write(true).open("/dev/fuse");
    if may(kernel.is_ok(), "/dev/fuse, open to its user") {
        where_one_may_mount(test, what).await;
    }
}

/// Runs the `test` of the same program by these words, with a folder of its own.
pub async fn run<W: AsRef<OsStr>>(words: &[W], test: &str) {
    let place = tempfile::tempdir().expect("a folder");
    run_in(place.path(), words, test).await;
}

/// The same with `place` as its own.
pub async fn run_in<W: AsRef<OsStr>>(place: &Path, words: &[W], test: &str) {
    let inner = tokio::process::Command::new(&words[0])
        .args(&words[1..])
        .arg(std::env::current_exe().expect("our own path"))
        .args(["--exact", test, "--include-ignored", "--nocapture"])
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
