//! What is told of a watched folder, in words and as one JSON object: by whoever watches it, or by the records where nobody does.

use std::path::Path;

use davit_core::bandwidth::Zone;
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::file::{Links, Placeholders};
use davit_core::ids::WatchId;
use davit_core::journal::{Reader, Tallied, WatchRow};
use davit_core::units::UnixTime;
use davit_core::watch::card::{Card, Counts, Doing, Notices, Warning, Why};
use davit_core::watch::record::{Counters, State};
use davit_core::watch::spec::Existing;
use serde::Serialize;

use crate::{existing, hours, text, words};

#[derive(Serialize)]
struct Line<'a> {
    id: WatchId,
    path: &'a str,
    /// What a person calls it; empty is the folder's own name.
    name: &'a str,
    destination: &'a str,
    under: &'a str,
    links: Links,
    /// What becomes of those that are counted below.
    cloud_files: Placeholders,
    /// Nothing where nobody watches it now.
    doing: Option<Doing>,
    /// Somebody is to say what of the files that are there is uploaded.
    asks: bool,
    paused: Option<UnixTime>,
    notices: Option<Notices>,
    settling: u32,
    still_written: u32,
    waiting: u32,
    moving: u32,
    stalled: u32,
    done: u32,
    done_today: u32,
    failed: u32,
    placeholders: u32,
    /// Links, pipes, sockets and devices.
    passed: u32,
    unreadable: u32,
    /// Names that no key can have.
    refused: u32,
    events_lost: u64,
    recovered_by_a_check: u64,
    last_check: Option<UnixTime>,
    last_done: Option<UnixTime>,
    last_event: Option<UnixTime>,
    problem: Option<ErrorCode>,
    /// A file that was uploaded and could not be moved, say.
    warning: Option<&'a Warning>,
}

/// As one JSON object.
pub(crate) fn as_json(row: &WatchRow, card: Option<&Card>, home: &Path) -> Result<String> {
    let shown = davit_core::file::names::shown(&row.path);
    let (counts, last) = counts(row, card, home)?;
    let line = Line {
        id: row.id,
        path: &shown,
        name: &row.spec.name,
        destination: &row.destination.label,
        under: &row.spec.under,
        links: row.spec.links,
        cloud_files: row.spec.placeholders,
        doing: card.map(|card| card.doing),
        asks: matches!(row.state, State::Asks | State::Paused { asks: true, .. }) && row.spec.existing == Existing::Ask,
        paused: if let State::Paused { since, .. } = row.state { Some(since) } else { None },
        notices: card.map(|card| card.notices),
        settling: counts.settling,
        still_written: counts.still_written,
        waiting: counts.waiting,
        moving: counts.moving,
        stalled: counts.stalled,
        done: counts.done,
        done_today: counts.today,
        failed: counts.failed,
        placeholders: counts.placeholders,
        passed: counts.passed,
        unreadable: counts.unreadable,
        refused: counts.refused,
        events_lost: row.counters.lost,
        recovered_by_a_check: row.counters.recovered,
        last_check: row.counters.checked,
        last_done: last,
        last_event: card.and_then(|card| card.last_event),
        problem: card.and_then(|card| card.problem),
        warning: card.and_then(|card| card.warning.as_ref()),
    };
    serde_json::to_string(&line).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))
}

/// How many of its files stand where, and when one was last done.
fn counts(row: &WatchRow, card: Option<&Card>, home: &Path) -> Result<(Counts, Option<UnixTime>)> {
    if let Some(card) = card {
        return Ok((card.counts, card.last_done));
    }
    let midnight = Zone::here().day_began(UnixTime::now());
    let Tallied { moving, stalled, rests: waiting, done, since: today, failed, last, .. } =
        Reader::open(home)?.watched_counts(row.id, midnight)?;
    Ok((Counts { moving, stalled, waiting, done, today, failed, ..Default::default() }, last))
}

