//! Watched folders as shells and other processes ask for them: where their files may go is the session's matter.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::{Keeper, Uploader};
use crate::credentials::Remote;
use crate::engine::routes::Origin;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::{DestinationId, WatchId};
use crate::session::Destination;
use crate::watch::card::Card;
use crate::watch::spec::Existing;
use crate::watch::{Spec, Watches};

/// What is asked of watched folders.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Another one.
    Add {
        /// Where it lies, whole. Not every name is Unicode.
        path: OsString,
        /// The destination's id or label; none means the only one.
        to: Option<String>,
        /// What is wanted of it.
        spec: Box<Spec>,
    },
    /// All of them.
    Cards,
    /// Another wish.
    Change {
        /// Of this one.
        id: WatchId,
        /// All that is wanted of it.
        spec: Box<Spec>,
        /// Where what comes from now on goes, by id or label; none is where it goes already.
        to: Option<String>,
    },
    /// What of that which is there already is to be uploaded.
    Answer(WatchId, Existing),
    /// It is to rest.
    Pause(WatchId),
    /// It is to go on.
    Resume(WatchId),
    /// All of them are to rest.
    PauseAll,
    /// All of them are to go on.
    ResumeAll,
    /// It lies there by now, whole.
    Relocate(WatchId, OsString),
    /// All of it is to be checked.
    Check(WatchId),
    /// It is to be watched no more.
    Remove(WatchId),
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is watched.
    Added(WatchId),
    /// All of them.
    Cards(Vec<Card>),
    /// It rests, or is away, and is looked at once it goes on.
    NotNow,
    /// It is so.
    Done,
    /// It is not so.
    Refused {
        /// Why.
        code: ErrorCode,
        /// For people who debug.
        detail: String,
    },
}

/// Where watched folders are asked for: nothing until they are watched, and nothing where they are not.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk(Arc<OnceLock<(Watches, Arc<Keeper>)>>);

impl Desk {
    pub(super) fn open(&self, watches: Watches, keeper: Arc<Keeper>) {
        let _ = self.0.set((watches, keeper));
    }

    pub(super) fn watches(&self) -> Option<&Watches> {
        self.0.get().map(|(watches, _)| watches)
    }

    /// Does what is asked.
    pub(super) async fn does(&self, ask: Ask) -> Answer {
        match self.try_to(ask).await {
            Ok(answer) => answer,
            Err(error) => Answer::Refused { code: error.code, detail: error.detail },
        }
    }

    async fn try_to(&self, ask: Ask) -> Result<Answer> {
        let none = || Error::new(ErrorCode::InstanceBusy).detail("the Davit at work watches no folders");
        let (watches, keeper) = self.0.get().ok_or_else(none)?;
        match ask {
            Ask::Add { path, to, spec } => {
                let all = keeper.destinations().await?;
                let to = named(&all, to.as_deref())?.clone();
                return keeper.add(watches, Path::new(&path), to, *spec).await.map(Answer::Added);
            }
            Ask::Cards => return Ok(Answer::Cards(watches.cards().borrow().to_vec())),
            Ask::Change { id, spec, to } => {
                let to = match to {
                    Some(name) => {
                        let to = named(&keeper.destinations().await?, Some(name.as_str()))?.clone();
                        let remote = keeper.remote(&to)?;
                        Some((to, remote))
                    }
                    None => None,
                };
                watches.wish(id, move |now| *now = *spec, to).await?;
            }
            Ask::Answer(id, existing) => watches.answer(id, existing).await?,
            Ask::Pause(id) => watches.pause(id).await?,
            Ask::Resume(id) => watches.resume(id).await?,
            Ask::PauseAll => watches.pause_all().await?,
            Ask::ResumeAll => watches.resume_all().await?,
            Ask::Relocate(id, path) => watches.relocate(id, Path::new(&path)).await?,
            Ask::Check(id) if !watches.check(id).await? => return Ok(Answer::NotNow),
            Ask::Check(_) => {}
            Ask::Remove(id) => watches.remove(id).await?,
        }
        Ok(Answer::Done)
    }
}

