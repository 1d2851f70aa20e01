//! The same command once more: it goes on with what is not done, and leaves what is.

use davit_tests::World;
use davit_tests::soak::until;
use davit_tests::source::{noise, sha256};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_goes_on_takes_what_was_added_meanwhile() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.mov"), 60 << 20);
    world.kill_midway(&mut world.upload(&[&folder]));
    noise(&folder.join("day 2/b.mov"), 1_000);
    noise(&folder.join("0.txt"), 10);
    world.upload(&[&folder]).end().await.all_done();
    assert_eq!(world.keys(), ["in/rushes/0.txt", "in/rushes/a.mov", "in/rushes/day 2/b.mov"]);
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_collision_counts_when_a_command_is_given_again() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    world.upload(&[&file]).end().await.all_done();
    noise(&file, 2_000);
    let refused = world.upload(&[&file]).args(["--collision", "fail"]).end().await;
    assert_eq!(refused.failures(), ["already-there"], "{}", refused.out);
    world.upload(&[&file]).args(["--collision", "overwrite"]).end().await.all_done();
    assert_eq!(world.keys(), ["in/cut.mov"]);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

/// What a walk refused is looked at again when its folder is given again, or the person tries again.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_in_a_folder_is_taken_when_it_is_in_order_and_given_again() {
    let world = World::new().await;
    let folder = world.sources().join("day");
    noise(&folder.join("a.mov"), 100);
    let (pipe, odd) = (folder.join("b.mov"), folder.join("c\u{1}.mov"));
    let mkfifo = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(mkfifo.success());
    noise(&odd, 300);
    for _ in 0..2 {
        let ended = world.upload(&[&folder]).end().await;
        let mut failures = ended.failures();
        failures.sort();
        assert_eq!((ended.code, failures), (Some(3), vec!["name-refused".to_owned(), "not-a-file".to_owned()]));
    }
    std::fs::remove_file(&pipe).expect("removed");
    noise(&pipe, 200);
    std::fs::rename(&odd, folder.join("c.mov")).expect("renamed");
    let ended = world.upload(&[&folder]).end().await;
    ended.all_done();
    assert_eq!(ended.failures(), Vec::<String>::new());
    assert_eq!(world.keys(), ["in/day/a.mov", "in/day/b.mov", "in/day/c.mov"]);
    let status = world.davit("status").arg("--json").end().await;
    assert!(status.lines.iter().all(|line| line["state"] == "done"), "{}", status.out);
}

/// What was done when a command was killed stays done, unless there is another version to upload.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_uploads_other_versions_of_what_was_done() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    for n in 0..5 {
        noise(&folder.join(format!("{n}.wav")), 1_000 + n);
    }
    noise(&folder.join("a.mov"), 40 << 20);
    let upload = || {
        let mut run = world.upload(&[&folder]);
        run.args(["--collision", "overwrite"]);
        run
    };
    let killed = upload().env("DAVIT_FAILPOINT", "complete:1:after").end().await;
    assert_eq!(killed.code, None);
    let puts = world.cloud.observer().calls("PutObject");
    assert_eq!(puts, 5);
    noise(&folder.join("3.wav"), 5_000);
    upload().end().await.all_done();
    assert_eq!(world.sha256("in/rushes/3.wav"), sha256(&folder.join("3.wav")));
    assert_eq!(world.cloud.observer().calls("PutObject"), puts + 1, "the others were not sent again");
    // Killed when all was done and nobody had been told: given again, it tells.
    let single = world.sources().join("note.txt");
    noise(&single, 10);
    let last = world.upload(&[&single]).env("DAVIT_FAILPOINT", "put:1:after").end().await;
    assert_eq!(last.code, None);
    world.upload(&[&single]).end().await.all_done();
    assert_eq!(world.keys().iter().filter(|key| key.contains("note")).count(), 1);
}

