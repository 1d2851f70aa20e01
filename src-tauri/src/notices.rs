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
mod tests;
