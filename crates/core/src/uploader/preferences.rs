//! What a person prefers: on record, and told to whoever goes by it as it holds.

use tokio::sync::watch;

use super::{Uploader, lock};
use crate::error::{Error, ErrorCode, Result};
use crate::settings::rules::Sourced;
use crate::settings::{Name, PIECES, Preferences, SETTINGS, Settings, Value};

impl Uploader {
    /// What is preferred.
    pub fn preferences(&self) -> Preferences {
        *self.session.preferences.borrow()
    }

    /// The same, as it changes.
    pub fn preferences_changes(&self) -> watch::Receiver<Preferences> {
        self.session.preferences.subscribe()
    }

    /// Prefers it so from now on, and after a restart.
    ///
    /// # Errors
    /// `set-by-company`, `disk-full`, `journal-unwritable`; then all is as it was.
    pub fn set_preferences(&self, preferences: Preferences) -> Result<()> {
        let options = &self.session.options;
        let wanted = Settings { preferences, ..Settings::default() };
        let settings = self.session.record(|settings| {
            let mut all = SETTINGS.iter().filter(|setting| setting.kind.is_preference());
            all.try_for_each(|one| settings.set(one.name, &wanted.value(one.name), &options.policy.rules))
        })?;
        // Told while nobody else may change it.
        self.session.preferences.send_replace(options.ruled(&settings).settings.preferences);
        Ok(())
    }

    /// Pieces in flight as they will be from the next start; none means as many as turn out best.
    pub fn concurrency(&self) -> Option<u16> {
        self.session.options.ruled(&lock(&self.session.settings)).settings.concurrency
    }

    /// Has so many in flight from the next start.
    ///
    /// # Errors
    /// `bad-input` for none and for more than there may be; `set-by-company`, `disk-full`, `journal-unwritable`; then all is as it was.
    pub fn set_concurrency(&self, pieces: Option<u16>) -> Result<()> {
        if pieces.is_some_and(|pieces| !PIECES.contains(&pieces)) {
            return Err(Error::new(ErrorCode::BadInput).detail("pieces in flight"));
        }
        let (wanted, rules) = (Value::Number(pieces.map_or(0, u64::from)), &self.session.options.policy.rules);
        self.session.record(|settings| settings.set(Name::Concurrency, &wanted, rules)).map(drop)
    }

    /// Who says what each setting is.
    pub fn sources(&self) -> Vec<Sourced> {
        self.session.options.ruled(&lock(&self.session.settings)).sources
    }
}