/// In two lines for a person.
pub(crate) fn as_words(row: &WatchRow, card: Option<&Card>, home: &Path) -> Result<String> {
    let path = text::plain(&davit_core::file::names::shown(&row.path));
    let (counts, _) = counts(row, card, home)?;
    let doing = match (card.map(|card| card.doing), row.state) {
        (_, State::Paused { since, .. }) => format!("Paused since {}", words::date(since)),
        (Some(doing), _) => doing_in_words(row.id, doing, counts),
        (None, State::Asks) if row.spec.existing == Existing::Ask => {
            format!("It asks what of the files that are there is uploaded: {}", existing::how(row.id))
        }
        (None, _) => "Nobody watches it now".to_owned(),
    };
    let mut told = vec![doing];
    let count = |n: u32, what: &str| (n > 0).then(|| format!("{n} {what}"));
    told.extend(count(counts.moving, if card.is_some() { "being uploaded" } else { "in line" }));
    told.extend(count(counts.stalled, "waiting"));
    told.extend(count(counts.settling - counts.still_written.min(counts.settling), "being written"));
    told.extend(count(counts.still_written, "still being written"));
    told.extend(count(counts.waiting, "whole, to be sent later"));
    told.extend(count(counts.failed, "need you, see `davit status`"));
    told.extend(count(counts.unreadable, "cannot be read: change their permissions"));
    told.extend(count(counts.refused, "with names that the storage refuses: rename them"));
    told.extend(count(counts.placeholders, "in the cloud, left there"));
    told.extend(count(counts.passed, "links or special files, left"));
    // What was counted says it better.
    let is_counted = |code: ErrorCode| match code {
        ErrorCode::FileUnreadable => counts.unreadable > 0,
        ErrorCode::NameRefused => counts.refused > 0,
        _ => false,
    };
    let problem = |card: &Card| card.problem.filter(|code| !is_counted(*code));
    told.extend(card.and_then(problem).map(|code| match code {
        // Of a folder it is its place that they are not for.
        ErrorCode::NoCredentials => "Whoever watches it has no credentials for its place.".to_owned(),
        code => words::of(code).what.to_owned(),
    }));
    told.extend(card.and_then(|card| card.warning.as_ref()).map(|warning| {
        let words = words::of(warning.code);
        format!("{}: {} {}", text::plain(&warning.file), words.what, words.action)
    }));
    told.push(format!("{} uploaded", counts.done));
    told.extend(row.spec.hours.as_ref().map(|open| format!("in its hours, {}", hours::in_words(open))));
    told.extend((row.spec.links == Links::Followed).then(|| "links are followed".to_owned()));
    told.extend((row.spec.placeholders == Placeholders::Fetched).then(|| "files in the cloud are fetched".to_owned()));
    told.extend(card.map(|card| notices_in_words(card.notices).to_owned()));
    told.extend(row.counters.checked.map(|at| format!("last full check {}", words::date(at))));
    told.extend(counted(row.counters));
    let to = &row.destination.label;
    let under = if row.spec.under.is_empty() { String::new() } else { format!(" / {}", row.spec.under) };
    let name = if row.spec.name.is_empty() { String::new() } else { format!("{}: ", text::plain(&row.spec.name)) };
    Ok(format!("{}  {name}{path} > {}{}\n   {}", row.id, text::plain(to), text::plain(&under), told.join(", ")))
}

/// It goes on once somebody says that it is the one.
fn another_stands_there(id: WatchId) -> String {
    format!("Another folder stands there. If it is the right one: `davit watch move {id} PATH`")
}

/// What was counted of events and checks, where anything was.
fn counted(Counters { lost, recovered, .. }: Counters) -> Option<String> {
    (lost > 0 || recovered > 0).then(|| format!("events lost {lost}, recovered by a check {recovered}"))
}

