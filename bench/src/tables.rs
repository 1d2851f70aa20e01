//! Runs as a table for people.

use std::fmt::Write as _;

use crate::cases::{Against, Case, Figure, Goal};
use crate::figures::{Runs, median};
use crate::peers::Peer::{self, Davit};
use crate::rounds::Run;

/// When and where it was measured.
pub(crate) struct Circumstances {
    pub(crate) day: String,
    pub(crate) processors: usize,
    pub(crate) rounds: u32,
    /// Versions by peer.
    pub(crate) versions: Vec<(Peer, String)>,
    /// Peers that could not be measured, and why.
    pub(crate) missing: Vec<(Peer, String)>,
}

/// Beyond this share of the processors' time, what others do shows in every wall.
const BUSY: f64 = 0.1;

pub(crate) fn section(case: &Case, all: &[Run], when: &Circumstances) -> String {
    let runs = Runs(all);
    let ran = |peer: Peer| all.iter().any(|run| run.peer == peer) || when.missing.iter().any(|(gone, _)| *gone == peer);
    let absent: Vec<_> = case.peers.iter().filter(|peer| !ran(**peer)).map(|peer| peer.name()).collect();
    let absent =
        if absent.is_empty() { String::new() } else { format!("Not asked for this time: {}.\n", absent.join(", ")) };
    let mut out = format!("### {}\n\n{}{absent}\n", case.title, told(all, when));
    let variants = case.variants.len() > 1;
    let faults = case.variants.iter().any(|variant| variant.faults.is_some());
    let files = case.variants[0].input.files() > 1;
    let mut columns = vec!["peer", "runs"];
    if variants {
        columns.insert(0, "");
    }
    columns.push(if files { "CPU ms/file" } else { "CPU s/GiB" });
    columns.extend(["Davit's to it", "wall s", "Davit's to it"]);
    if files {
        columns.push("files/s");
    }
    columns.extend(["RSS MiB", "connections (sending)", "requests"]);
    if faults {
        columns.extend(["503 / reset", "wasted MB"]);
    }
    row(&mut out, columns.iter().map(|column| (*column).to_owned()));
    row(&mut out, columns.iter().map(|_| "---".to_owned()));
    for (n, variant) in case.variants.iter().enumerate() {
        for peer in case.peers.iter().copied() {
            let made = all.iter().filter(|run| run.peer == peer && run.variant == n).count();
            let counted = runs.of(peer, n).count();
            if made == 0 {
                continue;
            }
            let figure = |figure| runs.median(figure, peer, n);
            let to_it = |figure| runs.ratio(figure, Davit, peer, n).filter(|_| peer != Davit);
            let seen = |what: fn(&Run) -> u64| median(runs.of(peer, n).map(|run| what(run) as f64));
            let per = if files {
                1e3 / f64::from(variant.input.files())
            } else {
                f64::from(1 << 30) / variant.input.bytes() as f64
            };
            let mut cells = vec![
                peer.name().to_owned(),
                if made == counted { made.to_string() } else { format!("{counted} of {made}") },
            ];
            if variants {
                cells.insert(0, variant.name.to_owned());
            }
            cells.push(shown(figure(Figure::Cpu).map(|cpu| cpu * per), if files { 3 } else { 2 }));
            cells.push(shown(to_it(Figure::Cpu), 2));
            cells.push(shown(figure(Figure::Wall), 2));
            cells.push(shown(to_it(Figure::Wall), 2));
            if files {
                let rate = |wall: f64| f64::from(variant.input.files()) / wall;
                cells.push(shown(figure(Figure::Wall).map(rate), 0));
            }
            cells.push(shown(figure(Figure::Memory), 0));
            let (connections, active) = (seen(|run| run.seen.connections), figure(Figure::Active));
            cells.push(format!("{} ({})", shown(connections, 0), shown(active, 0)));
            cells.push(shown(seen(|run| run.seen.requests), 0));
            if faults {
                let (busy, resets) = (seen(|run| run.seen.busy), seen(|run| run.seen.resets));
                cells.push(format!("{} / {}", shown(busy, 0), shown(resets, 0)));
                cells.push(shown(seen(|run| run.wasted).map(|bytes| bytes / 1e6), 1));
            }
            row(&mut out, cells.into_iter());
        }
    }
    let ideal: Vec<_> = case.variants.iter().filter_map(crate::cases::Variant::ideal).collect();
    if let [seconds] = ideal.as_slice() {
        let _ = write!(out, "\nThe link alone takes {seconds:.2} s.\n");
    }
    let mut hopes = String::new();
    for goal in &case.goals {
        if let Some(reached) = runs.reached(case, goal) {
            let _ = writeln!(hopes, "- {}", hope(goal, reached));
        }
    }
    if !hopes.is_empty() {
        let _ = write!(out, "\n{hopes}");
    }
    for run in all {
        if let Some(why) = &run.failure {
            let who = [run.peer.name(), case.variants[run.variant].name].join(" ");
            let _ = write!(out, "\n{} in round {} does not count: {why}\n", who.trim_end(), run.round + 1);
        }
    }
    out
}

