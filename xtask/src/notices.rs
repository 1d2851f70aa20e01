//! The notices that go with everything that ships, as one file.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::dependencies::SHIPS;
use crate::{licences, setup};

/// Writes them.
pub(crate) fn run(to: &Path) -> Result<()> {
    // The page's packages bring their texts with them.
    setup::page()?;
    let all = licences::of_the_app(&SHIPS, true)?;
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    std::fs::write(to, &all).with_context(|| format!("{} cannot be written", to.display()))?;
    println!("{}  {} kB", to.display(), all.len() / 1_000);
    Ok(())
}
