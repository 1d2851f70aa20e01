//! What of a watched folder is to be looked at, and when: folders that somebody hinted at, and files that settle; and what
//! is whole and not given to the engine yet. Pure: whoever looks brings what is seen, and the time.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use tokio::time::{Duration, Instant};

use super::below;
use super::settle::{Candidate, Look};
use super::spec::Unit;
use crate::file::Stamp;

/// A folder is looked at this long after the first hint at it: many come together.
const TOGETHER: Duration = Duration::from_millis(200);
/// Looks at one folder that something is written in take one part in so many of the time at most.
const SHARE: u32 = 20;

/// Files that settle or are whole, and folders that are to be looked at.
#[derive(Debug, Default)]
pub struct Agenda {
    candidates: ByFolder<Settling>,
    /// A time before which no candidate of a folder can be whole.
    due: BTreeSet<(Instant, PathBuf)>,
    due_of: BTreeMap<PathBuf, Instant>,
    ready: ByFolder<Candidate>,
    /// Those that are whole, and have to be read before anybody knows whether they are new.
    unread: ByFolder<Candidate>,
    /// Folders that somebody hinted at, and when they are to be looked at.
    hinted: BTreeMap<PathBuf, Instant>,
    /// Files that became longer since they were last asked for.
    grown: BTreeSet<(PathBuf, OsString)>,
    /// How long a look at a folder takes, where that is long.
    large: BTreeMap<PathBuf, Duration>,
}

/// By folder, from the watched one on, and name.
type ByFolder<T> = BTreeMap<PathBuf, BTreeMap<OsString, T>>;

#[derive(Debug)]
struct Settling {
    candidate: Candidate,
    next: Instant,
    still_written: bool,
}

/// How many files settle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// All of them.
    pub all: u32,
    /// Those among them that have been written to for an hour.
    pub still_written: u32,
    /// Beside them, those that are whole and not given to the engine yet.
    pub waiting: u32,
}

/// A file that is whole.
pub type Ready = (PathBuf, OsString, Stamp);

impl Agenda {
    /// Something may have changed in a folder.
    pub fn hint(&mut self, folder: PathBuf, now: Instant) {
        let pause = self.large.get(&folder).map_or(TOGETHER, |took| *took * SHARE);
        self.hinted.entry(folder).or_insert(now + pause);
    }

    /// A folder was listed, which took so long.
    pub fn listed(&mut self, folder: &Path, took: Duration) {
        if took * SHARE > TOGETHER {
            self.large.insert(folder.to_owned(), took);
        } else {
            self.large.remove(folder);
        }
    }

    /// Folders that are to be listed now, because of hints.
    pub fn take_hinted(&mut self, now: Instant) -> Vec<PathBuf> {
        let (ripe, left) = std::mem::take(&mut self.hinted).into_iter().partition(|(_, at)| *at <= now);
        self.hinted = left;
        let ripe: BTreeMap<PathBuf, Instant> = ripe;
        ripe.into_keys().collect()
    }

    /// Files that may be whole now, by folder: each is to be looked at.
    pub fn take_due(&mut self, now: Instant) -> Vec<(PathBuf, Vec<OsString>)> {
        let mut all = Vec::new();
        while let Some((at, _)) = self.due.first()
            && *at <= now
            && let Some((_, folder)) = self.due.pop_first()
        {
            self.due_of.remove(&folder);
            let Some(names) = self.candidates.get(&folder) else { continue };
            let due = names.iter().filter(|(_, one)| one.next <= now).map(|(name, _)| name.clone()).collect();
            let later = names.values().map(|one| one.next).filter(|next| *next > now).min();
            if let Some(later) = later {
                self.is_due(&folder, later);
            }
            all.push((folder, due));
        }
        all
    }

    /// A file became longer.
    pub fn grew(&mut self, folder: &Path, name: &OsStr) {
        self.grown.insert((folder.to_owned(), name.to_owned()));
    }

    /// Files that settle and became longer since this was last asked.
    pub fn take_grown(&mut self) -> Vec<Ready> {
        let now = |(folder, name): (PathBuf, OsString)| {
            let is = self.candidates.get(&folder)?.get(&name)?.candidate.is();
            Some((folder, name, is))
        };
        std::mem::take(&mut self.grown).into_iter().filter_map(now).collect()
    }

