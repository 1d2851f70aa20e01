//! Unfinished uploads: a folder each, with one record for the upload and one a part.

use std::io;
use std::ops::Bound;

use super::{Blob, Object, Store, Taken, Upload, UploadView, write};

/// Why a Complete did not become an object.
pub(crate) enum Incomplete<E> {
    /// There is no such upload.
    Gone,
    /// The condition does not hold.
    Taken(Taken),
    /// The parts do not make an object.
    Wrong(E),
    /// The disk.
    Io(io::Error),
}

impl Store {
    pub(crate) fn begin(&self, upload: Upload) -> io::Result<()> {
        let folder = self.root.join("uploads").join(&upload.id);
        std::fs::create_dir_all(&folder)?;
        write(&folder.join("upload.json"), &upload)?;
        self.state().uploads.insert(upload.id.clone(), upload);
        Ok(())
    }

    /// Looks at the upload, if it is for this key.
    pub(crate) fn look<R>(&self, bucket: &str, key: &str, id: &str, look: impl FnOnce(&Upload) -> R) -> Option<R> {
        self.state().uploads.get(id).filter(|upload| upload.bucket == bucket && upload.key == key).map(look)
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

    /// Loses a part, as no store should. Answers whether it was there.
    pub(crate) fn lose_part(&self, id: &str, number: u16) -> io::Result<bool> {
        let Some(blob) = self.state().uploads.get_mut(id).and_then(|upload| upload.parts.remove(&number)) else {
            return Ok(false);
        };
        std::fs::remove_file(self.root.join("uploads").join(id).join(format!("{number}.json")))?;
        self.forget_blob(&blob.file);
        Ok(true)
    }

    /// Answers whether there was such an upload.
    pub(crate) fn abort(&self, bucket: &str, key: &str, id: &str) -> io::Result<bool> {
        let mut state = self.state();
        if state.uploads.get(id).is_none_or(|upload| upload.bucket != bucket || upload.key != key) {
            return Ok(false);
        }
        let upload = state.uploads.remove(id);
        drop(state);
        self.end(id)?;
        for blob in upload.iter().flat_map(|upload| upload.parts.values()) {
            self.forget_blob(&blob.file);
        }
        Ok(true)
    }

    /// The parts become the object that `assemble` makes of them, in one step with the check of the condition; parts
    /// that were not named are removed, and so is the upload.
    pub(crate) fn complete<E>(
        &self,
        (bucket, key, id): (&str, &str, &str),
        if_absent: bool,
        assemble: impl FnOnce(&Upload) -> Result<Object, E>,
    ) -> Result<Object, Incomplete<E>> {
        let mut state = self.state();
        let upload = state.uploads.get(id).filter(|upload| upload.bucket == bucket && upload.key == key);
        let object = assemble(upload.ok_or(Incomplete::Gone)?).map_err(Incomplete::Wrong)?;
        let at = (object.bucket.clone(), object.key.clone());
        if if_absent && state.objects.contains_key(&at) {
            return Err(Incomplete::Taken(Taken::There));
        }
        if if_absent && state.claims.values().any(|claimed| claimed.at == at) {
            return Err(Incomplete::Taken(Taken::Busy));
        }
        self.record(&object).map_err(Incomplete::Io)?;
        let old = state.objects.insert(at, object.clone());
        let upload = state.uploads.remove(id);
        drop(state);
        if let Some(old) = old {
            self.erase(&old);
        }
        let used = |file: &str| object.blobs.iter().any(|blob| blob.file == file);
        let left = upload.iter().flat_map(|upload| upload.parts.values());
        // All named, as is usual: no need to compare each with each.
        if upload.as_ref().is_some_and(|upload| upload.parts.len() != object.blobs.len()) {
            left.filter(|blob| !used(&blob.file)).for_each(|blob| self.forget_blob(&blob.file));
        }
        self.end(id).map_err(Incomplete::Io)?;
        Ok(object)
    }

    fn end(&self, id: &str) -> io::Result<()> {
        let folder = self.root.join("uploads").join(id);
        // First, so that a kill in between leaves nothing that looks like an upload.
        std::fs::remove_file(folder.join("upload.json"))?;
        std::fs::remove_dir_all(folder)
    }

    pub(crate) fn uploads_of(&self, bucket: &str) -> Vec<Upload> {
        let state = self.state();
        let mut all: Vec<_> =
            state.uploads.values().filter(|upload| upload.bucket == bucket).map(without_parts).collect();
        all.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        all
    }

    pub(crate) fn uploads(&self, bucket: &str) -> Vec<UploadView> {
        let state = self.state();
        let all = state.uploads.values().filter(|upload| upload.bucket == bucket);
        let mut all: Vec<_> = all
            .map(|upload| UploadView { id: upload.id.clone(), key: upload.key.clone(), parts: upload.parts.len() })
            .collect();
        all.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
        all
    }
}

impl Upload {
    /// Parts after a number, in order.
    pub(crate) fn parts_after(&self, number: u16) -> impl Iterator<Item = (&u16, &Blob)> {
        self.parts.range((Bound::Excluded(number), Bound::Unbounded))
    }
}

fn without_parts(upload: &Upload) -> Upload {
    Upload {
        id: upload.id.clone(),
        bucket: upload.bucket.clone(),
        key: upload.key.clone(),
        about: upload.about.clone(),
        kind: upload.kind,
        full_object: upload.full_object,
        begun: upload.begun,
        parts: std::collections::BTreeMap::new(),
    }
}
