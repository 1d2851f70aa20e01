//! Ridding S3 of an upload that nobody will finish.

use std::sync::Arc;

use super::{Drive, SOON};
use crate::credentials::Giver;
use crate::engine::leftovers;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::UploadId;
use crate::journal::{Leftover, Write};
use crate::s3::Aborted;
use crate::transfer::state::unfinished;
use crate::transfer::{Input, TransferState};

impl Drive {
    pub(super) async fn abort(&mut self, upload: &UploadId) -> Result<Option<Input>> {
        match self.aborted_in_time(upload).await {
            Ok(_) if unfinished(&self.row.standing.on_s3).is_none() => {
                // What cannot be recorded now is only swept once more.
                if let Err(error) = self.shared.journal.write(vec![Write::Gone(upload.clone())]).await {
                    tracing::warn!(id = %self.row.id, %error, "an upload that is gone stays on record");
                }
                Ok(None)
            }
            Ok(_) => {
                let swept = matches!(self.row.standing.state, TransferState::Cancelled { .. });
                self.shared.journal.note(vec![Write::Gone(upload.clone())]);
                Ok(swept.then_some(Input::Swept))
            }
            // It stays on record and is tried again; the bucket's lifecycle rule is the last net.
            Err(error) => {
                tracing::warn!(id = %self.row.id, %error, "an unfinished upload could not be removed yet");
                if self.tells_why(&error) {
                    self.shared.journal.note(vec![leftovers::stays(upload, &error)]);
                }
                Ok(None)
            }
        }
    }

    /// An upload that could not be put on record: S3 is rid of it before nobody knows of it any more, if it answers soon.
    pub(super) async fn give_back(&self, upload: &UploadId) {
        let outcome = tokio::time::timeout(SOON, self.aborted(upload)).await;
        if !matches!(outcome, Ok(Ok(_))) {
            tracing::warn!(id = %self.row.id, upload = %upload.0, "an upload that is not on record is left in the store");
            let (upload, batch, key) = (upload.clone(), self.batch.id, self.row.key.clone());
            self.shared.journal.note(vec![Write::Leftover(Leftover { upload, batch, key })]);
        }
    }

    /// An engine that ends waits no longer for it than for anything else.
    async fn aborted_in_time(&self, upload: &UploadId) -> Result<Aborted> {
        let ended = async {
            self.stop.ends.cancelled().await;
            tokio::time::sleep(SOON).await;
        };
        tokio::select! {
            biased;
            outcome = self.aborted(upload) => outcome,
            () = ended => Err(Error::new(ErrorCode::Offline).detail("no answer before the end")),
        }
    }

    /// Whether it is known why: at a place without a company that is not the present one nobody was asked.
    fn tells_why(&self, error: &Error) -> bool {
        let giver = self.batch.remote.as_ref().map(|remote| &remote.giver);
        !(error.code == ErrorCode::SignInEnded && matches!(giver, Some(Giver::Chain { .. })))
    }

    async fn aborted(&self, upload: &UploadId) -> Result<Aborted> {
        let (key, route) = if let Some(open) = &self.open {
            (open.key.clone(), Arc::clone(&open.route))
        } else {
            let route = self.shared.routes.of(&self.batch).await?;
            (self.key_by(&route)?, route)
        };
        leftovers::abort(&route.bucket, &key, upload, &self.shared.link).await
    }
}
