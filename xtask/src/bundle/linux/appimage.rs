//! An AppImage: the tree with the libraries that it needs, compressed, behind a head of our own.
//!
//! What every desktop has stays out, by the usual list: the C library and the compiler's, what belongs to the graphics
//! driver and the display, sound, and the fonts' part that reads the system's settings.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::brought;
use super::tree::Tree;
use crate::bundle::LIBRARIES;
use crate::run::{must, output, root};

/// What a desktop has, by the names of libraries up to their first dot.
const THE_DESKTOP_S: &[&str] = &[
    "ld-linux-aarch64",
    "ld-linux-x86-64",
    "libEGL",
    "libGL",
    "libGLESv2",
    "libGLX",
    "libGLdispatch",
    "libX11",
    "libX11-xcb",
    "libXau",
    "libXdmcp",
    "libasound",
    "libc",
    "libdl",
    "libdrm",
    "libexpat",
    "libfontconfig",
    "libfreetype",
    "libfribidi",
    "libgbm",
    "libgcc_s",
    "libharfbuzz",
    "libm",
    "libpthread",
    "libresolv",
    "librt",
    "libstdc++",
    "libudev",
    "libwayland-client",
    "libwayland-cursor",
    "libwayland-egl",
    "libwayland-server",
    "libxcb",
    "libz",
];

/// The web view's library: what begins by it names its other programs below `/usr`.
const WEB_VIEW: &str = "libwebkit2gtk-4.1";

/// What shows the icon in the tray.
const TRAY: &str = "libayatana-appindicator3.so.1";

/// The web view's programs, and what they load.
const BESIDE_IT: [&str; 4] =
    ["WebKitWebProcess", "WebKitNetworkProcess", "WebKitGPUProcess", "injected-bundle/libwebkit2gtkinjectedbundle.so"];

/// What it is called.
pub(crate) fn name() -> String {
    format!("Davit-{}-{}.AppImage", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH)
}

pub(crate) fn pack(tree: &Tree, head: &Path, into: &Path) -> Result<PathBuf> {
    println!("== libraries of the AppImage");
    let mut files = BTreeSet::new();
    let changed = libraries(tree, &mut files)?;
    pictures(tree, &mut files)?;
    settings(tree, &mut files)?;
    let brought = brought::of(&files)?;
    brought::told(tree, &brought, &changed)?;
    let parts = root().join("packaging/appimage");
    tree.program(&parts.join("AppRun"), "/AppRun")?;
    tree.program(&parts.join("as-before"), "/usr/lib/davit/as-before")?;
    tree.file(&parts.join("kept"), "/usr/lib/davit/kept")?;
    tree.file(&root().join("packaging/linux/Davit.desktop"), "/Davit.desktop")?;
    tree.link("usr/share/icons/hicolor/256x256/apps/davit-app.png", "/davit-app.png")?;
    tree.link("davit-app.png", "/.DirIcon")?;
    let file = into.join(name());
    compressed(tree, head, &file)?;
    let list = into.join(format!("{}{LIBRARIES}", name()));
    std::fs::write(list, serde_json::to_string_pretty(&brought::listed(&brought)?)?)?;
    Ok(file)
}

/// The head, and the tree behind it.
fn compressed(tree: &Tree, head: &Path, file: &Path) -> Result<()> {
    let work = tempfile::tempdir()?;
    let image = work.path().join("image");
    let mut squash = Command::new("mksquashfs");
    squash.arg(tree.root()).arg(&image);
    squash.args(["-comp", "gzip", "-noappend", "-root-owned", "-no-xattrs", "-quiet", "-no-progress"]);
    must("the AppImage's file system", &mut squash)?;
    let mut bytes = std::fs::read(head).with_context(|| format!("{} is not built", head.display()))?;
    // What a desktop knows an AppImage by: "AI" and the kind, in bytes that a program's header leaves free.
    bytes[8..11].copy_from_slice(b"AI\x02");
    // Where it looks for what lies behind it.
    let begins = output(Command::new(head).arg("--appimage-offset")).context("the AppImage's head does not start")?;
    bytes.resize(begins.trim().parse()?, 0);
    let mut out = std::fs::File::create(file)?;
    out.write_all(&bytes)?;
    std::io::copy(&mut std::fs::File::open(&image)?, &mut out)?;
    out.set_permissions(Permissions::from_mode(0o755))?;
    Ok(())
}

