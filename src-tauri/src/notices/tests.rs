//! What is told when, of batches and standings that are made up.

use davit_core::engine::feed::{Overview, Totals, Wait};
use davit_core::ids::ItemId;
use davit_core::units::UnixTime;

use super::*;

const PLACE: &str = "Projects › Rushes";

fn ended(batch: u64, done: u32, failed: u32) -> Ended {
    let destination = "Projects / Rushes".to_owned();
    Ended {
        batch: BatchId::new(batch),
        watch: None,
        destination,
        item: None,
        name: None,
        done,
        failed,
        why: None,
        took: Duration::ZERO,
        last: true,
    }
}

fn notice(title: &str, body: &str) -> Notice {
    Notice { title: title.to_owned(), body: body.to_owned(), leads: None }
}

fn needs_you(title: &str, body: &str) -> Notice {
    Notice { leads: Some(Wanted::NeedsYou), ..notice(title, body) }
}

#[test]
fn what_was_added_together_is_told_once_when_it_ended() {
    let (mut notices, wants) = (Notices::default(), Preferences::default());
    assert_eq!(notices.ended(ended(1, 214, 0), wants, false), Some(notice("214 files are uploaded", PLACE)));
    let one = Ended { name: Some("harbour.mov".into()), ..ended(2, 1, 0) };
    assert_eq!(notices.ended(one, wants, false), Some(notice("harbour.mov is uploaded", PLACE)));
    let some = needs_you("3 files need you", "211 files are uploaded to Projects › Rushes.");
    assert_eq!(notices.ended(ended(3, 211, 3), wants, false), Some(some));
    // They were tried again.
    assert_eq!(notices.ended(ended(3, 214, 0), wants, false), Some(notice("3 files are uploaded", PLACE)));
    assert_eq!(notices.ended(ended(4, 0, 2), wants, false), Some(needs_you("2 files need you", PLACE)));
    assert_eq!(notices.ended(ended(4, 0, 2), wants, false), None, "they know");
}

#[test]
fn what_did_not_take_long_is_told_once_when_the_list_is_finished() {
    let (mut notices, wants) = (Notices::default(), Preferences::default());
    let goes_on = |batch, seconds| Ended { last: false, took: Duration::from_secs(seconds), ..ended(batch, 2, 0) };
    assert_eq!(notices.ended(goes_on(1, 599), wants, false), None);
    assert_eq!(
        notices.ended(goes_on(2, 600), wants, false),
        Some(notice("2 files are uploaded", PLACE)),
        "it took long"
    );
    let elsewhere = Ended { destination: "Archive".to_owned(), ..goes_on(3, 5) };
    assert_eq!(notices.ended(elsewhere, wants, false), None);
    let one = |batch| Ended { name: Some("harbour.mov".into()), item: Some(ItemId::new(7)), ..ended(batch, 1, 0) };
    assert_eq!(notices.ended(one(4), wants, false), Some(notice("5 files are uploaded", "2 places")));
    let alone = notices.ended(one(5), wants, false).expect("told");
    assert_eq!((alone.title.as_str(), alone.body.as_str()), ("harbour.mov is uploaded", PLACE));
    // What was seen is not told later.
    assert_eq!(notices.ended(goes_on(6, 5), wants, false), None);
    assert_eq!(notices.ended(goes_on(7, 5), wants, true), None);
    assert_eq!(notices.ended(ended(8, 3, 0), wants, false), Some(notice("3 files are uploaded", PLACE)));
}

#[test]
fn what_did_not_take_long_is_told_though_the_rest_fails_is_cancelled_or_paused() {
    let (mut notices, wants, begun) = (Notices::default(), Preferences::default(), Instant::now());
    let at = |seconds: u64| begun + Duration::from_secs(seconds);
    let short = |batch| Ended { last: false, name: Some("harbour.mov".into()), ..ended(batch, 1, 0) };
    // The last one fails.
    assert_eq!(notices.ended(short(1), wants, false), None);
    let elsewhere = Ended { destination: "Archive".to_owned(), ..short(2) };
    assert_eq!(notices.ended(elsewhere, wants, false), None);
    let all = needs_you("3 files need you", "3 files are uploaded to 2 places.");
    assert_eq!(notices.ended(ended(3, 1, 3), wants, false), Some(all));
    // Nothing is told of the end of what a person stops.
    let stands = |moving| {
        let totals = Totals { overview: Overview::Moving, moving, ..Totals::default() };
        Standing { totals, ..Standing::default() }
    };
    notices.stands(&stands(1), at(0));
    assert_eq!(notices.ended(short(4), wants, false), None);
    assert_eq!((notices.due(wants, false, at(19)), notices.next(at(19))), (vec![], None), "the rest goes on");
    notices.stands(&stands(0), at(20));
    assert_eq!((notices.due(wants, false, at(29)), notices.next(at(29))), (vec![], Some(at(30))));
    assert_eq!(notices.due(wants, false, at(30)), [notice("harbour.mov is uploaded", PLACE)]);
    assert_eq!((notices.due(wants, false, at(60)), notices.next(at(60))), (vec![], None), "once");
    // What is seen is not told later.
    assert_eq!(notices.ended(short(5), wants, false), None);
    assert_eq!((notices.due(wants, true, at(70)), notices.due(wants, false, at(80))), (vec![], vec![]));
}

