//! What the shell itself says: in the tray, in the system's notifications and in its dialogs. Its words are the page's: messages
//! in `ui/src/text/en.ts`, of which `words/en.json` is made (`npm run words`). Numbers and times read as they do there.

mod message;
mod written;

use davit_core::bandwidth::Zone;
use davit_core::error::ErrorCode;
use davit_core::units::UnixTime;
pub(crate) use message::{fill, say};
pub(crate) use written::Written;

use crate::notices::Notice;

/// A name has no more letters than this in a menu or a title.
const NAME: usize = 40;

/// "Uploading 40%, 38.4 MB/s, about 18 h left": what of it is known.
pub(crate) fn uploading(percent: Option<u64>, per_second: u64, seconds_left: Option<u32>) -> String {
    let percent = percent.map(|percent| fill("percent", [("n", percent.into())]));
    let speed = (per_second > 0).then(|| speed(per_second));
    let left = seconds_left.map(|seconds| fill("left", [("time", left(seconds).into())]));
    let known = [percent, speed, left].into_iter().flatten();
    match known.reduce(|one, other| fill("known", [("one", one.into()), ("other", other.into())])) {
        Some(known) => fill("uploadingAt", [("known", known.into())]),
        None => say("uploading"),
    }
}

/// "10 MB/s", "2.5 MB/s": a limit has no more digits than it was given.
pub(crate) fn limit(per_second: u64) -> String {
    let rate = per_second as f64;
    if per_second < 1_000_000 { in_kilo(rate / 1e3, 1) } else { in_mega(rate / 1e6, 0, 1) }
}

/// "Paused until 15:05".
pub(crate) fn paused_until(at: UnixTime) -> String {
    fill("pausedUntil", [("at", clock(at).into())])
}

/// "Paused by schedule until 18:00".
pub(crate) fn paused_by_schedule(until: Option<UnixTime>) -> String {
    match until {
        Some(at) => fill("pausedByScheduleUntil", [("at", clock(at).into())]),
        None => say("pausedBySchedule"),
    }
}

/// "Waiting for LAB-NAS".
pub(crate) fn waiting_for(drive: &str) -> String {
    fill("waitingFor", [("drive", name(drive).into())])
}

/// "3 transfers and 1 watched folder need you"; nothing where nothing does.
pub(crate) fn all_need_you(transfers: u32, folders: u32) -> Option<String> {
    let (transfers, folders) = (u64::from(transfers), u64::from(folders));
    match (transfers, folders) {
        (0, 0) => None,
        (_, 0) => Some(fill("transfersNeedYou", [("n", transfers.into())])),
        (0, _) => Some(fill("foldersNeedYou", [("n", folders.into())])),
        _ => Some(fill("bothNeedYou", [("transfers", transfers.into()), ("folders", folders.into())])),
    }
}

/// "214 files are uploaded", or the one by its name.
pub(crate) fn done(n: u32, of: Option<&str>) -> String {
    match of {
        Some(of) if n == 1 => fill("doneOne", [("name", name(of).into())]),
        _ => fill("done", [("n", u64::from(n).into())]),
    }
}

/// "3 files need you", or the one by its name.
pub(crate) fn need_you(n: u32, of: Option<&str>) -> String {
    match of {
        Some(of) if n == 1 => fill("needsYouOne", [("name", name(of).into())]),
        _ => fill("needYou", [("n", u64::from(n).into())]),
    }
}

/// Why a file needs a person, in the words that its row has in the window. What to do is in the details there.
pub(crate) fn reason(code: ErrorCode) -> String {
    say(&format!("reasons.{}", code.as_str()))
}

/// Two sentences, or the one of them that there is.
pub(crate) fn sentences(one: Option<String>, other: Option<String>) -> Option<String> {
    let both = |one: String, other: String| fill("sentences", [("one", one.into()), ("other", other.into())]);
    [one, other].into_iter().flatten().reduce(both)
}

/// Nobody is signed in any more.
pub(crate) fn sign_in() -> Notice {
    says(say("signIn.title"), say("signIn.body"))
}

