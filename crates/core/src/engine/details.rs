//! All there is to say about one row: of one in the list as it stands now, and of one that ended as the records have it, whether
//! it is in the list still or not.

use tokio::time::Instant;

use super::feed::{Details, Event, Happening, Row, RowState, Target};
use super::keys;
use super::list;
use super::live::{Live, PartsNow};
use super::pointing::{self, To};
use super::shelf::Shelf;
use crate::error::{ErrorCode, Result};
use crate::file::{Fingerprint, names};
use crate::ids::ItemId;
use crate::journal::{BatchRow, Ended, Entry, ItemRow, Journal, Reader, TransferRow};
use crate::transfer::{AcknowledgedPart, TransferState, checksum};
use crate::units::{ByteCount, ByteRate, UnixTime};

/// Lines of a story at most.
const STORY: usize = 50;

/// What there is to say about a row, or a file of one, in the list; nothing off it.
pub(super) async fn details(target: Target, shelf: &Shelf, journal: &Journal, now: Instant) -> Result<Option<Details>> {
    let (item, file) = match target {
        Target::Batch(_) => return Ok(None),
        Target::Item(id) => {
            let Some(item) = shelf.book.item(id) else { return Ok(None) };
            (item, item.first.filter(|_| !item.folder))
        }
        Target::Transfer(id) => {
            let Some(at) = shelf.book.index(id) else { return Ok(None) };
            (shelf.book.item_of(at), Some(id))
        }
    };
    // Off the list it can come back, but there is nothing to look at.
    if item.removed {
        return Ok(None);
    }
    let row = shelf.row(item, shelf.book.ahead(item.id), now);
    let batch = shelf.batches.get(&item.batch);
    let linked = |to: &To<'_>| batch.is_some_and(|batch| pointing::link(batch, to).is_some());
    let Some(id) = file else {
        let (item_id, story) = (item.id, story_of_folder(&row.state, item.added, item.ended));
        let from = journal.read(move |journal| journal.item(item_id)).await?;
        return Ok(Some(Details {
            target,
            name: row.name,
            state: row.state,
            size: row.size,
            sent: row.sent,
            speed: row.speed,
            seconds_left: row.seconds_left,
            destination: row.destination,
            key: None,
            proposed: None,
            from: from.map(|item| names::shown(&item.path)).unwrap_or_default(),
            written: None,
            checksum: None,
            etag: None,
            version: None,
            pieces: None,
            files: Some(item.counts.all()),
            story,
            reference: None,
            technical: None,
            fact: row.fact,
            link: linked(&To::Folder(&item.name, false)),
            way: shelf.way(item.batch),
        }));
    };
    let look = move |journal: &Reader| {
        let Some(file) = journal.transfer(id)? else { return Ok(None) };
        let refused = file.standing.state == TransferState::Failed { code: ErrorCode::NameRefused };
        let item = if refused { journal.item(file.item)? } else { None };
        let proposed = item.and_then(|item| keys::mended(&item, &file));
        Ok(Some((file, proposed, journal.story(id, STORY)?, journal.parts(id)?, journal.version(id)?)))
    };
    let Some((transfer, proposed, mut story, parts, version)) = journal.read(look).await? else { return Ok(None) };
    round_off(&mut story, item.added, &transfer.standing.state);
    let Some(at) = shelf.book.index(id) else { return Ok(None) };
    let slot = &shelf.book.slots[at as usize];
    let live = shelf.running.get(&id).map(|live| &**live);
    let whole = |row: &Row| !item.folder && slot.size == row.size;
    let parts_now = live.map_or_else(|| at_rest(&transfer, &parts), Live::parts);
    let prefix = batch.and_then(|batch| batch.scope.as_ref()).map(|scope| &*scope.prefix);
    let problem = live.and_then(Live::problem).or(transfer.problem);
    Ok(Some(Details {
        target,
        name: transfer.rel.clone(),
        state: list::file_state(slot, live, shelf.book.ahead(item.id), shelf.kept(item), item.drive.as_deref()),
        size: slot.size,
        sent: if whole(&row) { row.sent } else { list::file_sent(slot, live) },
        speed: row.speed,
        seconds_left: row.seconds_left.filter(|_| whole(&row)),
        destination: row.destination,
        key: prefix.map(|prefix| format!("{prefix}{}", transfer.key)),
        proposed,
        from: names::shown(&transfer.path),
        written: transfer.fingerprint.as_ref().and_then(Fingerprint::written),
        checksum: transfer.crc64.map(checksum::to_base64),
        etag: etag_of(&transfer.standing.state),
        version,
        pieces: transfer.plan.and_then(|plan| list::pieces(&plan, &parts_now)),
        files: None,
        story,
        reference: problem.as_ref().and_then(|problem| problem.request_id.clone()),
        technical: problem.as_ref().map(|problem| format!("{}: {}", problem.code, problem.detail)),
        fact: problem.and_then(|problem| problem.fact).or(row.fact),
        link: linked(&To::Object(&transfer.key, &transfer.standing.state)),
        way: shelf.way(item.batch),
    }))
}

