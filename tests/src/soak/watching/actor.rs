//! Who changes a watched folder: what people and their programs do in one, as chance has it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

use walkdir::WalkDir;

use super::content;
use super::hand::Hand;
use super::ledger::{Ledger, sum};
use crate::soak::Chance;

/// What becomes of files that were uploaded decides what people may do: who writes on in a file that is moved away meanwhile
/// writes where nothing is ever taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// They stay, and anything is done to them.
    Kept,
    /// They are moved to `_uploaded`, and files come whole.
    Moved,
    /// They are deleted, and files come whole.
    Deleted,
}

/// Whoever works in a watched folder.
pub(super) struct Actor {
    root: PathBuf,
    /// Where folders come from and go to.
    outside: PathBuf,
    after: After,
    chance: Chance,
    pub(super) ledger: Ledger,
    made: u64,
}

/// A folder that is somewhere else for now.
const TAKEN_OUT: &str = "taken out";
/// How the name of a file begins while it is deleted.
const HALF_DELETED: &str = ".davit-";

impl Actor {
    pub(super) fn new(root: PathBuf, outside: PathBuf, after: After, seed: u64) -> Self {
        std::fs::create_dir_all(&outside).expect("made");
        let (chance, ledger) = (Chance::new(seed), Ledger::default());
        Self { root, outside, after, chance, ledger, made: 0 }
    }

    /// Does so many things, one after another. Ends early where `is_over` says so.
    pub(super) async fn works(&mut self, things: usize, mut is_over: impl FnMut() -> bool) {
        for _ in 0..things {
            if is_over() {
                return;
            }
            match self.does_one().await {
                // It was moved away in the meantime.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                done => done.expect("done"),
            }
            self.pause(120).await;
        }
    }

    async fn does_one(&mut self) -> Result<()> {
        let first = if self.after == After::Kept { 0 } else { 4 };
        match first + self.chance.below(16 - first) {
            0 | 1 => self.writes_a_new_one().await,
            2 | 3 => self.writes_over_one().await,
            4..=7 => self.renames_into_place().await,
            8 | 9 => self.saves_anew().await,
            10 => self.renames_a_file(),
            11 => self.renames_a_folder(),
            12 => self.moves_a_folder_in(),
            13 => self.takes_a_folder_out(),
            14 => self.brings_a_folder_back(),
            _ => self.deletes_one(),
        }
    }

    /// In pieces, at its own name.
    async fn writes_a_new_one(&mut self) -> Result<()> {
        let (path, content) = (self.new_name(), self.new_content());
        self.writes(&path, &content).await
    }

    /// In place, which leaves it half of the one and half of the other for a while.
    async fn writes_over_one(&mut self) -> Result<()> {
        let (Some(path), content) = (self.one(), self.new_content()) else { return Ok(()) };
        self.writes(&path, &content).await
    }

    async fn writes(&mut self, path: &Path, content: &[u8]) -> Result<()> {
        let mut hand = Hand::on(path)?;
        let piece = content.len().div_ceil(1 + self.chance.below(4));
        for (n, bytes) in content.chunks(piece).enumerate() {
            if n > 0 {
                self.pause(200).await;
            }
            hand.puts(n * piece, bytes, &mut self.ledger)?;
        }
        hand.ends(content.len(), &mut self.ledger)
    }

    /// As downloads do.
    async fn renames_into_place(&mut self) -> Result<()> {
        let (path, content) = (self.new_name(), self.new_content());
        self.comes_whole(&path, &content, "part").await
    }

    /// As programs save: a temporary one, given the name of the one before.
    async fn saves_anew(&mut self) -> Result<()> {
        let (Some(path), content) = (self.one(), self.new_content()) else { return Ok(()) };
        let before = std::fs::read(&path)?;
        self.ledger.let_go(&sum(&before));
        self.comes_whole(&path, &content, "tmp").await
    }

