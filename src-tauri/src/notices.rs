//! What the system is to tell a person: what was added together is uploaded, or something of it needs them. One notification a
//! gesture, when all of it ended; none a file, and none while they look at the window. What did not take long is told of once, when
//! the whole list is finished. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use davit_core::engine::Ended;
use davit_core::ids::{BatchId, WatchId};
use davit_core::settings::Preferences;
use tokio::time::Instant;

use crate::views::Wanted;
use crate::words;

/// A watched folder is told of no more often.
const HOUR: Duration = Duration::from_secs(3_600);
/// What took longer than this is told of at once.
const LONG: Duration = Duration::from_secs(600);
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
    /// Files done and failed, of gestures that ended.
    told: BTreeMap<BatchId, (u32, u32)>,
    folders: BTreeMap<WatchId, Folder>,
    short: Short,
}

/// What did not take long and waits for the end of the list.
#[derive(Debug, Default)]
struct Short {
    /// Files that were uploaded.
    done: u32,
    /// To these destinations.
    places: BTreeSet<String>,
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
    /// Something ended. Answers what is to be told of it at once.
    pub(crate) fn ended(&mut self, ended: Ended, preferences: Preferences, focused: bool) -> Option<Notice> {
        let Ended { batch, watch, destination, item, name, done, failed, why, took, last } = ended;
        let before = self.told.insert(batch, (done, failed)).unwrap_or_default();
        if self.told.len() > KNOWN {
            self.told.pop_first();
        }
        // What is tried again ends again: what was told before is no news.
        let (done, failed) = (done.saturating_sub(before.0), failed.saturating_sub(before.1));
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
            let why = why.filter(|_| failed == 1).map(|code| words::reason(code).to_owned());
            let besides = (done > 0).then(|| words::and_done(done, &destination));
            let told: Vec<_> = [why, besides].into_iter().flatten().collect();
            let body = if told.is_empty() { words::place(&destination) } else { told.join(" ") };
            let leads = leads.or(Some(Wanted::NeedsYou));
            return preferences.tell_needs_you.then(|| Notice { title: words::need_you(failed, name), body, leads });
        }
        if !preferences.tell_done || watch.is_some() || done == 0 {
            return None;
        }
        if !last && took < LONG {
            self.short.done += done;
            self.short.places.insert(destination);
            return None;
        }
        let Short { done: short, mut places } = if last { std::mem::take(&mut self.short) } else { Short::default() };
        places.insert(destination);
        let body = words::places(places.iter().map(String::as_str));
        let name = name.filter(|_| short == 0);
        Some(Notice { title: words::done(done + short, name), body, leads: leads.filter(|_| short == 0) })
    }

    /// What is to be told of watched folders by now.
    pub(crate) fn due(&mut self, preferences: Preferences, focused: bool, now: Instant) -> Vec<Notice> {
        let mut notices = Vec::new();
        for folder in self.folders.values_mut().filter(|folder| folder.is_due(now)) {
            let (done, name) = (std::mem::take(&mut folder.done), folder.name.take());
            // Who looks at the window, or does not want to know, knows: it is not made up for later.
            folder.told = Some(now);
            if preferences.tell_watched && !focused {
                let body = words::place(&folder.destination);
                notices.push(Notice { title: words::done(done, name.as_deref()), body, leads: None });
            }
        }
        notices
    }

    /// When something is due next.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        let waits = self.folders.values().filter(|folder| folder.done > 0);
        waits.map(|folder| folder.told.map_or(now, |told| told + HOUR)).min()
    }
}

impl Folder {
    fn is_due(&self, now: Instant) -> bool {
        self.done > 0 && self.told.is_none_or(|told| now.duration_since(told) >= HOUR)
    }
}

#[cfg(test)]
mod tests {
    use davit_core::error::ErrorCode;
    use davit_core::ids::ItemId;

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