/// What a command did stays done when it is given again for what failed of it, and is told as such.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_for_what_failed_leaves_what_is_done() {
    for collision in ["suffix", "fail", "overwrite"] {
        let world = World::new().await;
        let at = |name: &str| world.sources().join(name);
        let (good, refused, day, night) = (at("good.txt"), at("re\nfused.txt"), at("day"), at("night"));
        for (path, bytes) in [(&good, 10), (&refused, 20), (&day.join("1.wav"), 30), (&night.join("2.wav"), 40)] {
            noise(path, bytes);
        }
        let upload = async |paths: &[&std::path::Path], earlier: u32| {
            let ended = world.upload(paths).args(["--collision", collision]).end().await;
            assert_eq!(ended.failures(), ["name-refused"], "{collision}: {}", ended.out);
            assert_eq!(ended.code, Some(3), "{collision}: {}", ended.out);
            assert_eq!(ended.summary()["earlier"], earlier, "{collision}: {}", ended.out);
        };
        let all = [&*good, &*refused, &*day, &*night];
        upload(&all, 0).await;
        let keys = ["in/day/1.wav", "in/good.txt", "in/night/2.wav"];
        assert_eq!(world.keys(), keys);
        let puts = world.cloud.observer().calls("PutObject");
        for _ in 0..2 {
            upload(&all, 3).await;
            assert_eq!(world.cloud.observer().calls("PutObject"), puts, "{collision}: nothing is asked for again");
        }
        // With something new beside it, and what was added to a folder.
        let more = at("more.txt");
        noise(&more, 50);
        noise(&night.join("3.wav"), 60);
        upload(&[&*good, &*refused, &*day, &*night, &*more], 3).await;
        let keys = ["in/day/1.wav", "in/good.txt", "in/more.txt", "in/night/2.wav", "in/night/3.wav"];
        assert_eq!(world.keys(), keys, "{collision}");
    }
}

/// What was cancelled of a command goes up when it is given again, alone or in a folder, and what was done stays done.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_after_some_of_it_was_cancelled_leaves_what_is_done() {
    for collision in ["suffix", "fail"] {
        let world = World::new().await;
        let at = |name: &str| world.sources().join(name);
        let (large, small, day) = (at("large.mov"), at("small.txt"), at("day"));
        for (path, bytes) in
            [(&large, 24 << 20), (&small, 20), (&day.join("1.wav"), 30), (&day.join("2.mov"), 24 << 20)]
        {
            noise(path, bytes);
        }
        let upload = || {
            let mut run = world.upload(&[&large, &small, &day]);
            run.args(["--collision", collision]);
            run
        };
        world.cloud.takes(1 << 20);
        let running = upload().start();
        until(|| world.cloud.observer().calls("PutObject") == 2 && world.keys().len() == 2).await;
        let mut cancel = world.davit("cancel");
        // 3 where the store's answers were still on their way to what is there.
        assert!(matches!(cancel.arg("--all").end().await.code, Some(0 | 3)), "{collision}");
        assert_eq!(running.end().code, Some(3));
        world.cloud.takes(0);
        let ended = upload().end().await;
        assert_eq!(ended.code, Some(0), "{collision}: {}", ended.out);
        assert_eq!(ended.summary()["earlier"], 2, "{collision}: {}", ended.out);
        assert_eq!(world.keys(), ["in/day/1.wav", "in/day/2.mov", "in/large.mov", "in/small.txt"], "{collision}");
        assert_eq!(world.sha256("in/day/2.mov"), sha256(&day.join("2.mov")));
    }
}

/// Another version of what is done goes by the rule for taken names, as it does within a folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_given_again_for_what_failed_uploads_other_versions_of_what_is_done() {
    for collision in ["suffix", "fail", "overwrite"] {
        let world = World::new().await;
        let (good, refused) = (world.sources().join("good.txt"), world.sources().join("re\nfused.txt"));
        noise(&good, 10);
        noise(&refused, 20);
        let upload = || {
            let mut run = world.upload(&[&good, &refused]);
            run.args(["--collision", collision]);
            run
        };
        assert_eq!(upload().end().await.failures(), ["name-refused"], "{collision}");
        noise(&good, 1_000);
        let mut failures = upload().end().await.failures();
        failures.sort();
        let key = if collision == "suffix" { "in/good (2).txt" } else { "in/good.txt" };
        if collision == "fail" {
            assert_eq!(failures, ["already-there", "name-refused"]);
        } else {
            assert_eq!(failures, ["name-refused"], "{collision}");
            assert_eq!(world.sha256(key), sha256(&good), "{collision}");
        }
        assert_eq!(world.keys().len(), if collision == "suffix" { 2 } else { 1 }, "{collision}");
    }
}

