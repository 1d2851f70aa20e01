//! A batch's receipt as a file.

use std::path::Path;

use davit_core::engine::feed::Target;
use davit_core::engine::{Engine, save_receipt};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::BatchId;

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

/// Writes it.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub(crate) async fn write(engine: &Engine, batch: BatchId, file: &Path) -> Result<()> {
    save_receipt(&engine.receipt(Target::Batch(batch)).await?, file)
}
