//! Every error code is what something real ends in. One that is added does not compile until it is named here, with the
//! scenario in which the engine, the command line or the backend's client ends in it. What no other scenario shows is
//! shown here.

use std::sync::atomic::Ordering;

use davit_core::error::ErrorCode;
use davit_core::uploader::{Options, Uploader};
use davit_tests::World;
#[cfg(target_os = "linux")]
use davit_tests::davit::Running;
use davit_tests::fault::FaultProxy;
use davit_tests::source::{noise, sha256};

use crate::house::{root, sources, tests_in};

/// What ends in a code.
enum Shown {
    /// A scenario does.
    By(&'static str),
    /// A scenario does, by a function that all of it is in.
    Through {
        /// Its name.
        test: &'static str,
        /// That of the function.
        does: &'static str,
    },
    /// No scenario can.
    Alone {
        /// What shows it all the same.
        test: &'static str,
        why: &'static str,
    },
}

fn shown(code: ErrorCode) -> Shown {
    use ErrorCode as C;
    let through = |test, does| Shown::Through { test, does };
    Shown::By(match code {
        C::JournalDamaged => {
            return Shown::Alone {
                test: "a_damaged_row_is_in_the_receipt_as_such_and_the_others_as_they_are",
                why: "records that are damaged are rebuilt before anything runs on them; this is of a row that is later",
            };
        }
        C::SourceOffline => {
            return through("a_drive_that_is_away_is_told_by_its_name_and_stays_told", "with_a_drive");
        }
        C::FileInUse => {
            let test = "a_file_that_another_program_holds_is_waited_for_then_told_and_taken_when_it_is_free";
            return through(test, "a_file_that_is_held");
        }
        C::ReadError => {
            return through("a_drive_that_reports_errors_for_a_while_is_waited_for", "a_drive_that_reports_errors");
        }
        C::Offline => "a_network_that_is_away_is_told_with_the_next_try",
        C::StorageBusy => "a_busy_store_that_says_when_to_come_back_is_waited_for_until_then_and_it_is_told",
        C::BackendDown => "a_company_that_says_when_to_come_back_is_waited_for_until_then_and_it_is_told",
        C::CaptivePortal => "a_page_of_the_local_network_is_told_as_such_also_after_other_failures",
        C::ProxyAuth => "what_a_proxy_wants_a_password_for_waits_together_and_goes_on_once_it_is_entered",
        C::SignInEnded | C::WrongToken => "a_token_is_wanted_taken_and_refused",
        C::SignInUnfinished => "a_code_that_is_denied_or_not_known_is_no_sign_in",
        C::NoCredentials => "without_any_aws_credentials_a_sentence_of_its_own_says_so",
        C::AccessDenied | C::NoSuchBucket | C::WrongRegion => {
            "no_access_a_missing_bucket_and_a_wrong_region_are_told_apart"
        }
        C::NotAllowed => "receipts_of_strangers_for_other_places_and_nonsense_leave_nothing_behind",
        C::SetByCompany => "a_company_that_a_policy_fixes_is_not_forgotten",
        C::AccountDisabled => "an_account_that_is_switched_off_is_told_from_a_token_that_is_wrong",
        C::StorageFull => "a_store_without_room_is_told_as_such_and_what_it_had_no_room_for_goes_once_it_has",
        C::TooLarge => "a_file_larger_than_any_object_is_told_at_once",
        C::FileMissing => "a_missing_file_is_named_and_the_others_go",
        C::ComputerBusy => "a_computer_that_lets_no_more_files_be_open_is_told_and_waited_for",
        C::FileUnreadable => "a_file_that_may_not_be_read_is_named_and_the_others_go",
        C::FileChanged => "a_file_that_changed_between_two_runs_is_never_mixed",
        C::NotAFile | C::NameRefused | C::KeyTooLong => "what_cannot_be_sent_is_named_and_the_rest_goes_on",
        C::FolderLoop => "a_link_that_leads_to_itself_is_named_and_the_others_go",
        C::AlreadyThere => "a_taken_name_is_left_replaced_or_kept_beside_as_asked",
        C::NoTrash => "what_has_no_trash_on_its_own_drive_stays_and_is_warned_of",
        C::FileStays => "what_cannot_be_moved_is_warned_of_stays_done_and_is_moved_once_it_can_be",
        C::DamagedOnTheWay => "a_piece_that_arrives_damaged_three_times_is_told_and_no_object_comes_of_it",
        C::CheckMismatch => "what_the_store_has_another_sum_of_is_told_as_such_and_sent_once",
        C::NoChecksums => "a_store_that_confirms_no_checksum_is_told_as_such_and_nothing_is_called_done",
        C::UploadExpired => "an_upload_that_the_store_lost_begins_again_by_itself",
        C::OutcomeUnknown => "a_lost_answer_to_complete_without_the_right_to_look_is_never_a_taken_name",
        C::DestinationGone => "a_destination_that_is_gone_is_told_and_nothing_is_lost",
        C::ScopeChanged => "an_upload_whose_credentials_reach_another_place_by_now_is_told_and_goes_on_where_it_was",
        C::ClockWrong => "the_doctor_tells_a_wrong_clock_and_a_store_that_does_not_answer",
        C::UntrustedServer => "a_server_whose_certificate_nobody_vouches_for_gets_no_byte",
        C::BadCertificateFile => "a_certificate_file_that_is_none_is_told_in_a_sentence_with_its_code",
        C::ClientTooOld => "a_company_that_wants_a_newer_davit_says_so_before_anything_is_sent",
        C::AddressUnreachable => "an_address_at_which_nobody_answers_is_told_to_who_connects",
        C::AddressNotDavit | C::AddressInsecure | C::BadInput => "addresses_that_are_wrong_are_told_apart",
        C::BackendContract => "an_issuer_that_calls_itself_otherwise_is_refused_and_so_is_another_ones_answer",
        C::KeychainUnavailable => "the_command_line_prints_where_to_sign_in_and_with_which_code",
        C::DiskFull => "a_disk_too_full_for_the_records_is_told_and_nothing_is_lost",
        C::JournalUnwritable => "a_disk_that_may_only_be_read_is_told",
        C::JournalNewer | C::InstanceBusy => "records_of_a_newer_version_and_a_second_engine_are_left_alone",
        C::Unexpected => "a_transfer_that_breaks_says_so_and_the_others_go_on",
    })
}

#[test]
fn every_error_code_is_what_a_scenario_ends_in() {
    let (scenarios, all) = (tests_in(&root().join("tests/scenarios")), tests_in(root()));
    let read = |path: &std::path::PathBuf| std::fs::read_to_string(path).expect("a source");
    let texts: Vec<_> = sources(&root().join("tests")).iter().map(read).collect();
    for code in ErrorCode::ALL {
        let (test, does) = match shown(*code) {
            Shown::By(test) => (test, test),
            Shown::Through { test, does } => (test, does),
            Shown::Alone { test, why } => {
                assert!(all.contains(test) && !why.is_empty(), "{code}: {test}");
                continue;
            }
        };
        assert!(scenarios.contains(test), "{code}: no scenario is called {test}");
        let held = |name| held_by(&texts, name).unwrap_or_else(|| panic!("{code}: there is no {name}"));
        assert!(test == does || held(test).contains(&format!("{does}(")), "{code}: {test} does not call {does}");
        assert!(looks_for(held(does), *code), "{does} does not look for {code}");
    }
}

/// What a function holds, as its source has it.
fn held_by<'a>(texts: &'a [String], name: &str) -> Option<&'a str> {
    let begins = format!("fn {name}(");
    texts.iter().find_map(|text| {
        let at = text.find(&begins)?;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let indent = text[line..].find(|sign: char| sign != ' ').unwrap_or(0);
        let end = text[at..].find(&format!("\n{}}}", " ".repeat(indent)))?;
        Some(&text[at..at + end])
    })
}

