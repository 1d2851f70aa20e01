//! What of a watched folder is taken (rules W5 and W18). Patterns are written as in a gitignore and stand in an order: the
//! first that matches decides. Pure.

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{Error, ErrorCode, Result};
use crate::file::{Stamp, names};
use crate::units::{ByteCount, UnixTime};

/// What programs leave and take away again; nobody's file. A person sees the list and may change it.
pub const LEFTOVERS: [&str; 15] = [
    ".*",
    "~$*",
    "*.tmp",
    "*.part",
    "*.partial",
    "*.crdownload",
    "*.download",
    "*.filepart",
    "*.aria2",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    ".syncthing.*",
    "~syncthing~*",
    "*.fcpcache",
];

/// Whether names are the same whatever the case of their letters.
const ANY_CASE: bool = cfg!(any(windows, target_os = "macos"));

/// One line of the rules, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "pattern", rename_all = "kebab-case")]
pub enum Line {
    /// What matches is taken.
    Include(String),
    /// What matches is left.
    Exclude(String),
}

/// What else a file has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Bounds {
    /// Bytes at least.
    pub least: Option<ByteCount>,
    /// Bytes at most.
    pub most: Option<ByteCount>,
    /// Folders below the watched one at most; 0 is that one alone.
    pub depth: Option<u16>,
    /// Seconds since it was last written to, at least.
    pub age: Option<u32>,
}

/// Why something is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "rule", content = "line", rename_all = "kebab-case")]
pub enum Rule {
    /// A program's leftover.
    Leftover,
    /// A line of the rules, by its place.
    Line(usize),
    /// Nothing of what is to be included.
    NotIncluded,
    /// Too few bytes.
    TooSmall,
    /// Too many.
    TooLarge,
    /// Too deep.
    TooDeep,
    /// It lies in the cloud, and reading would fetch it. This and what follows no rule says: it is passed over whatever they say.
    Placeholder,
    /// A link, or what the system shows as one.
    Link,
    /// A pipe, a socket or a device.
    Special,
    /// It cannot be read: a file, or a folder with all that is in it.
    Unreadable,
    /// A name that no key can have.
    Name,
}

/// Whether a file is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Takes,
    /// Not yet: in so many seconds, if nobody writes to it.
    Young(u64),
    /// Not yet, and its time is still to come, as after a camera whose clock is ahead: so many seconds after it was first seen.
    Ahead(u64),
    /// It is not.
    Leaves(Rule),
}

/// The rules of a watched folder, ready to be asked.
#[derive(Debug)]
pub struct Rules {
    leftovers: Vec<Pattern>,
    lines: Vec<(bool, Pattern)>,
    bounds: Bounds,
}

#[derive(Debug)]
struct Pattern {
    glob: GlobMatcher,
    /// Of paths from the watched folder on, and not of names wherever they stand.
    anchored: bool,
    /// Of folders alone.
    folders: bool,
}

impl Rules {
    /// Of what a person wrote.
    ///
    /// # Errors
    /// `bad-input` with the pattern that is none.
    pub fn new(leftovers: &[impl AsRef<str>], lines: &[Line], bounds: Bounds) -> Result<Self> {
        let composed = |pattern: &str| Pattern::new(&names::normal(pattern));
        let leftovers = leftovers.iter().map(|line| composed(line.as_ref())).collect::<Result<_>>()?;
        let line = |line: &Line| match line {
            Line::Include(pattern) => composed(pattern).map(|pattern| (true, pattern)),
            Line::Exclude(pattern) => composed(pattern).map(|pattern| (false, pattern)),
        };
        Ok(Self { leftovers, lines: lines.iter().map(line).collect::<Result<_>>()?, bounds })
    }

    /// Of a file, by its path in the folder with `/` between the names.
    pub fn file(&self, rel: &str, stamp: Stamp, now: UnixTime) -> Verdict {
        // A person types composed letters; a Mac may keep them apart.
        self.composed(&names::normal(rel), stamp, now)
    }

