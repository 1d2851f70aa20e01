//! Tells the engine what is around this computer and keeps uploads back, where a person prefers that: a metered network, a low
//! battery.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::bandwidth::Around;
use crate::engine::Engine;
use crate::net::metered;
use crate::power::Power;
use crate::settings::Preferences;

/// At the start the system is waited for no longer than this; it answers within milliseconds, or not at all.
const ASKING: Duration = Duration::from_secs(1);
/// The battery is looked at this often.
const LOOK: Duration = Duration::from_secs(30);

/// Who looks around.
#[derive(Debug)]
pub(super) struct Lookout {
    preferences: watch::Receiver<Preferences>,
    network: watch::Receiver<Option<bool>>,
    battery: Battery,
}

/// A battery that was low is until it is charged: what it says of itself goes up and down a little.
#[derive(Debug, Default)]
struct Battery {
    low: bool,
}

impl Battery {
    fn see(&mut self, power: Power) -> bool {
        self.low = power != Power::Mains && (self.low || power.is_low());
        self.low
    }
}

impl Lookout {
    /// Begins to look, on the runtime of `handle`.
    pub(super) fn begin(preferences: watch::Receiver<Preferences>, handle: &Handle) -> Self {
        Self { preferences, network: metered::follow(handle), battery: Battery::default() }
    }

    /// What is around at the start, before anything is sent.
    pub(super) async fn first(&mut self) -> Around {
        let matters = self.preferences.borrow().pause_metered;
        if matters {
            let _ = tokio::time::timeout(ASKING, self.network.wait_for(Option::is_some)).await;
        }
        self.look().await
    }

    async fn look(&mut self) -> Around {
        let preferred = *self.preferences.borrow_and_update();
        let metered = preferred.pause_metered && *self.network.borrow_and_update() == Some(true);
        let power = if preferred.pause_on_low_battery {
            tokio::task::spawn_blocking(Power::now).await.unwrap_or(Power::Mains)
        } else {
            Power::Mains
        };
        Around { metered, battery: self.battery.see(power) }
    }

    /// Tells the engine, as long as both live.
    pub(super) async fn follow(mut self, engine: Engine, mut told: Around) {
        loop {
            let now = self.look().await;
            if now != told {
                engine.is_in(now);
                told = now;
            }
            let battery = self.preferences.borrow().pause_on_low_battery;
            let lives = tokio::select! {
                changed = self.preferences.changed() => changed.is_ok(),
                changed = self.network.changed() => changed.is_ok(),
                () = tokio::time::sleep(LOOK), if battery => true,
            };
            if !lives {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_battery_that_was_low_is_until_it_is_charged() {
        let mut battery = Battery::default();
        let at = |charge| Power::Battery { charge };
        assert!(!battery.see(at(0.2)));
        assert!(battery.see(at(0.19)));
        assert!(battery.see(at(0.21)), "it says so of itself");
        assert!(!battery.see(Power::Mains), "it is charged");
        assert!(!battery.see(at(0.21)));
    }

    #[tokio::test]
    async fn a_metered_network_counts_where_a_person_prefers_that_and_once_it_is_told() {
        let preferred = watch::Sender::new(Preferences { pause_on_low_battery: false, ..Preferences::default() });
        let (told, network) = watch::channel(None);
        let mut lookout = Lookout { preferences: preferred.subscribe(), network, battery: Battery::default() };
        assert_eq!(lookout.look().await, Around::default(), "nobody knows");
        told.send_replace(Some(true));
        assert_eq!(lookout.first().await, Around { metered: true, battery: false });
        preferred.send_modify(|preferred| preferred.pause_metered = false);
        assert_eq!(lookout.look().await, Around::default());
    }
}
