//! S3 and STS on loopback, as strict as AWS where a client could be wrong. For the demo and tests; nothing that ships
//! links it.
//!
//! - [`policy`]: the policy documents that callers send, evaluated for real.
//! - `identity`: static keys, roles and live sessions; who may do what.
//! - `sessions`: temporary keys on disk.
//! - `sts`: `AssumeRole`, `GetFederationToken`, `GetCallerIdentity`.
//! - `store`: objects as lists of part files; everything survives a restart.
//! - `operations`: the S3 operations on the store. `checksums`: verified, not only parsed.
//! - `front`, `answers`: what AWS says of every request and answer, around the protocol layer.
//! - `rechunk`: one aws-chunked chunk of any size in bounded memory.
//! - [`observe`]: what tests ask afterwards.
//!
//! Known to differ from AWS: no versions, tags of objects, bucket policies, lifecycle, copies, lists by folder; only
//! the checksums CRC32, CRC32C, CRC64NVME and SHA-256; every bucket is accelerated; roles trust the root account alone;
//! a refused body is read on for a while, so that the refusal is seen; nothing is synced to the disk.
#![allow(clippy::disallowed_methods, reason = "a server of tests and the demo, with its own clock and tasks")]

mod access;
mod answers;
mod checksums;
mod front;
mod host;
mod identity;
pub mod observe;
mod operations;
mod pace;
pub mod policy;
mod rechunk;
mod server;
mod sessions;
mod store;
mod sts;

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use identity::Keys;
pub use store::{ObjectView, UploadView};

use identity::Identities;
use observe::Observer;
use store::Store;

/// How to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data: PathBuf,
    /// The region that signatures must name.
    pub region: String,
    /// Buckets to make.
    pub buckets: Vec<String>,
    /// The shortest session, in seconds. AWS: 900; tests take less.
    pub min_session_seconds: u64,
    /// Whether plain http on loopback counts as secure transport. The demo has no certificates; a TLS proxy in front
    /// says so by `x-forwarded-proto: https` either way.
    pub loopback_is_secure: bool,
    /// The smallest part but the last, in bytes. AWS: 5 MiB; tests of very many parts take less.
    pub min_part: u64,
    /// Roles besides the demo's `davit-uploader`: name and permission policy.
    pub roles: Vec<(String, String)>,
}

impl Config {
    /// A cloud in `data` on a free port.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            region: "eu-central-1".to_owned(),
            buckets: vec!["demo-media".to_owned()],
            min_session_seconds: 900,
            loopback_is_secure: true,
            min_part: 5 << 20,
            roles: Vec::new(),
        }
    }
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Only this computer may reach it.
    #[error("the local cloud listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// One cloud a folder: two would write over each other.
    #[error("another local cloud serves {}; end it, or give this one a folder of its own", .0.display())]
    Busy(PathBuf),
    /// Source: S3 user guide, "General purpose bucket naming rules".
    #[error("{0:?} is not a bucket's name: 3 to 63 small letters, digits, dots and hyphens")]
    Bucket(String),
    /// The address is taken, or the folder cannot be used.
    #[error("the local cloud could not start: {0}")]
    Io(#[from] std::io::Error),
    /// A role's policy is none.
    #[error("the policy of role {0} is not a policy: {1}")]
    Policy(String, policy::Malformed),
}

/// A running cloud. It ends when dropped.
#[derive(Debug)]
pub struct LocalCloud {
    address: SocketAddr,
    keys: Keys,
    region: String,
    store: Arc<Store>,
    observer: Arc<Observer>,
    identities: Arc<Identities>,
    stop: CancellationToken,
    /// Held until the end; the system lets go of it when the process dies.
    _lock: File,
}

impl LocalCloud {
    /// Starts serving on the present tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if !config.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(config.listen));
        }
        if let Some(odd) = config.buckets.iter().find(|name| !s3s::path::check_bucket_name(name)) {
            return Err(StartError::Bucket(odd.clone()));
        }
        let lock = lock(&config.data)?;
        let mut store = Store::open(&config.data)?;
        store.min_part = config.min_part;
        let store = Arc::new(store);
        store.sweep()?;
        for bucket in &config.buckets {
            store.make_bucket(bucket)?;
        }
        let identities = Arc::new(Identities::open(&config)?);
        let observer = Arc::new(Observer::default());
        let listener = tokio::net::TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let parts = server::Parts {
            store: Arc::clone(&store),
            identities: Arc::clone(&identities),
            observer: Arc::clone(&observer),
            region: config.region.clone(),
            loopback_is_secure: config.loopback_is_secure,
        };
        tokio::spawn(server::serve(listener, parts, stop.clone()));
        let keys = identities.root().clone();
        Ok(Self { address, keys, region: config.region, store, observer, identities, stop, _lock: lock })
    }

    /// Where S3 and STS answer.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same, as an address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The region that signatures must name.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The root account's keys: may do everything.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What was asked of it.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// An object as it lies there.
    pub fn object(&self, bucket: &str, key: &str) -> Option<ObjectView> {
        self.store.object(bucket, key)
    }

    /// Every object of a bucket, by key.
    pub fn objects(&self, bucket: &str) -> Vec<ObjectView> {
        self.store.objects(bucket)
    }

    /// Takes bodies at so many bytes a second from now on, all together; 0 means as fast as they come.
    pub fn takes(&self, bytes_a_second: u64) {
        self.store.pace.set(bytes_a_second);
    }

    /// Removes an object behind everybody's back.
    pub fn remove(&self, bucket: &str, key: &str) {
        self.store.delete(bucket, key);
    }

    /// Removes every unfinished upload of a bucket, as its lifecycle rule would.
    ///
    /// # Errors
    /// When the disk does not let it.
    pub fn expire_uploads(&self, bucket: &str) -> std::io::Result<()> {
        let all = self.store.uploads(bucket);
        all.iter().try_for_each(|upload| self.store.abort(bucket, &upload.key, &upload.id).map(drop))
    }

    /// Which of two true things a replayed Complete is told first: that its upload is gone, or (true) that its condition
    /// does not hold. What AWS says first is not documented; a client must be right under either.
    pub fn replayed_complete_is_refused(&self, refused: bool) {
        self.store.replay_refused.store(refused, std::sync::atomic::Ordering::Relaxed);
    }

    /// Loses a part of an unfinished upload, as no store should. Answers whether it was there.
    pub fn lose_part(&self, upload: &str, number: u32) -> bool {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        self.store.lose_part(upload, number).unwrap_or(false)
    }

    /// Every unfinished upload of a bucket.
    pub fn uploads(&self, bucket: &str) -> Vec<UploadView> {
        self.store.uploads(bucket)
    }

    /// The keys and the token of every session that was given, for tests that look where they went.
    pub fn sessions(&self) -> Vec<(Keys, String)> {
        self.identities.given()
    }

    /// Calls every live session expired from now on.
    pub fn expire_sessions(&self) {
        self.identities.expire_all();
    }

    /// Stops serving; connections are cut.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

fn lock(data: &Path) -> Result<File, StartError> {
    std::fs::create_dir_all(data)?;
    let lock = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::Busy(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
