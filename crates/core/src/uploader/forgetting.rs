//! A company is forgotten: its sign-in, its watched folders, what is not done of its uploads, its history, its address. Files on
//! this computer and what is uploaded stay.
//!
//! That it is to be forgotten goes on record first, and that word goes last. Everything in between may be done twice: whatever
//! the moment of a kill, the next start does all of it before anything else. It asks nobody then: what S3 still holds of
//! unfinished uploads is left to the bucket's lifecycle rule, as it is here where nobody may remove it. An issuer is told that a
//! sign-in is over, at work and where it wants to be; the contract knows no word by which a company would take a token back.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Duration;

use super::present::Wish;
use super::{Keeper, SessionStatus, Uploader, lock, watches};
use crate::check::Checked;
use crate::engine::routes::Origin;
use crate::error::{Error, ErrorCode, Result};
use crate::failpoint::{self, Side};
use crate::history::History;
use crate::journal::{Journal, Left, Reader};
use crate::session::{Vault, address};
use crate::settings::Settings;
use crate::units::UnixTime;
use crate::watch::Watches;

/// What runs has so long to rest. What does not by then, because the store is asked to put it together say, is cut off later.
const REST: Duration = Duration::from_secs(5);
/// What was sent of unfinished uploads may be removed for so long. Requests that are under way then end within five seconds more.
const SWEEP: Duration = Duration::from_secs(24);
/// Of that, a company that is being connected to has so long to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// The company's name, or its address where it never told one.
    pub company: String,
    /// Unfinished uploads that S3 may hold still: the bucket's lifecycle rule removes them.
    pub left: u32,
}

/// Where a company is forgotten. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Desk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keeper: Arc<Keeper>,
    journal: Journal,
    watches: watches::Desk,
    history: Arc<History>,
    checked: Arc<Mutex<Option<Checked>>>,
    /// Held by who forgets one.
    one: tokio::sync::Mutex<()>,
    /// Held by who asked from elsewhere, until they are told.
    asked: tokio::sync::RwLock<()>,
}

/// Whether somebody is there who may have signed in, and sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Work,
    Start,
}

impl Desk {
    pub(super) fn new(
        keeper: Arc<Keeper>,
        journal: Journal,
        watches: watches::Desk,
        history: Arc<History>,
        checked: Arc<Mutex<Option<Checked>>>,
    ) -> Self {
        let (one, asked) = Default::default();
        Self(Arc::new(Inner { keeper, journal, watches, history, checked, one, asked }))
    }

    /// As long as this is held, this process does not end.
    pub(super) async fn is_asked(&self) -> impl Drop + Send {
        self.0.asked.read().await
    }

    /// Everybody who asked has been told.
    pub(super) async fn all_told(&self) {
        drop(self.0.asked.write().await);
    }

    /// Forgets the company that is known now. Once that is on record it is done to its end, here or by the next start.
    ///
    /// # Errors
    /// `set-by-company` where a policy fixes the company, `bad-input` where none is known; `disk-full` and `journal-unwritable`,
    /// where it may be left to the next start.
    pub(super) async fn forget(&self) -> Result<Forgotten> {
        let _one = self.0.one.lock().await;
        let (address, company) = self.0.keeper.may_be_forgotten()?;
        self.0.keeper.is_to_forget(&address)?;
        failpoint::pass("forget", Side::After);
        let left = self.at_work(&address).await?;
        Ok(Forgotten { company, left })
    }

    /// Does to its end what was begun and could not be.
    ///
    /// # Errors
    /// `disk-full`, `journal-unwritable`.
    pub(super) async fn ends(&self) -> Result<()> {
        let _one = self.0.one.lock().await;
        let half = lock(&self.0.keeper.settings).forgetting.clone();
        match half {
            Some(address) => self.at_work(&address).await.map(drop),
            None => Ok(()),
        }
    }

    /// The same at a start, before anybody is connected to.
    ///
    /// # Errors
    /// As [`Self::ends`].
    pub(super) async fn ends_first(&self, address: &str) -> Result<()> {
        let left = self.finish(address, At::Start).await?;
        tracing::info!(left, "a company is forgotten to its end");
        Ok(())
    }

    /// Whatever cannot be done, nobody is signed in any more.
    async fn at_work(&self, address: &str) -> Result<u32> {
        let done = self.finish(address, At::Work).await;
        if let Err(error) = &done {
            let wish = self.0.keeper.leave(address).await;
            self.0.keeper.is_at_its_door(wish, Some(error)).await;
        }
        done
    }

    /// Answers how many unfinished uploads are left in S3.
    async fn finish(&self, address: &str, at: At) -> Result<u32> {
        let Inner { keeper, journal, history, checked, .. } = &*self.0;
        let (engine, home) = (&keeper.engine, &keeper.options.home);
        if at == At::Work {
            self.give_up(address).await;
        }
        self.lets_go_of_folders(address).await?;
        failpoint::pass("forget-folders", Side::After);
        if at == At::Work {
            self.sweep().await;
        }
        let left = self.left(address).await?;
        let wish = keeper.leave(address).await;
        failpoint::pass("forget-sign-in", Side::After);
        engine.forget(address).await?;
        keeper.routes.forget_networks();
        Checked::forget(home);
        *lock(checked) = None;
        let index = Arc::clone(history);
        let _ = tokio::task::spawn_blocking(move || index.forget_index()).await;
        failpoint::pass("forget-rest", Side::After);
        keeper.has_forgotten(address)?;
        failpoint::pass("forget-word", Side::After);
        if at == At::Work {
            keeper.is_at_its_door(wish, None).await;
        }
        if !keeper.options.hold {
            engine.go();
        }
        // The copy that there was is gone.
        journal.keep_copy().await;
        Ok(left)
    }

