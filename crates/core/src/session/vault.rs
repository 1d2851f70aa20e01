//! Where secrets stay: the access token for a company, and the password for a proxy. The system's keychain, or memory alone;
//! never a file.
//!
//! A keychain that is away is no failure of the sign-in: a secret then lives as long as the program, and whoever gave it is told.

use std::path::PathBuf;

use keyring::v1::Entry;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::error::{Error, ErrorCode, Result};

/// Where a secret stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vault {
    /// The system's keychain.
    Keychain,
    /// Memory: gone with the program.
    Memory,
    /// A keychain that does as a test says.
    #[cfg(test)]
    Likeness(&'static likeness::Likeness),
}

/// The service our entries are filed under.
const SERVICE: &str = "org.davit.app";

impl Vault {
    pub(crate) async fn load(self, server: &Url) -> Option<SecretString> {
        #[cfg(test)]
        if let Self::Likeness(one) = self {
            drop(one.asks.lock().await);
            return one.load(server);
        }
        let found = self.with(server, keyring::Entry::get_secret).await?;
        String::from_utf8(found).ok().map(SecretString::from)
    }

    /// The same, for whoever may ask again.
    ///
    /// # Errors
    /// `keychain-unavailable` where it is locked or away: then nobody knows what is there.
    pub(crate) async fn look(self, server: &Url) -> Result<Option<SecretString>> {
        let away = || Error::new(ErrorCode::KeychainUnavailable);
        if self == Self::Memory {
            return Ok(None);
        }
        #[cfg(test)]
        if let Self::Likeness(one) = self {
            return if one.is_locked() { Err(away()) } else { Ok(one.load(server)) };
        }
        let there = |entry: &Entry| match entry.get_secret() {
            Err(keyring::v1::Error::NoEntry) => Ok(None),
            there => there.map(Some),
        };
        let found = self.with(server, there).await.ok_or_else(away)?;
        Ok(found.and_then(|bytes| String::from_utf8(bytes).ok()).map(SecretString::from))
    }

    /// Keeps it; answers whether it will be there after a restart.
    pub(crate) async fn store(self, server: &Url, token: &SecretString) -> bool {
        #[cfg(test)]
        if let Self::Likeness(one) = self {
            return one.store(server, token).await;
        }
        let token = token.clone();
        // Read back: some keychains take a secret and cut it.
        let kept = self
            .with(server, move |entry| {
                let bytes = token.expose_secret().as_bytes();
                entry.set_secret(bytes)?;
                Ok(entry.get_secret()? == bytes)
            })
            .await;
        if self == Self::Keychain && kept != Some(true) {
            tracing::warn!("the keychain did not keep what it was given; it lasts until Davit is closed");
        }
        kept == Some(true)
    }

    /// Why a secret lasts no longer than the program, where it was to: of one that was given for this run alone nobody expects it.
    pub(crate) fn unkept(self, kept: bool) -> Option<ErrorCode> {
        (self != Self::Memory && !kept).then_some(ErrorCode::KeychainUnavailable)
    }

    pub(crate) async fn forget(self, server: &Url) {
        #[cfg(test)]
        if let Self::Likeness(one) = self {
            return one.forget(server);
        }
        let _ = self.with(server, keyring::Entry::delete_credential).await;
    }

    /// The file that all who have the same secrets may wait for each other at, in a folder of the person's own, whatever the home:
    /// there is one keychain for all. None where nobody else has them, or the system names no such folder.
    pub(crate) fn meets_at(self) -> Option<PathBuf> {
        let folder = match self {
            Self::Keychain if cfg!(target_os = "linux") => directories::BaseDirs::new()?.runtime_dir()?.to_owned(),
            Self::Keychain => std::env::temp_dir(),
            Self::Memory => return None,
            #[cfg(test)]
            Self::Likeness(one) => one.meets_in.get()?.clone(),
        };
        Some(folder.join("davit-renewal.lock"))
    }

    async fn with<T: Send + 'static>(
        self,
        server: &Url,
        work: impl FnOnce(&Entry) -> keyring::v1::Result<T> + Send + 'static,
    ) -> Option<T> {
        if self == Self::Memory {
            return None;
        }
        let account = server.as_str().to_owned();
        let task = tokio::task::spawn_blocking(move || work(&Entry::new(SERVICE, &account)?));
        match task.await.ok()? {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::debug!(%error, "keychain");
                None
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod likeness {
    //! A keychain in memory: locked, or asking a person first, as a test says.

    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, MutexGuard, OnceLock};

    use secrecy::{ExposeSecret as _, SecretString};
    use url::Url;

    /// What it holds, and how it behaves.
    #[derive(Debug, Default)]
    pub struct Likeness {
        held: Mutex<BTreeMap<String, String>>,
        refuses: AtomicBool,
        /// Whoever holds this keeps everybody waiting who stores something, or wants to know what is there.
        pub(crate) asks: tokio::sync::Mutex<()>,
        /// The folder where those who have it wait for each other.
        pub(crate) meets_in: OnceLock<PathBuf>,
    }

    impl PartialEq for Likeness {
        fn eq(&self, other: &Self) -> bool {
            std::ptr::eq(self, other)
        }
    }

    impl Eq for Likeness {}

    impl Likeness {
        /// For as long as the tests run.
        pub(crate) fn empty() -> &'static Self {
            Box::leak(Box::<Self>::default())
        }

        /// From now on it takes nothing, or everything.
        pub(crate) fn refuses(&self, refuses: bool) {
            self.refuses.store(refuses, Ordering::SeqCst);
        }

        pub(super) fn is_locked(&self) -> bool {
            self.refuses.load(Ordering::SeqCst)
        }

        fn held(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
            self.held.lock().expect("no test ended here")
        }

        pub(super) fn load(&self, server: &Url) -> Option<SecretString> {
            self.held().get(server.as_str()).cloned().map(Into::into)
        }

        pub(crate) async fn store(&self, server: &Url, token: &SecretString) -> bool {
            let _answered = self.asks.lock().await;
            let takes = !self.is_locked();
            if takes {
                self.held().insert(server.to_string(), token.expose_secret().to_owned());
            }
            takes
        }

        pub(super) fn forget(&self, server: &Url) {
            self.held().remove(server.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_to_be_kept_and_is_not_is_told() {
        for (vault, kept, told) in [
            (Vault::Keychain, false, Some(ErrorCode::KeychainUnavailable)),
            (Vault::Keychain, true, None),
            (Vault::Memory, false, None),
        ] {
            assert_eq!(vault.unkept(kept), told, "{vault:?}");
        }
    }
}
