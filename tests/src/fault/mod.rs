//! A proxy in front of the cloud that breaks things on the wire, so that retries, time-outs and the SDK truly run.

mod mix;
mod wire;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};

pub use mix::{Fault, Mix};

/// What the proxy does to connections, changed while it runs.
#[derive(Default)]
pub struct Faults {
    /// Connections are refused and cut.
    pub outage: AtomicBool,
    /// Connections are taken, and nothing of them is read any more, for as long as they stand.
    pub mute: AtomicBool,
    /// Connections that were taken.
    pub connections: AtomicU32,
    /// Requests that came, of those whose first line holds [`Self::only`].
    pub requests: AtomicU32,
    /// The first lines of these, each once.
    pub asked: Mutex<BTreeSet<String>>,
    /// Every request meets this, until it is taken away.
    pub always: Mutex<Option<Fault>>,
    /// The next so many requests with a body are reset after this many bytes from the client.
    pub resets: AtomicU32,
    /// Where, in bytes.
    pub reset_after: AtomicU64,
    /// The next so many requests are answered [`Self::says`] after their body was read.
    pub busy: AtomicU32,
    /// Status and S3's code of such an answer; none means 503 SlowDown.
    pub says: Mutex<Option<(&'static str, &'static str)>>,
    /// Seconds after which such an answer wants to be asked again; 0 means that it does not say.
    pub retry_after: AtomicU64,
    /// The next so many answers are swallowed, and the connection cut.
    pub lost_answers: AtomicU32,
    /// The next so many requests meet this.
    pub next: Mutex<Option<(Fault, u32)>>,
    /// The connection that the last of them came by, counted from 1.
    pub met_on: AtomicU32,
    /// The connection that the last request came by that [`Self::requests`] counts.
    pub last_on: AtomicU32,
    /// Connections that hang and that nobody gave up.
    hanging: AtomicU32,
    /// How many of these there were when the last request came that [`Self::requests`] counts.
    pub hung_beside: AtomicU32,
    /// What happens by chance.
    pub mix: Mutex<Option<Mix>>,
    /// Bytes of bodies that were passed on.
    pub passed: AtomicU64,
    /// Bytes a second from the client, all connections together; 0 means as fast as it goes.
    pub rate: AtomicU64,
    /// Bytes a second of each connection; 0 means as fast as it goes.
    pub rate_each: AtomicU64,
    /// How long a request is on its way besides, where it is hit.
    pub request_latency_ms: AtomicU64,
    /// The same of an answer.
    pub latency_ms: AtomicU64,
    /// When the link is free again.
    free: Mutex<Option<Instant>>,
    /// The store knows no checksums in trailers.
    pub no_trailers: AtomicBool,
    /// Answers are kept back while this is true.
    pub hold: watch::Sender<bool>,
    /// What is kept back is the second half of a body, and no answer.
    pub mid_body: AtomicBool,
    /// Of those that are hit, only requests whose first line holds this, or its pieces as in [`Self::only`], are kept back.
    pub hold_only: Mutex<String>,
    /// How many are kept back now.
    pub held: watch::Sender<u32>,
    /// Only requests whose first line holds this are hit, or its pieces between `*` in their order; empty means all.
    pub only: Mutex<String>,
}

impl Faults {
    /// Answers the next so many requests whose first line holds `only` with a status and S3's code.
    pub fn answer(&self, only: &str, times: u32, status: &'static str, code: &'static str) {
        *self.says.lock().expect("faults") = Some((status, code));
        only.clone_into(&mut self.only.lock().expect("faults"));
        self.busy.store(times, Ordering::SeqCst);
    }

    /// Swallows the answers to the next so many requests whose first line holds `only`.
    pub fn lose_answers(&self, only: &str, times: u32) {
        only.clone_into(&mut self.only.lock().expect("faults"));
        self.lost_answers.store(times, Ordering::SeqCst);
    }

    /// Lets the next so many requests whose first line holds `only` meet a fault.
    pub fn meet(&self, only: &str, times: u32, fault: Fault) {
        only.clone_into(&mut self.only.lock().expect("faults"));
        *self.next.lock().expect("faults") = Some((fault, times));
    }

