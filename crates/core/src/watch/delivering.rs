//! What is whole goes to the engine: each version once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::agenda::Ready;
use super::card::Notices;
use super::folder::Folder;
use super::key::{self, Variables};
use super::looking::Scope;
use super::record::{Aftermath, Decided};
use super::rules::Verdict;
use super::spec::{After, Unit};
use crate::bandwidth::Zone;
use crate::engine::{Delivery, Redelivered, Whole};
use crate::error::Result;
use crate::file::{Asked, Asking, HOLDERS_ARE_TOLD, Place, Stamp, names};
use crate::journal::{Watched, WatchedRow};
use crate::transfer::TransferState;
use crate::units::UnixTime;

/// Files in one row of the list at most, where each goes by itself.
const AT_ONCE: usize = 1_024;

/// Whether a file that is whole is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// It is.
    New,
    /// It is not, or not by a transfer of its own: it is seen to.
    Known,
    /// Only what it holds tells, and that was not read yet.
    Unread,
}

impl Folder {
    /// Gives what is whole to the engine. What has to be read before that is known to be new comes after all else, a piece of it.
    pub(super) async fn deliver(&mut self) -> Result<()> {
        self.give_what_is_new().await?;
        if !self.void
            && !self.is_shut()
            && let Some(file) = self.to_read()
        {
            self.reads_on(&file).await?;
            if !self.void {
                self.give_what_is_new().await?;
            }
        }
        if !self.agenda.has_ready() {
            self.sums.forget_all();
        }
        Ok(())
    }

    async fn give_what_is_new(&mut self) -> Result<()> {
        let unit = self.row.spec.unit;
        while !self.is_shut() {
            let ready = self.agenda.ready(unit, AT_ONCE);
            if ready.is_empty() {
                return Ok(());
            }
            if unit == Unit::TopFolder && self.is_about_to_be_more(&ready).await? {
                if self.void {
                    return Ok(());
                }
                continue;
            }
            let ready = self.that_nobody_writes(ready).await?;
            let (mut whole, mut waits) = (Vec::new(), false);
            for (file, line) in self.with_lines(ready).await? {
                if self.is_wanted(&file) {
                    match self.is_new(&file, line).await? {
                        Is::New => whole.push(file),
                        Is::Known => self.sums.forget(&file),
                        Is::Unread => {
                            self.agenda.reads_first(&file.0, &file.1);
                            // A folder that goes as one waits for all that is in it.
                            waits |= unit == Unit::TopFolder && !file.0.as_os_str().is_empty();
                        }
                    }
                } else {
                    self.agenda.forget(&file.0, &file.1);
                }
                if self.hears().await {
                    return Ok(());
                }
            }
            if !waits {
                self.give(whole).await?;
            }
        }
        Ok(())
    }

    /// Whether more of a folder that goes as one came than is known. Where nobody tells of what comes it is looked at before it goes.
    async fn is_about_to_be_more(&mut self, ready: &[Ready]) -> Result<bool> {
        let top = ready.first().and_then(|(folder, ..)| folder.components().next());
        let Some(top) = top.map(|top| PathBuf::from(top.as_os_str())) else { return Ok(false) };
        if self.events.notices() == Notices::Live {
            return Ok(false);
        }
        let Some(tree) = self.there().await? else {
            self.void = true;
            return Ok(true);
        };
        self.look_below(&tree, top.clone(), Scope::All { counted: false }).await?;
        Ok(self.void || self.agenda.settles_below(&top) || !self.agenda.has_ready_below(&top))
    }

    /// Those of files that nobody has open for writing, where the system tells; the others go on settling (rule W3).
    async fn that_nobody_writes(&mut self, ready: Vec<Ready>) -> Result<Vec<Ready>> {
        if !HOLDERS_ARE_TOLD {
            return Ok(ready);
        }
        let places: Vec<_> = ready.iter().map(|(folder, name, _)| self.place(&folder.join(name))).collect();
        let look = move |asking: &Asking| {
            let is_held = |place: &Place| {
                asking.moves();
                place.is_held()
            };
            Ok(places.iter().map(is_held).collect::<Vec<_>>())
        };
        let held = self.drive.ask_for_much(Asked::Names, look).await?;
        let told = ready.into_iter().zip(held).collect();
        Ok(self.agenda.that_nobody_writes(told, self.row.spec.unit, Instant::now(), self.row.spec.settle()))
    }

    /// Where a file lies, as it is opened.
    pub(super) fn place(&self, within: &Path) -> Place {
        let place =
            Place::within(&self.row.path, self.row.path.join(within)).on(self.drive.mount().map(Path::to_owned));
        place.through(self.row.spec.links, &self.shared.home)
    }