    /// Nothing of it runs from now on.
    async fn give_up(&self, address: &str) {
        if let Ok(Err(error)) = tokio::time::timeout(REST, self.0.keeper.engine.give_up(address)).await {
            tracing::debug!(%error, "what a company was given is not given up");
        }
    }

    async fn lets_go_of_folders(&self, address: &str) -> Result<()> {
        let Inner { keeper, journal, watches, .. } = &*self.0;
        if let Some(watches) = watches.watches() {
            watches.forget(address).await
        } else {
            let home = keeper.options.home.clone();
            Watches::forget_at_rest(keeper.engine.clone(), journal.clone(), home, address).await
        }
    }

    /// What was sent of unfinished uploads is removed, as far as somebody may and answers in time.
    async fn sweep(&self) {
        let keeper = &self.0.keeper;
        let mut changes = keeper.status.subscribe();
        let answered = async { while is_connecting(&changes) && changes.changed().await.is_ok() {} };
        let all = async {
            if tokio::time::timeout(ANSWER, answered).await.is_ok() {
                let _ = keeper.engine.sweep().await;
            }
        };
        let _ = tokio::time::timeout(SWEEP, all).await;
    }

    /// What S3 may hold still, as far as this computer knows.
    async fn left(&self, address: &str) -> Result<u32> {
        let all = |reader: &Reader| Ok([reader.left_in_s3(UnixTime::now())?, reader.asked_for()?].concat());
        let all = self.0.journal.read(all).await?;
        let its = |left: &&Left| left.batch.remote.as_ref().is_some_and(|remote| remote.is_of(address));
        Ok(u32::try_from(all.iter().filter(its).count()).unwrap_or(u32::MAX))
    }
}

fn is_connecting(status: &watch::Receiver<SessionStatus>) -> bool {
    matches!(&*status.borrow(), SessionStatus::Connecting { .. })
}

impl Keeper {
    /// The address and the name of the company that would be forgotten.
    ///
    /// # Errors
    /// `set-by-company` where a policy fixes it, `bad-input` where none is known.
    fn may_be_forgotten(&self) -> Result<(String, String)> {
        self.options.policy.lets_go()?;
        let none = || Error::new(ErrorCode::BadInput).detail("no company is known");
        if self.options.direct.is_some() {
            return Err(none());
        }
        if let Some(session) = self.present.session() {
            return Ok((session.address(), session.company()));
        }
        let settings = lock(&self.settings);
        let server = self.options.server.clone().or_else(|| self.options.ruled(&settings).settings.server);
        let address = server.map(|typed| self.options.spelt(&typed));
        let address = address.or_else(|| Some(settings.company.as_ref()?.address.clone())).ok_or_else(none)?;
        let name = self.options.name_of(&address, settings.company.as_ref());
        Ok((address.clone(), name.unwrap_or(address)))
    }

    /// From now on there is no way back.
    fn is_to_forget(&self, address: &str) -> Result<()> {
        let is_to = |settings: &mut Settings| {
            settings.forgetting = Some(address.to_owned());
            Ok(())
        };
        self.record(is_to).map(drop)
    }

    /// Nobody is signed in with it any more, nor will be after a restart, and of whoever is about to be nothing is kept. A token that
    /// came with the options was never kept, and one of another run may have been.
    async fn leave(&self, address: &str) -> Wish {
        let (wish, session) = (self.present.wish(), self.present.session());
        self.next_turn();
        self.present.arrive(wish, None, || {
            self.turn_to(Origin::None);
            self.engine.signed_out(None);
        });
        if let Some(session) = session.filter(|session| session.address() == address) {
            let _ = session.sign_out().await;
        }
        if let Ok(url) = address::parse(address) {
            Vault::Keychain.forget(&url).await;
        }
        wish
    }

    /// Nothing of it is left but the word that it is to be forgotten, which goes with the rest of it.
    fn has_forgotten(&self, address: &str) -> Result<()> {
        let has = |settings: &mut Settings| {
            settings.forget(address);
            settings.forgetting = None;
            Ok(())
        };
        self.record(has).map(drop)
    }

    /// As at a first start: what the company ruled does not hold any more.
    async fn is_at_its_door(&self, wish: Wish, problem: Option<&Error>) {
        self.follow_rules().await;
        let address = self.options.policy.preset_address().map(str::to_owned);
        let problem = problem.map(|error| (error.code, error.detail.clone()));
        self.present.arrive(wish, None, || {
            self.status.send_replace(SessionStatus::Welcome { address, problem });
        });
    }
}

impl Uploader {
    /// Forgets the company that is known now: signs out, watches none of its folders any more, gives up what is not done, and takes
    /// its rows off list and history. Files on this computer and what is uploaded stay.
    ///
    /// # Errors
    /// `set-by-company` where a policy fixes the company, `bad-input` where none is known; `disk-full` and `journal-unwritable`,
    /// where the next start, or the next connection, does the rest.
    pub async fn forget_company(&self) -> Result<Forgotten> {
        self.on_runtime(self.forgetting.clone(), |_, desk| async move { desk.forget().await }).await
    }
}