/// What nothing goes on for until somebody does something; none where it goes by itself.
pub(crate) fn in_the_way(code: ErrorCode) -> Option<Notice> {
    Some(match code {
        ErrorCode::CaptivePortal => says(say("portal.title"), say("portal.body")),
        ErrorCode::UntrustedServer => says(say("untrusted.title"), say("untrusted.body")),
        ErrorCode::ProxyAuth => says(say("proxy.title"), say("proxy.body")),
        ErrorCode::DiskFull | ErrorCode::JournalUnwritable => stuck(code),
        _ => return None,
    })
}

/// The records cannot be written.
pub(crate) fn stuck(code: ErrorCode) -> Notice {
    if code == ErrorCode::DiskFull {
        return says(say("diskFull.title"), say("diskFull.body"));
    }
    says(say("unwritable.title"), say("unwritable.body"))
}

/// The drive of a watched folder is away.
pub(crate) fn plug_in(drive: &str, folder: &str) -> Notice {
    let body = fill("plugIn.body", [("folder", name(folder).into())]);
    says(fill("plugIn.title", [("drive", name(drive).into())]), body)
}

/// A watched folder is not there.
pub(crate) fn folder_is_gone(folder: &str) -> Notice {
    says(fill("folderGone.title", [("folder", name(folder).into())]), say("folderGone.body"))
}

/// Another folder is in the place of a watched one.
pub(crate) fn folder_is_another(folder: &str) -> Notice {
    says(fill("folderAnother.title", [("folder", name(folder).into())]), say("folderAnother.body"))
}

/// A watched folder cannot be read, or not all of it can be sent.
pub(crate) fn folder_needs_you(folder: &str) -> Notice {
    says(fill("folderUnfit.title", [("folder", name(folder).into())]), say("folderUnfit.body"))
}

const fn says(title: String, body: String) -> Notice {
    Notice { title, body, leads: None }
}

/// "211 files are uploaded to Projects › Rushes.": beside those that need somebody.
pub(crate) fn and_done<'a>(n: u32, to: impl IntoIterator<Item = &'a str>) -> String {
    fill("doneTo", [("n", u64::from(n).into()), ("place", places(to).into())])
}

/// Where it went: the one place, or to how many.
pub(crate) fn places<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let mut all = all.into_iter();
    match (all.next(), all.count()) {
        (Some(only), 0) => place(only),
        (_, others) => fill("places", [("n", u64::try_from(others + 1).unwrap_or(u64::MAX).into())]),
    }
}

/// Said once, when a window is closed for the first time and Davit goes on: with its icon in the tray, or without any.
pub(crate) fn goes_on(sends: bool, tray: bool) -> (String, String) {
    let title = if sends { say("goesOn.uploading") } else { say("goesOn.watching") };
    let back = match (tray, cfg!(target_os = "macos")) {
        (true, true) => say("goesOn.menuBar"),
        (true, false) => say("goesOn.tray"),
        (false, _) => say("goesOn.unseen"),
    };
    (title, back)
}

/// What the one dialog asks, and what it says below that.
pub(crate) fn quit(uploading: u32) -> (String, String) {
    let n = u64::from(uploading);
    (fill("quitting.title", [("n", n.into())]), fill("quitting.body", [("n", n.into())]))
}

/// "Projects › Rushes", whichever sign a company writes between the steps.
pub(crate) fn place(label: &str) -> String {
    plain(label).replace(" / ", " › ")
}