    pub(super) async fn with_lines(&self, ready: Vec<Ready>) -> Result<Vec<(Ready, Option<Watched>)>> {
        let id = self.row.id;
        let look = move |reader: &crate::journal::Reader| {
            let line = |file: Ready| Ok((reader.watched_file(id, &file.0, &file.1)?, file));
            let lines = ready.into_iter().map(line).collect::<Result<Vec<_>>>()?;
            Ok(lines.into_iter().map(|(line, file)| (file, line)).collect())
        };
        self.shared.journal.read(look).await
    }

    fn is_wanted(&self, (folder, name, stamp): &Ready) -> bool {
        let verdict = self.rules.file(&names::spelled(&folder.join(name)), *stamp, UnixTime::now());
        !matches!(verdict, Verdict::Leaves(_))
    }

    /// Whether a file that is whole needs a transfer of its own. One that has one that is not done goes on by that, and one
    /// that is done and holds the same needs none, wherever in the folder it lay.
    pub(super) async fn is_new(&mut self, file: &Ready, line: Option<Watched>) -> Result<Is> {
        let (folder, name, stamp) = file;
        let Some(Watched { row, standing, .. }) = line else { return self.is_one_that_was_sent(file).await };
        let line_of = |row: &WatchedRow| WatchedRow { stamp: *stamp, ..row.clone() };
        let Some(transfer) = row.decided.transfer() else {
            // What was there before, and is another number only, is what was there before.
            if row.decided == Decided::Existing && is_touched(row.stamp, *stamp) {
                self.keeps(folder, name, line_of(&row)).await?;
                return Ok(Is::Known);
            }
            return Ok(Is::New);
        };
        let decided = Decided::Given(transfer);
        let line = WatchedRow { stamp: *stamp, after: self.wish(), decided, ..row.clone() };
        let Some(standing) = standing else { return Ok(Is::New) };
        match standing.state {
            // What was given up as a whole stays so, whatever its number is by now.
            TransferState::Cancelled { .. } if is_touched(row.stamp, *stamp) && row.decided == decided => {
                self.keeps(folder, name, line_of(&row)).await?;
                Ok(Is::Known)
            }
            TransferState::Cancelled { .. } => Ok(Is::New),
            // The one before it is being deleted, and is under another name perhaps: that is ended first, or nobody finds it any more.
            TransferState::Done { .. } if matches!(row.after, Some(Aftermath::Taking { what: After::Delete, .. })) => {
                self.done.insert(transfer);
                self.agenda.settles_from(file.clone(), Instant::now(), self.row.spec.settle());
                Ok(Is::Known)
            }
            TransferState::Done { .. } if !is_touched(row.stamp, *stamp) => Ok(Is::New),
            TransferState::Done { .. } => {
                let sent = self.shared.journal.read(move |reader| reader.transfer(transfer)).await?;
                let sent = sent.and_then(|row| Some((row.crc64?, row.size.get())));
                if sent.is_none() {
                    return Ok(Is::New);
                }
                let Some(holds) = self.sums.of(file) else { return Ok(Is::Unread) };
                if holds != sent {
                    return Ok(Is::New);
                }
                self.keeps(folder, name, line_of(&row)).await?;
                Ok(Is::Known)
            }
            _ => match self.shared.engine.redeliver(self.row.id, line).await? {
                Redelivered::InLine => {
                    self.agenda.forget(folder, name);
                    Ok(Is::Known)
                }
                // It stops by itself once it sees that the file is another, or ends as the version that it was.
                Redelivered::Runs => {
                    self.agenda.settles_from(file.clone(), Instant::now(), self.row.spec.settle());
                    Ok(Is::Known)
                }
                Redelivered::Nobodys => Ok(Is::New),
            },
        }
    }

    /// Keeps what was decided on a version under its present numbers.
    async fn keeps(&mut self, folder: &Path, name: &std::ffi::OsStr, line: WatchedRow) -> Result<()> {
        self.shared.journal.write(vec![crate::journal::Write::Watched(self.row.id, line)]).await?;
        self.agenda.forget(folder, name);
        Ok(())
    }

    async fn give(&mut self, whole: Vec<Ready>) -> Result<()> {
        if whole.is_empty() {
            return Ok(());
        }
        self.hand_over(&whole, false).await?;
        for file in &whole {
            self.agenda.forget(&file.0, &file.1);
            self.sums.forget(file);
        }
        Ok(())
    }

