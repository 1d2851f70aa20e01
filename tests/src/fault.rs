//! A proxy in front of the cloud that breaks things on the wire, so that retries, time-outs and the SDK truly run.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};

/// What the proxy does to connections, changed while it runs.
pub struct Faults {
    /// Connections are refused and cut.
    pub outage: AtomicBool,
    /// The next so many connections are reset after this many bytes from the client.
    pub resets: AtomicU32,
    /// Where, in bytes.
    pub reset_after: AtomicU64,
    /// The next so many requests are answered [`Self::says`] after their body was read.
    pub busy: AtomicU32,
    /// Status and S3's code of such an answer.
    pub says: Mutex<(&'static str, &'static str)>,
    /// The next so many answers are swallowed, and the connection cut.
    pub lost_answers: AtomicU32,
    /// Bytes a second from the client, all connections together; 0 means as fast as it goes.
    pub rate: AtomicU64,
    /// When the link is free again.
    free: Mutex<Option<Instant>>,
    /// The store knows no checksums in trailers.
    pub no_trailers: AtomicBool,
    /// Answers are kept back while this is true.
    pub hold: watch::Sender<bool>,
    /// How many are kept back now.
    pub held: watch::Sender<u32>,
    /// Only requests whose first line holds this are hit, or its pieces between `*` in their order; empty means all.
    pub only: Mutex<String>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            outage: AtomicBool::default(),
            resets: AtomicU32::default(),
            reset_after: AtomicU64::default(),
            busy: AtomicU32::default(),
            says: Mutex::new(("503 Slow Down", "SlowDown")),
            lost_answers: AtomicU32::default(),
            rate: AtomicU64::default(),
            free: Mutex::default(),
            no_trailers: AtomicBool::default(),
            hold: watch::Sender::default(),
            held: watch::Sender::default(),
            only: Mutex::default(),
        }
    }
}

impl Faults {
    /// Answers the next so many requests whose first line holds `only` with a status and S3's code.
    pub fn answer(&self, only: &str, times: u32, status: &'static str, code: &'static str) {
        *self.says.lock().expect("faults") = (status, code);
        only.clone_into(&mut self.only.lock().expect("faults"));
        self.busy.store(times, Ordering::SeqCst);
    }

    /// Swallows the answers to the next so many requests whose first line holds `only`.
    pub fn lose_answers(&self, only: &str, times: u32) {
        only.clone_into(&mut self.only.lock().expect("faults"));
        self.lost_answers.store(times, Ordering::SeqCst);
    }

    /// Waits as long as a link of this rate needs.
    async fn slow_down(&self, bytes: u64) {
        let rate = self.rate.load(Ordering::SeqCst);
        if rate == 0 {
            return;
        }
        let until = {
            let mut free = self.free.lock().expect("faults");
            let from = free.map_or_else(Instant::now, |free| free.max(Instant::now()));
            *free.insert(from + Duration::from_micros(bytes * 1_000_000 / rate))
        };
        tokio::time::sleep_until(until).await;
    }
}

/// A running proxy.
pub struct FaultProxy {
    address: SocketAddr,
    /// What it does.
    pub faults: Arc<Faults>,
    cut: watch::Sender<u32>,
}

impl FaultProxy {
    /// A proxy in front of `target`.
    pub async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let faults = Arc::new(Faults::default());
        let cut = watch::Sender::new(0);
        let (shared, signal) = (Arc::clone(&faults), cut.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.outage.load(Ordering::SeqCst) {
                    reset(client);
                    continue;
                }
                let (faults, mut cut) = (Arc::clone(&shared), signal.subscribe());
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cut.changed() => {}
                        _ = pass(client, target, &faults) => {}
                    }
                });
            }
        });
        Self { address, faults, cut }
    }

    /// Where to connect.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The network goes: every connection is cut, new ones are refused.
    pub fn goes_away(&self) {
        self.faults.outage.store(true, Ordering::SeqCst);
        self.cut.send_modify(|n| *n += 1);
    }

    /// Waits until an answer is kept back.
    pub async fn holds_one(&self) {
        self.faults.held.subscribe().wait_for(|held| *held > 0).await.expect("the proxy runs");
    }

    /// The network is back.
    pub fn comes_back(&self) {
        self.faults.outage.store(false, Ordering::SeqCst);
    }
}

