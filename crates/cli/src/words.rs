//! One plain sentence and one action for every code.

use davit_core::bandwidth::{LimitNow, Why, Zone};
use davit_core::engine::feed::{Wait, Way, WayKind, WayWhy};
use davit_core::error::{Error, ErrorCode};
use davit_core::journal::Notice;
use davit_core::units::{ByteRate, UnixTime};
use davit_core::watch::Spec;
use davit_core::watch::rules::{Line, Rule};

use crate::output::Stopped;
use crate::text;

/// What to tell a person.
pub(crate) struct Words {
    /// What happened.
    pub(crate) what: &'static str,
    /// What to do.
    pub(crate) action: &'static str,
}

/// The words of a code, for a file that failed or a command that ends: nothing goes on by itself any more.
pub(crate) fn of(code: ErrorCode) -> Words {
    use ErrorCode as C;
    let (what, action) = match code {
        C::Offline => ("There is no connection.", "Run the command again when you are back."),
        C::StorageBusy => ("The storage is busy.", "Run the command again later; what was sent is kept."),
        C::BackendDown => ("Your company's sign-in service does not answer.", "Run the command again when it does."),
        C::SourceOffline => ("The drive with the file is away.", "Reconnect it."),
        C::CaptivePortal => ("This network wants you to sign in first.", "Open a web page and sign in to the network."),
        C::ProxyAuth => ("Your company network asks for a password.", "Set it in the proxy settings."),
        C::SignInEnded => (
            "Nobody is signed in.",
            "Run `davit sign-in`, or set DAVIT_TOKEN to a fresh access token where your company gives one.",
        ),
        C::SignInUnfinished => ("The sign-in was not finished.", "Run `davit sign-in` again."),
        C::WrongToken => ("The access token was not accepted.", "Ask your administrator for a fresh one."),
        C::NoCredentials => {
            let action = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in by your company's address.";
            ("No AWS credentials were found.", action)
        }
        C::AccessDenied => ("The storage gives no access to this place.", "Ask your administrator."),
        C::SetByCompany => ("Your company sets this.", "Ask your administrator."),
        C::NotAllowed => ("You may not upload there.", "Ask your administrator."),
        C::AccountDisabled => ("Your account may not upload any more.", "Ask your administrator."),
        C::StorageFull => ("Your company's storage is full.", "Ask your administrator for space."),
        C::TooLarge => ("The file is larger than allowed.", "Split it, or ask for a higher limit."),
        C::FileMissing => ("The file was moved, renamed or deleted.", "Check the path."),
        C::FileInUse => ("Another program holds the file or keeps changing it.", "Close it there."),
        C::ComputerBusy => ("This computer has too many files open, or no memory.", "Close other programs."),
        C::FileUnreadable => ("Davit is not allowed to read the file.", "Change the file's permissions."),
        C::FileChanged => ("The file changed while it was uploading.", "Run the command again for the new version."),
        C::ReadError => ("The drive reports damage in the file.", "Copy it from a backup if you can."),
        C::NotAFile => ("This is a pipe, socket, link or device.", "Upload regular files and folders."),
        C::FolderLoop => ("The folder contains itself by a link.", "Remove the link."),
        C::NameRefused => ("The name has characters the storage refuses.", "Rename it."),
        C::KeyTooLong => ("The name with its folders is longer than 1,024 bytes.", "Shorten it."),
        C::AlreadyThere => (
            "A file with this name is already there, or was given twice.",
            "Use --collision suffix, or overwrite; of two given at once only suffix keeps both.",
        ),
        C::NoTrash => ("This drive has no trash.", "Let files stay, or move them: `davit watch change --after`."),
        C::FileStays => (
            "A file that was uploaded could not be moved or deleted.",
            "Look at the permissions of its folder, and whether `_uploaded` is a plain folder.",
        ),
        C::DamagedOnTheWay => ("Some pieces arrived damaged.", "Check cable or Wi-Fi, then try again."),
        C::CheckMismatch => ("The stored file does not match yours.", "Upload it again; your file is untouched."),
        C::NoChecksums => {
            ("The storage does not confirm checksums, so that nothing is proven.", "Ask your administrator.")
        }
        C::UploadExpired => ("The storage removed the unfinished upload.", "Run the command again."),
        C::OutcomeUnknown => (
            "Whether the file was stored cannot be seen from here.",
            "Ask your administrator to look, or use --collision suffix.",
        ),
        C::DestinationGone => ("This destination does not exist.", "See `davit destinations`."),
        C::NoSuchBucket => ("The bucket does not exist.", "Check its name."),
        C::WrongRegion => ("The bucket is in another region.", "Give the right one with --region."),
        C::ScopeChanged => ("The credentials reach another place than before.", "Ask your administrator."),
        C::ClockWrong => ("This computer's clock is off.", "Set the clock."),
        C::UntrustedServer => ("The server's certificate is not trusted.", "Give your company's with --ca-bundle."),
        C::BadCertificateFile => ("The certificate file cannot be used.", "Give a PEM file of certificates."),
        C::ClientTooOld => ("Your company needs a newer Davit.", "Update Davit."),
        C::AddressUnreachable => ("Nothing answers at this address.", "Check the spelling."),
        C::AddressNotDavit => ("This address belongs to something else, not to Davit.", "Check the spelling."),
        C::AddressInsecure => ("This address is not secure.", "Use one that begins with https."),
        C::BackendContract => {
            ("Your company's service answers in a way Davit does not understand.", "Tell your administrator.")
        }
        C::KeychainUnavailable => {
            let action =
                "Unlock it. Where there is none, use an address of your company that takes DAVIT_TOKEN, or --s3.";
            ("The system's keychain cannot be used.", action)
        }
        C::DiskFull => ("This computer's disk is full.", "Make room, then try again."),
        C::JournalUnwritable => ("Davit cannot write its records.", "Check the folder, or set DAVIT_HOME."),
        C::JournalNewer => ("The records were written by a newer Davit.", "Update Davit, or set another DAVIT_HOME."),
        C::JournalDamaged => ("The records are damaged.", "The next upload mends them."),
        C::InstanceBusy => ("Another Davit is already at work here.", "Use it, or set another DAVIT_HOME."),
        C::BadInput => ("This makes no sense to Davit.", "Check what you typed."),
        C::Unexpected => ("Something unexpected happened.", "Try again; what was sent is kept."),
    };
    Words { what, action }
}

