//! Uploads that no transfer knows any more and that S3 still holds: on record from the moment they are given up until an
//! abort was answered.

use std::collections::HashMap;

use super::drive::Shared;
use super::link::{Link, passes_soon};
use crate::error::{Error, Result};
use crate::ids::{ObjectKey, TransferId, UploadId};
use crate::journal::{Leftover, Reader, Write};
use crate::s3::{Aborted, Bucket};
use crate::transfer::Standing;
use crate::transfer::state::is_asked_for;
use crate::units::UnixTime;

/// An abort that gets no answer is left for later after this many tries.
const TRIES: u32 = 3;

/// Puts on record of these transfers, which the end of the process found so, that S3 may hold an upload whose id never
/// arrived.
pub(super) async fn are_lost(shared: &Shared, asked: Vec<TransferId>) {
    if asked.is_empty() {
        return;
    }
    let look = move |journal: &Reader| {
        let mut writes = Vec::new();
        for id in asked {
            let Some(row) = journal.transfer(id)?.filter(|row| is_asked_for(&row.standing)) else { continue };
            let Some(item) = journal.item(row.item)? else { continue };
            writes.push(Write::Lost { batch: item.batch, key: row.key, at: UnixTime::now() });
            // Of the next start that is not true any more.
            writes.push(Write::Standing(id, Standing::NEW));
        }
        Ok(writes)
    };
    match shared.journal.read(look).await {
        Ok(writes) => shared.journal.note(writes),
        Err(error) => tracing::warn!(%error, "what was asked for at the end is not known"),
    }
}

/// Aborts an upload; one that is gone is fine.
///
/// # Errors
/// What the store answers, or that it does not.
pub(super) async fn abort(bucket: &Bucket, key: &ObjectKey, upload: &UploadId, link: &Link) -> Result<Aborted> {
    let mut tries = 0;
    loop {
        tries += 1;
        match bucket.abort(key, upload).await {
            Err(error) if passes_soon(&error) && tries < TRIES => link.back_off(tries, &error).await,
            outcome => return outcome,
        }
    }
}

/// What is put on record of an abort that came to nothing.
pub(super) fn stays(upload: &UploadId, error: &Error) -> Write {
    Write::Stays { upload: upload.clone(), at: UnixTime::now(), code: error.code }
}

/// Aborts all that belong to whom we are connected with. Answers how many are left.
///
/// # Errors
/// The journal's.
pub(super) async fn sweep(shared: &Shared) -> Result<usize> {
    let look = |journal: &Reader| {
        let mut batches = HashMap::new();
        let all = journal.leftovers()?;
        for left in &all {
            if let Some(batch) = journal.batch(left.batch)? {
                batches.insert(left.batch, batch);
            }
        }
        Ok((all, batches))
    };
    let (all, batches) = shared.journal.read(look).await?;
    let mut left = 0;
    for Leftover { upload, batch, key } in all {
        let Some(batch) = batches.get(&batch).filter(|batch| batch.remote == shared.routes.remote()) else { continue };
        let outcome = async {
            let route = shared.routes.of(batch).await?;
            let key = ObjectKey::new(format!("{}{key}", route.scope.prefix))?;
            abort(&route.bucket, &key, &upload, &shared.link).await
        };
        match outcome.await {
            Ok(_) => shared.journal.write(vec![Write::Gone(upload)]).await?,
            Err(error) => {
                tracing::warn!(%error, "an unfinished upload could not be removed yet");
                shared.journal.write(vec![stays(&upload, &error)]).await?;
                left += 1;
            }
        }
    }
    Ok(left)
}
