//! The one timer, and what one look comes to.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use davit_core::units::UnixTime;
use semver::Version;
use tauri::{AppHandle, Manager as _};

use super::ending;
use super::fetch::{Failed, Way};
use super::genuine::{self, Key, Refused};
use super::kept::Record;
use super::offer::{Offer, Ours, is_newer};
use super::{Means, State, Updates};
use crate::shell::Shell;
use crate::standing::Standing;
use crate::views::UpdateTrouble;

/// The first look comes so long after the start, in seconds, and up to as long again.
const FIRST: u64 = 30;
/// Then one a day, and up to so much more: a company's computers do not all ask at once.
const DAY: u64 = 24 * 3_600;
const SPREAD: u64 = 3_600;
/// One that came to nothing is tried again after this.
const AGAIN: u64 = 3_600;
/// A clock on the wall is looked at this often: the other one stands still while a computer sleeps.
const STEP: Duration = Duration::from_secs(300);

/// Looks for updates as long as the program lives.
pub(super) async fn follow(app: AppHandle, shell: Arc<Shell>, means: Arc<Means>) {
    // The home is ours by then, and the way out known.
    shell.is_opened().await;
    let updates = &shell.updates;
    remember(updates, &means).await;
    let mut next = spread(UnixTime::now(), FIRST, FIRST);
    loop {
        tokio::select! {
            () = until(next) => {}
            () = updates.wanted.notified() => {}
            () = unnoticed(&app, &shell) => {
                ending::install_unseen(&app, &shell);
                continue;
            }
        }
        let after = if round(&shell, &means).await { (DAY, SPREAD) } else { (AGAIN, AGAIN) };
        next = spread(UnixTime::now(), after.0, after.1);
    }
}

fn spread(now: UnixTime, after: u64, most: u64) -> UnixTime {
    UnixTime(now.0 + after + rand::random_range(0..=most))
}

/// Waits until then. A clock that was put back by more than all of that is not waited for.
async fn until(at: UnixTime) {
    while let Some(left) = left(UnixTime::now(), at) {
        tokio::time::sleep(left.min(STEP)).await;
    }
}

/// Resolves once what is there can be put in place, and nobody notices.
async fn unnoticed(app: &AppHandle, shell: &Shell) {
    loop {
        tokio::time::sleep(STEP).await;
        let wanted = shell.preferences().install_updates;
        if is_free(app, shell) && wanted && comes_by_itself(&shell.updates.state(), &shell.standing()) {
            return;
        }
    }
}

/// Whether nobody sees it, and nothing that a person began is lost with it: a dialog of the system, and what they gave and have not
/// said where to.
pub(super) fn is_free(app: &AppHandle, shell: &Shell) -> bool {
    let hidden = app.get_webview_window("main").is_some_and(|window| window.is_visible().is_ok_and(|seen| !seen));
    hidden && shell.inbox.is_empty() && shell.dialog().is_some()
}

/// Whether an update out of sight waits for nobody: it was not tried yet, and nothing is sent or will be by itself.
fn comes_by_itself(state: &State, standing: &Standing) -> bool {
    matches!(state, State::Ready { trouble: None, .. }) && !standing.goes_on()
}

fn left(now: UnixTime, at: UnixTime) -> Option<Duration> {
    let left = at.0.saturating_sub(now.0);
    (1..=DAY + SPREAD).contains(&left).then(|| Duration::from_secs(left))
}

/// What an earlier run fetched is there, if it is genuine and newer than this one.
async fn remember(updates: &Updates, means: &Arc<Means>) {
    let record = updates.kept.read().filter(|record| is_newer(&record.offer.version, &means.running));
    let Some(Record { offer, failed }) = record else { return updates.kept.tidy(None) };
    let version = offer.version.clone();
    match check(updates.kept.archive(&version), offer, means).await {
        Ok(()) => {
            updates.kept.tidy(Some(&version));
            updates.is(State::Ready { version, trouble: failed.then_some(UpdateTrouble::NotInstalled) });
        }
        Err(error) => {
            tracing::warn!(%error, "what was fetched is not used");
            updates.kept.tidy(None);
        }
    }
}

