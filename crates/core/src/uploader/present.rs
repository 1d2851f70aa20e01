//! The session that counts. Whatever comes back of one that was begun before it, or of one that gave way, changes nothing.

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// What a person, or the start, wants; later ones come before earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wish(u64);

/// The session there is.
#[derive(Debug)]
pub(super) struct Present<S> {
    wishes: AtomicU64,
    now: Mutex<Now<S>>,
}

#[derive(Debug)]
struct Now<S> {
    /// The wish that made it so.
    by: Wish,
    session: Option<S>,
}

impl<S: Clone> Present<S> {
    /// Nobody yet.
    pub(super) fn new() -> Self {
        Self { wishes: AtomicU64::new(0), now: Mutex::new(Now { by: Wish(0), session: None }) }
    }

    fn now(&self) -> MutexGuard<'_, Now<S>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another wish, the newest.
    pub(super) fn wish(&self) -> Wish {
        Wish(self.wishes.fetch_add(1, Ordering::SeqCst) + 1)
    }

    pub(super) fn session(&self) -> Option<S> {
        self.now().session.clone()
    }

    /// A wish is fulfilled: `session` counts from now on, and `then` is done before anything else arrives. Answers whether
    /// it was; a later wish may have been fulfilled before.
    pub(super) fn arrive(&self, wish: Wish, session: Option<S>, then: impl FnOnce()) -> bool {
        let mut now = self.now();
        let counts = wish >= now.by;
        if counts {
            *now = Now { by: wish, session };
            then();
        }
        counts
    }

    /// Does `then` while the session that `is` knows counts. Answers whether it does.
    pub(super) fn while_it_counts(&self, is: impl FnOnce(&S) -> bool, then: impl FnOnce()) -> bool {
        let now = self.now();
        let counts = now.session.as_ref().is_some_and(is);
        if counts {
            then();
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_wish_counts_in_whatever_order_they_are_fulfilled() {
        let present = Present::new();
        let (start, first, second) = (present.wish(), present.wish(), present.wish());
        assert!(present.arrive(first, Some("a"), || {}));
        assert!(present.arrive(second, Some("b"), || {}));
        assert!(!present.arrive(start, Some("c"), || panic!("late")));
        assert!(!present.arrive(first, Some("a"), || panic!("late")));
        assert_eq!(present.session(), Some("b"));
        assert!(!present.while_it_counts(|session| *session == "a", || panic!("it gave way")));
        // A wish that came to nothing keeps no earlier one back.
        let (_failed, none) = (present.wish(), present.wish());
        assert!(present.arrive(second, Some("b"), || {}));
        assert!(present.arrive(none, None, || {}));
        assert!(!present.arrive(second, Some("b"), || panic!("late")));
    }
}
