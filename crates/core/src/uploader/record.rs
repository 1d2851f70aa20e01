//! Settings that change while an [`super::Uploader`] is at work: on record first, so that what holds does so after a restart.

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use super::{Keeper, lock};
use crate::error::Result;
use crate::settings::Settings;

/// Puts a change on record, and then it holds; what cannot be written, or is refused, changes nothing. As long as the answer is
/// held nobody else changes any: the last that is on record is the last that is told.
///
/// # Errors
/// What the change is refused with; `disk-full`, `journal-unwritable`.
pub(super) fn record<'a>(
    settings: &'a Mutex<Settings>,
    home: &Path,
    change: impl FnOnce(&mut Settings) -> Result<()>,
) -> Result<MutexGuard<'a, Settings>> {
    let mut settings = lock(settings);
    let mut changed = settings.clone();
    change(&mut changed)?;
    if *settings != changed {
        changed.save(home)?;
        *settings = changed;
    }
    Ok(settings)
}

impl Keeper {
    /// The same for those of the session.
    ///
    /// # Errors
    /// As [`record`].
    pub(super) fn record(&self, change: impl FnOnce(&mut Settings) -> Result<()>) -> Result<MutexGuard<'_, Settings>> {
        record(&self.settings, &self.options.home, change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorCode};

    #[test]
    fn a_change_that_is_refused_or_cannot_be_written_changes_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let settings = Mutex::new(Settings::default());
        let eight = |settings: &mut Settings| {
            settings.concurrency = Some(8);
            Ok(())
        };
        let nowhere = record(&settings, &home.path().join("nowhere"), eight).expect_err("there is no such folder");
        assert_eq!(nowhere.code, ErrorCode::JournalUnwritable);
        let refused = |settings: &mut Settings| {
            settings.concurrency = Some(8);
            Err(Error::new(ErrorCode::SetByCompany))
        };
        record(&settings, home.path(), refused).expect_err("refused");
        assert_eq!(*lock(&settings), Settings::default());
        let kept = record(&settings, home.path(), eight).expect("kept").clone();
        assert_eq!((kept.concurrency, Settings::load(home.path()).expect("read")), (Some(8), kept.clone()));
    }
}