    /// The same by a path whose letters are composed.
    pub(super) fn composed(&self, rel: &str, stamp: Stamp, now: UnixTime) -> Verdict {
        if let Some(rule) = self.leaves(rel, ByteCount(stamp.size)) {
            return Verdict::Leaves(rule);
        }
        let written = u64::try_from(stamp.mtime_ns / 1_000_000_000).unwrap_or(0);
        match self.bounds.age.map(u64::from) {
            // Its time says nothing, and perhaps for years.
            Some(least) if written > now.0 => Verdict::Ahead(least),
            Some(least) if now.0 - written < least => Verdict::Young(least - (now.0 - written)),
            _ => Verdict::Takes,
        }
    }

    /// Whether nothing in a folder of this path is ever taken, so that it need not be looked at.
    pub fn leaves_folder(&self, rel: &str) -> bool {
        // A name that no text can hold is spelled so that it is none of those that can.
        let rel = &names::normal(rel.strip_prefix("./").unwrap_or(rel));
        self.is_leftover(rel, true) || self.is_too_deep(depth(rel) + 1) || self.excludes(rel)
    }

    /// Whether what has this path is never taken, be it a file or a folder: of what cannot be looked at.
    pub fn leaves_whatever(&self, rel: &str) -> bool {
        // A name that no text can hold is spelled so that it is none of those that can.
        let rel = &names::normal(rel.strip_prefix("./").unwrap_or(rel));
        self.is_leftover(rel, true) || self.is_too_deep(depth(rel)) || self.excludes(rel)
    }

    /// Whether a line excludes a folder, and none before it may include what lies there.
    fn excludes(&self, rel: &str) -> bool {
        let decides = self.lines.iter().find(|(include, pattern)| *include || pattern.matches(rel, true));
        decides.is_some_and(|(include, _)| !include)
    }

    fn leaves(&self, rel: &str, size: ByteCount) -> Option<Rule> {
        if self.is_leftover(rel, false) {
            return Some(Rule::Leftover);
        }
        match self.lines.iter().position(|(_, pattern)| pattern.matches(rel, false)) {
            Some(at) if !self.lines[at].0 => return Some(Rule::Line(at)),
            // Where something is to be included, the rest is not.
            None if self.lines.iter().any(|(include, _)| *include) => return Some(Rule::NotIncluded),
            Some(_) | None => {}
        }
        let Bounds { least, most, .. } = self.bounds;
        if least.is_some_and(|least| size < least) {
            Some(Rule::TooSmall)
        } else if most.is_some_and(|most| size > most) {
            Some(Rule::TooLarge)
        } else {
            self.is_too_deep(depth(rel)).then_some(Rule::TooDeep)
        }
    }

    fn is_too_deep(&self, depth: usize) -> bool {
        self.bounds.depth.is_some_and(|most| depth > usize::from(most))
    }

    fn is_leftover(&self, rel: &str, folder: bool) -> bool {
        self.leftovers.iter().any(|pattern| pattern.matches(rel, folder))
    }
}

/// Folders above the last name.
fn depth(rel: &str) -> usize {
    rel.matches('/').count()
}

/// Whether a pattern is one that can match anything, as a person writes it.
///
/// # Errors
/// `bad-input` where it would match nothing without a word: a shell takes it, and no path that is compared is written so.
pub(super) fn check(pattern: &str) -> Result<()> {
    let why = if pattern.starts_with("./") || ["/./", "//", "../"].iter().any(|odd| pattern.contains(odd)) {
        "paths begin at the watched folder, without “.”, “..” and empty names"
    } else if pattern.starts_with('!') {
        "whether files are taken or left is said beside a pattern, and not by “!”"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::BadInput).detail(format!("no pattern: {pattern:?}: {why}")))
}

