//! Signing in at the company's backend, and what it offers: destinations, and credentials for them.
//!
//! Everything a backend answers is input: checked before it is used. It can name no host but the issuer where people sign in.

pub mod address;
mod backend;
mod before;
pub(crate) mod checks;
pub mod company;
mod destination;
mod held;
mod oidc;
mod pause;
pub mod shape;
mod source;
mod vault;
pub mod wire;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use secrecy::SecretString;
use tokio::sync::watch;

pub use backend::Backend;
pub use company::Company;
pub use destination::{Collision, Destination, Rules};
pub(crate) use oidc::Pending;
pub use oidc::{By, Pages};
pub use vault::Vault;
#[cfg(test)]
pub(crate) use vault::likeness::Likeness;

use crate::credentials::CredentialSource;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::{DestinationId, ObjectKey};
use crate::net::Net;
use crate::s3::Head;
use crate::units::UnixTime;
use before::{Before, Question};
use held::{Asking, Held};
use oidc::{Issuer, Kept, Untaken};
use source::BackendSource;
use wire::{Auth, Discovery};

/// What is still missing before uploads can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// An access token that the person pastes once.
    Token,
    /// A sign-in in the system's browser.
    Browser,
}

/// Whether the backend takes us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// As far as known.
    Ready,
    /// It answered 401.
    SignedOut {
        /// Since when.
        since: UnixTime,
    },
}

/// A company, and our sign-in with it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

/// What an issuer granted, and the backend takes. Dropped, the issuer hears that it is used no more.
#[derive(Debug)]
pub(crate) struct Granted {
    /// The sign-in that there was as this one began.
    began: u64,
    grant: Untaken,
    bearer: SecretString,
    destinations: Arc<[Destination]>,
}

/// Of a sign-in that is over here, what its issuer is still to hear.
#[derive(Debug)]
pub(crate) struct Farewell(Option<(Arc<Kept>, SecretString)>);

impl Farewell {
    /// Says it, where the issuer wants to hear and answers in time.
    pub(crate) async fn said(self) {
        if let Some((kept, refresh)) = self.0 {
            kept.says_farewell(&refresh).await;
        }
    }
}

/// A session as those know it who must not keep it: it ends with the last that does, and its token with it.
#[derive(Debug)]
pub(crate) struct Followed(Weak<Inner>);

impl Followed {
    /// The session, while anybody keeps it.
    pub(crate) fn session(&self) -> Option<Session> {
        self.0.upgrade().map(Session)
    }
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) backend: Backend,
    discovery: Discovery,
    vault: Vault,
    held: Held,
    /// The sign-in at the company's issuer, where it has one.
    kept: Option<Arc<Kept>>,
    /// What the keychain is asked still of the sign-in from before, until somebody waits for that.
    asked: Mutex<Option<Question>>,
    /// The token that is held is not in the keychain, where it was to be; of a sign-in at an issuer, as it was told last.
    unkept: AtomicBool,
}

impl Session {
    /// Asks the company at `address` who it is, and takes up a sign-in kept from before, where the keychain answers in time.
    ///
    /// # Errors
    /// `bad-input`, `address-insecure`, `address-unreachable`, `address-not-davit`, `captive-portal`, `backend-contract`,
    /// `client-too-old`, `untrusted-server`, `bad-certificate-file`.
    pub async fn connect(address: &str, net: &Net, vault: Vault) -> Result<Self> {
        Self::with(Backend::new(address::parse(address)?, net)?, net, vault).await
    }

