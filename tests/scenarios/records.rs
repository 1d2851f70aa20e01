//! The records: cut off by the power, damaged, without room. The loops are `davit_tests::soak::records`; `DAVIT_SOAK`
//! makes them long.

#[cfg(target_os = "linux")]
use std::sync::atomic::Ordering;

use davit_tests::World;
#[cfg(target_os = "linux")]
use davit_tests::fault::FaultProxy;
#[cfg(target_os = "linux")]
use davit_tests::inner::{self, MAY_MOUNT};
use davit_tests::soak::records::damage::Cuts;
#[cfg(target_os = "linux")]
use davit_tests::soak::until;
use davit_tests::soak::{records, seed, seeds, size, times};
use davit_tests::source::noise;

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_costs_the_records_one_commit_at_most() {
    records::power::cuts(times(60), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_cut_off_anywhere_open_and_tell() {
    for seed in seeds(1) {
        // As small records as there are.
        records::damage::truncations(size(Cuts::Few(seed), Cuts::Slice(seed))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_records_is_never_believed() {
    records::damage::flips(times(60), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_zeros_noise_or_gone_are_rebuilt_or_begun_anew() {
    records::damage::havoc(times(40), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_may_only_be_read_are_made_writable() {
    records::damage::unwritable(seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_power_cut_the_same_command_ends_with_the_right_objects() {
    records::runs::power_cuts(times(6), seed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_damaged_records_the_same_command_ends_with_the_right_objects_and_tells_once() {
    records::runs::damage(times(8), seed()).await;
}

/// Whoever only looks is told what the next start will tell, and leaves that to it.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_lost_are_told_by_whoever_looks_and_mended_by_the_next_start() {
    let world = World::new().await;
    let file = world.sources().join("a.wav");
    noise(&file, 1_000);
    world.upload(&[&file]).end().await.all_done();
    let files = || {
        let names = std::fs::read_dir(world.home()).expect("a home").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.retain(|name| name.starts_with("journal."));
        names.sort();
        names
    };
    for name in files().iter().filter(|name| name.starts_with("journal.sqlite")) {
        std::fs::remove_file(world.home().join(name)).expect("removed");
    }
    assert_eq!(files(), ["journal.good.sqlite"], "the copy of a clean end");
    let lost = "The records were lost and are as they were on ";
    for _ in 0..2 {
        let doctor = world.davit("doctor").end().await;
        assert_eq!(doctor.code, Some(1), "{}", doctor.out);
        assert!(doctor.out.contains(&format!("records     {lost}")), "{}", doctor.out);
        assert!(!doctor.out.contains("records     ok"), "{}", doctor.out);
        let status = world.davit("status").end().await;
        assert!(status.out.contains("  done       100%") && status.err.contains(lost), "{}{}", status.out, status.err);
        assert_eq!(files(), ["journal.good.sqlite"], "nothing was changed");
    }
    // A copy that is no copy any more, and records in which nothing is whole.
    std::fs::write(world.home().join("journal.good.sqlite"), b"no copy").expect("written");
    for records in [None, Some("no records")] {
        if let Some(records) = records {
            std::fs::write(world.home().join("journal.sqlite"), records).expect("written");
        }
        let before = files();
        let doctor = world.davit("doctor").end().await;
        assert!(doctor.out.contains("records     The records were lost and begin anew"), "{}", doctor.out);
        assert_eq!((doctor.code, files()), (Some(1), before));
        if records.is_none() {
            let status = world.davit("status").end().await;
            assert_eq!(status.out, "The list is empty.\n", "{}", status.err);
        }
    }
    let started = world.upload(&[&file]).end().await;
    assert!(started.lines.iter().any(|line| line["event"] == "records"), "{}{}", started.out, started.err);
    let doctor = world.davit("doctor").end().await;
    assert!(doctor.out.contains("records     ok"), "{}", doctor.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_on_the_records_is_told_and_nothing_is_lost() {
    records::room::quotas(times(8)).await;
}

/// Runs words with a small disk mounted at `place`.
#[cfg(target_os = "linux")]
fn on_a_small_disk(place: &std::path::Path, options: &str) -> Vec<String> {
    std::fs::create_dir_all(place).expect("a folder");
    let mount = format!("mount -t tmpfs -o {options} none '{}' && exec \"$@\"", place.display());
    [&MAY_MOUNT[..], &["bash", "-c", &mount, "bash"]].concat().into_iter().map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn without_room_for_the_records_everything_rests_and_goes_on_within_ten_seconds_of_room() {
    if !inner::may_mount() {
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    let words = on_a_small_disk(place.path(), "size=8m");
    inner::run_in(place.path(), &words, "records::inner_with_little_room").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_answers_while_there_is_no_room_is_kept_and_put_on_record_with_room() {
    inner::run(&MAY_BE_LIMITED, "records::inner_answers_without_room").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_opened_without_room_for_its_record_is_taken_away_at_the_end() {
    inner::run(&MAY_BE_LIMITED, "records::inner_upload_without_room").await;
}

/// The disk is filled by somebody else once something is uploaded.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_runs_out_of_room_for_its_records_is_told_as_stopped_and_able_to_go_on() {
    if !inner::may_mount() {
        return;
    }
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.request_latency_ms.store(30, Ordering::SeqCst);
    let folder = world.sources().join("folder");
    for clip in 0..400u64 {
        noise(&folder.join(format!("clip {clip}, a name that takes its room in the records.mov")), 100);
    }
    let (full, filler) = (world.path("full"), world.home().join("filler"));
    std::fs::create_dir_all(world.home()).expect("a home");
    let run = format!(
        "mount -t tmpfs -o size=900k none '{}'; \"$@\" & run=$!; cat '{}'
         dd if=/dev/zero of='{}' bs=1k 2>/dev/null; wait $run",
        world.home().display(),
        full.display(),
        filler.display()
    );
    let made = std::process::Command::new("mkfifo").arg(&full).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe to tell by");
    let words = [&MAY_MOUNT[..], &["bash", "-c", &run, "bash"]].concat();
    let mut upload = world.upload_by(&link.endpoint(), &[&folder]);
    upload.args(["--concurrency", "2"]).within(&words);
    let (ended, ()) = tokio::join!(upload.end(), async {
        until(|| !world.keys().is_empty()).await;
        tokio::task::block_in_place(|| std::fs::write(&full, [])).expect("told");
    });
    let said = format!("{}{}", ended.out, ended.err);
    assert_eq!((ended.code, ended.failures().len()), (Some(130), 0), "{said}");
    let event = |name: &str| ended.lines.iter().find(|line| line["event"] == name);
    assert_eq!(event("problem").expect("why")["code"], "disk-full", "{said}");
    assert_eq!(event("interrupted").expect("that it stopped")["why"], "records", "{said}");
    assert!(!ended.waited_for("disk-full"), "it waits for no room: {said}");
    world.upload(&[&folder]).args(["--collision", "overwrite"]).end().await.all_done();
    assert_eq!(world.keys().len(), 400);
}

/// A write that is too much fails, as with a quota, and no signal comes.
#[cfg(target_os = "linux")]
const MAY_BE_LIMITED: [&str; 4] = ["bash", "-c", "trap '' XFSZ; exec \"$@\"", "bash"];

/// What the tests above run.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, on a small disk"]
async fn inner_with_little_room() {
    let Some(home) = inner::place() else { return };
    records::room::room_comes_back(home).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, on a small disk"]
async fn inner_answers_without_room() {
    let Some(home) = inner::place() else { return };
    records::room::answers_without_room(&home).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, on a small disk"]
async fn inner_upload_without_room() {
    let Some(home) = inner::place() else { return };
    records::room::an_upload_without_room(&home).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_may_only_be_read_is_told() {
    if !inner::may_mount() {
        return;
    }
    let world = World::new().await;
    let file = world.sources().join("a.wav");
    noise(&file, 1_000);
    let words = on_a_small_disk(&world.home(), "ro");
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let ended = world.upload(&[&file]).within(&words).end().await;
    assert_eq!(ended.code, Some(1), "{} {}", ended.out, ended.err);
    assert!(ended.err.contains("[journal-unwritable") && !ended.err.contains("panicked"), "{}", ended.err);
    world.upload(&[&file]).end().await.all_done();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_finds_no_room_stops_nothing() {
    let world = World::new().await;
    let file = world.sources().join("a.wav");
    noise(&file, 1_000);
    let full = ["bash", "-c", "exec \"$@\" 2>/dev/full", "bash"];
    world.upload(&[&file]).env("DAVIT_LOG", "trace").within(&full).end().await.all_done();
    assert_eq!(world.keys(), ["in/a.wav"]);
}

/// Timings are compared with those of the same run; an optimised build is held to a second as well.
#[tokio::test(flavor = "multi_thread")]
async fn records_of_many_files_open_faster_than_they_are_written_and_in_step_with_their_number() {
    for _ in 0..times(1) {
        let (few, many) = size((1_000, 10_000), (10_000, 100_000));
        let (few, many) = (records::size::opening(few).await.opened, records::size::opening(many).await);
        assert!(many.opened < many.written, "{many:?}");
        assert!(many.opened < few * 10 * 3, "ten times as many: {many:?}, {few:?}");
        assert!(many.opened.as_millis() < 1_000 || cfg!(debug_assertions), "{many:?}");
    }
}