/// By its type, in a line of JSON, or behind a sentence.
fn looks_for(text: &str, code: ErrorCode) -> bool {
    let typed = format!("ErrorCode::{code:?}");
    let is_another = |rest: &str| rest.starts_with(char::is_alphanumeric);
    text.match_indices(&typed).any(|(at, found)| !is_another(&text[at + found.len()..]))
        || text.contains(&format!("\"{code}\""))
        || text.contains(&format!("[{code}"))
}

#[test]
fn a_code_is_looked_for_in_the_scenario_that_is_named_and_in_no_other() {
    let text = "fn one() {\n    is(ErrorCode::FileInUseStill);\n}\nmod within {\n    async fn other() {\n        \
        is(ErrorCode::FileInUse, \"read-error\");\n    }\n    fn third() {\n        says(\"[offline\");\n    }\n}\n";
    let texts = ["fn nobody() {}\n".to_owned(), text.to_owned()];
    let looks = |name, code| looks_for(held_by(&texts, name).expect(name), code);
    assert!(looks("other", ErrorCode::FileInUse) && looks("other", ErrorCode::ReadError));
    assert!(looks("third", ErrorCode::Offline));
    for (name, code) in [("one", ErrorCode::FileInUse), ("other", ErrorCode::Offline), ("third", ErrorCode::ReadError)]
    {
        assert!(!looks(name, code), "{name} {code}");
    }
    assert_eq!(held_by(&texts, "on"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_switched_off_is_told_from_a_token_that_is_wrong() {
    let mut world = World::new().await;
    let config = World::backend_config_by_token("right");
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    world.start_backend(&config.replace("token_sha256 =", "disabled = true, token_sha256 =")).await;
    for (token, code) in [("right", "[account-disabled"), ("wrong", "[wrong-token")] {
        let ended = world.upload_by_backend(&[&file]).env("DAVIT_TOKEN", token).end().await;
        assert!(ended.code == Some(1) && ended.err.contains(code), "{code}: {} {}", ended.out, ended.err);
    }
    assert_eq!(world.keys(), Vec::<String>::new());
    // It is switched on again.
    world.start_backend(&config).await;
    world.upload_by_backend(&[&file]).env("DAVIT_TOKEN", "right").end().await.all_done();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_wants_a_newer_davit_says_so_before_anything_is_sent() {
    let mut world = World::new().await;
    let newer = "verify = true\nminimum_client_version = \"999.0.0\"";
    world.start_backend(&World::backend_config(900, "role").replace("verify = true", newer)).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    let ended = world.upload_by_backend(&[&file]).end().await;
    assert!(ended.code == Some(1) && ended.err.contains("[client-too-old"), "{} {}", ended.out, ended.err);
    assert_eq!(world.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_which_nobody_answers_is_told_to_who_connects() {
    let world = World::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let options = Options { direct: None, token: Some("a token".into()), ..world.options() };
    let uploader = Uploader::open(options).await.expect("opens");
    let error = uploader.connect(&format!("http://{address}")).await.expect_err("nobody is there");
    assert_eq!(error.code, ErrorCode::AddressUnreachable, "{error}");
    uploader.close().await;
}

/// Each store says it in words of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_room_is_told_as_such_and_what_it_had_no_room_for_goes_once_it_has() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 1_000);
    for (status, says) in [("507 Insufficient Storage", "XMinioStorageFull"), ("403 Forbidden", "QuotaExceeded")] {
        link.faults.answer("PUT ", u32::MAX, status, says);
        let ended = world.upload_by(&link.endpoint(), &[&file]).end().await;
        assert_eq!((ended.code, ended.failures()), (Some(1), vec!["storage-full".to_owned()]), "{says}: {}", ended.out);
    }
    link.faults.busy.store(0, Ordering::SeqCst);
    world.upload_by(&link.endpoint(), &[&file]).end().await.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_to_itself_is_named_and_the_others_go() {
    let world = World::new().await;
    let (good, around) = (world.sources().join("good.txt"), world.sources().join("around"));
    noise(&good, 10);
    std::os::unix::fs::symlink(&around, &around).expect("a link");
    let ended = world.upload(&[&good, &around]).end().await;
    assert_eq!((ended.code, ended.failures()), (Some(3), vec!["folder-loop".to_owned()]), "{}", ended.out);
    assert_eq!(world.keys(), ["in/good.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_credentials_reach_another_place_by_now_is_told_and_goes_on_where_it_was() {
    let mut world = World::with_backend(900, "role").await;
    let file = world.sources().join("cut.mov");
    noise(&file, 100 << 20);
    world.kill_midway(&mut world.upload_by_backend(&[&file]));
    let config = World::backend_config(900, "role");
    world.start_backend(&config.replace("rushes/{person}/", "archive/{person}/")).await;
    let ended = world.upload_by_backend(&[&file]).end().await;
    assert_eq!((ended.code, ended.failures()), (Some(1), vec!["scope-changed".to_owned()]), "{}", ended.out);
    assert_eq!(world.keys(), Vec::<String>::new(), "half of it in each place is nothing anybody wants");
    // They reach the first one again.
    world.start_backend(&config).await;
    world.upload_by_backend(&[&file]).end().await.all_done();
    world.no_byte_was_sent_twice();
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1);
}

/// How many files a command that runs may open from now on.
#[cfg(target_os = "linux")]
fn may_open(running: &Running, files: u32) {
    let words = [format!("--pid={}", running.id()), format!("--nofile={files}:")];
    assert!(std::process::Command::new("prlimit").args(words).status().expect("prlimit").success());
}

/// What it has open stays so: the records, and the way to the store.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_lets_no_more_files_be_open_is_told_and_waited_for() {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let files = ["a.txt", "b.txt"].map(|name| world.sources().join(name));
    for file in &files {
        noise(file, 1_000);
    }
    "PUT ".clone_into(&mut link.faults.only.lock().expect("faults"));
    link.faults.hold.send_replace(true);
    // One at a time: the second is opened once the first is there.
    let mut upload = world.upload_by(&link.endpoint(), &[&files[0], &files[1]]);
    let mut running = upload.args(["--concurrency", "1"]).start();
    link.holds_one().await;
    may_open(&running, 3);
    link.faults.hold.send_replace(false);
    running.until_says(r#""code":"computer-busy""#);
    may_open(&running, 256);
    tokio::task::block_in_place(|| running.end()).all_done();
    assert_eq!(world.keys(), ["in/a.txt", "in/b.txt"]);
}
