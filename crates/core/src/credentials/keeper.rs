//! Keeps one good lease for everybody: renewed early, by one call at a time, and at once when S3 calls it expired.

use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::time::{Duration, Instant};

use super::{CredentialSource, Lease, Scope};
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{AsyncMutex, Mutex, MutexGuard, PoisonError, sleep};

/// A lease is renewed when this much is left, or a fifth of its life, whichever is less.
const EARLY: Duration = Duration::from_secs(300);
/// Leases that live shorter than this are renewed with a tenth left: asking more often would only load the backend.
const SHORT_LIVED: Duration = Duration::from_secs(60);
/// After a failed early renewal the good lease is used on for this long before the next try.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// What only a person can mend is not asked again for this long; an ended sign-in never (the next one has a new keeper).
const AFTER_REFUSAL: Duration = Duration::from_secs(5);
/// What the company says of a person or a destination holds for all who ask, until a person acts, and no longer than this.
const AFTER_WORD: Duration = Duration::from_secs(900);
/// So many leases refused one after the other are no chance: the store does not take what the source gives.
const REFUSED_AT_MOST: u32 = 5;
/// The pause before another lease is asked for, once a new one was refused too; it grows by this.
const AFTER_REFUSED: Duration = Duration::from_millis(250);
/// The first pause after a lease that was over when it came; it doubles up to the longest.
const AFTER_OVER: Duration = Duration::from_millis(250);
const AFTER_OVER_AT_MOST: Duration = Duration::from_secs(5);
/// Leases that are over when they come are told as the backend's fault after this long. They are still asked for.
const OVER_FOR_LONG: Duration = Duration::from_secs(60);

/// Why the store takes a lease no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is over.
    Over,
    /// The store does not know it.
    Unknown,
    /// The answer had no room to say.
    Unsaid,
}

/// Keeps one good lease.
#[derive(Debug)]
pub struct LeaseKeeper {
    source: Arc<dyn CredentialSource>,
    now: Mutex<Now>,
    /// Held by whoever asks the source; there is never a second.
    flight: AsyncMutex<()>,
    serial: AtomicU64,
}

#[derive(Debug, Default)]
struct Now {
    lease: Option<Arc<Lease>>,
    first: Option<Scope>,
    not_before: Option<Instant>,
    /// The last failure without a good lease: whoever waited for the same flight shares its outcome.
    failed: Option<(Instant, ErrorCode, Retry, String)>,
    /// The newest lease that the store refused, and how many it refused since it last took one.
    refused: (u64, u32),
    /// Since when leases are over before they can be used, and how many were.
    over: Option<(Instant, u32)>,
}

impl Now {
    /// Another lease was over before it could be used: the way is slow, or a clock is wrong. It passes.
    fn another_is_over(&mut self) -> Error {
        let (since, times) = self.over.unwrap_or((Instant::now(), 0));
        self.over = Some((since, times.saturating_add(1)));
        let code = if since.elapsed() < OVER_FOR_LONG { ErrorCode::BackendDown } else { ErrorCode::BackendContract };
        let pause = AFTER_OVER.saturating_mul(2u32.saturating_pow(times)).min(AFTER_OVER_AT_MOST);
        Error::new(code).retry(Retry::After(pause)).detail("the credentials are over before they can be used")
    }
}

