//! No room for the records: a limit on the size of files stands for a quota, a small disk of its own for a full one.

use std::path::Path;

use crate::World;
use crate::source::{noise, sha256};

/// Files of the folder that is uploaded: its records take about a MB.
const CLIPS: u64 = 120;

fn folder(world: &World) -> std::path::PathBuf {
    let folder = world.sources().join("folder");
    for clip in 0..CLIPS {
        noise(&folder.join(format!("clip {clip}, a name that takes its room in the records.mov")), 100 + clip);
    }
    folder
}

/// The records may grow to so many sizes, evenly, and no further. The command ends in order with the reason, and with room
/// everything goes.
pub async fn quotas(count: u32) {
    let mut stopped = 0;
    for point in 0..u64::from(count) {
        let world = World::new().await;
        let folder = folder(&world);
        std::fs::create_dir_all(world.home()).expect("a home");
        let kib = 4 + point * 2_000 / u64::from(count);
        // As a quota would: the write fails, and no signal comes.
        let limited = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\"");
        let ended = world.upload(&[&folder]).within(&["bash", "-c", &limited, "bash"]).end().await;
        let what = format!("{kib} KiB");
        assert!(matches!(ended.code, Some(0 | 1 | 3)), "{what}: {:?} {} {}", ended.code, ended.out, ended.err);
        assert!(!ended.err.contains("panicked"), "{what}: {}", ended.err);
        if ended.code != Some(0) {
            stopped += 1;
            let told = |word: &str| ended.err.contains(word) || ended.out.contains(word);
            assert!(told("disk-full") || told("journal-unwritable"), "{what}: {} {}", ended.out, ended.err);
        }
        let ended = world.upload(&[&folder]).args(["--collision", "overwrite"]).end().await;
        assert!(!ended.err.contains("davit: The records"), "{what}: no room is no damage: {}", ended.err);
        ended.all_done();
        all_is_there(&world, &folder, &what);
    }
    println!("{count} quotas, {stopped} of them too small");
}

fn all_is_there(world: &World, folder: &Path, what: &str) {
    assert_eq!(world.keys().len() as u64, CLIPS, "{what}");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(world.sha256(&format!("in/folder/{name}")), sha256(&path), "{what}: {name}");
    }
}
