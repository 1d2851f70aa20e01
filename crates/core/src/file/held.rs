//! Whether a program has a file open for writing, where the system tells (rule W3). Windows does: what somebody may write to
//! cannot be opened by whoever lets nobody write. Linux and macOS tell nobody; there only looking twice does.
//!
//! Linux would tell whoever takes a lease on a file. No safe library asks for one, and whoever opens the file just then waits
//! until it is given back: that is no look, but a hand in the way of other programs.

use super::Place;

/// Whether this system tells at all.
pub(crate) const HOLDERS_ARE_TOLD: bool = cfg!(windows);

impl Place {
    /// Whether somebody has it open for writing, as far as the system tells. Nobody can begin to while this looks.
    #[cfg(windows)]
    pub(crate) fn is_held(&self) -> bool {
        self.open_unwritten().is_err_and(|error| says_that_somebody_writes(error.raw_os_error()))
    }

    /// No other system tells.
    #[cfg(not(windows))]
    #[allow(clippy::unused_self, reason = "the same shape on every system")]
    pub(crate) const fn is_held(&self) -> bool {
        false
    }
}

/// `ERROR_SHARING_VIOLATION`. Whatever else is wrong is seen when the file is sent. Source: Windows system error codes.
#[cfg(any(windows, test))]
fn says_that_somebody_writes(error: Option<i32>) -> bool {
    error == Some(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W3.
    #[test]
    fn only_a_violation_of_sharing_says_that_somebody_writes() {
        assert!(says_that_somebody_writes(Some(32)));
        // Missing, refused, a locked range, an unreachable drive, and no error of the system.
        for other in [Some(2), Some(5), Some(33), Some(53), None] {
            assert!(!says_that_somebody_writes(other), "{other:?}");
        }
    }

    /// W3.
    #[cfg(windows)]
    #[test]
    fn a_file_that_somebody_has_open_for_writing_is_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.mov");
        std::fs::write(&path, b"whole").expect("written");
        let place = Place::within(folder.path(), &path);
        assert!(!place.is_held());
        let reader = std::fs::File::open(&path).expect("opened");
        assert!(!place.is_held(), "who reads changes nothing");
        drop(reader);
        let writer = std::fs::File::options().append(true).open(&path).expect("opened");
        assert!(place.is_held());
        drop(writer);
        assert!(!place.is_held());
    }

    /// W3: elsewhere nothing is told, and nothing is believed.
    #[cfg(not(windows))]
    #[test]
    fn where_the_system_does_not_tell_nothing_is_called_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.mov");
        let _writer = std::fs::File::create(&path).expect("made");
        assert!(!HOLDERS_ARE_TOLD && !Place::within(folder.path(), &path).is_held());
    }
}