#[test]
fn one_file_is_told_with_its_reason() {
    let (mut notices, wants) = (Notices::default(), Preferences::default());
    let missing = |batch, done| Ended { why: Some(ErrorCode::FileMissing), ..ended(batch, done, 1) };
    let why = "This file was moved, renamed or deleted.";
    assert_eq!(notices.ended(missing(1, 0), wants, false), Some(needs_you("1 file needs you", why)));
    let besides = format!("{why} 2 files are uploaded to Projects › Rushes.");
    assert_eq!(notices.ended(missing(2, 2), wants, false), Some(needs_you("1 file needs you", &besides)));
}

#[test]
fn a_click_leads_to_the_one_row_and_to_all_that_needs_somebody_where_there_are_several() {
    let (mut notices, wants) = (Notices::default(), Preferences::default());
    let mut leads = |ended| notices.ended(ended, wants, false).expect("told").leads;
    let item = ItemId::new(7);
    let one = |batch, done, failed| Ended { item: Some(item), ..ended(batch, done, failed) };
    assert_eq!(leads(one(1, 0, 1)), Some(Wanted::Row { item }));
    assert_eq!(leads(one(2, 1, 0)), Some(Wanted::Row { item }));
    assert_eq!(leads(ended(3, 0, 2)), Some(Wanted::NeedsYou));
    assert_eq!(leads(ended(4, 2, 0)), None, "the window shows them all");
}

#[test]
fn nothing_is_told_that_is_seen_or_not_wanted() {
    let (mut notices, wants) = (Notices::default(), Preferences::default());
    assert_eq!(notices.ended(ended(1, 3, 1), wants, true), None, "the window is looked at");
    assert_eq!(notices.ended(ended(1, 3, 1), wants, false), None, "it was seen");
    let no_done = Preferences { tell_done: false, ..wants };
    assert_eq!(notices.ended(ended(2, 3, 0), no_done, false), None);
    assert_eq!(notices.ended(ended(3, 0, 1), no_done, false), Some(needs_you("1 file needs you", PLACE)));
    let no_need = Preferences { tell_needs_you: false, ..wants };
    assert_eq!(notices.ended(ended(4, 3, 1), no_need, false), None);
}

#[test]
fn the_first_problem_is_told_at_once_and_the_end_says_all() {
    let (mut notices, wants) = (Notices::default(), Preferences::default());
    let stumbled = |batch, failed, name: Option<&str>, why| {
        let (batch, destination) = (BatchId::new(batch), "Projects / Rushes".to_owned());
        let item = name.map(|_| ItemId::new(7));
        News::Stumbled(Stumbled { batch, destination, item, name: name.map(str::to_owned), failed, why })
    };
    let first = stumbled(1, 1, Some("harbour.mov"), Some(ErrorCode::AccessDenied));
    let row = Some(Wanted::Row { item: ItemId::new(7) });
    let denied = notice("harbour.mov needs you", "No access to this place. Ask your administrator.");
    assert_eq!(notices.news(first.clone(), wants, false), Some(Notice { leads: row, ..denied }));
    assert_eq!(notices.news(first, wants, false), None, "once");
    let all = needs_you("3 files need you", "211 files are uploaded to Projects › Rushes.");
    assert_eq!(notices.news(News::Ended(ended(1, 211, 3)), wants, false), Some(all));
    assert_eq!(notices.news(stumbled(1, 2, None, None), wants, false), None, "two of the three that were tried again");
    // All else of it was taken back.
    let two = needs_you("2 files need you", PLACE);
    assert_eq!(notices.news(stumbled(2, 2, None, None), wants, false), Some(two));
    assert_eq!(notices.news(News::Ended(ended(2, 0, 2)), wants, false), None, "they know");
    let no_need = Preferences { tell_needs_you: false, ..wants };
    assert_eq!(notices.news(stumbled(4, 1, None, None), no_need, false), None);
    assert_eq!(notices.news(stumbled(5, 1, None, None), wants, true), None, "it is seen");
}

