//! Where tests break the program: `DAVIT_FAILPOINT=NAME:N:before|after[:panic]`, the N-th time from 1. It is killed there
//! as by `kill -9`, or panics. Debug builds only; elsewhere there is nothing.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Before or after what the point is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Before,
    After,
}

struct Armed {
    name: String,
    number: u64,
    side: Side,
    panics: bool,
}

static ARMED: LazyLock<Option<Armed>> =
    LazyLock::new(|| std::env::var("DAVIT_FAILPOINT").ok().as_deref().and_then(Armed::parse));
static SEEN: LazyLock<Mutex<HashMap<(String, Side), u64>>> = LazyLock::new(Mutex::default);

impl Armed {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        let (name, number, side) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        let side = match side {
            "before" => Side::Before,
            "after" => Side::After,
            _ => return None,
        };
        Some(Self { name: name.to_owned(), number, side, panics: words.next() == Some("panic") })
    }
}

/// The way passes here.
pub(crate) fn pass(name: &str, side: Side) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(armed) = &*ARMED else { return };
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = seen.entry((name.to_owned(), side)).or_default();
    *count += 1;
    if armed.name == name && armed.side == side && armed.number == *count {
        assert!(!armed.panics, "a test wanted it");
        std::process::abort();
    }
}