fn holds(line: &str, pieces: &str) -> bool {
    pieces.split('*').try_fold(line, |rest, piece| rest.split_once(piece).map(|(_, rest)| rest)).is_some()
}

/// A reset instead of an orderly end.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

fn take(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
}

/// One request after the other, so that each can be broken on its own.
async fn pass(mut client: TcpStream, target: SocketAddr, faults: &Faults) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    let mut held = Vec::new();
    loop {
        let Some((head, body)) = head(&mut client, &mut held).await? else { return Ok(()) };
        let text = String::from_utf8_lossy(&head).into_owned();
        let first = text.lines().next().unwrap_or_default();
        let hit = holds(first, &faults.only.lock().expect("faults"));
        let mut left = body;
        if hit && body > 0 && take(&faults.resets) {
            let at = faults.reset_after.load(Ordering::SeqCst).min(body);
            server.write_all(&head).await?;
            copy(&mut client, &mut server, &mut held, at).await?;
            reset(client);
            reset(server);
            return Ok(());
        }
        let refusal = if hit && take(&faults.busy) {
            Some(*faults.says.lock().expect("faults"))
        } else if faults.no_trailers.load(Ordering::SeqCst) && text.to_lowercase().contains("x-amz-trailer:") {
            Some(("501 Not Implemented", "NotImplemented"))
        } else {
            None
        };
        if let Some((status, code)) = refusal {
            discard(&mut client, &mut held, left).await?;
            let xml = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No</Message></Error>");
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/xml\r\ncontent-length: {}", xml.len());
            let answer = format!("{head}\r\n\r\n{}", if text.starts_with("HEAD ") { "" } else { &xml });
            client.write_all(answer.as_bytes()).await?;
            continue;
        }
        server.write_all(&head).await?;
        while left > 0 {
            let now = left.min(256 << 10);
            copy(&mut client, &mut server, &mut held, now).await?;
            faults.slow_down(now).await;
            left -= now;
        }
        let mut answered = Vec::new();
        let Some((head, body)) = self::head(&mut server, &mut answered).await? else { return Ok(()) };
        if hit && take(&faults.lost_answers) {
            reset(client);
            return Ok(());
        }
        if hit && *faults.hold.borrow() {
            faults.held.send_modify(|n| *n += 1);
            let released = faults.hold.subscribe().wait_for(|hold| !hold).await.is_ok();
            faults.held.send_modify(|n| *n -= u32::from(released));
        }
        client.write_all(&head).await?;
        copy(&mut server, &mut client, &mut answered, if text.starts_with("HEAD ") { 0 } else { body }).await?;
    }
}

/// A message's head, and how long its body is.
async fn head(stream: &mut TcpStream, held: &mut Vec<u8>) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    loop {
        if let Some(end) = held.windows(4).position(|w| w == b"\r\n\r\n") {
            let rest = held.split_off(end + 4);
            let head = std::mem::replace(held, rest);
            let text = String::from_utf8_lossy(&head).to_lowercase();
            let len = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if text.contains("expect: 100-continue") {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            return Ok(Some((head, len.unwrap_or(0))));
        }
        let mut buffer = [0; 16 << 10];
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            n => held.extend_from_slice(&buffer[..n]),
        }
    }
}

async fn copy(from: &mut TcpStream, to: &mut TcpStream, held: &mut Vec<u8>, len: u64) -> std::io::Result<()> {
    let mut left = len;
    while left > 0 {
        if held.is_empty() {
            held.resize(usize::try_from(left).unwrap_or(usize::MAX).min(256 << 10), 0);
            let n = from.read(held).await?;
            held.truncate(n);
            if n == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(held.len());
        to.write_all(&held[..now]).await?;
        held.drain(..now);
        left -= now as u64;
    }
    Ok(())
}

async fn discard(from: &mut TcpStream, held: &mut Vec<u8>, len: u64) -> std::io::Result<()> {
    let mut left = len;
    while left > 0 {
        if held.is_empty() {
            held.resize(256 << 10, 0);
            let n = from.read(held).await?;
            held.truncate(n);
            if n == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(held.len());
        held.drain(..now);
        left -= now as u64;
    }
    Ok(())
}
