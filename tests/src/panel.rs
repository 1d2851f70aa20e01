//! What a desktop shows of programs besides their windows, on the session's bus: icons in a panel, and notifications. While there is no
//! panel, no program has a place there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use crate::screen::tool;
use crate::window::{LOOK, PATIENCE};

/// A panel; it goes when it is dropped.
pub struct Panel {
    tool: Child,
    asks: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
    icons: usize,
    told: Vec<(String, String)>,
}

impl Panel {
    /// A panel without icons.
    pub fn start() -> Self {
        let mut panel = Command::new("/usr/bin/python3");
        panel.arg(tool("panel.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut tool = panel.spawn().expect("python3 starts");
        let (asks, says) = (tool.stdin.take(), BufReader::new(tool.stdout.take().expect("its output")));
        let mut panel = Self { tool, asks, says, icons: 0, told: Vec::new() };
        assert_eq!(panel.says(), "ready");
        panel
    }

    /// The next that it has to say; what happens by itself is kept.
    fn says(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.says.read_line(&mut line).expect("its output"), 0, "the panel ended");
            if !self.happened(line.trim()) {
                return line.trim().to_owned();
            }
        }
    }

    fn happened(&mut self, line: &str) -> bool {
        if line == "shown" {
            self.icons += 1;
        } else if let Some(told) = line.strip_prefix("told ") {
            self.told.push(serde_json::from_str(told).expect("title and text"));
        } else {
            return false;
        }
        true
    }

    fn ask(&mut self, what: &str) -> String {
        let asks = self.asks.as_mut().expect("its input");
        writeln!(asks, "{what}").and_then(|()| asks.flush()).expect("told");
        self.says()
    }

    fn until_happened(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let mut line = String::new();
            assert_ne!(self.says.read_line(&mut line).expect("its output"), 0, "the panel ended");
            assert!(self.happened(line.trim()), "nobody asked: {line}");
        }
    }

    /// Waits until a program has put its icon there.
    pub fn until_shown(&mut self) {
        self.until_happened(|panel| panel.icons > 0);
    }

    /// Waits for a notification with this title; answers its text.
    pub fn until_told(&mut self, title: &str) -> String {
        self.until_happened(|panel| panel.told.iter().any(|(told, _)| told == title));
        self.told.iter().find(|(told, _)| told == title).expect("it is there").1.clone()
    }

    /// Titles of all notifications so far.
    pub fn told(&mut self) -> Vec<String> {
        // Whatever was told before is read by then.
        self.menu();
        self.told.iter().map(|(title, _)| title.clone()).collect()
    }

    /// Clicks the last notification.
    pub fn click(&mut self) {
        assert_eq!(self.ask("click"), "clicked");
    }

    /// The lines of the icon's menu.
    pub fn menu(&mut self) -> Vec<String> {
        serde_json::from_str(&self.ask("menu")).expect("lines")
    }

    /// Chooses a line of it.
    pub fn choose(&mut self, line: &str) {
        assert_eq!(self.ask(line), "chosen", "{line}: {:?}", self.menu());
    }

    /// Waits until a line of it begins so.
    pub fn until_says(&mut self, begins: &str) {
        let begun = Instant::now();
        while !self.menu().iter().any(|line| line.starts_with(begins)) {
            assert!(begun.elapsed() < PATIENCE, "it never said “{begins}” but {:?}", self.menu());
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        drop(self.asks.take());
        let _ = self.tool.wait();
    }
}