/// The destination that was named, by its id or label, or the only one.
///
/// # Errors
/// `not-allowed` where there is none, `bad-input` with their names where there are several and none was named,
/// `destination-gone` for a name that none has.
pub fn named<'a>(all: &'a [Destination], name: Option<&str>) -> Result<&'a Destination> {
    match (name, all) {
        (Some(name), all) => {
            let found = all.iter().find(|to| to.id.0 == name || to.label == name);
            found.ok_or_else(|| Error::new(ErrorCode::DestinationGone).detail(name))
        }
        (None, [only]) => Ok(only),
        (None, []) => Err(Error::new(ErrorCode::NotAllowed).detail("the company gives no destination")),
        (None, all) => {
            let names: Vec<_> = all.iter().map(|to| to.id.0.as_str()).collect();
            let detail = format!("There are several destinations. Name one with --to: {}.", names.join(", "));
            Err(Error::new(ErrorCode::BadInput).detail(detail))
        }
    }
}

impl Keeper {
    /// Where uploads may go.
    pub(super) async fn destinations(&self) -> Result<Arc<[Destination]>> {
        match self.routes.origin() {
            Origin::Direct { destination, .. } => Ok(Arc::from([*destination])),
            Origin::Session(session) => session.destinations().await,
            Origin::None | Origin::Connecting { .. } => Err(Error::new(ErrorCode::SignInEnded).detail("not signed in")),
        }
    }

    async fn add(&self, watches: &Watches, path: &Path, to: Destination, spec: Spec) -> Result<WatchId> {
        let remote = self.remote(&to)?;
        watches.add(path, spec, to, remote).await
    }

    /// Whose a destination is that counts now.
    fn remote(&self, to: &Destination) -> Result<Remote> {
        let gone = || Error::new(ErrorCode::DestinationGone).detail(to.id.to_string());
        self.routes.remote().ok_or_else(gone)
    }
}

impl Uploader {
    /// The watched folders, where this program watches them.
    pub fn watches(&self) -> Option<&Watches> {
        self.watches.watches()
    }

    /// Does what is asked of them.
    ///
    /// # Errors
    /// What is refused, and why.
    pub async fn ask_watches(&self, ask: Ask) -> Result<Answer> {
        self.watches.try_to(ask).await
    }

    /// Watches a folder; its files go to a destination of the company, or of the place, that counts now.
    ///
    /// # Errors
    /// `destination-gone`, `sign-in-ended`; those of [`Watches::add`]; `instance-busy` where this program watches none.
    pub async fn watch(&self, path: &Path, to: &DestinationId, spec: Spec) -> Result<WatchId> {
        let watches = self.watched()?;
        let destination = self.destination(to).await?;
        self.session.add(watches, path, destination, spec).await
    }

    /// Changes some of what is wanted of a folder: what `wish` does not touch stays as it is by then. What comes from now on goes
    /// to the destination, where one is given.
    ///
    /// # Errors
    /// As [`Self::watch`].
    pub async fn change_watch(
        &self,
        id: WatchId,
        wish: impl FnOnce(&mut Spec) + Send + 'static,
        to: Option<&DestinationId>,
    ) -> Result<()> {
        let watches = self.watched()?;
        let to = match to {
            Some(to) => {
                let destination = self.destination(to).await?;
                let remote = self.session.remote(&destination)?;
                Some((destination, remote))
            }
            None => None,
        };
        watches.wish(id, wish, to).await
    }

    fn watched(&self) -> Result<&Watches> {
        self.watches().ok_or_else(|| Error::new(ErrorCode::InstanceBusy))
    }

    async fn destination(&self, id: &DestinationId) -> Result<Destination> {
        let known = self.session.destinations().await?;
        let found = known.iter().find(|known| known.id == *id).cloned();
        found.ok_or_else(|| Error::new(ErrorCode::DestinationGone).detail(id.to_string()))
    }
}
