//! Where transfers are bound for: what turns out best on the way is a destination's alone only while nobody is bound for
//! another, and since nobody was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where all of them go since any does.
#[derive(Debug, Default)]
pub(super) struct Towards(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// How many are on their way.
    bound: usize,
    first: Option<String>,
    several: bool,
    /// Where all went the last time that any did.
    before: Option<String>,
}

/// Somebody is on the way to a destination, until this is dropped.
#[derive(Debug)]
pub(super) struct Bound(Towards);

impl Towards {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody sets out. Answers, too, whether nobody was on the way and the last went elsewhere: what turned out best for
    /// these says nothing of this one.
    pub(super) fn sets_out(&self, to: &str) -> (Bound, bool) {
        let mut seen = self.seen();
        seen.bound += 1;
        let elsewhere = seen.first.is_none() && seen.before.as_deref() != Some(to);
        let first = seen.first.get_or_insert_with(|| to.to_owned());
        seen.several |= first != to;
        (Bound(Self(Arc::clone(&self.0))), elsewhere)
    }

    /// Whether all go there.
    pub(super) fn is_alone(&self, to: &str) -> bool {
        let seen = self.seen();
        !seen.several && seen.first.as_deref() == Some(to)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let mut seen = self.0.seen();
        seen.bound -= 1;
        if seen.bound == 0 {
            let before = seen.first.take().filter(|_| !seen.several);
            *seen = Seen { before, ..Seen::default() };
        }
    }
}