    /// Gives files to the engine: whole ones, or what is there of such as grow.
    pub(super) async fn hand_over(&self, files: &[Ready], grow: bool) -> Result<()> {
        let folder = self.name();
        let under = key::expand(&self.row.spec.under, &variables(&folder))?;
        let file = |(folder, name, stamp): &Ready| Whole { folder: folder.clone(), name: name.clone(), stamp: *stamp };
        let delivery = Delivery {
            watch: self.row.id,
            root: self.row.path.clone(),
            mount: self.drive.mount().map(Path::to_owned),
            name: title(files, folder),
            under,
            destination: self.row.destination.clone(),
            remote: self.row.remote.clone(),
            collision: self.row.spec.collision,
            priority: self.row.spec.priority,
            files: files.iter().map(file).collect(),
            grow,
            after: self.wish(),
        };
        self.shared.engine.deliver(delivery).await.map(drop)
    }

    /// What is to become of files that are given to the engine now.
    pub(super) fn wish(&self) -> Option<Aftermath> {
        let what = self.row.spec.after;
        (what != After::Keep).then_some(Aftermath::Due { what })
    }

    fn name(&self) -> String {
        self.row
            .path
            .file_name()
            .map_or_else(|| names::shown(&self.row.path), |name| name.to_string_lossy().into_owned())
    }
}

/// What a row of several files is called: the folder that all of them lie in.
fn title(whole: &[Ready], watched: String) -> String {
    let top = |(folder, ..): &Ready| folder.components().next().map(|name| OsString::from(name.as_os_str()));
    match whole.first().map(top) {
        Some(Some(first)) if whole.iter().all(|file| top(file).as_ref() == Some(&first)) => {
            first.to_string_lossy().into_owned()
        }
        _ => watched,
    }
}

fn variables(folder: &str) -> Variables {
    let unknown = || "unknown".to_owned();
    Variables {
        date: Zone::here().date(UnixTime::now()),
        host: whoami::hostname().unwrap_or_else(|_| unknown()),
        user: whoami::username().unwrap_or_else(|_| unknown()),
        folder: folder.to_owned(),
    }
}

/// Whether only the number of a file is another: perhaps it is the same file on a drive that was mounted again.
fn is_touched(was: Stamp, is: Stamp) -> bool {
    (was.size, was.mtime_ns) == (is.size, is.mtime_ns)
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::transfer::{OnS3, Standing};
    use crate::units::ByteCount;
    use crate::watch::fixture::{NAME, watched};

    /// W27: whatever number the file has by now.
    #[tokio::test]
    async fn what_was_given_up_is_sent_again_only_as_another_version() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let standing = Standing { state: TransferState::Cancelled { at: UnixTime(1) }, on_s3: OnS3::Nothing };
        let given_up = |file: &mut crate::journal::TransferRow| (file.size, file.standing) = (ByteCount(4), standing);
        let (mut folder, _asks) = watched(home.path(), root.path(), given_up).await;
        for (mtime_ns, is) in [(1, Is::Known), (2, Is::New)] {
            let stamp = Stamp { size: 4, mtime_ns, file: Some(2) };
            let ready = (PathBuf::new(), NAME.into(), stamp);
            let (file, line) = folder.with_lines(vec![ready]).await.expect("read").remove(0);
            assert_eq!(folder.is_new(&file, line).await.expect("looked"), is, "{mtime_ns}");
            let (_, line) = folder.with_lines(vec![file]).await.expect("read").remove(0);
            assert_eq!(
                line.expect("on record").row.stamp,
                Stamp { mtime_ns: 1, ..stamp },
                "by its number from then on"
            );
        }
    }

    /// W24: else nobody would know any more under which name it is.
    #[tokio::test]
    async fn a_version_that_comes_waits_until_the_one_before_it_is_deleted() {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let state = TransferState::Done { etag: "e".to_owned(), at: UnixTime(1) };
        let sent = |file: &mut crate::journal::TransferRow| {
            file.standing = Standing { state, on_s3: OnS3::Nothing };
        };
        let (mut folder, _asks) = watched(home.path(), root.path(), sent).await;
        let stamp = Stamp { size: 9, mtime_ns: 9, file: Some(9) };
        let (file, line) = folder.with_lines(vec![(PathBuf::new(), NAME.into(), stamp)]).await.expect("read").remove(0);
        let line = line.expect("on record");
        let taking = Aftermath::Taking { what: After::Delete, to: ".davit-1".to_owned() };
        let begun = Watched { row: WatchedRow { after: Some(taking), ..line.row.clone() }, ..line.clone() };
        assert_eq!(folder.is_new(&file, Some(begun)).await.expect("looked"), Is::Known);
        let transfer = line.row.decided.transfer().expect("it was sent");
        assert!(folder.done.contains(transfer), "that is ended first");
        assert_eq!(folder.is_new(&file, Some(line)).await.expect("looked"), Is::New);
    }
}
