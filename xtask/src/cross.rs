//! A compiler for systems that this one is not. Where rustup has the other system's standard library, that is it; else
//! Debian's packages of a newer Rust are unpacked beside what we build: they bring the library's source, so it is built too.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{cargo, command, must, output, target, works};
use crate::setup;

/// Debian's Rust, with the source of its standard library.
const TOOLCHAIN: &[&str] =
    &["cargo-web", "libstd-rust-web-1.96", "libstd-rust-web-dev", "rust-web-llvm", "rust-web-src", "rustc-web"];

/// What that is linked with.
const LINKED: &[&str] = &["libgit2-1.5", "libllvm22", "libssh2-1"];

/// Where everything lies that is made for other systems.
pub(crate) fn folder() -> PathBuf {
    target().join("cross")
}

pub(crate) struct Cross {
    triple: &'static str,
    /// Debian's, unpacked.
    unpacked: Option<PathBuf>,
}

impl Cross {
    pub(crate) fn to(triple: &'static str) -> Result<Self> {
        let known = output(&mut command("rustup", &["target", "list", "--installed"]));
        if known.is_some_and(|known| known.lines().any(|line| line == triple)) {
            println!("== {triple} by rustup's standard library");
            return Ok(Self { triple, unpacked: None });
        }
        let unpacked = unpacked().with_context(|| {
            format!("there is no standard library for {triple}; run: rustup target add {triple}, where rustup has it")
        })?;
        println!("== {triple} by Debian's Rust in {}", unpacked.display());
        Ok(Self { triple, unpacked: Some(unpacked) })
    }

    /// Cargo for that system: a word such as `build`, and more of them.
    pub(crate) fn cargo(&self, word: &str, words: &[&str]) -> Command {
        let mut cargo = match &self.unpacked {
            None => cargo(&[word]),
            Some(unpacked) => {
                let bin = unpacked.join("usr/bin");
                let mut cargo = command(bin.join("cargo"), &[word]);
                cargo.arg("-Zbuild-std=std,panic_unwind,proc_macro,test");
                cargo.env("RUSTC", bin.join("rustc")).env("RUSTC_BOOTSTRAP", "1");
                cargo.env("LD_LIBRARY_PATH", unpacked.join("usr/lib/x86_64-linux-gnu"));
                cargo.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
                // What rustup tells its own tools is news to these.
                cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
                cargo
            }
        };
        cargo.args(["--target", self.triple, "--locked"]).args(words).env("CARGO_TARGET_DIR", folder());
        cargo
    }

    /// Where a build puts its programs.
    pub(crate) fn built(&self, profile: &str) -> PathBuf {
        folder().join(self.triple).join(profile)
    }
}

/// Debian's Rust, unpacked where it is not yet.
fn unpacked() -> Result<PathBuf> {
    let place = folder().join("toolchain");
    if place.join("usr/bin/cargo").exists() && place.join("usr/bin/rustc").exists() {
        return Ok(place);
    }
    let known = works(&mut command("apt-cache", &["show", TOOLCHAIN[0]]));
    if !known || std::env::consts::ARCH != "x86_64" {
        bail!("this system has no packages {} to take one from", TOOLCHAIN.join(", "));
    }
    setup::tools(LINKED)?;
    let packages = folder().join("packages");
    std::fs::create_dir_all(&packages)?;
    let mut download = command("apt-get", &["download", "-qq"]);
    must("Debian's Rust", download.args(TOOLCHAIN).current_dir(&packages))?;
    for entry in std::fs::read_dir(&packages)? {
        let package = entry?.path();
        must("unpacking it", Command::new("dpkg").arg("-x").arg(package).arg(&place))?;
    }
    std::fs::remove_dir_all(&packages)?;
    Ok(place)
}

/// A compiler of C for macOS, which takes cargo's words and passes on what it understands.
pub(crate) fn c_for_macos() -> Result<PathBuf> {
    let zig = folder().join("zig");
    let python = zig.join("bin/python");
    if !works(&mut command(&python, &["-m", "ziglang", "version"])) {
        setup::tools(&["python3-venv"])?;
        must("a place for zig", command("python3", &["-m", "venv"]).arg(&zig))?;
        must("zig, as a compiler of C", &mut command(&python, &["-m", "pip", "install", "--quiet", ZIG]))?;
    }
    let script = folder().join("cc-for-macos");
    std::fs::write(&script, format!("#!/bin/bash\npython={}\n{C_FOR_MACOS}", python.display()))?;
    must("the compiler's words", command("chmod", &["755"]).arg(&script))?;
    Ok(script)
}

/// The one that was last tried.
const ZIG: &str = "ziglang==0.17.1";

const C_FOR_MACOS: &str = r#"words=()
skip=
for word; do
    if [ -n "$skip" ]; then skip=; continue; fi
    case $word in
        -arch) skip=1 ;;
        --target=* | arm64 | -mmacosx-version-min=*) ;;
        *) words+=("$word") ;;
    esac
done
exec "$python" -m ziglang cc -target aarch64-macos-none "${words[@]}"
"#;
