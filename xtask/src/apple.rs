//! Whether the code compiles for macOS, on Linux: nothing is linked, for Apple's libraries are Apple's. What it does there is
//! for a Mac to say.

use anyhow::Result;

use crate::cross::{Cross, c_for_macos};
use crate::packages::Purpose;
use crate::run::{build_page, must};
use crate::setup;

const TRIPLE: &str = "aarch64-apple-darwin";

pub(crate) fn run() -> Result<()> {
    setup::run(Purpose::Build)?;
    let cross = Cross::to(TRIPLE)?;
    let compiler = c_for_macos()?;
    let check = |packages: &[&str]| {
        let mut check = cross.cargo("check", packages);
        check.env("CC_aarch64_apple_darwin", &compiler).env("AR_aarch64_apple_darwin", "/usr/bin/ar");
        check
    };
    let core = ["--package", "davit-core", "--package", "davit", "--package", "davit-backend"];
    must("core, command line and backend for macOS", &mut check(&core))?;
    build_page()?;
    must("the window for macOS", &mut check(&["--package", "davit-app"]))?;
    must("all that is run there, tests among it", &mut check(&["--workspace", "--all-targets"]))
}
