//! Systems that nobody asked yet.

use std::io::{ErrorKind, Result};
use std::os::fd::BorrowedFd;

use super::Sent;

pub(crate) fn keep_unsent_below(_: BorrowedFd<'_>, _bytes: u32) -> Result<()> {
    Err(ErrorKind::Unsupported.into())
}

pub(crate) fn sent(_: BorrowedFd<'_>, _written: u64) -> Result<Sent> {
    Err(ErrorKind::Unsupported.into())
}
