//! A source whose change time moves in the midst of its upload: other rights, the mark of an indexer, another name. Its
//! contents decide, as they do after a restart.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use super::Drive;
use crate::error::{Error, ErrorCode, Result};
use crate::file::{Fingerprint, Likeness, SourceFile};
use crate::journal::Write;
use crate::transfer::Plan;

/// What is touched again within this time after it was looked at is in use: it rests until it is left alone.
const QUIET: Duration = Duration::from_secs(10);

/// When what was sent was last compared with the source, and how long that took.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Compared {
    ended: Instant,
    took: Duration,
}

impl Compared {
    /// At most a third of the time goes into comparing.
    fn is_long_ago(self) -> bool {
        self.ended.elapsed() >= QUIET.max(self.took * 2)
    }
}

impl Drive {
    /// Whether a source that is this now may be the one that it was when what is on record was sent.
    pub(super) async fn is_what_was_sent(
        &mut self,
        file: &Arc<SourceFile>,
        (now, before): (&Fingerprint, &Fingerprint),
        plan: Plan,
    ) -> Result<bool> {
        match now.likeness(before) {
            Likeness::Same => Ok(true),
            Likeness::Perhaps => {
                let begun = Instant::now();
                let holds = self.holds_what_was_sent(file, plan).await?;
                self.compared = Some(Compared { ended: Instant::now(), took: begun.elapsed() });
                Ok(holds)
            }
            Likeness::Other => Ok(false),
        }
    }

    /// Something found that the source changed. Where only its change time or its numbers moved and it still holds what is
    /// on record, it is the source from now on, and nothing else moved.
    ///
    /// # Errors
    /// `changed` where it is another version; `file-in-use` where it was looked at just now; as opening it.
    pub(super) async fn goes_on(&mut self, changed: Error) -> Result<()> {
        let (Some(before), Some(plan)) = (self.row.fingerprint.clone(), self.row.plan) else { return Err(changed) };
        let (file, mut fingerprint) = self.source().await?;
        if fingerprint.likeness(&before) != Likeness::Perhaps {
            return Err(changed);
        }
        if self.compared.is_some_and(|compared| !compared.is_long_ago()) {
            return Err(Error::new(ErrorCode::FileInUse).detail("touched again and again"));
        }
        self.held_since = None;
        // Parts in flight were dropped. What was acknowledged of them may still be on its way to the records.
        self.shared.journal.write(Vec::new()).await?;
        if !self.is_what_was_sent(&file, (&fingerprint, &before), plan).await? {
            return Err(changed);
        }
        tracing::info!(id = %self.row.id, "the source was touched, and holds what was sent");
        fingerprint.in_doubt |= before.in_doubt;
        let (id, opened) = (self.row.id, fingerprint.clone());
        self.shared.journal.write(vec![Write::Opened { id, fingerprint: opened, plan }]).await?;
        let parts = self.shared.journal.read(move |journal| journal.parts(id)).await?;
        self.parts = parts.into_iter().map(|part| (part.number, part)).collect();
        self.live.begin(self.parts.values().map(|part| (part.number, part.size.get())));
        self.row.fingerprint = Some(fingerprint.clone());
        if let Some(open) = &mut self.open {
            (open.file, open.fingerprint) = (file, fingerprint);
        }
        Ok(())
    }
}