/// Who, when, and how far the walls can be trusted.
pub(crate) fn told(all: &[Run], when: &Circumstances) -> String {
    let Circumstances { day, processors, rounds, versions, missing } = when;
    let rounds = if *rounds == 1 { "one round".to_owned() } else { format!("medians of {rounds} rounds") };
    let mut out = format!("{day}, {processors} processors, {rounds}.");
    let others = || all.iter().filter_map(|run| run.others);
    if let Some(middle) = median(others()) {
        let most = others().fold(0.0, f64::max);
        let _ =
            write!(out, " Others used {:.0} % of them between the runs ({:.0} % at most)", middle * 1e2, most * 1e2);
        out.push_str(if middle > BUSY { ": **a busy machine, walls are not to be trusted**." } else { "." });
    }
    let versions = versions.iter().filter(|(peer, text)| !text.is_empty() && all.iter().any(|run| run.peer == *peer));
    let versions: Vec<_> = versions.map(|(peer, text)| format!("{} {text}", peer.name())).collect();
    if !versions.is_empty() {
        let _ = write!(out, " Versions: {}.", versions.join(", "));
    }
    for (peer, why) in missing {
        let _ = write!(out, " Not measured: {} ({why}).", peer.name());
    }
    out.push('\n');
    out
}

fn hope(goal: &Goal, reached: f64) -> String {
    let what = match goal.figure {
        Figure::Cpu => "CPU",
        Figure::Wall => "wall",
        Figure::Memory => "MiB of memory",
        Figure::Active => "connections that send at a time",
        Figure::Back => "seconds until nine tenths of a link that returned were used again",
        Figure::Waste => "bytes sent in vain, to 8 MiB for each failed request",
    };
    let against = match goal.against {
        Against::Itself => String::new(),
        Against::Peer(peer) => format!(", to that of {}", peer.name()),
        Against::Link => ", to what the link takes".to_owned(),
        Against::Variant(other) => format!(", more than with “{other}”"),
    };
    let variant = if goal.variant.is_empty() { String::new() } else { format!(" with “{}”", goal.variant) };
    let verdict = if reached <= goal.at_most { "" } else { ", **not reached**" };
    let (of, most) = (goal.of.name(), goal.at_most);
    format!("{what} of {of}{variant}{against}: {reached:.2}; the goal is {most:.2} at most{verdict}")
}

fn shown(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        let _ = write!(out, " {cell} |");
    }
    out.push('\n');
}

/// A document with what stands between the marks of a case replaced; none when it has no such marks.
pub(crate) fn replaced(document: &str, case: &str, section: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- bench: {case} -->\n"), format!("<!-- end: {case} -->"));
    let from = document.find(&begin)? + begin.len();
    let to = from + document[from..].find(&end)?;
    Some(format!("{}{}\n{}", &document[..from], section.trim_end(), &document[to..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let document =
            "before\n<!-- bench: a -->\nold\n<!-- end: a -->\nbetween\n<!-- bench: ab -->\n<!-- end: ab -->\nafter\n";
        let new = replaced(document, "ab", "new\n\n").expect("marks");
        assert!(new.ends_with("between\n<!-- bench: ab -->\nnew\n<!-- end: ab -->\nafter\n"), "{new}");
        assert_eq!(replaced(&new, "ab", "new"), Some(new.clone()));
        assert!(replaced(&new, "a", "x").expect("marks").contains("-->\nx\n<!-- end: a"));
        assert_eq!(replaced(document, "b", "new"), None);
    }
}
