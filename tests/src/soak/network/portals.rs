//! Goal R13: a page of the local network answers instead of the store or the company. Nothing of it is taken for an
//! answer, and once it is gone all goes on by itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

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
    world.nothing_was_sent_twice();
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
    world.nothing_was_sent_twice();
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
