//! Opening for a look: nothing is uploaded, and nobody who uploads is in the way.

use std::path::Path;

use davit_core::error::{Error, ErrorCode, Result};
use davit_core::journal::{Journal, Notice, Outlook, Reader};
use davit_core::settings::Settings;
use davit_core::uploader::{Options, Uploader};

/// An uploader that uploads nothing.
pub(crate) struct Look {
    pub(crate) uploader: Uploader,
    /// Records that are thrown away, where the real ones are not to be touched.
    beside: Option<tempfile::TempDir>,
}

impl Look {
    pub(crate) async fn open(mut options: Options) -> Result<Self> {
        options.hold = true;
        match Uploader::open(options.clone()).await {
            Err(error) if error.code == ErrorCode::InstanceBusy => {}
            opened => return Ok(Self { uploader: opened?, beside: None }),
        }
        Self::beside(options).await
    }

    /// With records that are thrown away: the real ones stay as they are.
    pub(crate) async fn beside(mut options: Options) -> Result<Self> {
        options.hold = true;
        let settings = Settings::load(&options.home)?;
        options.net.proxies.choose(settings.ruled(&options.policy.rules).settings.proxy);
        options.server = options.server.or(settings.server);
        let failed =
            |e: std::io::Error| Error::new(ErrorCode::JournalUnwritable).detail(format!("temporary folder: {e}"));
        let beside = tempfile::tempdir().map_err(failed)?;
        options.home = beside.path().to_owned();
        Ok(Self { uploader: Uploader::open(options).await?, beside: Some(beside) })
    }

    /// Whether another Davit is at work, of one that was opened.
    pub(crate) fn beside_another(&self) -> bool {
        self.beside.is_some()
    }
}

/// What is on record.
pub(crate) struct Records {
    pub(crate) reader: Reader,
    /// Where the next start will read that, when the records are lost. Outlives the reader.
    lost: Option<Outlook>,
}

impl Records {
    /// Nothing where nothing was ever recorded.
    ///
    /// # Errors
    /// The journal's; `journal-unwritable` for a home that is none.
    pub(crate) fn of(home: &Path) -> Result<Option<Self>> {
        if let Some(lost) = Outlook::of_lost(home)? {
            return Ok(Some(Self { reader: Reader::open(lost.home())?, lost: Some(lost) }));
        }
        let path = Journal::path(home);
        match std::fs::metadata(&path) {
            Ok(_) => Ok(Some(Self { reader: Reader::open(home)?, lost: None })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::new(ErrorCode::JournalUnwritable).detail(format!("{}: {error}", path.display()))),
        }
    }

    /// What the next start tells.
    pub(crate) fn notice(&self) -> Option<Notice> {
        self.lost.as_ref().map(Outlook::notice)
    }
}
