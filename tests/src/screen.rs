//! What else is on the screen: the clipboard and the system's dialogs, as other programs and a person's hands see them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::window::{LOOK, PATIENCE};

/// A dialog that took a Return is gone within this, however long it took to be ready for it.
const CLOSING: Duration = Duration::from_secs(15);

pub(crate) fn tool(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools").join(name)
}

fn clipboard(words: &str) -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(tool("clipboard.py")).arg(words);
    command
}

/// The text in the clipboard, as another program is given it.
pub fn copied_text() -> String {
    let asked = clipboard("text").output().expect("python3 starts");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8(asked.stdout).expect("text")
}

/// Files that were copied in a file manager.
pub struct Copied(Child);

/// Copies files as a file manager does.
pub fn copy_files(files: &[&Path]) -> Copied {
    let mut holds = clipboard("files").args(files).stdout(Stdio::piped()).spawn().expect("python3 starts");
    let mut line = String::new();
    BufReader::new(holds.stdout.take().expect("its output")).read_line(&mut line).expect("read");
    assert_eq!(line.trim(), "held");
    Copied(holds)
}

impl Copied {
    /// Waits until they were pasted.
    pub fn are_taken(mut self) {
        assert!(self.0.wait().expect("ends").success(), "nobody asked for the files");
    }
}

fn xdotool(args: &[&str]) -> String {
    let done = Command::new("xdotool").args(args).output().expect("xdotool starts");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn dialogs(title: &str) -> Vec<String> {
    let found = xdotool(&["search", "--onlyvisible", "--name", &format!("^{title}$")]);
    found.lines().map(str::to_owned).collect()
}

/// How many dialogs with this title are open.
pub fn open_dialogs(title: &str) -> usize {
    dialogs(title).len()
}

/// The windows that a process shows.
pub fn windows_of(process: u32) -> Vec<String> {
    let found = xdotool(&["search", "--onlyvisible", "--all", "--pid", &process.to_string(), "--name", "."]);
    // GTK shows one beyond the screen's edge once something was dropped, and calls it as the program.
    let seen = |id: &&str| xdotool(&["getwindowname", id]).trim() != "davit-app";
    found.lines().filter(seen).map(str::to_owned).collect()
}

/// Somebody who looks at the screen until a window stands there.
pub struct Looking(Child, BufReader<ChildStdout>);

impl Looking {
    /// For one with this title that is not there yet.
    pub fn for_window(title: &str) -> Self {
        let mut looks = Command::new("/usr/bin/python3");
        looks.arg(tool("stands.py")).arg(title).stdout(Stdio::piped());
        let mut looks = looks.spawn().expect("python3 starts");
        let says = BufReader::new(looks.stdout.take().expect("its output"));
        let mut looking = Self(looks, says);
        assert_eq!(looking.says(), "looks");
        looking
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).expect("its output");
        line.trim().to_owned()
    }

    /// Waits until it stands there; answers since when, in milliseconds since 1970.
    pub fn stands(mut self) -> f64 {
        self.says().parse().expect("a time")
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Closes a window as its window manager does when a person presses Alt+F4.
pub fn close(window: &str) {
    xdotool(&["windowactivate", "--sync", window, "key", "--clearmodifiers", "alt+F4"]);
}

/// Waits until a process shows a message, and says yes to it until it is gone.
pub fn confirm_message_of(process: u32) {
    let begun = Instant::now();
    let mut seen = false;
    loop {
        match windows_of(process).into_iter().next() {
            Some(id) => {
                seen = true;
                xdotool(&["windowactivate", &id, "key", "Return"]);
            }
            None if seen => return,
            None => {}
        }
        assert!(begun.elapsed() < PATIENCE, "process {process} shows nothing, or does not take a yes");
        std::thread::sleep(LOOK);
    }
}

/// Types a path into the system's file dialog with this title, and confirms it.
pub fn choose_in_dialog(title: &str, path: &Path) {
    let begun = Instant::now();
    let id = loop {
        if let Some(id) = dialogs(title).into_iter().next() {
            break id;
        }
        assert!(begun.elapsed() < PATIENCE, "no dialog “{title}”");
        std::thread::sleep(LOOK);
    };
    xdotool(&["windowactivate", "--sync", &id]);
    // A slash opens the field for a path; keys that come before it is there are lost, so it is typed until it is taken.
    let typed = path.to_str().expect("a plain path").strip_prefix('/').expect("a whole path");
    while is_open(&id) {
        assert!(begun.elapsed() < PATIENCE, "the dialog “{title}” does not take {}", path.display());
        xdotool(&["key", "ctrl+a", "slash"]);
        std::thread::sleep(LOOK);
        xdotool(&["type", "--delay", "20", typed]);
        // What the dialog added by itself, of what lies in a folder, is taken away.
        std::thread::sleep(LOOK);
        xdotool(&["key", "Delete"]);
        // Return does nothing until the dialog has looked the path up. One that comes after its end would be a yes for
        // the window behind it, so each is given time.
        xdotool(&["key", "Return"]);
        let pressed = Instant::now();
        while is_open(&id) && pressed.elapsed() < CLOSING {
            std::thread::sleep(LOOK);
        }
    }
}

fn is_open(id: &str) -> bool {
    xdotool(&["search", "--onlyvisible", "--name", "."]).lines().any(|window| window == id)
}
