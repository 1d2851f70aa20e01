//! What S3 does, as little of it as a transfer meets: uploads, their parts, objects under a condition.

use std::collections::BTreeMap;

/// What a file holds, one byte a part.
pub(super) type Contents = [u8; PARTS];

/// Parts of every file here.
pub(super) const PARTS: usize = 3;

/// The token of an object that is none of ours.
pub(super) const THEIRS: u32 = 0;

/// An object: whose, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// What our upload wrote into its metadata.
    pub(super) token: u32,
    /// Its bytes.
    pub(super) contents: Contents,
}

/// A part, and its `ETag`.
pub(super) type Part = (u8, u32);

/// An unfinished upload.
#[derive(Clone, Debug, Default)]
pub(super) struct Upload {
    token: u32,
    /// What it has.
    pub(super) parts: BTreeMap<usize, Part>,
}

/// Why Complete was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// S3 does not know the upload.
    Gone,
    /// An object is there.
    Taken,
    /// It has other parts than were named.
    OtherParts,
    /// Another request for the key is under way.
    Conflict,
}

/// A Complete that takes its time.
#[derive(Clone, Debug)]
struct Working {
    upload: String,
    key: String,
    claimed: BTreeMap<usize, Part>,
    if_absent: bool,
}

/// One bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    /// Unfinished uploads and their parts.
    pub(super) uploads: BTreeMap<String, Upload>,
    /// Objects by key.
    pub(super) objects: BTreeMap<String, Object>,
    /// A Complete that is asked again after it succeeded meets the condition, not the missing upload. S3's documents
    /// leave it open which comes first.
    pub(super) replays_meet_the_condition: bool,
    /// What the store is at work on, whose answer nobody waits for any more.
    working: Option<Working>,
    counted: u32,
}

impl Store {
    fn count(&mut self) -> u32 {
        self.counted += 1;
        self.counted
    }

    /// CreateMultipartUpload.
    pub(super) fn create(&mut self, token: u32) -> String {
        let id = format!("upload-{}", self.count());
        self.uploads.insert(id.clone(), Upload { token, parts: BTreeMap::new() });
        id
    }

    /// UploadPart; the `ETag`, or nothing when S3 does not know the upload.
    pub(super) fn part(&mut self, upload: &str, number: usize, byte: u8) -> Option<u32> {
        let etag = self.count();
        self.uploads.get_mut(upload).map(|upload| upload.parts.insert(number, (byte, etag)))?;
        Some(etag)
    }

    /// The same part arrives once more, in every upload that has it.
    pub(super) fn late(&mut self, number: usize) {
        let etag = self.count();
        for upload in self.uploads.values_mut() {
            if let Some(part) = upload.parts.get_mut(&number) {
                part.1 = etag;
            }
        }
    }

    /// CompleteMultipartUpload, on the condition that the name is free or without one.
    pub(super) fn complete(
        &mut self,
        upload: &str,
        key: &str,
        claimed: &BTreeMap<usize, Part>,
        if_absent: bool,
    ) -> Result<(), Refused> {
        if self.working.as_ref().is_some_and(|working| working.key == key) {
            return Err(Refused::Conflict);
        }
        let taken = if_absent && self.objects.contains_key(key);
        match self.uploads.get(upload) {
            None if taken && self.replays_meet_the_condition => Err(Refused::Taken),
            None => Err(Refused::Gone),
            Some(held) if held.parts != *claimed => Err(Refused::OtherParts),
            Some(_) if taken => Err(Refused::Taken),
            Some(held) => {
                let bytes: Vec<u8> = held.parts.values().map(|(byte, _)| *byte).collect();
                let contents = bytes.try_into().expect("a Complete of all parts");
                let object = Object { token: held.token, contents };
                self.uploads.remove(upload);
                self.replace(key, object, if_absent);
                Ok(())
            }
        }
    }

    /// The same, and it takes its time.
    pub(super) fn begin(&mut self, upload: &str, key: &str, claimed: &BTreeMap<usize, Part>, if_absent: bool) {
        let (upload, key, claimed) = (upload.to_owned(), key.to_owned(), claimed.clone());
        self.working.get_or_insert(Working { upload, key, claimed, if_absent });
    }

    /// What took its time is over; of an upload that was removed meanwhile nothing is put together.
    pub(super) fn end(&mut self) {
        if let Some(Working { upload, key, claimed, if_absent }) = self.working.take() {
            let _ = self.complete(&upload, &key, &claimed, if_absent);
        }
    }

    /// AbortMultipartUpload; whether there was one.
    pub(super) fn abort(&mut self, upload: &str) -> bool {
        self.uploads.remove(upload).is_some()
    }

    /// PutObject; false when the key is taken and must not be.
    pub(super) fn put(&mut self, key: &str, object: Object, if_absent: bool) -> bool {
        let goes = !(if_absent && self.objects.contains_key(key));
        if goes {
            self.replace(key, object, if_absent);
        }
        goes
    }

    fn replace(&mut self, key: &str, object: Object, if_absent: bool) {
        let before = self.objects.insert(key.to_owned(), object);
        assert!(!if_absent || before.is_none(), "an object was replaced against the condition");
    }
}
