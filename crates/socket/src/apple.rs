//! macOS: what was written, less what is in the send buffer, which leaves it as it is acknowledged. Source: `SO_NWRITE` in
//! sys/socket.h, "data not yet sent by the protocol" and, for TCP, not yet acknowledged.

use std::io::{Error, ErrorKind, Result};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use super::Sent;

/// `TCP_NOTSENT_LOWAT` of netinet/tcp.h, which `libc` does not name for these systems.
const TCP_NOTSENT_LOWAT: libc::c_int = 0x201;

pub(crate) fn keep_unsent_below(socket: BorrowedFd<'_>, bytes: u32) -> Result<()> {
    let len = libc::socklen_t::try_from(size_of::<u32>()).map_err(|_| ErrorKind::Unsupported)?;
    // SAFETY: `bytes` is valid for reads of `len` bytes, the descriptor is borrowed.
    let answer = unsafe {
        let level = libc::IPPROTO_TCP;
        libc::setsockopt(socket.as_raw_fd(), level, TCP_NOTSENT_LOWAT, (&raw const bytes).cast(), len)
    };
    if answer == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

pub(crate) fn sent(socket: BorrowedFd<'_>, written: u64) -> Result<Sent> {
    let mut waiting: libc::c_int = 0;
    let mut len = libc::socklen_t::try_from(size_of::<libc::c_int>()).map_err(|_| ErrorKind::Unsupported)?;
    // SAFETY: `waiting` is valid for writes of `len` bytes, `len` is a valid in-out pointer, the descriptor is borrowed.
    let answer = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_NWRITE, (&raw mut waiting).cast(), &raw mut len)
    };
    if answer != 0 {
        return Err(Error::last_os_error());
    }
    let waiting = u64::try_from(waiting).map_err(|_| ErrorKind::Unsupported)?;
    Ok(Sent { mark: written.wrapping_sub(waiting), waits: waiting > 0 })
}