/// What there is to say about a row of history; nothing where it has none, or moves again.
///
/// # Errors
/// The journal's.
pub(crate) fn of_ended(journal: &Reader, id: ItemId) -> Result<Option<Details>> {
    let (Some(entry), Some((item, batch))) = (journal.history_of(id)?, journal.family(id)?) else { return Ok(None) };
    if item.folder {
        return Ok(Some(of_folder(journal, entry, &item, &batch)?));
    }
    let Some(file) = journal.only_file(id)? else { return Ok(None) };
    of_file(journal, entry, &item, &batch, &file)
}

fn of_folder(journal: &Reader, entry: Entry, item: &ItemRow, batch: &BatchRow) -> Result<Details> {
    let (at, all) = (entry.ended, entry.result == Ended::Done);
    let (state, last) = match entry.result {
        Ended::Done => (RowState::Done { at }, Event::Verified),
        Ended::Cancelled => (RowState::Cancelled { at }, Event::Cancelled),
        Ended::Failed => {
            let code = journal.first_failure(entry.item)?.unwrap_or(ErrorCode::Unexpected);
            (RowState::Failed { code }, Event::Failed { code })
        }
    };
    let sent = if all { entry.size } else { journal.sent_of(entry.item)?.min(entry.size) };
    let link = all && pointing::link(batch, &To::Folder(&item.name, true)).is_some();
    let story = vec![Happening { at, what: last }, Happening { at: item.added, what: Event::Added }];
    let files = Some(entry.files);
    Ok(Details { from: names::shown(&item.path), story, link, files, ..bare(entry, state, sent) })
}

fn of_file(
    journal: &Reader,
    entry: Entry,
    item: &ItemRow,
    batch: &BatchRow,
    file: &TransferRow,
) -> Result<Option<Details>> {
    let (state, sent) = match file.standing.state {
        TransferState::Done { at, .. } => (RowState::Done { at }, entry.size),
        TransferState::Failed { code } => (RowState::Failed { code }, journal.sent_of(entry.item)?),
        TransferState::Cancelled { at } => (RowState::Cancelled { at }, journal.sent_of(entry.item)?),
        _ => return Ok(None),
    };
    let mut story = journal.story(file.id, STORY)?;
    round_off(&mut story, item.added, &file.standing.state);
    let done = matches!(state, RowState::Done { .. });
    let parts = at_rest(file, &journal.parts(file.id)?);
    let problem = file.problem.as_ref().filter(|_| !done);
    let prefix = batch.scope.as_ref().map(|scope| &*scope.prefix);
    // What could never be sent never had a key.
    let key = prefix.filter(|_| !file.key.is_empty()).map(|prefix| format!("{prefix}{}", file.key));
    Ok(Some(Details {
        from: names::shown(&file.path),
        written: file.fingerprint.as_ref().and_then(Fingerprint::written),
        key,
        checksum: file.crc64.map(checksum::to_base64),
        etag: etag_of(&file.standing.state),
        version: journal.version(file.id)?,
        pieces: file.plan.and_then(|plan| list::pieces(&plan, &parts)),
        story,
        reference: problem.and_then(|problem| problem.request_id.clone()),
        technical: problem.map(|problem| format!("{}: {}", problem.code, problem.detail)),
        fact: problem.and_then(|problem| problem.fact.clone()),
        link: done && pointing::link(batch, &To::Object(&file.key, &file.standing.state)).is_some(),
        ..bare(entry, state, sent)
    }))
}

