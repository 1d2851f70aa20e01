//! Updates of the window itself: looked for quietly, fetched in the background, put in place when the person quits or asks, while
//! nobody sees it and nothing is sent, or at the next start.
//!
//! - `source`: where they are, and the key that they are signed with.
//! - `place`: how this Davit was installed. What came with packages gets its updates so, too.
//! - `offer`: what the manifest offers, if anything.
//! - `genuine`: whether an archive is what was signed: under this version, and for this kind of computer.
//! - `fetch`: the way there, no faster than uploads leave room for.
//! - `kept`: what was fetched, in the home, until it is put in place.
//! - `rounds`: the one timer, and what one look comes to.
//! - `ending`: all comes to rest, the update is put in place, the next Davit starts.
//!
//! The manifest is not signed: whoever can answer in the place of the server writes into it what they like. The signature is over
//! the archive and over a comment, in which the version and the name of what was signed stand. So nothing of the manifest counts
//! but what the comment says as well: an archive under another version than its own is refused, whichever of both is the newer
//! one, and so is one for another kind of computer. The version must be greater than the one that runs, before anything is
//! fetched and again before it is put in place. The key is the build's, and nothing on the computer names another.
//!
//! Known problem: whoever answers in the server's place can keep an update back, and of several that are newer choose one; that is
//! TLS's matter alone.

mod ending;
mod fetch;
mod genuine;
mod kept;
mod offer;
mod place;
mod rounds;
mod source;
#[cfg(test)]
mod tampered;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use davit_core::net::Net;
use davit_core::policy;
use davit_core::units::UnixTime;
use davit_core::uploader::Options;
use semver::Version;
use tauri::utils::platform::bundle_type;
use tauri::{AppHandle, Config};
use tokio::sync::{Notify, watch};

use crate::shell::Shell;
use crate::views::{NoUpdates, ShellEvent, UpdateTrouble, UpdatesNow, UpdatesView};
use ending::End;
pub(crate) use ending::{before_the_end, finish, install, leave, put_first, wait_for_a_start, wait_for_the_one_before};
use kept::Kept;
use place::Place;
use source::Source;

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Davit does not look for updates itself.
    Off(NoUpdates),
    /// Nothing newer is known of.
    Current {
        /// When that was found last.
        checked: Option<UnixTime>,
        /// What came in between since.
        trouble: Option<UpdateTrouble>,
    },
    /// Somebody is asked.
    Looking,
    /// An update is on its way.
    Fetching {
        /// Its version.
        version: Version,
        /// How much of it is there.
        percent: u8,
    },
    /// An update lies in the home, genuine.
    Ready {
        /// Its version.
        version: Version,
        /// What came in between when it was to be put in place.
        trouble: Option<UpdateTrouble>,
    },
    /// A person wants it now, and what runs comes to rest.
    Finishing {
        /// Its version.
        version: Version,
    },
}

/// What updates need. Without all of it there are none.
#[derive(Debug)]
struct Means {
    /// The version that runs.
    running: Version,
    source: Source,
    place: Place,
}

/// Updates of the program.
#[derive(Debug)]
pub(crate) struct Updates {
    net: Net,
    policy: policy::Updates,
    kept: Kept,
    state: watch::Sender<State>,
    running: OnceLock<Version>,
    means: OnceLock<Arc<Means>>,
    /// A person wants to know now.
    wanted: Notify,
    /// What is to be done once everything rests.
    end: Mutex<Option<End>>,
}

impl Updates {
    /// Updates of a program with this home; there are none before they are begun.
    pub(crate) fn of(options: &Options) -> Self {
        Self {
            net: options.net.clone(),
            policy: options.policy.updates.clone(),
            kept: Kept::in_home(&options.home),
            state: watch::Sender::new(State::Off(NoUpdates::Build)),
            running: OnceLock::new(),
            means: OnceLock::new(),
            wanted: Notify::new(),
            end: Mutex::default(),
        }
    }

    /// How it stands, for the page.
    pub(crate) fn view(&self) -> UpdatesView {
        let version = self.running.get().map_or_else(|| env!("CARGO_PKG_VERSION").to_owned(), Version::to_string);
        UpdatesView { version, now: self.state.borrow().clone().into() }
    }

    /// A person wants to know whether there are any.
    pub(crate) fn look_now(&self) {
        self.wanted.notify_one();
    }

    fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// It stands so now. What a person asked for stays until it is done, or taken back.
    fn is(&self, now: State) {
        self.state.send_if_modified(|state| {
            let changes = !matches!(state, State::Finishing { .. }) && *state != now;
            if changes {
                *state = now;
            }
            changes
        });
    }

    fn end(&self) -> std::sync::MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds out whether there can be any, for the version that runs. Nothing is asked of anybody yet.
pub(crate) fn find(shell: &Shell, config: &Config, running: &Version) {
    let updates = &shell.updates;
    let running = updates.running.get_or_init(|| running.clone()).clone();
    let source = || Source::of(config.plugins.0.get("updater"), &updates.policy);
    let found = place::allowed(&updates.policy)
        .and_then(|()| {
            let (appimage, program) = (std::env::var_os("APPIMAGE"), std::env::current_exe().ok());
            Place::of(bundle_type(), appimage.as_deref(), program.as_deref())
        })
        .and_then(Place::alone)
        .and_then(|place| Ok((source()?, place)));
    match found {
        Ok((source, place)) => {
            updates.means.get_or_init(|| Arc::new(Means { running, source, place }));
            updates.is(State::Current { checked: None, trouble: None });
        }
        Err(why) => {
            tracing::info!(?why, "Davit does not look for updates");
            // What was fetched while it did is nobody's any more.
            updates.kept.tidy(None);
            updates.is(State::Off(why));
        }
    }
}

/// Begins to look for updates, where there can be any.
pub(crate) fn begin(app: &AppHandle, shell: &Arc<Shell>) {
    tauri::async_runtime::spawn(tell(Arc::clone(shell)));
    if let Some(means) = shell.updates.means.get() {
        tauri::async_runtime::spawn(rounds::follow(app.clone(), Arc::clone(shell), Arc::clone(means)));
    }
}

/// Tells the page how it stands, whenever that changes.
async fn tell(shell: Arc<Shell>) {
    let mut changes = shell.updates.state.subscribe();
    while changes.changed().await.is_ok() {
        // Whoever listens later asks first.
        shell.tells_at_once(ShellEvent::Updates { updates: shell.updates.view() });
    }
}

impl From<State> for UpdatesNow {
    fn from(state: State) -> Self {
        match state {
            State::Off(why) => Self::Off { why },
            State::Current { checked, trouble } => Self::Current { checked, trouble },
            State::Looking => Self::Looking,
            State::Fetching { version, percent } => Self::Fetching { version: version.to_string(), percent },
            State::Ready { version, trouble } => Self::Ready { version: version.to_string(), trouble },
            State::Finishing { version } => Self::Finishing { version: version.to_string() },
        }
    }
}
