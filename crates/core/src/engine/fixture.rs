//! For tests: one file on record, and what drives share.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Start;
use super::book::Rest;
use super::drive::{Report, Shared};
use super::pool::Pool;
use super::routes::Routes;
use crate::bandwidth::{Around, Limits};
use crate::ids::{BatchId, DestinationId, ItemId, TransferId};
use crate::journal::{BatchRow, ItemRow, Journal, Recovered, TransferRow, Write};
use crate::net::Net;
use crate::session::{Collision, Destination};
use crate::transfer::Standing;
use crate::units::{ByteCount, UnixTime};

/// The one file.
pub(crate) const FILE: TransferId = TransferId::new(1);

/// How a file rests, in a word.
pub(in crate::engine) fn kind(rest: Rest) -> &'static str {
    match rest {
        Rest::Paused { .. } => "paused",
        Rest::Cancelled { .. } => "cancelled",
        Rest::Queued => "queued",
        _ => "another",
    }
}

/// The rows of a file that was given by name.
pub(crate) fn rows(path: &Path, standing: Standing) -> (BatchRow, ItemRow, TransferRow) {
    let (batch, item, added, collision) = (BatchId::new(1), ItemId::new(1), UnixTime(1), Collision::Fail);
    let id = DestinationId("d".into());
    let destination = Destination::direct(id, "D".into(), "media".into(), "eu-central-1".into(), collision);
    let name = "cut.mov".to_owned();
    let given = BatchRow { id: batch, added, destination, collision, scope: None, remote: None, told: true };
    let row = ItemRow {
        id: item,
        batch,
        added,
        path: path.to_owned(),
        mount: None,
        sweep: None,
        name: name.clone(),
        folder: false,
        counted: true,
        skipped: 0,
        removed: false,
    };
    let file = TransferRow {
        id: FILE,
        item,
        path: path.to_owned(),
        rel: name.clone(),
        key: name,
        size: ByteCount(1),
        standing,
        token: "token".into(),
        fingerprint: None,
        plan: None,
        crc64: None,
        problem: None,
    };
    (given, row, file)
}

/// The records with that file on them.
pub(in crate::engine) async fn records(
    home: &Path,
    (batch, item, file): (BatchRow, ItemRow, TransferRow),
) -> (Journal, Recovered) {
    let (journal, _) = Journal::open(home).expect("opened");
    let all = vec![Write::Batch(batch.into()), Write::Item(item), Write::Transfer(file.into())];
    journal.write(all).await.expect("written");
    drop(journal);
    Journal::open(home).expect("opened")
}

/// What an engine starts with where nobody is signed in.
pub(crate) fn start(home: &Path, (journal, recovered): (Journal, Recovered)) -> Start {
    Start {
        journal,
        home: home.to_owned(),
        recovered,
        routes: Arc::new(Routes::new(Net::default(), None, Arc::default())),
        concurrency: Some(1),
        limits: Limits::default(),
        choice: None,
        around: Around::default(),
        hold: false,
    }
}

/// What drives share where nobody is signed in.
pub(in crate::engine) fn shared(home: &Path, journal: Journal) -> (Arc<Shared>, mpsc::UnboundedReceiver<Report>) {
    let (reports, told) = mpsc::unbounded_channel();
    let routes = Arc::new(Routes::new(Net::default(), None, Arc::default()));
    let (home, tap) = (home.to_owned(), Arc::default());
    let pool = Arc::new(Pool::new(Some(4), Arc::clone(&tap)));
    (Arc::new(Shared { journal, home, routes, pool, link: Arc::default(), tap, reports }), told)
}