/// What is known of a folder as a whole: when it was added, and how it came to rest. Each of its files has a story of its own.
fn story_of_folder(state: &RowState, added: UnixTime, ended: UnixTime) -> Vec<Happening> {
    let last = match state {
        RowState::Done { at } => Some((*at, Event::Verified)),
        RowState::Cancelled { at } => Some((*at, Event::Cancelled)),
        RowState::Failed { code } => Some((ended.max(added), Event::Failed { code: *code })),
        RowState::Paused { by, since } => Some((*since, Event::Paused { by: *by })),
        _ => None,
    };
    last.into_iter().chain([(added, Event::Added)]).map(|(at, what)| Happening { at, what }).collect()
}

/// What an entry says by itself.
fn bare(entry: Entry, state: RowState, sent: ByteCount) -> Details {
    Details {
        target: Target::Item(entry.item),
        name: entry.name,
        state,
        size: entry.size,
        sent: sent.min(entry.size),
        speed: ByteRate(0),
        seconds_left: None,
        destination: entry.destination,
        key: None,
        proposed: None,
        from: String::new(),
        written: None,
        checksum: None,
        etag: None,
        version: None,
        pieces: None,
        files: None,
        story: Vec::new(),
        reference: None,
        technical: None,
        fact: None,
        link: false,
        way: None,
    }
}

/// Parts of a file that does not run, as far as they are there.
fn at_rest(file: &TransferRow, parts: &[AcknowledgedPart]) -> PartsNow {
    let sent = match file.standing.state {
        TransferState::Done { .. } => (1..=file.plan.map_or(0, |plan| plan.count())).collect(),
        _ => parts.iter().map(|part| part.number.get()).collect(),
    };
    PartsNow { sent, ..PartsNow::default() }
}

fn etag_of(state: &TransferState) -> Option<String> {
    match state {
        TransferState::Done { etag, .. } if !etag.is_empty() => Some(etag.clone()),
        _ => None,
    }
}

