//! Goal R18: two machines write one key at once. One is done, the other is told, and nothing is replaced unseen.

use crate::World;
use crate::source::{noise, sha256};

/// So often, small files and large ones in turn.
pub async fn two_machines(times: u32) {
    let world = World::of_small_parts().await;
    for round in 0..times {
        let name = format!("cut-{round}.mov");
        let key = format!("in/{name}");
        let sources = ["one", "two"].map(|machine| world.sources().join(machine).join(&name));
        // Of different sizes, so that they differ.
        let size = if round % 2 == 0 { 1_000 } else { 20_000 };
        noise(&sources[0], size);
        noise(&sources[1], size + 7);
        let run = |at: usize| {
            let mut run = world.upload(&[&sources[at]]);
            run.env("DAVIT_HOME", world.path(&format!("home-{at}"))).env("DAVIT_TEST_PART_SIZE", "1024");
            run.args(["--collision", "fail"]);
            run
        };
        let (mut one, mut two) = (run(0), run(1));
        let ended = tokio::join!(one.end(), two.end());
        let ended = [ended.0, ended.1];
        let done: Vec<_> = (0..2).filter(|at| ended[*at].code == Some(0)).collect();
        assert_eq!(done.len(), 1, "round {round}: {}{}", ended[0].out, ended[1].out);
        assert_eq!(ended[1 - done[0]].failures(), ["already-there"], "round {round}");
        assert_eq!(world.sha256(&key), sha256(&sources[done[0]]), "round {round}");
    }
}
