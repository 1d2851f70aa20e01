//! Where the window stood, and what a person was told of it: a file in the home. It may be lost or damaged at any time; then the
//! window stands where the system puts it.
//!
//! Kept here and not by Tauri's plugin: that asks where a window stands when the program ends, and of one that is hidden by
//! then, or was never shown, systems tell no place that anybody chose.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use davit_core::file::{Readers, write_whole};
use serde::{Deserialize, Serialize};
use tauri::{Monitor, WebviewWindow};

const FILE: &str = "window.json";
/// As large as it is at first.
const FIRST: (f64, f64) = (1080.0, 720.0);
/// It is never smaller.
pub(crate) const SMALLEST: (f64, f64) = (640.0, 440.0);
/// So far below its upper edge a window can be taken hold of.
const BAR: f64 = 12.0;

/// How a window stands, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    /// Its upper left corner with its frame; nothing where the system is to choose.
    pub(crate) at: Option<(f64, f64)>,
    /// Width and height within the frame.
    pub(crate) size: (f64, f64),
    /// Whether it takes all of its screen, and has the size only afterwards.
    pub(crate) maximized: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self { at: None, size: FIRST, maximized: false }
    }
}

/// Where a screen begins, and how large it is, in logical pixels.
pub(crate) type Screen = ((f64, f64), (f64, f64));

/// A screen as it is told of.
pub(crate) fn screen(monitor: &Monitor) -> Screen {
    let scale = monitor.scale_factor();
    let (at, size) = (monitor.position().to_logical::<f64>(scale), monitor.size().to_logical::<f64>(scale));
    ((at.x, at.y), (size.width, size.height))
}

impl Place {
    /// How it stands on these screens: no larger than they are, and where it stood only if it can be taken hold of there.
    pub(crate) fn on(self, screens: &[Screen]) -> Self {
        let largest = |of: fn(&Screen) -> f64| screens.iter().map(of).fold(0.0, f64::max);
        let (width, height) = (largest(|(_, size)| size.0), largest(|(_, size)| size.1));
        let within = |wanted: f64, most: f64, least: f64| {
            if most > 0.0 { wanted.min(most).max(least) } else { wanted.max(least) }
        };
        let size = (within(self.size.0, width, SMALLEST.0), within(self.size.1, height, SMALLEST.1));
        let can_be_reached = |at: &(f64, f64)| {
            let (x, y) = (at.0 + size.0 / 2.0, at.1 + BAR);
            let holds = |((left, top), (width, height)): &Screen| {
                (*left..left + width).contains(&x) && (*top..top + height).contains(&y)
            };
            screens.iter().any(holds)
        };
        Self { at: self.at.filter(can_be_reached), size, ..self }
    }

    /// How a window stands that stood so before. One that nobody sees stands as it did.
    fn of(window: &WebviewWindow, before: Self) -> tauri::Result<Self> {
        if !window.is_visible()? || window.is_minimized()? {
            return Ok(before);
        }
        if window.is_maximized()? {
            return Ok(Self { maximized: true, ..before });
        }
        let scale = window.scale_factor()?;
        let (at, size) =
            (window.outer_position()?.to_logical::<f64>(scale), window.inner_size()?.to_logical::<f64>(scale));
        Ok(Self { at: Some((at.x, at.y)), size: (size.width, size.height), maximized: false })
    }
}

/// What is kept for the next start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Kept {
    place: Place,
    /// A person was told that Davit goes on without its window, where its icon leads back.
    told_of_closing: bool,
    /// What the company wanted of starts at sign-in when that was put in place.
    started_at_login: Option<bool>,
    /// The same where they have to start it again to see it.
    told_without_icon: bool,
}

/// What is remembered of the window.
#[derive(Debug)]
pub(crate) struct Memory {
    file: PathBuf,
    kept: Mutex<Kept>,
}

