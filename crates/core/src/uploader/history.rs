//! History as shells ask for it, and what it holds uploaded once more.

use std::path::PathBuf;
use std::sync::Arc;

use super::{SessionStatus, Uploader};
use crate::credentials::Remote;
use crate::engine::feed::{Action, Details, Target};
use crate::engine::{EnqueueOptions, of_ended};
use crate::error::{Error, ErrorCode, Result};
use crate::history::{Found, History, Query};
use crate::ids::{DestinationId, ItemId};
use crate::journal::Reader;

/// What a row of history was made of.
struct Made {
    path: PathBuf,
    destination: DestinationId,
    remote: Option<Remote>,
    /// The row is in the list still.
    listed: bool,
    /// A watched folder found it: where in the destination it went was that folder's matter.
    swept: bool,
}

impl Uploader {
    /// Asks something of history, aside: it looks at the records as long as it takes.
    ///
    /// # Errors
    /// What `ask` answers.
    pub async fn history<T, F>(&self, ask: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&History) -> Result<T> + Send + 'static,
    {
        let history = Arc::clone(&self.history);
        let asked = self.runtime.handle().spawn_blocking(move || ask(&history));
        asked.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }

    /// What of history matches, and the number that slices of it are asked for by. Whatever is in no index yet goes into it
    /// afterwards.
    ///
    /// # Errors
    /// The journal's.
    pub async fn search_history(&self, query: Query) -> Result<(u32, Found)> {
        let found = self.history(move |history| history.search(&query)).await;
        let history = Arc::clone(&self.history);
        self.runtime.handle().spawn_blocking(move || history.index());
        found
    }

    /// All there is to say about a row of history, whether it is in the list still or not; nothing once it moves again.
    ///
    /// # Errors
    /// The journal's.
    pub async fn history_details(&self, item: ItemId) -> Result<Option<Details>> {
        self.journal.read(move |journal| of_ended(journal, item)).await
    }

    /// Uploads once more what a row of history was made of: in the list it is tried again there, otherwise it is given anew, to
    /// the destination that it went to.
    ///
    /// # Errors
    /// `bad-input` for what cannot be given again; `sign-in-ended` while nobody is signed in; `destination-gone`; and why a path
    /// cannot be taken.
    pub async fn upload_again(&self, item: ItemId) -> Result<()> {
        let gone = || Error::new(ErrorCode::BadInput).detail("no such row");
        let made = self.journal.read(move |journal| made_of(journal, item)).await?.ok_or_else(gone)?;
        if made.listed && self.engine.act(Action::Retry, vec![Target::Item(item)]).await?.count > 0 {
            return Ok(());
        }
        if made.swept {
            return Err(Error::new(ErrorCode::BadInput).detail("a watched folder made it"));
        }
        let signed_in = matches!(self.session(), SessionStatus::Connected { .. });
        let remote = self.session.routes.remote();
        if !signed_in {
            return Err(Error::new(ErrorCode::SignInEnded));
        }
        if made.remote != remote {
            return Err(Error::new(ErrorCode::DestinationGone).detail("it went to another company"));
        }
        let ticket = self.engine.enqueue(vec![made.path], made.destination, EnqueueOptions::default()).await?;
        ticket.refused.first().map_or(Ok(()), |(_, code)| Err(Error::new(*code)))
    }
}

fn made_of(journal: &Reader, item: ItemId) -> Result<Option<Made>> {
    let Some(row) = journal.item(item)? else { return Ok(None) };
    let Some(batch) = journal.batch(row.batch)? else { return Ok(None) };
    Ok(Some(Made {
        path: row.path,
        destination: batch.destination.id,
        remote: batch.remote,
        listed: !row.removed,
        swept: row.sweep.is_some(),
    }))
}
