//! What of a gesture began with an earlier one: what is not done goes on, and what was given with it and is done stays so.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::credentials::Remote;
use crate::engine::given::Given;
use crate::error::Result;
use crate::file::names;
use crate::ids::BatchId;
use crate::journal::{ItemRow, Reader};
use crate::session::Destination;

/// One path of a gesture, as the records know it.
pub(super) struct Asked {
    /// As it was given.
    text: String,
    /// What it is, where it could be taken.
    is: Option<Given>,
}

impl Asked {
    pub(super) fn new<E>(outcome: &std::result::Result<Given, E>, path: &Path) -> Self {
        Self { text: as_given(path), is: outcome.as_ref().ok().cloned() }
    }
}

/// A path as the records have it where it could not be taken.
pub(super) fn as_given(path: &Path) -> String {
    names::shown(path)
}

/// Rows that go on with a gesture to this destination, in the order of giving.
pub(super) fn rows(journal: &Reader, asked: &[Asked], to: &Destination, remote: &Remote) -> Result<Vec<ItemRow>> {
    // Many paths were given together.
    let known: RefCell<HashMap<BatchId, bool>> = RefCell::default();
    let goes = |batch: BatchId| {
        let before = known.borrow().get(&batch).copied();
        let goes = before.map_or_else(|| journal.goes_to(batch, &to.id, remote), Ok)?;
        known.borrow_mut().insert(batch, goes);
        Ok(goes)
    };
    let mut refused: HashMap<String, Vec<BatchId>> = HashMap::new();
    for (batch, path) in journal.refusals(asked.iter().map(|one| &*one.text), &goes)? {
        refused.entry(path).or_default().push(batch);
    }
    let mut found = Vec::with_capacity(asked.len());
    let mut began: HashSet<BatchId> = HashSet::new();
    for one in asked {
        let name = one.is.as_ref().map(name_of);
        let open = match &name {
            Some((path, name)) => journal.unfinished_item(path, name, &goes)?,
            None => None,
        };
        began.extend(open.as_ref().map(|item| item.batch));
        // What could not be taken then failed as well, unless it was taken since.
        if let Some(batches) = refused.get(&one.text) {
            let since = match &name {
                Some((path, name)) => journal.newest_item(path, name, &goes)?.map(|item| item.batch),
                None => None,
            };
            began.extend(batches.iter().filter(|batch| since.is_none_or(|since| since < **batch)));
        }
        found.push(open);
    }
    for (one, row) in asked.iter().zip(&mut found).filter(|(_, row)| row.is_none()) {
        let Some(is) = one.is.as_ref().filter(|_| !began.is_empty()) else { continue };
        let (path, name) = name_of(is);
        *row = journal.item_among(&path, &name, &began)?.filter(|item| item.folder == is.folder);
    }
    let mut seen = HashSet::new();
    Ok(found.into_iter().flatten().filter(|item| seen.insert(item.id)).collect())
}

fn name_of(given: &Given) -> (PathBuf, String) {
    (given.path.clone(), given.name.to_string_lossy().into_owned())
}
