//! A sign-in at an issuer as it is kept: the refresh token in the keychain, the token that the backend is shown in memory, renewed
//! before its end by one request for all who ask.
//!
//! Issuers may give another refresh token with every renewal, and take the one before as stolen from then on. So a renewal is a
//! task of its own: whoever asked may give up waiting, and the new token is kept all the same. What the keychain does not take is
//! offered to it again, and what another program of this person put there comes before what is known here. Programs of this computer
//! renew one after the other; one of another computer that has the same keychain may have been quicker, and is given the time to say so.

mod alone;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oauth2::RefreshToken;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant, timeout};
use url::Url;

use super::super::vault::Vault;
use super::grant::Grant;
use super::issuer::Issuer;
use super::untaken::Untaken;
use super::{asks, broken};
use crate::error::{Error, ErrorCode, Result, Retry};

/// After a renewal that failed, a token that is still good is used on for this long before the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(15);
/// Whose token is still good waits no longer for the next.
const STILL_GOOD: Duration = Duration::from_secs(5);
/// Who signs out waits no longer for an issuer that is to hear of it.
const FAREWELL: Duration = Duration::from_secs(5);
/// Nobody waits longer for a keychain that asks a person first: a token is good without it.
const KEYCHAIN: Duration = Duration::from_secs(5);
/// After a refusal, what another put into the keychain meanwhile is looked for this long after each look before. It puts there what it
/// was given as soon as it has it.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(500), Duration::from_millis(1_000)];
/// What the keychain did not take is offered to it again after this. It may be locked, and ask a person each time.
const AGAIN: Duration = Duration::from_secs(900);

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
    filing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Now {
    /// Tells one sign-in from the next.
    turn: u64,
    grant: Option<Grant>,
    /// The refresh token that the keychain is to have.
    wanted: Option<SecretString>,
    /// The one that it has, as far as known.
    filed: Option<SecretString>,
    /// When it did not take what it is to have.
    unfiled: Option<Instant>,
    /// The last failure: whoever waited for the same renewal shares its outcome.
    failed: Option<(Instant, ErrorCode, Retry, String)>,
}

impl Now {
    /// Whether the keychain has what it is to have, and that is something.
    fn is_filed(&self) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| self.filed.as_ref().is_some_and(|filed| are_same(wanted, filed)))
    }
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

fn are_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

fn ended(why: &str) -> Error {
    Error::new(ErrorCode::SignInEnded).detail(why)
}

impl Kept {
    /// Nobody's yet.
    pub(in super::super) fn new(issuer: Issuer, vault: Vault, account: Url) -> Self {
        Self { issuer, vault, account, now: Mutex::default(), flight: <_>::default(), filing: <_>::default() }
    }