fn doing_in_words(id: WatchId, doing: Doing, counts: Counts) -> String {
    match doing {
        Doing::Asks { files, bytes } => {
            let size = text::size(bytes.get());
            format!("{files} files ({size}) are there already: {}", existing::how(id))
        }
        Doing::Checking => "All of it is looked at".to_owned(),
        Doing::Watching if is_to_come(counts) => "Watched".to_owned(),
        Doing::Watching => "Up to date".to_owned(),
        Doing::Paused { since } => format!("Paused since {}", words::date(since)),
        Doing::Away { other: true } => another_stands_there(id),
        Doing::Away { other: false } => "Folder not available; it goes on by itself once it is there".to_owned(),
        Doing::Elsewhere { process: Some(process) } => {
            format!("Another Davit watches it, process {process}: close that one, or let it go on there")
        }
        Doing::Elsewhere { process: None } => {
            "Another Davit on this computer watches it: close that one, or let it go on there".to_owned()
        }
    }
}

/// Whether not all of it is there, and something is still to happen or to be done.
const fn is_to_come(counts: Counts) -> bool {
    let moves = counts.moving + counts.stalled + counts.settling + counts.waiting;
    moves > 0 || counts.failed + counts.unreadable + counts.refused > 0
}

const fn notices_in_words(notices: Notices) -> &'static str {
    match notices {
        Notices::Live => "live",
        Notices::Polls(Why::Wanted) => "looked at once a minute",
        Notices::Polls(Why::Remote) => "looked at once a minute, since it lies on the network",
        Notices::Polls(Why::Limit { .. }) => {
            "looked at once a minute, since this system watches no more folders: raise fs.inotify.max_user_watches"
        }
        Notices::Polls(Why::Instances { .. }) => {
            "looked at once a minute, since this user has no more watchers: raise fs.inotify.max_user_instances"
        }
        Notices::Polls(Why::Refused) => "looked at once a minute, since this system does not tell",
    }
}

#[cfg(test)]
mod tests {
    use davit_core::units::ByteCount;

    use super::*;

    /// W30: a system that loses events without a word says nothing of what a check found.
    #[test]
    fn what_a_check_found_is_told_also_where_the_system_says_that_it_lost_nothing() {
        let told = |lost, recovered| counted(Counters { lost, recovered, checked: None });
        assert_eq!(told(0, 0), None);
        assert_eq!(told(0, 1).as_deref(), Some("events lost 0, recovered by a check 1"));
        assert_eq!(told(2, 0).as_deref(), Some("events lost 2, recovered by a check 0"));
    }

    /// W15.
    #[test]
    fn of_a_folder_in_whose_place_another_stands_it_is_said_how_a_person_says_that_it_is_the_one() {
        let away = doing_in_words(WatchId::new(7), Doing::Away { other: false }, Counts::default());
        assert!(away.ends_with("it goes on by itself once it is there"), "{away}");
        let other = doing_in_words(WatchId::new(7), Doing::Away { other: true }, Counts::default());
        assert!(other.contains("`davit watch move 7 PATH`"), "{other}");
    }

    /// W30.
    #[test]
    fn what_moves_no_further_is_not_up_to_date() {
        let watched = |counts| doing_in_words(WatchId::new(1), Doing::Watching, counts);
        assert_eq!(watched(Counts::default()), "Up to date");
        assert_eq!(watched(Counts { stalled: 1, ..Counts::default() }), "Watched");
    }

    /// W9.
    #[test]
    fn a_folder_that_asks_says_how_it_is_answered() {
        let asks = Doing::Asks { files: 146, bytes: ByteCount(1_200_000_000_000) };
        let told = doing_in_words(WatchId::new(7), asks, Counts::default());
        assert!(told.starts_with("146 files (1.20 TB) are there already: "), "{told}");
        assert!(
            told.contains("`davit watch answer 7 all`") && told.contains("`davit watch answer 7 new-only`"),
            "{told}"
        );
    }
}