/// What the company has not been told yet.
pub(crate) fn receipts_wait(how_many: usize) -> String {
    match how_many {
        1 => "1 receipt waits until your company takes it.".to_owned(),
        many => format!("{many} receipts wait until your company takes them."),
    }
}

/// What happened to the records, and what to do.
pub(crate) fn of_notice(notice: Notice) -> String {
    match notice {
        Notice::Mended => "The records were damaged and are mended; the same command adds what is missing.".to_owned(),
        Notice::Restored { from } => {
            format!("The records were lost and are as they were on {}; the same command goes on.", date(from))
        }
        Notice::BegunAnew => {
            "The records were lost and begin anew; the same command uploads the rest and finds what is there taken."
                .to_owned()
        }
    }
}

/// Which way is taken to a destination, and why.
pub(crate) fn way(way: &Way) -> String {
    use WayKind::{Accelerated, Direct};
    let why = match (way.kind, way.why) {
        (Accelerated, WayWhy::Only) => "by Transfer Acceleration",
        (Direct, WayWhy::Only) => "straight to its region",
        (_, WayWhy::Measuring) => "Transfer Acceleration and the straight way are compared",
        (Accelerated, WayWhy::OtherBlocked) => "by Transfer Acceleration, since the straight way does not get through",
        (Direct, WayWhy::OtherBlocked) => "straight to its region, since Transfer Acceleration does not get through",
        (Accelerated, _) => "by Transfer Acceleration, which is faster",
        (Direct, _) => "straight to its region, since Transfer Acceleration is not faster by enough",
    };
    let rate = |what: &str, rate: Option<ByteRate>| rate.map(|rate| format!("{what} {}", text::speed(rate.0)));
    let rates: Vec<_> = rate("accelerated", way.accelerated).into_iter().chain(rate("straight", way.direct)).collect();
    if rates.is_empty() { format!("{why}.") } else { format!("{why} (one connection: {}).", rates.join(", ")) }
}

/// "2027-01-15 08:00 UTC".
pub(crate) fn date(at: UnixTime) -> String {
    let at = i64::try_from(at.0).ok().and_then(|at| time::OffsetDateTime::from_unix_timestamp(at).ok());
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.and_then(|at| at.format(format).ok()).unwrap_or_default()
}

