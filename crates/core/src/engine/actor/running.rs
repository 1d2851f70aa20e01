//! One transfer's run, from its row to its rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::drive::{Drive, Shared, Stop};
use crate::engine::live::Live;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::TransferId;
use crate::journal::{BatchRow, ItemRow, Journal, TransferRow, Write};
use crate::transfer::{Input, OnS3, Standing, TransferState, step};

/// Loads a transfer and runs it until it rests.
pub(super) async fn drive(
    shared: Arc<Shared>,
    id: TransferId,
    live: Arc<Live>,
    stop: Stop,
    input: Input,
) -> Result<()> {
    let loaded = shared.journal.read(move |journal| load(journal, id)).await?;
    let (mut row, item, batch) = loaded.ok_or_else(|| Error::new(ErrorCode::JournalDamaged))?;
    if let Ok((standing, _)) = step(&row.standing, Input::Restarted) {
        row.standing = standing;
    }
    // Asked for before: its answer may be on its way still.
    let unanswered = matches!(row.standing.on_s3, OnS3::Completing(_));
    let parts = BTreeMap::new();
    let drive = Drive {
        shared,
        row,
        item,
        batch,
        live,
        stop,
        open: None,
        parts,
        unanswered: unanswered.into(),
        lost: 0,
        differed: 0,
    };
    drive.run(input).await;
    Ok(())
}

/// Puts on record that a transfer cannot go on; what S3 holds of it stays known.
pub(super) async fn fail(journal: &Journal, id: TransferId, code: ErrorCode) -> Standing {
    let before = journal.read(move |journal| journal.transfer(id)).await.ok().flatten();
    let on_s3 = before.map_or(OnS3::Nothing, |row| row.standing.on_s3);
    let standing = Standing { state: TransferState::Failed { code }, on_s3 };
    journal.note(vec![Write::Standing(id, standing.clone())]);
    standing
}

fn load(journal: &crate::journal::Reader, id: TransferId) -> Result<Option<(TransferRow, ItemRow, BatchRow)>> {
    let Some(row) = journal.transfer(id)? else { return Ok(None) };
    let Some(item) = journal.item(row.item)? else { return Ok(None) };
    Ok(journal.batch(item.batch)?.map(|batch| (row, item, batch)))
}