impl Pattern {
    fn new(written: &str) -> Result<Self> {
        let bad = || Error::new(ErrorCode::BadInput).detail(format!("no pattern: {written:?}"));
        let written_here = if cfg!(windows) { written.replace('\\', "/") } else { written.to_owned() };
        let (bare, folders) = match written_here.strip_suffix('/') {
            Some(bare) => (bare, true),
            None => (&*written_here, false),
        };
        let anchored = bare.contains('/');
        let bare = bare.strip_prefix('/').unwrap_or(bare);
        if bare.is_empty() {
            return Err(bad());
        }
        let glob = GlobBuilder::new(bare)
            .literal_separator(true)
            .case_insensitive(ANY_CASE)
            .backslash_escape(true)
            .build()
            .map_err(|e| bad().source(e))?;
        Ok(Self { glob: glob.compile_matcher(), anchored, folders })
    }

    /// Whether it matches a path, or a folder that the path lies in.
    fn matches(&self, rel: &str, folder: bool) -> bool {
        let ends = rel.match_indices('/').map(|(at, _)| at).chain(std::iter::once(rel.len()));
        ends.filter(|end| *end < rel.len() || folder || !self.folders).any(|end| {
            let upto = &rel[..end];
            self.glob.is_match(if self.anchored { upto } else { upto.rsplit('/').next().unwrap_or(upto) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_000_000);

    fn stamp(size: u64) -> Stamp {
        Stamp { size, mtime_ns: 999_990_000_000_000, file: None }
    }

    fn rules(lines: &[&str], bounds: Bounds) -> Rules {
        let line = |line: &&str| match line.strip_prefix("not ") {
            Some(pattern) => Line::Exclude(pattern.to_owned()),
            None => Line::Include((*line).to_owned()),
        };
        Rules::new(&LEFTOVERS, &lines.iter().map(line).collect::<Vec<_>>(), bounds).expect("patterns")
    }

    fn taken(rules: &Rules, rel: &str) -> bool {
        rules.file(rel, stamp(9), NOW) == Verdict::Takes
    }

    /// W5.
    #[test]
    fn leftovers_of_programs_are_never_taken() {
        let all = rules(&["*"], Bounds::default());
        for leftover in [
            ".DS_Store",
            "a/.hidden",
            ".git/config",
            "~$letter.docx",
            "x.tmp",
            "x.part",
            "x.partial",
            "x.mov.crdownload",
            "x.download/Info.plist",
            "x.filepart",
            "x.aria2",
            "day/Thumbs.db",
            "desktop.ini",
            ".syncthing.a.tmp",
            "~syncthing~a.tmp",
            "a.fcpcache/b",
        ] {
            assert_eq!(all.file(leftover, stamp(9), NOW), Verdict::Leaves(Rule::Leftover), "{leftover}");
        }
        for fine in ["a.mov", "tmp/a.mov", "part", "x.tmp.mov", "a~b"] {
            assert!(taken(&all, fine), "{fine}");
        }
        // Who wants what is hidden wants none of these.
        let hidden: Vec<_> = LEFTOVERS.into_iter().filter(|pattern| *pattern != ".*").collect();
        let hidden = Rules::new(&hidden, &[], Bounds::default()).expect("patterns");
        assert!(taken(&hidden, ".env"));
        for leftover in ["day/.DS_Store", ".syncthing.a"] {
            assert_eq!(hidden.file(leftover, stamp(9), NOW), Verdict::Leaves(Rule::Leftover), "{leftover}");
        }
        assert!(all.leaves_folder("a/.git") && all.leaves_folder(".git/x") && !all.leaves_folder("a/git"));
        let mine = Rules::new(&["*.bak"], &[], Bounds::default()).expect("patterns");
        assert!(taken(&mine, "x.tmp") && !taken(&mine, "x.bak"), "the list is the person's");
    }

    /// W18: what was taken in before is left alone.
    #[test]
    fn a_pattern_that_could_match_nothing_is_refused_where_it_is_said() {
        for odd in ["./a.mov", "a//b", "a/./b", "../a", "a/../b", "!a.mov"] {
            assert_eq!(check(odd).expect_err(odd).code, ErrorCode::BadInput);
            rules(&[odd], Bounds::default());
        }
        for fine in ["*.mov", "/cut/**", "day/", ".*", "a!b", "..a"] {
            check(fine).expect(fine);
        }
    }

    /// W18: whether letters are composed or not is the same.
    #[test]
    fn letters_that_are_kept_apart_are_the_letters_that_they_make() {
        let all = rules(&["not gr\u{f6}\u{df}e/", "*"], Bounds::default());
        assert!(!taken(&all, "gro\u{308}\u{df}e/a.mov"));
        assert!(all.leaves_folder("gro\u{308}\u{df}e"));
        assert!(taken(&all, "andere/a.mov"));
    }

    /// W18.
    #[test]
    fn the_first_pattern_that_matches_decides() {
        let rules = rules(&["not proxy/", "keep/*.tif", "not *.tif", "*.mov", "*.tif*"], Bounds::default());
        assert!(taken(&rules, "a.mov") && taken(&rules, "day/b.mov"));
        assert!(!taken(&rules, "day/proxy/b.mov"), "a folder, wherever it lies");
        assert!(taken(&rules, "keep/a.tif"), "before what excludes it");
        assert!(!taken(&rules, "day/keep/a.tif"), "a path begins at the watched folder");
        assert!(!taken(&rules, "a.tif") && taken(&rules, "a.tiff"));
        assert_eq!(rules.file("a.wav", stamp(9), NOW), Verdict::Leaves(Rule::NotIncluded));
        assert_eq!(rules.file("a.tif", stamp(9), NOW), Verdict::Leaves(Rule::Line(2)));
        assert!(rules.leaves_folder("day/proxy"), "nothing in it comes before");
        assert!(!rules.leaves_folder("keep") && !rules.leaves_folder("day"));
    }

    #[test]
    fn paths_anchors_folders_and_case_are_those_of_a_gitignore() {
        let yes = |pattern: &str, rel: &str| taken(&rules(&[pattern], Bounds::default()), rel);
        assert!(yes("/a.mov", "a.mov") && !yes("/a.mov", "day/a.mov"));
        assert!(yes("day/*.mov", "day/a.mov") && !yes("day/*.mov", "day/cam/a.mov"));
        assert!(yes("day/**", "day/cam/a.mov") && yes("**/cam/*.mov", "day/cam/a.mov"));
        assert!(yes("day", "day/cam/a.mov"), "all that lies in it");
        assert!(yes("day/", "day/cam/a.mov") && !yes("day/", "day"), "a folder, and no file of that name");
        assert!(yes("[ab].mov", "b.mov") && yes("*.{mov,mxf}", "c.mxf"));
        assert_eq!(yes("*.MOV", "a.mov"), ANY_CASE);
        for bad in ["", "/", "a[", "{a"] {
            let refused = Rules::new(&LEFTOVERS, &[Line::Include(bad.to_owned())], Bounds::default());
            assert_eq!(refused.expect_err(bad).code, ErrorCode::BadInput);
        }
    }

    /// W18.
    #[test]
    fn sizes_ages_and_depths_bound_what_is_taken() {
        let bounds = Bounds { least: Some(ByteCount(2)), most: Some(ByteCount(9)), depth: Some(1), age: Some(60) };
        let rules = rules(&[], bounds);
        let file = |rel: &str, size| rules.file(rel, stamp(size), NOW);
        assert_eq!(file("a", 1), Verdict::Leaves(Rule::TooSmall));
        assert_eq!(file("a", 10), Verdict::Leaves(Rule::TooLarge));
        assert_eq!(file("a/b/c", 9), Verdict::Leaves(Rule::TooDeep));
        assert_eq!(file("a/b", 9), Verdict::Young(50));
        assert_eq!(rules.file("a/b", stamp(9), UnixTime(NOW.0 + 50)), Verdict::Takes);
        let future = Stamp { mtime_ns: i64::MAX, ..stamp(9) };
        assert_eq!(rules.file("a/b", future, NOW), Verdict::Ahead(60));
        assert!(rules.leaves_folder("a/b") && !rules.leaves_folder("a"));
        assert!(rules.leaves_whatever("a/b/c") && !rules.leaves_whatever("a/b"), "it may be a file");
    }
}
