//! A sign-in at an issuer as it is kept: the refresh token in the keychain, the token that the backend is shown in memory, renewed
//! before its end by one request for all who ask.
//!
//! Issuers may give another refresh token with every renewal, and take the one before as stolen from then on. So a renewal is a
//! task of its own: whoever asked may give up waiting, and the new token is kept all the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oauth2::RefreshToken;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant, timeout};
use url::Url;

use super::super::vault::Vault;
use super::grant::Grant;
use super::issuer::Issuer;
use super::{asks, broken};
use crate::error::{Error, ErrorCode, Result, Retry};

/// After a renewal that failed, a token that is still good is used on for this long before the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// Who signs out waits no longer for an issuer that is to hear of it.
const FAREWELL: Duration = Duration::from_secs(5);

/// A sign-in at an issuer.
#[derive(Debug)]
pub(in super::super) struct Kept {
    issuer: Issuer,
    vault: Vault,
    /// What it is filed under: the company's address.
    account: Url,
    now: Mutex<Now>,
    /// Held by whoever renews; there is never a second.
    flight: tokio::sync::Mutex<()>,
    /// Held by whoever writes to the keychain.
    keeping: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Now {
    /// Tells one sign-in from the next.
    turn: u64,
    grant: Option<Grant>,
    /// The last failure: whoever waited for the same renewal shares its outcome.
    failed: Option<(Instant, ErrorCode, Retry, String)>,
}

/// How the token stands that the backend is shown.
enum Stands {
    Good(SecretString),
    /// Good, and to be renewed.
    Due(SecretString),
    Over,
    Nobody,
}

/// What lies in the keychain. A token is sent to nobody but the issuer that gave it, whatever the company says later.
#[derive(Serialize, Deserialize)]
struct Entry {
    issuer: String,
    client_id: String,
    refresh_token: String,
}

impl Entry {
    /// The refresh token in a text of the keychain, where it is of this issuer and for us there.
    fn refresh_of(text: &SecretString, issuer: &Issuer) -> Option<SecretString> {
        let entry: Self = serde_json::from_str(text.expose_secret()).ok()?;
        let ours = entry.issuer == issuer.name() && entry.client_id == issuer.client_id();
        ours.then(|| entry.refresh_token.into())
    }

    fn of(refresh: &SecretString, issuer: &Issuer) -> Option<SecretString> {
        let entry = Self {
            issuer: issuer.name().to_owned(),
            client_id: issuer.client_id().to_owned(),
            refresh_token: refresh.expose_secret().to_owned(),
        };
        serde_json::to_string(&entry).ok().map(Into::into)
    }
}

fn ended(why: &str) -> Error {
    Error::new(ErrorCode::SignInEnded).detail(why)
}

impl Kept {
    /// Takes up what was kept from before.
    pub(in super::super) async fn load(issuer: Issuer, vault: Vault, account: Url) -> Self {
        let kept =
            Self { issuer, vault, account, now: Mutex::default(), flight: <_>::default(), keeping: <_>::default() };
        let grant = kept.entry().await.map(Grant::kept);
        kept.now().grant = grant;
        kept
    }

    /// Whether a text of the keychain is of a sign-in at an issuer, and no token that a person pasted.
    pub(in super::super) fn is_entry(text: &SecretString) -> bool {
        serde_json::from_str::<Entry>(text.expose_secret()).is_ok()
    }

    pub(in super::super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The refresh token in the keychain.
    async fn entry(&self) -> Option<SecretString> {
        Entry::refresh_of(&self.vault.load(&self.account).await?, &self.issuer)
    }

    /// Whether somebody is signed in, as far as known.
    pub(in super::super) fn is_signed_in(&self) -> bool {
        self.now().grant.is_some()
    }

    /// Whatever secrets of it are in memory.
    pub(in super::super) fn secrets(&self) -> Vec<SecretString> {
        let grant = self.now().grant.clone();
        grant.map(|grant| [grant.bearer, grant.refresh].into_iter().flatten().collect()).unwrap_or_default()
    }

    /// Tells the sign-in that there is from the next.
    pub(super) fn turn(&self) -> u64 {
        self.now().turn
    }

    /// Somebody signed in, and the backend takes what they were granted. Answers whether it will be there after a restart; none
    /// where somebody left, or came before them, since they `began`: nothing of it is kept then.
    pub(in super::super) async fn sign_in(&self, began: u64, grant: Grant) -> Option<bool> {
        let turn = {
            let mut now = self.now();
            if now.turn != began {
                return None;
            }
            now.turn += 1;
            now.turn
        };
        self.keep(turn, grant).await
    }

    /// They leave: nothing stays here, and the issuer hears of it, where it wants to and answers in time.
    pub(in super::super) async fn sign_out(&self) {
        let grant = {
            let mut now = self.now();
            (now.turn, now.failed) = (now.turn + 1, None);
            now.grant.take()
        };
        {
            let _keeping = self.keeping.lock().await;
            self.vault.forget(&self.account).await;
        }
        let Some(refresh) = grant.and_then(|grant| grant.refresh) else { return };
        match timeout(FAREWELL, self.issuer.revoke(&refresh)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "the issuer did not hear of a sign-out"),
            Err(_) => tracing::info!("the issuer did not hear of a sign-out in time"),
        }
    }

