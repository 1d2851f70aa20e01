//! A batch's receipt as a file.

use std::path::{Path, PathBuf};

use davit_core::engine::feed::Target;
use davit_core::engine::{Engine, save_receipt};
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::BatchId;

/// Whether it can be written at all, and beside what is uploaded: better known before a terabyte is sent than after.
///
/// # Errors
/// `bad-input`.
pub(crate) fn may_be_written(file: &Path, sources: &[PathBuf]) -> Result<()> {
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
    if let Some(source) = sources.iter().find(|source| lies_in(file, folder, source)) {
        let what = if source.is_dir() { "it lies in a folder that is to be uploaded" } else { "it is to be uploaded" };
        return bad(what);
    }
    // Its own words name a file that nobody asked for.
    tempfile::NamedTempFile::new_in(folder).map(drop).or_else(|error| bad(&error.kind().to_string()))
}

/// Whether the receipt, in this folder, would stand in the place of a source or within it.
fn lies_in(file: &Path, folder: &Path, source: &Path) -> bool {
    let Ok(source) = source.canonicalize() else { return false };
    // By the name that it will have, and past a link that has it already.
    let named = folder.canonicalize().ok().zip(file.file_name()).map(|(folder, name)| folder.join(name));
    [named, file.canonicalize().ok()].into_iter().flatten().any(|place| place.starts_with(&source))
}

/// Writes it.
///
/// # Errors
/// `bad-input` for a file that cannot be written.
pub(crate) async fn write(engine: &Engine, batch: BatchId, file: &Path) -> Result<()> {
    let written = match engine.receipt(Target::Batch(batch)).await {
        Ok(receipt) => save_receipt(&receipt, file),
        Err(error) => Err(error),
    };
    written.map_err(|error| {
        let detail = format!(
            "Everything has ended as told, but the receipt could not be written to {}. Run the same command again for it. ({})",
            file.display(),
            error.detail
        );
        Error::new(ErrorCode::BadInput).detail(detail)
    })
}
