//! An S3 that costs next to nothing: a thread a connection, every byte counted and checksummed, none kept.
//!
//! It believes any signature. A client is done right when [`Sink::report`] has the checksums of its files: that is the
//! proof of every run.

mod answers;
mod connection;
mod faults;
mod link;
mod store;
pub(crate) mod tls;
mod wire;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;
use socket2::{Domain, Socket, Type};

pub(crate) use faults::{Faults, mixed};
pub(crate) use link::{Course, Link, SLOT};
pub(crate) use store::{Held, Store};

/// What a sink is like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) link: Link,
    pub(crate) faults: Option<Faults>,
    /// Where it writes its CA, when it speaks TLS.
    pub(crate) ca: Option<PathBuf>,
    /// Where it listens; anywhere when it is 0.
    pub(crate) port: u16,
    /// Whether it is to be told how much came when.
    pub(crate) timed: bool,
}

/// What it saw.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Requests of any kind.
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    /// The most requests with a body at a time.
    pub(crate) most_active: u64,
    /// Bytes of objects that arrived, those of failed requests too.
    pub(crate) bytes: u64,
    /// Checksums of clients that were not those of the bytes.
    pub(crate) wrong_checksums: u64,
    pub(crate) busy: u64,
    pub(crate) resets: u64,
    /// Seconds after the last change of the link's rate until a second begins in which nine tenths of it were used.
    pub(crate) back: Option<f64>,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    connections: AtomicU64,
    active: AtomicU64,
    most_active: AtomicU64,
    bytes: AtomicU64,
    wrong_checksums: AtomicU64,
    busy: AtomicU64,
    resets: AtomicU64,
}

struct Shared {
    config: Config,
    tls: Option<Arc<rustls::ServerConfig>>,
    store: Arc<Store>,
    counts: Counts,
    course: Course,
    all: link::Gauge,
    dice: faults::Dice,
    /// When the first request with a body began, and who waits for it.
    first: Mutex<Option<Instant>>,
    begins: Condvar,
    over: AtomicBool,
}

/// A running sink, until it is dropped.
pub(crate) struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Sink {
    /// Listens on loopback; `store` may hold what an earlier one took.
    pub(crate) fn start(config: Config, store: Arc<Store>) -> Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        if let Some(bytes) = config.link.receive_buffer {
            // Connections have it from the listener, before their window is told.
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, config.port)).into())?;
        socket.listen(1024)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let tls = config.ca.as_deref().map(tls::server).transpose()?;
        let shared = Arc::new(Shared {
            config,
            tls,
            store,
            counts: Counts::default(),
            course: Course::default(),
            all: link::Gauge::default(),
            dice: faults::Dice::default(),
            first: Mutex::new(None),
            begins: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let accepts = Arc::clone(&shared);
        let accepting = Some(std::thread::spawn(move || accept(&listener, &accepts)));
        Ok(Self { address, shared, accepting })
    }

    /// `http://127.0.0.1:PORT`, or https.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The file of its CA.
    pub(crate) fn ca(&self) -> Option<&Path> {
        self.shared.config.ca.as_deref()
    }

    /// What it holds.
    pub(crate) fn store(&self) -> Arc<Store> {
        Arc::clone(&self.shared.store)
    }

    pub(crate) fn report(&self) -> Report {
        let counts = &self.shared.counts;
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Report {
            requests: get(&counts.requests),
            connections: get(&counts.connections),
            most_active: get(&counts.most_active),
            bytes: get(&counts.bytes),
            wrong_checksums: get(&counts.wrong_checksums),
            busy: get(&counts.busy),
            resets: get(&counts.resets),
            back: self.back(),
        }
    }

    fn back(&self) -> Option<f64> {
        let (from, rate) = self.shared.config.link.all.last().filter(|(from, _)| !from.is_zero())?;
        let enough = |bytes| bytes * 10 >= rate * 9;
        Course::second_after(&self.shared.course.slots(), *from, enough).map(|after| after.as_secs_f64())
    }

    /// How much came when.
    pub(crate) fn course(&self) -> Vec<u64> {
        self.shared.course.slots()
    }

    /// Waits for the first request with a body.
    pub(crate) fn first(&self, within: Duration) -> Result<Instant> {
        let first = self.shared.first.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.begins.wait_timeout_while(first, within, |first| first.is_none());
        let first = *waited.unwrap_or_else(PoisonError::into_inner).0;
        first.with_context(|| format!("nothing was sent within {} s", within.as_secs()))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            // The address is free after it.
            drop(accepting.join());
        }
    }
}

impl Shared {
    /// A request with a body begins.
    fn begins(&self) {
        let now = self.counts.active.fetch_add(1, Ordering::Relaxed) + 1;
        self.counts.most_active.fetch_max(now, Ordering::Relaxed);
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = Some(Instant::now());
            self.begins.notify_all();
        }
    }

    /// Bytes of a body came.
    fn came(&self, bytes: u64) {
        self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.config.timed || self.config.link.all.len() > 1 {
            self.course.came(bytes, self.since_first());
        }
    }

    /// How long ago the first one began.
    fn since_first(&self) -> Duration {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).map_or(Duration::ZERO, |first| first.elapsed())
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        shared.counts.connections.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(shared);
        // A client that goes away is no failure of the sink: what it did not send is missing in the proof.
        let serve = move || drop(connection::serve(stream, &shared));
        if std::thread::Builder::new().stack_size(256 << 10).spawn(serve).is_err() {
            return;
        }
    }
}
