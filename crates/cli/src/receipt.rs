//! A batch's receipt as a file.

use std::path::{Path, PathBuf};

use davit_core::engine::feed::Target;
use davit_core::engine::{Engine, save_receipt};
use davit_core::error::{ErrorCode, Result};
use davit_core::ids::BatchId;
use davit_core::session::wire::Failed;

/// Writes it, with the paths that could not even be taken.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub(crate) async fn write(
    engine: &Engine,
    batch: BatchId,
    refused: Vec<(PathBuf, ErrorCode)>,
    file: &Path,
) -> Result<()> {
    let mut receipt = engine.receipt(Target::Batch(batch)).await?;
    let failed = |(path, code): (PathBuf, ErrorCode)| Failed {
        path: path.display().to_string(),
        code: code.as_str().to_owned(),
    };
    receipt.failed.extend(refused.into_iter().map(failed));
    save_receipt(&receipt, file)
}
