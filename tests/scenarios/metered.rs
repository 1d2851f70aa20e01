//! A metered network keeps uploads back where a person prefers that, and they go on by themselves on another.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use davit_tests::World;
use davit_tests::davit::Run;
use davit_tests::source::noise;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSED: &str = "Paused on a metered network.";
// What NetworkManager says of a network.
const METERED: &str = "1";
const FREE: &str = "2";
const SEEMS_METERED: &str = "3";

/// A system bus with a NetworkManager.
struct Network {
    tool: Child,
    asks: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
    address: String,
}

impl Network {
    fn start(now: &str) -> Self {
        let mut tool = Command::new("/usr/bin/python3");
        tool.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/networkmanager.py"));
        let mut tool = tool.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 starts");
        let (asks, says) = (tool.stdin.take(), BufReader::new(tool.stdout.take().expect("its output")));
        let mut network = Self { tool, asks, says, address: String::new() };
        network.address = network.says();
        network.is(now);
        network
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.says.read_line(&mut line).expect("its output"), 0, "it ended");
        line.trim().to_owned()
    }

    /// It is so from now on.
    fn is(&mut self, now: &str) {
        let asks = self.asks.as_mut().expect("its input");
        writeln!(asks, "{now}").and_then(|()| asks.flush()).expect("told");
        assert_eq!(self.says(), "told");
    }

    fn around<'a>(&self, run: &'a mut Run) -> &'a mut Run {
        run.env("DBUS_SYSTEM_BUS_ADDRESS", &self.address)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.tool.wait();
    }
}

fn film(world: &World, bytes: u64) -> PathBuf {
    let file = world.sources().join("cut.mov");
    noise(&file, bytes);
    file
}

/// What `davit limit` answers.
async fn holds(world: &World) -> String {
    world.davit("limit").end().await.out.trim().to_owned()
}

async fn until_holds(world: &World, words: &str) {
    let begun = Instant::now();
    loop {
        let now = holds(world).await;
        if now == words {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "never “{words}” but “{now}”");
    }
}

fn begun(world: &World) -> u32 {
    ["CreateMultipartUpload", "UploadPart", "PutObject"].map(|call| world.cloud.observer().calls(call)).iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_metered_network_nothing_is_sent_and_on_another_it_goes_on_by_itself() {
    let world = World::new().await;
    let mut network = Network::start(METERED);
    let file = film(&world, 24 << 20);
    let running = network.around(&mut world.upload(&[&file as &Path])).start();
    until_holds(&world, PAUSED).await;
    assert_eq!(begun(&world), 0, "nothing was sent before it was known");
    network.is(FREE);
    tokio::task::spawn_blocking(|| running.end()).await.expect("ends").all_done();
    assert_eq!(world.keys().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_rests_when_the_network_becomes_metered_and_a_person_may_let_it_go_on_all_the_same() {
    let world = World::new().await;
    let mut network = Network::start(FREE);
    let file = film(&world, 40 << 20);
    let mut running = network.around(world.upload(&[&file as &Path]).args(["--limit", "4MB/s"])).start();
    running.until_sent(1);
    network.is(SEEMS_METERED);
    until_holds(&world, PAUSED).await;
    // One that ends says nothing of it any more.
    network.is("away");
    until_holds(&world, "Limited to 4.0 MB/s as chosen.").await;
    network.is(METERED);
    until_holds(&world, PAUSED).await;
    assert!(world.keys().is_empty());

    let resumed = world.davit("resume").arg("--all").end().await;
    assert_eq!(resumed.code, Some(0), "{}{}", resumed.out, resumed.err);
    until_holds(&world, "Limited to 4.0 MB/s as chosen.").await;
    tokio::task::spawn_blocking(|| running.end()).await.expect("ends").all_done();
    world.nothing_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_metered_network_it_goes_on_where_a_person_prefers_that() {
    let world = World::new().await;
    let network = Network::start(METERED);
    let file = film(&world, 1 << 20);
    std::fs::create_dir_all(world.home()).expect("a home");
    let settings = r#"{"preferences":{"pauseMetered":false}}"#;
    std::fs::write(world.home().join("settings.json"), settings).expect("written");
    network.around(&mut world.upload(&[&file as &Path])).end().await.all_done();
}
