//! For tests: a watched folder with one file on record, at an engine that begins nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::card::Doing;
use super::events::Events;
use super::folder::{Ask, Folder, Shared};
use super::record::{Counters, Decided, State};
use super::showing::card_of;
use super::spec::Spec;
use crate::credentials::{Giver, Remote};
use crate::engine::fixture::{FILE, rows, start};
use crate::engine::{Engine, Start};
use crate::file::Stamp;
use crate::ids::WatchId;
use crate::journal::{ItemRow, Journal, Sweep, TransferRow, WatchRow, WatchedRow, Write};
use crate::session::Destination;
use crate::transfer::{Standing, TransferState};
use crate::units::UnixTime;

/// The folder.
pub(crate) const WATCH: WatchId = WatchId::new(1);
/// Its one file, [`FILE`] of the engine's.
pub(super) const NAME: &str = "cut.mov";

/// The folder at `root` as it is on record, and what made its one row of the list.
pub(crate) fn row(root: &Path, destination: Destination, state: State) -> (WatchRow, Sweep) {
    let row = WatchRow {
        id: WATCH,
        added: UnixTime(1),
        path: root.to_owned(),
        spec: Spec::default(),
        destination,
        remote: Remote { giver: Giver::Company { address: "https://a.example".to_owned() }, store: None },
        root: None,
        state,
        counters: Counters::default(),
    };
    (row, Sweep { watch: WATCH, under: String::new() })
}

/// The folder at `root` whose file is as `change` makes it, and who may ask it.
pub(super) async fn watched(
    home: &Path,
    root: &Path,
    change: impl FnOnce(&mut TransferRow),
) -> (Folder, mpsc::UnboundedSender<Ask>) {
    let (batch, item, mut file) = rows(&root.join(NAME), Standing::NEW);
    change(&mut file);
    let (row, sweep) = row(root, batch.destination.clone(), State::Watching);
    let item = ItemRow { path: root.to_owned(), sweep: Some(sweep), ..item };
    let line = WatchedRow {
        folder: PathBuf::new(),
        name: NAME.into(),
        stamp: Stamp { size: file.size.get(), mtime_ns: 1, file: Some(1) },
        decided: Decided::Given(FILE),
        after: None,
    };
    let all = vec![
        Write::Watch(Box::new(row.clone())),
        Write::Batch(batch.into()),
        Write::Item(item),
        Write::Transfer(file.into()),
        Write::Watched(WATCH, line),
    ];
    let (journal, _) = Journal::open(home).expect("opened");
    journal.write(all).await.expect("written");
    drop(journal);
    let opened = Journal::open(home).expect("opened");
    let journal = opened.0.clone();
    let start = Start { hold: true, ..start(home, opened) };
    let engine = Engine::start(start, &tokio::runtime::Handle::current());
    let shared = Arc::new(Shared { engine, journal, home: home.to_owned() });
    let events = Events::new(row.spec.mode);
    let (asks, asked) = mpsc::unbounded_channel();
    let (card, _) = watch::channel(card_of(&row, Doing::Watching, events.notices()));
    let rules = row.spec.rules().expect("patterns");
    (Folder::new(shared, row, rules, (asked, card, events)), asks)
}

/// Where the file stands by the records.
pub(super) async fn stands(folder: &Folder) -> TransferState {
    let row = folder.shared.journal.read(|reader| reader.transfer(FILE)).await.expect("read");
    row.expect("on record").standing.state
}
