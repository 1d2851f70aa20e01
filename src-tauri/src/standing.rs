//! What stands around the window is told of the list and of watched folders: its numbers, what was done last, and which folders need
//! somebody. One feed for all of it.

use std::sync::Arc;

use davit_core::bandwidth::Why;
use davit_core::engine::Engine;
use davit_core::engine::feed::{Filter, Overview, Slice, Totals, Update, View};
use davit_core::error::ErrorCode;
use davit_core::ids::{ItemId, WatchId};
use davit_core::watch::card::{Card, Doing};
use tokio::sync::watch;

use crate::notices::Notice;
use crate::shell::Shell;
use crate::views::named;
use crate::words;

/// So many of what was done last are named.
const RECENT: u32 = 20;

/// A watched folder that needs somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) watch: WatchId,
    /// What the person calls it, or its last name.
    pub(crate) name: String,
    pub(crate) wrong: Wrong,
}

/// What is wrong with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not there, and lay on the drive of this name, where that is known.
    Away(Option<String>),
    /// Another folder is in its place.
    Another,
    /// It cannot be read, or not all of it can be sent.
    Unfit,
}

impl Folder {
    /// None where a folder needs nobody. Files that need somebody are counted where they are, in the list.
    fn of(card: &Card) -> Option<Self> {
        let wrong = match card.doing {
            Doing::Away { other: true } => Wrong::Another,
            Doing::Away { other: false } => Wrong::Away(card.drive.clone()),
            Doing::Asks { .. } | Doing::Checking | Doing::Watching | Doing::Paused { .. }
                if card.problem.is_some() && card.counts.failed == 0 =>
            {
                Wrong::Unfit
            }
            _ => return None,
        };
        Some(Self { watch: card.id, name: named(&card.spec, &card.path, &card.shown), wrong })
    }

    fn says(&self) -> Notice {
        match &self.wrong {
            Wrong::Away(Some(drive)) => words::plug_in(drive, &self.name),
            Wrong::Away(None) => words::folder_is_gone(&self.name),
            Wrong::Another => words::folder_is_another(&self.name),
            Wrong::Unfit => words::folder_needs_you(&self.name),
        }
    }
}

/// What keeps everything, or a watched folder, from going on until somebody does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stop {
    /// The sign-in is over.
    SignIn,
    /// The network, or this computer, for this reason.
    Because(ErrorCode),
    /// A watched folder.
    Folder(WatchId),
}

/// What is known of the list and of watched folders.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    /// Its numbers.
    pub(crate) totals: Totals,
    /// Rows that were done last, the last first.
    pub(crate) recent: Vec<(ItemId, String)>,
    /// Watched folders that need somebody.
    pub(crate) folders: Vec<Folder>,
}

impl Standing {
    /// Whether something is sent, or tried: an end of the program would stop it.
    pub(crate) fn sends(&self) -> bool {
        let Totals { overview, moving, .. } = &self.totals;
        *moving > 0 && matches!(overview, Overview::Moving | Overview::Offline | Overview::Waiting(_))
    }

    /// Whether something is sent by itself, now or when a pause ends.
    pub(crate) fn goes_on(&self) -> bool {
        self.sends() || (self.totals.overview == Overview::Paused && self.totals.limit.paused)
    }

    /// What is in the way, and what is said of it.
    pub(crate) fn stops(&self) -> Vec<(Stop, Notice)> {
        let folder = |one: &Folder| (Stop::Folder(one.watch), one.says());
        self.stops_all().into_iter().chain(self.folders.iter().map(folder)).collect()
    }

    /// What is in the way of everything.
    fn stops_all(&self) -> Option<(Stop, Notice)> {
        match &self.totals.overview {
            Overview::SignedOut { .. } => Some((Stop::SignIn, words::sign_in())),
            Overview::Stuck { code } => Some((Stop::Because(*code), words::stuck(*code))),
            Overview::Waiting(wait) => words::in_the_way(wait.code).map(|says| (Stop::Because(wait.code), says)),
            _ => None,
        }
    }

    /// Whether somebody has to do something about it, of files, of folders or of everything.
    pub(crate) fn needs_somebody(&self) -> bool {
        self.needs() > 0 || self.stops_all().is_some()
    }

    /// How many watched folders need somebody.
    pub(crate) fn folders(&self) -> u32 {
        u32::try_from(self.folders.len()).unwrap_or(u32::MAX)
    }

    /// How many files and watched folders need somebody.
    pub(crate) fn needs(&self) -> u32 {
        self.totals.needs_you.saturating_add(self.folders())
    }

    /// Whether a person paused everything for a while.
    pub(crate) fn is_paused_for_a_while(&self) -> bool {
        self.totals.limit.paused && self.totals.limit.why == Why::Chosen
    }
}

/// How far what is on its way is, in percent. The whole is there once it is verified.
pub(crate) fn percent(totals: &Totals) -> Option<u64> {
    let percent = totals.sent.get().saturating_mul(100).checked_div(totals.size.get())?;
    Some(percent.min(99))
}

/// The last rows that are done, of so many.
fn last(done: u32) -> View {
    View { filter: Filter::Done, first: done.saturating_sub(RECENT), count: RECENT, ..View::default() }
}

