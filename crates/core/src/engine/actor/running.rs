//! One transfer's run, from its row to its rest.

use std::sync::Arc;

use tokio::time::Duration;

use crate::engine::drive::{Drive, Held, Report, Shared, Stop};
use crate::engine::live::Live;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::TransferId;
use crate::journal::{Family, TransferRow, Write};
use crate::transfer::{Input, OnS3, Standing, TransferState, step};

/// Loads a transfer and runs it until it rests.
pub(in crate::engine) async fn drive(
    shared: Arc<Shared>,
    id: TransferId,
    live: Arc<Live>,
    stop: Stop,
    held: Option<Held>,
    input: Input,
) -> Result<()> {
    let loaded = shared.journal.read(move |journal| load(journal, id)).await?;
    let (mut row, (item, batch)) = loaded.ok_or_else(|| Error::new(ErrorCode::JournalDamaged))?;
    let in_line = row.standing.state == TransferState::Queued;
    if let Ok((standing, _)) = step(&row.standing, Input::Restarted) {
        row.standing = standing;
    }
    // Asked for before: its answer may be on its way still.
    let unanswered = matches!(row.standing.on_s3, OnS3::Completing(_) | OnS3::Putting | OnS3::Unclear(_));
    let parts = Arc::default();
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
        held_since: held.map(|held| held.since),
        compared: held.and_then(|held| held.compared),
        lost: 0,
        kept: None,
        differed: 0,
        proof: None,
        found: None,
        in_line,
        bound: None,
        early: None,
        next: None,
    };
    drive.run(input).await;
    Ok(())
}

/// How long to wait before the records are tried again.
const UNWRITABLE: Duration = Duration::from_secs(5);

/// Puts on record that a transfer cannot go on; what S3 holds of it stays known. Tries until the records can be written;
/// a stop ends that, and the next start finds the transfer as it was.
pub(super) async fn fail(shared: &Shared, id: TransferId, stop: &Stop, code: ErrorCode) -> Standing {
    let standing = |on_s3| Standing { state: TransferState::Failed { code }, on_s3 };
    loop {
        let outcome = match shared.journal.read(move |journal| journal.transfer(id)).await {
            Ok(Some(row)) => {
                let standing = standing(row.standing.on_s3);
                let write = Write::Standing(id, standing.clone());
                shared.journal.write(vec![write]).await.map(|()| standing)
            }
            // Its row cannot be used: nothing is put over it.
            Ok(None) => return standing(OnS3::Nothing),
            Err(error) => Err(error),
        };
        let error = match outcome {
            Ok(standing) => return standing,
            Err(error) if error.code == ErrorCode::JournalDamaged => return standing(OnS3::Nothing),
            Err(error) => error,
        };
        tracing::warn!(%id, %error, "that a transfer broke could not be put on record yet");
        let _ = shared.reports.send(Report::Stuck { code: error.code });
        if stop.is_asked_within(UNWRITABLE).await {
            return standing(OnS3::Nothing);
        }
    }
}

fn load(journal: &crate::journal::Reader, id: TransferId) -> Result<Option<(TransferRow, Family)>> {
    let Some(row) = journal.transfer(id)? else { return Ok(None) };
    Ok(journal.family(row.item)?.map(|family| (row, family)))
}