impl LeaseKeeper {
    /// A keeper that has nothing yet.
    pub fn new(source: Arc<dyn CredentialSource>) -> Self {
        Self { source, now: Mutex::default(), flight: AsyncMutex::new(()), serial: AtomicU64::new(0) }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A good lease.
    ///
    /// # Errors
    /// What the source answers; `scope-changed`.
    pub async fn lease(&self) -> Result<Arc<Lease>> {
        let asked = Instant::now();
        match self.good(asked) {
            Some((lease, false)) => Ok(lease),
            // Due, but good: one caller renews it, the others go on with it.
            Some((lease, true)) => match self.flight.try_lock() {
                Err(_) => Ok(lease),
                Ok(_flight) => self.renew_early(asked).await,
            },
            None => {
                let _flight = self.flight.lock().await;
                match self.good(Instant::now()) {
                    Some((lease, _)) => Ok(lease),
                    None => self.fetch_unless_it_failed(asked).await,
                }
            }
        }
    }

    /// Renews a lease that is due. Whoever had the flight just before may have done so, or found that it cannot be done.
    async fn renew_early(&self, asked: Instant) -> Result<Arc<Lease>> {
        let lease = match self.good(Instant::now()) {
            Some((lease, true)) => lease,
            Some((lease, false)) => return Ok(lease),
            None => return self.fetch_unless_it_failed(asked).await,
        };
        let error = match self.fetch_or_remember().await {
            Ok(lease) => return Ok(lease),
            Err(error) => error,
        };
        let later = Instant::now() + AFTER_FAILURE;
        let refused = wants_a_person(error.retry);
        self.now().not_before = lease.deadline.filter(|_| refused).or(Some(later));
        // It may be over meanwhile, or refused.
        let Some((lease, _)) = self.good(Instant::now()) else { return Err(error) };
        tracing::info!(%error, "an early renewal failed; the lease is still good");
        Ok(lease)
    }

    /// A lease newer than one that S3 no longer takes.
    ///
    /// # Errors
    /// As [`Self::lease`]; when several new ones in a row were refused, or when there are no new ones: `access-denied`, or
    /// what passes where each was over.
    pub async fn renew(&self, rejected: &Lease, why: Refusal) -> Result<Arc<Lease>> {
        let asked = Instant::now();
        // At once: nobody else is to use it while a call is under way.
        self.refuse(rejected.serial);
        let _flight = self.flight.lock().await;
        if let Some((lease, _)) = self.good(Instant::now()) {
            return Ok(lease);
        }
        let refused = self.now().refused.1;
        self.shared_failure(asked)?;
        if refused >= REFUSED_AT_MOST || (refused > 1 && rejected.deadline.is_none()) {
            if why == Refusal::Over && rejected.deadline.is_some() {
                return Err(self.over());
            }
            let error = Error::new(ErrorCode::AccessDenied).detail("the store takes none of the credentials given");
            if why != Refusal::Unsaid {
                self.remember(&error);
            }
            return Err(error);
        }
        if refused > 1 {
            sleep(AFTER_REFUSED * (refused - 1)).await;
        }
        self.fetch_or_remember().await
    }

    /// The store took this lease. Of one that is older than the last refused it says nothing.
    pub fn taken(&self, lease: &Lease) {
        let mut state = self.now();
        if lease.serial > state.refused.0 && (state.refused.1 > 0 || state.over.is_some()) {
            state.refused.1 = 0;
            (state.failed, state.over) = (None, None);
        }
    }

    /// A person acted, who may have been given what they were refused: the next who needs a lease asks for one.
    pub fn ask_anew(&self) {
        let mut state = self.now();
        if state.failed.as_ref().is_some_and(|(_, _, retry, _)| *retry == Retry::Never) {
            (state.failed, state.not_before) = (None, None);
        }
    }

    /// Leases are over again and again: what whoever needs one is told, until another may be asked for.
    pub fn over(&self) -> Error {
        let error = self.now().another_is_over();
        self.remember(&error);
        error
    }

    /// The lease that was last good, without asking anybody.
    fn latest(&self) -> Option<Arc<Lease>> {
        self.now().lease.clone()
    }

    /// Counts a refusal of the lease there is; of an older one it says nothing.
    fn refuse(&self, serial: u64) {
        let mut state = self.now();
        let (newest, count) = state.refused;
        if serial > newest && state.lease.as_ref().is_none_or(|lease| lease.serial <= serial) {
            state.refused = (serial, count + 1);
        }
    }

    /// The lease and whether it is due for renewal.
    fn good(&self, now: Instant) -> Option<(Arc<Lease>, bool)> {
        let state = self.now();
        // What the store refused is never used again, whatever its time: the body would be sent in vain.
        let lease = state.lease.clone().filter(|lease| lease.serial > state.refused.0)?;
        let Some(deadline) = lease.deadline else { return Some((lease, false)) };
        if now >= deadline {
            return None;
        }
        let life = deadline.duration_since(lease.received);
        let margin = if life < SHORT_LIVED { life / 10 } else { (life / 5).min(EARLY) };
        let due = now + margin >= deadline && state.not_before.is_none_or(|at| now >= at);
        Some((lease, due))
    }

    fn shared_failure(&self, asked: Instant) -> Result<()> {
        match &self.now().failed {
            Some((at, code, retry, detail)) if *at >= asked || at.elapsed() < holds_for(*code, *retry) => {
                let retry = match *retry {
                    Retry::After(wait) => Retry::After(wait.saturating_sub(at.elapsed())),
                    retry => retry,
                };
                Err(Error::new(*code).retry(retry).detail(detail.clone()))
            }
            _ => Ok(()),
        }
    }

    async fn fetch_unless_it_failed(&self, asked: Instant) -> Result<Arc<Lease>> {
        self.shared_failure(asked)?;
        self.fetch_or_remember().await
    }

    async fn fetch_or_remember(&self) -> Result<Arc<Lease>> {
        self.fetch().await.inspect_err(|error| self.remember(error))
    }

    fn remember(&self, error: &Error) {
        self.now().failed = Some((Instant::now(), error.code, error.retry, error.detail.clone()));
    }

    #[tracing::instrument(name = "lease", level = "debug", skip_all, fields(serial = self.serial.load(Ordering::Relaxed) + 1))]
    async fn fetch(&self) -> Result<Arc<Lease>> {
        let mut lease = self.source.fetch().await?;
        lease.serial = self.serial.fetch_add(1, Ordering::Relaxed) + 1;
        let mut state = self.now();
        match &state.first {
            Some(first) if first.bucket != lease.scope.bucket || first.prefix != lease.scope.prefix => {
                return Err(Error::new(ErrorCode::ScopeChanged).detail("renewed credentials reach another place"));
            }
            Some(_) => {}
            None => state.first = Some(lease.scope.clone()),
        }
        if lease.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(state.another_is_over());
        }
        let lease = Arc::new(lease);
        state.lease = Some(Arc::clone(&lease));
        state.not_before = None;
        state.failed = None;
        Ok(lease)
    }
}

