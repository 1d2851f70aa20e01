//! Where transfers are bound for: what turns out best on the way is a destination's alone only while nobody is bound for
//! another.

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
}

/// Somebody is on the way to a destination, until this is dropped.
#[derive(Debug)]
pub(super) struct Bound(Towards);

impl Towards {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody sets out.
    pub(super) fn sets_out(&self, to: &str) -> Bound {
        let mut seen = self.seen();
        seen.bound += 1;
        let first = seen.first.get_or_insert_with(|| to.to_owned());
        seen.several |= first != to;
        Bound(Self(Arc::clone(&self.0)))
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
            *seen = Seen::default();
        }
    }
}