    /// When something is to be done next.
    pub fn next(&self) -> Option<Instant> {
        let hint = self.hinted.values().min().copied();
        let due = self.due.first().map(|(at, _)| *at);
        [hint, due].into_iter().flatten().min()
    }

    /// A file that is not on record as it is was looked at.
    pub fn saw(&mut self, folder: &Path, name: &OsStr, is: Stamp, now: Instant, settle: Duration) {
        if is_so(&self.ready, folder, name, is) || is_so(&self.unread, folder, name, is) {
            return;
        }
        remove(&mut self.ready, folder, name);
        remove(&mut self.unread, folder, name);
        let names = self.candidates.entry(folder.to_owned()).or_default();
        let settling = names.entry(name.to_owned()).or_insert_with(|| Settling {
            candidate: Candidate::new(is, now),
            next: now + settle,
            still_written: false,
        });
        let was = settling.candidate.is();
        if was.file == is.file && was.size < is.size {
            self.grown.insert((folder.to_owned(), name.to_owned()));
        }
        match settling.candidate.look(is, now, settle) {
            Look::Ready => {
                let whole = settling.candidate;
                remove(&mut self.candidates, folder, name);
                self.ready.entry(folder.to_owned()).or_default().insert(name.to_owned(), whole);
                return;
            }
            Look::Settling(next) => (settling.next, settling.still_written) = (next, false),
            Look::StillWritten(next) => (settling.next, settling.still_written) = (next, true),
        }
        let next = settling.next;
        self.is_due(folder, next);
    }

    /// A file is to settle from then on, whatever was seen of it before: it failed, or somebody has it open for writing.
    pub fn settles_from(&mut self, (folder, name, is): Ready, from: Instant, settle: Duration) {
        let whole = remove(&mut self.ready, &folder, &name).or_else(|| remove(&mut self.unread, &folder, &name));
        self.is_due(&folder, from + settle);
        let names = self.candidates.entry(folder).or_default();
        // How long it has been written to so far counts, also of one that somebody has open still.
        let known = names.get(&name).map(|known| known.candidate).or(whole);
        let mut candidate = known.unwrap_or_else(|| Candidate::new(is, from));
        candidate.is_held(is, from);
        let still_written = candidate.is_still_written(from);
        names.insert(name, Settling { candidate, next: from + settle, still_written });
    }

    /// A file is to settle once it waited for so long since it was first seen as it is, and waits no more after that.
    pub fn waits_once(&mut self, (folder, name, is): Ready, now: Instant, wait: Duration, settle: Duration) {
        let settles = self.candidates.get(&folder).and_then(|names| names.get(&name)).map(|one| one.candidate.is());
        let is_whole = || is_so(&self.ready, &folder, &name, is) || is_so(&self.unread, &folder, &name, is);
        if settles == Some(is) || is_whole() {
            self.saw(&folder, &name, is, now, settle);
        } else {
            self.settles_from((folder, name, is), now + wait, settle);
        }
    }

