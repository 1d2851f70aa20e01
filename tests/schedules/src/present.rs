//! The session that counts, while several are begun at once.

#[path = "../../../crates/core/src/uploader/present.rs"]
mod real;

use std::sync::Arc;

use shuttle::sync::Mutex;
use shuttle::thread;

use real::Present;

/// The start still connects to one company while a person turns to another, and what the former's watcher heard comes late.
pub fn scenario() {
    let present = Arc::new(Present::new());
    // What the engine was told last: whose it is, and whether it is signed out.
    let told = Arc::new(Mutex::new(("nobody", true)));
    let (start, person) = (present.wish(), present.wish());
    let connects = [(start, "first"), (person, "second")].map(|(wish, company)| {
        let (present, told) = (Arc::clone(&present), Arc::clone(&told));
        thread::spawn(move || {
            present.arrive(wish, Some(company), || *told.lock().expect("one at a time") = (company, false));
        })
    });
    let watcher = {
        let (present, told) = (Arc::clone(&present), Arc::clone(&told));
        thread::spawn(move || {
            present.while_it_counts(
                |session| *session == "first",
                || *told.lock().expect("one at a time") = ("first", true),
            );
        })
    };
    for one in connects.into_iter().chain([watcher]) {
        one.join().expect("ends");
    }
    assert_eq!(present.session(), Some("second"), "turned back to an earlier company");
    assert_eq!(*told.lock().expect("nobody else"), ("second", false), "what an earlier company said came last");
}
