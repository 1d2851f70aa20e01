//! Goal R13: in the midst of an upload the way out becomes another one. The store, the company or the proxy is found at
//! another address, and the old one dies without a word; nobody has to do anything.
//!
//! The program runs with a list of hosts of its own, so that `localhost` moves as a name on the network does.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::World;
use crate::accelerate::ConnectProxy;
use crate::davit::Run;
use crate::fault::{Fault, FaultProxy};
use crate::soak::until;
use crate::source::{noise, sha256};
use crate::world::BUCKET;

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The store's name has another address.
    Address,
    /// It has one of the other kind: IPv6 instead of IPv4.
    Kind,
    /// The network is gone for two seconds, names with it; when it is back, the store has another address.
    Away,
    /// The same, and the first that the new network answers is its own page, and then words without proof.
    Portal,
    /// The proxy's name has another address.
    Proxy,
    /// The company's name has another address, while leases end.
    Company,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Address, Self::Kind, Self::Away, Self::Portal, Self::Proxy, Self::Company];

    /// Where what stood broke, nobody waits for it. Of a way that died without a word nothing moves, and a life sign is
    /// answered by the new one.
    const fn noticed_within(self) -> Duration {
        match self {
            Self::Away | Self::Portal => GOAL,
            // Of the company nothing is asked on a connection that stood still.
            Self::Address | Self::Kind | Self::Proxy | Self::Company => GOAL.saturating_add(BUSY),
        }
    }
}

/// Bytes flow again within this.
const GOAL: Duration = Duration::from_secs(10);
/// What a machine that does much else may add to it.
const BUSY: Duration = Duration::from_secs(2);
const OLD: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const NEW: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const NEW_KIND: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
/// Bytes a second before the change, so that it comes in the midst.
const RATE: u64 = 12 << 20;
/// What must be there before it.
const SENT: u64 = 20 << 20;
/// The same where a way takes bodies whole: some of them were answered, so that an answer that is missing is known for it.
const ANSWERED: u64 = 104 << 20;

/// The list of hosts that a program sees instead of the system's.
struct Hosts(PathBuf);

impl Hosts {
    fn new(world: &World, address: IpAddr) -> Self {
        let hosts = Self(world.path("hosts"));
        hosts.say(&format!("{address} localhost\n"));
        hosts
    }

    /// In place: the program holds on to the file.
    fn say(&self, text: &str) {
        std::fs::write(&self.0, text).expect("written");
    }

    fn moves(&self, to: IpAddr) {
        self.say(&format!("{to} localhost\n"));
    }

    /// The program sees this list.
    fn seen_by<'a>(&self, run: &'a mut Run) -> &'a mut Run {
        let line = format!("mount --bind '{}' /etc/hosts && exec \"$@\"", self.0.display());
        run.within(&["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", &line, "bash"])
    }
}

fn by_name(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}

/// A way to somewhere that can fall silent: what stands stays and carries nothing, what comes is taken and carries nothing.
struct Pipe {
    address: SocketAddr,
    silent: watch::Sender<bool>,
    /// Connections that were taken.
    taken: Arc<AtomicU32>,
}

impl Pipe {
    async fn at(address: SocketAddr, target: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (silent, taken) = (watch::Sender::new(false), Arc::new(AtomicU32::new(0)));
        let (hush, count) = (silent.subscribe(), Arc::clone(&taken));
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let mut hush = hush.clone();
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        () = async { drop(hush.wait_for(|silent| *silent).await) } => std::future::pending::<()>().await,
                    }
                });
            }
        });
        Self { address, silent, taken }
    }
}

/// The way changes once. Answers how long it was until bytes flowed by the new one.
pub async fn way_that_changes(change: Change) -> Duration {
    match change {
        Change::Address | Change::Kind | Change::Away | Change::Portal => store_that_moves(change).await,
        Change::Proxy => proxy_that_moves().await,
        Change::Company => company_that_moves().await,
    }
}