/// Why nothing moves, until when, and that it moves again by itself: the command still runs. In the words of the window.
pub(crate) fn waiting(wait: &Wait) -> String {
    let Words { what, action } = of(wait.code);
    let what = match wait.code {
        ErrorCode::Offline => "Waiting for the connection.".to_owned(),
        ErrorCode::BackendDown => "Waiting for your company to answer.".to_owned(),
        ErrorCode::SourceOffline => {
            format!("Waiting for {} to answer.", text::plain(wait.drive.as_deref().unwrap_or("the drive")))
        }
        ErrorCode::UntrustedServer => "This network changes secure connections.".to_owned(),
        _ => what.to_owned(),
    };
    let what = match tried_again(wait) {
        Some(time) => format!("{what} Trying again in {time}."),
        None => what,
    };
    match wait.code {
        ErrorCode::Offline | ErrorCode::BackendDown => format!("{what} It continues by itself."),
        ErrorCode::StorageBusy => format!("{what} It continues by itself, slower."),
        // A token or a password in the environment reaches only the next command; an upload ends and says so, watching says so and goes on.
        ErrorCode::SignInEnded | ErrorCode::WrongToken | ErrorCode::ProxyAuth => what,
        // A file of certificates, or another home, reaches only the next command as well; this one goes on without.
        ErrorCode::UntrustedServer => format!("{what} Davit sends nothing here. It continues by itself elsewhere."),
        ErrorCode::JournalUnwritable => {
            format!("{what} Check the disk and its permissions. It then continues by itself.")
        }
        ErrorCode::DiskFull => format!("{what} It continues by itself when there is room."),
        // Tried for a while, and then told as a failure.
        ErrorCode::ReadError => format!("{what} It is read again by itself."),
        ErrorCode::FileInUse => format!("{what} It is tried again by itself."),
        ErrorCode::DamagedOnTheWay => format!("{what} Each is sent again by itself."),
        _ => format!("{what} {action} It then continues by itself."),
    }
}

/// The same beside a bar: what for, and until when.
pub(crate) fn waits_for(wait: &Wait) -> String {
    let what = match wait.code {
        ErrorCode::Offline => "network",
        ErrorCode::StorageBusy => "storage",
        ErrorCode::BackendDown => "your company",
        ErrorCode::CaptivePortal => "the network's sign-in",
        ErrorCode::ProxyAuth => "the proxy's password",
        ErrorCode::UntrustedServer => "another network",
        ErrorCode::SignInEnded | ErrorCode::WrongToken => "sign-in",
        ErrorCode::SourceOffline => wait.drive.as_deref().unwrap_or("the drive"),
        ErrorCode::DiskFull => "room",
        ErrorCode::FileInUse => "the other program",
        ErrorCode::ComputerBusy => "this computer",
        ErrorCode::ReadError => "the drive",
        _ => return "waiting".to_owned(),
    };
    let what = text::plain(what);
    match tried_again(wait) {
        Some(time) => format!("waiting for {what}, again in {time}"),
        None => format!("waiting for {what}"),
    }
}

/// How long it is until the next try, where that is worth telling: not of tries that follow one another.
fn tried_again(wait: &Wait) -> Option<String> {
    let left = wait.until?.0.saturating_sub(UnixTime::now().0);
    match left {
        0..=5 => None,
        6..=59 => Some(format!("{left} s")),
        _ => Some(format!("{} min", left.div_ceil(60))),
    }
}

/// How fast uploads may be, until when, and why.
pub(crate) fn limit(now: &LimitNow) -> String {
    let what = match now.rate {
        _ if now.paused => "Paused".to_owned(),
        Some(rate) => format!("Limited to {}", text::speed(rate.0)),
        None => "No limit".to_owned(),
    };
    let why = match now.why {
        Why::Usual => "",
        Why::Schedule => " by schedule",
        Why::Chosen => " as chosen",
        Why::Metered => " on a metered network",
        Why::Battery => " on a low battery",
    };
    let until = now.until.map(|until| format!(" until {}", clock(until))).unwrap_or_default();
    format!("{what}{why}{until}.")
}

/// Why nothing moves while the schedule pauses, or what is around the computer keeps it back.
pub(crate) fn rests(now: &LimitNow) -> String {
    let (when, how) = match now.why {
        Why::Usual | Why::Schedule | Why::Chosen => ("by itself", "davit limit none"),
        Why::Metered => ("on another network", "davit resume"),
        Why::Battery => ("when you plug in", "davit resume"),
    };
    format!("{} It continues {when}. To go on now: {how}", limit(now))
}

