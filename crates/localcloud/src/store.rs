//! Objects on disk: an object is a list of part files with random names, so hard keys and `..` cannot clash, and
//! Complete only links what is there. What is known of each lies beside it as JSON and survives a restart.

mod uploads;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::checksums::Kind;
use crate::identity::random;
use crate::pace::Pace;

pub(crate) use uploads::Incomplete;

/// A finished object, as tests look at it.
#[derive(Clone, Debug)]
pub struct ObjectView {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Its `ETag`, without quotes.
    pub etag: String,
    /// Its CRC64NVME in base64, where it has one.
    pub crc64nvme: Option<String>,
    /// The files that hold its bytes, in order.
    pub parts: Vec<PathBuf>,
    /// Its metadata.
    pub metadata: BTreeMap<String, String>,
}

/// An unfinished upload.
#[derive(Clone, Debug)]
pub struct UploadView {
    /// Its id.
    pub id: String,
    /// The key it is for.
    pub key: String,
    /// Parts received.
    pub parts: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) file: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) checksum: Option<(Kind, String)>,
    pub(crate) modified: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) blobs: Vec<Blob>,
    pub(crate) checksum: Option<(Kind, String)>,
    pub(crate) full_object: bool,
    pub(crate) about: About,
    pub(crate) modified: i64,
    record: String,
}

/// What a client says of an object when it begins.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct About {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) storage_class: Option<String>,
    pub(crate) encryption: Option<String>,
    pub(crate) encryption_key: Option<String>,
    pub(crate) tags: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) about: About,
    pub(crate) kind: Option<Kind>,
    pub(crate) full_object: bool,
    pub(crate) begun: i64,
    #[serde(skip)]
    pub(crate) parts: BTreeMap<u16, Blob>,
}

type At = (String, String);

#[derive(Debug, Default)]
struct State {
    buckets: Vec<String>,
    objects: BTreeMap<At, Object>,
    uploads: HashMap<String, Upload>,
    claims: HashMap<u64, Claimed>,
    next_claim: u64,
}

/// A key that a conditional `PutObject` is about to write.
#[derive(Debug)]
struct Claimed {
    at: At,
    /// The object was deleted meanwhile.
    crossed: bool,
}

/// Everything that is kept.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    state: Mutex<State>,
    /// Folders of uploads that have ended.
    stale: Vec<PathBuf>,
    /// See [`crate::LocalCloud::replayed_complete_is_refused`].
    pub(crate) replay_refused: AtomicBool,
    /// The smallest part but the last, in bytes.
    pub(crate) min_part: u64,
    /// How fast bodies are taken.
    pub(crate) pace: Pace,
}

/// Why a conditional write is refused by what lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// An object.
    There,
    /// Another conditional write that has not ended, or a delete that came between.
    Busy,
}

/// A key claimed by a conditional write that has not ended.
pub(crate) struct Claim<'a> {
    store: &'a Store,
    id: u64,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.store.state().claims.remove(&self.id);
    }
}

/// A file of bytes that nothing refers to yet; it goes when it is dropped.
pub(crate) struct Draft<'a> {
    store: &'a Store,
    file: String,
    kept: bool,
}

impl Draft<'_> {
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.store.blob_path(&self.file)
    }

    /// Something refers to it now.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.store.forget_blob(&self.file);
        }
    }
}

