//! Receipts: what became of every path of a batch that ended. The company that wants them gets one per ending; it stays
//! on record until it was taken.

use std::path::Path;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::drive::Shared;
use super::routes::Origin;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::file::{Fingerprint, Readers, write_whole};
use crate::ids::BatchId;
use crate::journal::{Ending, Fate, PassedOver, Reader, Write};
use crate::session::wire::{Failed, Receipt, Skipped, Uploaded};
use crate::transfer::{TransferState, checksum};
use crate::units::UnixTime;

/// Draws a batch's receipt.
///
/// # Errors
/// `bad-input` while something of it is still to come, or for a batch that is not on record; the journal's.
pub(super) fn draw(journal: &Reader, ending: &Ending) -> Result<Receipt> {
    let batch = journal.batch(ending.batch)?;
    let batch = batch.ok_or_else(|| Error::new(ErrorCode::BadInput).detail("no such batch"))?;
    let prefix = batch.scope.map(|scope| scope.prefix).unwrap_or_default();
    let (fates, skips) = journal.fates(ending.batch)?;
    let mut receipt = Receipt {
        batch_id: ending.id,
        destination: batch.destination.id.0,
        finished_at: rfc3339(i128::from(ending.at.0) * 1_000_000_000),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        uploaded: Vec::new(),
        skipped: skips.into_iter().map(|PassedOver { path, rule }| Skipped { path, rule }).collect(),
        failed: journal.refused(ending.batch)?.into_iter().map(|(path, code)| Failed { path, code }).collect(),
    };
    for fate in fates {
        let Fate { path, key, size, standing, fingerprint, crc64, version } = fate;
        match standing.state {
            TransferState::Done { etag, .. } => receipt.uploaded.push(Uploaded {
                path,
                key: format!("{prefix}{key}"),
                size: size.get(),
                mtime: rfc3339(fingerprint.as_ref().map_or(0, Fingerprint::mtime_ns)),
                crc64nvme: crc64.map(checksum::to_base64).unwrap_or_default(),
                etag,
                version_id: version,
            }),
            TransferState::Failed { code } => receipt.failed.push(Failed { path, code: code.to_string() }),
            TransferState::Cancelled { .. } => {
                receipt.skipped.push(Skipped { path, rule: "cancelled".to_owned() });
            }
            _ => return Err(Error::new(ErrorCode::BadInput).detail("something of it is still to come")),
        }
    }
    Ok(receipt)
}

fn rfc3339(nanos: i128) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The receipt of a batch as it stands now, for whoever wants to keep it.
///
/// # Errors
/// As [`draw`].
pub(super) async fn of(shared: &Shared, batch: BatchId) -> Result<Receipt> {
    let ending = Ending { id: Uuid::new_v4(), batch, at: UnixTime::now() };
    shared.journal.read(move |journal| draw(journal, &ending)).await
}

/// Writes a receipt to a file, whole or not at all: a table where its name ends in `.csv`, else JSON.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub fn save(receipt: &Receipt, file: &Path) -> Result<()> {
    let bad = |e: &dyn std::fmt::Display| {
        Error::new(ErrorCode::BadInput).detail(format!("the receipt cannot be written to {}: {e}", file.display()))
    };
    let table = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    write_whole(file, Readers::AsUsual, |into| {
        if table {
            return receipt.write_csv(into).map_err(Into::into);
        }
        serde_json::to_writer_pretty(&mut *into, receipt)?;
        into.write_all(b"\n")
    })
    .map_err(|e| bad(&e))
}

/// Hands over what the company has not taken yet. Answers how many are left.
///
/// # Errors
/// The journal's.
pub(super) async fn hand_over(shared: &Shared) -> Result<usize> {
    let Origin::Session(session) = shared.routes.origin() else { return Ok(0) };
    if !session.wants_receipts() {
        return Ok(0);
    }
    let remote = shared.routes.remote();
    let open = shared.journal.read(|journal| {
        let mut open = Vec::new();
        for ending in journal.endings()? {
            if let Some(batch) = journal.batch(ending.batch)? {
                open.push((ending, batch.remote));
            }
        }
        Ok(open)
    });
    let mut left = 0;
    for (ending, _) in open.await?.into_iter().filter(|(_, whose)| *whose == remote) {
        let id = ending.id;
        let outcome = match shared.journal.read(move |journal| draw(journal, &ending)).await {
            Ok(receipt) => session.send_receipt(&receipt).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => shared.journal.write(vec![Write::Taken(id)]).await?,
            Err(error) if error.retry != Retry::Never => {
                tracing::info!(%error, "a receipt was not taken yet");
                left += 1;
            }
            // It moves again, and ends anew; or the company will never take it.
            Err(error) => {
                tracing::warn!(%error, "a receipt cannot be handed over");
                shared.journal.write(vec![Write::Taken(id)]).await?;
            }
        }
    }
    Ok(left)
}