/// "18:00", or with its day where that is another than today.
fn clock(at: UnixTime) -> String {
    let zone = Zone::here();
    let ((day, minute), (today, _)) = (zone.reads(at), zone.reads(UnixTime::now()));
    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
    let soon = at.0.saturating_sub(UnixTime::now().0) < 24 * 3_600;
    if day == today && soon { time } else { format!("{day:?} {time}") }
}

/// Why a command ended early, and how to go on.
pub(crate) const fn stopped(why: Stopped) -> &'static str {
    match why {
        Stopped::Signal => "Stopped. The same command goes on from here.",
        Stopped::Paused => "Another Davit paused it. The same command goes on from here.",
        Stopped::Records => "Stopped. The same command goes on from here once the records can be written again.",
        Stopped::ProxyAuth => "Stopped. The same command goes on from here once the proxy is told its password.",
        Stopped::SignInEnded => {
            "The sign-in is over. Run `davit sign-in`, or set DAVIT_TOKEN to a fresh access token where your company gives one; the same command goes on from here."
        }
    }
}

/// One plain sentence and one action.
pub(crate) fn sentence(error: &Error) -> String {
    let words = of(error.code);
    match (error.code, error.detail.as_str()) {
        (ErrorCode::BadInput, whole) if whole.ends_with('.') => text::plain(whole),
        (ErrorCode::BadInput, what) if !what.is_empty() => {
            format!("This cannot be used: {}. Check what you typed.", text::plain(what))
        }
        _ => format!("{} {}", words.what, words.action),
    }
}

/// The line for people who debug.
pub(crate) fn technical(error: &Error) -> String {
    // The sentence has said the rest.
    let told = error.code == ErrorCode::BadInput && !error.detail.is_empty();
    if told { error.code.to_string() } else { text::plain(&error.to_string()) }
}

/// Tells an error on standard error.
pub(crate) fn complain(error: &Error) {
    text::note(&format!("davit: {}", sentence(error)));
    text::note(&format!("       [{}]", technical(error)));
}

/// Tells what happened to the records, where something did.
pub(crate) fn tell(notice: Option<Notice>) {
    if let Some(notice) = notice {
        text::note(&format!("davit: {}", of_notice(notice)));
    }
}