impl Store {
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        for folder in ["data", "objects", "uploads", "buckets"] {
            std::fs::create_dir_all(root.join(folder))?;
        }
        let mut state = State::default();
        for entry in std::fs::read_dir(root.join("buckets"))? {
            state.buckets.push(entry?.file_name().to_string_lossy().into_owned());
        }
        for object in records::<Object>(&root.join("objects"))? {
            let at = (object.bucket.clone(), object.key.clone());
            // A record that a replacement did not get to remove: the newer one counts.
            let newer = state.objects.get(&at).is_none_or(|known| known.modified <= object.modified);
            if newer {
                state.objects.insert(at, object);
            }
        }
        let mut stale = Vec::new();
        for entry in std::fs::read_dir(root.join("uploads"))? {
            let folder = entry?.path();
            let Some(mut upload) = read::<Upload>(&folder.join("upload.json")) else {
                // Left between the two steps of an abort or a Complete.
                stale.push(folder);
                continue;
            };
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
                if let (Some(number), Some(blob)) = (number, read::<Blob>(&path)) {
                    upload.parts.insert(number, blob);
                }
            }
            // Killed between an object's record and the end of its upload: the bytes are the object's.
            let completed = state.objects.get(&(upload.bucket.clone(), upload.key.clone())).is_some_and(|object| {
                object.blobs.iter().any(|blob| upload.parts.values().any(|part| part.file == blob.file))
            });
            if completed {
                stale.push(folder);
                continue;
            }
            state.uploads.insert(upload.id.clone(), upload);
        }
        Ok(Self {
            root: root.to_owned(),
            state: Mutex::new(state),
            stale,
            replay_refused: AtomicBool::new(false),
            min_part: 5 << 20,
            pace: Pace::default(),
        })
    }

    /// Removes what a kill left half done. Only who serves the folder may: to others it may be under way.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        self.stale.iter().try_for_each(std::fs::remove_dir_all)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn make_bucket(&self, name: &str) -> io::Result<()> {
        std::fs::create_dir_all(self.root.join("buckets").join(name))?;
        let mut state = self.state();
        if !state.buckets.iter().any(|known| known == name) {
            state.buckets.push(name.to_owned());
        }
        Ok(())
    }

    pub(crate) fn has_bucket(&self, name: &str) -> bool {
        self.state().buckets.iter().any(|known| known == name)
    }

    pub(crate) fn buckets(&self) -> Vec<String> {
        self.state().buckets.clone()
    }

    /// A fresh file for bytes to come.
    pub(crate) fn blob_path(&self, file: &str) -> PathBuf {
        self.root.join("data").join(file)
    }

    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft { store: self, file: random(32), kept: false }
    }

    fn forget_blob(&self, file: &str) {
        let _ = std::fs::remove_file(self.blob_path(file));
    }

    pub(crate) fn put(&self, object: Object) -> io::Result<()> {
        self.record(&object)?;
        let at = (object.bucket.clone(), object.key.clone());
        let old = self.state().objects.insert(at, object);
        if let Some(old) = old {
            self.erase(&old);
        }
        Ok(())
    }

    /// Claims a key for a write that begins now and may take long.
    pub(crate) fn claim(&self, bucket: &str, key: &str) -> Result<Claim<'_>, Taken> {
        let at = (bucket.to_owned(), key.to_owned());
        let mut state = self.state();
        if state.objects.contains_key(&at) {
            return Err(Taken::There);
        }
        let id = state.next_claim;
        state.next_claim += 1;
        state.claims.insert(id, Claimed { at, crossed: false });
        Ok(Claim { store: self, id })
    }

    /// As [`Self::put`], but only where nothing lies. Of several claims of a key the first that ends wins.
    pub(crate) fn put_if_absent(&self, object: Object, claim: &Claim<'_>) -> io::Result<Result<(), Taken>> {
        let at = (object.bucket.clone(), object.key.clone());
        let mut state = self.state();
        if state.claims.get(&claim.id).is_none_or(|claimed| claimed.crossed) {
            return Ok(Err(Taken::Busy));
        }
        if state.objects.contains_key(&at) {
            return Ok(Err(Taken::There));
        }
        self.record(&object)?;
        state.objects.insert(at, object);
        Ok(Ok(()))
    }

    fn record(&self, object: &Object) -> io::Result<()> {
        write(&self.root.join("objects").join(format!("{}.json", object.record)), object)
    }

    pub(crate) fn refuses_replays_of(&self, bucket: &str, key: &str) -> bool {
        self.replay_refused.load(Ordering::Relaxed) && self.get(bucket, key).is_some()
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Option<Object> {
        self.state().objects.get(&(bucket.to_owned(), key.to_owned())).cloned()
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str) {
        let at = (bucket.to_owned(), key.to_owned());
        let mut state = self.state();
        let Some(old) = state.objects.remove(&at) else { return };
        state.claims.values_mut().filter(|claimed| claimed.at == at).for_each(|claimed| claimed.crossed = true);
        drop(state);
        self.erase(&old);
    }

    fn erase(&self, old: &Object) {
        let _ = std::fs::remove_file(self.root.join("objects").join(format!("{}.json", old.record)));
        old.blobs.iter().for_each(|blob| self.forget_blob(&blob.file));
    }

    pub(crate) fn list(&self, bucket: &str, prefix: &str, after: &str, most: usize) -> Vec<Object> {
        let state = self.state();
        let from = (bucket.to_owned(), after.to_owned());
        let all = state.objects.range(from..).map(|(_, object)| object);
        let mine = all.take_while(|object| object.bucket == bucket);
        mine.filter(|object| object.key.starts_with(prefix) && object.key.as_str() > after)
            .take(most)
            .cloned()
            .collect()
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> Option<ObjectView> {
        self.get(bucket, key).map(|object| self.view(object))
    }

    pub(crate) fn objects(&self, bucket: &str) -> Vec<ObjectView> {
        let all: Vec<_> = self.state().objects.values().filter(|object| object.bucket == bucket).cloned().collect();
        all.into_iter().map(|object| self.view(object)).collect()
    }

    fn view(&self, object: Object) -> ObjectView {
        ObjectView {
            crc64nvme: object.checksum.filter(|(kind, _)| *kind == Kind::Crc64Nvme).map(|(_, sum)| sum),
            parts: object.blobs.iter().map(|blob| self.blob_path(&blob.file)).collect(),
            bucket: object.bucket,
            key: object.key,
            size: object.size,
            etag: object.etag,
            metadata: object.about.metadata,
        }
    }
}

impl Object {
    #[expect(clippy::too_many_arguments, reason = "an object is all of this")]
    pub(crate) fn new(
        bucket: String,
        key: String,
        etag: String,
        blobs: Vec<Blob>,
        checksum: Option<(Kind, String)>,
        full_object: bool,
        about: About,
        modified: i64,
    ) -> Self {
        let size = blobs.iter().map(|blob| blob.size).sum();
        Self { bucket, key, size, etag, blobs, checksum, full_object, about, modified, record: random(32) }
    }
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn records<T: for<'a> Deserialize<'a>>(folder: &Path) -> io::Result<Vec<T>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        all.extend(read(&entry?.path()));
    }
    Ok(all)
}

/// Whole or not at all.
fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let partial = path.with_extension("new");
    std::fs::write(&partial, serde_json::to_vec(value).map_err(io::Error::other)?)?;
    std::fs::rename(partial, path)
}
