//! What the shell itself says: in the tray, in the system's notifications and in its dialogs. The page's words are in
//! `ui/src/text`; numbers read here as they do there.

mod reason;

use davit_core::bandwidth::Zone;
use davit_core::error::ErrorCode;
use davit_core::units::UnixTime;
pub(crate) use reason::reason;

use crate::notices::Notice;

/// A name has no more letters than this in a menu or a title.
const NAME: usize = 40;

pub(crate) const OPEN: &str = "Open Davit";
pub(crate) const QUIT: &str = "Quit Davit";
pub(crate) const PAUSE: &str = "Pause all";
pub(crate) const RESUME: &str = "Resume all";
pub(crate) const HOUR: &str = "Pause for an hour";
pub(crate) const SPEED_LIMIT: &str = "Speed limit";
pub(crate) const NO_LIMIT: &str = "No limit";
pub(crate) const FOLLOW: &str = "Follow the schedule";
pub(crate) const ADD_FILES: &str = "Add files…";
pub(crate) const ADD_FOLDER: &str = "Add folder…";
#[cfg(any(target_os = "macos", test))]
pub(crate) const SETTINGS: &str = "Settings…";
#[cfg(any(target_os = "macos", test))]
pub(crate) const SHORTCUTS: &str = "Keyboard shortcuts";
pub(crate) const DONE: &str = "Done last";
pub(crate) const UPLOADING: &str = "Uploading";
pub(crate) const PAUSED: &str = "Paused";
pub(crate) const PAUSED_ON_METERED: &str = "Paused on a metered network";
pub(crate) const PAUSED_ON_BATTERY: &str = "Paused on a low battery";
pub(crate) const WAITING: &str = "Waiting";
pub(crate) const OFFLINE: &str = "Waiting for the connection";
pub(crate) const SIGNED_OUT: &str = "Sign in to continue";
pub(crate) const STUCK: &str = "Stopped: Davit cannot write its records";
pub(crate) const UP_TO_DATE: &str = "Up to date";
pub(crate) const PROXY: &str = "Your company network asks for a password";

/// In the browser, once somebody signed in there.
pub(crate) const BACK: &str = "You can close this page and go back to Davit.";
/// The same for whoever comes by another way.
pub(crate) const OTHER_SIGN_IN: &str = "This is not the sign-in that Davit waits for. You can close this page.";

/// "Uploading 40%, 38.4 MB/s, about 18 h left": what of it is known.
pub(crate) fn uploading(percent: Option<u64>, per_second: u64, seconds_left: Option<u32>) -> String {
    let percent = percent.map(|percent| format!("{percent}%"));
    let speed = (per_second > 0).then(|| speed(per_second));
    let left = seconds_left.map(|seconds| format!("{} left", left(seconds)));
    let known: Vec<_> = [percent, speed, left].into_iter().flatten().collect();
    if known.is_empty() { UPLOADING.to_owned() } else { format!("{UPLOADING} {}", known.join(", ")) }
}

/// "10 MB/s", "2.5 MB/s": a limit.
pub(crate) fn limit(per_second: u64) -> String {
    if per_second.is_multiple_of(1_000_000) { format!("{} MB/s", per_second / 1_000_000) } else { speed(per_second) }
}

/// "Paused until 15:05".
pub(crate) fn paused_until(at: UnixTime) -> String {
    format!("{PAUSED} until {}", clock(at))
}

/// "Paused by schedule until 18:00".
pub(crate) fn paused_by_schedule(until: Option<UnixTime>) -> String {
    let until = until.map(|at| format!(" until {}", clock(at))).unwrap_or_default();
    format!("{PAUSED} by schedule{until}")
}

/// "Waiting for LAB-NAS".
pub(crate) fn waiting_for(drive: &str) -> String {
    format!("{WAITING} for {}", name(drive))
}

/// "3 transfers need you".
pub(crate) fn transfers_need_you(n: u32) -> String {
    if n == 1 { "1 transfer needs you".to_owned() } else { format!("{} transfers need you", count(n)) }
}

