//! Ridding S3 of an upload that nobody will finish.

use std::sync::Arc;

use super::Drive;
use crate::engine::leftovers;
use crate::error::Result;
use crate::ids::{ObjectKey, UploadId};
use crate::journal::Write;
use crate::transfer::state::unfinished;
use crate::transfer::{Input, TransferState};

impl Drive {
    pub(super) async fn abort(&mut self, upload: &UploadId) -> Result<Option<Input>> {
        match self.aborted(upload).await {
            Ok(()) if unfinished(&self.row.standing.on_s3).is_none() => {
                self.shared.journal.write(vec![Write::Gone(upload.clone())]).await?;
                Ok(None)
            }
            Ok(()) => {
                let swept = matches!(self.row.standing.state, TransferState::Cancelled { .. });
                self.shared.journal.note(vec![Write::Gone(upload.clone())]);
                Ok(swept.then_some(Input::Swept))
            }
            // It stays on record and is tried again; the bucket's lifecycle rule is the last net.
            Err(error) => {
                tracing::warn!(id = %self.row.id, %error, "an unfinished upload could not be removed yet");
                self.shared.journal.note(vec![leftovers::stays(upload, &error)]);
                Ok(None)
            }
        }
    }

    async fn aborted(&self, upload: &UploadId) -> Result<()> {
        let (key, route) = if let Some(open) = &self.open {
            (open.key.clone(), Arc::clone(&open.route))
        } else {
            let route = self.shared.routes.of(&self.batch).await?;
            (ObjectKey::new(format!("{}{}", route.scope.prefix, self.row.key))?, route)
        };
        leftovers::abort(&route.bucket, &key, upload, &self.shared.link).await
    }
}
