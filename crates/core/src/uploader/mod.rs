//! All of it opened in order, closed in reverse: home, lock, journal, engine, session. All that a shell holds.
//!
//! It has its own runtime, because reading a cold file blocks a worker and must never block a window.

mod around;
mod awake;
mod check;
mod connecting;
pub mod control;
mod forgetting;
mod history;
mod home;
pub mod limits;
mod network;
mod open_files;
mod options;
mod preferences;
mod present;
mod record;
mod report;
mod runtime;
mod signing;
mod signing_out;
mod socket;
mod status;
pub mod watches;

use std::sync::Arc;
use std::sync::Mutex;

use secrecy::SecretString;
use tokio::sync::watch;

pub use forgetting::Forgotten;
pub use network::Network;
pub use options::{Direct, Options};
pub use signing::{Door, SignedIn};
pub use status::SessionStatus;

use crate::bandwidth::Choice;
use crate::check::Checked;
use crate::credentials::{ChainSource, Scope, region};
use crate::engine::routes::{Origin, Routes};
use crate::engine::{Engine, Start};
use crate::error::{Error, ErrorCode, Result};
use crate::history::History;
use crate::ids::DestinationId;
use crate::journal::{Journal, Notice};
use crate::net::ProxyChoice;
use crate::remembered::Memory;
use crate::s3::{Endpoint, StoreSign};
use crate::session::{Collision, Destination, Needs, Session, SessionState, address};
use crate::settings::{Known, Name, Preferences, Settings};
use crate::units::UnixTime;
use crate::watch::Watches;
use around::Lookout;
use connecting::passes_by_itself;
use home::Home;
use limits::Desk;
use present::{Present, Wish};
use runtime::Runtime;

/// Starts whose paths nobody has looked at yet. Some file managers start a program once for every file.
const HANDED: usize = 1024;

/// The engine with everything it needs.
#[derive(Debug)]
pub struct Uploader {
    engine: Engine,
    journal: Journal,
    notice: Option<Notice>,
    session: Arc<Keeper>,
    watches: watches::Desk,
    history: Arc<History>,
    handed: tokio::sync::broadcast::Sender<Vec<std::path::PathBuf>>,
    /// The last check that came to its end.
    checked: Arc<Mutex<Option<Checked>>>,
    forgetting: forgetting::Desk,
    runtime: Runtime,
    /// Held until the end: one engine a home.
    _home: Home,
}

/// The session as it comes and goes.
#[derive(Debug)]
struct Keeper {
    options: Options,
    settings: Arc<Mutex<Settings>>,
    limits: Desk,
    routes: Arc<Routes>,
    engine: Engine,
    present: Present<Session>,
    status: watch::Sender<SessionStatus>,
    preferences: watch::Sender<Preferences>,
    /// Tells one sign-in that waits for a person from the next.
    signing: watch::Sender<u64>,
    /// Why a proxy's password that was given lasts no longer than this program.
    login_unkept: Mutex<Option<ErrorCode>>,
}