/// One look. Answers whether it came to something.
async fn round(shell: &Arc<Shell>, means: &Arc<Means>) -> bool {
    let updates = &shell.updates;
    let before = updates.state();
    // What is there already stays said while something newer is looked for.
    let (has, ready) = match &before {
        State::Finishing { .. } => return false,
        State::Ready { version, .. } => (version.clone(), true),
        _ => (means.running.clone(), false),
    };
    if !ready {
        updates.is(State::Looking);
    }
    let now = match look(shell, means, &has, ready).await {
        Ok(Some(version)) => State::Ready { version, trouble: None },
        Ok(None) if ready => before,
        Ok(None) => State::Current { checked: Some(UnixTime::now()), trouble: None },
        Err(error) => {
            tracing::warn!(%error, "there is no update");
            let checked = if let State::Current { checked, .. } = before { checked } else { None };
            let trouble = Some(error.trouble());
            updates.is(if ready { before } else { State::Current { checked, trouble } });
            return false;
        }
    };
    updates.is(now);
    true
}

/// Fetches what is newer than `has`. Answers its version.
async fn look(shell: &Shell, means: &Arc<Means>, has: &Version, quietly: bool) -> Result<Option<Version>, Failed> {
    let updates = &shell.updates;
    let way = Way { net: &updates.net, running: &means.running };
    let manifest = way.manifest(&means.source.endpoint).await?;
    let Some(offer) = Offer::read(&manifest, has, Ours::of(means.place.kind))? else { return Ok(None) };
    let version = offer.version.clone();
    let file = updates.kept.begin()?;
    let told = |percent| {
        if !quietly {
            updates.is(State::Fetching { version: version.clone(), percent });
        }
    };
    told(0);
    way.archive(&offer, &file, shell.standing_changes(), told).await?;
    check(file.path().to_owned(), offer.clone(), means).await?;
    updates.kept.keep(file, &offer)?;
    Ok(Some(version))
}

async fn check(archive: std::path::PathBuf, offer: Offer, means: &Arc<Means>) -> Result<(), Refused> {
    let (key, ours): (Key, Ours) = (means.source.key.clone(), Ours::of(means.place.kind));
    let checking = tauri::async_runtime::spawn_blocking(move || {
        let archive = File::open(archive).map_err(|_| Refused::Unreadable)?;
        genuine::check(archive, &offer, &key, ours)
    });
    checking.await.unwrap_or(Err(Refused::Unreadable))
}

#[cfg(test)]
mod tests {
    use davit_core::engine::feed::{Overview, Totals};

    use super::*;

    #[test]
    fn an_update_out_of_sight_comes_by_itself_once_nothing_is_sent() {
        let standing = |overview, moving| Standing {
            totals: Totals { overview, moving, ..Totals::default() },
            ..Standing::default()
        };
        let ready = |trouble| State::Ready { version: Version::new(0, 3, 0), trouble };
        let (idle, busy) = (standing(Overview::Empty, 0), standing(Overview::Moving, 2));
        assert!(comes_by_itself(&ready(None), &idle));
        assert!(!comes_by_itself(&ready(None), &busy), "what is sent goes first");
        assert!(!comes_by_itself(&ready(Some(UpdateTrouble::NotInstalled)), &idle), "a person is told, and says when");
        assert!(!comes_by_itself(&State::Current { checked: None, trouble: None }, &idle));
        assert!(!comes_by_itself(&State::Finishing { version: Version::new(0, 3, 0) }, &idle), "it does already");
    }

    #[test]
    fn a_look_comes_once_a_day_and_not_everywhere_at_once() {
        let now = UnixTime(1_800_000_000);
        let looks: Vec<_> = (0..200).map(|_| spread(now, DAY, SPREAD).0 - now.0).collect();
        assert!(looks.iter().all(|wait| (DAY..=DAY + SPREAD).contains(wait)), "{looks:?}");
        assert!(looks.iter().any(|wait| *wait != looks[0]), "all at once");
    }

    #[test]
    fn a_computer_that_slept_past_the_time_looks_at_once_and_a_wrong_clock_keeps_nothing_back() {
        let (now, day) = (1_800_000_000, DAY);
        assert_eq!(left(UnixTime(now), UnixTime(now + 60)), Some(Duration::from_secs(60)));
        assert_eq!(left(UnixTime(now + 60), UnixTime(now + 60)), None);
        assert_eq!(left(UnixTime(now + 5 * day), UnixTime(now + day)), None, "it slept");
        assert_eq!(left(UnixTime(now - 400 * day), UnixTime(now + day)), None, "it was put back");
    }
}