/// "3 transfers and 1 watched folder need you"; nothing where nothing does.
pub(crate) fn all_need_you(transfers: u32, folders: u32) -> Option<String> {
    let watched =
        || if folders == 1 { "1 watched folder".to_owned() } else { format!("{} watched folders", count(folders)) };
    match (transfers, folders) {
        (0, 0) => None,
        (_, 0) => Some(transfers_need_you(transfers)),
        (0, _) => Some(format!("{} {} you", watched(), if folders == 1 { "needs" } else { "need" })),
        (1, _) => Some(format!("1 transfer and {} need you", watched())),
        _ => Some(format!("{} transfers and {} need you", count(transfers), watched())),
    }
}

/// "214 files are uploaded", or the one by its name.
pub(crate) fn done(n: u32, of: Option<&str>) -> String {
    match of {
        Some(of) if n == 1 => format!("{} is uploaded", name(of)),
        _ if n == 1 => "1 file is uploaded".to_owned(),
        _ => format!("{} files are uploaded", count(n)),
    }
}

/// "3 files need you", or the one by its name.
pub(crate) fn need_you(n: u32, of: Option<&str>) -> String {
    match of {
        Some(of) if n == 1 => format!("{} needs you", name(of)),
        _ if n == 1 => "1 file needs you".to_owned(),
        _ => format!("{} files need you", count(n)),
    }
}

/// Nobody is signed in any more.
pub(crate) fn sign_in() -> Notice {
    says(SIGNED_OUT, "Your sign-in ended. Nothing is lost.")
}

/// What nothing goes on for until somebody does something; none where it goes by itself.
pub(crate) fn in_the_way(code: ErrorCode) -> Option<Notice> {
    Some(match code {
        ErrorCode::CaptivePortal => {
            says("This network wants you to sign in first", "Open its page, then uploads continue.")
        }
        ErrorCode::UntrustedServer => says(
            "This network changes secure connections",
            "Davit sends nothing here. It continues by itself elsewhere.",
        ),
        ErrorCode::ProxyAuth => says(PROXY, "Enter it in Settings, Connection."),
        ErrorCode::DiskFull | ErrorCode::JournalUnwritable => stuck(code),
        _ => return None,
    })
}

/// The records cannot be written.
pub(crate) fn stuck(code: ErrorCode) -> Notice {
    if code == ErrorCode::DiskFull {
        return says(
            "This computer’s disk is full",
            "Davit needs 200 MB for its records. Make room; it continues by itself.",
        );
    }
    says("Davit cannot write its records", "Check the disk and its permissions; it continues by itself.")
}

/// The drive of a watched folder is away.
pub(crate) fn plug_in(drive: &str, folder: &str) -> Notice {
    says(&format!("Plug in the drive {} to continue", name(drive)), &format!("{} is watched there.", name(folder)))
}

/// A watched folder is not there.
pub(crate) fn folder_is_gone(folder: &str) -> Notice {
    says(&format!("{} is not where it was", name(folder)), "Davit watches that folder. Choose where it is now.")
}

/// Another folder is in the place of a watched one.
pub(crate) fn folder_is_another(folder: &str) -> Notice {
    let below = "Another folder is in its place. Choose it if it is the right one.";
    says(&format!("{} is not where it was", name(folder)), below)
}

/// A watched folder cannot be read, or not all of it can be sent.
pub(crate) fn folder_needs_you(folder: &str) -> Notice {
    says(&format!("{} needs you", name(folder)), "Davit watches that folder, and cannot upload all of it.")
}

fn says(title: &str, body: &str) -> Notice {
    Notice { title: title.to_owned(), body: body.to_owned(), leads: None }
}

/// "211 files are uploaded to Projects › Rushes.": beside those that need somebody.
pub(crate) fn and_done(n: u32, destination: &str) -> String {
    format!("{} to {}.", done(n, None), place(destination))
}

/// Where it went: the one place, or to how many.
pub(crate) fn places<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let mut all = all.into_iter();
    match (all.next(), all.count()) {
        (Some(only), 0) => place(only),
        (_, others) => format!("{} places", others + 1),
    }
}

/// Said once, when a window is closed for the first time and Davit goes on: with its icon in the tray, or without any.
pub(crate) fn goes_on(sends: bool, tray: bool) -> (String, String) {
    let what = if sends { "uploading" } else { "watching your folders" };
    let bar = if cfg!(target_os = "macos") { "the menu bar" } else { "the tray" };
    let back = if tray {
        format!("Its icon is in {bar}. Quit is there, too.")
    } else {
        "Start Davit again to see it. Quit is there, too.".to_owned()
    };
    (format!("Davit goes on {what}"), back)
}

