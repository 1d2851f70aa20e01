//! What this computer runs on, and how it is kept from falling asleep. Each system has its own words for both; kept libraries
//! know them.
//!
//! Known problem: where the login manager lets nobody without a seat keep a Linux computer awake (a service of a server, say), it
//! is only kept from doing so for idleness, or not at all. Such computers do not fall asleep.

use std::convert::Infallible;
use std::sync::mpsc::{Sender, channel};

use starship_battery::{Manager, State};

/// What the login manager of a Linux computer and macOS' list of assertions say of us.
const WHO: &str = "Davit";
const WHY: &str = "Uploads are under way";

/// What the computer runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Power {
    /// The mains, or nobody knows.
    Mains,
    /// Its batteries.
    Battery {
        /// How full they are, all together; 1 is full.
        charge: f32,
    },
}

/// Of a battery with less than this in it nothing is taken that can wait: whatever else is open on the computer is worth more than
/// an upload, which goes on where it was.
const LOW: f32 = 0.2;

/// A battery: what it does, what is in it and what it holds, in joules.
type Battery = (State, f32, f32);

impl Power {
    /// As the system tells it now. Where it tells nothing that is the mains. Blocks for a moment.
    pub fn now() -> Self {
        let read = || -> Result<Vec<Battery>, starship_battery::Error> {
            let all = Manager::new()?.batteries()?.flatten();
            Ok(all.map(|one| (one.state(), one.energy().value, one.energy_full().value)).collect())
        };
        read().map_or(Self::Mains, |batteries| Self::of(&batteries))
    }

    /// Whether it comes from batteries that are low.
    pub fn is_low(self) -> bool {
        matches!(self, Self::Battery { charge } if charge < LOW)
    }

    /// Of all batteries together: some computers empty one after the other.
    fn of(batteries: &[Battery]) -> Self {
        let any = |wanted: State| batteries.iter().any(|(state, ..)| *state == wanted);
        let holds: f32 = batteries.iter().map(|(_, _, full)| full).sum();
        if any(State::Charging) || !any(State::Discharging) || holds <= 0.0 {
            return Self::Mains;
        }
        Self::Battery { charge: batteries.iter().map(|(_, energy, _)| energy).sum::<f32>() / holds }
    }
}

/// As long as it lives the computer does not fall asleep by itself; its screen may turn off.
#[derive(Debug)]
pub struct Awake {
    /// That it is dropped is what the thread waits for.
    _lives: Sender<Infallible>,
}

impl Awake {
    /// Asks the system, and waits for no answer: what it refuses is no reason to upload less.
    pub fn ask() -> Self {
        let (lives, ends) = channel();
        // Windows counts who asks by their threads, and the login manager may take its time.
        let kept = std::thread::Builder::new().name("davit-awake".to_owned()).spawn(move || {
            // What keeps Linux' desktops from it is that nobody may sleep; elsewhere that would keep people from it, too.
            let held = held(cfg!(target_os = "linux")).or_else(|_| held(false));
            match held {
                Ok(_held) => {
                    let _ = ends.recv();
                }
                Err(error) => tracing::debug!(%error, "the computer is not kept awake"),
            }
        });
        if let Err(error) = kept {
            tracing::debug!(%error, "the computer is not kept awake");
        }
        Self { _lives: lives }
    }
}

fn held(sleep: bool) -> keepawake::Result<keepawake::KeepAwake> {
    keepawake::Builder::default()
        .idle(true)
        .sleep(sleep)
        .app_name(WHO)
        .app_reverse_domain("org.davit.app")
        .reason(WHY)
        .create()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batteries_count_together_and_only_while_they_drain() {
        let (drains, idle, charges) = (State::Discharging, State::Unknown, State::Charging);
        assert_eq!(Power::of(&[]), Power::Mains);
        assert_eq!(Power::of(&[(State::Full, 9.0, 9.0)]), Power::Mains);
        assert_eq!(Power::of(&[(drains, 1.0, 8.0)]), Power::Battery { charge: 0.125 });
        assert_eq!(Power::of(&[(drains, 0.0, 4.0), (idle, 3.0, 4.0)]), Power::Battery { charge: 0.375 });
        assert_eq!(Power::of(&[(drains, 1.0, 8.0), (charges, 1.0, 8.0)]), Power::Mains, "one fills the other");
        assert_eq!(Power::of(&[(drains, 0.0, 0.0)]), Power::Mains, "nobody knows what it holds");
    }
}
