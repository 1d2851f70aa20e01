//! Where secrets stay: the access token for a company, and the password for a proxy. The system's keychain, or memory alone;
//! never a file.
//!
//! A keychain that is away is no failure of the sign-in: a secret then lives as long as the program, and whoever gave it is told.

use keyring::v1::Entry;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::error::ErrorCode;

/// Where a secret stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vault {
    /// The system's keychain.
    Keychain,
    /// Memory: gone with the program.
    Memory,
}

/// The service our entries are filed under.
const SERVICE: &str = "org.davit.app";

impl Vault {
    pub(crate) async fn load(self, server: &Url) -> Option<SecretString> {
        let found = self.with(server, keyring::Entry::get_secret).await?;
        String::from_utf8(found).ok().map(SecretString::from)
    }

    /// Keeps it; answers whether it will be there after a restart.
    pub(crate) async fn store(self, server: &Url, token: &SecretString) -> bool {
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
        (self == Self::Keychain && !kept).then_some(ErrorCode::KeychainUnavailable)
    }

    pub(crate) async fn forget(self, server: &Url) {
        let _ = self.with(server, keyring::Entry::delete_credential).await;
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