    /// Keeps a grant of this turn, the keychain first: a crash in between loses nothing. None where the turn is over; else whether
    /// it will be there after a restart.
    async fn keep(&self, turn: u64, grant: Grant) -> Option<bool> {
        let _keeping = self.keeping.lock().await;
        if self.now().turn != turn {
            return None;
        }
        let lasts = if let Some(refresh) = &grant.refresh {
            let entry = Entry::of(refresh, &self.issuer)?;
            self.vault.store(&self.account, &entry).await
        } else {
            self.vault.forget(&self.account).await;
            false
        };
        let mut now = self.now();
        if now.turn != turn {
            // Whoever signs out waits to forget what was just kept.
            return None;
        }
        (now.grant, now.failed) = (Some(grant), None);
        Some(lasts)
    }

    /// The token that the backend is shown, renewed where it is due.
    ///
    /// # Errors
    /// `sign-in-ended`, or that the issuer does not answer.
    pub(in super::super) async fn bearer(self: &Arc<Self>) -> Result<SecretString> {
        match self.stands(Instant::now()) {
            Stands::Good(token) => Ok(token),
            Stands::Due(token) => match self.renewed(None).await {
                Err(error) if error.code != ErrorCode::SignInEnded => {
                    tracing::info!(%error, "an early renewal failed; the sign-in is still good");
                    Ok(token)
                }
                renewed => renewed,
            },
            Stands::Over => self.renewed(None).await,
            Stands::Nobody => Err(ended("nobody is signed in")),
        }
    }

    /// Another token in the place of one that the backend refused.
    ///
    /// # Errors
    /// As [`Self::bearer`].
    pub(in super::super) async fn instead_of(self: &Arc<Self>, refused: Option<SecretString>) -> Result<SecretString> {
        self.renewed(refused).await
    }

    fn stands(&self, at: Instant) -> Stands {
        let now = self.now();
        let Some(grant) = &now.grant else { return Stands::Nobody };
        let Some(token) = grant.bearer.clone() else { return Stands::Over };
        match grant.lasts {
            Some((_, over)) if at >= over => Stands::Over,
            Some((due, _)) if at >= due && grant.refresh.is_some() => {
                let failed = now.failed.as_ref().is_some_and(|(failed, ..)| at < *failed + AFTER_FAILURE);
                if failed { Stands::Good(token) } else { Stands::Due(token) }
            }
            _ => Stands::Good(token),
        }
    }

    async fn renewed(self: &Arc<Self>, refused: Option<SecretString>) -> Result<SecretString> {
        let (kept, asked) = (Arc::clone(self), Instant::now());
        let task = tokio::runtime::Handle::current().spawn(async move { kept.renew(refused, asked).await });
        task.await.map_err(|error| Error::new(ErrorCode::Unexpected).source(error))?
    }

    async fn renew(&self, refused: Option<SecretString>, asked: Instant) -> Result<SecretString> {
        let _flight = self.flight.lock().await;
        // Whoever had the flight before may have done it, or found that it cannot be done.
        if let Stands::Good(token) = self.stands(Instant::now())
            && refused.is_none_or(|refused| refused.expose_secret() != token.expose_secret())
        {
            return Ok(token);
        }
        let (turn, refresh) = {
            let now = self.now();
            if let Some((at, code, retry, detail)) = now.failed.as_ref().filter(|(at, ..)| *at >= asked) {
                tracing::debug!(ago = ?at.elapsed(), "a renewal for others failed");
                return Err(Error::new(*code).retry(*retry).detail(detail.clone()));
            }
            (now.turn, now.grant.as_ref().and_then(|grant| grant.refresh.clone()))
        };
        let refresh = refresh.ok_or_else(|| ended("there is nothing to renew it by"))?;
        let outcome = match self.ask(&refresh).await {
            Err(error) if error.code == ErrorCode::SignInEnded => self.ask_by_another(turn, &refresh, error).await,
            outcome => outcome,
        };
        let grant = outcome.inspect_err(|error| {
            let mut now = self.now();
            if now.turn == turn {
                now.failed = Some((Instant::now(), error.code, error.retry, error.detail.clone()));
            }
        })?;
        let token = grant.bearer.clone().ok_or_else(|| broken("it gives no token"))?;
        if self.keep(turn, grant).await.is_none() {
            return Err(ended("it was left meanwhile"));
        }
        Ok(token)
    }