    /// A company that the policy file describes: its endpoint gives credentials and nothing else.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn with_company(company: Arc<Company>, net: &Net, vault: Vault) -> Result<Self> {
        Self::with(Backend::of_company(company, net)?, net, vault).await
    }

    async fn with(backend: Backend, net: &Net, vault: Vault) -> Result<Self> {
        let discovery = backend.discover().await?;
        if matches!(discovery.auth, Auth::None) && !address::is_loopback(backend.base()) {
            return Err(Error::new(ErrorCode::BackendContract).detail("a company must ask for a sign-in"));
        }
        let kept = match &discovery.auth {
            Auth::Oidc { issuer, client_id, scopes, bearer } => {
                let issuer = Issuer::new(issuer, client_id, scopes, *bearer, backend.base(), net)?;
                Some(Arc::new(Kept::new(issuer, vault, backend.base().clone())))
            }
            Auth::Token | Auth::None => None,
        };
        let before = match &discovery.auth {
            Auth::None => Before::Known(None),
            Auth::Token | Auth::Oidc { .. } => Before::of(vault, backend.base().clone()).await,
        };
        let (known, asked) = match before {
            Before::Known(known) => (known, None),
            Before::Asked(question) => (None, Some(question)),
        };
        let (held, asked, unkept) = (Held::new(None), Mutex::new(asked), AtomicBool::new(false));
        let session = Self(Arc::new(Inner { backend, discovery, vault, held, kept, asked, unkept }));
        if let Some(known) = known {
            session.takes_up(known);
        }
        Ok(session)
    }

    /// What the keychain is asked still of the sign-in from before. It is answered once, whoever waits.
    pub(crate) fn asked(&self) -> Option<Question> {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Takes up the sign-in from before, where nobody signed in or left since. Answers whether it does.
    pub(crate) fn takes_up(&self, before: SecretString) -> bool {
        match &self.0.kept {
            Some(kept) => kept.takes_up(&before),
            // What an issuer gave is for the issuer's eyes.
            None => !Kept::is_entry(&before) && self.0.held.takes_up(before),
        }
    }

    /// The company's name.
    pub fn company(&self) -> String {
        self.0.discovery.name.clone()
    }

    /// The company's address.
    pub fn address(&self) -> String {
        self.0.backend.base().as_str().trim_end_matches('/').to_owned()
    }

    /// What the company presets and locks.
    pub fn rules(&self) -> wire::Policy {
        self.0.discovery.policy.clone().unwrap_or_default()
    }

    /// This session for whoever only follows it.
    pub(crate) fn followed(&self) -> Followed {
        Followed(Arc::downgrade(&self.0))
    }

    /// Whether the other is a clone of this one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is still missing.
    pub fn needs(&self) -> Needs {
        match self.0.discovery.auth {
            Auth::None => Needs::Nothing,
            Auth::Token if self.0.held.has_token() => Needs::Nothing,
            Auth::Token => Needs::Token,
            Auth::Oidc { .. } if self.0.kept.as_ref().is_some_and(|kept| kept.is_signed_in()) => Needs::Nothing,
            Auth::Oidc { .. } => Needs::Browser,
        }
    }

    /// Whether people sign in with the company in their browser.
    pub(crate) fn is_by_browser(&self) -> bool {
        self.0.kept.is_some()
    }

    /// Its tokens, for whoever makes sure that they stand nowhere.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let of_the_issuer = self.0.kept.as_ref().map(|kept| kept.secrets()).unwrap_or_default();
        self.0.held.asking().token.into_iter().chain(of_the_issuer).collect()
    }

    /// Why the sign-in lasts no longer than this program, where it does not.
    pub(crate) fn unkept(&self) -> Option<ErrorCode> {
        let unkept = match &self.0.kept {
            Some(kept) => kept.is_unkept(),
            None => self.0.unkept.load(Ordering::Relaxed),
        };
        unkept.then_some(ErrorCode::KeychainUnavailable)
    }

    /// Whether the backend takes us, as it changes.
    pub fn state(&self) -> watch::Receiver<SessionState> {
        self.0.held.state()
    }

    /// Tries a token, and keeps it when the backend takes it.
    ///
    /// # Errors
    /// `wrong-token`, `not-allowed`, `account-disabled`, `bad-input` where the company wants no token, or that the backend does not
    /// answer.
    pub async fn sign_in(&self, token: SecretString) -> Result<()> {
        if self.0.kept.is_some() {
            return Err(Error::new(ErrorCode::BadInput).detail("people sign in with this company in their browser"));
        }
        let wires = self.0.backend.destinations(Some(&token)).await.map_err(|error| match error.code {
            ErrorCode::SignInEnded => Error::new(ErrorCode::WrongToken).detail(error.detail),
            _ => error,
        })?;
        let destinations = checks::destinations(wires)?;
        let kept = self.0.vault.store(self.0.backend.base(), &token).await;
        self.0.unkept.store(self.0.vault.unkept(kept).is_some(), Ordering::Relaxed);
        self.0.held.sign_in(token, destinations);
        Ok(())
    }

    /// Begins a sign-in at the company's issuer. Nothing changes before it is granted.
    ///
    /// # Errors
    /// `bad-input` where the company wants something else; `backend-contract` for an issuer that is not set up for it, or that it
    /// does not answer.
    pub(crate) async fn begin_sign_in(&self, by: By, pages: Pages) -> Result<Pending> {
        let kept =
            self.0.kept.as_ref().ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no sign-in by browser"))?;
        Pending::begin(kept, by, pages).await
    }

    /// Waits for the person, and tries what they are granted. Nothing is kept of it yet, and what the backend does not take is given
    /// back to the issuer.
    ///
    /// # Errors
    /// `sign-in-unfinished`, `not-allowed`, `account-disabled`, `backend-contract`, or that issuer or backend do not answer.
    ///
    /// # Cancellation
    /// Gives the sign-in up: nobody listens for it any more.
    pub(crate) async fn granted(&self, pending: Pending) -> Result<Granted> {
        let none = || Error::new(ErrorCode::BackendContract).detail("the issuer grants nothing");
        let (began, kept) = (pending.turn, self.0.kept.as_ref().ok_or_else(none)?);
        let grant = Untaken::new(kept, pending.granted().await?);
        let bearer = grant.bearer().cloned().ok_or_else(none)?;
        let answer = self.0.backend.destinations(Some(&bearer)).await.map_err(|error| match error.code {
            ErrorCode::SignInEnded => Error::new(ErrorCode::BackendContract)
                .detail(format!("the company does not take what its issuer grants: {}", error.detail)),
            _ => error,
        });
        match answer.and_then(checks::destinations) {
            Ok(destinations) => Ok(Granted { began, grant, bearer, destinations }),
            Err(error) => {
                // Of a command line this is the end: nothing is sent after it.
                grant.given_back().await;
                Err(error)
            }
        }
    }

    /// Keeps what the backend takes. Answers whether it will be there after a restart; none where somebody left meanwhile, and
    /// nothing of it is kept.
    ///
    /// # Cancellation
    /// Not to be given up: the keychain would have a sign-in that nobody knows of before the next start.
    pub(crate) async fn takes(&self, granted: Granted) -> Option<bool> {
        let Granted { began, grant, bearer, destinations } = granted;
        let kept = self.0.kept.as_ref()?;
        let lasts = kept.sign_in(began, grant).await?;
        self.0.unkept.store(kept.is_unkept(), Ordering::Relaxed);
        self.0.held.sign_in(bearer, destinations);
        tracing::info!(lasts, "signed in at the company's issuer");
        Some(lasts)
    }

    /// Forgets the sign-in, here and in the keychain; an issuer hears of it, where it wants to.
    ///
    /// # Errors
    /// None today; the keychain may be away, and the token is then gone from memory all the same.
    pub async fn sign_out(&self) -> Result<()> {
        self.leaves().await.said().await;
        Ok(())
    }

    /// The same, and the issuer hears of it once that is said.
    pub(crate) async fn leaves(&self) -> Farewell {
        self.0.held.sign_out();
        let Some(kept) = &self.0.kept else {
            self.0.vault.forget(self.0.backend.base()).await;
            return Farewell(None);
        };
        let refresh = kept.sign_out().await;
        Farewell(refresh.map(|refresh| (Arc::clone(kept), refresh)))
    }

    /// Where uploads may go; asked once, then remembered.
    ///
    /// # Errors
    /// `sign-in-ended`, `backend-contract`, or that the backend does not answer.
    pub async fn destinations(&self) -> Result<Arc<[Destination]>> {
        match self.0.held.destinations() {
            Some(known) => Ok(known),
            None => self.refresh_destinations().await,
        }
    }

    /// Asks again where uploads may go.
    ///
    /// # Errors
    /// As [`Self::destinations`].
    pub async fn refresh_destinations(&self) -> Result<Arc<[Destination]>> {
        let asking = self.0.asking().await?;
        let ask = |token: Option<SecretString>| async move { self.0.backend.destinations(token.as_ref()).await };
        let destinations = checks::destinations(self.0.ask(&asking, ask).await?)?;
        self.0.held.learnt(&asking, &destinations);
        Ok(destinations)
    }

    /// Whether the company wants a receipt of every finished batch.
    pub fn wants_receipts(&self) -> bool {
        self.0.discovery.receipts
    }

    /// Hands over the receipt of a finished batch. Sending the same again does no harm.
    ///
    /// # Errors
    /// `sign-in-ended`, `not-allowed`, `destination-gone`, `backend-contract`, or that the backend does not answer.
    pub async fn send_receipt(&self, receipt: &wire::Receipt) -> Result<()> {
        let asking = self.0.asking().await?;
        let ask =
            |token: Option<SecretString>| async move { self.0.backend.send_receipt(token.as_ref(), receipt).await };
        self.0.ask(&asking, ask).await
    }

    /// Whether the backend looks at objects for us, as it says of itself.
    pub fn looks(&self) -> bool {
        self.0.discovery.verify
    }

    /// What lies at a key of a destination; unknown where this backend cannot look.
    ///
    /// # Errors
    /// `sign-in-ended`, `not-allowed`, `account-disabled`, `backend-contract`, or that the backend does not answer.
    pub async fn look(&self, to: &DestinationId, key: &ObjectKey) -> Result<Head> {
        let asking = self.0.asking().await?;
        let ask = |token: Option<SecretString>| async move {
            self.0.backend.verify(token.as_ref(), &to.0, key.as_str()).await
        };
        match self.0.ask(&asking, ask).await? {
            Some(answer) => checks::verified(answer),
            None => Ok(Head::Unknown),
        }
    }

    /// Where credentials for a destination come from.
    pub fn source(&self, id: &DestinationId) -> Arc<dyn CredentialSource> {
        Arc::new(BackendSource::new(Arc::clone(&self.0), id.clone()))
    }
}