    /// Takes up what the keychain has from before, where it is of this issuer, and nobody signed in or left since. Answers whether it
    /// does.
    pub(in super::super) fn takes_up(&self, text: &SecretString) -> bool {
        let Some(refresh) = Entry::refresh_of(text, &self.issuer) else { return false };
        let mut now = self.now();
        let is_first = now.turn == 0 && now.grant.is_none();
        if is_first {
            (now.wanted, now.filed) = (Some(refresh.clone()), Some(refresh.clone()));
            now.grant = Some(Grant::kept(refresh));
        }
        is_first
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

    /// Whether it lasts no longer than this program, where it was to.
    pub(in super::super) fn is_unkept(&self) -> bool {
        let now = self.now();
        now.wanted.is_some() && self.vault.unkept(now.is_filed()).is_some()
    }

    /// Whatever secrets of it are in memory.
    pub(in super::super) fn secrets(&self) -> Vec<SecretString> {
        let now = self.now();
        let granted = now.grant.iter().flat_map(|grant| [grant.bearer.clone(), grant.refresh.clone()]);
        granted.chain([now.wanted.clone(), now.filed.clone()]).flatten().collect()
    }

    /// Tells the sign-in that there is from the next.
    pub(super) fn turn(&self) -> u64 {
        self.now().turn
    }

    /// Somebody signed in, and the backend takes what they were granted. Answers whether it will be there after a restart; none
    /// where somebody left, or came before them, since they `began`: nothing of it is kept then.
    pub(in super::super) async fn sign_in(self: &Arc<Self>, began: u64, grant: Untaken) -> Option<bool> {
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

    /// They leave: nothing stays here. Answers what the issuer may be told is over.
    pub(in super::super) async fn sign_out(&self) -> Option<SecretString> {
        let grant = {
            let mut now = self.now();
            (now.turn, now.failed, now.wanted) = (now.turn + 1, None, None);
            now.grant.take()
        };
        self.file().await;
        grant?.refresh
    }

    /// The issuer hears of it that somebody left, where it wants to and answers in time.
    pub(in super::super) async fn says_farewell(&self, refresh: &SecretString) {
        match timeout(FAREWELL, self.issuer.revoke(refresh)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "the issuer did not hear of a sign-out"),
            Err(_) => tracing::info!("the issuer did not hear of a sign-out in time"),
        }
    }

    /// Keeps a grant of this turn, the keychain first: a crash in between loses nothing. None where the turn is over; else whether
    /// it will be there after a restart.
    async fn keep(self: &Arc<Self>, turn: u64, grant: Untaken) -> Option<bool> {
        {
            let mut now = self.now();
            if now.turn != turn {
                return None;
            }
            now.wanted = grant.refresh().cloned();
        }
        if timeout(KEYCHAIN, self.files()).await.is_err() {
            tracing::info!("the keychain takes its time; a sign-in is in memory alone until it answers");
        }
        let mut now = self.now();
        if now.turn != turn {
            // Whoever signs out waits to forget what was just kept.
            return None;
        }
        (now.grant, now.failed) = (grant.taken(), None);
        Some(now.is_filed())
    }

    /// [`Self::file`], as a task that comes to its end whether it is waited for or not.
    fn files(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let kept = Arc::clone(self);
        tokio::runtime::Handle::current().spawn(async move { kept.file().await })
    }

    /// Brings the keychain to what it is to have by then.
    async fn file(&self) {
        let _filing = self.filing.lock().await;
        let wanted = {
            let now = self.now();
            if now.is_filed() {
                return;
            }
            now.wanted.clone()
        };
        let stored = match wanted.as_ref().and_then(|refresh| Entry::of(refresh, &self.issuer)) {
            Some(entry) => self.vault.store(&self.account, &entry).await,
            None => false,
        };
        if !stored {
            // What is there is spent: an issuer that is shown it again may take all that came of it back.
            self.vault.forget(&self.account).await;
        }
        let mut now = self.now();
        now.unfiled = wanted.as_ref().filter(|_| !stored).map(|_| Instant::now());
        now.filed = wanted.filter(|_| stored);
    }

    /// What the keychain did not take is offered to it again, now and then; nobody waits for that.
    fn offers_again(self: &Arc<Self>) {
        let again = {
            let mut now = self.now();
            let at = Instant::now();
            let is_due = now.unfiled.is_some_and(|unfiled| at >= unfiled + AGAIN);
            if is_due {
                now.unfiled = Some(at);
            }
            is_due && self.vault.unkept(now.is_filed()).is_some()
        };
        if again {
            drop(self.files());
        }
    }

    /// The token that the backend is shown, renewed where it is due.
    ///
    /// # Errors
    /// `sign-in-ended`, or that the issuer does not answer.
    pub(in super::super) async fn bearer(self: &Arc<Self>) -> Result<SecretString> {
        self.offers_again();
        match self.stands(Instant::now()) {
            Stands::Good(token) => Ok(token),
            Stands::Due(token) => match timeout(STILL_GOOD, self.renewed(None)).await {
                // It goes on.
                Err(_) => Ok(token),
                Ok(Err(error)) if error.code != ErrorCode::SignInEnded => {
                    tracing::info!(%error, "an early renewal failed; the sign-in is still good");
                    Ok(token)
                }
                Ok(renewed) => renewed,
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

    async fn renew(self: &Arc<Self>, refused: Option<SecretString>, asked: Instant) -> Result<SecretString> {
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
        let _alone = match self.vault.meets_at() {
            Some(at) => alone::alone(&at).await,
            None => None,
        };
        let refresh = self.by_now(refresh).await;
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
        let grant = Untaken::new(self, grant);
        let token = grant.bearer().cloned().ok_or_else(|| broken("it gives no token"))?;
        if self.keep(turn, grant).await.is_none() {
            return Err(ended("it was left meanwhile"));
        }
        Ok(token)
    }

    async fn ask(&self, refresh: &SecretString) -> Result<Grant> {
        let found = self.issuer.metadata().await?;
        let (client, http) = (self.issuer.tokens(&found), asks::by(self.issuer.way()));
        let (asked, by) = (Instant::now(), RefreshToken::new(refresh.expose_secret().to_owned()));
        let answer = client.exchange_refresh_token(&by).request_async(&http).await;
        let answer = answer.map_err(|error| asks::refused(error, ErrorCode::SignInEnded));
        if answer.as_ref().is_err_and(|error| error.code != ErrorCode::SignInEnded) {
            self.issuer.doubts().await;
        }
        let answer = answer?;
        let mut grant = Grant::of(&answer, asked, &self.issuer, None)?;
        // An issuer that gives no other means the same again.
        grant.refresh = grant.refresh.or_else(|| Some(refresh.clone()));
        Ok(grant)
    }

    /// The refresh token by now: another program of this person may have renewed the sign-in, and whoever shows an issuer what is
    /// spent may lose it for both. Where the keychain did not take what is known here, there is none newer.
    async fn by_now(&self, known: SecretString) -> SecretString {
        if !self.now().is_filed() {
            return known;
        }
        self.look().await.unwrap_or(known)
    }

    /// The refresh token in the keychain, where that answers in time.
    async fn look(&self) -> Option<SecretString> {
        timeout(KEYCHAIN, self.entry()).await.ok().flatten()
    }

    /// The refresh token that another program of this person put into the keychain in the place of a refused one. What this one could
    /// not put there no other has renewed, and nobody waits for that.
    async fn anothers(&self, refused: &SecretString) -> Option<SecretString> {
        for wait in LOOKS {
            if !wait.is_zero() {
                if !self.now().is_filed() {
                    return None;
                }
                tokio::time::sleep(wait).await;
            }
            if let Some(other) = self.look().await.filter(|other| !are_same(other, refused)) {
                return Some(other);
            }
        }
        None
    }

    /// Another program of this person may have renewed it in this moment. Else it is over, and nobody asks the issuer again.
    async fn ask_by_another(self: &Arc<Self>, turn: u64, refused: &SecretString, error: Error) -> Result<Grant> {
        let another = self.anothers(refused).await;
        let error = match &another {
            Some(other) => match self.ask(other).await {
                Err(error) if error.code == ErrorCode::SignInEnded => error,
                outcome => return outcome,
            },
            None => error,
        };
        let ours = {
            let mut now = self.now();
            let ours = now.turn == turn;
            if ours {
                (now.wanted, now.filed) = (None, None);
                if let Some(grant) = &mut now.grant {
                    grant.refresh = None;
                }
            }
            ours
        };
        // What somebody put there meanwhile is theirs.
        let refused = another.as_ref().unwrap_or(refused);
        if ours && self.look().await.is_some_and(|there| are_same(&there, refused)) {
            let _ = timeout(KEYCHAIN, self.files()).await;
        }
        Err(error)
    }
}

#[cfg(test)]
mod tests;
