//! How many files and connections may be open at once.

/// As many as ever are, and as many as macOS takes (`OPEN_MAX`).
#[cfg(unix)]
const AT_ONCE: u64 = 10_240;

/// A person's session may open 256 or 1,024 at a time, and more for the asking.
#[cfg(unix)]
pub(super) fn allow_many() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(AT_ONCE, |most| most.min(AT_ONCE));
    if limit.current.is_some_and(|now| now < wanted) {
        let more = Rlimit { current: Some(wanted), ..limit };
        if let Err(error) = setrlimit(Resource::Nofile, more) {
            tracing::warn!(%error, "no more files may be open at once");
        }
    }
}

/// Windows has no such limit.
#[cfg(not(unix))]
pub(super) const fn allow_many() {}
