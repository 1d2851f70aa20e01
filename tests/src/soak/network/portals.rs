//! Goal R13: a page of the local network answers instead of the store or the company. Nothing of it is taken for an
//! answer, and once it is gone all goes on by itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use davit_core::engine::EnqueueOptions;
use davit_core::error::ErrorCode;
use davit_core::net::{Net, Proxies};
use davit_core::uploader::{Options, SessionStatus, Uploader};

use crate::World;
use crate::accelerate::ConnectProxy;
use crate::fault::{Fault, FaultProxy};
use crate::source::{noise, sha256};
use crate::world::BUCKET;

/// What the page is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portal {
    /// It sends elsewhere.
    Moved,
    /// It is the answer.
    Page,
    /// A success without a word.
    Bare,
}

impl Portal {
    fn fault(self) -> Fault {
        match self {
            Self::Moved => Fault::Moved,
            Self::Page => Fault::Page,
            Self::Bare => Fault::Bare,
        }
    }
}

/// A portal before the store: from the first request, and again in the midst.
pub async fn store_behind(portal: Portal, lasts: Duration) {
    let world = World::new().await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    let stands = |stands: bool| {
        *link.faults.always.lock().expect("faults") = stands.then(|| portal.fault());
    };
    stands(true);
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut running = world.upload_by(&link.endpoint(), &[&file]).args(["--concurrency", "4"]).start();
    tokio::time::sleep(lasts).await;
    assert!(running.runs(), "{portal:?}: it waits");
    stands(false);
    running.until_sent(9 << 20);
    stands(true);
    tokio::time::sleep(lasts).await;
    assert!(running.runs(), "{portal:?}: it waits");
    link.faults.rate.store(0, Ordering::SeqCst);
    stands(false);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{portal:?}: {}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    world.no_byte_was_sent_twice();
}

/// A portal before the company while a lease ends.
pub async fn backend_behind(portal: Portal, lasts: Duration) {
    let world = World::with_backend(2, "role").await;
    let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
    let link = FaultProxy::before(world.cloud.address()).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 40 << 20);
    link.faults.rate.store(8 << 20, Ordering::SeqCst);
    let mut run = world.upload_by_backend_and(&link.endpoint(), &[&file]);
    let mut running = run.env("DAVIT_SERVER", company.endpoint()).args(["--concurrency", "4"]).start();
    running.until_sent(4 << 20);
    *company.faults.always.lock().expect("faults") = Some(portal.fault());
    tokio::time::sleep(lasts).await;
    assert!(running.runs(), "{portal:?}: it waits");
    *company.faults.always.lock().expect("faults") = None;
    link.faults.rate.store(0, Ordering::SeqCst);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{portal:?}: {}", ended.out);
    let key = world.keys().pop().expect("an object");
    assert_eq!(world.sha256(&key), sha256(&file));
    world.no_byte_was_sent_twice();
}

/// A portal with a certificate of its own, after the store was reached.
pub async fn tls_portal(lasts: Duration) {
    let world = World::new().await;
    let host = format!("{BUCKET}.s3-accelerate.amazonaws.com");
    let proxy = ConnectProxy::to(world.cloud.address(), &host, &world.path("")).await;
    let file = world.sources().join("cut.mov");
    noise(&file, 160 << 20);
    let mut run = world.davit("upload");
    run.arg(&file).args(["--s3", &format!("s3://{BUCKET}/in/"), "--accelerate", "--json", "--concurrency", "2"]);
    run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id).env("HTTPS_PROXY", proxy.url());
    run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key);
    let mut running = run.arg("--ca-bundle").arg(&proxy.ca).args(["--region", "eu-central-1"]).start();
    running.until_sent(24 << 20);
    proxy.is_a_portal(true);
    tokio::time::sleep(lasts).await;
    assert!(running.runs(), "it waits");
    proxy.is_a_portal(false);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
}

/// What stands between a person and a company that they were connected to before, when the program starts.
pub struct Start {
    world: World,
    address: String,
    options: Options,
    way: Way,
    waits_for: ErrorCode,
}

enum Way {
    Plain(FaultProxy, Portal),
    Tls(ConnectProxy),
}

impl Start {
    /// A portal that answers instead.
    pub async fn behind(portal: Portal) -> Self {
        let world = World::with_backend(900, "role").await;
        let company = FaultProxy::before(world.backend.as_ref().expect("a backend").address()).await;
        let (address, options) = (company.endpoint(), of(&world));
        Self { world, address, options, way: Way::Plain(company, portal), waits_for: ErrorCode::CaptivePortal }
    }

    /// One with a certificate of its own.
    pub async fn behind_tls() -> Self {
        const TOKEN: &str = "sesame";
        const HOST: &str = "uploads.example.com";
        let mut world = World::new().await;
        world.start_backend(&World::backend_config_by_token(TOKEN)).await;
        let company = world.backend.as_ref().expect("a backend").address();
        let proxy = ConnectProxy::to(company, HOST, &world.path("")).await;
        let proxied = proxy.url().parse().expect("an address");
        let proxies = Proxies::through(proxied).expect("a proxy");
        let net = Net { proxies, ca_bundle: Some(proxy.ca.clone()), ..Net::default() };
        let (address, token) = (format!("https://{HOST}"), Some(TOKEN.into()));
        let options = Options { token, net, ..of(&world) };
        Self { world, address, options, way: Way::Tls(proxy), waits_for: ErrorCode::UntrustedServer }
    }

