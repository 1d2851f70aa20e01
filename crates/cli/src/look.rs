//! Opening for a look: nothing is uploaded, and nobody who uploads is in the way.

use std::path::Path;

use davit_core::error::{Error, ErrorCode, Result};
use davit_core::journal::Journal;
use davit_core::settings::Settings;
use davit_core::uploader::{Options, Uploader};

/// An uploader that uploads nothing.
pub(crate) struct Look {
    pub(crate) uploader: Uploader,
    /// Records that are thrown away, where another Davit works with the real ones.
    beside: Option<tempfile::TempDir>,
}

impl Look {
    pub(crate) async fn open(mut options: Options) -> Result<Self> {
        options.hold = true;
        match Uploader::open(options.clone()).await {
            Err(error) if error.code == ErrorCode::InstanceBusy => {}
            opened => return Ok(Self { uploader: opened?, beside: None }),
        }
        let settings = Settings::load(&options.home)?;
        options.server = options.server.or(settings.server);
        let failed =
            |e: std::io::Error| Error::new(ErrorCode::JournalUnwritable).detail(format!("temporary folder: {e}"));
        let beside = tempfile::tempdir().map_err(failed)?;
        options.home = beside.path().to_owned();
        Ok(Self { uploader: Uploader::open(options).await?, beside: Some(beside) })
    }

    /// Whether another Davit is at work.
    pub(crate) fn beside_another(&self) -> bool {
        self.beside.is_some()
    }
}

/// Whether anything was ever recorded.
///
/// # Errors
/// `journal-unwritable` for a home that is none.
pub(crate) fn on_record(home: &Path) -> Result<bool> {
    let path = Journal::path(home);
    match std::fs::metadata(&path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::new(ErrorCode::JournalUnwritable).detail(format!("{}: {error}", path.display()))),
    }
}
