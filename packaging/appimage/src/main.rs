//! The head of an AppImage. Behind it lies a compressed file system: it is unpacked into a folder that only this person may
//! enter, its `AppRun` is started, and when all that were started so have ended nothing of it is left. Neither FUSE nor any right is
//! needed. By the name `davit` only the command line is unpacked.
//!
//! - `--appimage-offset` prints where the file system begins; `--appimage-extract` unpacks it into `squashfs-root` and stays.
//! - `APPIMAGE`, `APPDIR` and `ARGV0` are set as programs in an AppImage expect them.
//!
//! Known problems: the first start unpacks some 300 MB below `TMPDIR`, which must allow programs; what a kill leaves there goes with
//! the next start.

#[cfg(target_os = "linux")]
mod image;
#[cfg(target_os = "linux")]
mod place;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    image::run().unwrap_or_else(|error| {
        eprintln!("davit: the AppImage cannot be started: {error}");
        std::process::ExitCode::FAILURE
    })
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("AppImages are for Linux.");
}