    fn stands(&self, stands: bool) {
        match &self.way {
            Way::Plain(company, portal) => {
                *company.faults.always.lock().expect("faults") = stands.then(|| portal.fault());
            }
            Way::Tls(proxy) => proxy.is_a_portal(stands),
        }
    }

    /// Started behind it with a file on record, it says what it waits for, and uploads once it is gone. Nobody does
    /// anything.
    pub async fn goes_on_by_itself(self) {
        let file = self.world.sources().join("cut.mov");
        noise(&file, 20 << 20);
        let uploader = Uploader::open(Options { hold: true, ..self.options.clone() }).await.expect("opens");
        let connected = |now: &SessionStatus| matches!(now, SessionStatus::Connected { .. });
        let mut now = uploader.connect(&self.address).await.expect("connected");
        if let Some(token) = self.options.token.clone() {
            now = uploader.sign_in(token).await.expect("taken");
        }
        assert!(connected(&now), "{now:?}");
        let to = uploader.destinations().await.expect("one")[0].id.clone();
        let given = uploader.engine().enqueue(vec![file.clone()], to, EnqueueOptions::default()).await;
        let items = given.expect("taken").items;
        uploader.close().await;

        self.stands(true);
        // Nobody names the company: it is remembered.
        let uploader = Uploader::open(self.options.clone()).await.expect("opens");
        let mut changes = uploader.session_changes();
        let told = |now: &SessionStatus| {
            assert!(matches!(now, SessionStatus::Connecting { .. }), "{now:?}");
            matches!(now, SessionStatus::Connecting { instead: Some(code), .. } if *code == self.waits_for)
        };
        tokio::time::timeout(PATIENCE, changes.wait_for(told)).await.expect("told in time").expect("it runs");
        waits_for(&uploader, self.waits_for).await;
        self.stands(false);
        tokio::time::timeout(PATIENCE, changes.wait_for(connected)).await.expect("connected in time").expect("it runs");
        let settled = uploader.engine().settled(items);
        let settled = tokio::time::timeout(PATIENCE, settled).await.expect("in time").expect("it runs");
        assert_eq!((settled.uploaded, settled.failed), (1, 0));
        let key = self.world.keys().pop().expect("an object");
        assert_eq!(self.world.sha256(&key), sha256(&file));
        uploader.close().await;
    }
}

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn of(world: &World) -> Options {
    let store = world.cloud.endpoint().parse().expect("an address");
    Options { direct: None, hold: false, dev_store: Some(store), ..world.options() }
}

/// Until the file says that it waits for this.
async fn waits_for(uploader: &Uploader, code: ErrorCode) {
    let begun = std::time::Instant::now();
    loop {
        let waits = uploader.engine().waits().await.expect("told");
        if waits.iter().any(|(_, wait)| wait.code == code) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{waits:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Commands that begin behind a page. Where nobody ever was connected it may be what the address is, unless it says that it
/// is none; a company that was there waits behind it, and the command goes on.
pub async fn commands_behind() {
    let world = World::with_backend(900, "role").await;
    let address = world.backend.as_ref().expect("a backend").address();
    let (known, new) = (FaultProxy::before(address).await, FaultProxy::before(address).await);
    let answers = |from: &FaultProxy, fault| *from.faults.always.lock().expect("faults") = fault;
    let upload = |number: u32, by: &FaultProxy| {
        let file = world.sources().join(format!("{number}.wav"));
        noise(&file, 1_000 + u64::from(number));
        let mut run = world.upload_by_backend(&[&file]);
        run.env("DAVIT_SERVER", by.endpoint());
        run
    };
    upload(1, &known).end().await.all_done();
    answers(&new, Some(Fault::Page));
    let ended = upload(2, &new).end().await;
    assert!(ended.code == Some(1) && ended.err.contains("[address-not-davit"), "{}", ended.err);

    answers(&known, Some(Fault::Page));
    known.faults.requests.store(0, Ordering::SeqCst);
    let running = upload(3, &known).start();
    while known.faults.requests.load(Ordering::SeqCst) < 3 {
        tokio::task::yield_now().await;
    }
    answers(&known, None);
    let ended = tokio::task::spawn_blocking(|| running.end()).await.expect("ends");
    assert_eq!(ended.code, Some(0), "{}", ended.out);

    answers(&known, Some(Fault::Page));
    answers(&new, Some(Fault::Filtered { status: "511 Network Authentication Required" }));
    let (mut by_known, mut by_new) = (upload(4, &known), upload(5, &new));
    let (by_known, by_new) = tokio::join!(by_known.end(), by_new.env("DAVIT_HOME", world.path("new")).end());
    for ended in [by_known, by_new] {
        assert!(ended.code == Some(1) && ended.err.contains("[captive-portal"), "{}", ended.err);
    }
}