    /// Files that are whole as far as looking tells, and whether somebody has each open for writing: one of which that is so goes
    /// on settling, whatever was seen of it, and a folder that goes as one waits for it. Answers the others.
    pub fn that_nobody_writes(
        &mut self,
        told: Vec<(Ready, bool)>,
        unit: Unit,
        now: Instant,
        settle: Duration,
    ) -> Vec<Ready> {
        let (held, free): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, is_held)| *is_held);
        let waits = unit == Unit::TopFolder && !held.is_empty();
        for (file, _) in held {
            self.settles_from(file, now, settle);
        }
        if waits { Vec::new() } else { free.into_iter().map(|(file, _)| file).collect() }
    }

    /// A file is not there, or on record as it is, or left by a rule.
    pub fn forget(&mut self, folder: &Path, name: &OsStr) {
        remove(&mut self.candidates, folder, name);
        remove(&mut self.ready, folder, name);
        remove(&mut self.unread, folder, name);
    }

    /// A file that is whole has to be read before anybody knows whether it is new.
    pub fn reads_first(&mut self, folder: &Path, name: &OsStr) {
        shift(&mut self.ready, &mut self.unread, folder, name);
    }

    /// It was read.
    pub fn was_read(&mut self, folder: &Path, name: &OsStr) {
        shift(&mut self.unread, &mut self.ready, folder, name);
    }

    /// The file that is to be read next.
    pub fn to_read(&self) -> Option<Ready> {
        let (folder, names) = self.unread.first_key_value()?;
        let (name, one) = names.first_key_value()?;
        Some((folder.clone(), name.clone(), one.is()))
    }

    /// This one, if it is to be read.
    pub fn to_read_of(&self, folder: &Path, name: &OsStr) -> Option<Ready> {
        let one = self.unread.get(folder)?.get(name)?;
        Some((folder.to_owned(), name.to_owned(), one.is()))
    }

    /// Of a folder only these are to settle.
    pub fn keep(&mut self, folder: &Path, these: impl Fn(&OsStr) -> bool) {
        retain(&mut self.candidates, folder, &these);
        retain(&mut self.ready, folder, &these);
        retain(&mut self.unread, folder, &these);
    }

    /// A folder is not there, and nothing in it.
    pub fn forget_below(&mut self, folder: &Path) {
        below::out_of_map(&mut self.candidates, folder);
        below::out_of_map(&mut self.ready, folder);
        below::out_of_map(&mut self.unread, folder);
        below::out_of_map(&mut self.large, folder);
    }

    /// Whether a file settles or is whole, or its folder is to be looked at.
    pub fn knows(&self, folder: &Path, name: &OsStr) -> bool {
        self.candidates.get(folder).is_some_and(|names| names.contains_key(name))
            || self.ready.get(folder).is_some_and(|names| names.contains_key(name))
            || self.unread.get(folder).is_some_and(|names| names.contains_key(name))
            || self.hinted.contains_key(folder)
    }

    /// Whether anything is whole and not given to the engine.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty() || !self.unread.is_empty()
    }

    /// Files that are whole and need not be read first, at most so many at a time where each goes by itself; a folder that goes
    /// as one is never cut, and does once nothing in it settles.
    pub fn ready(&self, unit: Unit, at_most: usize) -> Vec<Ready> {
        let named = |(folder, names): (&PathBuf, &BTreeMap<OsString, Candidate>)| {
            let folder = folder.clone();
            names.iter().map(move |(name, one)| (folder.clone(), name.clone(), one.is())).collect::<Vec<_>>()
        };
        if unit == Unit::EachFile {
            return self.ready.iter().flat_map(named).take(at_most).collect();
        }
        let mut loud = BTreeSet::new();
        for folder in self.ready.keys() {
            let Some(top) = folder.components().next().map(|name| PathBuf::from(name.as_os_str())) else {
                return self.ready.get_key_value(folder).into_iter().flat_map(named).take(at_most).collect();
            };
            if loud.contains(&top) {
                continue;
            }
            if !self.settles_below(&top) {
                let whole = self.ready.range(top.clone()..).take_while(|(folder, _)| folder.starts_with(&top));
                return whole.flat_map(named).collect();
            }
            loud.insert(top);
        }
        Vec::new()
    }

    /// How many files settle.
    pub fn unsettled(&self) -> Unsettled {
        let waiting = self.ready.values().chain(self.unread.values()).map(BTreeMap::len).sum::<usize>();
        let none = Unsettled { waiting: u32::try_from(waiting).unwrap_or(u32::MAX), ..Unsettled::default() };
        let all = self.candidates.values().flat_map(BTreeMap::values);
        all.fold(none, |sum, one| Unsettled {
            all: sum.all.saturating_add(1),
            still_written: sum.still_written.saturating_add(one.still_written.into()),
            ..sum
        })
    }

    /// Whether anything settles in a folder or below it, or may, or is to be read first.
    pub fn settles_below(&self, folder: &Path) -> bool {
        let first = |of: Option<&PathBuf>| of.is_some_and(|first| first.starts_with(folder));
        first(self.candidates.range(folder.to_owned()..).next().map(|(known, _)| known))
            || first(self.hinted.range(folder.to_owned()..).next().map(|(known, _)| known))
            || first(self.unread.range(folder.to_owned()..).next().map(|(known, _)| known))
    }

    /// Whether anything is whole in a folder or below it.
    pub fn has_ready_below(&self, folder: &Path) -> bool {
        self.ready.range(folder.to_owned()..).next().is_some_and(|(known, _)| known.starts_with(folder))
    }

    fn is_due(&mut self, folder: &Path, at: Instant) {
        match self.due_of.get(folder) {
            Some(before) if *before <= at => return,
            Some(before) => drop(self.due.remove(&(*before, folder.to_owned()))),
            None => {}
        }
        self.due.insert((at, folder.to_owned()));
        self.due_of.insert(folder.to_owned(), at);
    }
}

