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
        let mut settings = lock(&self.session.settings);
        let mut changed = settings.clone();
        for setting in SETTINGS.iter().filter(|setting| setting.kind.is_preference()) {
            changed.set(setting.name, &wanted.value(setting.name), &options.policy.rules)?;
        }
        if *settings != changed {
            changed.save(&options.home)?;
            *settings = changed;
        }
        // Told while nobody else may change it: the last that is on record is the last that is told.
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
        let options = &self.session.options;
        let mut settings = lock(&self.session.settings);
        let mut changed = settings.clone();
        let wanted = Value::Number(pieces.map_or(0, u64::from));
        changed.set(Name::Concurrency, &wanted, &options.policy.rules)?;
        if *settings != changed {
            changed.save(&options.home)?;
            *settings = changed;
        }
        Ok(())
    }

    /// Who says what each setting is.
    pub fn sources(&self) -> Vec<Sourced> {
        self.session.options.ruled(&lock(&self.session.settings)).sources
    }
}