/// Why a file of a watched folder is left.
pub(crate) fn of_rule(rule: Rule, spec: &Spec) -> String {
    let pattern = |line: &Line| match line {
        Line::Include(pattern) | Line::Exclude(pattern) => pattern.clone(),
    };
    match rule {
        Rule::Leftover => "what programs leave for a while".to_owned(),
        Rule::Line(at) => spec.lines.get(at).map_or_else(String::new, |line| format!("not {}", pattern(line))),
        Rule::NotIncluded => "no pattern matches".to_owned(),
        Rule::TooSmall => "too small".to_owned(),
        Rule::TooLarge => "too large".to_owned(),
        Rule::TooDeep => "too deep".to_owned(),
        Rule::Placeholder => "in the cloud".to_owned(),
        Rule::Link => "a link".to_owned(),
        Rule::Special => "a pipe, socket or device".to_owned(),
        Rule::Unreadable => "cannot be read: change its permissions".to_owned(),
        Rule::Name => "the storage refuses its name: rename it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use davit_core::units::ByteRate;

    use super::*;

    #[test]
    fn a_limit_says_how_fast_why_and_until_when() {
        let now = LimitNow { rate: Some(ByteRate(50_000_000)), ..LimitNow::default() };
        assert_eq!(limit(&now), "Limited to 50.0 MB/s.");
        assert_eq!(limit(&LimitNow::default()), "No limit.");
        let until = Some(UnixTime(UnixTime::now().0 + 3 * 86_400));
        let chosen = limit(&LimitNow { until, why: Why::Chosen, ..LimitNow::default() });
        assert!(chosen.starts_with("No limit as chosen until ") && chosen.ends_with('.'), "{chosen}");
        let told = rests(&LimitNow { paused: true, why: Why::Schedule, ..LimitNow::default() });
        assert!(told.starts_with("Paused by schedule. It continues by itself."), "{told}");
        let told = rests(&LimitNow { paused: true, why: Why::Metered, ..LimitNow::default() });
        assert_eq!(told, "Paused on a metered network. It continues on another network. To go on now: davit resume");
        let told = rests(&LimitNow { paused: true, why: Why::Battery, ..LimitNow::default() });
        assert_eq!(told, "Paused on a low battery. It continues when you plug in. To go on now: davit resume");
    }

    #[test]
    fn every_code_has_a_sentence_and_an_action() {
        for code in ErrorCode::ALL {
            let words = of(*code);
            for text in [words.what, words.action] {
                assert!(text.ends_with('.') && text.len() < 100, "{code}: {text}");
                assert!(!text.contains('!') && !text.contains("please"), "{code}: {text}");
                assert!(!text.contains("by itself"), "{code}: nothing goes on once the command has ended: {text}");
            }
        }
    }

    #[test]
    fn what_waits_goes_on_by_itself_and_needs_no_other_command() {
        for code in [ErrorCode::Offline, ErrorCode::StorageBusy, ErrorCode::BackendDown, ErrorCode::SourceOffline] {
            let text = waiting(&Wait::new(code, None, None));
            assert!(text.contains("continues by itself") && !text.contains("command"), "{code}: {text}");
        }
    }

    #[test]
    fn a_wait_says_what_for_until_when_and_what_happens_next() {
        let until = |seconds| Some(UnixTime(UnixTime::now().0 + seconds));
        let busy = Wait::new(ErrorCode::StorageBusy, until(600), None);
        assert_eq!(waiting(&busy), "The storage is busy. Trying again in 10 min. It continues by itself, slower.");
        assert_eq!(waits_for(&busy), "waiting for storage, again in 10 min");
        let drive = Wait::new(ErrorCode::SourceOffline, until(3), Some("LAB-NAS"));
        assert_eq!(waiting(&drive), "Waiting for LAB-NAS to answer. Reconnect it. It then continues by itself.");
        assert_eq!(waits_for(&drive), "waiting for LAB-NAS");
        let portal = Wait::new(ErrorCode::CaptivePortal, until(3), None);
        let told = "This network wants you to sign in first. Open a web page and sign in to the network. It then continues by itself.";
        assert_eq!(waiting(&portal), told);
        assert_eq!(waits_for(&portal), "waiting for the network's sign-in");
    }

    #[test]
    fn what_waits_is_told_in_the_words_of_the_window() {
        let told = |code| waiting(&Wait::new(code, None, None));
        assert_eq!(told(ErrorCode::Offline), "Waiting for the connection. It continues by itself.");
        assert_eq!(told(ErrorCode::BackendDown), "Waiting for your company to answer. It continues by itself.");
        assert!(told(ErrorCode::SourceOffline).starts_with("Waiting for the drive to answer. "));
        let elsewhere = told(ErrorCode::UntrustedServer);
        assert!(elsewhere.starts_with("This network changes secure connections. "), "{elsewhere}");
        // What is given with a command reaches no command that runs.
        for code in [ErrorCode::UntrustedServer, ErrorCode::JournalUnwritable] {
            assert!(!told(code).contains("--ca-bundle") && !told(code).contains("DAVIT_HOME"), "{code}");
        }
    }

    #[test]
    fn a_wait_that_may_end_otherwise_promises_no_more_than_another_try() {
        for code in [ErrorCode::FileInUse, ErrorCode::ReadError, ErrorCode::DamagedOnTheWay] {
            let text = waiting(&Wait::new(code, None, None));
            assert!(!text.contains("continues by itself") && text.contains("again by itself"), "{code}: {text}");
        }
    }

    #[test]
    fn a_file_in_use_may_be_one_that_is_touched_and_that_nobody_has_open() {
        assert_eq!(of(ErrorCode::FileInUse).what, "Another program holds the file or keeps changing it.");
    }

    #[test]
    fn what_was_typed_is_told_once() {
        let odd = Error::new(ErrorCode::BadInput).detail("no such folder");
        assert_eq!(sentence(&odd), "This cannot be used: no such folder. Check what you typed.");
        assert_eq!(technical(&odd), "bad-input");
    }

    #[test]
    fn what_happened_to_the_records_is_told_in_one_sentence() {
        let at = davit_core::units::UnixTime(1_800_000_000);
        for notice in [Notice::Mended, Notice::Restored { from: at }, Notice::BegunAnew] {
            let text = of_notice(notice);
            assert!(text.ends_with('.') && text.len() < 110 && !text.contains('!'), "{text}");
        }
        assert!(of_notice(Notice::Restored { from: at }).contains("2027-01-15 08:00 UTC"));
    }
}
