//! What a proxy is told that wants to know who we are.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::future::BoxFuture;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A name and password for one proxy, and for no other: a network may name another any time.
#[derive(Clone, Debug)]
pub struct ProxyLogin {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

impl ProxyLogin {
    /// As the keychain holds it.
    pub(crate) fn to_kept(&self) -> SecretString {
        let both = [self.user.as_str(), self.password.expose_secret()];
        serde_json::to_string(&both).unwrap_or_default().into()
    }

    /// As the keychain held it.
    pub(crate) fn of_kept(kept: &SecretString) -> Option<Self> {
        let [user, password] = serde_json::from_str::<[String; 2]>(kept.expose_secret()).ok()?;
        Some(Self { user, password: password.into() })
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        let both = format!("{}:{}", self.user, self.password.expose_secret());
        let mut header = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(both))).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    pub(super) fn of_header(header: &HeaderValue) -> Option<Self> {
        let told = BASE64.decode(header.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
        let told = String::from_utf8(told).ok()?;
        let (user, password) = told.split_once(':')?;
        Some(Self { user: user.to_owned(), password: password.to_owned().into() })
    }
}

/// Answers the name and password for the proxy at a host and port, where any are kept.
pub(super) type Keychain = Arc<dyn Fn(String) -> BoxFuture<'static, Option<ProxyLogin>> + Send + Sync>;

/// Whether a proxy wants to know who we are.
pub(super) fn asks_who_we_are(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.any(|cause| wants_a_login(&cause.to_string()))
}

/// The same by the words of an error: the tunnel of `hyper-util` keeps the type of its own to itself.
pub(crate) fn wants_a_login(said: &str) -> bool {
    said.contains("proxy authorization required")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_comes_back_from_the_keychain_as_it_was() {
        let login = ProxyLogin { user: "DOMAIN\\ada".to_owned(), password: "a\"b\nc".to_owned().into() };
        let back = ProxyLogin::of_kept(&login.to_kept()).expect("read");
        assert_eq!((back.user, back.password.expose_secret()), (login.user, login.password.expose_secret()));
        assert!(ProxyLogin::of_kept(&"nonsense".to_owned().into()).is_none());
    }
}