impl Uploader {
    /// Opens a home and goes on where it ended. Works offline and signed out.
    ///
    /// # Errors
    /// `instance-busy`, `journal-newer`, `journal-unwritable`, `disk-full`, `bad-input`, `address-insecure`, and
    /// `set-by-company` for a limit of this run where the policy locks limits.
    pub async fn open(mut options: Options) -> Result<Self> {
        // What the company rolled out comes before what the environment or an earlier start says.
        options.server = options.policy.address().map(str::to_owned).or(options.server);
        if let Some(direct) = &mut options.direct {
            direct.endpoint.as_ref().map_or(Ok(()), address::check)?;
            direct.region = Some(region(direct.region.take()).await);
        }
        let home = Home::enter(&options.home).await?;
        let mut settings = Settings::load(&options.home)?;
        // What a kill left of a company that was being forgotten counts for nothing, and goes below.
        let half = settings.forgetting.clone();
        if let Some(address) = &half {
            settings.forget(address);
        }
        let ruled = options.ruled(&settings);
        if options.limit.is_some() {
            ruled.may_choose_a_limit()?;
        }
        let proxies = &options.net.proxies;
        if proxies.choice() == ProxyChoice::Automatic || ruled.may_change(Name::Proxy).is_err() {
            proxies.choose(ruled.settings.proxy.clone());
        }
        crate::log::is_detailed_until(settings.detailed_log);
        let (journal, recovered) = Journal::open(&options.home)?;
        let notice = recovered.notice;
        let store = options.store()?;
        let runtime = Runtime::new()?;
        let preferences = watch::Sender::new(ruled.settings.preferences);
        let mut lookout = Lookout::begin(preferences.subscribe(), runtime.handle());
        open_files::allow_many();
        let routes = Arc::new(Routes::new(options.net.clone(), store, Memory::of(&options.home)));
        let own = options.concurrency.filter(|_| ruled.may_change(Name::Concurrency).is_ok());
        let concurrency = own.or(ruled.settings.concurrency);
        let (records, hold, own) = (journal.clone(), options.hold || half.is_some(), options.home.clone());
        let run = options.limit.map(|rate| Choice { rate, paused: false, until: None });
        let limits = ruled.settings.limits.clone();
        let choice = limits::counts(run.or(settings.chosen), &ruled);
        let routed = Arc::clone(&routes);
        // Nothing goes out before it is known whether it may.
        let around = lookout.first().await;
        let start =
            Start { journal: records, home: own, recovered, routes: routed, concurrency, limits, choice, around, hold };
        let engine = Engine::start(start, runtime.handle());
        let server = options.server.clone().or_else(|| ruled.settings.server.clone());
        let first = match &server {
            Some(address) => {
                let company = options.name_of(address, settings.company.as_ref());
                SessionStatus::Connecting { company, address: address.clone(), instead: None }
            }
            None => SessionStatus::Welcome { address: None, problem: None },
        };
        let settings = Arc::new(Mutex::new(settings));
        let (kept, run) = (Arc::clone(&settings), Arc::new(Mutex::new(run)));
        let (policy, own) = (options.policy.rules.clone(), options.home.clone());
        let desk = Desk { settings: kept, policy, home: own, engine: engine.clone(), run };
        let session = Arc::new(Keeper {
            limits: desk.clone(),
            routes,
            engine: engine.clone(),
            settings,
            present: Present::new(),
            status: watch::Sender::new(first),
            preferences,
            signing: watch::Sender::new(0),
            options,
            login_unkept: Mutex::default(),
        });
        let handed = tokio::sync::broadcast::Sender::new(HANDED);
        let watches = watches::Desk::default();
        let history = Arc::new(History::of(&session.options.home));
        let checked = Arc::new(Mutex::new(Checked::of(&session.options.home)));
        let forgetting = forgetting::Desk::new(
            Arc::clone(&session),
            journal.clone(),
            watches.clone(),
            Arc::clone(&history),
            Arc::clone(&checked),
        );
        if let Some(address) = &half {
            forgetting.ends_first(address).await?;
        }
        let heard = control::Heard {
            engine: engine.clone(),
            limits: desk,
            watches: watches.clone(),
            handed: handed.clone(),
            forgetting: forgetting.clone(),
        };
        control::serve(&session.options.home, heard, runtime.handle())?;
        network::finds_the_way(&session.options.net, &session.asked(), session.vault()).await;
        session.begin(server, runtime.handle()).await?;
        if session.options.watch {
            let (engine, records, own) = (engine.clone(), journal.clone(), session.options.home.clone());
            watches.open(Watches::open(engine, records, own, runtime.handle().clone()).await?, Arc::clone(&session));
        }
        runtime.handle().spawn(awake::keep(engine.clone(), session.preferences.subscribe()));
        runtime.handle().spawn(lookout.follow(engine.clone(), around));
        Ok(Self {
            engine,
            journal,
            notice,
            session,
            watches,
            history,
            handed,
            checked,
            forgetting,
            runtime,
            _home: home,
        })
    }

