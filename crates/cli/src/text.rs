//! Text for a terminal or a pipe: numbers and names as the window writes them, and printing that a reader who has gone
//! away cannot break.

use std::io::Write;

use davit_core::error::{Error, ErrorCode, Result};

use console::measure_text_width;

const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];

/// Prints a line on standard output. Answers whether more is worth printing: a reader may have seen enough.
///
/// # Errors
/// `disk-full` or `unexpected` when the line could not be written though somebody wants it: an answer cut short must not
/// pass for a whole one.
pub(crate) fn line(text: &str) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    heard(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// Writes something long on standard output, as far as somebody reads it.
///
/// # Errors
/// As [`line()`].
pub(crate) fn all(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    heard(write(&mut out).and_then(|()| out.flush())).map(drop)
}

fn heard(written: std::io::Result<()>) -> Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => {
            let full = error.kind() == std::io::ErrorKind::StorageFull;
            let code = if full { ErrorCode::DiskFull } else { ErrorCode::Unexpected };
            Err(Error::new(code).detail(format!("standard output: {error}")))
        }
    }
}

/// Prints a line on standard error; where that is closed, nobody wants to know.
pub(crate) fn note(text: &str) {
    // At once: what is written piece by piece goes out piece by piece.
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// A name or a message from elsewhere on one line: what would break it, command the terminal, or make it look like another
/// is spelled out.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| if shows(c) { String::from(c) } else { c.escape_default().collect() };
    text.chars().map(shown).collect()
}

/// Whether a character stands in a line as itself: no control, no separator of lines, none that turns text around, and
/// none that nobody sees. Joiners stay: scripts and emoji are written with them.
fn shows(c: char) -> bool {
    let hidden = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !hidden
}

/// The same, cut in its middle to so many columns.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    let text = plain(text);
    let wide = |c: char| measure_text_width(c.encode_utf8(&mut [0; 4]));
    if measure_text_width(&text) <= columns {
        return text;
    }
    let (mut left, mut right) = (String::new(), Vec::new());
    let mut room = columns.saturating_sub(1);
    let head = room / 3;
    let mut used = 0;
    for c in text.chars().take_while(|c| {
        used += wide(*c);
        used <= head
    }) {
        left.push(c);
    }
    room -= measure_text_width(&left);
    for c in text.chars().rev() {
        let Some(rest) = room.checked_sub(wide(c)) else { break };
        room = rest;
        right.push(c);
    }
    format!("{left}…{}", right.into_iter().rev().collect::<String>())
}

/// "412.8 of 960.0 GB": both in the unit of the whole.
pub(crate) fn size_of(sent: u64, size: u64) -> String {
    let unit = unit_of(size);
    format!("{} of {} {}", in_unit(sent, unit), in_unit(size, unit), UNITS[unit])
}

/// "412.8 GB".
pub(crate) fn size(bytes: u64) -> String {
    let unit = unit_of(bytes);
    format!("{} {}", in_unit(bytes, unit), UNITS[unit])
}

/// "38.4 MB/s".
pub(crate) fn speed(per_second: u64) -> String {
    if per_second < 1_000_000 {
        return format!("{} kB/s", per_second / 1_000);
    }
    format!("{:.1} MB/s", per_second as f64 / 1e6)
}

/// "7 h 30 min left".
pub(crate) fn time_left(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (0, 0, 0) => "less than a minute left".to_owned(),
        (0, 0, minutes) => format!("{} min left", minutes + 1),
        (0, hours, minutes) => format!("{hours} h {} min left", minutes % 60),
        (days, hours, _) => format!("{days} d {} h left", hours % 24),
    }
}

fn unit_of(bytes: u64) -> usize {
    let thousands = bytes.checked_ilog(1_000).unwrap_or(0);
    usize::try_from(thousands).map_or(0, |unit| unit.min(UNITS.len() - 1))
}

fn in_unit(bytes: u64, unit: usize) -> String {
    let digits = unit.saturating_sub(2);
    let mut scaled = bytes as f64;
    for _ in 0..unit {
        scaled /= 1e3;
    }
    format!("{scaled:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_the_window() {
        assert_eq!(size_of(412_800_000_000, 960_000_000_000), "412.8 of 960.0 GB");
        assert_eq!((size(0), size(999), size(38_400_000)), ("0 B".into(), "999 B".into(), "38 MB".into()));
        assert_eq!(size(1_640_000_000_000), "1.64 TB");
        assert_eq!((speed(38_400_000), speed(12_345)), ("38.4 MB/s".into(), "12 kB/s".into()));
        assert_eq!(time_left(27_000), "7 h 30 min left");
        assert_eq!((time_left(5), time_left(90)), ("less than a minute left".into(), "2 min left".into()));
    }

    #[test]
    fn a_name_stays_on_one_line_and_commands_no_terminal() {
        assert_eq!(plain("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
        assert_eq!(
            plain("cut\u{202e}vom.exe\u{2066}\u{200f}\u{feff}"),
            "cut\\u{202e}vom.exe\\u{2066}\\u{200f}\\u{feff}"
        );
        assert_eq!(plain("نامه\u{200c}ها 👨\u{200d}👩 映画"), "نامه\u{200c}ها 👨\u{200d}👩 映画");
        let long = format!("/a/{}/last.mov", "x".repeat(300));
        let cut = fit(&long, 40);
        assert_eq!(measure_text_width(&cut), 40);
        assert!(cut.starts_with("/a/x") && cut.ends_with("/last.mov"), "{cut}");
        assert!(measure_text_width(&fit(&"映画".repeat(60), 41)) <= 41);
        assert_eq!(fit("short", 40), "short");
    }
}