impl Inner {
    fn known(&self, id: &DestinationId) -> Option<Destination> {
        self.held.destinations()?.iter().find(|known| known.id == *id).cloned()
    }

    /// What a request is made with, renewed where that is due.
    async fn asking(&self) -> Result<Asking> {
        let mut asking = self.held.asking();
        if let Some(kept) = &self.kept {
            let bearer = kept.bearer().await;
            self.tells_whether_it_lasts(kept.is_unkept());
            asking.token = Some(self.noticing(&asking, bearer)?);
        }
        Ok(asking)
    }

    /// A renewal may not be kept as the one before was.
    fn tells_whether_it_lasts(&self, unkept: bool) {
        if self.unkept.swap(unkept, Ordering::Relaxed) != unkept {
            self.held.tells_again();
        }
    }

    /// Asks the backend, and once more with another token of the issuer where it does not take the first: the computer may have
    /// slept beyond its end, or an administrator taken it back.
    async fn ask<T, F>(&self, asking: &Asking, request: impl Fn(Option<SecretString>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut outcome = request(asking.token.clone()).await;
        if let Some(kept) = &self.kept
            && outcome.as_ref().is_err_and(|error| error.code == ErrorCode::SignInEnded)
        {
            outcome = match kept.instead_of(asking.token.clone()).await {
                Ok(another) => request(Some(another)).await,
                Err(error) => Err(error),
            };
        }
        self.noticing(asking, outcome)
    }

    /// Whatever is asked: a 401 ends the sign-in for everybody.
    fn noticing<T>(&self, asking: &Asking, outcome: Result<T>) -> Result<T> {
        if outcome.as_ref().is_err_and(|error| error.code == ErrorCode::SignInEnded) {
            self.held.refused(asking);
        }
        outcome
    }
}
