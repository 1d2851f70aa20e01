//! Objects on disk: an object is a list of part files with random names, so hard keys and `..` cannot clash, and
//! Complete only links what is there. What is known of each lies beside it as JSON and survives a restart.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::checksums::Kind;
use crate::identity::random;

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
pub(crate) struct About {
    pub(crate) content_type: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) storage_class: Option<String>,
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
    /// Whether a Complete is under way.
    #[serde(skip)]
    pub(crate) completing: bool,
}

#[derive(Debug, Default)]
struct State {
    buckets: Vec<String>,
    objects: BTreeMap<(String, String), Object>,
    uploads: HashMap<String, Upload>,
}

/// Everything that is kept.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    state: Mutex<State>,
}

/// Why a Complete is refused by what lies there.
pub(crate) enum Taken {
    /// An object.
    There,
    /// Another upload that is completing.
    Busy,
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
        for entry in std::fs::read_dir(root.join("uploads"))? {
            let folder = entry?.path();
            let Some(mut upload) = read::<Upload>(&folder.join("upload.json")) else { continue };
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
                if let (Some(number), Some(blob)) = (number, read::<Blob>(&path)) {
                    upload.parts.insert(number, blob);
                }
            }
            state.uploads.insert(upload.id.clone(), upload);
        }
        Ok(Self { root: root.to_owned(), state: Mutex::new(state) })
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

    pub(crate) fn fresh_name() -> String {
        random(32)
    }

    pub(crate) fn forget_blob(&self, file: &str) {
        let _ = std::fs::remove_file(self.blob_path(file));
    }

    // Uploads.

    pub(crate) fn begin(&self, upload: Upload) -> io::Result<()> {
        let folder = self.root.join("uploads").join(&upload.id);
        std::fs::create_dir_all(&folder)?;
        write(&folder.join("upload.json"), &upload)?;
        self.state().uploads.insert(upload.id.clone(), upload);
        Ok(())
    }

    /// The upload, if it is for this key.
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> Option<Upload> {
        self.state().uploads.get(id).filter(|upload| upload.bucket == bucket && upload.key == key).cloned()
    }

    /// A part; one with the same number is replaced. Answers whether the upload still exists.
    pub(crate) fn add_part(&self, id: &str, number: u16, blob: &Blob) -> io::Result<bool> {
        let record = self.root.join("uploads").join(id).join(format!("{number}.json"));
        let mut state = self.state();
        let Some(upload) = state.uploads.get_mut(id) else { return Ok(false) };
        write(&record, blob)?;
        if let Some(old) = upload.parts.insert(number, blob.clone()) {
            drop(state);
            self.forget_blob(&old.file);
        }
        Ok(true)
    }

    pub(crate) fn abort(&self, id: &str) -> io::Result<()> {
        let Some(upload) = self.state().uploads.remove(id) else { return Ok(()) };
        for blob in upload.parts.values() {
            self.forget_blob(&blob.file);
        }
        std::fs::remove_dir_all(self.root.join("uploads").join(id))
    }

    /// Claims the key for a Complete.
    pub(crate) fn claim(&self, id: &str, if_absent: bool) -> Result<(), Taken> {
        let mut state = self.state();
        let Some(upload) = state.uploads.get(id) else { return Ok(()) };
        let at = (upload.bucket.clone(), upload.key.clone());
        if if_absent && state.objects.contains_key(&at) {
            return Err(Taken::There);
        }
        let busy = |other: &Upload| other.completing && other.id != id && other.bucket == at.0 && other.key == at.1;
        if if_absent && state.uploads.values().any(busy) {
            return Err(Taken::Busy);
        }
        if let Some(upload) = state.uploads.get_mut(id) {
            upload.completing = true;
        }
        Ok(())
    }

    pub(crate) fn unclaim(&self, id: &str) {
        if let Some(upload) = self.state().uploads.get_mut(id) {
            upload.completing = false;
        }
    }

    /// The parts become the object; parts that were not named are removed, and so is the upload.
    pub(crate) fn complete(&self, id: &str, object: Object) -> io::Result<()> {
        let used: Vec<String> = object.blobs.iter().map(|blob| blob.file.clone()).collect();
        self.put(object)?;
        if let Some(upload) = self.state().uploads.remove(id) {
            for blob in upload.parts.values().filter(|blob| !used.contains(&blob.file)) {
                self.forget_blob(&blob.file);
            }
        }
        std::fs::remove_dir_all(self.root.join("uploads").join(id))
    }

    pub(crate) fn uploads_of(&self, bucket: &str) -> Vec<Upload> {
        let mut all: Vec<_> = self.state().uploads.values().filter(|upload| upload.bucket == bucket).cloned().collect();
        all.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        all
    }

    // Objects.

    pub(crate) fn put(&self, object: Object) -> io::Result<()> {
        write(&self.root.join("objects").join(format!("{}.json", object.record)), &object)?;
        let at = (object.bucket.clone(), object.key.clone());
        let old = self.state().objects.insert(at, object);
        if let Some(old) = old {
            self.erase(&old);
        }
        Ok(())
    }

    /// As [`Self::put`], but only where nothing lies.
    pub(crate) fn put_if_absent(&self, object: Object) -> io::Result<bool> {
        let at = (object.bucket.clone(), object.key.clone());
        let mut state = self.state();
        if state.objects.contains_key(&at) {
            return Ok(false);
        }
        write(&self.root.join("objects").join(format!("{}.json", object.record)), &object)?;
        state.objects.insert(at, object);
        Ok(true)
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Option<Object> {
        self.state().objects.get(&(bucket.to_owned(), key.to_owned())).cloned()
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str) {
        let old = self.state().objects.remove(&(bucket.to_owned(), key.to_owned()));
        if let Some(old) = old {
            self.erase(&old);
        }
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

    pub(crate) fn uploads(&self, bucket: &str) -> Vec<UploadView> {
        let all = self.uploads_of(bucket).into_iter();
        all.map(|upload| UploadView { id: upload.id, key: upload.key, parts: upload.parts.len() }).collect()
    }

    fn view(&self, object: Object) -> ObjectView {
        ObjectView {
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