/// The beginning of a story is that of its row, and its end where it is done stands there, too: neither has a line on record.
fn round_off(story: &mut Vec<Happening>, added: UnixTime, state: &TransferState) {
    if let TransferState::Done { at, .. } = state
        && story.first().is_none_or(|line| line.what != Event::Verified || line.at < *at)
    {
        story.insert(0, Happening { at: *at, what: Event::Verified });
    }
    story.truncate(STORY);
    if story.len() < STORY && story.last().is_none_or(|line| line.what != Event::Added) {
        story.push(Happening { at: added, what: Event::Added });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::credentials::Scope;
    use crate::engine::feed::Pieces;
    use crate::engine::fixture::{records, rows};
    use crate::error::Fact;
    use crate::journal::{Problem, Write};
    use crate::transfer::{OnS3, Plan, Standing};

    fn opened() -> Fingerprint {
        let mtime = 116_444_736_050_000_000_000;
        Fingerprint { size: 9, mtime, ctime: None, volume: 1, file: 1, in_doubt: false, grows: false }
    }

    /// The details of a file that stands so, and is off the list.
    async fn ended(state: TransferState) -> Option<Details> {
        let (mut batch, item, file) = rows(Path::new("/in/cut.mov"), Standing { state, on_s3: OnS3::Nothing });
        batch.destination.link_template = Some("https://example.com/{key}".to_owned());
        batch.scope = Some(Scope { bucket: "media".into(), prefix: "rushes/".into(), region: "eu-central-1".into() });
        let detail = "not authorised".to_owned();
        let file = TransferRow {
            plan: Some(Plan::Multipart { size: 9, part_size: 4, count: 3 }),
            crc64: Some(7),
            fingerprint: Some(opened()),
            problem: Some(Problem {
                code: ErrorCode::AccessDenied,
                detail,
                request_id: Some("7QF2".to_owned()),
                fact: Some(Fact::There { size: ByteCount(3), at: Some(UnixTime(4)) }),
            }),
            ..file
        };
        let home = tempfile::tempdir().expect("a folder");
        let id = item.id;
        let (journal, _) = records(home.path(), (batch, ItemRow { removed: true, ..item }, file)).await;
        journal.write(vec![Write::History(id)]).await.expect("written");
        journal.read(move |journal| of_ended(journal, id)).await.expect("read")
    }

    #[tokio::test]
    async fn what_ended_is_told_as_the_records_have_it_though_it_is_off_the_list() {
        let done = ended(TransferState::Done { etag: "e-3".to_owned(), at: UnixTime(9) }).await.expect("told");
        assert_eq!((&*done.name, &*done.from, &*done.destination), ("cut.mov", "/in/cut.mov", "D"));
        assert_eq!(done.key.as_deref(), Some("rushes/cut.mov"));
        assert_eq!((done.etag.as_deref(), done.checksum), (Some("e-3"), Some(checksum::to_base64(7))));
        assert_eq!((done.sent, done.size, done.link), (ByteCount(1), ByteCount(1), true));
        assert!(matches!(done.pieces, Some(Pieces { total: 3, sent: 3, .. })));
        let story: Vec<_> = done.story.iter().map(|line| (line.at.0, line.what.clone())).collect();
        assert_eq!(story, [(9, Event::Verified), (1, Event::Added)]);
        assert_eq!((done.reference, done.technical), (None, None), "it was overcome");

        let failed = ended(TransferState::Failed { code: ErrorCode::AccessDenied }).await.expect("told");
        assert_eq!(failed.state, RowState::Failed { code: ErrorCode::AccessDenied });
        assert_eq!((failed.reference.as_deref(), failed.etag), (Some("7QF2"), None));
        assert_eq!(failed.technical.as_deref(), Some("access-denied: not authorised"));
        assert_eq!((failed.sent, failed.link), (ByteCount::ZERO, false));
        // What lies there under its name, and the file here.
        assert_eq!(failed.fact, Some(Fact::There { size: ByteCount(3), at: Some(UnixTime(4)) }));
        assert_eq!(failed.written, opened().written());
        assert!(failed.written.is_some());

        assert!(ended(TransferState::Queued).await.is_none(), "it moves");
    }

    #[test]
    fn a_folder_has_a_story_from_its_first_moment_on() {
        let told = |state: &RowState| {
            let story = story_of_folder(state, UnixTime(1), UnixTime(7));
            story.into_iter().map(|line| (line.at.0, line.what)).collect::<Vec<_>>()
        };
        let code = ErrorCode::AccessDenied;
        assert_eq!(told(&RowState::Uploading), [(1, Event::Added)]);
        assert_eq!(told(&RowState::Done { at: UnixTime(9) }), [(9, Event::Verified), (1, Event::Added)]);
        assert_eq!(told(&RowState::Failed { code }), [(7, Event::Failed { code }), (1, Event::Added)]);
    }

    #[test]
    fn a_story_begins_with_its_row_and_ends_where_it_is_done() {
        let line = |at, what| Happening { at: UnixTime(at), what };
        let done = TransferState::Done { etag: String::new(), at: UnixTime(9) };
        let told = |mut story: Vec<Happening>, state: &TransferState| {
            round_off(&mut story, UnixTime(1), state);
            story.into_iter().map(|line| (line.at.0, line.what)).collect::<Vec<_>>()
        };
        assert_eq!(told(vec![], &TransferState::Queued), [(1, Event::Added)]);
        assert_eq!(told(vec![], &done), [(9, Event::Verified), (1, Event::Added)]);
        // As earlier programs put it down.
        let all = vec![line(9, Event::Verified), line(5, Event::Started), line(1, Event::Added)];
        assert_eq!(told(all, &done), [(9, Event::Verified), (5, Event::Started), (1, Event::Added)]);
        // Another version that is done in one request, as the one before it was.
        let before = vec![line(4, Event::Verified)];
        assert_eq!(told(before, &done), [(9, Event::Verified), (4, Event::Verified), (1, Event::Added)]);
        // One that is on its way: the end of the one before has a line of its own.
        let before = vec![line(9, Event::Verified)];
        assert_eq!(told(before, &TransferState::Queued), [(9, Event::Verified), (1, Event::Added)]);
        let long = told((0..STORY as u64).map(|at| line(at, Event::Sent)).collect(), &done);
        assert_eq!((long.len(), &long[0]), (STORY, &(9, Event::Verified)));
    }
}
