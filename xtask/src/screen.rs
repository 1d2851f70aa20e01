//! Whether a window can be shown here: a variable that names a screen is no screen yet.

#[cfg(target_os = "linux")]
use std::ffi::OsString;

use anyhow::Result;

/// What a person does where there is no screen.
pub(crate) const INSTEAD: &str = "to go without a window, run: cargo xtask demo --headless";

/// Nothing where there is a screen, or a sentence that says why there is none.
#[cfg(target_os = "linux")]
pub(crate) fn reach() -> Result<()> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let screens = Screens { wayland: named("WAYLAND_DISPLAY"), x: named("DISPLAY"), run: named("XDG_RUNTIME_DIR") };
    screens.reach()
}

/// Windows and macOS always have one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reach() -> Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
#[derive(Debug, Default)]
struct Screens {
    wayland: Option<OsString>,
    x: Option<OsString>,
    run: Option<OsString>,
}

#[cfg(target_os = "linux")]
impl Screens {
    fn reach(&self) -> Result<()> {
        let mut tried = Vec::new();
        if let Some(name) = &self.wayland {
            let socket = self.run.as_ref().map(std::path::PathBuf::from).unwrap_or_default().join(name);
            if std::os::unix::net::UnixStream::connect(socket).is_ok() {
                return Ok(());
            }
            tried.push(format!("WAYLAND_DISPLAY={}", name.display()));
        }
        if let Some(name) = &self.x {
            if name.to_str().is_some_and(reach_x) {
                return Ok(());
            }
            tried.push(format!("DISPLAY={}", name.display()));
        }
        if tried.is_empty() {
            anyhow::bail!("there is no screen here for the window; {INSTEAD}");
        }
        anyhow::bail!("the screen of {} cannot be reached; {INSTEAD}", tried.join(" and "))
    }
}

/// `:0`, `unix:0`, `host:10.0`. Source: X(7), "Display names".
#[cfg(target_os = "linux")]
fn reach_x(name: &str) -> bool {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};
    let Some((host, number)) = name.rsplit_once(':') else { return false };
    let Some(number) = number.split('.').next().and_then(|number| number.parse::<u16>().ok()) else { return false };
    if !matches!(host, "" | "unix") {
        return std::net::TcpStream::connect((host, 6_000_u16.saturating_add(number))).is_ok();
    }
    let path = format!("/tmp/.X11-unix/X{number}");
    let hidden = SocketAddr::from_abstract_name(&path).and_then(|address| UnixStream::connect_addr(&address));
    hidden.is_ok() || UnixStream::connect(&path).is_ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_screen_that_is_named_and_not_there_is_told_with_a_way_on() {
        for screens in [
            Screens::default(),
            Screens { x: Some(":65000".into()), ..Screens::default() },
            Screens { x: Some("localhost:59000.0".into()), ..Screens::default() },
            Screens { x: Some("nonsense".into()), ..Screens::default() },
            Screens { wayland: Some("wayland-gone".into()), run: Some("/nowhere".into()), x: None },
        ] {
            let said = screens.reach().expect_err("no screen").to_string();
            assert!(said.contains("cargo xtask demo --headless"), "{said}");
        }
    }

    #[test]
    fn one_screen_that_answers_is_enough() {
        let folder = tempfile::tempdir().expect("a folder");
        let _screen = UnixListener::bind(folder.path().join("wayland-7")).expect("a socket");
        let run = Some(folder.path().into());
        let screens = Screens { wayland: Some("wayland-7".into()), run, x: Some(":65000".into()) };
        screens.reach().expect("a screen");
    }
}
