//! A batch's receipt as a file: whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use davit_core::engine::Engine;
use davit_core::error::{Error, ErrorCode, Result};
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
    let mut receipt = engine.receipt(batch).await?;
    let failed = |(path, code): (PathBuf, ErrorCode)| Failed {
        path: path.display().to_string(),
        code: code.as_str().to_owned(),
    };
    receipt.failed.extend(refused.into_iter().map(failed));
    let bad = |e: &dyn std::fmt::Display| {
        Error::new(ErrorCode::BadInput).detail(format!("the receipt cannot be written to {}: {e}", file.display()))
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut written = tempfile::NamedTempFile::new_in(folder).map_err(|e| bad(&e))?;
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        receipt.write_csv(&mut written).map_err(|e| bad(&e))?;
    } else {
        serde_json::to_writer_pretty(&mut written, &receipt).map_err(|e| bad(&e))?;
        written.write_all(b"\n").map_err(|e| bad(&e))?;
    }
    written.persist(file).map(|_| ()).map_err(|e| bad(&e))
}
