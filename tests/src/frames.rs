//! How the real window keeps pace: its frames, its changes, and how long its page was busy. Counted in the page, by the same script
//! as in any other engine.

use serde_json::Value;

use crate::window::Window;

/// It is run in a page of any engine.
const PACE: &str = include_str!("../../ui/gallery/pace.js");

/// Changes of a list in a second at most, whatever happens to its rows.
pub const CHANGES: f64 = 4.0;

/// What a page took meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Frames {
    /// How long it was looked at, in seconds.
    pub seconds: f64,
    /// How often something changed in what was looked at.
    pub changes: f64,
    /// Frames that were drawn.
    pub drawn: f64,
    /// How long half of the frames took at most, in milliseconds.
    pub middle: f64,
    /// How long 99 of 100 took at most.
    pub most: f64,
    /// The longest.
    pub longest: f64,
    /// How often the page was busy for more than 50 ms.
    pub busy: f64,
    /// For how long at most, in milliseconds.
    pub busiest: f64,
    /// Frames of more than 25 ms: at 60 in a second at least one was left out.
    pub late: f64,
    /// Frames of more than 50 ms.
    pub long: f64,
}

impl Frames {
    /// They are counted from now on, and changes within what this selector finds.
    pub async fn begin(window: &Window, observed: &str) {
        Self::begin_in(window, observed, observed).await;
    }

    /// The same of what may come and go: changes within it, whenever it is there, in a place that stays.
    pub async fn begin_in(window: &Window, place: &str, observed: &str) {
        window.script(PACE).await;
        window.script(&format!("pace.begins({place:?}, {observed:?})")).await;
    }

    /// Changes alone are counted from now on: whoever counts frames makes them.
    pub async fn changes_alone(window: &Window) {
        window.script("pace.changesAlone()").await;
    }

    /// All since then.
    pub async fn since(window: &Window) -> Self {
        let told = window.script("return pace.told()").await;
        let told: Vec<_> = told.as_array().expect("numbers").iter().map(number).collect();
        let [seconds, changes, drawn, middle, most, longest, busy, busiest, late, long] = told[..] else {
            panic!("{told:?}")
        };
        Self { seconds, changes, drawn, middle, most, longest, busy, busiest, late, long }
    }

    /// How many were drawn in a second.
    pub fn rate(&self) -> f64 {
        self.drawn / self.seconds
    }

    /// Whether it changed, and never oftener than so many times a second: where they begin and end, one more may fall within.
    pub fn changed_at_most(&self, a_second: f64) -> bool {
        self.changes > 0.0 && self.changes <= a_second.mul_add(self.seconds, 2.0)
    }

    /// How often something changed in a second.
    pub fn changes_a_second(&self) -> f64 {
        self.changes / self.seconds
    }
}

fn number(told: &Value) -> f64 {
    told.as_f64().expect("a number")
}

/// A list is scrolled on and on.
pub async fn scroll(window: &Window, list: &str) {
    window.script(&format!("pace.scrolls({list:?})")).await;
}

/// No more.
pub async fn rest(window: &Window) {
    window.script("pace.rests()").await;
}
