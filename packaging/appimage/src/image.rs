//! What lies behind the head, and what is done with it.

use std::fs::{File, Permissions};
use std::io::{BufReader, Error, Read as _, Result};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Component, Path};
use std::process::{Command, ExitCode};

use backhand::{FilesystemReader, InnerNode};
use rustix::process::{Pid, Signal, kill_process};

use crate::place::{Place, Wanted};

pub(crate) fn run() -> Result<ExitCode> {
    let own = std::env::current_exe()?;
    let begins = end_of_head(&own)?;
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_default();
    let words: Vec<_> = words.collect();
    match words.first().and_then(|word| word.to_str()) {
        Some("--appimage-offset") => println!("{begins}"),
        Some("--appimage-extract") => unpack(&own, begins, Path::new("squashfs-root"), Wanted::All)?,
        _ => {
            let is_davit = Path::new(&name).file_name().is_some_and(|name| name == "davit");
            let (wanted, begin) =
                if is_davit { (Wanted::CommandLine, "usr/bin/davit") } else { (Wanted::All, "AppRun") };
            let unpack = |into: &Path| unpack(&own, begins, into, wanted);
            let place = Place::of(&own, wanted, &std::env::temp_dir(), unpack)?;
            let mut program = Command::new(place.path().join(begin));
            program.args(words).env("APPIMAGE", &own).env("APPDIR", place.path()).env("ARGV0", name);
            return start(&mut program);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs it to its end; what asks us to end is passed on.
fn start(program: &mut Command) -> Result<ExitCode> {
    let mut child = program.spawn()?;
    let id = Pid::from_child(&child);
    ctrlc::set_handler(move || {
        let _ = kill_process(id, Signal::TERM);
    })
    .map_err(Error::other)?;
    let status = child.wait()?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Where a program ends that nothing was put behind: its table of sections is the last of it.
/// Source: the ELF-64 object file format, figure 2.
fn end_of_head(own: &Path) -> Result<u64> {
    let mut header = [0; 64];
    File::open(own)?.read_exact(&mut header)?;
    let number = |at: usize, bytes: usize| {
        header[at..at + bytes].iter().rev().fold(0u64, |number, byte| (number << 8) | u64::from(*byte))
    };
    let (table, entry, entries) = (number(0x28, 8), number(0x3a, 2), number(0x3c, 2));
    Ok(table + entry * entries)
}

/// Unpacks what is wanted of it into a folder. Names that lead out of it are none of ours.
fn unpack(own: &Path, begins: u64, into: &Path, wanted: Wanted) -> Result<()> {
    let image = FilesystemReader::from_reader_with_offset(BufReader::new(File::open(own)?), begins);
    let image = image.map_err(Error::other)?;
    for node in image.files() {
        let inside: &Path = node.fullpath.strip_prefix("/").unwrap_or(&node.fullpath);
        if !inside.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Error::other(format!("{} lies outside", inside.display())));
        }
        if !wanted.holds(inside) {
            continue;
        }
        let at = into.join(inside);
        if let Some(folder) = at.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match &node.inner {
            InnerNode::Dir(_) => std::fs::create_dir_all(&at)?,
            InnerNode::File(file) => {
                let mut out = File::create(&at)?;
                std::io::copy(&mut image.file(file).reader(), &mut out)?;
                out.set_permissions(Permissions::from_mode(u32::from(node.header.permissions)))?;
            }
            InnerNode::Symlink(link) => std::os::unix::fs::symlink(&link.link, &at)?,
            InnerNode::CharacterDevice(_) | InnerNode::BlockDevice(_) | InnerNode::NamedPipe | InnerNode::Socket => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_behind_a_program_begins_where_the_program_ends() {
        let own = std::env::current_exe().expect("our own path");
        let length = std::fs::metadata(&own).expect("it is there").len();
        let ends = end_of_head(&own).expect("a program");
        assert!(ends <= length && length - ends < 64, "{ends} of {length}");
    }
}