    async fn comes_whole(&mut self, path: &Path, content: &[u8], ending: &str) -> Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{ending}"));
        let beside = PathBuf::from(name);
        let (head, tail) = content.split_at(content.len() / 2);
        std::fs::write(&beside, head)?;
        self.pause(100).await;
        std::fs::write(&beside, [head, tail].concat())?;
        std::fs::rename(&beside, path)?;
        self.comes(content, path);
        Ok(())
    }

    /// A version stands whole in the folder.
    fn comes(&mut self, content: &[u8], path: &Path) {
        let sum = sum(content);
        self.ledger.may(sum.clone(), &path.display().to_string());
        // Where files stay, what has to be there is seen on the disk once all is quiet.
        if self.after != After::Kept {
            self.ledger.must(&sum);
        }
    }

    fn renames_a_file(&mut self) -> Result<()> {
        let (Some(from), to) = (self.one(), self.new_name()) else { return Ok(()) };
        self.ledger.renamed(&sum(&std::fs::read(&from)?));
        std::fs::rename(from, to)
    }

    /// Beside where it was, or below another.
    fn renames_a_folder(&mut self) -> Result<()> {
        let Some(from) = self.one_folder() else { return Ok(()) };
        let into = self.any_folder();
        let to = if into.starts_with(&from) { self.root.clone() } else { into };
        self.renamed_below(&from)?;
        std::fs::rename(from, to.join(format!("day {}", self.number())))
    }

    fn moves_a_folder_in(&mut self) -> Result<()> {
        let name = format!("card {}", self.number());
        let (card, to) = (self.outside.join(&name), self.any_folder().join(&name));
        let mut files = Vec::new();
        for n in 0..=self.chance.below(3) {
            let (within, content) = (format!("clips/{n}/{name}.mov"), self.new_content());
            std::fs::create_dir_all(card.join(format!("clips/{n}")))?;
            std::fs::write(card.join(&within), &content)?;
            files.push((within, content));
        }
        std::fs::rename(&card, &to)?;
        for (within, content) in files {
            self.comes(&content, &to.join(within));
        }
        Ok(())
    }

    /// With all that is in it; it may come back.
    fn takes_a_folder_out(&mut self) -> Result<()> {
        let Some(from) = self.one_folder() else { return Ok(()) };
        for path in files(&from) {
            let sum = sum(&std::fs::read(path)?);
            self.ledger.let_go(&sum);
        }
        let name = format!("{TAKEN_OUT} {}", self.number());
        std::fs::rename(from, self.outside.join(name))
    }

    fn brings_a_folder_back(&mut self) -> Result<()> {
        let entries = std::fs::read_dir(&self.outside)?.flatten().map(|entry| entry.path());
        let is_out = |path: &PathBuf| path.to_string_lossy().contains(TAKEN_OUT);
        let Some(from) = entries.filter(is_out).min() else { return Ok(()) };
        self.renamed_below(&from)?;
        let to = self.any_folder().join(format!("back {}", self.number()));
        std::fs::rename(from, &to)?;
        for path in files(&to) {
            // One that was taken away before is not here.
            if self.after != After::Kept
                && let Ok(content) = std::fs::read(path)
            {
                self.ledger.must(&sum(&content));
            }
        }
        Ok(())
    }

    fn deletes_one(&mut self) -> Result<()> {
        let Some(path) = self.one() else { return Ok(()) };
        self.ledger.let_go(&sum(&std::fs::read(&path)?));
        std::fs::remove_file(path)
    }

    fn renamed_below(&mut self, folder: &Path) -> Result<()> {
        for path in files(folder) {
            self.ledger.renamed(&sum(&std::fs::read(path)?));
        }
        Ok(())
    }

    /// What stands in the folder now has to be in the store some time.
    pub(super) fn leaves_it_so(&mut self) {
        if self.after == After::Kept {
            for path in files(&self.root) {
                self.ledger.must(&sum(&std::fs::read(path).expect("read")));
            }
        }
    }

    /// Files that were never given another name, and that are still where they were: they were to be moved or deleted.
    pub(super) fn not_taken(&self) -> Vec<PathBuf> {
        if self.after == After::Kept {
            return Vec::new();
        }
        // One that is gone by now was.
        let stays = |path: &PathBuf| std::fs::read(path).is_ok_and(|is| self.ledger.has_one_name(&sum(&is)));
        files(&self.root).into_iter().filter(stays).collect()
    }

    /// Files that have the name of such as are deleted.
    pub(super) fn half_deleted(&self) -> Vec<PathBuf> {
        let is_half =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(HALF_DELETED));
        all_files(&self.root).into_iter().filter(is_half).collect()
    }

    /// Every version lies in one place, be it where it was or in `_uploaded`.
    pub(super) fn nothing_lies_twice(&self, what: &str) {
        let mut seen = BTreeMap::new();
        for path in all_files(&self.root) {
            // One that is moved just now is found where it is by then.
            let Ok(content) = std::fs::read(&path) else { continue };
            if let Some(other) = seen.insert(sum(&content), path.clone()) {
                panic!("{what}: {} and {} are the same", path.display(), other.display());
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// No two are the same, in whatever run.
    fn new_content(&mut self) -> Vec<u8> {
        // Small ones go whole, others in parts.
        let most = self.chance.one(&[2_000, 40_000, 400_000]);
        let len = 1 + self.chance.below(most);
        content(self.number(), len)
    }

    fn new_name(&mut self) -> PathBuf {
        let number = self.number();
        self.any_folder().join(format!("clip {number}.mov"))
    }

    /// A file that may be taken.
    fn one(&mut self) -> Option<PathBuf> {
        let mut all = files(&self.root);
        let at = self.chance.below(all.len());
        (!all.is_empty()).then(|| all.swap_remove(at))
    }

    fn any_folder(&mut self) -> PathBuf {
        self.one_folder().filter(|_| self.chance.below(3) > 0).unwrap_or_else(|| self.root.clone())
    }

    fn one_folder(&mut self) -> Option<PathBuf> {
        let mut all: Vec<_> = entries(&self.root).filter(|entry| entry.file_type().is_dir()).collect();
        let at = self.chance.below(all.len());
        (!all.is_empty()).then(|| all.swap_remove(at).into_path())
    }

    /// As long as chance has it, in milliseconds at most.
    async fn pause(&mut self, most: usize) {
        let lasts = Duration::from_millis(self.chance.below(most) as u64);
        tokio::time::sleep(lasts).await;
    }
}

/// What lies below a folder and is taken, in an order that is always the same.
fn entries(root: &Path) -> impl Iterator<Item = walkdir::DirEntry> {
    let found = WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter();
    // What is moved away in the meantime is not there.
    found.filter_entry(|entry| entry.file_name() != "_uploaded").filter_map(std::result::Result::ok)
}

/// Files that are taken.
fn files(root: &Path) -> Vec<PathBuf> {
    let found = entries(root).filter(|entry| entry.file_type().is_file());
    found.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|kind| kind == "mov")).collect()
}

/// Those that were moved as well.
fn all_files(root: &Path) -> Vec<PathBuf> {
    let found = WalkDir::new(root).into_iter().filter_map(std::result::Result::ok);
    found.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}
