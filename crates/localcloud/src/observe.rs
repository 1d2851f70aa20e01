//! What tests ask afterwards: how often each part was sent and acknowledged, and which requests came at all.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{ObjectView, Store};

/// One part of one upload, as seen on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartSeen {
    /// Requests that began.
    pub begun: u32,
    /// Requests that were stored and answered with success.
    pub acknowledged: u32,
}

/// A part's identity: bucket, key, upload, number.
pub type PartKey = (String, String, String, u16);

/// The bytes of a part, whatever the upload: bucket, key, number, checksum.
pub type BytesKey = (String, String, u16, String);

/// What was seen.
#[derive(Debug, Default)]
pub struct Observer {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    parts: BTreeMap<PartKey, PartSeen>,
    /// How often each was acknowledged.
    bytes: BTreeMap<BytesKey, u32>,
    calls: BTreeMap<&'static str, u32>,
    denied: u32,
    in_flight: u32,
    most_in_flight: u32,
    connections: u32,
}

impl Observer {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn call(&self, name: &'static str) {
        *self.seen().calls.entry(name).or_default() += 1;
    }

    pub(crate) fn deny(&self) {
        self.seen().denied += 1;
    }

    pub(crate) fn part_begins(&self, key: PartKey) -> Flight<'_> {
        let mut seen = self.seen();
        seen.parts.entry(key.clone()).or_default().begun += 1;
        seen.in_flight += 1;
        seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
        Flight { observer: self, key }
    }

    pub(crate) fn connection_begins(self: &Arc<Self>) -> Connection {
        self.seen().connections += 1;
        Connection(Arc::clone(self))
    }

    /// Connections that stand. None means that nothing of a client that is gone is still on its way.
    pub fn connections(&self) -> u32 {
        self.seen().connections
    }

    /// Every part ever sent.
    pub fn parts(&self) -> BTreeMap<PartKey, PartSeen> {
        self.seen().parts.clone()
    }

    /// Parts that were acknowledged more than once: work done twice.
    pub fn acknowledged_twice(&self) -> Vec<PartKey> {
        let seen = self.seen();
        seen.parts.iter().filter(|(_, part)| part.acknowledged > 1).map(|(key, _)| key.clone()).collect()
    }

    /// Bytes that were acknowledged at a key more than once, in whatever upload: for where no upload may begin anew.
    pub fn bytes_acknowledged_twice(&self) -> Vec<BytesKey> {
        let seen = self.seen();
        seen.bytes.iter().filter(|(_, times)| **times > 1).map(|(key, _)| key.clone()).collect()
    }

    /// How often an operation was asked for, by S3's or STS's name of it.
    pub fn calls(&self, name: &str) -> u32 {
        self.seen().calls.get(name).copied().unwrap_or(0)
    }

    /// How many requests came, of every kind.
    pub fn requests(&self) -> u32 {
        self.seen().calls.values().sum()
    }

    /// Requests refused by a policy.
    pub fn denied(&self) -> u32 {
        self.seen().denied
    }

    /// The most parts that were being received at one moment.
    pub fn most_in_flight(&self) -> u32 {
        self.seen().most_in_flight
    }
}

/// A part being received.
pub(crate) struct Flight<'a> {
    observer: &'a Observer,
    key: PartKey,
}

impl Flight<'_> {
    pub(crate) fn acknowledged(&self, checksum: &str) {
        let mut seen = self.observer.seen();
        if let Some(part) = seen.parts.get_mut(&self.key) {
            part.acknowledged += 1;
        }
        let (bucket, key, _, number) = self.key.clone();
        *seen.bytes.entry((bucket, key, number, checksum.to_owned())).or_default() += 1;
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.observer.seen().in_flight -= 1;
    }
}

/// A connection that stands.
pub(crate) struct Connection(Arc<Observer>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.seen().connections -= 1;
    }
}

/// Every finished object in a data folder, whether a cloud serves it or not.
///
/// # Errors
/// When the folder cannot be read, or is none of a cloud.
pub fn stored(data: &Path) -> std::io::Result<Vec<ObjectView>> {
    if !data.join("objects").is_dir() {
        let words = format!("{} holds no data of a local cloud", data.display());
        return Err(std::io::Error::new(std::io::ErrorKind::NotFound, words));
    }
    let store = Store::open(data)?;
    Ok(store.buckets().iter().flat_map(|bucket| store.objects(bucket)).collect())
}
