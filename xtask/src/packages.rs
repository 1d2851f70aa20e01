//! What Debian and Ubuntu call what we need.

use clap::ValueEnum;

/// What packages are needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Building everything, with the window.
    Build,
    /// Running every test.
    Test,
    /// Packages for Linux, and the proof of them.
    Bundle,
    /// Programs for Windows, their tests under Wine, and their installer.
    Windows,
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
    "shellcheck",
    "webkit2gtk-driver",
    "x11-apps",
    "x11-utils",
    "xauth",
    "xdotool",
    "xvfb",
];

/// To pack, to check what is packed, and to make the systems in which it is proven.
/// podman is not among them: an old one is of no use, and what a container stands on comes from a registry of its own.
const BUNDLE: &[&str] = &[
    "appstream",
    "binutils",
    "debootstrap",
    "desktop-file-utils",
    "dpkg-dev",
    "libayatana-appindicator3-1",
    "librsvg2-common",
    "lintian",
    "rpm",
    "squashfs-tools",
    "util-linux",
    "xz-utils",
];

/// To cross-compile what is bundled in C, to make an installer, and to try both on a screen of their own.
const WINDOWS: &[&str] =
    &["dbus", "g++-mingw-w64-x86-64", "gcc-mingw-w64-x86-64", "nsis", "openbox", "wine", "wine64", "xdotool", "xvfb"];

/// All packages for a purpose.
pub(crate) fn needed(purpose: Purpose) -> Vec<&'static str> {
    match purpose {
        Purpose::Build => BUILD.to_vec(),
        Purpose::Test => [BUILD, TEST].concat(),
        Purpose::Bundle => [BUILD, BUNDLE].concat(),
        Purpose::Windows => [BUILD, WINDOWS].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_once_and_in_order() {
        for list in [BUILD, TEST, BUNDLE, WINDOWS] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
        assert!(needed(Purpose::Test).len() == BUILD.len() + TEST.len());
    }
}
