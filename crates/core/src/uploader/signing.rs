//! A sign-in in the person's browser, or by a code, from its beginning to its end. There is one at a time: another takes its place.

use std::sync::Arc;

use super::{Keeper, SessionStatus, Uploader};
use crate::error::{Error, ErrorCode, Result};
use crate::session::{By, Granted, Needs, Pages, Pending, Session, SessionState};
use crate::units::UnixTime;

/// Where a person signs in. It is theirs to see, and their browser's; a log never has it.
#[derive(Clone)]
pub struct Door {
    /// The page's address.
    pub page: String,
    /// The same as somebody types it on another device.
    pub typed: String,
    /// What they type there, or see there.
    pub code: Option<String>,
    /// So long it is open.
    pub until: UnixTime,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Door {
    fn of(pending: &Pending) -> Self {
        let until = UnixTime(UnixTime::now().0.saturating_add(pending.life.as_secs()));
        let (page, typed) = (pending.page.to_string(), pending.typed.to_string());
        Self { page, typed, code: pending.code.clone(), until }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who is signed in now.
    pub status: SessionStatus,
    /// Whether they will be after a restart: the keychain has what it takes.
    pub lasts: bool,
}

impl Uploader {
    /// Signs in at the company's issuer. `opens` shows a person where, and answers whether a browser is open there; where none can
    /// be opened that would come back, it is asked once more with a code. Whoever is signed in stays so.
    ///
    /// # Errors
    /// `sign-in-unfinished`, `not-allowed`, `account-disabled`, `backend-contract`, `bad-input` where the company wants a token, or
    /// that company or issuer do not answer. Then all is as it was.
    pub async fn sign_in_by(
        &self,
        by: By,
        pages: Pages,
        opens: impl Fn(&Door) -> bool + Send + 'static,
    ) -> Result<SignedIn> {
        self.on_runtime((by, pages, opens), |keeper, (by, pages, opens)| async move {
            keeper.sign_in_by(by, pages, opens).await
        })
        .await
    }

    /// Nobody waits for the browser any more, nor for a code.
    pub fn leave_sign_in(&self) {
        self.session.leave_sign_in();
    }
}

impl Keeper {
    async fn sign_in_by(
        self: Arc<Self>,
        by: By,
        pages: Pages,
        opens: impl Fn(&Door) -> bool + Send,
    ) -> Result<SignedIn> {
        let session = self.now()?;
        let now = self.status.borrow().clone();
        if matches!(now, SessionStatus::Connected { .. }) {
            return Ok(SignedIn { status: now, lasts: true });
        }
        // Whoever leaves does it the other way round: then they leave this one, or it is a later wish.
        let (turn, wish) = (self.next_turn(), self.present.wish());
        let mut turns = self.signing.subscribe();
        let left = async move {
            while *turns.borrow_and_update() == turn {
                if turns.changed().await.is_err() {
                    return;
                }
            }
        };
        // Whoever took its place, or left, says how things stand.
        let as_it_stands = || Ok(SignedIn { status: self.status.borrow().clone(), lasts: false });
        let outcome = tokio::select! {
            biased;
            () = left => return as_it_stands(),
            outcome = self.signs_in(turn, &session, by, pages, opens) => outcome,
        };
        let arrived = match outcome {
            // Whoever leaves from here on leaves what is done. Of a company that was left before that nothing is kept.
            Ok(granted) => {
                if !self.present.while_it_counts(|now| now.is(&session), || {}) {
                    return as_it_stands();
                }
                let Some(lasts) = session.takes(granted).await else { return as_it_stands() };
                self.arrive(wish, &session).await.map(|(status, _)| SignedIn { status, lasts })
            }
            Err(error) => Err(error),
        };
        if arrived.is_err() {
            self.waits_no_more(&session, || {});
        }
        arrived
    }

    /// Answers what was granted.
    async fn signs_in(
        &self,
        turn: u64,
        session: &Session,
        by: By,
        pages: Pages,
        opens: impl Fn(&Door) -> bool + Send,
    ) -> Result<Granted> {
        let mut pending = session.begin_sign_in(by, pages.clone()).await?;
        let mut door = Door::of(&pending);
        let mut opened = opens(&door);
        if !opened && by != By::Code {
            let none = |error: Error| match error.code {
                ErrorCode::BackendContract => {
                    Error::new(ErrorCode::SignInUnfinished).detail("no browser can be opened")
                }
                _ => error,
            };
            pending = session.begin_sign_in(By::Code, pages).await.map_err(none)?;
            door = Door::of(&pending);
            opened = opens(&door);
        }
        let Door { typed, code, until, .. } = door;
        let (company, address) = (session.company(), session.address());
        let at = Some(typed).filter(|_| !opened);
        let waits = SessionStatus::SigningIn { company, address, code, at, until };
        // Who left meanwhile, or began another, has said how things stand, or will.
        let waited_for = |now: &Session| now.is(session) && *self.signing.borrow() == turn;
        self.present.while_it_counts(waited_for, || drop(self.status.send_replace(waits)));
        session.granted(pending).await
    }

    /// Nobody waits for what was begun before.
    pub(super) fn next_turn(&self) -> u64 {
        let mut next = 0;
        self.signing.send_modify(|turn| {
            *turn += 1;
            next = *turn;
        });
        next
    }

    pub(super) fn leave_sign_in(&self) {
        // Whoever is left answers how things stand, so that is said before.
        let next = || {
            self.next_turn();
        };
        let said = self.present.session().is_some_and(|session| self.waits_no_more(&session, next));
        if !said {
            self.next_turn();
        }
    }

    /// As it was before somebody began to sign in, and `then` before anything else is said. Answers whether the session counts.
    fn waits_no_more(&self, session: &Session, then: impl FnOnce()) -> bool {
        let (company, address) = (session.company(), session.address());
        let since = match *session.state().borrow() {
            SessionState::SignedOut { since } => since,
            SessionState::Ready => UnixTime::now(),
        };
        let as_it_was = match session.needs() {
            Needs::Nothing => SessionStatus::SignedOut { company, address, since, browser: true },
            Needs::Browser | Needs::Token => SessionStatus::NeedsBrowser { company, address },
        };
        let back = || {
            self.status.send_if_modified(|now| {
                let waited = matches!(now, SessionStatus::SigningIn { .. });
                if waited {
                    *now = as_it_was;
                }
                waited
            });
            then();
        };
        self.present.while_it_counts(|now| now.is(session), back)
    }
}
