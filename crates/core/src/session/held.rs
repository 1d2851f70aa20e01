//! The sign-in as it stands. What comes back of a request that was made with an earlier one changes nothing of it.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Destination, SessionState};
use crate::sync::{Mutex, MutexGuard, PoisonError, watch};
use crate::units::UnixTime;

/// Token, destinations and state.
#[derive(Debug)]
pub(super) struct Held {
    now: Mutex<Now>,
    state: watch::Sender<SessionState>,
}

#[derive(Debug)]
struct Now {
    /// Tells one sign-in from the next.
    turn: u64,
    token: Option<SecretString>,
    destinations: Option<Arc<[Destination]>>,
}

/// What a request is made with.
#[derive(Debug)]
pub(super) struct Asking {
    turn: u64,
    pub(super) token: Option<SecretString>,
}

impl Held {
    /// A sign-in that was kept from before, or none yet.
    pub(super) fn new(token: Option<SecretString>) -> Self {
        let now = Now { turn: 0, token, destinations: None };
        Self { now: Mutex::new(now), state: watch::Sender::new(SessionState::Ready) }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> watch::Receiver<SessionState> {
        self.state.subscribe()
    }

    pub(super) fn has_token(&self) -> bool {
        self.now().token.is_some()
    }

    pub(super) fn destinations(&self) -> Option<Arc<[Destination]>> {
        self.now().destinations.clone()
    }

    pub(super) fn asking(&self) -> Asking {
        let now = self.now();
        Asking { turn: now.turn, token: now.token.clone() }
    }

    /// Whoever follows the state looks again at what there is besides.
    pub(super) fn tells_again(&self) {
        self.state.send_if_modified(|_| true);
    }

    /// A sign-in that was kept from before, where nobody signed in or left since. Answers whether it is taken up.
    pub(super) fn takes_up(&self, token: SecretString) -> bool {
        let mut now = self.now();
        let is_first = now.turn == 0 && now.token.is_none();
        if is_first {
            now.token = Some(token);
        }
        is_first
    }

    /// The backend takes this token.
    pub(super) fn sign_in(&self, token: SecretString, destinations: Arc<[Destination]>) {
        let mut now = self.now();
        *now = Now { turn: now.turn + 1, token: Some(token), destinations: Some(destinations) };
        self.state.send_replace(SessionState::Ready);
    }

    /// The person leaves.
    pub(super) fn sign_out(&self) {
        let mut now = self.now();
        *now = Now { turn: now.turn + 1, token: None, destinations: None };
        self.state.send_replace(SessionState::SignedOut { since: UnixTime::now() });
    }

    /// What it may reach, as it was told.
    pub(super) fn learnt(&self, asked: &Asking, destinations: &Arc<[Destination]>) {
        let mut now = self.now();
        if now.turn == asked.turn {
            now.destinations = Some(Arc::clone(destinations));
        }
    }

    /// The backend answered 401: the sign-in has ended, for everybody.
    pub(super) fn refused(&self, asked: &Asking) {
        let now = self.now();
        let ended = SessionState::SignedOut { since: UnixTime::now() };
        self.state.send_if_modified(|state| {
            let first = now.turn == asked.turn && *state == SessionState::Ready;
            if first {
                *state = ended;
            }
            first
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_answer_to_an_earlier_sign_in_changes_nothing_of_the_one_there_is() {
        let held = Held::new(Some("old".into()));
        let late = held.asking();
        held.refused(&held.asking());
        assert!(matches!(*held.state().borrow(), SessionState::SignedOut { .. }));
        held.sign_in("new".into(), Arc::from([]));
        held.refused(&late);
        assert_eq!(*held.state().borrow(), SessionState::Ready);
        held.refused(&held.asking());
        assert!(matches!(*held.state().borrow(), SessionState::SignedOut { .. }));
    }

    #[test]
    fn a_sign_in_from_before_that_comes_late_takes_no_ones_place() {
        let held = Held::new(None);
        assert!(held.takes_up("kept".into()) && held.has_token());
        assert!(!held.takes_up("other".into()));
        for come_and_gone in [false, true] {
            let held = Held::new(None);
            held.sign_in("new".into(), Arc::from([]));
            if come_and_gone {
                held.sign_out();
            }
            assert!(!held.takes_up("kept".into()));
            assert_eq!(held.has_token(), !come_and_gone);
        }
    }

    #[test]
    fn destinations_of_an_earlier_sign_in_are_not_those_of_the_next() {
        let held = Held::new(Some("old".into()));
        let late = held.asking();
        held.sign_out();
        held.learnt(&late, &Arc::from([]));
        assert!(held.destinations().is_none() && !held.has_token());
        held.learnt(&held.asking(), &Arc::from([]));
        assert!(held.destinations().is_some());
    }
}
