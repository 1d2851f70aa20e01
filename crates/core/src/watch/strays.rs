//! Files that have the name of one that is being deleted (rule W24). None lies there for longer than a moment, unless whoever
//! watched was killed in it, or something was in the way; and a person may have moved its folder since. What became of it is on
//! record by that name: once it is found, it is seen to.

use std::path::{Path, PathBuf};

use super::aftermath::HIDDEN;
use super::folder::Folder;
use crate::error::Result;
use crate::file::{Seen, Sight};
use crate::journal::Reader;

impl Folder {
    /// What lies in a folder without such files: they are nobody's, whatever else is like them. Those on record are seen to.
    pub(super) async fn without_strays(&mut self, folder: &Path, sights: Vec<Sight>) -> Result<Vec<Sight>> {
        self.strays.retain(|_, at| at != folder);
        let (strays, others): (Vec<_>, Vec<_>) = sights.into_iter().partition(is_stray);
        if strays.is_empty() {
            return Ok(others);
        }
        let names: Vec<_> = strays.into_iter().map(|sight| sight.name).collect();
        let (id, asked) = (self.row.id, names.clone());
        let look = move |reader: &Reader| {
            let begun = asked.iter().map(|name| reader.watched_taking(id, name));
            begun.collect::<Result<Vec<_>>>()
        };
        let begun = self.shared.journal.read(look).await?;
        // What could not be done has a time of its own.
        let stays = &self.stays;
        self.done.extend(begun.into_iter().flatten().filter(|transfer| !stays.contains(*transfer)));
        self.strays.extend(names.into_iter().map(|name| (name, folder.to_owned())));
        Ok(others)
    }

    /// Where a file that is being deleted lies, and where it has its other name: in its own folder, or in whichever that was found.
    pub(super) fn left_at(&self, lies: &Path, to: &str) -> (PathBuf, PathBuf) {
        let hidden = Path::new(to).file_name().unwrap_or_default();
        match (self.strays.get(hidden), lies.file_name()) {
            (Some(folder), Some(name)) => (folder.join(name), folder.join(hidden)),
            _ => left(lies, to),
        }
    }
}

/// The same as far as the ledger alone tells: in its own folder.
pub(super) fn left(lies: &Path, to: &str) -> (PathBuf, PathBuf) {
    (lies.to_owned(), lies.with_file_name(Path::new(to).file_name().unwrap_or_default()))
}

fn is_stray(sight: &Sight) -> bool {
    matches!(sight.what, Seen::File(_)) && sight.name.to_string_lossy().starts_with(HIDDEN)
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::fixture::FILE;
    use crate::file::{Stamp, Tree};
    use crate::journal::{WatchedRow, Write};
    use crate::transfer::{OnS3, Standing, TransferState};
    use crate::units::UnixTime;
    use crate::watch::fixture::{NAME, watched};
    use crate::watch::record::{Aftermath, Decided};
    use crate::watch::spec::After;

    const HAS: &str = ".davit-1";

    /// Whoever watched was killed as the file in "day" had its other name, and a person called that folder "night". What `meanwhile`
    /// does there is done before the next look. Answers the files there after it with what they hold, and what is on record.
    async fn found(meanwhile: impl FnOnce(&Path)) -> (Vec<(String, String)>, Option<Aftermath>) {
        let [home, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let [day, night] = ["day", "night"].map(|name| root.path().join(name));
        std::fs::create_dir(&day).expect("made");
        std::fs::write(day.join(HAS), b"sent").expect("written");
        let open = || Tree::open(root.path(), home.path()).expect("opened");
        let sent = open().fingerprint(&Path::new("day").join(HAS)).expect("there");
        let stamp = Stamp { size: 4, mtime_ns: i64::try_from(sent.mtime).expect("in time"), file: Some(sent.file) };
        let state = TransferState::Done { etag: "e".to_owned(), at: UnixTime(1) };
        let standing = Standing { state, on_s3: OnS3::Nothing };
        let is_done = |file: &mut crate::journal::TransferRow| {
            (file.fingerprint, file.standing) = (Some(sent), standing);
        };
        let (mut folder, _asks) = watched(home.path(), root.path(), is_done).await;
        folder.row.spec.after = After::Delete;
        let after = Aftermath::Taking { what: After::Delete, to: format!("day/{HAS}") };
        let decided = Decided::Given(FILE);
        let line = WatchedRow { folder: "day".into(), name: NAME.into(), stamp, decided, after: Some(after) };
        let id = folder.row.id;
        let writes = vec![Write::Unwatched(id, PathBuf::new(), NAME.into()), Write::Watched(id, line)];
        folder.shared.journal.write(writes).await.expect("written");
        std::fs::rename(&day, &night).expect("renamed");
        meanwhile(&night);
        let tree = Arc::new(open());
        folder.check(&tree, false).await.expect("looked at");
        folder.see_to_what_is_done(&tree).await.expect("seen to");
        let entries = std::fs::read_dir(&night).expect("a folder").map(|entry| entry.expect("an entry").path());
        let told = |path: PathBuf| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("read"))
        };
        let mut left: Vec<_> = entries.map(told).collect();
        left.sort();
        assert!(!day.exists(), "nothing is made anew");
        let line = folder.shared.journal.read(|reader| reader.watched_by(FILE)).await.expect("read");
        (left, line.expect("on record").row.after)
    }

    fn file(name: &str, holds: &str) -> (String, String) {
        (name.to_owned(), holds.to_owned())
    }

    /// W24.
    #[tokio::test]
    async fn a_file_that_was_being_deleted_is_found_wherever_its_folder_lies_by_then() {
        assert_eq!(found(|_| {}).await, (vec![], Some(Aftermath::Did)));
        let other = |night: &Path| std::fs::write(night.join(NAME), b"another version").expect("written");
        let left = vec![file(NAME, "another version")];
        assert_eq!(found(other).await, (left, Some(Aftermath::Did)), "what took its place stays");
        let gone = |night: &Path| std::fs::rename(night, night.with_file_name(".elsewhere")).expect("moved");
        let back = |night: &Path| {
            gone(night);
            std::fs::create_dir(night).expect("made");
        };
        let (left, after) = found(back).await;
        assert!(left.is_empty() && matches!(after, Some(Aftermath::Taking { .. })), "it may come back: {after:?}");
    }

    /// W24: nobody deletes what was not sent.
    #[tokio::test]
    async fn what_was_written_to_while_it_was_being_deleted_has_its_name_again() {
        let written = |night: &Path| std::fs::write(night.join(HAS), b"written on").expect("written");
        let (left, after) = found(written).await;
        assert_eq!(left, [file(NAME, "written on")]);
        assert!(matches!(after, Some(Aftermath::Failed { .. })), "{after:?}");
    }
}
