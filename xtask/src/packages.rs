//! What Debian and Ubuntu call what we need.

use clap::ValueEnum;

/// What packages are needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Building everything, with the window.
    Build,
    /// Running every test.
    Test,
}

/// To build the window and the bundled C code.
const BUILD: &[&str] = &["build-essential", "libwebkit2gtk-4.1-dev", "pkg-config"];

/// To show every state of the UI. Ubuntu has it as a snap only.
pub(crate) const BROWSER: &str = "chromium";

/// To run the window without a screen, and davit by a wrong clock.
const TEST: &[&str] = &[
    "adwaita-icon-theme",
    "at-spi2-core",
    "dbus",
    "dbus-x11",
    "faketime",
    "fonts-dejavu-core",
    "gir1.2-atspi-2.0",
    "gir1.2-gtk-3.0",
    "gnome-keyring",
    "imagemagick",
    "iproute2",
    "libayatana-appindicator3-1",
    "librsvg2-common",
    "libsecret-tools",
    "openbox",
    "python3-gi",
    "python3-venv",
    "python3-xlib",
    "webkit2gtk-driver",
    "x11-apps",
    "x11-utils",
    "xauth",
    "xdotool",
    "xvfb",
];

/// All packages for a purpose.
pub(crate) fn needed(purpose: Purpose) -> Vec<&'static str> {
    match purpose {
        Purpose::Build => BUILD.to_vec(),
        Purpose::Test => [BUILD, TEST].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_once_and_in_order() {
        for list in [BUILD, TEST] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
        assert!(needed(Purpose::Test).len() == BUILD.len() + TEST.len());
    }
}