/// A name that stays on its line and turns nothing around; its end stays, where the extension is.
pub(crate) fn name(name: &str) -> String {
    let letters: Vec<char> = plain(name).chars().collect();
    if letters.len() <= NAME {
        return letters.into_iter().collect();
    }
    let (head, tail) = (&letters[..NAME - 15], &letters[letters.len() - 14..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

/// Without what would leave the line, or make ".exe" look like ".mov".
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

/// "38.4 MB/s": one decimal under 100, whole above; kB/s whole.
fn speed(per_second: u64) -> String {
    let kilo = (per_second + 500) / 1_000;
    let tenths = (per_second + 50_000) / 100_000;
    match (kilo, tenths) {
        (0..1_000, _) => in_kilo(kilo as f64, 0),
        (_, 0..1_000) => in_mega(tenths as f64 / 10.0, 1, 1),
        _ => in_mega(((per_second + 500_000) / 1_000_000) as f64, 0, 0),
    }
}

fn in_kilo(rate: f64, digits: u32) -> String {
    fill("speed.kB", [("n", Written::here().number(rate, 0, digits).into())])
}

fn in_mega(rate: f64, least: u32, most: u32) -> String {
    fill("speed.MB", [("n", Written::here().number(rate, least, most).into())])
}

/// "7 h 30 min", "about 18 h", "about 3 days".
fn left(seconds: u32) -> String {
    let minutes = |n: u32| fill("time.min", [("n", u64::from(n).into())]);
    let hours = |n: u32| fill("time.h", [("n", u64::from(n).into())]);
    let about = |time: String| fill("time.about", [("time", time.into())]);
    match seconds {
        0..60 => say("time.minute"),
        60..600 => minutes(seconds.div_ceil(60)),
        600..=3_300 => minutes(seconds.div_ceil(300) * 5),
        3_301..36_000 => {
            let steps = seconds.div_ceil(600) * 10;
            match (steps / 60, steps % 60) {
                (whole, 0) => hours(whole),
                (whole, rest) => fill("time.both", [("hours", hours(whole).into()), ("minutes", minutes(rest).into())]),
            }
        }
        36_000..172_800 => about(hours((seconds + 1_800) / 3_600)),
        _ => about(fill("time.days", [("n", ((u64::from(seconds) + 43_200) / 86_400).into())])),
    }
}

/// "18:00".
fn clock(at: UnixTime) -> String {
    let (_, minute) = Zone::here().reads(at);
    Written::here().clock(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_units_and_the_digits_that_they_have_in_the_window() {
        let all = uploading(Some(40), 38_400_000, Some(66_000));
        assert_eq!(all, "Uploading 40%, 38.4\u{a0}MB/s, about 18\u{a0}h left");
        assert_eq!(uploading(Some(0), 0, None), "Uploading 0%");
        assert_eq!(uploading(None, 0, None), "Uploading");
        for (rate, said) in [
            (10_000_000, "10\u{a0}MB/s"),
            (2_500_000, "2.5\u{a0}MB/s"),
            (100_500_000, "100.5\u{a0}MB/s"),
            (200_000, "200\u{a0}kB/s"),
        ] {
            assert_eq!(limit(rate), said);
        }
        for (rate, said) in [
            (12_345, "12\u{a0}kB/s"),
            (999_400, "999\u{a0}kB/s"),
            (999_600, "1.0\u{a0}MB/s"),
            (412_300_000, "412\u{a0}MB/s"),
        ] {
            assert_eq!(speed(rate), said);
        }
        for (seconds, said) in [
            (59, "less than a minute"),
            (61, "2\u{a0}min"),
            (601, "15\u{a0}min"),
            (3_300, "55\u{a0}min"),
            (3_301, "1\u{a0}h"),
            (27_000, "7\u{a0}h 30\u{a0}min"),
            (36_000, "about 10\u{a0}h"),
            (259_200, "about 3 days"),
        ] {
            assert_eq!(left(seconds), said, "{seconds}");
        }
        assert_eq!(done(12_480, None), "12,480 files are uploaded");
        assert_eq!(clock(UnixTime(1_800_000_000)).len(), "18:00".len());
    }

    #[test]
    fn one_thing_is_told_by_its_name_and_several_by_their_number() {
        assert_eq!(done(214, Some("Day 7")), "214 files are uploaded");
        assert_eq!(done(1, Some("harbour.mov")), "harbour.mov is uploaded");
        assert_eq!(need_you(3, None), "3 files need you");
        assert_eq!(need_you(1, Some("harbour.mov")), "harbour.mov needs you");
        for (transfers, folders, said) in [
            (0, 0, None),
            (3, 0, Some("3 transfers need you")),
            (0, 1, Some("1 watched folder needs you")),
            (0, 2, Some("2 watched folders need you")),
            (1, 1, Some("1 transfer and 1 watched folder need you")),
            (3, 2, Some("3 transfers and 2 watched folders need you")),
        ] {
            assert_eq!(all_need_you(transfers, folders).as_deref(), said);
        }
        assert_eq!(and_done(1, ["Projects / Rushes"]), "1 file is uploaded to Projects › Rushes.");
        let watching = "Davit goes on watching your folders".to_owned();
        let again = "Start Davit again to see it. Quit is there, too.".to_owned();
        assert_eq!(goes_on(false, false), (watching, again));
        assert!(goes_on(true, true).1.starts_with("Its icon is in "));
        let one = ("Quit while 1 transfer is uploading?", "It stops now and continues when you open Davit again.");
        assert_eq!(quit(1), (one.0.to_owned(), one.1.to_owned()));
        assert!(quit(2).1.starts_with("They stop now and continue "));
    }

    #[test]
    fn a_name_stays_on_its_line_and_keeps_its_end() {
        assert_eq!(name("cut\n\u{202e}vom.exe"), "cut\u{fffd}\u{fffd}vom.exe");
        let long = name(&format!("{}take-03.mov", "harbour ".repeat(20)));
        assert_eq!(long.chars().count(), NAME);
        assert!(long.starts_with("harbour ") && long.ends_with("take-03.mov"), "{long}");
    }

    #[test]
    fn a_name_that_runs_from_right_to_left_keeps_to_itself() {
        assert_eq!(done(1, Some("תוכנית.mov")), "\u{2068}תוכנית.mov\u{2069} is uploaded");
        assert_eq!(done(1, Some("plan.mov")), "plan.mov is uploaded");
    }

    /// The gallery's pseudo-locale, for what no page shows: every message comes in brackets, and what stands outside of them is none.
    #[test]
    fn every_word_that_the_shell_says_is_a_message() {
        let bracketed = message::Bracketed::begin();
        let mut said = vec![
            uploading(Some(40), 38_400_000, Some(66_000)),
            uploading(None, 0, None),
            limit(2_500_000),
            limit(200_000),
            paused_until(UnixTime(1_800_000_000)),
            paused_by_schedule(None),
            paused_by_schedule(Some(UnixTime(1_800_000_000))),
            waiting_for("7"),
            done(1, Some("7")),
            done(7, None),
            need_you(1, Some("7")),
            need_you(7, None),
            and_done(7, ["7"]),
            places(["7", "8"]),
        ];
        said.extend([(1, 0), (0, 1), (2, 2)].into_iter().filter_map(|(one, other)| all_need_you(one, other)));
        said.extend([59, 61, 3_301, 27_000, 36_000, 259_200].map(left));
        said.extend(ErrorCode::ALL.iter().map(|&code| reason(code)));
        said.extend(sentences(Some(say("open")), Some(say("quit"))));
        let notices =
            [sign_in(), plug_in("7", "8"), folder_is_gone("7"), folder_is_another("7"), folder_needs_you("7")];
        let notices = notices.into_iter().chain(ErrorCode::ALL.iter().filter_map(|&code| in_the_way(code)));
        let pairs = notices.map(|notice| (notice.title, notice.body));
        let pairs = pairs.chain([goes_on(true, true), goes_on(true, false), goes_on(false, true), quit(1), quit(2)]);
        said.extend(pairs.flat_map(|(one, other)| [one, other]));
        drop(bracketed);
        for words in said {
            let mut depth = 0_usize;
            let outside: String = words
                .chars()
                .filter(|&c| match c {
                    '⟦' => {
                        depth += 1;
                        false
                    }
                    '⟧' => {
                        depth = depth.saturating_sub(1);
                        false
                    }
                    _ => depth == 0,
                })
                .collect();
            assert!(words.contains('⟦') && outside.is_empty(), "{words}");
        }
    }
}
