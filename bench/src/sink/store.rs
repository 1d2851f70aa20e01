//! What the sink holds: of every object and part its size and checksum, and never a byte.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::PoisonError;

use crc_fast::{CrcAlgorithm, checksum_combine};

/// A run of bytes that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its length in bytes.
    pub(crate) size: u64,
    /// CRC64NVME of it.
    pub(crate) crc64: u64,
    pub(super) etag: String,
    /// `x-amz-meta-*` as it came.
    pub(super) metadata: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
struct Upload {
    key: String,
    metadata: Vec<(String, String)>,
    parts: BTreeMap<u32, Held>,
}

#[derive(Clone, Debug, Default)]
struct All {
    objects: HashMap<String, Held>,
    uploads: HashMap<String, Upload>,
    begun: u64,
}

/// Objects by key and uploads by id.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<All>);

impl Clone for Store {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.all().clone()))
    }
}

impl Store {
    fn all(&self) -> std::sync::MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every object there is.
    pub(crate) fn objects(&self) -> HashMap<String, Held> {
        self.all().objects.clone()
    }

    /// How many parts its unfinished uploads have.
    pub(crate) fn parts(&self) -> usize {
        self.all().uploads.values().map(|upload| upload.parts.len()).sum()
    }

    pub(super) fn object(&self, key: &str) -> Option<Held> {
        self.all().objects.get(key).cloned()
    }

    pub(super) fn put(&self, key: &str, held: Held) {
        self.all().objects.insert(key.to_owned(), held);
    }

    pub(super) fn begin(&self, key: &str, metadata: Vec<(String, String)>) -> String {
        let mut all = self.all();
        all.begun += 1;
        let id = format!("upload-{}", all.begun);
        all.uploads.insert(id.clone(), Upload { key: key.to_owned(), metadata, parts: BTreeMap::new() });
        id
    }

    /// Whether there is such an upload.
    pub(super) fn part(&self, upload: &str, number: u32, held: Held) -> bool {
        let mut all = self.all();
        let Some(upload) = all.uploads.get_mut(upload) else { return false };
        upload.parts.insert(number, held);
        true
    }

    pub(super) fn parts_after(&self, upload: &str, after: u32, most: usize) -> Option<(Vec<(u32, Held)>, bool)> {
        let all = self.all();
        let parts = &all.uploads.get(upload)?.parts;
        let mut rest = parts.range(after + 1..).map(|(number, held)| (*number, held.clone()));
        let page: Vec<_> = rest.by_ref().take(most).collect();
        Some((page, rest.next().is_some()))
    }

    /// Puts the named parts together; nothing when one of them is not there.
    pub(super) fn complete(&self, id: &str, numbers: &[u32]) -> Option<Held> {
        let mut all = self.all();
        let upload = all.uploads.get(id)?;
        let (mut size, mut crc64) = (0, 0);
        for number in numbers {
            let part = upload.parts.get(number)?;
            crc64 = checksum_combine(CrcAlgorithm::Crc64Nvme, crc64, part.crc64, part.size);
            size += part.size;
        }
        let etag = format!("{crc64:032x}-{}", numbers.len());
        let held = Held { size, crc64, etag, metadata: upload.metadata.clone() };
        let key = all.uploads.remove(id)?.key;
        all.objects.insert(key, held.clone());
        Some(held)
    }

    pub(super) fn abort(&self, id: &str) {
        self.all().uploads.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use crc_fast::checksum;

    use super::*;

    fn held(bytes: &[u8]) -> Held {
        let crc64 = checksum(CrcAlgorithm::Crc64Nvme, bytes);
        Held { size: bytes.len() as u64, crc64, etag: String::new(), metadata: Vec::new() }
    }

    #[test]
    fn an_object_of_parts_has_the_checksum_of_its_bytes() {
        let store = Store::default();
        let id = store.begin("b/key", Vec::new());
        assert!(store.part(&id, 2, held(b"second")) && store.part(&id, 1, held(b"first ")));
        assert!(store.complete(&id, &[1, 2, 3]).is_none(), "a part is missing");
        let whole = store.complete(&id, &[1, 2]).expect("put together");
        assert_eq!((whole.size, whole.crc64), (12, held(b"first second").crc64));
        assert_eq!(store.objects().len(), 1);
        assert!(!store.part(&id, 3, held(b"late")), "the upload is over");
    }
}