    /// Where its records lie.
    pub fn home(&self) -> &std::path::Path {
        &self.session.options.home
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What a person is told about the records, where something happened to them. Once is enough.
    pub const fn notice(&self) -> Option<Notice> {
        self.notice
    }

    /// Who is signed in, and where.
    pub fn session(&self) -> SessionStatus {
        self.session.status.borrow().clone()
    }

    /// The same, as it changes.
    pub fn session_changes(&self) -> watch::Receiver<SessionStatus> {
        self.session.status.subscribe()
    }

    /// Connects to the company at an address that a person typed.
    ///
    /// # Errors
    /// `bad-input`, `address-insecure`, `address-unreachable`, `address-not-davit`, `captive-portal`, `backend-contract`,
    /// `client-too-old`, `untrusted-server`, and `set-by-company` for another company than the policy's.
    pub async fn connect(&self, address: &str) -> Result<SessionStatus> {
        self.session.may_turn_to(address)?;
        self.session.leave_sign_in();
        // What is half forgotten would take the next sign-in with it.
        self.on_runtime(self.forgetting.clone(), |_, desk| async move { desk.ends().await }).await?;
        self.on_runtime(address.to_owned(), |keeper, address| async move {
            let wish = keeper.present.wish();
            keeper.connect(wish, &address, None).await
        })
        .await
    }

    /// Signs in with a token.
    ///
    /// # Errors
    /// `wrong-token`, `not-allowed`, or that the backend does not answer.
    pub async fn sign_in(&self, token: SecretString) -> Result<SessionStatus> {
        self.on_runtime(token, |keeper, token| async move {
            let (wish, session) = (keeper.present.wish(), keeper.now()?);
            keeper.sign_in(wish, &session, token).await
        })
        .await
    }

    /// Forgets the sign-in. What is in the list stays.
    ///
    /// # Errors
    /// `bad-input` where no company is connected to.
    pub async fn sign_out(&self) -> Result<SessionStatus> {
        self.on_runtime((), |keeper, ()| async move { keeper.sign_out().await }).await
    }

    /// Where uploads may go.
    ///
    /// # Errors
    /// `sign-in-ended`, or that the backend does not answer.
    pub async fn destinations(&self) -> Result<Arc<[Destination]>> {
        self.session.destinations().await
    }

    /// Whether a token came with the options.
    pub fn has_token(&self) -> bool {
        self.session.options.token.is_some()
    }

    /// Asks for credentials once, and tells in words how long they live.
    ///
    /// # Errors
    /// What the source of credentials answers.
    pub async fn try_credentials(&self, id: &DestinationId) -> Result<String> {
        let source = match self.session.routes.origin() {
            Origin::Direct { source, .. } => source,
            Origin::Session(session) => session.source(id),
            Origin::None | Origin::Connecting { .. } => return Err(Error::new(ErrorCode::SignInEnded)),
        };
        let task = self.on_runtime(source, |_, source| async move { source.fetch().await });
        let lease = task.await?;
        if lease.deadline.is_some_and(|end| end <= lease.received) {
            return Err(Error::new(ErrorCode::BackendContract).detail("the credentials are over when they arrive"));
        }
        Ok(lease.deadline.map_or_else(
            || "no end".to_owned(),
            |end| format!("for {} s", end.duration_since(lease.received).as_secs()),
        ))
    }

    /// What answers at the store of a destination: nothing is asked that needs rights.
    ///
    /// # Errors
    /// `offline` with the reason where nothing does.
    pub async fn sign_of_store(&self, to: &Destination) -> Result<StoreSign> {
        self.on_runtime(to.clone(), |keeper, to| async move { keeper.routes.sign_of_store(&to).await }).await
    }

    /// What time it is at the company, where there is one and it says.
    pub async fn time_at_company(&self) -> Option<UnixTime> {
        let asked = self.on_runtime((), |keeper, ()| async move { Ok(keeper.routes.time_at_company().await) });
        asked.await.ok().flatten()
    }

    /// Paths that later starts of the program hand over. Whoever listens has a window for them.
    pub fn handed_over(&self) -> tokio::sync::broadcast::Receiver<Vec<std::path::PathBuf>> {
        self.handed.subscribe()
    }

    /// Tasks that are alive on the core's runtime, for those who look whether it grows.
    pub fn tasks(&self) -> usize {
        self.runtime.handle().metrics().num_alive_tasks()
    }

    /// Rests everything; what was acknowledged is on record. The rest ends with the last handle.
    pub async fn rest(&self) {
        self.forgetting.all_told().await;
        if let Some(watches) = self.watches() {
            watches.close().await;
        }
        self.engine.close().await;
        self.journal.keep_copy().await;
    }

    /// Rests everything and ends. What was acknowledged is on record; the next start goes on by itself.
    pub async fn close(self) {
        self.rest().await;
    }

    async fn on_runtime<A, T, F>(&self, argument: A, work: impl FnOnce(Arc<Keeper>, A) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let task = self.runtime.handle().spawn(work(Arc::clone(&self.session), argument));
        task.await.map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?
    }
}

impl Keeper {
    async fn begin(self: &Arc<Self>, server: Option<String>, handle: &tokio::runtime::Handle) -> Result<()> {
        if let Some(direct) = self.options.direct.clone() {
            return self.go_direct(&direct);
        }
        let Some(address) = server else {
            self.engine.signed_out(None);
            return Ok(());
        };
        self.turn_to(Origin::Connecting { address: self.options.spelt(&address), instead: None });
        let (keeper, wish) = (Arc::clone(self), self.present.wish());
        handle.spawn(async move { keeper.connect_until_it_answers(wish, address, true).await });
        Ok(())
    }

