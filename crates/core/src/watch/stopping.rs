//! A folder that is watched no more: what rests for it goes on, and its ledger goes.

use std::path::Path;

use super::folder::Shared;
use super::hours::AT_ONCE;
use crate::error::Result;
use crate::ids::WatchId;
use crate::journal::Write;

/// Lets go of a folder that is on record as watched no more. Doing it again does no harm: a kill may come between the two.
///
/// Nobody needs the ledger from then on. A transfer in line takes whatever lies there by then (`Expected::All`, whatever the
/// ledger says); what was to become of its file afterwards is done by whoever watches, and nobody does; and the same folder
/// watched again is another one with a ledger of its own. So it goes as a whole, also the lines of what is still in line.
///
/// # Errors
/// The journal's.
pub(super) async fn lets_go(shared: &Shared, id: WatchId) -> Result<()> {
    let lines = shared.journal.read(move |reader| reader.watched_open_below(id, Path::new(""))).await?;
    let given: Vec<_> = lines.iter().filter_map(|line| line.row.decided.transfer()).collect();
    for some in given.chunks(AT_ONCE) {
        shared.engine.go_on_alone(some.to_vec()).await?;
    }
    shared.journal.write(vec![Write::ForgetWatched(id)]).await
}
