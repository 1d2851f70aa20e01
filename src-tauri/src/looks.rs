//! What lies in a folder that somebody writes rules for. Looked at once for all the changes of a person's mind; a folder whose
//! drive does not answer keeps nobody from looking at another.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use davit_core::error::Result;
use davit_core::file::Extent;
use davit_core::watch::preview::Listing;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// A preview is of what lay in the folder no longer ago than this.
const FRESH: Duration = Duration::from_secs(60);

/// The folder that was looked at last.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    last: Mutex<Option<Arc<Look>>>,
}

/// A look at a folder.
#[derive(Debug)]
struct Look {
    path: PathBuf,
    extent: Extent,
    /// Nothing as long as somebody looks, and where that came to nothing.
    seen: OnceCell<(Instant, Arc<Listing>)>,
}

impl Looks {
    /// What lies in a folder.
    ///
    /// # Errors
    /// As the system says of the folder; `source-offline` when its drive does not answer.
    pub(crate) async fn listing(&self, path: &Path, home: &Path, extent: Extent) -> Result<Arc<Listing>> {
        self.by(path, extent, || Listing::of(path, home, extent)).await
    }

    /// Whoever asks for a folder that is looked at waits for that look; when it fails, the next one looks.
    async fn by<F: Future<Output = Result<Listing>>>(
        &self,
        path: &Path,
        extent: Extent,
        look: impl FnOnce() -> F,
    ) -> Result<Arc<Listing>> {
        let seen = move || async move { look().await.map(|listing| (Instant::now(), Arc::new(listing))) };
        let one = self.one(path, extent);
        let (_, listing) = one.seen.get_or_try_init(seen).await?;
        Ok(Arc::clone(listing))
    }

    /// The look at this folder: the last one, where it was that and is fresh, or a new one.
    fn one(&self, path: &Path, extent: Extent) -> Arc<Look> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |look: &&Arc<Look>| {
            let fresh = look.seen.get().is_none_or(|(at, _)| at.elapsed() < FRESH);
            look.path == path && look.extent == extent && fresh
        };
        if let Some(look) = last.as_ref().filter(is_it) {
            return Arc::clone(look);
        }
        let new = Arc::new(Look { path: path.to_owned(), extent, seen: OnceCell::new() });
        *last = Some(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use davit_core::error::{Error, ErrorCode};
    use davit_core::file::Links;

    use super::*;

    async fn look(looks: &Looks, folder: &Path, extent: Extent) -> Arc<Listing> {
        looks.listing(folder, Path::new("/nowhere"), extent).await.expect("looked at")
    }

    /// W18.
    #[tokio::test]
    async fn a_folder_is_looked_at_once_for_all_rules_and_anew_where_it_reaches_further() {
        let folder = tempfile::tempdir().expect("a folder");
        let looks = Looks::default();
        let first = look(&looks, folder.path(), Extent::default()).await;
        assert!(Arc::ptr_eq(&first, &look(&looks, folder.path(), Extent::default()).await));
        let further = Extent { links: Links::Followed, ..Extent::default() };
        assert!(!Arc::ptr_eq(&first, &look(&looks, folder.path(), further).await));
    }

    /// W18.
    #[tokio::test]
    async fn a_folder_that_does_not_answer_holds_up_no_look_at_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let looks = Looks::default();
        let (answers, answer) = tokio::sync::oneshot::channel::<()>();
        let hangs = || async move {
            let _ = answer.await;
            Err(Error::new(ErrorCode::SourceOffline))
        };
        let away = looks.by(Path::new("/mnt/lab"), Extent::default(), hangs);
        let other = async {
            look(&looks, folder.path(), Extent::default()).await;
            drop(answers);
        };
        let (away, ()) = tokio::join!(away, other);
        assert_eq!(away.expect_err("it is away").code, ErrorCode::SourceOffline);
    }
}