    /// How many of those are still to come.
    pub fn still_to_meet(&self) -> u32 {
        self.next.lock().expect("faults").map_or(0, |(_, times)| times)
    }

    fn is_hit(&self, first: &str) -> bool {
        holds(first, &self.only.lock().expect("faults"))
    }

    fn for_request(&self, first: &str, head: &str, body: u64, connection: u32) -> Option<Fault> {
        let hit = self.is_hit(first);
        if hit {
            self.last_on.store(connection, Ordering::SeqCst);
            self.hung_beside.store(self.hanging.load(Ordering::SeqCst), Ordering::SeqCst);
            self.asked.lock().expect("faults").insert(first.to_owned());
            self.requests.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(fault) = self.always.lock().expect("faults").filter(|_| hit) {
            return Some(fault);
        }
        if hit && body > 0 && take(&self.resets) {
            return Some(Fault::ResetMid { at: self.reset_after.load(Ordering::SeqCst) });
        }
        if hit && take(&self.busy) {
            let (status, code) = self.says.lock().expect("faults").unwrap_or(("503 Slow Down", "SlowDown"));
            return Some(Fault::Says { status, code });
        }
        if self.no_trailers.load(Ordering::SeqCst) && head.to_lowercase().contains("x-amz-trailer:") {
            return Some(Fault::Says { status: "501 Not Implemented", code: "NotImplemented" });
        }
        if hit && take(&self.lost_answers) {
            return Some(Fault::Lost);
        }
        if hit
            && let Some((fault, times)) = &mut *self.next.lock().expect("faults")
            && *times > 0
        {
            *times -= 1;
            self.met_on.store(connection, Ordering::SeqCst);
            return Some(*fault);
        }
        self.mix.lock().expect("faults").as_mut().filter(|_| hit).and_then(|mix| mix.decide(first, body))
    }

    /// Waits as long as a message that is hit is on its way besides.
    async fn travel(&self, first: &str, takes_ms: &AtomicU64) {
        if self.is_hit(first) {
            tokio::time::sleep(Duration::from_millis(takes_ms.load(Ordering::SeqCst))).await;
        }
    }

    async fn keep_back(&self, first: &str) {
        let held = self.is_hit(first) && holds(first, &self.hold_only.lock().expect("faults"));
        if held && *self.hold.borrow() {
            self.held.send_modify(|n| *n += 1);
            let released = self.hold.subscribe().wait_for(|hold| !hold).await.is_ok();
            self.held.send_modify(|n| *n -= u32::from(released));
        }
    }

    fn is_slow(&self) -> bool {
        let slow = |rate: &AtomicU64| (1..1 << 20).contains(&rate.load(Ordering::SeqCst));
        slow(&self.rate) || slow(&self.rate_each)
    }

    /// Waits as long as a link of these rates needs.
    async fn slow_down(&self, bytes: u64, begun: Instant, sent: u64) {
        let each = self.rate_each.load(Ordering::SeqCst);
        if let Some(took) = (sent * 1_000_000).checked_div(each) {
            tokio::time::sleep_until(begun + Duration::from_micros(took)).await;
        }
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

/// What becomes of connections that stand when the network goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are cut.
    Cut,
    /// They stay, and nothing is read or said on them any more.
    Dead,
}

/// A running proxy.
pub struct FaultProxy {
    address: SocketAddr,
    /// What it does.
    pub faults: Arc<Faults>,
    ends: watch::Sender<Standing>,
    target: SocketAddr,
    accepting: tokio::task::AbortHandle,
    /// What fills the queue of connections.
    hole: Vec<Box<dyn Send + Sync>>,
}

impl FaultProxy {
    /// A proxy in front of `target`.
    pub async fn before(target: SocketAddr) -> Self {
        Self::on(listen("127.0.0.1:0".parse().expect("an address"), 1_024), target)
    }

    /// The same on a link of small packets, as the world's are: on loopback the system else takes megabytes at once, and a
    /// slow link looks like one that takes all and answers late.
    pub fn narrow(target: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an address that what is dead keeps may be listened at");
        socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
        #[cfg(unix)]
        socket2::SockRef::from(&socket).set_tcp_mss(1_400).expect("small packets");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        Self::on(socket.listen(1_024).expect("a port"), target)
    }

    /// The same at an address of its own.
    pub fn at(address: SocketAddr, target: SocketAddr) -> Self {
        Self::on(listen(address, 1_024), target)
    }

    /// The same with small buffers on this side: a body that is held up is not read to its end.
    pub fn tight(target: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an address that what is dead keeps may be listened at");
        socket.set_recv_buffer_size(128 << 10).expect("a small buffer");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        Self::on(socket.listen(1_024).expect("a port"), target)
    }

    fn on(listener: TcpListener, target: SocketAddr) -> Self {
        let address = listener.local_addr().expect("its address");
        let faults = Arc::new(Faults::default());
        let ends = watch::Sender::new(Standing::Cut);
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&faults), ends.clone())).abort_handle();
        Self { address, target, faults, ends, accepting, hole: Vec::new() }
    }

    /// The network goes without a word: a new connection is neither taken nor refused.
    pub async fn becomes_a_hole(&mut self, standing: Standing) {
        self.ends.send_replace(standing);
        self.takes_nobody().await;
    }

    /// The same, and of what stands nobody learns that it is dead. What was asked before is still answered.
    pub async fn falls_silent(&mut self) {
        self.faults.mute.store(true, Ordering::SeqCst);
        self.takes_nobody().await;
    }

    async fn takes_nobody(&mut self) {
        self.accepting.abort();
        // A queue of one that is full: the system answers nobody else.
        let listener = loop {
            if let Some(listener) = try_listen(self.address, 0) {
                break listener;
            }
            tokio::task::yield_now().await;
        };
        self.hole.push(Box::new(listener));
        while let Ok(Ok(filling)) =
            tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(self.address)).await
        {
            self.hole.push(Box::new(filling));
        }
    }

    /// The network is back after that; what was dead stays so.
    pub async fn is_no_hole(&mut self) {
        self.hole.clear();
        let listener = loop {
            if let Some(listener) = try_listen(self.address, 1_024) {
                break listener;
            }
            tokio::task::yield_now().await;
        };
        let (faults, ends) = (Arc::clone(&self.faults), self.ends.clone());
        self.accepting = tokio::spawn(accept(listener, self.target, faults, ends)).abort_handle();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to connect.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The network goes: every connection is cut, new ones are refused.
    pub fn goes_away(&self) {
        self.faults.outage.store(true, Ordering::SeqCst);
        self.ends.send_replace(Standing::Cut);
    }

    /// It is gone: soon nobody listens at its address.
    pub fn is_gone(self) {
        self.accepting.abort();
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

fn listen(address: SocketAddr, queue: u32) -> TcpListener {
    try_listen(address, queue).expect("a port")
}

fn try_listen(address: SocketAddr, queue: u32) -> Option<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok()?;
    socket.listen(queue).ok()
}

async fn accept(listener: TcpListener, target: SocketAddr, faults: Arc<Faults>, ends: watch::Sender<Standing>) {
    while let Ok((client, _)) = listener.accept().await {
        if faults.outage.load(Ordering::SeqCst) {
            reset(client);
            continue;
        }
        let number = faults.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let (faults, mut ends) = (Arc::clone(&faults), ends.subscribe());
        tokio::spawn(async move {
            let passing = pass(client, number, target, &faults);
            tokio::pin!(passing);
            tokio::select! {
                biased;
                end = ends.changed() => if end.is_ok() && *ends.borrow() == Standing::Dead {
                    // It stays as it is; the connection is kept.
                    std::future::pending::<()>().await;
                },
                _ = &mut passing => {}
            }
        });
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
async fn pass(mut client: TcpStream, number: u32, target: SocketAddr, faults: &Faults) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    let mut held = Vec::new();
    while let Some((head, body)) = wire::head(&mut client, &mut held).await? {
        if faults.mute.load(Ordering::SeqCst) {
            return hangs(&mut client, faults).await;
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        let first = text.lines().next().unwrap_or_default();
        let Some(fault) = faults.for_request(first, &text, body, number) else {
            faults.travel(first, &faults.request_latency_ms).await;
            server.write_all(&head).await?;
            let mid_body = faults.mid_body.load(Ordering::SeqCst);
            if mid_body && body > 0 {
                forward(&mut client, &mut server, &mut held, body / 2, faults).await?;
                faults.keep_back(first).await;
                forward(&mut client, &mut server, &mut held, body - body / 2, faults).await?;
            } else {
                forward(&mut client, &mut server, &mut held, body, faults).await?;
            }
            let mut answered = Vec::new();
            let Some((head, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
            if !mid_body {
                faults.keep_back(first).await;
            }
            faults.travel(first, &faults.latency_ms).await;
            client.write_all(&head).await?;
            let body = if text.starts_with("HEAD ") { 0 } else { body };
            wire::copy(&mut server, &mut client, &mut answered, body).await?;
            continue;
        };
        match fault {
            Fault::ResetBefore => {
                reset(client);
                return Ok(());
            }
            Fault::ResetWhole => {
                wire::discard(&mut client, &mut held, body).await?;
                reset(client);
                return Ok(());
            }
            Fault::StallBefore => return hangs(&mut client, faults).await,
            Fault::ResetMid { at } | Fault::StallMid { at } => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, at.min(body), faults).await?;
                if matches!(fault, Fault::StallMid { .. }) {
                    return hangs(&mut client, faults).await;
                }
                reset(client);
                reset(server);
                return Ok(());
            }
            Fault::Lost | Fault::StallAfter | Fault::Truncated => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, body, faults).await?;
                let mut answered = Vec::new();
                let Some((head, _)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                match fault {
                    Fault::StallAfter => return hangs(&mut client, faults).await,
                    Fault::Truncated => client.write_all(&head[..head.len() / 2]).await?,
                    _ => {}
                }
                reset(client);
                return Ok(());
            }
            Fault::Flipped => {
                server.write_all(&head).await?;
                wire::copy(&mut client, &mut server, &mut held, body / 2).await?;
                wire::flip(&mut client, &mut held).await?;
                wire::copy(&mut client, &mut server, &mut held, body - body / 2).await?;
                let mut answered = Vec::new();
                let Some((head, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                client.write_all(&head).await?;
                wire::copy(&mut server, &mut client, &mut answered, body).await?;
            }
            Fault::OtherSum | Fault::NoSum => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, body, faults).await?;
                let mut answered = Vec::new();
                let Some((head, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                // What is asked about has a length, and its answer no body.
                let body = if text.starts_with("HEAD ") { 0 } else { body };
                let rest = wire::whole(&mut server, &mut answered, body).await?;
                let answer = [head, rest].concat();
                let alter = if fault == Fault::NoSum { wire::no_sum } else { wire::other_sum };
                client.write_all(&alter(answer)).await?;
            }
            Fault::Ahead => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, body, faults).await?;
                let mut answered = Vec::new();
                let Some((head, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                client.write_all(&wire::dated(&head, "Fri, 01 Jan 2100 00:00:00 GMT")).await?;
                wire::copy(&mut server, &mut client, &mut answered, body).await?;
            }
            Fault::Says { status, code } => {
                wire::discard(&mut client, &mut held, body).await?;
                faults.keep_back(first).await;
                says(&mut client, &text, status, code, faults.retry_after.load(Ordering::SeqCst)).await?;
            }
            Fault::Problem { status, code } => {
                wire::discard(&mut client, &mut held, body).await?;
                faults.keep_back(first).await;
                let problem = format!("{{\"title\":\"No\",\"code\":\"{code}\"}}");
                answer(&mut client, &text, status, "application/problem+json", &problem).await?;
            }
            Fault::Filtered { status } => {
                wire::discard(&mut client, &mut held, body).await?;
                let page = "<html><body>This is blocked by your network's rules.</body></html>";
                answer(&mut client, &text, status, "text/html", page).await?;
            }
            Fault::DoneButSays { status, code } => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, body, faults).await?;
                let mut answered = Vec::new();
                let Some((_, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                wire::whole(&mut server, &mut answered, body).await?;
                says(&mut client, &text, status, code, 0).await?;
            }
            Fault::Blanks { seconds } => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, body, faults).await?;
                let mut answered = Vec::new();
                let Some((head, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                let rest = wire::whole(&mut server, &mut answered, body).await?;
                let text = String::from_utf8_lossy(&head);
                let said: Vec<_> = text.lines().filter(|l| !l.to_lowercase().starts_with("content-length")).collect();
                let head = said.join("\r\n").trim_end().to_owned();
                client.write_all(format!("{head}\r\ntransfer-encoding: chunked\r\n\r\n").as_bytes()).await?;
                // Blanks come after the declaration, or the text is no XML.
                let declared = rest.windows(2).position(|at| at == b"?>").map_or(0, |at| at + 2);
                let (declaration, rest) = rest.split_at(declared);
                wire::chunk(&mut client, declaration).await?;
                for _ in 0..seconds {
                    wire::chunk(&mut client, b" ").await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                wire::chunk(&mut client, rest).await?;
                client.write_all(b"0\r\n\r\n").await?;
            }
            Fault::HalfBody => {
                server.write_all(&head).await?;
                forward(&mut client, &mut server, &mut held, body, faults).await?;
                let mut answered = Vec::new();
                let Some((head, body)) = wire::head(&mut server, &mut answered).await? else { return Ok(()) };
                let rest = wire::whole(&mut server, &mut answered, body).await?;
                client.write_all(&[&head[..], &rest[..rest.len() / 2]].concat()).await?;
                return Ok(());
            }
            Fault::Nobodys { status } => {
                wire::discard(&mut client, &mut held, body).await?;
                answer(&mut client, &text, status, "text/plain", "No.").await?;
            }
            Fault::Moved => {
                wire::discard(&mut client, &mut held, body).await?;
                let head = "HTTP/1.1 302 Found\r\nlocation: http://login.example/\r\ncontent-length: 0\r\n\r\n";
                client.write_all(head.as_bytes()).await?;
            }
            Fault::Bare => {
                wire::discard(&mut client, &mut held, body).await?;
                answer(&mut client, &text, "200 OK", "text/plain", "").await?;
            }
            Fault::Page => {
                wire::discard(&mut client, &mut held, body).await?;
                let page = "<html><body>Welcome to the guest network. Sign in first.</body></html>";
                answer(&mut client, &text, "200 OK", "text/html", page).await?;
            }
        }
    }
    Ok(())
}

/// Passes a body on as fast as the link is.
async fn forward(
    client: &mut TcpStream,
    server: &mut TcpStream,
    held: &mut Vec<u8>,
    body: u64,
    faults: &Faults,
) -> std::io::Result<()> {
    let mut left = body;
    let begun = Instant::now();
    while left > 0 {
        // Fine enough for slow links, coarse enough to cost nothing on fast ones.
        let now = left.min(if faults.is_slow() { 4 << 10 } else { 256 << 10 });
        if faults.mute.load(Ordering::SeqCst) {
            return gone(client).await;
        }
        wire::copy(client, server, held, now).await?;
        left -= now;
        faults.passed.fetch_add(now, Ordering::SeqCst);
        faults.slow_down(now, begun, body - left).await;
    }
    Ok(())
}

async fn says(
    client: &mut TcpStream,
    request: &str,
    status: &str,
    code: &str,
    retry_after: u64,
) -> std::io::Result<()> {
    let xml = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No</Message></Error>");
    // Who has a code is the store, and its answers have an id.
    let id = if code.is_empty() { "" } else { "\r\nx-amz-request-id: 4442587FB7D0A2F9" };
    let wait = if retry_after == 0 { String::new() } else { format!("\r\nretry-after: {retry_after}") };
    let kind = format!("application/xml{id}{wait}");
    answer(client, request, status, &kind, &xml).await
}

async fn answer(client: &mut TcpStream, request: &str, status: &str, kind: &str, body: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    let body = if request.starts_with("HEAD ") { "" } else { body };
    client.write_all(format!("{head}{body}").as_bytes()).await
}

/// Says nothing more until the client goes away.
async fn hangs(client: &mut TcpStream, faults: &Faults) -> std::io::Result<()> {
    faults.hanging.fetch_add(1, Ordering::SeqCst);
    let gone = gone(client).await;
    faults.hanging.fetch_sub(1, Ordering::SeqCst);
    gone
}

async fn gone(client: &mut TcpStream) -> std::io::Result<()> {
    // What it still sends fills the buffers and then waits, as on a dead link.
    while client.ready(tokio::io::Interest::ERROR).await.is_ok_and(|ready| !ready.is_error()) {}
    Ok(())
}