/// Whether a file is among these, as it is.
fn is_so(of: &ByFolder<Candidate>, folder: &Path, name: &OsStr, is: Stamp) -> bool {
    of.get(folder).and_then(|names| names.get(name)).is_some_and(|one| one.is() == is)
}

fn remove<T>(of: &mut ByFolder<T>, folder: &Path, name: &OsStr) -> Option<T> {
    let names = of.get_mut(folder)?;
    let one = names.remove(name);
    if names.is_empty() {
        of.remove(folder);
    }
    one
}

/// Takes a file from one to the other.
fn shift<T>(from: &mut ByFolder<T>, to: &mut ByFolder<T>, folder: &Path, name: &OsStr) {
    let Some(one) = from.get_mut(folder).and_then(|names| names.remove(name)) else { return };
    // The folder is left without an entry where nothing in it is.
    remove(from, folder, name);
    to.entry(folder.to_owned()).or_default().insert(name.to_owned(), one);
}

fn retain<T>(of: &mut ByFolder<T>, folder: &Path, these: impl Fn(&OsStr) -> bool) {
    if let Some(names) = of.get_mut(folder) {
        names.retain(|name, _| these(name));
        if names.is_empty() {
            of.remove(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(10);

    const fn stamp(size: u64) -> Stamp {
        Stamp { size, mtime_ns: 1, file: None }
    }

    fn saw(agenda: &mut Agenda, path: &str, size: u64, now: Instant) {
        let path = Path::new(path);
        agenda.saw(path.parent().expect("a folder"), path.file_name().expect("a name"), stamp(size), now, SETTLE);
    }

    fn ready(agenda: &Agenda, unit: Unit) -> Vec<String> {
        let path = |(folder, name, _): Ready| folder.join(name).to_string_lossy().replace('\\', "/");
        agenda.ready(unit, 2).into_iter().map(path).collect()
    }

    /// W2.
    #[test]
    fn a_file_that_is_written_for_ever_holds_back_no_other() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        saw(&mut agenda, "day/a", 1, start);
        saw(&mut agenda, "day/b", 1, start);
        for (size, second) in (2..).zip([10, 20, 30]) {
            let now = start + Duration::from_secs(second);
            let due = agenda.take_due(now);
            assert_eq!(due.len(), 1, "{second}");
            for name in &due[0].1 {
                saw(&mut agenda, &format!("day/{}", name.display()), if name == "a" { size } else { 1 }, now);
            }
            assert_eq!(ready(&agenda, Unit::EachFile), ["day/b"]);
            assert_eq!(agenda.next(), Some(now + SETTLE));
        }
        assert_eq!(agenda.unsettled(), Unsettled { all: 1, still_written: 0, waiting: 1 });
    }

    /// W18: however often its folder is looked at, and though it is as young at every look.
    #[test]
    fn a_file_that_is_dated_in_the_future_waits_once_and_not_for_ever() {
        let (mut agenda, start, wait) = (Agenda::default(), Instant::now(), Duration::from_secs(50));
        let later = |second| start + Duration::from_secs(second);
        let waits = |agenda: &mut Agenda, size: u64, second: u64| {
            agenda.waits_once(("day".into(), "a".into(), stamp(size)), later(second), wait, SETTLE);
        };
        for second in [0, 7, 30, 59] {
            waits(&mut agenda, 1, second);
            assert!(ready(&agenda, Unit::EachFile).is_empty(), "{second}");
            assert_eq!(agenda.next(), Some(later(60)), "{second}");
        }
        assert_eq!(agenda.take_due(later(60)).len(), 1);
        for second in [60, 61] {
            waits(&mut agenda, 1, second);
            assert_eq!(ready(&agenda, Unit::EachFile), ["day/a"], "and it stays so: {second}");
        }
        waits(&mut agenda, 2, 70);
        assert!(ready(&agenda, Unit::EachFile).is_empty(), "another version is first seen then");
        assert_eq!(agenda.next(), Some(later(130)));
    }

    /// W3: what the system says of writers is believed, though nothing is seen of them.
    #[test]
    fn a_file_that_somebody_writes_goes_on_settling_and_its_folder_waits_for_it() {
        for unit in [Unit::EachFile, Unit::TopFolder] {
            let (mut agenda, start) = (Agenda::default(), Instant::now());
            let later = start + SETTLE;
            for path in ["day/a", "day/b"] {
                saw(&mut agenda, path, 1, start);
            }
            agenda.take_due(later);
            for path in ["day/a", "day/b"] {
                saw(&mut agenda, path, 1, later);
            }
            let is_a = |file: Ready| {
                let is_a = file.1 == "a";
                (file, is_a)
            };
            let told = agenda.ready(unit, 2).into_iter().map(is_a).collect();
            let free = agenda.that_nobody_writes(told, unit, later, SETTLE);
            let left = if unit == Unit::EachFile { vec!["day/b".to_owned()] } else { Vec::new() };
            assert_eq!(free.len(), left.len());
            assert_eq!(ready(&agenda, unit), left);
            assert_eq!((agenda.unsettled().all, agenda.next()), (1, Some(later + SETTLE)));
            saw(&mut agenda, "day/a", 1, later + SETTLE / 2);
            assert_eq!(agenda.unsettled().all, 1, "it has to stay the same anew");
            saw(&mut agenda, "day/a", 1, later + SETTLE);
            assert_eq!(ready(&agenda, unit), ["day/a", "day/b"]);
        }
    }

    #[test]
    fn what_is_whole_stays_so_until_it_changes_or_goes() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        let later = start + SETTLE;
        for path in ["a", "b", "c"] {
            saw(&mut agenda, path, 1, start);
            saw(&mut agenda, path, 1, later);
        }
        assert_eq!(ready(&agenda, Unit::EachFile), ["a", "b"], "so many at a time");
        saw(&mut agenda, "a", 1, later);
        saw(&mut agenda, "b", 2, later);
        assert_eq!(ready(&agenda, Unit::EachFile), ["a", "c"]);
        agenda.keep(Path::new(""), |name| name != "c");
        assert_eq!(ready(&agenda, Unit::EachFile), ["a"]);
        agenda.settles_from((PathBuf::new(), "a".into(), stamp(1)), later, SETTLE);
        assert_eq!((ready(&agenda, Unit::EachFile).len(), agenda.unsettled().all), (0, 2));
        agenda.forget_below(Path::new(""));
        assert_eq!(agenda.unsettled().all, 0);
    }

    /// W20.
    #[test]
    fn a_top_folder_goes_as_one_once_nothing_in_it_settles() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        let later = start + SETTLE;
        for path in ["day 1/a", "day 1/cam/b", "day 1/cam/c", "day 2/a", "loose"] {
            saw(&mut agenda, path, 1, start);
            saw(&mut agenda, path, 1, later);
        }
        saw(&mut agenda, "day 1/cam/late", 1, later);
        let unit = Unit::TopFolder;
        assert_eq!(ready(&agenda, unit), ["loose"]);
        agenda.forget(Path::new(""), OsStr::new("loose"));
        assert_eq!(ready(&agenda, unit), ["day 2/a"]);
        agenda.forget(Path::new("day 2"), OsStr::new("a"));
        assert_eq!(ready(&agenda, unit).len(), 0, "something in it settles");
        saw(&mut agenda, "day 1/cam/late", 1, later + SETTLE);
        assert_eq!(
            ready(&agenda, unit),
            ["day 1/a", "day 1/cam/b", "day 1/cam/c", "day 1/cam/late"],
            "and is never cut"
        );
        agenda.hint(PathBuf::from("day 1/cam"), later + SETTLE);
        assert_eq!(ready(&agenda, unit).len(), 0, "somebody says that something moves in it");
    }

    /// W20.
    #[test]
    fn what_is_read_first_holds_back_the_folder_that_it_goes_with_and_no_other() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        let later = start + SETTLE;
        for path in ["day 1/a", "day 1/cam/b", "day 2/a"] {
            saw(&mut agenda, path, 1, start);
            saw(&mut agenda, path, 1, later);
        }
        let (folder, name) = (Path::new("day 1/cam"), OsStr::new("b"));
        agenda.reads_first(folder, name);
        saw(&mut agenda, "day 1/cam/b", 1, later);
        let first = (folder.to_owned(), name.to_owned(), stamp(1));
        assert_eq!((agenda.to_read(), agenda.unsettled().waiting), (Some(first), 3), "it is whole all the same");
        assert_eq!(agenda.ready(Unit::EachFile, 9).len(), 2);
        assert_eq!(ready(&agenda, Unit::TopFolder), ["day 2/a"]);
        agenda.was_read(folder, name);
        assert_eq!(agenda.to_read(), None);
        assert_eq!(ready(&agenda, Unit::TopFolder), ["day 1/a", "day 1/cam/b"]);
        agenda.reads_first(folder, name);
        saw(&mut agenda, "day 1/cam/b", 2, later);
        assert_eq!((agenda.to_read(), agenda.unsettled().all), (None, 1), "another version settles");
    }

    #[test]
    fn hints_that_come_together_are_one_look() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        agenda.hint("day".into(), start);
        agenda.hint("day".into(), start + TOGETHER / 2);
        agenda.hint("cam".into(), start + TOGETHER / 2);
        assert_eq!(agenda.next(), Some(start + TOGETHER));
        assert_eq!(agenda.take_hinted(start + TOGETHER), [PathBuf::from("day")]);
        assert_eq!(agenda.take_hinted(start + TOGETHER * 2), [PathBuf::from("cam")]);
        assert_eq!(agenda.next(), None);
    }

    /// W21.
    #[test]
    fn what_became_longer_is_told_once_while_it_settles() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        let later = |seconds| start + Duration::from_secs(seconds);
        saw(&mut agenda, "day/a", 1, start);
        saw(&mut agenda, "day/b", 1, start);
        saw(&mut agenda, "day/a", 2, later(5));
        saw(&mut agenda, "day/b", 0, later(5));
        let grown = |agenda: &mut Agenda| {
            agenda.take_grown().into_iter().map(|(_, name, is)| (name, is.size)).collect::<Vec<_>>()
        };
        assert_eq!(grown(&mut agenda), [(OsString::from("a"), 2)]);
        assert_eq!(grown(&mut agenda), []);
        saw(&mut agenda, "day/a", 3, later(6));
        saw(&mut agenda, "day/a", 3, later(20));
        assert_eq!(
            (grown(&mut agenda), ready(&agenda, Unit::EachFile)),
            (vec![], vec!["day/a".to_owned()]),
            "it is whole"
        );
    }

    #[test]
    fn a_folder_that_takes_long_to_list_is_listed_the_less_often() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        agenda.listed(Path::new("day"), Duration::from_millis(500));
        agenda.hint("day".into(), start);
        assert_eq!(agenda.next(), Some(start + Duration::from_secs(10)));
        agenda.listed(Path::new("day"), Duration::from_millis(1));
        agenda.take_hinted(start + Duration::from_secs(10));
        agenda.hint("day".into(), start);
        assert_eq!(agenda.next(), Some(start + TOGETHER));
    }

    #[test]
    fn a_hundred_thousand_files_of_one_folder_settle_without_going_through_all_for_each() {
        let (mut agenda, start) = (Agenda::default(), Instant::now());
        for n in 0..100_000_u64 {
            let name = OsString::from(n.to_string());
            agenda.saw(Path::new("day"), &name, stamp(n), start + Duration::from_micros(n), SETTLE);
        }
        let later = start + 2 * SETTLE;
        let due = agenda.take_due(later);
        assert_eq!(due[0].1.len(), 100_000);
        for name in &due[0].1 {
            let size = name.to_str().and_then(|name| name.parse().ok()).expect("a number");
            agenda.saw(Path::new("day"), name, stamp(size), later, SETTLE);
        }
        assert_eq!(agenda.ready(Unit::EachFile, usize::MAX).len(), 100_000);
    }
}