/// Everything that the window and the web view's programs are linked with, and those programs. Answers what was changed in it.
fn libraries(tree: &Tree, files: &mut BTreeSet<PathBuf>) -> Result<Vec<String>> {
    let app = tree.root().join("usr/bin/davit-app");
    let linked = needed_by(&app)?;
    let view = linked.iter().find(|library| file_name(library).starts_with(WEB_VIEW));
    let view = view.context("the window is not linked with the web view")?.clone();
    let folder = view.parent().context("a library lies in a folder")?.canonicalize()?;
    let mut all: BTreeSet<PathBuf> = linked.into_iter().collect();
    for program in BESIDE_IT {
        let from = folder.join("webkit2gtk-4.1").join(program);
        if !from.exists() && program == "WebKitGPUProcess" {
            continue;
        }
        all.extend(needed_by(&from)?);
        tree.program(&from, from.to_str().context("a plain path")?)?;
        files.insert(from);
    }
    // Loaded by its name, where there is one: the tray's.
    let tray = folder.join(TRAY);
    anyhow::ensure!(tray.exists(), "{} is missing; run: cargo xtask setup --for bundle", tray.display());
    all.extend(needed_by(&tray)?);
    all.insert(tray);
    let mut changed = Vec::new();
    for library in all.into_iter().filter(|library| !is_the_desktop_s(&file_name(library))) {
        let name = file_name(&library);
        tree.program(&library, &format!("/usr/lib/{name}"))?;
        if name.starts_with("libwebkit2gtk") {
            relocated(&tree.root().join("usr/lib").join(&name))?;
            changed.push(name);
        }
        files.insert(library);
    }
    Ok(changed)
}

/// Has a library look below the folder that it is started in for what it would look for below `/usr`.
fn relocated(library: &Path) -> Result<()> {
    let mut bytes = std::fs::read(library)?;
    let (from, to) = (b"/usr", b"././");
    let places: Vec<usize> = (0..bytes.len().saturating_sub(3)).filter(|at| bytes[*at..].starts_with(from)).collect();
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    std::fs::write(library, bytes)?;
    Ok(())
}

/// What reads pictures, icons among them, and the list of it.
fn pictures(tree: &Tree, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let folder = PathBuf::from(asked("gdk-pixbuf-2.0", "gdk_pixbuf_moduledir")?);
    let svg = folder.join("libpixbufloader-svg.so");
    anyhow::ensure!(svg.exists(), "{} is missing; run: cargo xtask setup --for bundle", svg.display());
    for library in needed_by(&svg)?.iter().chain([&svg]).filter(|library| !is_the_desktop_s(&file_name(library))) {
        tree.program(library, &format!("/usr/lib/{}", file_name(library)))?;
        files.insert(library.clone());
    }
    let ask = asked("gdk-pixbuf-2.0", "gdk_pixbuf_query_loaders")?;
    let list = output(Command::new(ask).arg(&svg)).context("the list of what reads pictures cannot be made")?;
    // By its name alone it is found among the libraries.
    tree.bytes(list.replace(&format!("{}/", folder.display()), "").as_bytes(), "/usr/lib/pixbuf-loaders.cache")
}

/// What dialogs remember; and no modules of the system's, which belong to its own libraries.
fn settings(tree: &Tree, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir("/usr/share/glib-2.0/schemas")? {
        let path = entry?.path();
        let name = file_name(&path);
        if name.starts_with("org.gtk.Settings.") || name.starts_with("org.gnome.desktop.") {
            tree.file(&path, &format!("/usr/share/glib-2.0/schemas/{name}"))?;
            files.insert(path);
        }
    }
    let mut compile = Command::new(asked("gio-2.0", "glib_compile_schemas")?);
    must("settings of the dialogs", compile.arg(tree.root().join("usr/share/glib-2.0/schemas")))?;
    tree.bytes(b"", "/usr/lib/gio-modules/giomodule.cache")
}

fn asked(library: &str, variable: &str) -> Result<String> {
    let said = output(Command::new("pkg-config").args([&format!("--variable={variable}"), library]));
    let said = said.map(|said| said.trim().to_owned()).filter(|said| !said.is_empty());
    said.with_context(|| format!("pkg-config does not know {variable} of {library}"))
}

