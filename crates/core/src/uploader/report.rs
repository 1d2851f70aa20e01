//! Reports for a company's IT, and how much the log that goes with them tells.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{Uploader, lock};
use crate::error::{Error, ErrorCode, Result};
use crate::report::{Subject, save};
use crate::units::UnixTime;

/// So long the log has more in it, in seconds.
const DETAILED: u64 = 24 * 3_600;

impl Uploader {
    /// Writes a report to a file, without secrets, and without names unless they may be shown.
    ///
    /// # Errors
    /// `disk-full`, `file-unreadable` where it cannot be written.
    pub async fn save_report(&self, to: PathBuf, names: bool) -> Result<()> {
        let (keeper, secrets) = (std::sync::Arc::clone(&self.session), self.secrets());
        let task = self.runtime.handle().spawn_blocking(move || {
            let (home, net) = (&keeper.options.home, &keeper.options.net);
            save(&Subject { home, net, secrets: &secrets, names }, &to)
        });
        task.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }

    /// Whatever secrets are in memory.
    fn secrets(&self) -> Vec<SecretString> {
        let of_the_session = self.session.present.session().map(|session| session.secrets()).unwrap_or_default();
        let of_the_options = self.session.options.token.clone();
        let of_the_proxies = self.session.options.net.proxies.passwords();
        of_the_session.into_iter().chain(of_the_options).chain(of_the_proxies).collect()
    }

    /// Until when the log has more in it.
    pub fn detailed_log(&self) -> Option<UnixTime> {
        lock(&self.session.settings).detailed_log.filter(|until| *until > UnixTime::now())
    }

    /// The log has more in it for a day, or has not any more. It ends by itself.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`; then all is as it was.
    pub fn set_detailed_log(&self, on: bool) -> Result<Option<UnixTime>> {
        let until = on.then(|| UnixTime(UnixTime::now().0 + DETAILED));
        let settings = self.session.record(|settings| {
            settings.detailed_log = until;
            Ok(())
        })?;
        // Told while nobody else may change it.
        crate::log::is_detailed_until(settings.detailed_log);
        Ok(until)
    }
}
