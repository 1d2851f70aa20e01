//! The command line as scripts, services and terminals meet it: exit codes, output that nobody reads, signals, homes.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::World;
use davit_tests::davit::Run;
use davit_tests::fault::{Fault, FaultProxy};
use davit_tests::source::{noise, sha256};
use davit_tests::world::BUCKET;

/// Runs a line of a shell with the command in place of `"$@"`.
fn by_shell<'a>(run: &'a mut Run, line: &str) -> &'a mut Run {
    run.within(&["bash", "-c", line, "bash"])
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
}

/// A link of 8 MiB a second.
async fn slow_link(world: &World) -> FaultProxy {
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    link
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_whose_path_is_too_long_for_a_socket_simply_works() {
    let world = World::new().await;
    let home = world.path(&"h".repeat(150));
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&file]).env("DAVIT_HOME", &home).start();
    running.until_sent(8 << 20);
    // Whoever asks may live in another environment.
    let pause =
        world.davit("pause").arg("--all").env("DAVIT_HOME", &home).env("XDG_RUNTIME_DIR", "/nowhere").end().await;
    assert_eq!((pause.code, pause.out.as_str()), (Some(0), "1 paused\n"), "{}", pause.err);
    assert_eq!(running.ends().0, Some(130));
    link.faults.rate.store(0, Ordering::SeqCst);
    world.upload_by(&link.endpoint(), &[&file]).env("DAVIT_HOME", &home).end().await.all_done();
    world.no_byte_was_sent_twice();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_half_way_ends_in_its_error() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    std::fs::create_dir_all(world.home().join("control.sock")).expect("a folder in the way");
    set_mode(&world.home(), 0o700);
    let ended = world.upload(&[&file]).end().await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("[journal-unwritable: control socket"), "{}", ended.err);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_gone_away_stops_nothing() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    for n in 0..50 {
        noise(&folder.join(format!("{n}.txt")), 1_000 + n);
    }
    let missing = world.sources().join("gone.txt");
    let deaf = ["exec \"$@\" >/dev/full 2>&1", "exec \"$@\" >&- 2>&-", "\"$@\" 2>&1 | true; exit ${PIPESTATUS[0]}"];
    for (at, line) in deaf.iter().enumerate() {
        let home = world.path(&format!("home-{at}"));
        let mut run = world.upload(&[&folder, &missing]);
        let some =
            by_shell(run.env("DAVIT_HOME", &home).env("DAVIT_LOG", "debug").args(["--collision", "overwrite"]), line);
        assert_eq!(some.end().await.code, Some(3), "{line}");
        for word in ["status", "doctor", "destinations", "--help"] {
            let mut run = world.davit(word);
            let code = by_shell(run.env("DAVIT_HOME", &home), line).end().await.code;
            // A list that could not be written must not pass for an empty one.
            let cut = word == "status" && line.contains("/dev/full");
            let wanted = i32::from(cut || matches!(word, "doctor" | "destinations"));
            assert_eq!(code, Some(wanted), "{word} {line}");
        }
    }
    assert_eq!(world.keys().len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_pauses_cleanly_though_nobody_reads_the_output() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 150 << 20);
    let pipe = world.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // Read by nobody, and full.
    let mut kept = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("a pipe");
    std::io::Write::write_all(&mut kept, &vec![b'\n'; 65_536]).expect("full");
    let link = slow_link(&world).await;
    let line = format!("exec \"$@\" >'{0}' 2>'{0}'", pipe.display());
    for (name, log) in [("INT", "off"), ("TERM", "trace")] {
        let before = world.cloud.observer().calls("UploadPart");
        let mut run = world.upload_by(&link.endpoint(), &[&file, &world.sources().join("gone.txt")]);
        let running = by_shell(run.env("DAVIT_LOG", log), &line).start();
        while world.cloud.observer().calls("UploadPart") < before + 2 {
            tokio::task::yield_now().await;
        }
        let asked = Instant::now();
        assert_eq!(running.ended_by(name), Some(130), "{name}");
        assert!(asked.elapsed() < Duration::from_secs(3), "{name} took {:?}", asked.elapsed());
    }
    world.upload(&[&file]).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_region_aws_environment_and_profile_are_asked() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    let profile = world.path("config");
    std::fs::write(&profile, "[default]\nregion = eu-central-1\n").expect("written");
    let run = |home: &str| {
        let mut run = world.davit("upload");
        run.arg(&file).args(["--s3", &format!("s3://{BUCKET}/in/"), "--endpoint-url", &world.cloud.endpoint()]);
        run.args(["--path-style", "--json", "--collision", "overwrite"]).env("DAVIT_HOME", world.path(home));
        run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
        run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
        run
    };
    // us-east-1, and the bucket is elsewhere.
    assert_eq!(run("none").end().await.failures(), ["wrong-region"]);
    run("environment").env("AWS_REGION", "eu-central-1").end().await.all_done();
    run("default").env("AWS_DEFAULT_REGION", "eu-central-1").end().await.all_done();
    run("profile").env("AWS_CONFIG_FILE", &profile).end().await.all_done();
    let named = run("named").args(["--region", "eu-central-1"]).env("AWS_REGION", "us-west-2").end().await;
    named.all_done();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_of_one_way_does_not_disturb_the_other() {
    let world = World::with_backend(900, "role").await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    world.upload_by_backend(&[&file]).env("AWS_REGION", "us-west-2").end().await.all_done();
    let direct = world.upload(&[&file]).env("DAVIT_SERVER", "https://uploads.example.com").end().await;
    direct.all_done();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_safely_reached_is_refused_before_anything_is_recorded() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    for (store, code) in [
        ("http://store.example.com", "[address-insecure"),
        ("http://192.168.1.4:9000", "[address-insecure"),
        ("ftp://127.0.0.1", "[bad-input"),
        ("https://ada:secret@store.example.com", "[bad-input"),
    ] {
        let ended = world.upload_by(store, &[&file]).end().await;
        assert_eq!(ended.code, Some(1), "{store}");
        assert!(ended.err.contains(code) && !ended.err.contains("secret"), "{store}: {}", ended.err);
    }
    assert!(!world.home().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_all_some_and_nothing() {
    let world = World::new().await;
    let (junk, good) = (world.sources().join("junk"), world.sources().join("good.txt"));
    let missing = world.sources().join("gone.txt");
    noise(&junk.join(".DS_Store"), 10);
    noise(&good, 10);
    let skipped = world.upload(&[&junk]).end().await;
    assert_eq!((skipped.code, &skipped.summary()["skipped"]), (Some(0), &1.into()), "{}", skipped.out);
    assert_eq!(world.upload(&[&missing]).end().await.code, Some(1));
    assert_eq!(world.upload(&[&good, &missing]).end().await.code, Some(3));
    assert_eq!(world.upload(&[&good]).args(["--collision", "overwrite"]).end().await.code, Some(0));
    // Words that make no sense, too: nothing could be done.
    assert_eq!(world.davit("upload").end().await.code, Some(1));
    assert_eq!(world.davit("--version").end().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_process_paused_is_told_as_one_that_can_go_on() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(8 << 20);
    assert_eq!(world.davit("pause").arg("1").end().await.code, Some(0));
    let (code, out) = running.ends();
    assert_eq!(code, Some(130), "{out}");
    assert!(out.contains(r#"{"event":"interrupted","why":"paused"}"#), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_sign_in_ended_is_told_as_one_that_can_go_on() {
    let mut world = World::new().await;
    let config = |listen: &str, token: &str| {
        let hash = davit_backend::hash_token(token);
        format!(
            "listen = \"{listen}\"\nname = \"Example Films\"\nperson_salt = \"salt\"\nallow_short_leases = true\n\
             sts = {{ kind = \"federation-token\", seconds = 2 }}\n\
             auth = {{ kind = \"token\", people = [{{ id = \"ada@example.com\", token_sha256 = \"{hash}\" }}] }}\n\
             [[destinations]]\nid = \"rushes\"\nlabel = \"Rushes\"\nbucket = \"{BUCKET}\"\n\
             region = \"eu-central-1\"\nprefix = \"rushes/{{person}}/\"\n"
        )
    };
    world.start_backend(&config("127.0.0.1:0", "first")).await;
    let address = world.backend.as_ref().expect("a backend").url();
    let listen = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let company = FaultProxy::before(listen.parse().expect("an address")).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 150 << 20);
    let link = slow_link(&world).await;
    let mut run = world.upload_by_backend(&[&file]);
    run.env("DAVIT_SERVER", company.endpoint()).env("DAVIT_DEV_S3_ENDPOINT", link.endpoint());
    let mut running = run.env("DAVIT_TOKEN", "first").start();
    running.until_sent(8 << 20);
    // The company takes the token back.
    company.goes_away();
    world.backend = None;
    while tokio::net::TcpStream::connect(&listen).await.is_ok() {
        tokio::task::yield_now().await;
    }
    world.start_backend(&config(&listen, "second")).await;
    company.comes_back();
    let (code, out) = running.ends();
    assert_eq!(code, Some(130), "{out}");
    assert!(out.contains(r#"{"event":"interrupted","why":"sign-in-ended"}"#), "{out}");
    // What is still on the line is lost with it.
    link.goes_away();
    let mut run = world.upload_by_backend(&[&file]);
    run.env("DAVIT_SERVER", company.endpoint()).env("DAVIT_TOKEN", "second").end().await.all_done();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_home_is_private_whatever_it_was() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    std::fs::create_dir_all(world.home()).expect("a home");
    set_mode(&world.home(), 0o777);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(8 << 20);
    assert_eq!(mode(&world.home()), 0o700);
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(world.home()).expect("a home") {
        let entry = entry.expect("an entry");
        assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
        seen.push(entry.file_name().into_string().expect("plain"));
    }
    for name in ["control.sock", "journal.sqlite", "journal.sqlite-wal", "lock"] {
        assert!(seen.iter().any(|one| one == name), "{name} in {seen:?}");
    }
    running.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_is_none_or_somebody_elses_is_told_in_plain_words() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    for word in ["upload", "status", "doctor"] {
        let mut run = if word == "upload" { world.upload(&[&file]) } else { world.davit(word) };
        let ended = run.env("DAVIT_HOME", &file).end().await;
        let told = ended.out + &ended.err;
        assert!(ended.code == Some(1) && told.contains("[journal-unwritable: "), "{word}: {told}");
    }
    let theirs = world.path("theirs");
    std::fs::create_dir(&theirs).expect("a folder");
    // Only the superuser can give a folder away; anybody else meets the superuser's.
    let theirs = if std::os::unix::fs::chown(&theirs, Some(12_345), None).is_ok() { theirs } else { "/".into() };
    let ended = world.upload(&[&file]).env("DAVIT_HOME", &theirs).end().await;
    assert!(ended.code == Some(1) && ended.err.contains("belongs to another user"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_records_every_command_says_so_and_makes_none() {
    let world = World::new().await;
    let user = world.path("user");
    std::fs::create_dir(&user).expect("a home folder");
    let run = |word: &str| {
        let mut run = world.davit(word);
        run.env("DAVIT_HOME", "").env("HOME", &user).env("XDG_DATA_HOME", "");
        run
    };
    let status = run("status").end().await;
    let words = "Nothing was uploaded yet. Begin with `davit upload PATH`.\n";
    assert_eq!((status.code, status.out.as_str()), (Some(0), words), "{}", status.err);
    assert_eq!(run("status").arg("--json").end().await.out, "");
    assert_eq!(run("pause").arg("--all").end().await.code, Some(0));
    assert_eq!(run("cancel").arg("7").end().await.code, Some(1));
    assert!(!user.join(".local").exists());
    let none = run("destinations").end().await;
    assert_eq!(none.code, Some(1));
    assert!(none.err.starts_with("davit: There is no company address. Give --server,"), "{}", none.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_no_transfers_is_told() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    world.upload(&[&file]).end().await.all_done();
    for word in ["pause", "resume", "cancel"] {
        let ended = world.davit(word).arg("99").end().await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{word}");
        assert_eq!(ended.err, "davit: There is no transfer 99. See `davit status`.\n");
        // One that is done already is there, but not to be changed.
        let done = world.davit(word).arg("1").end().await;
        assert_eq!(done.code, Some(1), "{word}");
        assert_eq!(done.out, format!("There is nothing to {word}. See `davit status`.\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn destinations_and_doctor_look_beside_a_running_upload() {
    let world = World::with_backend(900, "role").await;
    let file = world.sources().join("cut.mov");
    noise(&file, 200 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by_backend(&[&file]).env("DAVIT_DEV_S3_ENDPOINT", link.endpoint()).start();
    running.until_sent(8 << 20);
    let address = world.backend.as_ref().expect("a backend").url();
    let found = world.davit("destinations").args(["--server", &address]).end().await;
    assert!(found.code == Some(0) && found.out.starts_with("rushes "), "{} {}", found.out, found.err);
    let mut doctor = world.davit("doctor");
    doctor.args(["--server", &address]).env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint());
    let doctor = doctor.end().await;
    assert!(doctor.code == Some(0) && doctor.out.contains("in use by another Davit"), "{} {}", doctor.out, doctor.err);
    running.kill();
}

/// A script that reads the lines is told of every end, also of one before anything began.
#[tokio::test(flavor = "multi_thread")]
async fn a_script_reads_why_nothing_could_be_done() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    let no_home = world.path("a file");
    noise(&no_home, 10);
    let mut unusable = world.upload(&[&file]);
    unusable.env("DAVIT_HOME", &no_home);
    let mut nowhere = world.davit("upload");
    nowhere.arg(&file).args(["--json", "--s3", "s3://"]);
    for (run, code) in [(&mut unusable, "journal-unwritable"), (&mut nowhere, "bad-input")] {
        let ended = run.end().await;
        assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
        let last = ended.lines.last().expect("a line");
        assert_eq!((&last["event"], &last["code"]), (&"problem".into(), &code.into()), "{}{}", ended.out, ended.err);
        assert!(ended.err.contains(last["says"].as_str().expect("words")), "{}{}", ended.out, ended.err);
    }
}

/// Progress is about this command, not about everything that was ever uploaded from here.
#[tokio::test(flavor = "multi_thread")]
async fn progress_counts_what_this_command_uploads() {
    let world = World::new().await;
    let (old, new) = (world.sources().join("old.mov"), world.sources().join("new.mov"));
    noise(&old, 60 << 20);
    noise(&new, 20 << 20);
    world.upload(&[&old]).end().await.all_done();
    let ended = world.upload(&[&new]).end().await;
    ended.all_done();
    let progress: Vec<_> = ended.lines.iter().filter(|line| line["event"] == "progress").collect();
    assert!(!progress.is_empty(), "{}", ended.out);
    assert!(progress.iter().all(|line| line["size"].as_u64() <= Some(20 << 20)), "{}", ended.out);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_a_bar_why_it_waits_and_names_on_one_line() {
    let world = World::new().await;
    let long = world.sources().join(format!("{}.mov", "a name that is longer than the line ".repeat(5)));
    noise(&long, 60 << 20);
    let link = slow_link(&world).await;
    let mut run = world.davit("upload");
    run.arg(&long).args(["--s3", &format!("s3://{BUCKET}/in/"), "--endpoint-url", &link.endpoint()]);
    run.args(["--path-style", "--region", world.cloud.region()]);
    run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
    run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key).env("TERM", "xterm");
    let terminal = "script -qefc \"stty rows 24 cols 70; exec $(printf '%q ' \"$@\")\" /dev/null";
    let mut running = by_shell(&mut run, terminal).start();
    let mut shown = running.until_says(" MB/s");
    assert!(shown.contains(" of 63 MB  "), "{shown:?}");
    link.goes_away();
    shown += &running.until_says("waiting    There is no connection. It continues by itself when you are back.");
    link.comes_back();
    let (code, rest) = running.ends();
    shown += &rest;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("1 uploaded, 0 skipped, 0 failed, 63 MB"), "{shown}");
    let told = shown.split(['\r', '\n']).find(|line| line.contains("done       ")).expect("a line for the file");
    let told = told.split("done       ").nth(1).expect("its name");
    let name = told.split(['\u{1b}', '█']).next().unwrap_or_default().trim_end();
    assert!(name.chars().count() <= 58 && name.ends_with("line .mov") && name.contains('…'), "{name:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_lines_come_only_as_asked_for_and_without_escapes_into_a_pipe() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    // Keys that are none make the libraries below speak up.
    let run = |home: &str| {
        let mut run = world.upload(&[&file]);
        run.env("DAVIT_HOME", world.path(home)).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
        run
    };
    assert_eq!(run("unset").end().await.err, "");
    assert_eq!(run("off").env("DAVIT_LOG", "off").end().await.err, "");
    let warn = run("warn").env("DAVIT_LOG", "error,aws_runtime=warn").end().await.err;
    assert!(warn.contains(" WARN aws_runtime") && !warn.contains(" INFO "), "{warn}");
    let all = run("trace").env("DAVIT_LOG", "trace").end().await.err;
    assert!(all.contains(" INFO ") && !all.contains('\u{1b}'), "{all}");
    let loud = all.lines().find(|line| line.contains("DEBUG aws_") || line.contains("TRACE aws_"));
    assert_eq!(loud, None, "the libraries' finer levels hold secrets");
}

/// As `World::upload`, told in words.
fn in_words(world: &World, path: &Path) -> Run {
    let mut run = world.davit("upload");
    run.arg(path).args(["--s3", &format!("s3://{BUCKET}/in/"), "--endpoint-url", &world.cloud.endpoint()]);
    run.args(["--path-style", "--region", world.cloud.region()]);
    run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id);
    run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
    run
}

/// A folder of which one half can go and the other cannot.
fn good_and_refused(folder: &Path) {
    for name in ["a", "b"] {
        noise(&folder.join(format!("{name}.txt")), 10);
        noise(&folder.join(format!("{name}\nbroken.txt")), 10);
    }
    let deep = ["d", "e", "f", "g"].iter().fold(folder.to_owned(), |path, name| path.join(name.repeat(200)));
    noise(&deep.join("h".repeat(240)), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_of_a_summary_has_its_line_however_often_the_command_is_given() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    good_and_refused(&folder);
    for (time, earlier) in [(1, 0), (2, 2), (3, 2)] {
        let ended = world.upload(&[&folder]).end().await;
        let mut codes = ended.failures();
        codes.sort();
        assert_eq!(codes, ["key-too-long", "name-refused", "name-refused"], "{time}: {}", ended.out);
        let sum = ended.summary();
        assert_eq!((&sum["uploaded"], &sum["failed"]), (&2.into(), &3.into()), "{time}: {}", ended.out);
        assert_eq!(sum["earlier"], earlier, "{time}: {}", ended.out);
        let broken = folder.join("a\nbroken.txt").display().to_string();
        assert!(ended.lines.iter().any(|line| line["path"] == broken.as_str()), "{time}: {}", ended.out);
    }
    let plain = in_words(&world, &folder).end().await;
    assert_eq!(plain.err.matches("[name-refused]").count(), 2, "{}", plain.err);
    assert!(plain.err.contains("a\\nbroken.txt"), "{}", plain.err);
    assert_eq!(plain.out, "2 uploaded (by an earlier run), 0 skipped, 3 failed, 20 B\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_passed_over_is_named_with_the_rule() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("good.txt"), 10);
    noise(&folder.join(".DS_Store"), 10);
    std::os::unix::fs::symlink(&folder, folder.join("loop")).expect("a link");
    for time in 0..2 {
        let ended = world.upload(&[&folder]).args(["--collision", "overwrite"]).end().await;
        let skipped: Vec<_> = ended.lines.iter().filter(|line| line["event"] == "skipped").collect();
        let told: Vec<_> = skipped.iter().map(|line| (&line["path"], &line["rule"])).collect();
        let (junk, link) = (("folder/.DS_Store".into(), "junk".into()), ("folder/loop".into(), "link".into()));
        assert_eq!(told, [(&junk.0, &junk.1), (&link.0, &link.1)], "{time}: {}", ended.out);
        assert_eq!(ended.summary()["skipped"], 2);
        assert_eq!(ended.code, Some(0));
    }
    let plain = in_words(&world, &folder).args(["--collision", "overwrite"]).end().await;
    assert!(plain.err.contains("skipped    folder/loop (link)\n"), "{}", plain.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_tells_of_its_own_files_only() {
    let world = World::new().await;
    let (first, second) = (world.sources().join("first.mov"), world.sources().join("second.mov"));
    noise(&first, 100 << 20);
    noise(&second, 101 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&first]).start();
    running.until_sent(8 << 20);
    running.kill();
    let mut running = world.upload_by(&link.endpoint(), &[&second]).start();
    running.until_sent(1);
    let cancel = world.davit("cancel").arg("--all").end().await;
    assert_eq!(cancel.out, "2 cancelled\n", "{}", cancel.err);
    let ended = running.end();
    let files: Vec<_> = ended.lines.iter().filter(|line| line["event"] == "file").collect();
    assert_eq!(files.len(), 1, "{}", ended.out);
    assert!(files[0]["path"].as_str().is_some_and(|path| path.ends_with("second.mov")), "{}", ended.out);
    assert_eq!(ended.summary()["cancelled"], 1);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_that_could_not_be_written_is_no_success_and_is_told_again() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    for json in [true, false] {
        let home = world.path(&format!("home-{json}"));
        let mut run = if json { world.upload(&[&file]) } else { in_words(&world, &file) };
        run.env("DAVIT_HOME", &home).args(["--collision", "overwrite"]);
        let lost = by_shell(&mut run, "exec \"$@\" >/dev/full").end().await;
        assert_eq!(lost.code, Some(3), "{}", lost.err);
        assert!(lost.err.contains("[disk-full: standard output"), "{}", lost.err);
        let again = world.upload(&[&file]).env("DAVIT_HOME", &home).end().await;
        again.all_done();
        assert_eq!((&again.summary()["uploaded"], &again.summary()["earlier"]), (&1.into(), &1.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_that_is_there_is_there_wholly() {
    let world = World::new().await;
    let file = world.sources().join("empty.txt");
    noise(&file, 0);
    world.upload(&[&file]).end().await.all_done();
    let status = world.davit("status").end().await;
    assert!(status.out.contains("done       100%"), "{}", status.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_is_at_work_on_is_told_as_stopped() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let link = slow_link(&world).await;
    let states = async || {
        let (plain, json) = (world.davit("status").end().await.out, world.davit("status").arg("--json").end().await);
        (plain, json.lines[0]["state"].as_str().expect("a state").to_owned())
    };
    for killed in [true, false] {
        let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
        running.until_sent(if killed { 8 << 20 } else { 24 << 20 });
        assert_eq!(states().await.1, "uploading");
        if killed {
            running.kill();
        } else {
            assert_eq!(running.interrupt(), Some(130));
        }
        let (plain, state) = states().await;
        assert_eq!(state, "stopped", "killed {killed}");
        assert!(plain.contains("     1  stopped  "), "{plain}");
        assert!(plain.contains("The same `davit upload` goes on with what is stopped.\n"), "{plain}");
    }
    link.faults.rate.store(0, Ordering::SeqCst);
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(states().await.1, "done");
}

/// What is told as uploaded is there: bytes of what failed are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_counts_bytes_of_what_is_there() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(24 << 20);
    std::fs::remove_file(&file).expect("removed");
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = running.end();
    let sum = ended.summary();
    assert_eq!((&sum["uploaded"], &sum["failed"], &sum["bytes"]), (&0.into(), &1.into(), &0.into()), "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_never_had_a_key_is_told_without_one() {
    let world = World::new().await;
    let folder = world.sources().join("folder");
    noise(&folder.join("good.mov"), 60 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&folder]).start();
    running.until_sent(8 << 20);
    running.kill();
    // Found where it is known already what keys here begin with.
    noise(&folder.join("bro\nken.txt"), 10);
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = world.upload_by(&link.endpoint(), &[&folder]).end().await;
    let key = |name: &str| {
        let line = ended.lines.iter().find(|line| line["path"].as_str().is_some_and(|path| path.ends_with(name)));
        line.unwrap_or_else(|| panic!("{}", ended.out))["key"].clone()
    };
    assert_eq!(key("ken.txt"), serde_json::Value::Null);
    assert_eq!(key("good.mov"), "in/folder/good.mov");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_is_closed_stops_cleanly_unless_it_was_to_go_on_without() {
    let world = World::new().await;
    let file = world.sources().join("cut.mov");
    noise(&file, 60 << 20);
    let link = slow_link(&world).await;
    let mut running = world.upload_by(&link.endpoint(), &[&file]).start();
    running.until_sent(8 << 20);
    assert_eq!(running.ended_by("HUP"), Some(130));
    let mut going_on = by_shell(&mut world.upload_by(&link.endpoint(), &[&file]), "trap '' HUP; exec \"$@\"").start();
    going_on.until_sent(24 << 20);
    going_on.signal("HUP");
    link.faults.rate.store(0, Ordering::SeqCst);
    going_on.end().all_done();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_told_what_happened_to_the_records() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    world.upload(&[&file]).end().await.all_done();
    for entry in std::fs::read_dir(world.home()).expect("a home") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("journal")) {
            std::fs::write(&path, vec![7; 40_000]).expect("damaged");
        }
    }
    let ended = world.upload(&[&file]).args(["--collision", "overwrite"]).end().await;
    ended.all_done();
    let told = ended.lines.iter().find(|line| line["event"] == "records");
    let told = told.unwrap_or_else(|| panic!("{}{}", ended.out, ended.err));
    assert!(told["what"].is_string(), "{told}");
    assert!(ended.err.contains(told["says"].as_str().expect("words")), "{told}: {}", ended.err);
}

/// Of two that were given with one name, overwriting saves neither.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_given_twice_is_not_told_to_be_overwritten() {
    let world = World::new().await;
    let (one, two) = (world.sources().join("a/cut.mov"), world.sources().join("b/cut.mov"));
    noise(&one, 10);
    noise(&two, 11);
    let mut run = in_words(&world, &one);
    let ended = run.arg(&two).args(["--collision", "overwrite"]).end().await;
    assert!(ended.err.contains("[already-there]"), "{}", ended.err);
    assert!(!ended.err.contains("overwrite what is there"), "{}", ended.err);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn records_in_a_folder_that_may_only_be_read_are_read() {
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    world.upload(&[&file]).end().await.all_done();
    let read_only =
        "mount --bind \"$DAVIT_HOME\" \"$DAVIT_HOME\" && mount -o remount,bind,ro \"$DAVIT_HOME\" && exec \"$@\"";
    let mut status = world.davit("status");
    let words = [&davit_tests::inner::MAY_MOUNT[..], &["bash", "-c", read_only, "bash"]].concat();
    let told = status.within(&words).end().await;
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.out.contains("  done       100%"), "{}{}", told.out, told.err);
}

/// Where an address that was typed leads to nothing, or to something else, that is said, and waited for all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_which_there_is_no_store_is_named_and_waited_for() {
    for page in [false, true] {
        let world = World::new().await;
        let link = FaultProxy::before(world.cloud.address()).await;
        let endpoint = link.endpoint();
        if page {
            *link.faults.always.lock().expect("faults") = Some(Fault::Nobodys { status: "404 Not Found" });
        } else {
            link.goes_away();
        }
        let file = world.sources().join("cut.mov");
        noise(&file, 100);
        let mut running = world.upload_by(&endpoint, &[&file]).start();
        let says = running.until_event("store")["says"].to_string();
        let what = if page { "is no S3 storage (HTTP 404)" } else { "Nothing answers at" };
        assert!(says.contains(what) && says.contains(&endpoint), "{says}");
        if page {
            *link.faults.always.lock().expect("faults") = None;
        } else {
            link.comes_back();
        }
        running.end().all_done();
    }
}
