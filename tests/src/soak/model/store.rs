//! What S3 does, as little of it as a transfer meets: uploads, their parts, objects under a condition.

use std::collections::BTreeMap;

/// What a file holds, one byte a part.
pub(super) type Contents = [u8; PARTS];

/// Parts of every file here.
pub(super) const PARTS: usize = 3;

/// An object: whose, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// Whether our upload made it: the token in its metadata.
    pub(super) ours: bool,
    /// Its bytes.
    pub(super) contents: Contents,
}

/// Why Complete was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// S3 does not know the upload.
    Gone,
    /// An object is there.
    Taken,
}

/// One bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    /// Unfinished uploads and their parts.
    pub(super) uploads: BTreeMap<String, BTreeMap<usize, u8>>,
    /// Objects by key.
    pub(super) objects: BTreeMap<String, Object>,
    /// A Complete that is asked again after it succeeded meets the condition, not the missing upload. S3's documents
    /// leave it open which comes first.
    pub(super) replays_meet_the_condition: bool,
    opened: u32,
}

impl Store {
    /// CreateMultipartUpload.
    pub(super) fn create(&mut self) -> String {
        self.opened += 1;
        let id = format!("upload-{}", self.opened);
        self.uploads.insert(id.clone(), BTreeMap::new());
        id
    }

    /// UploadPart; false when S3 does not know the upload.
    pub(super) fn part(&mut self, upload: &str, number: usize, byte: u8) -> bool {
        self.uploads.get_mut(upload).map(|parts| parts.insert(number, byte)).is_some()
    }

    /// CompleteMultipartUpload with `If-None-Match: *`.
    pub(super) fn complete(&mut self, upload: &str, key: &str, claimed: Contents) -> Result<(), Refused> {
        let taken = self.objects.contains_key(key);
        match self.uploads.get(upload) {
            None if taken && self.replays_meet_the_condition => Err(Refused::Taken),
            None => Err(Refused::Gone),
            Some(_) if taken => Err(Refused::Taken),
            Some(parts) => {
                // S3 compares every part's ETag and checksum, and the whole's.
                let held: Vec<u8> = parts.values().copied().collect();
                assert_eq!(held, claimed, "a Complete that S3 would refuse");
                self.uploads.remove(upload);
                self.objects.insert(key.to_owned(), Object { ours: true, contents: claimed });
                Ok(())
            }
        }
    }

    /// PutObject with `If-None-Match: *`; false when the key is taken.
    pub(super) fn put(&mut self, key: &str, contents: Contents) -> bool {
        let free = !self.objects.contains_key(key);
        if free {
            self.objects.insert(key.to_owned(), Object { ours: true, contents });
        }
        free
    }
}
