//! The way out of this computer: which proxy is taken, and the password for it. The password goes to the keychain and to the
//! proxy that it is for; nobody is told more of it than that there is one.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::Uri;
use serde::Serialize;
use tokio::time::Duration;
use ts_rs::TS;
use url::Url;

use super::{Keeper, Uploader, lock};
use crate::error::{Error, ErrorCode, Result};
use crate::net::{ANYWHERE, Net, ProxyChoice, ProxyFrom, ProxyLogin};
use crate::session::Vault;
use crate::settings::{Name, Value};

/// A keychain that is locked is asked again after this, then after twice as long, and so on.
const LOCKED: Duration = Duration::from_secs(30);
/// So often it is asked.
const LOCKED_AT_MOST: u32 = 6;

/// The way out as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// What is wanted of proxies.
    pub choice: ProxyChoice,
    /// Host and port of a proxy that is taken: one that wants a password, else the company's, else another's. None where all is
    /// reached straight.
    pub proxy: Option<String>,
    /// Who says so.
    pub from: Option<ProxyFrom>,
    /// Whether there is a name and password for it. Those that it refused are not told to it again for a while.
    pub has_password: bool,
    /// Why those last no longer than this program, where they were to: `keychain-unavailable`.
    pub unkept: Option<ErrorCode>,
}

impl Uploader {
    /// The way out as it is now.
    pub fn network(&self) -> Network {
        let proxies = &self.session.options.net.proxies;
        let through = proxies.taken(&self.session.asked());
        Network {
            choice: proxies.choice(),
            has_password: through.as_ref().is_some_and(|through| through.auth.is_some()),
            from: through.as_ref().map(|through| through.from),
            proxy: through.map(|through| through.host().to_owned()),
            unkept: *lock(&self.session.login_unkept),
        }
    }

    /// Goes by another choice from the next connection on, and after a restart.
    ///
    /// # Errors
    /// `bad-input` for an address that is no proxy's; `set-by-company`, `disk-full`, `journal-unwritable`: then all is as it
    /// was.
    pub async fn set_proxy(&self, choice: ProxyChoice) -> Result<Network> {
        choice.check()?;
        let (wanted, rules) = (Value::proxy(&choice), &self.session.options.policy.rules);
        drop(self.session.record(|settings| settings.set(Name::Proxy, &wanted, rules))?);
        self.on_runtime(choice, |keeper, choice| async move {
            keeper.options.net.proxies.choose(choice);
            keeper.finds_the_way().await;
            Ok(())
        })
        .await?;
        Ok(self.network())
    }

    /// Keeps a name and password for the proxy at this host and port, and tells them to no other: which one is taken may change
    /// while a person types.
    ///
    /// # Errors
    /// `bad-input` where that one is on the way to no place that was asked for, or not any more.
    pub async fn set_proxy_login(&self, proxy: &str, login: ProxyLogin) -> Result<Network> {
        self.on_runtime((proxy.to_owned(), login), |keeper, (proxy, login)| async move {
            let proxies = &keeper.options.net.proxies;
            if !proxies.is_taken(&proxy, &keeper.asked()) {
                return Err(Error::new(ErrorCode::BadInput).detail("this proxy is not taken"));
            }
            let kept = keeper.vault().store(&account(&proxy)?, &login.to_kept()).await;
            *lock(&keeper.login_unkept) = keeper.vault().unkept(kept);
            proxies.log_in(proxy, login);
            Ok(())
        })
        .await?;
        Ok(self.network())
    }

    /// Forgets the name and password for the proxy at this host and port. Of one that is not known nothing is forgotten.
    ///
    /// # Errors
    /// `bad-input` for what is no host and port. A keychain that is away is none: they are gone from memory all the same.
    pub async fn forget_proxy_login(&self, proxy: &str) -> Result<Network> {
        self.on_runtime(proxy.to_owned(), |keeper, proxy| async move {
            let proxies = &keeper.options.net.proxies;
            if proxies.knows(&proxy) || proxies.is_taken(&proxy, &keeper.asked()) {
                keeper.vault().forget(&account(&proxy)?).await;
                proxies.log_out(&proxy);
                *lock(&keeper.login_unkept) = None;
            }
            Ok(())
        })
        .await?;
        Ok(self.network())
    }
}

impl Keeper {
    /// What the way out is asked for: the company's address, where one is known.
    pub(super) fn asked(&self) -> Uri {
        let known = self.options.server.clone().or_else(|| lock(&self.settings).server.clone());
        let known = known.map(|address| self.options.spelt(&address)).and_then(|address| address.parse().ok());
        known.unwrap_or_else(|| Uri::from_static(ANYWHERE))
    }

    /// A token that came with the options is never kept, and neither is a password then.
    pub(super) fn vault(&self) -> Vault {
        if self.options.token.is_some() { Vault::Memory } else { Vault::Keychain }
    }

    /// Asks the system which proxy is taken, where it has to be asked, and the keychain for the password that it wants.
    async fn finds_the_way(&self) {
        self.options.net.proxies.find(&self.asked()).await;
    }
}

/// As [`Keeper::finds_the_way`], before there is one. From now on the keychain is asked of every proxy that is taken.
pub(super) async fn finds_the_way(net: &Net, to: &Uri, vault: Vault) {
    let keychain = move |host: String| -> BoxFuture<'static, Option<ProxyLogin>> { Box::pin(kept_for(host, vault)) };
    net.proxies.asks(Arc::new(keychain));
    net.proxies.find(to).await;
}

/// What is kept for a proxy. Davit may start before the keychain is open, and asks one that is locked or away again, ever less often
/// and not for ever: it may ask a person each time.
async fn kept_for(host: String, vault: Vault) -> Option<ProxyLogin> {
    let account = account(&host).ok()?;
    for tries in 0..LOCKED_AT_MOST {
        match vault.look(&account).await {
            Ok(kept) => return kept.as_ref().and_then(ProxyLogin::of_kept),
            Err(error) => tracing::debug!(%error, "what is kept for a proxy"),
        }
        tokio::time::sleep(LOCKED * 2_u32.pow(tries)).await;
    }
    None
}

/// What a proxy's password is filed under: no company has such an address.
fn account(host: &str) -> Result<Url> {
    let none = |_| Error::new(ErrorCode::BadInput).detail("the proxy's address");
    Url::parse(&format!("proxy://{host}")).map_err(none)
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;
    use crate::session::Likeness;

    #[tokio::test(start_paused = true)]
    async fn a_keychain_that_is_locked_at_the_start_is_asked_again_for_a_proxys_password_and_not_for_ever() {
        let keychain = Likeness::empty();
        let login = ProxyLogin { user: "ada".to_owned(), password: "secret".to_owned().into() };
        assert!(keychain.store(&account("proxy:3128").expect("an account"), &login.to_kept()).await);
        keychain.refuses(true);
        let asks = || kept_for("proxy:3128".to_owned(), Vault::Likeness(keychain));
        assert!(asks().await.is_none(), "it is given up in the end");
        let mut unlocked = std::pin::pin!(asks());
        timeout(LOCKED * 2, &mut unlocked).await.expect_err("it is locked");
        keychain.refuses(false);
        assert_eq!(unlocked.await.expect("kept").user, "ada");
    }
}