#[test]
fn what_is_in_the_way_is_told_once_until_it_was_over() {
    let (mut notices, begun) = (Notices::default(), Instant::now());
    let wants = Preferences::default();
    let at = |seconds: u64| begun + Duration::from_secs(seconds);
    let stands = |overview| Standing { totals: Totals { overview, ..Totals::default() }, ..Standing::default() };
    let over = || stands(Overview::SignedOut { since: UnixTime(7) });
    let fine = || stands(Overview::Moving);
    let told = || vec![notice("Sign in to continue", "Your sign-in ended. Nothing is lost.")];
    notices.stands(&over(), at(0));
    assert_eq!((notices.due(wants, false, at(0)), notices.next(at(0))), (vec![], Some(at(10))));
    assert_eq!(notices.due(wants, false, at(10)), told());
    notices.stands(&over(), at(20));
    assert_eq!((notices.due(wants, false, at(900)), notices.next(at(900))), (vec![], None), "they know");
    // It comes and goes.
    notices.stands(&fine(), at(1_000));
    notices.stands(&over(), at(1_030));
    assert_eq!(notices.due(wants, false, at(1_100)), vec![]);
    // It was over, and is again.
    notices.stands(&fine(), at(2_000));
    notices.stands(&over(), at(2_060));
    assert_eq!(notices.due(wants, false, at(2_070)), told());
    // What is gone before anybody came for it is nothing to tell, and so is what is seen or not wanted.
    notices.stands(&fine(), at(3_000));
    notices.stands(&over(), at(3_100));
    notices.stands(&fine(), at(3_105));
    assert_eq!((notices.due(wants, false, at(3_200)), notices.next(at(3_200))), (vec![], None));
    notices.stands(&over(), at(4_000));
    assert_eq!((notices.due(wants, true, at(4_010)), notices.due(wants, false, at(4_020))), (vec![], vec![]));
    let full = stands(Overview::Stuck { code: ErrorCode::DiskFull });
    notices.stands(&full, at(5_000));
    let not = Preferences { tell_needs_you: false, ..wants };
    assert_eq!(notices.due(not, false, at(5_010)), vec![]);
}

#[test]
fn each_thing_that_is_in_the_way_is_told_in_its_own_words() {
    let wait = |code| Overview::Waiting(Wait::new(code, None, None));
    for (overview, title) in [
        (Overview::SignedOut { since: UnixTime(7) }, Some("Sign in to continue")),
        (wait(ErrorCode::CaptivePortal), Some("This network wants you to sign in first")),
        (wait(ErrorCode::ProxyAuth), Some("Your company network asks for a password")),
        (wait(ErrorCode::UntrustedServer), Some("This network changes secure connections")),
        (Overview::Stuck { code: ErrorCode::DiskFull }, Some("This computer’s disk is full")),
        (Overview::Stuck { code: ErrorCode::JournalUnwritable }, Some("Davit cannot write its records")),
        // Those continue by themselves, and nobody has to come.
        (wait(ErrorCode::StorageBusy), None),
        (Overview::Offline, None),
        (Overview::Paused, None),
    ] {
        let standing = Standing { totals: Totals { overview, ..Totals::default() }, ..Standing::default() };
        let said = standing.stops().pop().map(|(_, notice)| notice.title);
        assert_eq!(said.as_deref(), title, "{standing:?}");
    }
}

#[test]
fn a_watched_folder_is_told_of_where_that_is_wanted_and_once_an_hour() {
    let (mut notices, begun) = (Notices::default(), Instant::now());
    let at = |minutes: u64| begun + Duration::from_secs(60 * minutes);
    let wants = Preferences { tell_watched: true, ..Preferences::default() };
    let found = |batch, done, failed| Ended { watch: Some(WatchId::new(7)), ..ended(batch, done, failed) };
    assert_eq!(notices.next(at(0)), None);
    let one = Ended { name: Some("scan.tif".into()), ..found(1, 1, 0) };
    assert_eq!(notices.ended(one, wants, false), None, "not by itself");
    assert_eq!(notices.next(at(0)), Some(at(0)));
    assert_eq!(notices.due(wants, false, at(0)), [notice("scan.tif is uploaded", PLACE)]);
    assert_eq!(notices.ended(found(2, 4, 0), wants, false), None);
    assert_eq!(notices.ended(found(3, 1, 0), wants, false), None);
    assert_eq!((notices.due(wants, false, at(59)), notices.next(at(59))), (vec![], Some(at(60))));
    assert_eq!(notices.due(wants, false, at(60)), [notice("5 files are uploaded", PLACE)]);
    assert_eq!((notices.due(wants, false, at(200)), notices.next(at(200))), (vec![], None));
    // What needs somebody does not wait.
    assert_eq!(notices.ended(found(4, 0, 1), wants, false), Some(needs_you("1 file needs you", PLACE)));
    let not = Preferences::default();
    assert_eq!(notices.ended(found(5, 2, 0), not, false), None);
    assert_eq!((notices.due(not, false, at(300)), notices.next(at(300))), (vec![], None));
}
