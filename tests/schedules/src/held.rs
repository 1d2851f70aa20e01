//! The sign-in there is, and answers to an earlier one.

#[path = "../../../crates/core/src/session/held.rs"]
mod real;

use std::sync::Arc;

use davit_core::session::{Destination, SessionState};
use shuttle::thread;

use real::Held;

/// Two requests come back late and tell that the sign-in has ended, while the person signs in anew.
pub fn scenario() {
    let held = Arc::new(Held::new(Some("old".into())));
    let late = (0..2).map(|_| {
        let (held, asked) = (Arc::clone(&held), held.asking());
        thread::spawn(move || {
            held.refused(&asked);
            held.learnt(&asked, &Arc::from([]));
        })
    });
    let late: Vec<_> = late.collect();
    held.sign_in("new".into(), Arc::from([]));
    for one in late {
        one.join().expect("an answer is taken");
    }
    assert_eq!(*held.state().borrow(), SessionState::Ready, "signed out by an earlier sign-in's answer");
}
