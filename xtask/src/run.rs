//! Starting programs: what is run is printed, what fails is named.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The path of one of our programs, of the debug build.
pub(crate) fn binary(name: &str) -> PathBuf {
    target().join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A command in the project's root.
pub(crate) fn command(program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    // What cargo tells us of ourselves would be news to build scripts that ask for it, and all that stands on them would be
    // built once for us and once for whoever calls cargo.
    for (name, _) in std::env::vars_os() {
        let told =
            name.to_str().is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| name.starts_with(of)));
        if told {
            command.env_remove(name);
        }
    }
    command
}

/// Cargo, as it runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// npm within `ui/`.
pub(crate) fn npm(args: &[&str]) -> Command {
    npm_in(&root().join("ui"), args)
}

/// npm within a folder; on Windows it is a script.
pub(crate) fn npm_in(folder: &Path, args: &[&str]) -> Command {
    let mut command = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, args);
    command.current_dir(folder);
    command
}

/// Tauri's tool, as npm installs it; on Windows it is a script.
pub(crate) fn tauri(args: &[&str]) -> Command {
    command(root().join("ui/node_modules/.bin").join(if cfg!(windows) { "tauri.cmd" } else { "tauri" }), args)
}

/// Runs to the end, with its output shown.
pub(crate) fn must(what: &str, command: &mut Command) -> Result<()> {
    let begun = Instant::now();
    println!("== {what}");
    let status = command.status().with_context(|| format!("{what}: {} cannot be started", name(command)))?;
    if !status.success() {
        bail!("{what} failed ({status}); the lines above say why");
    }
    println!("== {what}: {}", took(begun));
    Ok(())
}

/// Whether it runs and succeeds, silently.
pub(crate) fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether we may do everything on this machine.
pub(crate) fn superuser() -> bool {
    output(&mut command("id", &["-u"])).is_some_and(|id| id.trim() == "0")
}

/// Its standard output, where it succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// "3 min 12 s".
pub(crate) fn took(begun: Instant) -> String {
    let seconds = begun.elapsed().as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// The page, as the window has it within.
pub(crate) fn build_page() -> Result<()> {
    must("ui: build", &mut npm(&["run", "build"]))
}

/// The one line that builds all programs: another one would build most of them twice.
pub(crate) fn build() -> Result<()> {
    must("build", &mut cargo(&["build", "--workspace", "--locked"]))
}
