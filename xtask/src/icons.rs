//! Every raster of an icon, made from its drawing in `icons/` by the tool that bundles the app.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::packages::Purpose;
use crate::run::{must, npm, root};
use crate::setup;

/// Those that the bundles and the window are built with.
const APP: [&str; 6] = ["32x32.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.icns", "icon.ico"];
/// What the tray shows.
const TRAY: [&str; 4] = ["idle", "uploading", "paused", "needs-you"];
/// The drawings' ink, which macOS tints by itself.
const INK: &str = "#000";
/// Where nobody tints: it can be seen on light and on dark panels, by three to one on either.
const GREY: &str = "#868e98";

pub(crate) fn run() -> Result<()> {
    setup::run(Purpose::Build)?;
    let (icons, made) = (root().join("icons"), tempfile::tempdir()?);
    draw(&icons.join("davit.svg"), made.path(), &[])?;
    for name in APP {
        keep(&made.path().join(name), &icons.join(name))?;
    }
    for state in TRAY {
        let drawing = icons.join(format!("tray-{state}.svg"));
        let svg = std::fs::read_to_string(&drawing).with_context(|| drawing.display().to_string())?;
        let grey = made.path().join("tray.svg");
        std::fs::write(&grey, svg.replace(INK, GREY))?;
        draw(&grey, made.path(), &["--png", "32"])?;
        keep(&made.path().join("32x32.png"), &icons.join(format!("tray-{state}.png")))?;
        draw(&drawing, made.path(), &["--png", "64"])?;
        keep(&made.path().join("64x64.png"), &icons.join(format!("tray-{state}-template.png")))?;
    }
    Ok(())
}

/// Draws what was asked for, or all that any system wants.
pub(crate) fn draw(drawing: &Path, into: &Path, wanted: &[&str]) -> Result<()> {
    let mut tool = npm(&["exec", "--", "tauri", "icon"]);
    tool.arg(drawing).arg("--output").arg(into).args(wanted);
    must(&format!("icons of {}", drawing.display()), &mut tool)
}

fn keep(made: &Path, at: &Path) -> Result<()> {
    std::fs::copy(made, at).with_context(|| made.display().to_string())?;
    Ok(())
}
