//! From a destination to a bucket one can send to: credentials, endpoint, the checks on both, and who may look.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::OnceCell;

use super::reach::Reach;
use crate::credentials::{CredentialSource, Giver, LeaseKeeper, Remote, Scope};
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::ids::{DestinationId, ObjectKey};
use crate::journal::BatchRow;
use crate::net::{Net, ON_PURPOSE, knock, time_of};
use crate::remembered::{Memory, Note};
use crate::s3::{Bucket, Endpoint, Head, Place, StoreSign, Way, sign_of, store_answers};
use crate::session::{Destination, Session};
use crate::units::UnixTime;

/// Where destinations and their credentials come from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Origin {
    /// Nobody is signed in.
    #[default]
    None,
    /// A company that has not answered yet.
    Connecting {
        /// Its address, as the session will have it.
        address: String,
        /// What answers in its place, where something does.
        instead: Option<ErrorCode>,
    },
    /// The company's backend.
    Session(Session),
    /// One place, by the default AWS chain.
    Direct {
        /// The only destination.
        destination: Box<Destination>,
        /// What its keys begin with.
        scope: Scope,
        /// Its credentials.
        source: Arc<dyn CredentialSource>,
        /// A store other than AWS.
        endpoint: Option<Box<Endpoint>>,
    },
}

/// A bucket with the scope that its keys lie in.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) bucket: Bucket,
    pub(super) scope: Scope,
    /// What was found of the network there.
    pub(super) note: Note,
    pub(super) reach: Reach,
    lookout: Option<Lookout>,
}

/// A backend that says it looks for us.
#[derive(Debug)]
struct Lookout {
    session: Session,
    destination: DestinationId,
    /// Remembered once it could not after all.
    can: AtomicBool,
}

impl Route {
    /// What lies at a key: asked of the bucket, and of the company's backend where the lease may not look.
    ///
    /// # Errors
    /// What either answers.
    pub(super) async fn look(&self, key: &ObjectKey) -> Result<Head> {
        let head = self.bucket.head(key).await?;
        let Some(lookout) = self.lookout.as_ref().filter(|lookout| lookout.can()) else { return Ok(head) };
        if head != Head::Unknown {
            return Ok(head);
        }
        // The bucket just answered.
        let head = lookout.session.look(&lookout.destination, key).await.map_err(Error::of_the_company)?;
        if head == Head::Unknown {
            lookout.can.store(false, Ordering::Relaxed);
        }
        Ok(head)
    }

    /// Whether somebody may look, as far as known.
    pub(super) fn may_look(&self) -> bool {
        self.bucket.may_look() || self.lookout.as_ref().is_some_and(Lookout::can)
    }
}

impl Lookout {
    fn can(&self) -> bool {
        self.can.load(Ordering::Relaxed)
    }
}

/// A route to be, and who asks for its leases: how often that was in vain is remembered from one try to the next.
#[derive(Debug, Default)]
struct Made {
    keeper: OnceLock<Arc<LeaseKeeper>>,
    route: OnceCell<Arc<Route>>,
}

/// All routes in use, made on first use and shared by all transfers.
#[derive(Debug)]
pub(crate) struct Routes {
    net: Net,
    /// A store in place of AWS: on loopback for the demo and tests, or approved by the company's policy.
    store: Option<Endpoint>,
    /// What was found of the networks to destinations.
    memory: Arc<Memory>,
    origin: Mutex<Origin>,
    made: Mutex<HashMap<DestinationId, Arc<Made>>>,
}

impl Routes {
    pub(crate) fn new(net: Net, store: Option<Endpoint>, memory: Arc<Memory>) -> Self {
        Self { net, store, memory, origin: Mutex::default(), made: Mutex::default() }
    }

