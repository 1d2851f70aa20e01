//! What the system's settings say of proxies. They are asked for each place on its own, since a script (PAC) may lead to each
//! by another, and again after a while and where no connection came to stand: networks change as the program runs.
//!
//! Known problem: macOS evaluates scripts for no kept library without `unsafe`. There they count for nothing; a person sets
//! the proxy.

#[cfg_attr(target_os = "linux", path = "system/desktop.rs")]
#[cfg_attr(windows, path = "system/windows.rs")]
#[cfg_attr(not(any(target_os = "linux", windows)), path = "system/settings.rs")]
mod asked;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Instant;

/// What was said holds so long.
const HOLDS: Duration = Duration::from_secs(10);
/// What is doubted is asked anew no sooner than this: where a network is gone, many find that at once.
const DOUBTED: Duration = Duration::from_secs(1);

/// What never leaves this computer needs no proxy, whatever it is called.
const HERE: &str = "localhost,127.0.0.1,::1";

/// Answers what leads to an address; none where nobody says.
pub(super) type Resolver = Arc<dyn Fn(Uri) -> BoxFuture<'static, Option<Matcher>> + Send + Sync>;

/// The system's own.
pub(super) fn of_the_system() -> Resolver {
    Arc::new(|to: Uri| -> BoxFuture<'static, Option<Matcher>> { Box::pin(asked::by(to)) })
}

/// The one proxy to all that is elsewhere.
pub(super) fn through(proxy: String) -> Matcher {
    Matcher::builder().all(proxy).no(HERE).build()
}

/// What was said of each place.
#[derive(Default)]
pub(super) struct Said {
    places: BTreeMap<String, Known>,
    /// What was asked for first: what is not known of another place is as there.
    first: Option<String>,
}

struct Known {
    to: Uri,
    said: Option<Matcher>,
    at: Instant,
    is_doubted: bool,
}

impl Said {
    /// Whether it is to be asked of a place.
    pub(super) fn is_due(&self, to: &Uri) -> bool {
        let Some(known) = self.places.get(&place(to)) else { return true };
        known.at.elapsed() >= if known.is_doubted { DOUBTED } else { HOLDS }
    }

    /// Of a place this is said. Where nobody said anything, what was said before stays.
    pub(super) fn hears(&mut self, to: &Uri, said: Option<Matcher>) {
        let place = place(to);
        let before = self.places.remove(&place).and_then(|known| known.said);
        self.first.get_or_insert_with(|| place.clone());
        let known = Known { to: to.clone(), said: said.or(before), at: Instant::now(), is_doubted: false };
        self.places.insert(place, known);
    }

    /// By what was said of a place no connection came to stand.
    pub(super) fn doubts(&mut self, to: &Uri) {
        if let Some(known) = self.places.get_mut(&place(to)) {
            known.is_doubted = true;
        }
    }

    /// What leads to an address, as far as anything was said.
    pub(super) fn of(&self, to: &Uri) -> Option<&Matcher> {
        let said = |place: &String| self.places.get(place)?.said.as_ref();
        said(&place(to)).or_else(|| said(self.first.as_ref()?))
    }

    /// Every place that was asked for.
    pub(super) fn places(&self) -> Vec<Uri> {
        self.places.values().map(|known| known.to.clone()).collect()
    }
}

/// One host is one place: settings and scripts know no more of what is encrypted.
fn place(to: &Uri) -> String {
    to.host().unwrap_or_default().to_ascii_lowercase()
}
