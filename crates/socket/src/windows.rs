//! Windows 10 1703 and later: bytes sent, less what is sent again and what is on its way. What was taken and is not sent
//! yet it does not tell. Source: `SIO_TCP_INFO`, `TCP_INFO_v0` in mstcpip.h.

use std::ffi::c_void;
use std::io::{Error, Result};
use std::os::windows::io::{AsRawSocket as _, BorrowedSocket};

use windows_sys::Win32::Networking::WinSock::{SIO_TCP_INFO, SOCKET, TCP_INFO_v0, WSAGetLastError, WSAIoctl};

use super::Sent;

fn size<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(0)
}

pub(crate) fn sent(socket: BorrowedSocket<'_>, _written: u64) -> Result<Sent> {
    // The version that is wanted.
    let version: u32 = 0;
    let (mut info, mut written) = (TCP_INFO_v0::default(), 0_u32);
    // SAFETY: both buffers are valid for their lengths, nothing is overlapped, the socket is borrowed.
    let answer = unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            SIO_TCP_INFO,
            (&raw const version).cast::<c_void>(),
            size::<u32>(),
            (&raw mut info).cast::<c_void>(),
            size::<TCP_INFO_v0>(),
            &raw mut written,
            std::ptr::null_mut(),
            None,
        )
    };
    if answer != 0 {
        // SAFETY: has no preconditions.
        return Err(Error::from_raw_os_error(unsafe { WSAGetLastError() }));
    }
    let mark = info.BytesOut.wrapping_sub(u64::from(info.BytesRetrans)).wrapping_sub(u64::from(info.BytesInFlight));
    Ok(Sent { mark, waits: info.BytesInFlight > 0 })
}