    /// Another session: every route is made anew.
    pub(crate) fn set_origin(&self, origin: Origin) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        *self.origin.lock().unwrap_or_else(PoisonError::into_inner) = origin;
        made.clear();
    }

    /// Nothing is remembered of the networks to destinations any more.
    pub(crate) fn forget_networks(&self) {
        self.memory.forget();
    }

    /// Whose batches may run.
    pub(crate) fn remote(&self) -> Option<Remote> {
        let store = |endpoint: Option<&Endpoint>| match endpoint {
            Some(Endpoint::Custom { url, .. }) => Some(url.clone()),
            Some(Endpoint::Regional | Endpoint::Accelerate) | None => None,
        };
        let company = |address| Remote { giver: Giver::Company { address }, store: store(self.store.as_ref()) };
        match self.origin() {
            Origin::None => None,
            Origin::Connecting { address, .. } => Some(company(address)),
            Origin::Session(session) => Some(company(session.address())),
            Origin::Direct { scope, endpoint, .. } => {
                let giver = Giver::Chain { bucket: scope.bucket, prefix: scope.prefix };
                Some(Remote { giver, store: store(endpoint.as_deref()) })
            }
        }
    }

    /// Whether who gives the credentials wants to know how batches end.
    pub(super) fn wants_receipts(&self) -> bool {
        matches!(self.origin(), Origin::Session(session) if session.wants_receipts())
    }

    /// The ways that are taken to destinations, of those that anything was sent to.
    pub(crate) fn ways(&self) -> HashMap<DestinationId, Way> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().filter_map(|(to, made)| Some((to.clone(), made.route.get()?.bucket.way()))).collect()
    }

    /// A person acted: what the company said of them before is asked anew.
    pub(super) fn ask_anew(&self) {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.values().filter_map(|made| made.keeper.get()).for_each(|keeper| keeper.ask_anew());
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The route to a batch's destination. A batch never goes on with another giver, in another store or scope.
    ///
    /// # Errors
    /// What the credential source answers; `sign-in-ended` for a batch of somebody else's; `scope-changed`.
    pub(super) async fn of(&self, batch: &BatchRow) -> Result<Arc<Route>> {
        let (made, origin) = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            // Under the lock that a new origin takes to forget the old one's routes: no cell is filled by another's.
            if batch.remote.is_none() || batch.remote != self.remote() {
                return Err(Error::new(ErrorCode::SignInEnded).detail("it began with another company or place"));
            }
            (Arc::clone(made.entry(batch.destination.id.clone()).or_default()), self.origin())
        };
        let make = || self.make(&made.keeper, origin, &batch.destination);
        let route = Arc::clone(made.route.get_or_try_init(make).await?);
        match &batch.scope {
            Some(bound) if bound.bucket != route.scope.bucket || bound.prefix != route.scope.prefix => {
                Err(Error::new(ErrorCode::ScopeChanged).detail("the credentials reach another place than before"))
            }
            _ => Ok(route),
        }
    }

    /// Where the store of a destination is.
    pub(crate) fn endpoint_of(&self, to: &Destination) -> Endpoint {
        let direct = match self.origin() {
            Origin::Direct { endpoint, .. } => endpoint.map(|endpoint| *endpoint),
            Origin::None | Origin::Connecting { .. } | Origin::Session(_) => None,
        };
        self.endpoint(direct, to)
    }

    /// What answers at the store of a destination.
    ///
    /// # Errors
    /// `offline` with the reason where nothing does.
    pub(crate) async fn sign_of_store(&self, to: &Destination) -> Result<StoreSign> {
        sign_of(&self.endpoint_of(to), &to.bucket, &to.region, &self.net).await
    }

    /// What time it is at the company, where there is one and it says.
    pub(crate) async fn time_at_company(&self) -> Option<UnixTime> {
        let Origin::Session(session) = self.origin() else { return None };
        let address = session.address();
        let client = self.net.towards(&address.parse().ok()?).store_client().ok()?;
        time_of(&knock(&client, &address, ON_PURPOSE).await.ok()?)
    }

    fn endpoint(&self, direct: Option<Endpoint>, to: &Destination) -> Endpoint {
        match direct.or_else(|| self.store.clone()) {
            Some(endpoint) if to.accelerate => endpoint,
            Some(endpoint) => endpoint.without_acceleration(),
            None if to.accelerate => Endpoint::Accelerate,
            None => Endpoint::Regional,
        }
    }

    async fn make(
        &self,
        keeper: &OnceLock<Arc<LeaseKeeper>>,
        origin: Origin,
        destination: &Destination,
    ) -> Result<Arc<Route>> {
        let (source, direct, looking) = match origin {
            Origin::None => return Err(Error::new(ErrorCode::SignInEnded).detail("nobody is signed in")),
            Origin::Connecting { instead, .. } => {
                let waits = Error::new(instead.unwrap_or(ErrorCode::BackendDown)).retry(Retry::WhenOnline);
                return Err(waits.detail("not connected yet"));
            }
            Origin::Session(session) => (session.source(&destination.id), None, Some(session)),
            Origin::Direct { source, endpoint, .. } => (source, endpoint.map(|endpoint| *endpoint), None),
        };
        let keeper = Arc::clone(keeper.get_or_init(|| Arc::new(LeaseKeeper::new(source))));
        let endpoint = self.endpoint(direct, destination);
        let scope = match keeper.lease().await {
            Ok(lease) => lease.scope.clone(),
            // There is no bucket yet that could tell whether anybody answers: it is asked for by the destination's address.
            Err(error) if error.code == ErrorCode::Offline && looking.is_some() => {
                let is_connected = store_answers(&endpoint, &destination.bucket, &destination.region, &self.net).await;
                return Err(if is_connected { error.of_the_company() } else { error });
            }
            Err(error) => return Err(error),
        };
        let place = Place {
            scope: scope.clone(),
            endpoint,
            account_id: destination.account_id.clone(),
            storage_class: destination.storage_class.clone(),
            sse: destination.sse.clone(),
            tags: destination.tags.clone().into_iter().collect(),
        };
        let lookout = looking.filter(Session::looks).map(|session| Lookout {
            session,
            destination: destination.id.clone(),
            can: AtomicBool::new(true),
        });
        let note = self.memory.note(format!("{} {}", destination.id, destination.bucket));
        let bucket = Bucket::new(place, keeper, &self.net, note.clone())?;
        Ok(Arc::new(Route { bucket, scope, note, reach: Reach::default(), lookout }))
    }
}