    async fn ask(&self, refresh: &SecretString) -> Result<Grant> {
        let found = self.issuer.metadata().await?;
        let (client, http) = (self.issuer.tokens(found), asks::by(self.issuer.way()));
        let (asked, by) = (Instant::now(), RefreshToken::new(refresh.expose_secret().to_owned()));
        let answer = client.exchange_refresh_token(&by).request_async(&http).await;
        let answer = answer.map_err(|error| asks::refused(error, ErrorCode::SignInEnded))?;
        let mut grant = Grant::of(&answer, asked, &self.issuer, None)?;
        // An issuer that gives no other means the same again.
        grant.refresh = grant.refresh.or_else(|| Some(refresh.clone()));
        Ok(grant)
    }

    /// Another program of this person may have renewed it, and keep another token than this one knows. Else it is over, and
    /// nobody asks the issuer again.
    async fn ask_by_another(&self, turn: u64, refused: &SecretString, error: Error) -> Result<Grant> {
        let another = self.entry().await.filter(|other| other.expose_secret() != refused.expose_secret());
        let error = match another {
            Some(other) => match self.ask(&other).await {
                Err(error) if error.code == ErrorCode::SignInEnded => error,
                outcome => return outcome,
            },
            None => error,
        };
        let _keeping = self.keeping.lock().await;
        let ours = {
            let mut now = self.now();
            let ours = now.turn == turn;
            if ours && let Some(grant) = &mut now.grant {
                grant.refresh = None;
            }
            ours
        };
        if ours {
            self.vault.forget(&self.account).await;
        }
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::Bearer;
    use super::*;
    use crate::net::Net;

    fn issuer(name: &str, client_id: &str) -> Issuer {
        let backend = Url::parse("https://uploads.example.com/").expect("an address");
        Issuer::new(name, client_id, &[], Bearer::AccessToken, &backend, &Net::default()).expect("an issuer")
    }

    #[test]
    fn a_refresh_token_is_for_the_issuer_and_the_client_that_it_was_given_to_and_no_pasted_token_is_one() {
        let ours = issuer("https://id.example.com", "davit");
        let entry = Entry::of(&"again".into(), &ours).expect("an entry");
        let taken = |issuer: &Issuer| Entry::refresh_of(&entry, issuer).map(|token| token.expose_secret().to_owned());
        assert_eq!(taken(&ours).as_deref(), Some("again"));
        assert_eq!(taken(&issuer("https://evil.example.com", "davit")), None);
        assert_eq!(taken(&issuer("https://id.example.com", "other")), None);
        assert!(Kept::is_entry(&entry) && !Kept::is_entry(&"sesame".into()));
        assert!(Entry::refresh_of(&"sesame".into(), &ours).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_that_is_left_has_no_secret_and_gives_no_token() {
        let account = Url::parse("https://uploads.example.com/").expect("an address");
        let kept = Arc::new(Kept::load(issuer("https://id.example.com", "davit"), Vault::Memory, account).await);
        assert_eq!(kept.bearer().await.expect_err("nobody").code, ErrorCode::SignInEnded);
        let now = Instant::now();
        let grant = Grant {
            bearer: Some("access".into()),
            refresh: None,
            lasts: Some((now + Duration::from_secs(50), now + Duration::from_secs(60))),
        };
        kept.sign_in(kept.turn(), grant).await.expect("nobody left");
        assert_eq!(kept.bearer().await.expect("good").expose_secret(), "access");
        tokio::time::advance(Duration::from_secs(55)).await;
        assert_eq!(kept.bearer().await.expect("good, and nothing to renew it by").expose_secret(), "access");
        assert!(!format!("{kept:?}").contains("access\""));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(kept.bearer().await.expect_err("over").code, ErrorCode::SignInEnded);
        kept.sign_out().await;
        assert!(!kept.is_signed_in() && kept.secrets().is_empty());
    }

    #[tokio::test]
    async fn of_a_sign_in_that_was_begun_before_somebody_left_nothing_is_kept() {
        let account = Url::parse("https://uploads.example.com/").expect("an address");
        let kept = Arc::new(Kept::load(issuer("https://id.example.com", "davit"), Vault::Memory, account).await);
        let grant = || Grant { bearer: Some("access".into()), refresh: Some("again".into()), lasts: None };
        let began = kept.turn();
        kept.sign_out().await;
        assert_eq!(kept.sign_in(began, grant()).await, None);
        assert!(!kept.is_signed_in() && kept.secrets().is_empty());
        assert_eq!(kept.sign_in(kept.turn(), grant()).await, Some(false), "in memory");
        assert_eq!(kept.sign_in(began, grant()).await, None, "another one came first");
        assert!(kept.is_signed_in());
    }
}
