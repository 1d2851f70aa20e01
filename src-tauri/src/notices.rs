//! What the system is to tell a person: what was added together is uploaded, or something of it needs them, and what keeps
//! everything, or a watched folder, from going on. One notification a gesture when all of it ended, one before at its first problem, and
//! one for whatever is in the way; none a file, and none while they look at the window. What did not take long is told of once, when
//! the whole list is finished, or nothing of it goes on. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use davit_core::engine::{Ended, News, Stumbled};
use davit_core::error::ErrorCode;
use davit_core::ids::{BatchId, WatchId};
use davit_core::settings::Preferences;
use tokio::time::Instant;

use crate::standing::{Standing, Stop};
use crate::views::Wanted;
use crate::words;

/// A watched folder is told of no more often.
const HOUR: Duration = Duration::from_secs(3_600);
/// What took longer than this is told of at once.
const LONG: Duration = Duration::from_secs(600);
/// What is in the way is told once it is so for this long, and what waits for the end of the list where nothing goes on for so long:
/// what goes by itself before is nothing to come for.
const LASTS: Duration = Duration::from_secs(10);
/// What was in the way is over once it was not for this long: what comes and goes is told once.
const OVER: Duration = Duration::from_secs(60);
/// Gestures of which it is known what was told; those before are not tried again any more.
const KNOWN: usize = 1_000;

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
    /// What a click leads to, besides the window.
    pub(crate) leads: Option<Wanted>,
}

/// What was told, and what is still to be.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    gestures: BTreeMap<BatchId, Told>,
    folders: BTreeMap<WatchId, Folder>,
    stops: HashMap<Stop, Held>,
    short: Short,
    /// Since when nothing goes on.
    rests: Option<Instant>,
}

/// What did not take long and waits for the end of the list.
#[derive(Debug, Default)]
struct Short {
    /// Files that were uploaded.
    done: u32,
    /// The one, where it is only one.
    name: Option<String>,
    /// To these destinations.
    places: BTreeSet<String>,
}

/// What was told of a gesture.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Files done, and files failed, when it ended.
    done: u32,
    failed: u32,
    /// Files failed when its first problem was told; it has not ended since.
    before: u32,
}

/// What is in the way.
#[derive(Debug)]
struct Held {
    /// Since when.
    since: Instant,
    /// Since when it is not any more.
    gone: Option<Instant>,
    /// A person knows.
    told: bool,
    says: Notice,
}

/// What is to be told of a watched folder.
#[derive(Debug, Default)]
struct Folder {
    /// When something was told last.
    told: Option<Instant>,
    /// Files that were uploaded since.
    done: u32,
    /// The one, where it is only one.
    name: Option<String>,
    destination: String,
}

impl Notices {
    /// Something became of what was added together. Answers what is to be told of it at once.
    pub(crate) fn news(&mut self, news: News, preferences: Preferences, focused: bool) -> Option<Notice> {
        match news {
            News::Ended(ended) => self.ended(ended, preferences, focused),
            News::Stumbled(stumbled) => self.stumbled(stumbled, preferences, focused),
        }
    }

    fn stumbled(&mut self, stumbled: Stumbled, preferences: Preferences, focused: bool) -> Option<Notice> {
        let Stumbled { batch, destination, item, name, failed, why } = stumbled;
        let told = self.told(batch);
        // What failed before, was tried again and fails again, is no news.
        if told.before > 0 || failed <= told.failed {
            return None;
        }
        told.before = failed;
        let title = words::need_you(failed, name.as_deref());
        let body = because(failed, why, None, &destination);
        let leads = item.map(|item| Wanted::Row { item }).or(Some(Wanted::NeedsYou));
        (preferences.tell_needs_you && !focused).then_some(Notice { title, body, leads })
    }

    /// Something ended.
    fn ended(&mut self, ended: Ended, preferences: Preferences, focused: bool) -> Option<Notice> {
        let Ended { batch, watch, destination, item, name, done, failed, why, took, last } = ended;
        let told = self.told(batch);
        let before = std::mem::replace(told, Told { done, failed, before: 0 });
        // What is tried again ends again: what was told before is no news.
        let (done, failed) = (done.saturating_sub(before.done), failed.saturating_sub(before.failed));
        if done == 0 && failed <= before.before {
            return None;
        }
        let name = name.as_deref();
        if let Some(watch) = watch.filter(|_| done > 0) {
            let folder = self.folders.entry(watch).or_default();
            folder.name = name.filter(|_| folder.done == 0).map(str::to_owned);
            folder.done += done;
            folder.destination.clone_from(&destination);
        }
        if focused {
            // They see it.
            self.short = Short::default();
            return None;
        }
        let leads = item.map(|item| Wanted::Row { item });
        if failed > 0 {
            if !preferences.tell_needs_you {
                return None;
            }
            let Short { done: short, mut places, .. } = self.shorts(last && preferences.tell_done);
            if done > 0 {
                places.insert(destination.clone());
            }
            let leads = leads.or(Some(Wanted::NeedsYou));
            let title = words::need_you(failed, name);
            let places = places.iter().map(String::as_str);
            let besides = (done + short > 0).then(|| words::and_done(done + short, places));
            return Some(Notice { title, body: because(failed, why, besides, &destination), leads });
        }
        if !preferences.tell_done || watch.is_some() || done == 0 {
            return None;
        }
        if !last && took < LONG {
            self.short.name = name.filter(|_| self.short.done == 0).map(str::to_owned);
            self.short.done += done;
            self.short.places.insert(destination);
            return None;
        }
        let Short { done: short, mut places, .. } = self.shorts(last);
        places.insert(destination);
        let body = words::places(places.iter().map(String::as_str));
        let name = name.filter(|_| short == 0);
        Some(Notice { title: words::done(done + short, name), body, leads: leads.filter(|_| short == 0) })
    }