/// Whether asking again is of no use until somebody did something.
fn wants_a_person(retry: Retry) -> bool {
    matches!(retry, Retry::Never | Retry::WhenSignedIn)
}

/// How long a failure is not looked into again.
fn holds_for(code: ErrorCode, retry: Retry) -> Duration {
    use ErrorCode::{AccountDisabled, DestinationGone, NotAllowed};
    match retry {
        Retry::WhenSignedIn => Duration::MAX,
        Retry::After(wait) => wait,
        Retry::Never if matches!(code, NotAllowed | AccountDisabled | DestinationGone) => AFTER_WORD,
        Retry::Never => AFTER_REFUSAL,
        Retry::WhenOnline | Retry::WhenFileQuiet => Duration::ZERO,
    }
}

/// The SDK's door to the keeper: it is asked at every request, because the SDK's own cache is off. Whoever makes a request
/// has a lease already; nothing is renewed here, where waiting would look like a request that hangs.
#[derive(Clone, Debug)]
pub struct LeaseProvider(Arc<LeaseKeeper>);

impl LeaseProvider {
    /// A door to this keeper.
    pub fn new(keeper: Arc<LeaseKeeper>) -> Self {
        Self(keeper)
    }
}

impl ProvideCredentials for LeaseProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let lease = match self.0.latest() {
                Some(lease) => Ok(lease),
                None => self.0.lease().await,
            };
            lease.map(|lease| lease.credentials.clone()).map_err(CredentialsError::provider_error)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use aws_credential_types::Credentials;

    use super::*;
    use crate::credentials::BoxFuture;

    #[derive(Debug)]
    struct Counting {
        calls: AtomicU32,
        life: Duration,
        prefixes: Vec<&'static str>,
        fails_from: u32,
        failure: ErrorCode,
        /// Those before are over when they come.
        good_from: u32,
    }

    impl Counting {
        fn living(life: Duration) -> Self {
            Self {
                calls: AtomicU32::new(0),
                life,
                prefixes: vec!["a/"],
                fails_from: u32::MAX,
                failure: ErrorCode::BackendDown,
                good_from: 0,
            }
        }
    }

    impl CredentialSource for Counting {
        fn fetch(&self) -> BoxFuture<'_, Result<Lease>> {
            Box::pin(async {
                let call = self.calls.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
                if call >= self.fails_from {
                    return Err(Error::new(self.failure));
                }
                let prefix = self.prefixes[usize::try_from(call).unwrap_or(0).min(self.prefixes.len() - 1)];
                let received = Instant::now();
                let (bucket, region) = ("b".to_owned(), "eu-central-1".to_owned());
                Ok(Lease {
                    credentials: Credentials::new("AKID", "secret", None, None, "test"),
                    scope: Scope { bucket, prefix: prefix.to_owned(), region },
                    received,
                    deadline: Some(if call < self.good_from { received } else { received + self.life }),
                    serial: 0,
                })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn thirty_two_who_ask_at_once_make_one_call() {
        let source = Arc::new(Counting::living(Duration::from_secs(900)));
        let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
        let all = futures::future::join_all((0..32).map(|_| keeper.lease())).await;
        assert!(all.iter().all(|lease| lease.as_ref().is_ok_and(|lease| lease.serial == 1)));
        assert_eq!(source.calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn two_second_leases_cost_at_most_one_and_a_fifth_calls_each() {
        let source = Arc::new(Counting::living(Duration::from_secs(2)));
        let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(200) {
            let all = futures::future::join_all((0..8).map(|_| keeper.lease())).await;
            assert!(all.iter().all(|lease| lease.as_ref().is_ok_and(|l| l.deadline > Some(Instant::now()))));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let calls = source.calls.load(Ordering::Relaxed);
        assert!(calls <= 120, "{calls} calls for 100 lives");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_lease_is_renewed_once_for_all() {
        let source = Arc::new(Counting::living(Duration::from_secs(900)));
        let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
        let old = keeper.lease().await.expect("a lease");
        let all = futures::future::join_all((0..32).map(|_| keeper.renew(&old, Refusal::Over))).await;
        assert!(all.iter().all(|lease| lease.as_ref().is_ok_and(|lease| lease.serial == 2)));
        assert_eq!(source.calls.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_good_lease_outlives_a_backend_that_is_away() {
        let mut source = Counting::living(Duration::from_secs(900));
        source.fails_from = 1;
        let keeper = LeaseKeeper::new(Arc::new(source));
        keeper.lease().await.expect("a lease");
        tokio::time::advance(Duration::from_secs(850)).await;
        assert_eq!(keeper.lease().await.expect("still good").serial, 1);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(keeper.lease().await.expect_err("over").code, ErrorCode::BackendDown);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_reaches_another_place_is_refused() {
        let mut source = Counting::living(Duration::from_secs(900));
        source.prefixes = vec!["a/", "b/"];
        let keeper = LeaseKeeper::new(Arc::new(source));
        let first = keeper.lease().await.expect("a lease");
        assert_eq!(keeper.renew(&first, Refusal::Over).await.expect_err("moved").code, ErrorCode::ScopeChanged);
    }

    #[tokio::test(start_paused = true)]
    async fn an_ended_sign_in_costs_one_question_however_many_ask_and_however_often() {
        for early in [true, false] {
            let mut source = Counting::living(Duration::from_secs(900));
            (source.fails_from, source.failure) = (1, ErrorCode::SignInEnded);
            let source = Arc::new(source);
            let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
            keeper.lease().await.expect("a lease");
            tokio::time::advance(Duration::from_secs(if early { 750 } else { 901 })).await;
            for _ in 0..100 {
                let all = futures::future::join_all((0..16).map(|_| keeper.lease())).await;
                assert!(all.iter().all(|lease| lease.is_ok() == early || lease.is_err()));
                tokio::time::advance(Duration::from_secs(3)).await;
            }
            assert_eq!(keeper.lease().await.expect_err("over").code, ErrorCode::SignInEnded);
            assert_eq!(source.calls.load(Ordering::Relaxed), 2, "early: {early}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_who_may_not_upload_costs_one_question_until_somebody_acts() {
        for code in [ErrorCode::NotAllowed, ErrorCode::AccountDisabled, ErrorCode::DestinationGone] {
            let source =
                Arc::new(Counting { fails_from: 1, failure: code, ..Counting::living(Duration::from_secs(900)) });
            let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
            keeper.lease().await.expect("a lease");
            // Due, and good for two minutes still; then over.
            tokio::time::advance(Duration::from_secs(780)).await;
            for asked in 0..100 {
                let all = futures::future::join_all((0..16).map(|_| keeper.lease())).await;
                assert!(all.iter().all(|lease| lease.is_ok() == (asked < 40)), "{asked}");
                tokio::time::advance(Duration::from_secs(3)).await;
            }
            assert_eq!(keeper.lease().await.expect_err("refused").code, code);
            assert_eq!(source.calls.load(Ordering::Relaxed), 2, "{code}");
            keeper.ask_anew();
            assert_eq!(keeper.lease().await.expect_err("refused").code, code);
            assert_eq!(source.calls.load(Ordering::Relaxed), 3, "{code}");
            // Nobody waits for ever for somebody to act.
            tokio::time::advance(AFTER_WORD).await;
            assert_eq!(keeper.lease().await.expect_err("refused").code, code);
            assert_eq!(source.calls.load(Ordering::Relaxed), 4, "{code}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_lease_that_is_refused_is_renewed_again_but_not_without_end() {
        let source = Arc::new(Counting::living(Duration::from_secs(900)));
        let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
        let mut lease = keeper.lease().await.expect("a lease");
        for _ in 1..REFUSED_AT_MOST {
            // All who had it ask at once; it counts once.
            let all = futures::future::join_all((0..8).map(|_| keeper.renew(&lease, Refusal::Unknown))).await;
            lease = all.into_iter().next().expect("one").expect("another lease");
        }
        assert_eq!(keeper.renew(&lease, Refusal::Unknown).await.expect_err("enough").code, ErrorCode::AccessDenied);
        keeper.taken(&lease);
        assert_eq!(keeper.lease().await.expect_err("a late word of an older one").code, ErrorCode::AccessDenied);
        tokio::time::advance(AFTER_REFUSAL).await;
        let next = keeper.lease().await.expect("asked again");
        keeper.taken(&next);
        keeper.renew(&next, Refusal::Unknown).await.expect("whoever was taken once may be refused again");
        assert_eq!(source.calls.load(Ordering::Relaxed), REFUSED_AT_MOST + 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_was_refused_is_not_used_again_while_there_is_no_other() {
        let mut source = Counting::living(Duration::from_secs(900));
        source.fails_from = 1;
        let keeper = LeaseKeeper::new(Arc::new(source));
        let lease = keeper.lease().await.expect("a lease");
        assert_eq!(keeper.renew(&lease, Refusal::Unknown).await.expect_err("away").code, ErrorCode::BackendDown);
        assert_eq!(keeper.lease().await.expect_err("there is none").code, ErrorCode::BackendDown);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_is_refused_while_it_is_renewed_is_used_by_nobody_from_then_on() {
        let source = Arc::new(Counting::living(Duration::from_secs(900)));
        let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
        let old = keeper.lease().await.expect("a lease");
        tokio::time::advance(Duration::from_secs(750)).await;
        let soon = |millis| tokio::time::sleep(Duration::from_millis(millis));
        let refused = async {
            soon(5).await;
            keeper.renew(&old, Refusal::Over).await
        };
        let asked = async {
            soon(10).await;
            keeper.lease().await
        };
        let (early, renewed, other) = tokio::join!(keeper.lease(), refused, asked);
        for lease in [early, renewed, other] {
            assert_eq!(lease.expect("a lease").serial, 2);
        }
        assert_eq!(source.calls.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_early_renewal_that_fails_late_gives_no_lease_that_is_over() {
        let mut source = Counting::living(Duration::from_secs(900));
        source.fails_from = 1;
        let keeper = LeaseKeeper::new(Arc::new(source));
        keeper.lease().await.expect("a lease");
        tokio::time::advance(Duration::from_millis(899_990)).await;
        assert_eq!(keeper.lease().await.expect_err("over meanwhile").code, ErrorCode::BackendDown);
    }

    /// Asks for leases as a part does, for a minute and a half. Answers when each error came and what it was.
    async fn asks(keeper: &LeaseKeeper, refused: bool) -> Vec<(Duration, Error)> {
        let (begun, mut errors) = (Instant::now(), Vec::new());
        while begun.elapsed() < Duration::from_secs(90) {
            let lease = match keeper.lease().await {
                Ok(lease) if refused => {
                    // The way to the store and back.
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    keeper.renew(&lease, Refusal::Over).await
                }
                lease => lease,
            };
            let Err(error) = lease else { continue };
            let Retry::After(pause) = error.retry else { panic!("{error} does not pass by itself") };
            errors.push((begun.elapsed(), error));
            tokio::time::sleep(pause).await;
        }
        errors
    }

    #[tokio::test(start_paused = true)]
    async fn leases_that_are_over_on_arrival_are_asked_for_ever_more_seldom_and_told_only_after_long() {
        for refused in [false, true] {
            let source = Arc::new(Counting::living(Duration::from_secs(if refused { 900 } else { 0 })));
            let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
            let all = futures::future::join_all((0..16).map(|_| asks(&keeper, refused))).await;
            for (at, error) in all.iter().flatten() {
                // The first are refused before any is called over.
                let told = if *at < OVER_FOR_LONG { ErrorCode::BackendDown } else { ErrorCode::BackendContract };
                let between = (OVER_FOR_LONG..OVER_FOR_LONG + AFTER_OVER_AT_MOST).contains(at);
                assert!(error.code == told || between, "{at:?}: {error}");
            }
            assert!(all[0].last().is_some_and(|(_, error)| error.code == ErrorCode::BackendContract));
            let calls = source.calls.load(Ordering::Relaxed);
            assert!((18..40).contains(&calls), "refused: {refused}: {calls} calls in a minute and a half by sixteen");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn leases_that_are_good_again_are_used_at_once() {
        let source = Arc::new(Counting { good_from: 8, ..Counting::living(Duration::from_secs(900)) });
        let keeper = LeaseKeeper::new(Arc::clone(&source) as Arc<dyn CredentialSource>);
        let lease = loop {
            match keeper.lease().await {
                Ok(lease) => break lease,
                Err(Error { retry: Retry::After(pause), .. }) => tokio::time::sleep(pause).await,
                Err(error) => panic!("{error}"),
            }
        };
        keeper.taken(&lease);
        assert_eq!((lease.serial, source.calls.load(Ordering::Relaxed)), (9, 9));
        assert!(keeper.now().over.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_lease_prints_holds_no_secret() {
        let keeper = LeaseKeeper::new(Arc::new(Counting::living(Duration::from_secs(900))));
        let lease = keeper.lease().await.expect("a lease");
        let printed = format!("{lease:?}{keeper:?}");
        assert!(!printed.contains("secret") && !printed.contains("AKID"), "{printed}");
    }
}