/// What the one dialog asks, and what it says below that.
pub(crate) fn quit(uploading: u32) -> (String, &'static str) {
    if uploading == 1 {
        let title = "Quit while 1 transfer is uploading?".to_owned();
        return (title, "It stops now and continues when you open Davit again.");
    }
    let title = format!("Quit while {} transfers are uploading?", count(uploading));
    (title, "They stop now and continue when you open Davit again.")
}

/// Its two answers.
pub(crate) const KEEP_UPLOADING: &str = "Keep uploading";
pub(crate) const QUIT_NOW: &str = "Quit";

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

/// "12,480".
fn count(n: u32) -> String {
    let digits = n.to_string();
    let mut said = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// "38.4 MB/s": one decimal under 100, whole above; kB/s whole.
fn speed(per_second: u64) -> String {
    let kilo = (per_second + 500) / 1_000;
    let tenths = (per_second + 50_000) / 100_000;
    match (kilo, tenths) {
        (0..1_000, _) => format!("{kilo} kB/s"),
        (_, 0..1_000) => format!("{}.{} MB/s", tenths / 10, tenths % 10),
        _ => format!("{} MB/s", (per_second + 500_000) / 1_000_000),
    }
}

/// "7 h 30 min", "about 18 h", "about 3 days".
fn left(seconds: u32) -> String {
    match seconds {
        0..60 => "less than a minute".to_owned(),
        60..600 => format!("{} min", seconds.div_ceil(60)),
        600..=3_300 => format!("{} min", seconds.div_ceil(300) * 5),
        3_301..36_000 => {
            let minutes = seconds.div_ceil(600) * 10;
            match (minutes / 60, minutes % 60) {
                (hours, 0) => format!("{hours} h"),
                (hours, rest) => format!("{hours} h {rest} min"),
            }
        }
        36_000..172_800 => format!("about {} h", (seconds + 1_800) / 3_600),
        _ => format!("about {} days", (u64::from(seconds) + 43_200) / 86_400),
    }
}

/// "18:00".
fn clock(at: UnixTime) -> String {
    let (_, minute) = Zone::here().reads(at);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_the_window() {
        assert_eq!(uploading(Some(40), 38_400_000, Some(66_000)), "Uploading 40%, 38.4 MB/s, about 18 h left");
        assert_eq!(uploading(Some(0), 0, None), "Uploading 0%");
        assert_eq!(uploading(None, 0, None), "Uploading");
        assert_eq!(
            (limit(10_000_000), limit(2_500_000), limit(200_000)),
            ("10 MB/s".into(), "2.5 MB/s".into(), "200 kB/s".into())
        );
        for (rate, said) in
            [(12_345, "12 kB/s"), (999_400, "999 kB/s"), (999_600, "1.0 MB/s"), (412_300_000, "412 MB/s")]
        {
            assert_eq!(speed(rate), said);
        }
        for (seconds, said) in [
            (59, "less than a minute"),
            (61, "2 min"),
            (601, "15 min"),
            (3_300, "55 min"),
            (3_301, "1 h"),
            (27_000, "7 h 30 min"),
            (36_000, "about 10 h"),
            (259_200, "about 3 days"),
        ] {
            assert_eq!(left(seconds), said, "{seconds}");
        }
        assert_eq!(
            (count(7), count(214), count(12_480), count(1_000_000)),
            ("7".into(), "214".into(), "12,480".into(), "1,000,000".into())
        );
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
        assert_eq!(and_done(1, "Projects / Rushes"), "1 file is uploaded to Projects › Rushes.");
        let watching = "Davit goes on watching your folders".to_owned();
        let again = "Start Davit again to see it. Quit is there, too.".to_owned();
        assert_eq!(goes_on(false, false), (watching, again));
        assert!(goes_on(true, true).1.starts_with("Its icon is in "));
        assert_eq!(quit(1).0, "Quit while 1 transfer is uploading?");
    }

    #[test]
    fn a_name_stays_on_its_line_and_keeps_its_end() {
        assert_eq!(name("cut\n\u{202e}vom.exe"), "cut\u{fffd}\u{fffd}vom.exe");
        let long = name(&format!("{}take-03.mov", "harbour ".repeat(20)));
        assert_eq!(long.chars().count(), NAME);
        assert!(long.starts_with("harbour ") && long.ends_with("take-03.mov"), "{long}");
    }
}
