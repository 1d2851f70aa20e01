//! A world with watched folders, and the process that watches them.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use super::QUIET;
use crate::World;
use crate::davit::{Run, Running};
use crate::soak::until;
use crate::world::BUCKET;

/// Bytes of a part: files of several are sent in parts.
const PART: u64 = 64 << 10;

/// A world, and who watches in it.
pub(super) struct Desk {
    pub(super) world: World,
    running: Option<Running>,
}

/// A watched folder, as `davit watch list --json` tells of it.
#[derive(Debug)]
pub(super) struct Told(Value);

impl Told {
    /// A number of its.
    pub(super) fn number(&self, of: &str) -> u64 {
        self.0[of].as_u64().unwrap_or_else(|| panic!("{of}: {}", self.0))
    }

    /// Whether somebody watches it and has looked at all of it.
    pub(super) fn is_watched(&self) -> bool {
        self.0["doing"]["kind"] == "watching"
    }

    /// Whether nothing of it is still to come, as far as its watcher knows.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.is_watched() && self.number("settling") + self.number("moving") + self.number("stalled") == 0
    }
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self { world: World::of_small_parts().await, running: None }
    }

    /// An empty folder to be watched.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let path = self.world.path(name);
        std::fs::create_dir_all(&path).expect("made");
        path
    }

    /// `davit watch WORD …` at the bucket itself.
    fn watch(&self, word: &str) -> Run {
        let mut run = self.world.davit("watch");
        run.args([word, "--s3", &format!("s3://{BUCKET}/in/"), "--endpoint-url", &self.world.cloud.endpoint()]);
        run.args(["--path-style", "--region", self.world.cloud.region()]);
        run.env("AWS_ACCESS_KEY_ID", &self.world.cloud.keys().access_key_id);
        run.env("AWS_SECRET_ACCESS_KEY", &self.world.cloud.keys().secret_access_key);
        run.env("DAVIT_TEST_PART_SIZE", PART.to_string());
        run
    }

    /// From the next start on the folder is watched.
    pub(super) async fn add(&self, folder: &Path, existing: &str, more: &[&str]) {
        let mut run = self.watch("add");
        run.args(["--settle", "1s", "--existing", existing]).args(more).arg(folder);
        let ended = run.end().await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    }

    /// Somebody begins to watch; with a point, one who is killed there.
    pub(super) fn begin(&mut self, point: Option<&str>) {
        assert!(self.running.is_none(), "one watches already");
        let mut run = self.watch("run");
        run.args(["--json", "--concurrency", "4"]);
        if let Some(point) = point {
            run.env("DAVIT_FAILPOINT", point);
        }
        // Into a file: what nobody reads would wait in its memory, which is measured.
        run.env("DAVIT_TEST_SAYS", self.says());
        self.running = Some(run.within(&["sh", "-c", r#"exec "$0" "$@" >>"$DAVIT_TEST_SAYS" 2>&1"#]).start());
    }

    fn says(&self) -> PathBuf {
        self.world.path("says.txt")
    }

    /// Who watches now.
    pub(super) fn watcher(&self) -> &Running {
        self.running.as_ref().expect("somebody watches")
    }

    /// Whether who watches has been killed by itself.
    pub(super) fn is_dead(&mut self) -> bool {
        self.running.as_mut().is_none_or(|running| !running.runs())
    }

    /// kill -9, and nothing of the dead one is on its way any more.
    pub(super) async fn kill(&mut self) {
        self.running.take().expect("somebody watches").kill();
        until(|| self.world.cloud.observer().connections() == 0).await;
    }

    /// As the command line tells now. Nothing while nobody can say.
    pub(super) async fn list(&self) -> Vec<Told> {
        let ended = self.world.davit("watch").args(["list", "--json"]).end().await;
        ended.lines.into_iter().filter(|line| line["path"].is_string()).map(Told).collect()
    }

    /// Waits until it is told so, and for no longer than a quiet folder may take.
    pub(super) async fn until(&self, what: &str, is_so: impl FnMut(&[Told]) -> bool) -> Vec<Told> {
        self.while_it_goes_on(what, is_so, |_| 0).await
    }

    /// The same of what takes longer: something has to go on all the time, which is a number that grows.
    pub(super) async fn while_it_goes_on(
        &self,
        what: &str,
        mut is_so: impl FnMut(&[Told]) -> bool,
        goes_on: impl Fn(&[Told]) -> u64,
    ) -> Vec<Told> {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let told = self.list().await;
            if !told.is_empty() && is_so(&told) {
                return told;
            }
            let now = goes_on(&told);
            if now > last {
                (last, since) = (now, Instant::now());
            }
            assert!(since.elapsed() < QUIET, "{what}: not within {QUIET:?}: {told:?}\n{}", self.last_words());
        }
    }

    /// Waits until nothing is to come, and for no longer than a quiet folder may take.
    pub(super) async fn until_up_to_date(&self, what: &str) -> Vec<Told> {
        self.until(what, |told| told.iter().all(Told::is_up_to_date)).await
    }

    /// Has all of a folder looked at.
    pub(super) async fn check(&self, folder: &Path) {
        let ended = self.world.davit("watch").arg("check").arg(folder).end().await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    }

    /// The end of what the watchers said.
    pub(super) fn last_words(&self) -> String {
        let said = std::fs::read(self.says()).unwrap_or_default();
        String::from_utf8_lossy(&said[said.len().saturating_sub(4 << 10)..]).into_owned()
    }
}
