//! Linux: `tcpi_bytes_acked`, since 4.1, and what was not acknowledged or not sent, since 4.6. Source: tcp(7), linux/tcp.h.

use std::io::{Error, ErrorKind, Result};
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use super::Sent;

/// `TCP_NOTSENT_LOWAT`, since 3.12. Source: tcp(7).
pub(crate) fn keep_unsent_below(socket: BorrowedFd<'_>, bytes: u32) -> Result<()> {
    let len = libc::socklen_t::try_from(size_of::<u32>()).map_err(|_| ErrorKind::Unsupported)?;
    // SAFETY: `bytes` is valid for reads of `len` bytes, the descriptor is borrowed.
    let answer = unsafe {
        let (level, name) = (libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT);
        libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const bytes).cast(), len)
    };
    if answer == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

pub(crate) fn sent(socket: BorrowedFd<'_>, _written: u64) -> Result<Sent> {
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut len = libc::socklen_t::try_from(size_of::<libc::tcp_info>()).map_err(|_| ErrorKind::Unsupported)?;
    // SAFETY: `info` is valid for writes of `len` bytes, `len` is a valid in-out pointer, the descriptor is borrowed.
    let answer = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut len)
    };
    if answer != 0 {
        return Err(Error::last_os_error());
    }
    // Older systems know fewer fields; what they do not know stays zero.
    if (len as usize) < offset_of!(libc::tcp_info, tcpi_bytes_acked) + size_of::<u64>() {
        return Err(ErrorKind::Unsupported.into());
    }
    // SAFETY: all of it was zeroed, and zeroes are a valid value of every field.
    let info = unsafe { info.assume_init() };
    Ok(Sent { mark: info.tcpi_bytes_acked, waits: info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0 })
}
