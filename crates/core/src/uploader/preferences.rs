//! What a person prefers: on record, and told to whoever goes by it.

use tokio::sync::watch;

use super::{Uploader, lock};
use crate::error::Result;
use crate::settings::{Preferences, Settings};

impl Uploader {
    /// What is preferred.
    pub fn preferences(&self) -> Preferences {
        *self.preferences.borrow()
    }

    /// The same, as it changes.
    pub fn preferences_changes(&self) -> watch::Receiver<Preferences> {
        self.preferences.subscribe()
    }

    /// Prefers it so from now on, and after a restart.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`; then all is as it was.
    pub fn set_preferences(&self, preferences: Preferences) -> Result<()> {
        let mut settings = lock(&self.session.settings);
        if settings.preferences != preferences {
            let changed = Settings { preferences, ..settings.clone() };
            changed.save(&self.session.options.home)?;
            *settings = changed;
        }
        // Told while nobody else may change it: the last that is on record is the last that is told.
        self.preferences.send_replace(preferences);
        Ok(())
    }
}