/// A shell puts a slash behind the name of a folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_given_again_with_a_slash_behind_it_goes_on() {
    let world = World::new().await;
    let folder = world.sources().join("rushes");
    noise(&folder.join("a.mov"), 60 << 20);
    world.kill_midway(&mut world.upload(&[&folder]));
    let with_a_slash = std::path::PathBuf::from(format!("{}/", folder.display()));
    world.upload(&[&with_a_slash]).args(["--collision", "suffix"]).end().await.all_done();
    assert_eq!(world.keys(), ["in/rushes/a.mov"]);
    world.no_byte_was_sent_twice();
}

/// It had to give way to another of the gesture, was given up, and has the name for itself now.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_for_its_name_and_given_up_is_taken_when_it_is_given_alone() {
    let world = World::new().await;
    let (first, second) = (world.sources().join("a/x.mov"), world.sources().join("b/x.mov"));
    noise(&first, 1_000);
    noise(&second, 2_000);
    let refused = world.upload(&[&first, &second]).args(["--collision", "fail"]).end().await;
    assert_eq!(refused.failures(), ["already-there"], "{}", refused.out);
    assert_eq!(world.davit("cancel").arg("--all").end().await.code, Some(0));
    world.upload(&[&second]).args(["--collision", "overwrite"]).end().await.all_done();
    assert_eq!(world.sha256("in/x.mov"), sha256(&second));
}

/// The other rule is for what failed; what is done needs none.
#[tokio::test(flavor = "multi_thread")]
async fn another_collision_is_for_what_failed_and_not_for_what_is_done() {
    for (collision, key) in [("suffix", "in/cut (2).mov"), ("overwrite", "in/cut.mov")] {
        let world = World::new().await;
        let (good, cut, other) =
            (world.sources().join("a.mov"), world.sources().join("cut.mov"), world.path("cut.mov"));
        noise(&good, 1_000);
        noise(&cut, 2_000);
        noise(&other, 3_000);
        world.upload(&[&other]).env("DAVIT_HOME", world.path("another home")).end().await.all_done();
        let refused = world.upload(&[&good, &cut]).args(["--collision", "fail"]).end().await;
        assert_eq!(refused.failures(), ["already-there"], "{}", refused.out);
        let puts = world.cloud.observer().calls("PutObject");
        let ended = world.upload(&[&good, &cut]).args(["--collision", collision]).end().await;
        ended.all_done();
        assert_eq!(ended.summary()["earlier"], 1, "{}", ended.out);
        assert_eq!(world.sha256(key), sha256(&cut));
        assert!(!world.keys().contains(&"in/a (2).mov".to_owned()));
        let sent = world.cloud.observer().calls("PutObject") - puts;
        assert!(sent <= 2, "only what failed was asked for: {sent}");
        // All of it is done now: given again, it is another command.
        let again = world.upload(&[&good, &cut]).args(["--collision", "fail"]).end().await;
        assert_eq!(again.failures(), ["already-there", "already-there"], "{}", again.out);
    }
}

/// What could not be taken at all failed, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_stays_done_when_what_was_missing_is_given_again() {
    let world = World::new().await;
    let (good, late) = (world.sources().join("good.txt"), world.sources().join("late.txt"));
    noise(&good, 10);
    let upload = || {
        let mut run = world.upload(&[&good, &late]);
        run.args(["--collision", "suffix"]);
        run
    };
    for earlier in [0, 1] {
        let ended = upload().end().await;
        assert_eq!((ended.code, ended.failures()), (Some(3), vec!["file-missing".to_owned()]), "{}", ended.out);
        assert_eq!(ended.summary()["earlier"], earlier, "{}", ended.out);
    }
    noise(&late, 20);
    upload().end().await.all_done();
    assert_eq!(world.keys(), ["in/good.txt", "in/late.txt"]);
    // All of it is done now: given again, it is another command.
    upload().end().await.all_done();
    assert_eq!(world.keys().len(), 4, "{:?}", world.keys());
}