/// The libraries that a program is linked with, and theirs.
fn needed_by(program: &Path) -> Result<Vec<PathBuf>> {
    let said =
        output(Command::new("ldd").arg(program)).with_context(|| format!("ldd fails for {}", program.display()))?;
    if let Some(line) = said.lines().find(|line| line.ends_with("not found")) {
        anyhow::bail!("{} is not whole:{line}", program.display());
    }
    Ok(said.lines().filter_map(|line| line.split_once(" => ")?.1.split(" (").next().map(PathBuf::from)).collect())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a library is one that every desktop has.
fn is_the_desktop_s(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    THE_DESKTOP_S.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_desktop_has_is_told_from_what_is_brought() {
        for has in ["libc.so.6", "ld-linux-x86-64.so.2", "libX11-xcb.so.1", "libwayland-client.so.0", "libz.so.1"] {
            assert!(is_the_desktop_s(has), "{has}");
        }
        for brought in
            ["libcairo.so.2", "libmount.so.1", "libwebkit2gtk-4.1.so.0", "libharfbuzz-icu.so.0", "libXi.so.6"]
        {
            assert!(!is_the_desktop_s(brought), "{brought}");
        }
    }

    #[test]
    fn a_library_looks_below_the_folder_that_it_is_started_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = folder.path().join("lib");
        std::fs::write(&library, "a/usr/lib/x\0/usr").expect("written");
        relocated(&library).expect("changed");
        assert_eq!(std::fs::read(&library).expect("there"), b"a././/lib/x\0././");
    }

    /// What Davit's AppImage starts as Davit, and what that opens.
    #[test]
    fn what_davit_opens_finds_its_own_libraries_and_not_the_appimages() {
        let folder = tempfile::tempdir().expect("a folder");
        let tree = Tree::new(folder.path().join("tree")).expect("made");
        let parts = root().join("packaging/appimage");
        tree.program(&parts.join("AppRun"), "/AppRun").expect("there");
        tree.program(&parts.join("as-before"), "/usr/lib/davit/as-before").expect("there");
        tree.file(&parts.join("kept"), "/usr/lib/davit/kept").expect("there");
        let system = Tree::new(folder.path().join("system")).expect("made");
        for (tree, at, script) in [
            (&tree, "/usr/bin/davit-app", "echo \"app $LD_LIBRARY_PATH $XDG_DATA_DIRS\"; xdg-open page"),
            (
                &system,
                "/xdg-open",
                "echo \"opens $1 in $PWD ${LD_LIBRARY_PATH-none} $XDG_DATA_DIRS ${APPDIR-none} $PATH\"",
            ),
        ] {
            let script = format!("#!/bin/sh\n{script}\n");
            std::fs::write(folder.path().join("script"), script).expect("written");
            tree.program(&folder.path().join("script"), at).expect("there");
        }
        let here = tree.root().display().to_string();
        let path = format!("{}:/usr/bin:/bin", system.root().display());
        let mut run = Command::new("sh");
        run.arg(tree.root().join("AppRun"));
        run.current_dir("/")
            .env_clear()
            .env("PATH", &path)
            .env("APPDIR", tree.root())
            .env("XDG_DATA_DIRS", "/their own");
        let said = output(&mut run).expect("it runs");
        let wanted =
            format!("app {here}/usr/lib {here}/usr/share:/their own\nopens page in / none /their own none {path}\n");
        assert_eq!(said, wanted);
        // Also what it opened before an update started it from within.
        run.env("DAVIT_BEFORE", "/").env("DAVIT_BEFORE_PATH", &path).env("DAVIT_BEFORE_XDG_DATA_DIRS", "/their own");
        run.env("LD_LIBRARY_PATH", "/gone").env("XDG_DATA_DIRS", "/gone:/their own");
        assert_eq!(output(&mut run).expect("it runs"), wanted);
    }

    /// Whatever the window starts by its name has to stand in `AppRun`'s list.
    #[test]
    fn what_the_window_starts_is_known_to_apprun() {
        let run = std::fs::read_to_string(root().join("packaging/appimage/AppRun")).expect("AppRun");
        let list = run.lines().find_map(|line| line.strip_prefix("for program in ")).expect("a list");
        let list: Vec<&str> = list.trim_end_matches("; do").split(' ').collect();
        let window = std::fs::read_to_string(root().join("src-tauri/src/commands/diagnostics.rs")).expect("a source");
        let panels = window.split("const PANELS").nth(1).and_then(|rest| rest.split("];").next()).expect("panels");
        let started: Vec<&str> = panels.split("(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(started.len() > 2, "{started:?}");
        // And those of the crate `open`.
        for program in started.iter().chain(&["xdg-open", "gio", "gnome-open", "kde-open6", "kde-open5", "kde-open"]) {
            assert!(list.contains(program), "{program}");
        }
    }
}
