//! A batch's receipt as a file.

use std::path::{Path, PathBuf};

use davit_core::engine::feed::Target;
use davit_core::engine::{Engine, save_receipt};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::BatchId;
use davit_core::session::wire::Failed;

/// Whether it can be written at all: better known before a terabyte is sent than after.
///
/// # Errors
/// `bad-input`.
pub(crate) fn may_be_written(file: &Path) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let bad = |why: String| Error::new(ErrorCode::BadInput).detail(format!("--receipt {}: {why}", file.display()));
    if file.is_dir() {
        return Err(bad("it is a folder".to_owned()));
    }
    tempfile::NamedTempFile::new_in(folder).map(|_| ()).map_err(|error| bad(error.to_string()))
}

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
