//! What was fetched: the archive and what was offered, in a folder of the home. It may be lost or damaged at any time: it is
//! checked whenever it is to be used, and fetched anew.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use davit_core::file::{Readers, write_whole};
use semver::Version;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::offer::{Offer, is_newer};

const RECORD: &str = "update.json";
/// Whoever puts an update in place before anything is opened has this one.
const LOCK: &str = "lock";

/// What is known of what was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// As what it was offered.
    pub(super) offer: Offer,
    /// It was to be put in place, and could not be.
    #[serde(default)]
    pub(super) failed: bool,
}

/// The folder.
#[derive(Debug)]
pub(super) struct Kept(PathBuf);

impl Kept {
    /// That of a home.
    pub(super) fn in_home(home: &Path) -> Self {
        Self(home.join("updates"))
    }

    /// What was fetched last, whole, and not put in place yet.
    pub(super) fn read(&self) -> Option<Record> {
        serde_json::from_slice(&std::fs::read(self.0.join(RECORD)).ok()?).ok()
    }

    /// The archive of a version. A version has no sign in it that leads elsewhere.
    pub(super) fn archive(&self, version: &Version) -> PathBuf {
        self.0.join(format!("davit-{version}"))
    }

    /// A file to fetch into. It goes with its name, unless it is kept.
    ///
    /// # Errors
    /// As the system says.
    pub(super) fn begin(&self) -> io::Result<NamedTempFile> {
        std::fs::create_dir_all(&self.0)?;
        NamedTempFile::new_in(&self.0)
    }

    /// Keeps it in the place of whatever was kept before.
    ///
    /// # Errors
    /// As the system says; what was kept before may be gone then.
    pub(super) fn keep(&self, file: NamedTempFile, offer: &Offer) -> io::Result<()> {
        file.as_file().sync_all()?;
        file.persist(self.archive(&offer.version))?;
        self.record(&Record { offer: offer.clone(), failed: false })?;
        self.tidy(Some(&offer.version));
        Ok(())
    }

    /// What was fetched and is newer than this version, and was not tried to be put in place yet.
    pub(super) fn untried(&self, than: &Version) -> Option<Record> {
        self.read().filter(|record| !record.failed && is_newer(&record.offer.version, than))
    }

    /// It could not be put in place: a person is told, and it is not tried again without a word of theirs. Answers whether that is on
    /// record.
    pub(super) fn failed(&self) -> bool {
        let Some(record) = self.read() else { return false };
        let kept = self.record(&Record { failed: true, ..record });
        if let Err(error) = &kept {
            tracing::debug!(%error, "that an update was not put in place was not kept");
        }
        kept.is_ok()
    }

    /// Lets one start at a time put in place what is newer than this version, as long as it has what this answers; none where another
    /// is at it, or was.
    ///
    /// # Errors
    /// As the system says.
    pub(super) fn alone(&self, than: &Version) -> io::Result<Option<File>> {
        let lock = File::options().create(true).truncate(false).write(true).open(self.0.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(self.untried(than).map(|_| lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn record(&self, record: &Record) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(record)?;
        write_whole(&self.0.join(RECORD), Readers::Owner, |into| into.write_all(&text))
    }

    /// Takes away everything, but what belongs to this version.
    pub(super) fn tidy(&self, but: Option<&Version>) {
        let kept = but.map(|version| [self.0.join(RECORD), self.archive(version)]);
        let Ok(entries) = std::fs::read_dir(&self.0) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            // Without its name it would keep nobody out.
            let is_lock = path.file_name().is_some_and(|name| name == LOCK);
            if !is_lock && !kept.as_ref().is_some_and(|kept| kept.contains(&path)) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn offer(version: &str) -> Offer {
        Offer {
            version: version.parse().expect("a version"),
            target: "linux-x86_64".to_owned(),
            url: "https://example.com/davit".parse().expect("an address"),
            signature: "s".to_owned(),
        }
    }

    #[test]
    fn one_update_is_kept_and_what_is_half_there_goes() {
        let home = tempfile::tempdir().expect("a folder");
        let kept = Kept::in_home(home.path());
        kept.tidy(None);
        assert_eq!(kept.read(), None);
        for version in ["0.2.0", "0.3.0-beta.1"] {
            let mut file = kept.begin().expect("begun");
            file.write_all(version.as_bytes()).expect("written");
            kept.keep(file, &offer(version)).expect("kept");
            let record = kept.read().expect("kept");
            assert_eq!((&record.offer, record.failed), (&offer(version), false));
            assert_eq!(std::fs::read(kept.archive(&record.offer.version)).expect("there"), version.as_bytes());
            assert_eq!(std::fs::read_dir(home.path().join("updates")).expect("listed").count(), 2, "and nothing else");
        }
        let (before, same) = (Version::new(0, 2, 0), "0.3.0".parse().expect("a version"));
        assert!(kept.untried(&before).is_some() && kept.untried(&same).is_none());
        assert!(kept.failed());
        assert!(kept.read().is_some_and(|record| record.failed));
        assert!(kept.untried(&before).is_none(), "once is enough");
        // As a kill leaves it.
        kept.begin().expect("begun").keep().expect("left");
        kept.tidy(Some(&offer("0.3.0-beta.1").version));
        assert_eq!(std::fs::read_dir(home.path().join("updates")).expect("listed").count(), 2);
        std::fs::write(home.path().join("updates").join(RECORD), b"{").expect("written");
        assert_eq!(kept.read(), None);
        assert!(!kept.failed());
        kept.tidy(None);
        assert_eq!(std::fs::read_dir(home.path().join("updates")).expect("listed").count(), 0);
    }

    #[test]
    fn of_starts_at_the_same_time_one_puts_the_update_in_place() {
        let home = tempfile::tempdir().expect("a folder");
        let (kept, running) = (Kept::in_home(home.path()), Version::new(0, 2, 0));
        kept.keep(kept.begin().expect("begun"), &offer("0.3.0")).expect("kept");
        let first = kept.alone(&running).expect("asked").expect("nobody else");
        kept.tidy(Some(&Version::new(0, 3, 0)));
        assert!(kept.alone(&running).expect("asked").is_none(), "another is at it");
        assert!(kept.failed());
        drop(first);
        assert!(kept.alone(&running).expect("asked").is_none(), "another was");
        kept.keep(kept.begin().expect("begun"), &offer("0.4.0")).expect("kept");
        assert!(kept.alone(&running).expect("asked").is_some());
    }
}
