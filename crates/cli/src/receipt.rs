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
    let bad = |why: &str| {
        let detail = format!("The receipt cannot be written to {}: {why}.", file.display());
        Err(Error::new(ErrorCode::BadInput).detail(detail))
    };
    if file.is_dir() {
        return bad("it is a folder");
    }
    if !folder.is_dir() {
        return bad("there is no such folder");
    }
    // Its own words name a file that nobody asked for.
    tempfile::NamedTempFile::new_in(folder).map(drop).or_else(|error| bad(&error.kind().to_string()))
}

/// Writes it.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub(crate) async fn write(engine: &Engine, batch: BatchId, file: &Path) -> Result<()> {
    save_receipt(&engine.receipt(Target::Batch(batch)).await?, file)
}