fn recent(slice: &Slice) -> Vec<(ItemId, String)> {
    slice.rows.iter().rev().map(|row| (row.id, row.name.clone())).collect()
}

/// The cards of watched folders, as they change; where nobody watches there are none.
type Cards = Option<watch::Receiver<Arc<[Card]>>>;

async fn changed(cards: &mut Cards) {
    let gone = match cards {
        Some(told) => told.changed().await.is_err(),
        None => true,
    };
    if gone {
        std::future::pending::<()>().await;
    }
}

fn folders(cards: &mut Cards) -> Vec<Folder> {
    cards.as_mut().map(|cards| cards.borrow_and_update().iter().filter_map(Folder::of).collect()).unwrap_or_default()
}

/// Follows the list and watched folders as long as the engine lives.
pub(crate) async fn follow(engine: Engine, mut cards: Cards, shell: Arc<Shell>) {
    let Ok(mut feed) = engine.subscribe(last(0)).await else { return };
    let mut now = Standing { folders: folders(&mut cards), ..Standing::default() };
    loop {
        let done = now.totals.done;
        let update = tokio::select! {
            update = feed.next() => update,
            () = changed(&mut cards) => {
                now.folders = folders(&mut cards);
                shell.stands(&now);
                continue;
            }
        };
        match update {
            None => return,
            Some(Update::Snapshot(all)) => {
                (now.recent, now.totals) = (recent(&all.slice), all.totals);
            }
            Some(Update::Delta(some)) => {
                now.totals = some.totals;
                if let Some(slice) = &some.slice {
                    now.recent = recent(slice);
                }
            }
        }
        if now.totals.done != done {
            feed.set_view(last(now.totals.done));
        }
        shell.stands(&now);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use davit_core::bandwidth::LimitNow;
    use davit_core::engine::feed::Wait;
    use davit_core::ids::DestinationId;
    use davit_core::watch::Spec;
    use davit_core::watch::card::{Counts, Notices};
    use davit_core::watch::record::Counters;

    use super::*;

    fn standing(overview: Overview, moving: u32) -> Standing {
        Standing { totals: Totals { overview, moving, ..Totals::default() }, ..Standing::default() }
    }

    #[test]
    fn what_is_tried_is_sent_and_what_a_pause_holds_goes_on_when_it_ends() {
        let wait = Wait::new(ErrorCode::StorageBusy, None, None);
        for overview in [Overview::Moving, Overview::Offline, Overview::Waiting(wait)] {
            assert!(standing(overview, 1).sends());
        }
        for overview in [Overview::Empty, Overview::Paused, Overview::NeedsYou, Overview::Moving] {
            assert!(!standing(overview, 0).goes_on());
        }
        let mut paused = standing(Overview::Paused, 0);
        paused.totals.limit = LimitNow { paused: true, why: Why::Schedule, ..LimitNow::default() };
        assert!(paused.goes_on() && !paused.sends() && !paused.is_paused_for_a_while());
        paused.totals.limit.why = Why::Chosen;
        assert!(paused.goes_on() && paused.is_paused_for_a_while());
    }

    #[test]
    fn the_last_of_what_is_done_is_looked_at() {
        assert_eq!((last(0).first, last(20).first, last(27).first), (0, 0, 7));
        assert_eq!((last(27).filter, last(27).count), (Filter::Done, 20));
    }

    fn card(doing: Doing, drive: Option<&str>, problem: Option<ErrorCode>, failed: u32) -> Card {
        Card {
            id: WatchId::new(7),
            path: PathBuf::from("scans"),
            shown: "scans".to_owned(),
            drive: drive.map(str::to_owned),
            destination: "Projects / Rushes".to_owned(),
            to: DestinationId("d".to_owned()),
            spec: Spec::default(),
            doing,
            notices: Notices::Live,
            counts: Counts { failed, ..Counts::default() },
            counters: Counters::default(),
            last_done: None,
            last_event: None,
            problem,
            warning: None,
        }
    }

    #[test]
    fn a_watched_folder_that_needs_somebody_is_known_by_what_is_wrong_with_it() {
        let away = Doing::Away { other: false };
        let unreadable = Some(ErrorCode::FileUnreadable);
        for (card, title) in [
            (card(away, Some("PHOTO-SSD"), None, 0), Some("Plug in the drive PHOTO-SSD to continue")),
            (card(away, None, None, 0), Some("scans is not where it was")),
            (card(Doing::Away { other: true }, None, None, 0), Some("scans is not where it was")),
            (card(Doing::Watching, None, unreadable, 0), Some("scans needs you")),
            (card(Doing::Watching, None, None, 0), None),
            // Those files are counted in the list, and another Davit sees to the folder.
            (card(Doing::Watching, None, unreadable, 2), None),
            (card(Doing::Elsewhere { process: None }, None, None, 0), None),
        ] {
            let folders: Vec<_> = Folder::of(&card).into_iter().collect();
            let standing = Standing { folders, ..Standing::default() };
            assert_eq!(standing.stops().pop().map(|(_, says)| says.title).as_deref(), title, "{:?}", card.doing);
        }
    }
}
