//! One connection, and whether anything gets through on it.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

#[cfg(unix)]
use std::os::fd::{AsFd as _, OwnedFd as Handle};
#[cfg(windows)]
use std::os::windows::io::{AsSocket as _, OwnedSocket as Handle};

/// The system keeps little more than this that it has not sent yet: what is urgent comes by another connection, and would
/// wait for all of it. Less costs the processor, more the time of who waits.
const UNSENT: u32 = 256 << 10;

/// A connection as the HTTP client uses it.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TokioIo<TcpStream>,
    /// Closed with the connection: nobody else holds it.
    carried: Option<Arc<Carried>>,
}

/// What a connection carried.
#[derive(Debug)]
struct Carried {
    /// The socket once more, to ask the system about it.
    handle: Handle,
    /// Bytes that it took.
    written: AtomicU64,
}

/// What a request may ask of the connection that carries it. Keeps nothing open.
#[derive(Clone, Debug)]
pub(crate) struct Signal(Weak<Carried>);

impl Signal {
    /// What became of what it took; None where nobody knows.
    pub(crate) fn sent(&self) -> Option<davit_socket::Sent> {
        let carried = self.0.upgrade()?;
        davit_socket::sent(&carried.handle, carried.written.load(Ordering::Relaxed)).ok()
    }
}

impl Line {
    pub(super) fn new(stream: TokioIo<TcpStream>) -> Self {
        #[cfg(unix)]
        let handle = stream.inner().as_fd().try_clone_to_owned();
        #[cfg(windows)]
        let handle = stream.inner().as_socket().try_clone_to_owned();
        // Not every system can; it then keeps what it likes.
        if let Ok(handle) = &handle {
            let _ = davit_socket::keep_unsent_below(handle, UNSENT);
        }
        // Without one, only what the connection takes is known.
        let carried = handle.ok().map(|handle| Arc::new(Carried { handle, written: AtomicU64::new(0) }));
        Self { stream, carried }
    }

    fn took(&self, written: &Poll<io::Result<usize>>) {
        if let (Some(carried), Poll::Ready(Ok(bytes))) = (&self.carried, written) {
            carried.written.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        let connected = self.stream.connected();
        match &self.carried {
            Some(carried) => connected.extra(Signal(Arc::downgrade(carried))),
            None => connected,
        }
    }
}

impl Read for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.took(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.took(&written);
        written
    }
}