    /// What is to be told with the last of the list.
    fn shorts(&mut self, last: bool) -> Short {
        if last { std::mem::take(&mut self.short) } else { Short::default() }
    }

    fn told(&mut self, batch: BatchId) -> &mut Told {
        if self.gestures.len() >= KNOWN && !self.gestures.contains_key(&batch) {
            self.gestures.pop_first();
        }
        self.gestures.entry(batch).or_default()
    }

    /// Things stand so now.
    pub(crate) fn stands(&mut self, standing: &Standing, now: Instant) {
        self.rests = if standing.goes_on() { None } else { self.rests.or(Some(now)) };
        self.stops.retain(|_, held| held.gone.is_none_or(|gone| now.duration_since(gone) < OVER));
        let stops = standing.stops();
        for (_, held) in self.stops.iter_mut().filter(|(stop, _)| !stops.iter().any(|(is, _)| is == *stop)) {
            held.gone = held.gone.or(Some(now));
        }
        for (stop, says) in stops {
            let new = || Held { since: now, gone: None, told: false, says: says.clone() };
            let held = self.stops.entry(stop).or_insert_with(new);
            if held.gone.take().is_some() {
                held.since = now;
            }
            held.says = says;
        }
    }

    /// What is to be told by now of what is in the way, of watched folders, and of what waited for an end that does not come.
    pub(crate) fn due(&mut self, preferences: Preferences, focused: bool, now: Instant) -> Vec<Notice> {
        let mut notices = Vec::new();
        for held in self.stops.values_mut().filter(|held| held.due().is_some_and(|due| due <= now)) {
            held.told = true;
            if preferences.tell_needs_you && !focused {
                notices.push(held.says.clone());
            }
        }
        for folder in self.folders.values_mut().filter(|folder| folder.is_due(now)) {
            let (done, name) = (std::mem::take(&mut folder.done), folder.name.take());
            // Who looks at the window, or does not want to know, knows: it is not made up for later.
            folder.told = Some(now);
            if preferences.tell_watched && !focused {
                let body = words::place(&folder.destination);
                notices.push(Notice { title: words::done(done, name.as_deref()), body, leads: None });
            }
        }
        if self.short.due(self.rests).is_some_and(|due| due <= now) {
            let Short { done, name, places } = std::mem::take(&mut self.short);
            if preferences.tell_done && !focused {
                let body = words::places(places.iter().map(String::as_str));
                notices.push(Notice { title: words::done(done, name.as_deref()), body, leads: None });
            }
        }
        notices
    }

    /// When something is due next.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        let waits = self.folders.values().filter(|folder| folder.done > 0);
        let folders = waits.map(|folder| folder.told.map_or(now, |told| told + HOUR));
        folders.chain(self.stops.values().filter_map(Held::due)).chain(self.short.due(self.rests)).min()
    }
}

impl Short {
    /// When it is to be told, where nothing goes on since then.
    fn due(&self, rests: Option<Instant>) -> Option<Instant> {
        rests.filter(|_| self.done > 0).map(|rests| rests + LASTS)
    }
}

impl Held {
    /// When it is to be told.
    fn due(&self) -> Option<Instant> {
        (!self.told && self.gone.is_none()).then(|| self.since + LASTS)
    }
}

impl Folder {
    fn is_due(&self, now: Instant) -> bool {
        self.done > 0 && self.told.is_none_or(|told| now.duration_since(told) >= HOUR)
    }
}

/// Why it needs the person, where it is one file, and what was done besides; else where it goes.
fn because(failed: u32, why: Option<ErrorCode>, besides: Option<String>, destination: &str) -> String {
    let why = why.filter(|_| failed == 1).map(words::reason);
    words::sentences(why, besides).unwrap_or_else(|| words::place(destination))
}

#[cfg(test)]
mod tests {
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
        assert_eq!(
            notices.news(stumbled(1, 2, None, None), wants, false),
            None,
            "two of the three that were tried again"
        );
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
}