async fn store_that_moves(change: Change) -> Duration {
    let world = World::new().await;
    let mut old = FaultProxy::before(world.cloud.address()).await;
    let to = if change == Change::Kind { NEW_KIND } else { NEW };
    let new = FaultProxy::at(SocketAddr::new(to, old.address().port()), world.cloud.address());
    old.faults.rate.store(RATE, Ordering::SeqCst);
    if change == Change::Portal {
        new.faults.meet("PUT ", 4, Fault::Bare);
    }
    let (file, hosts) = (world.sources().join("cut.mov"), Hosts::new(&world, OLD));
    noise(&file, 80 << 20);
    let mut run = world.upload_by(&by_name(old.address()), &[&file]);
    let mut running = hosts.seen_by(run.args(["--concurrency", "8"])).start();
    tokio::task::block_in_place(|| running.until_sent(SENT));
    if matches!(change, Change::Away | Change::Portal) {
        hosts.say("");
        old.goes_away();
        tokio::time::sleep(Duration::from_secs(2)).await;
    } else {
        old.falls_silent().await;
    }
    hosts.moves(to);
    // A page that stands in the way is none of it.
    until(|| new.faults.still_to_meet() == 0).await;
    let (moved, before) = (Instant::now(), calls(&world));
    until(|| calls(&world) > before).await;
    let flows = moved.elapsed();
    let ended = tokio::task::block_in_place(|| running.end());
    assert_eq!(ended.code, Some(0), "{change:?}: {}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file), "{change:?}");
    world.no_byte_was_sent_twice();
    within_bounds(change, flows)
}

async fn proxy_that_moves() -> Duration {
    let world = World::new().await;
    let host = format!("{BUCKET}.s3-accelerate.amazonaws.com");
    let connect = ConnectProxy::to(world.cloud.address(), &host, &world.path("")).await;
    let old = Pipe::at(SocketAddr::new(OLD, 0), connect.address()).await;
    let new = Pipe::at(SocketAddr::new(NEW, old.address.port()), connect.address()).await;
    let (file, hosts) = (world.sources().join("cut.mov"), Hosts::new(&world, OLD));
    noise(&file, 160 << 20);
    world.cloud.takes(2 * RATE);
    let mut run = world.davit("upload");
    run.arg(&file).args(["--s3", &format!("s3://{BUCKET}/in/"), "--accelerate", "--json", "--concurrency", "8"]);
    run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id).env("HTTPS_PROXY", by_name(old.address));
    run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
    run.arg("--ca-bundle").arg(&connect.ca).args(["--region", "eu-central-1"]);
    let mut running = hosts.seen_by(&mut run).start();
    tokio::task::block_in_place(|| running.until_sent(ANSWERED));
    old.silent.send_replace(true);
    let before = new.taken.load(Ordering::SeqCst);
    hosts.moves(NEW);
    let moved = Instant::now();
    until(|| new.taken.load(Ordering::SeqCst) > before).await;
    let arrived = calls(&world);
    until(|| calls(&world) > arrived).await;
    let flows = moved.elapsed();
    world.cloud.takes(0);
    let ended = tokio::task::block_in_place(|| running.end());
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    // What the silent way had carried whole, and its answer not back.
    assert!(world.cloud.observer().acknowledged_twice().len() <= 8, "no more than were in flight");
    within_bounds(Change::Proxy, flows)
}

async fn company_that_moves() -> Duration {
    let world = World::with_backend(2, "role").await;
    let company = world.backend.as_ref().expect("a backend").address();
    let mut old = FaultProxy::before(company).await;
    let new = FaultProxy::at(SocketAddr::new(NEW, old.address().port()), company);
    let link = FaultProxy::before(world.cloud.address()).await;
    link.faults.rate.store(RATE, Ordering::SeqCst);
    let (file, hosts) = (world.sources().join("cut.mov"), Hosts::new(&world, OLD));
    noise(&file, 80 << 20);
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    run.env("DAVIT_SERVER", by_name(old.address())).args(["--concurrency", "8"]);
    let mut running = hosts.seen_by(&mut run).start();
    tokio::task::block_in_place(|| running.until_sent(SENT));
    // In this order, so that nobody begins to connect by the old one, which would take ten seconds to be missed.
    hosts.moves(NEW);
    let moved = Instant::now();
    old.falls_silent().await;
    // The next lease, asked for by the new way.
    until(|| new.faults.requests.load(Ordering::SeqCst) > 0).await;
    let (asked, before) = (moved.elapsed(), calls(&world));
    until(|| calls(&world) > before || !running.runs()).await;
    let flows = moved.elapsed();
    println!("{:?}: asked after {asked:?}", Change::Company);
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = tokio::task::block_in_place(|| running.end());
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
    within_bounds(Change::Company, flows)
}

fn within_bounds(change: Change, flows: Duration) -> Duration {
    println!("R13, {change:?}: bytes flow {:.1} s after it", flows.as_secs_f64());
    assert!(flows <= change.noticed_within(), "{change:?}: {flows:?}");
    flows
}

fn calls(world: &World) -> u32 {
    world.cloud.observer().calls("UploadPart")
}
