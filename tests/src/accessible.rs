//! What somebody who does not see the window is told of it, as the system passes it on to screen readers (AT-SPI).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::screen::tool;
use crate::window::{LOOK, PATIENCE};

/// A screen reader of one program; it goes when it is dropped.
pub struct Reader {
    tool: Child,
    asks: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
}

/// A part of what it is told.
#[derive(Clone, Debug)]
pub struct Part {
    depth: u64,
    /// What it is, in the words of AT-SPI, such as "push button".
    pub role: String,
    /// What it is called.
    pub name: String,
    /// What is written in it itself.
    pub text: String,
    /// How it is, such as "selected".
    pub states: Vec<String>,
    /// How far it is, where it tells that in words.
    pub value: String,
    /// Whether what changes in it is said "polite"ly, when nothing else is, or "assertive"ly; else nothing of it is.
    pub live: String,
}

impl Part {
    fn of(told: &Value) -> Self {
        let text = |name: &str| told[name].as_str().expect(name).replace('\u{a0}', " ");
        let attribute = |name: &str| told["attributes"][name].as_str().unwrap_or_default().to_owned();
        let states = told["states"].as_array().expect("states");
        Self {
            depth: told["depth"].as_u64().expect("a depth"),
            role: text("role"),
            name: text("name"),
            text: text("text"),
            states: states.iter().filter_map(|state| state.as_str().map(str::to_owned)).collect(),
            value: attribute("valuetext"),
            live: attribute("live"),
        }
    }

    /// Whether it is so, such as "selected".
    pub fn is(&self, state: &str) -> bool {
        self.states.iter().any(|known| known == state)
    }
}

/// A part with all that is in it.
pub fn within(parts: &[Part], at: usize) -> &[Part] {
    let deeper = parts[at + 1..].iter().take_while(|part| part.depth > parts[at].depth).count();
    &parts[at..=at + deeper]
}

/// All parts of this role, each with what is in it.
pub fn all<'a>(parts: &'a [Part], role: &'a str) -> impl Iterator<Item = &'a [Part]> {
    (0..parts.len()).filter(move |at| parts[*at].role == role).map(move |at| within(parts, at))
}

impl Reader {
    /// One of what this process shows.
    pub fn of(process: u32) -> Self {
        let mut tool = Command::new("/usr/bin/python3")
            .arg(tool("accessible.py"))
            .arg(process.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let (asks, says) = (tool.stdin.take(), BufReader::new(tool.stdout.take().expect("its output")));
        let mut reader = Self { tool, asks, says };
        assert_eq!(reader.says(), "ready");
        reader
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.says.read_line(&mut line).expect("its output"), 0, "the reader ended");
        line.trim().to_owned()
    }

    /// All that there is now, from above.
    pub fn reads(&mut self) -> Vec<Part> {
        let asks = self.asks.as_mut().expect("its input");
        writeln!(asks, "all").and_then(|()| asks.flush()).expect("told");
        let told: Value = serde_json::from_str(&self.says()).expect("parts");
        told.as_array().expect("parts").iter().map(Part::of).collect()
    }

    /// Reads until it is told this.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&[Part]) -> bool) -> Vec<Part> {
        let begun = Instant::now();
        loop {
            let parts = self.reads();
            if is_so(&parts) {
                return parts;
            }
            assert!(begun.elapsed() < PATIENCE, "never told: {what}\n{}", outline(&parts));
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.tool.wait();
    }
}

/// The same for whoever looks for what is wrong.
pub fn outline(parts: &[Part]) -> String {
    let line = |part: &Part| {
        let indent = "  ".repeat(usize::try_from(part.depth).unwrap_or(0));
        format!("{indent}{} “{}” {} {:?}\n", part.role, part.name, part.text.replace('\n', " / "), part.states)
    };
    parts.iter().map(line).collect()
}
