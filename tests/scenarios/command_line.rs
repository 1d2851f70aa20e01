//! The command line as scripts, services and terminals meet it: exit codes, output that nobody reads, signals, homes.
//! What it tells of files stands in `told`.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use davit_tests::World;
use davit_tests::davit::Run;
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{BUCKET, on_record};

/// Runs a line of a shell with the command in place of `"$@"`.
pub(crate) fn by_shell<'a>(run: &'a mut Run, line: &str) -> &'a mut Run {
    run.within(&["bash", "-c", line, "bash"])
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
}

/// A link of 8 MiB a second.
pub(crate) async fn slow_link(world: &World) -> FaultProxy {
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
    let mut run = world.upload_by(&link.endpoint(), &[&file]);
    let mut running = run.env("DAVIT_HOME", &home).args(["--concurrency", "1"]).start();
    running.until_sent(20 << 20);
    // Whoever asks may live in another environment.
    let pause =
        world.davit("pause").arg("--all").env("DAVIT_HOME", &home).env("XDG_RUNTIME_DIR", "/nowhere").end().await;
    assert_eq!((pause.code, pause.out.as_str()), (Some(0), "1 paused\n"), "{}", pause.err);
    assert_eq!(running.ends().0, Some(130));
    let recorded = on_record(&home);
    assert!(recorded.len() >= 2, "{recorded:?}");
    link.faults.rate.store(0, Ordering::SeqCst);
    world.upload_by(&link.endpoint(), &[&file]).env("DAVIT_HOME", &home).end().await.all_done();
    world.nothing_on_record_was_sent_twice("in/cut.mov", &recorded);
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
        for word in ["status", "history", "doctor", "destinations", "--help"] {
            let mut run = world.davit(word);
            let code = by_shell(run.env("DAVIT_HOME", &home), line).end().await.code;
            // A list that could not be written must not pass for an empty one.
            let cut = matches!(word, "status" | "history") && line.contains("/dev/full");
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
    assert_eq!(run("history").end().await.out, words);
    assert_eq!(run("history").arg("--json").end().await.out, "");
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
    shown += &running.until_says("waiting    Waiting for the connection. It continues by itself.");
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

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn records_in_a_folder_that_may_only_be_read_are_read() {
    if !davit_tests::inner::may_mount() {
        return;
    }
    let world = World::new().await;
    let file = world.sources().join("good.txt");
    noise(&file, 10);
    world.upload(&[&file]).end().await.all_done();
    let told = read_only(&mut world.davit("status")).await;
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.out.contains("  done       100%"), "{}{}", told.out, told.err);
    // What a process that was killed left is in the log yet.
    let large = world.sources().join("cut.mov");
    noise(&large, 20 << 20);
    let killed = world.upload(&[&large]).env("DAVIT_FAILPOINT", "part:1:after").end().await;
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    for without in [None, Some("journal.sqlite-shm")] {
        if let Some(name) = without {
            std::fs::remove_file(world.home().join(name)).expect("removed");
        }
        assert!(world.home().join("journal.sqlite-wal").exists(), "its log");
        let told = read_only(&mut world.davit("status")).await;
        assert_eq!(told.code, Some(0), "without {without:?}: {}", told.err);
        assert!(told.out.contains("  stopped     "), "without {without:?}: {}{}", told.out, told.err);
        for word in ["doctor", "pause"] {
            let mut run = world.davit(word);
            let told = read_only(if word == "pause" { run.arg("--all") } else { &mut run }).await;
            let told = (told.code, told.out + &told.err);
            assert!(told.0 == Some(1) && told.1.contains("[journal-unwritable: "), "{word}: {told:?}");
            assert!(told.1.contains("Read-only file system") && !told.1.contains("database"), "{word}: {told:?}");
        }
    }
}

/// Runs it with a home that may only be read.
#[cfg(target_os = "linux")]
async fn read_only(run: &mut davit_tests::davit::Run) -> davit_tests::davit::Ended {
    let read_only =
        "mount --bind \"$DAVIT_HOME\" \"$DAVIT_HOME\" && mount -o remount,bind,ro \"$DAVIT_HOME\" && exec \"$@\"";
    let words = [&davit_tests::inner::MAY_MOUNT[..], &["bash", "-c", read_only, "bash"]].concat();
    run.within(&words).end().await
}
