//! A test file: one piece of an upload that is never put together. To remove an object needs a right that no session has
//! (docs/backend-api.md); to give up an upload is one that every session has, and leaves nothing behind.

use std::io::Write as _;
use std::sync::Arc;

use rand::RngCore as _;
use tokio::time::{Duration, Instant, timeout};
use uuid::Uuid;

use super::Target;
use crate::credentials::LeaseKeeper;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Fingerprint, SourceFile};
use crate::ids::{ObjectKey, PartNumber, UploadId};
use crate::net::Net;
use crate::remembered::Memory;
use crate::s3::{Bucket, Gate, Moved, PartBody, Place, Tapped, WayKind};
use crate::units::ByteRate;

/// Long enough to tell a rate, and short enough for the slowest of links.
const SIZE: usize = 1 << 20;
const SENDS: Duration = Duration::from_secs(45);
const REMOVES: Duration = Duration::from_secs(15);

/// Sends a test file by one way and removes it. Answers what the connection carried.
///
/// # Cancellation
/// It is removed all the same.
///
/// # Errors
/// What the source of credentials answers, and what the store does; see `classify`.
pub(super) async fn sent_by(target: &Target, net: &Net, kind: WayKind) -> Result<ByteRate> {
    let (target, net) = (target.clone(), net.clone());
    let task = tokio::runtime::Handle::current().spawn(async move { sent_and_removed(target, net, kind).await });
    task.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
}

async fn sent_and_removed(target: Target, net: Net, kind: WayKind) -> Result<ByteRate> {
    let Target { to, endpoint, source } = target;
    let keeper = Arc::new(LeaseKeeper::new(source));
    let scope = keeper.lease().await?.scope.clone();
    let key = ObjectKey::new(format!("{}davit-check-{}", scope.prefix, Uuid::now_v7()))?;
    let place = Place {
        scope,
        endpoint,
        account_id: to.account_id,
        storage_class: to.storage_class,
        sse: to.sse,
        tags: to.tags.into_iter().collect(),
    };
    // What is found of the ways here is nobody else's.
    let note = Arc::new(Memory::default()).note(String::new());
    let bucket = Bucket::by(kind, place, keeper, &net, note)?;
    let upload = bucket.create(&key, &Uuid::new_v4().to_string()).await?.upload;
    let sent = timeout(SENDS, sent(&bucket, &key, &upload)).await.unwrap_or_else(|_| Err(late(SENDS)));
    let removed = timeout(REMOVES, bucket.abort(&key, &upload)).await.unwrap_or_else(|_| Err(late(REMOVES)));
    let rate = sent?;
    removed?;
    Ok(rate)
}

async fn sent(bucket: &Bucket, key: &ObjectKey, upload: &UploadId) -> Result<ByteRate> {
    let made = tokio::task::spawn_blocking(made).await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
    let (file, source, fingerprint) = made?;
    let number = PartNumber::new(1).ok_or_else(|| Error::new(ErrorCode::Unexpected))?;
    let body = PartBody {
        file: Arc::new(source),
        offset: 0,
        len: SIZE as u64,
        sent: Arc::default(),
        moved: Moved::default(),
        tally: Arc::default(),
        fingerprint,
        gate: Gate::default(),
        tapped: Tapped::default(),
    };
    let begun = Instant::now();
    bucket.upload_part(key, upload, number, body).await?;
    let took = begun.elapsed().as_millis().max(1);
    drop(file);
    Ok(ByteRate(u64::try_from(SIZE as u128 * 1_000 / took).unwrap_or(u64::MAX)))
}

/// Bytes that nothing on the way can make fewer.
fn made() -> Result<(tempfile::NamedTempFile, SourceFile, Fingerprint)> {
    let failed = |e: std::io::Error| {
        let code = match e.kind() {
            std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
            _ => ErrorCode::Unexpected,
        };
        Error::new(code).detail("a temporary file").source(e)
    };
    let mut bytes = vec![0; SIZE];
    rand::rng().fill_bytes(&mut bytes);
    let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.flush()).map_err(failed)?;
    let source = SourceFile::open(file.path())?;
    let fingerprint = source.fingerprint()?;
    Ok((file, source, fingerprint))
}

fn late(within: Duration) -> Error {
    Error::new(ErrorCode::Offline).detail(format!("no answer within {} s", within.as_secs()))
}
