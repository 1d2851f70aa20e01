//! What an issuer granted, until somebody keeps it. Whatever else becomes of it, the issuer hears that it is used no more: what a
//! sign-in is renewed by may be good for months.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::grant::Grant;
use super::kept::Kept;

/// A grant that nobody keeps yet. Dropped, it is given back.
#[derive(Debug)]
pub(in super::super) struct Untaken {
    kept: Arc<Kept>,
    /// None once it is taken.
    grant: Option<Grant>,
}

impl Untaken {
    pub(in super::super) fn new(kept: &Arc<Kept>, grant: Grant) -> Self {
        Self { kept: Arc::clone(kept), grant: Some(grant) }
    }

    /// The token that the backend is shown.
    pub(in super::super) fn bearer(&self) -> Option<&SecretString> {
        self.grant.as_ref()?.bearer()
    }

    /// What it is renewed by.
    pub(super) fn refresh(&self) -> Option<&SecretString> {
        self.grant.as_ref()?.refresh.as_ref()
    }

    /// It is given back, and whoever waits for this knows that the issuer has heard, where it answers in time.
    pub(in super::super) async fn given_back(self) {
        if let Some(refresh) = self.refresh() {
            self.kept.says_farewell(refresh).await;
        }
        drop(self.taken());
    }

    /// It is kept.
    pub(super) fn taken(mut self) -> Option<Grant> {
        self.grant.take()
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        let refresh = self.grant.take().and_then(|grant| grant.refresh);
        let (Some(refresh), Ok(runtime)) = (refresh, Handle::try_current()) else { return };
        let kept = Arc::clone(&self.kept);
        runtime.spawn(async move { kept.says_farewell(&refresh).await });
    }
}
