//! The log as it is kept in the home, for who is asked for a report later: a few files, the newest first to fill, the oldest
//! given up. A disk without room loses lines, and nothing else.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FOLDER: &str = "log";
/// The newest comes last.
const FILES: [&str; 3] = ["davit.2.log", "davit.1.log", "davit.log"];
/// A file that is longer than this is followed by the next, in bytes.
const LONGEST: u64 = 2 << 20;

/// Takes whole lines.
#[derive(Debug)]
pub(super) struct Kept {
    home: PathBuf,
    open: Option<(File, u64)>,
}

impl Kept {
    pub(super) fn of(home: &Path) -> Self {
        Self { home: home.to_owned(), open: None }
    }

    /// Nothing is made in a home before it is somebody's: it has a lock, and with it the right readers.
    fn open(&self) -> io::Result<(File, u64)> {
        if !self.home.join("lock").exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let folder = self.home.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(folder.join(FILES[FILES.len() - 1]))?;
        let long = file.metadata()?.len();
        Ok((file, long))
    }

    fn follow(&mut self) {
        self.open = None;
        let folder = self.home.join(FOLDER);
        for pair in FILES.windows(2) {
            let _ = std::fs::rename(folder.join(pair[1]), folder.join(pair[0]));
        }
    }

    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        let (mut file, long) = match self.open.take() {
            Some(open) => open,
            None => self.open()?,
        };
        file.write_all(line)?;
        let long = long + line.len() as u64;
        self.open = Some((file, long));
        if long > LONGEST {
            self.follow();
        }
        Ok(())
    }
}

impl Write for Kept {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.take(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that is kept in a home, the oldest first.
pub(super) fn in_home(home: &Path) -> String {
    let read = |name: &str| std::fs::read(home.join(FOLDER).join(name)).unwrap_or_default();
    FILES.iter().map(|name| String::from_utf8_lossy(&read(name)).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_kept_within_bounds_and_the_newest_of_it_comes_last() {
        let home = tempfile::tempdir().expect("a home");
        let mut kept = Kept::of(home.path());
        kept.write_all(b"before there is a home\n").expect("lost, and no error");
        assert!(!home.path().join(FOLDER).exists());
        std::fs::write(home.path().join("lock"), "").expect("a home");
        let line = vec![b'x'; 256 << 10];
        for number in 0..40 {
            kept.write_all(format!("line {number}\n").as_bytes()).expect("taken");
            kept.write_all(&line).expect("taken");
        }
        kept.write_all(b"\nthe last\n").expect("taken");
        let all = in_home(home.path());
        assert!(all.ends_with("the last\n") && !all.contains("before there is a home"));
        assert!(all.len() as u64 <= 3 * (LONGEST + (1 << 20)) && !all.contains("line 0\n"), "{}", all.len());
        assert!(all.find("line 38\n").expect("kept") < all.find("line 39\n").expect("kept"));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_log() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().expect("a home");
        std::fs::write(home.path().join("lock"), "").expect("a home");
        Kept::of(home.path()).write_all(b"a line\n").expect("taken");
        let file = home.path().join(FOLDER).join("davit.log");
        assert_eq!(std::fs::metadata(file).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
}
