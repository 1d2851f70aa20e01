//! What may and what has to be in the store. Contents are never the same twice, so a checksum is a version.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::World;
use crate::world::BUCKET;

/// Every version there was.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    versions: BTreeMap<String, Version>,
    /// What the store's objects hold: none is ever replaced where a taken name is gone beside.
    sums: BTreeMap<(String, String), String>,
}

#[derive(Debug)]
struct Version {
    name: String,
    /// Names under which it may have been sent: one, and one more for each that it was given before it was known to be there. A
    /// file that is given another name while it is sent is another file.
    names: usize,
    /// Whether it has to be there.
    wanted: bool,
    /// How often it was there when all was up to date: it stays so.
    there: Option<usize>,
}

impl Ledger {
    /// A version, or what stood as long as one has to: it may be there.
    pub(super) fn may(&mut self, sum: String, name: &str) {
        let new = Version { name: name.to_owned(), names: 0, wanted: false, there: None };
        self.versions.entry(sum).or_insert(new).names += 1;
    }

    /// A version that nobody takes away again: it has to be there.
    pub(super) fn must(&mut self, sum: &str) {
        let version = self.versions.get_mut(sum);
        version.unwrap_or_else(|| panic!("{sum} is no version")).wanted = true;
    }

    /// It was deleted, or replaced: whether it was sent before is a matter of time.
    pub(super) fn let_go(&mut self, sum: &str) {
        if let Some(version) = self.versions.get_mut(sum)
            && version.there.is_none()
        {
            version.wanted = false;
        }
    }

    /// It has another name now, or was away for a while.
    pub(super) fn renamed(&mut self, sum: &str) {
        if let Some(version) = self.versions.get_mut(sum)
            && version.there.is_none()
        {
            version.names += 1;
        }
    }

    /// Whether it never had another name.
    pub(super) fn has_one_name(&self, sum: &str) -> bool {
        self.versions.get(sum).is_some_and(|version| version.names == 1)
    }

    /// Names of versions that have to be there and are not.
    pub(super) fn missing(&mut self, world: &World) -> Vec<String> {
        let there = self.stored(world);
        let missing = |(sum, version): (&String, &Version)| {
            (version.wanted && !there.contains_key(sum)).then(|| version.name.clone())
        };
        self.versions.iter().filter_map(missing).collect()
    }

    /// Nothing half-written is there, nothing is missing, and nothing is there more often than it may be; from now on nothing
    /// changes that is there.
    pub(super) fn judge(&mut self, world: &World, what: &str) {
        let missing = self.missing(world);
        assert!(missing.is_empty(), "{what}: {missing:?} are not there");
        let there = self.stored(world);
        for (sum, keys) in &there {
            let version = self.versions.get(sum);
            let version = version.unwrap_or_else(|| panic!("{what}: {keys:?} is of no version that stood still"));
            assert!(keys.len() <= version.names, "{what}: {} is there more than once: {keys:?}", version.name);
        }
        for (sum, version) in &mut self.versions {
            let now = there.get(sum).map_or(0, Vec::len);
            let before = version.there.unwrap_or(now);
            assert_eq!(now, before, "{what}: {} was sent again: {:?}", version.name, there.get(sum));
            version.there = (version.wanted && now > 0).then_some(now);
        }
        world.nothing_was_sent_twice();
    }

    /// Keys by what they hold.
    fn stored(&mut self, world: &World) -> BTreeMap<String, Vec<String>> {
        let mut there: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for object in world.cloud.objects(BUCKET) {
            let key = object.key;
            let sum = self.sums.entry((key.clone(), object.etag)).or_insert_with(|| world.sha256(&key));
            there.entry(sum.clone()).or_default().push(key);
        }
        there
    }
}

/// SHA-256 of bytes.
pub(super) fn sum(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
