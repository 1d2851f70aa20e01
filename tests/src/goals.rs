//! What is measured beside what it has to be: a table of docs/performance.md, in which whatever is missed says so.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::process::processors;
use crate::soak::size;

/// What a figure has to be.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Goal {
    fn is_reached(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            // As it is told.
            Self::AtLeast(least) => figure.round() >= least,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "{most} at most"),
            Self::AtLeast(least) => write!(f, "{least} at least"),
        }
    }
}

/// A table of docs/performance.md.
#[derive(Debug)]
pub struct Table {
    told: String,
    goals: usize,
    /// What has missed its goal.
    missed: Vec<String>,
    /// Of that, what depends on no machine.
    broken: Vec<String>,
}

impl Table {
    /// Begun before anything runs that is measured.
    pub async fn of(title: &str) -> Self {
        let (busy, all) = processors();
        tokio::time::sleep(size(Duration::from_millis(50), Duration::from_secs(5))).await;
        let now = processors();
        let (busy, all) = (now.0.saturating_sub(busy), now.1.saturating_sub(all));
        let others = busy as f64 / all.max(1) as f64 * 100.0;
        let day = time::OffsetDateTime::now_utc().date();
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let commit = std::env::var("DAVIT_BENCH_COMMIT").unwrap_or_default();
        let told = format!(
            "### {title}\n\n{day}, {processors} processors, of which others used {others:.0} % before. {commit}. By \
             `cargo xtask bench --case window`.\n\n| | | goal |\n| --- | --- | --- |\n"
        );
        Self { told, goals: 0, missed: Vec::new(), broken: Vec::new() }
    }

    /// A figure that has a goal: missed, it says so, and fails where it is measured.
    pub fn holds(&mut self, what: &str, figure: f64, unit: &str, goal: Goal) {
        self.goals += 1;
        let told = told(figure, unit);
        if goal.is_reached(figure) {
            self.row(what, &told, &goal.to_string());
        } else {
            self.row(what, &told, &format!("{goal}, **missed**"));
            self.missed.push(format!("- {what}: {told}; the goal is {goal}"));
        }
    }

    /// The same of what depends on no machine: missed, it fails at any size.
    pub fn holds_anywhere(&mut self, what: &str, figure: f64, unit: &str, goal: Goal) {
        self.holds(what, figure, unit, goal);
        if !goal.is_reached(figure) {
            self.broken.extend(self.missed.last().cloned());
        }
    }

    /// A figure that has none.
    pub fn has(&mut self, what: &str, figure: f64, unit: &str) {
        self.row(what, &told(figure, unit), "");
    }

    fn row(&mut self, what: &str, told: &str, goal: &str) {
        println!("window: {what}: {told}");
        writeln!(self.told, "| {what} | {told} | {goal} |").expect("written");
    }

    /// Written where `cargo xtask bench` takes it from, and held to its goals there: among the tests figures are of a machine with much
    /// else to do.
    pub fn keep(mut self, name: &str) {
        let Some(folder) = std::env::var_os("DAVIT_BENCH_TABLES") else {
            assert!(self.broken.is_empty(), "missed:\n{}", self.broken.join("\n"));
            return;
        };
        let missed = self.missed.join("\n");
        if missed.is_empty() {
            writeln!(self.told, "\nAll {} goals are reached.", self.goals).expect("written");
        } else {
            writeln!(self.told, "\nMissed, {} of {} goals:\n\n{missed}", self.missed.len(), self.goals)
                .expect("written");
        }
        std::fs::write(Path::new(&folder).join(format!("{name}.md")), self.told).expect("written");
        assert!(missed.is_empty(), "missed:\n{missed}");
    }
}

fn told(figure: f64, unit: &str) -> String {
    let figure = if figure < 10.0 && figure.fract() != 0.0 { format!("{figure:.2}") } else { format!("{figure:.0}") };
    [figure.as_str(), unit].join(" ").trim_end().to_owned()
}