    fn go_direct(&self, direct: &Direct) -> Result<()> {
        let scope = Scope {
            bucket: direct.bucket.clone(),
            prefix: direct.prefix.clone(),
            region: direct.region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
        };
        let endpoint = match &direct.endpoint {
            Some(url) => Some(Endpoint::custom(url.clone(), direct.path_style)?),
            None => None,
        };
        let id = direct.id();
        let label = format!("{} / {}", direct.bucket, direct.prefix.trim_end_matches('/'));
        let mut destination =
            Destination::direct(id, label, direct.bucket.clone(), scope.region.clone(), Collision::Fail);
        destination.accelerate = direct.accelerate;
        let source = Arc::new(ChainSource::new(scope.clone(), self.options.net.clone()));
        let destinations = Arc::from([destination.clone()]);
        self.turn_to(Origin::Direct {
            destination: Box::new(destination),
            scope,
            source,
            endpoint: endpoint.map(Box::new),
        });
        let (company, address) = ("S3".to_owned(), direct.bucket.clone());
        self.status.send_replace(SessionStatus::Connected { company, address, destinations, unkept: None });
        Ok(())
    }

    /// From now on this gives credentials; what began with another rests.
    fn turn_to(&self, origin: Origin) {
        self.routes.set_origin(origin);
        self.engine.turn_to(self.routes.remote());
    }

    /// Connects. A token that came with the options is tried at once, and what passes of that is an error of the whole.
    async fn connect(
        self: &Arc<Self>,
        wish: Wish,
        address: &str,
        token: Option<&SecretString>,
    ) -> Result<SessionStatus> {
        let was_there = self.was_there(address);
        let tried = self.try_to_connect(wish, address, token, was_there).await;
        tried.map_err(|error| in_its_place(error, was_there))
    }

    async fn try_to_connect(
        self: &Arc<Self>,
        wish: Wish,
        address: &str,
        token: Option<&SecretString>,
        was_there: bool,
    ) -> Result<SessionStatus> {
        let (vault, net) = (self.vault(), &self.options.net);
        let session = match &self.options.policy.company {
            Some(company) if company.credentials_url == address => {
                Session::with_company(Arc::new(company.clone()), net, vault).await?
            }
            _ => Session::connect(address, net, vault).await?,
        };
        let refused = match token.filter(|_| session.needs() == Needs::Token) {
            Some(token) => session.sign_in(token.clone()).await.map_err(|error| in_its_place(error, was_there)).err(),
            None => None,
        };
        let refused = match refused {
            Some(error) if passes_by_itself(&error) => return Err(error),
            refused => refused,
        };
        let (status, counts) = self.arrive(wish, &session).await?;
        if counts {
            if self.remember(&session) {
                self.follow_rules().await;
            }
            self.watch(&session);
            self.takes_up_late(wish, &session);
        }
        if let Some(error) = refused {
            tracing::warn!(%error, "the token was not accepted");
            let refused = SessionStatus::TokenRefused { code: error.code, detail: error.detail };
            self.present.arrive(wish, Some(session), || drop(self.status.send_replace(refused)));
        }
        Ok(status)
    }

    /// Whether this company was connected to before.
    fn was_there(&self, address: &str) -> bool {
        let (settings, spelt) = (lock(&self.settings), self.options.spelt(address));
        settings.server.as_deref() == Some(spelt.as_str())
            || settings.company.as_ref().is_some_and(|known| known.address == spelt)
    }

    async fn sign_in(&self, wish: Wish, session: &Session, token: SecretString) -> Result<SessionStatus> {
        session.sign_in(token).await?;
        self.arrive(wish, session).await.map(|(status, _)| status)
    }

    fn now(&self) -> Result<Session> {
        self.present.session().ok_or_else(|| Error::new(ErrorCode::BadInput).detail("not connected"))
    }