impl Memory {
    /// What is remembered in a home.
    pub(crate) fn of(home: &Path) -> Self {
        let file = home.join(FILE);
        let kept = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { file, kept: Mutex::new(kept) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the window stood last.
    pub(crate) fn place(&self) -> Place {
        self.kept().place
    }

    /// A person may have put it elsewhere.
    pub(crate) fn look_at(&self, window: &WebviewWindow) {
        let before = self.place();
        match Place::of(window, before) {
            Ok(now) => self.kept().place = now,
            Err(error) => tracing::debug!(%error, "nobody knows where the window stands"),
        }
    }

    /// Whether a person was told that Davit goes on without its window, and how they find it again, by its icon or without one.
    pub(crate) fn told_of_closing(&self, icon: bool) -> bool {
        let kept = self.kept();
        if icon { kept.told_of_closing } else { kept.told_without_icon }
    }

    /// They are told now.
    pub(crate) fn tells_of_closing(&self, icon: bool) {
        {
            let mut kept = self.kept();
            if icon { kept.told_of_closing = true } else { kept.told_without_icon = true }
        }
        self.save();
    }

    /// What the company wanted of starts at sign-in when that was put in place.
    pub(crate) fn started_at_login(&self) -> Option<bool> {
        self.kept().started_at_login
    }

    /// That is put in place now.
    pub(crate) fn starts_at_login(&self, on: bool) {
        self.kept().started_at_login = Some(on);
        self.save();
    }

    /// Keeps it for the next start.
    pub(crate) fn save(&self) {
        let text = serde_json::to_vec_pretty(&*self.kept()).unwrap_or_default();
        if let Err(error) = write_whole(&self.file, Readers::Owner, |into| into.write_all(&text)) {
            tracing::debug!(%error, "where the window stands was not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESK: Screen = ((0.0, 0.0), (1920.0, 1080.0));
    const BESIDE: Screen = ((1920.0, 0.0), (1280.0, 1024.0));

    #[test]
    fn a_window_stands_where_it_stood_as_long_as_it_can_be_reached_there() {
        let place = Place { at: Some((2000.0, 40.0)), size: (900.0, 600.0), maximized: false };
        assert_eq!(place.on(&[DESK, BESIDE]), place);
        assert_eq!(place.on(&[DESK]), Place { at: None, ..place }, "that screen is gone");
        let above = Place { at: Some((100.0, -40.0)), ..place };
        assert_eq!(above.on(&[DESK]).at, None, "nobody could move it");
        let half = Place { at: Some((1300.0, 500.0)), ..place };
        assert_eq!(half.on(&[DESK]), half, "its bar is there");
    }

    #[test]
    fn a_window_is_no_larger_than_the_screens_and_never_too_small() {
        let place = |width, height| Place { at: None, size: (width, height), maximized: true };
        assert_eq!(place(4000.0, 3000.0).on(&[DESK]), place(1920.0, 1080.0));
        assert_eq!(place(10.0, -1.0).on(&[DESK]), place(640.0, 440.0));
        assert_eq!(place(900.0, 600.0).on(&[((0.0, 0.0), (320.0, 200.0))]), place(640.0, 440.0));
    }

    #[test]
    fn how_it_stood_is_there_after_a_restart_and_what_is_damaged_is_as_at_first() {
        let home = tempfile::tempdir().expect("a folder");
        assert_eq!(Memory::of(home.path()).place(), Place::default());
        let place = Place { at: Some((10.5, 20.0)), size: (900.0, 600.0), maximized: true };
        let memory = Memory::of(home.path());
        memory.kept().place = place;
        memory.tells_of_closing(false);
        memory.starts_at_login(false);
        let kept = Memory::of(home.path());
        assert_eq!((kept.place(), kept.started_at_login()), (place, Some(false)));
        assert_eq!((kept.told_of_closing(false), kept.told_of_closing(true)), (true, false));
        std::fs::write(home.path().join(FILE), b"{\"place\": 7").expect("written");
        assert_eq!(Memory::of(home.path()).place(), Place::default());
    }
}
