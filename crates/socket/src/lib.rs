//! What the system knows of a connection and no safe library tells: whether anything gets through. And what it can be told
//! and no safe library tells it: how much it may take before it sends that.
//!
//! The system takes megabytes of a body before it sends one, so what a connection took says little. What the other side
//! acknowledged says all: a slow link moves, a dead one stands still.
//!
//! The only crate of the house with `unsafe` in it, and nothing else in it.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(any(windows, target_vendor = "apple", target_os = "linux")), path = "none.rs")]
mod system;

/// What became of the bytes that a connection took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Changes whenever the other side acknowledges something, and stays what it is while nothing gets through. Only
    /// comparing two of the same connection says anything.
    pub mark: u64,
    /// Some of them are not acknowledged yet. Where that cannot be known, they are not said to be.
    pub waits: bool,
}

/// Asks the system about a connection that took `written` bytes so far; not every system counts them.
///
/// # Errors
/// What the system says; `Unsupported` where it has nothing to say.
#[cfg(unix)]
pub fn sent(socket: impl std::os::fd::AsFd, written: u64) -> std::io::Result<Sent> {
    system::sent(socket.as_fd(), written)
}

/// Asks the system about a connection that took `written` bytes so far; not every system counts them.
///
/// # Errors
/// What the system says; `Unsupported` where it has nothing to say.
#[cfg(windows)]
pub fn sent(socket: impl std::os::windows::io::AsSocket, written: u64) -> std::io::Result<Sent> {
    system::sent(socket.as_socket(), written)
}

/// Wants the system to take more of a connection's bytes only once less than `bytes` of them are not sent yet. What is on its
/// way does not count, so that it costs no speed; what else would wait in the system is not overtaken by anybody.
///
/// # Errors
/// What the system says; `Unsupported` where it has no such wish.
#[cfg(unix)]
pub fn keep_unsent_below(socket: impl std::os::fd::AsFd, bytes: u32) -> std::io::Result<()> {
    system::keep_unsent_below(socket.as_fd(), bytes)
}

/// Windows takes about as much as is on its way, and no more: there is nothing to wish for.
///
/// # Errors
/// `Unsupported`.
#[cfg(windows)]
pub fn keep_unsent_below(_: impl std::os::windows::io::AsSocket, _bytes: u32) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, any(target_os = "linux", target_vendor = "apple")))]
mod wishes {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};

    use super::{keep_unsent_below, tests};

    /// What the system takes where the other side reads nothing.
    fn taken(wish: Option<u32>) -> usize {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut here = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
        let (_there, _) = listener.accept().expect("taken");
        if let Some(bytes) = wish {
            keep_unsent_below(&here, bytes).expect("set");
        }
        let taken = tests::fill(&mut here);
        here.flush().expect("nothing to do");
        taken
    }

    #[test]
    fn the_system_keeps_little_that_it_does_not_send() {
        let (usual, little) = (taken(None), taken(Some(64 << 10)));
        assert!(little * 2 <= usual, "{little} of {usual} bytes");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::{Sent, sent};

    /// Writes until the system takes no more.
    pub(super) fn fill(stream: &mut TcpStream) -> usize {
        stream.set_nonblocking(true).expect("set");
        let (bytes, mut taken) = (vec![7; 64 << 10], 0);
        loop {
            match stream.write(&bytes) {
                Ok(bytes) => taken += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return taken,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// What is said once it is the same twice: what is on its way has arrived.
    fn at_rest(stream: &TcpStream, written: usize) -> Sent {
        let written = written as u64;
        loop {
            let before = sent(stream, written).expect("an answer");
            for _ in 0..1_000 {
                std::thread::yield_now();
            }
            if sent(stream, written).expect("an answer") == before {
                return before;
            }
        }
    }

    #[test]
    fn the_mark_moves_as_the_other_side_takes_and_stands_still_when_it_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut here = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
        let (mut there, _) = listener.accept().expect("taken");
        assert!(!at_rest(&here, 0).waits, "nothing was given");
        let mut written = fill(&mut here);
        let full = at_rest(&here, written);
        assert!(full.waits);
        assert_eq!(at_rest(&here, written), full, "nobody reads: nothing gets through");
        let mut buffer = vec![0; 1 << 20];
        there.set_nonblocking(true).expect("set");
        let (mut read, mut moved) = (0, false);
        while read < written {
            match there.read(&mut buffer) {
                Ok(bytes) => read += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
            moved |= read < written && sent(&here, written as u64).expect("an answer").mark != full.mark;
        }
        assert!(moved, "all was read and the mark never moved");
        assert!(!at_rest(&here, written).waits, "all of it arrived");
        // As much waits again as before, and all the same something got through.
        written += fill(&mut here);
        assert_ne!(at_rest(&here, written).mark, full.mark);
    }
}
