//! The computer stays awake while anything is sent, and no longer.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use davit_tests::World;
use davit_tests::source::noise;

/// A system bus with a login manager that tells who wants to stay awake.
struct LoginManager {
    tool: Child,
    says: BufReader<ChildStdout>,
    address: String,
}

impl LoginManager {
    fn start() -> Self {
        let mut tool = Command::new("/usr/bin/python3");
        tool.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/logind.py"));
        let mut tool = tool.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 starts");
        let says = BufReader::new(tool.stdout.take().expect("its output"));
        let mut system = Self { tool, says, address: String::new() };
        system.address = system.says();
        system
    }

    /// The next that it has to tell.
    fn says(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.says.read_line(&mut line).expect("its output"), 0, "it ended");
        line.trim().to_owned()
    }

    fn says_both(&mut self) -> [String; 2] {
        let mut both = [self.says(), self.says()];
        both.sort();
        both
    }
}

impl Drop for LoginManager {
    fn drop(&mut self) {
        drop(self.tool.stdin.take());
        let _ = self.tool.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_is_kept_awake_while_a_file_is_sent_and_not_while_all_rests() {
    let world = World::new().await;
    let mut system = LoginManager::start();
    let root = world.path("in");
    std::fs::create_dir(&root).expect("made");
    noise(&root.join("a.mov"), 24 << 20);
    let limited = world.davit("limit").arg("4MB/s").end().await;
    assert_eq!(limited.code, Some(0), "{}{}", limited.out, limited.err);
    let mut add = world.davit("watch");
    add.arg("add").arg(&root).args(["--existing", "all", "--settle", "1s"]);
    let added = world.by_keys(&mut add).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);

    let mut run = world.davit("watch");
    run.args(["run", "--json"]).env("DBUS_SYSTEM_BUS_ADDRESS", &system.address);
    let mut davit = world.by_keys(&mut run).start();
    assert_eq!(system.says_both(), ["held idle by Davit (block)", "held sleep by Davit (block)"]);
    assert!(world.keys().is_empty(), "it is on its way");
    assert_eq!(system.says_both(), ["let go of idle", "let go of sleep"]);
    assert_eq!(world.keys().len(), 1, "it was sent to its end first");
    assert!(davit.runs(), "it watches still");
}
