//! When a file that failed is tried again (rule W27): ever later, and never before others because it fails. Pure.

use tokio::time::Duration;

use crate::error::ErrorCode;

/// After the first failure, the second and so on; the last holds for all that follow.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];

/// What a failure means for the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is tried again by itself, after this long.
    After(Duration),
    /// Once it, its name or its rights change, or a person says so.
    OnceChanged,
}

/// What becomes of a file that failed so many times in a row, this time by `code`.
pub const fn again(code: ErrorCode, failed: u32) -> Again {
    use ErrorCode as C;
    match code {
        // What no waiting mends: a name, a right, a size, what is there, an end that nobody may look at.
        C::NameRefused
        | C::KeyTooLong
        | C::FileUnreadable
        | C::NotAFile
        | C::FolderLoop
        | C::TooLarge
        | C::AlreadyThere
        | C::AccessDenied
        | C::NotAllowed
        | C::AccountDisabled
        | C::CheckMismatch
        | C::NoChecksums
        | C::OutcomeUnknown
        | C::DestinationGone
        | C::NoSuchBucket
        | C::WrongRegion
        | C::ScopeChanged => Again::OnceChanged,
        _ => Again::After(pause(failed)),
    }
}

/// How long something rests that failed so many times in a row, whatever it was.
pub const fn pause(failed: u32) -> Duration {
    let at = failed.saturating_sub(1) as usize;
    PAUSES[if at < PAUSES.len() { at } else { PAUSES.len() - 1 }]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W27.
    #[test]
    fn what_fails_is_tried_ever_later_and_what_waiting_does_not_mend_once_it_changed() {
        let minutes = |failed| match again(ErrorCode::ReadError, failed) {
            Again::After(pause) => pause.as_secs_f64() / 60.0,
            Again::OnceChanged => f64::INFINITY,
        };
        let told: Vec<_> = (1..=7).map(minutes).collect();
        assert!(told.iter().zip([0.5, 1.0, 5.0, 15.0, 60.0, 60.0, 60.0]).all(|(is, want)| (is - want).abs() < 1e-9));
        assert_eq!(again(ErrorCode::FileUnreadable, 1), Again::OnceChanged);
        assert_eq!(again(ErrorCode::NameRefused, 9), Again::OnceChanged);
    }
}
