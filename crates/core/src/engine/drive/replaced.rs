//! A source in whose place another file is put in the midst of its upload, as programs do that save at once (rule W12). What it
//! was is there for as long as it is held open: a run that a person wants that of sends it to its end from there. A run that
//! rests in between has let go of it, and the next finds the other file.

use std::sync::Arc;

use super::Drive;
use crate::error::Result;
use crate::file::{Fingerprint, Likeness, SourceFile};
use crate::journal::Expected;

impl Drive {
    /// The source as it is held open, where another file is `there`, in its place, and a person wants it sent to its end. None
    /// where it was written to: of what was not sent by then, nothing is left. Where only its change time moved, as it does when
    /// its name is taken, what was sent of it tells whether it is what it was `before`.
    pub(super) async fn held_as_it_was(
        &self,
        there: &Fingerprint,
        before: &Fingerprint,
    ) -> Result<Option<(Arc<SourceFile>, Fingerprint)>> {
        let is_another = (there.volume, there.file) != (before.volume, before.file);
        let (Some(open), Some(sweep), true) = (&self.open, &self.item.sweep, is_another) else { return Ok(None) };
        // One that grows is no version yet.
        if open.replaced || before.grows {
            return Ok(None);
        }
        // A handle that tells nothing any more is of a drive that went away: the other file lies on the one that is there.
        let Ok(is) = open.file.is_now().await else { return Ok(None) };
        if is.likeness(before) == Likeness::Other || self.expected(&is).await? != Expected::All {
            return Ok(None);
        }
        let watch = sweep.watch;
        let wanted = self.shared.journal.read(move |journal| journal.finishes_first(watch)).await?;
        Ok(wanted.then(|| (Arc::clone(&open.file), is)))
    }
}