    /// What a session that answers means for the engine and the shells. Answers how it stands now, and whether this session
    /// counts; somebody may have turned to another meanwhile.
    async fn arrive(&self, wish: Wish, session: &Session) -> Result<(SessionStatus, bool)> {
        let (company, address) = (session.company(), session.address());
        let destinations = match session.needs() {
            Needs::Token | Needs::Browser => None,
            Needs::Nothing => match session.destinations().await {
                Ok(destinations) => Some(destinations),
                Err(error) if error.code == ErrorCode::SignInEnded => None,
                Err(error) => return Err(error),
            },
        };
        let status = match destinations {
            Some(destinations) => SessionStatus::Connected { company, address, destinations, unkept: session.unkept() },
            None if session.is_by_browser() => SessionStatus::NeedsBrowser { company, address },
            None => SessionStatus::NeedsToken { company, address },
        };
        let signed_in = matches!(status, SessionStatus::Connected { .. });
        let counts = self.present.arrive(wish, Some(session.clone()), || {
            self.turn_to(if signed_in { Origin::Session(session.clone()) } else { Origin::None });
            self.engine.signed_out((!signed_in).then(crate::units::UnixTime::now));
            self.status.send_replace(status);
        });
        Ok((self.status.borrow().clone(), counts))
    }

    /// Follows the session while it counts: an ended sign-in holds the engine, a new one lets it go on.
    fn watch(self: &Arc<Self>, session: &Session) {
        let (keeper, followed) = (Arc::clone(self), session.followed());
        let mut states = session.state();
        // It may have ended before this listened.
        states.mark_changed();
        tokio::runtime::Handle::current().spawn(async move {
            while states.changed().await.is_ok() {
                let Some(session) = followed.session() else { return };
                let follow = || {
                    let state = states.borrow_and_update().clone();
                    match state {
                        // Who signs out by a press forgets the sign-in, and is told so by that.
                        SessionState::SignedOut { since } if session.needs() == Needs::Nothing => {
                            let (company, address, browser) =
                                (session.company(), session.address(), session.is_by_browser());
                            keeper.engine.signed_out(Some(since));
                            keeper.status.send_replace(SessionStatus::SignedOut { company, address, since, browser });
                        }
                        SessionState::SignedOut { .. } => {}
                        SessionState::Ready => keeper.tells_whether_it_lasts(&session),
                    }
                };
                if !keeper.present.while_it_counts(|now| now.is(&session), follow) {
                    return;
                }
            }
        });
    }

    /// A sign-in that was kept may not be any more, and the other way round.
    fn tells_whether_it_lasts(&self, session: &Session) {
        let now = session.unkept();
        self.status.send_if_modified(|status| match status {
            SessionStatus::Connected { unkept, .. } if *unkept != now => {
                *unkept = now;
                true
            }
            _ => false,
        });
    }

    /// Nothing where the policy leaves the choice of a company, or chose this one.
    fn may_turn_to(&self, address: &str) -> Result<()> {
        match self.options.policy.address() {
            Some(locked) if self.options.spelt(locked) != self.options.spelt(address) => {
                Err(Error::new(ErrorCode::SetByCompany).detail("server"))
            }
            _ => Ok(()),
        }
    }

    /// Answers whether the company rules otherwise than it did.
    fn remember(&self, session: &Session) -> bool {
        let (address, name, policy) = (session.address(), session.company(), session.rules());
        let mut settings = lock(&self.settings);
        let mut now = settings.clone();
        if self.options.server.is_none() {
            // Who begins with a preset follows it, wherever it leads.
            let preset = self.options.policy.preset_address().map(|preset| self.options.spelt(preset));
            now.server = Some(address.clone()).filter(|address| preset.as_ref() != Some(address));
        }
        let before = settings.company.as_ref().map(|known| known.policy.clone()).unwrap_or_default();
        let otherwise = before != policy;
        now.company = Some(Known { address, name, policy });
        if *settings != now {
            // What the company rules holds also where it cannot be kept.
            *settings = now;
            if let Err(error) = settings.save(&self.options.home) {
                tracing::warn!(%error, "the company was not kept");
            }
        }
        otherwise
    }

    /// What the company rules holds from now on.
    async fn follow_rules(&self) {
        let preferences = self.options.ruled(&lock(&self.settings)).settings.preferences;
        self.preferences.send_replace(preferences);
        if let Err(error) = self.limits.tell().await {
            tracing::warn!(%error, "the company's limits hold from the next start");
        }
    }
}

/// What is wrong with a company's address. Where the company was there before, whatever else answers is something in
/// between, and so is a certificate that nobody vouches for.
fn in_its_place(error: Error, was_there: bool) -> Error {
    match error.code {
        ErrorCode::AddressNotDavit if was_there => Error::new(ErrorCode::CaptivePortal).detail(error.detail),
        _ => error.on_a_way_that_worked(was_there),
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
