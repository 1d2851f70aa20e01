//! From a destination to a bucket one can send to: credentials, endpoint, and the checks on both.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::credentials::{CredentialSource, LeaseKeeper, Scope};
use crate::error::{Error, ErrorCode, Result};
use crate::ids::DestinationId;
use crate::net::Net;
use crate::s3::{Bucket, Endpoint, Place};
use crate::session::{Destination, Session};

/// Where destinations and their credentials come from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Origin {
    /// Nobody is signed in.
    #[default]
    None,
    /// A company that has not answered yet.
    Connecting,
    /// The company's backend.
    Session(Session),
    /// One place, by the default AWS chain.
    Direct {
        /// The only destination.
        destination: Box<Destination>,
        /// Its credentials.
        source: Arc<dyn CredentialSource>,
        /// A store other than AWS.
        endpoint: Option<Endpoint>,
    },
}

/// A bucket with the scope that its keys lie in.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) bucket: Bucket,
    pub(super) scope: Scope,
}

type Cell = Arc<OnceCell<Arc<Route>>>;

/// All routes in use, made on first use and shared by all transfers.
#[derive(Debug)]
pub(crate) struct Routes {
    net: Net,
    /// A store in place of AWS: on loopback for the demo and tests, or approved by the company's policy.
    store: Option<Endpoint>,
    origin: Mutex<Origin>,
    made: Mutex<HashMap<DestinationId, Cell>>,
}

impl Routes {
    pub(crate) fn new(net: Net, store: Option<Endpoint>) -> Self {
        Self { net, store, origin: Mutex::default(), made: Mutex::default() }
    }

    /// Another session: every route is made anew.
    pub(crate) fn set_origin(&self, origin: Origin) {
        *self.origin.lock().unwrap_or_else(PoisonError::into_inner) = origin;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The route to a destination. A batch that began in one scope never goes on in another.
    ///
    /// # Errors
    /// What the credential source answers; `scope-changed`.
    pub(super) async fn to(&self, destination: &Destination, bound: Option<&Scope>) -> Result<Arc<Route>> {
        let cell = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(made.entry(destination.id.clone()).or_default())
        };
        let route = Arc::clone(cell.get_or_try_init(|| self.make(destination)).await?);
        match bound {
            Some(bound) if bound.bucket != route.scope.bucket || bound.prefix != route.scope.prefix => {
                Err(Error::new(ErrorCode::ScopeChanged).detail("the credentials reach another place than before"))
            }
            _ => Ok(route),
        }
    }

    async fn make(&self, destination: &Destination) -> Result<Arc<Route>> {
        let (source, direct) = match self.origin() {
            Origin::None => return Err(Error::new(ErrorCode::SignInEnded).detail("nobody is signed in")),
            Origin::Connecting => return Err(Error::new(ErrorCode::BackendDown).detail("not connected yet")),
            Origin::Session(session) => (session.source(&destination.id), None),
            Origin::Direct { destination: only, .. } if only.id != destination.id => {
                return Err(
                    Error::new(ErrorCode::SignInEnded).detail("it began in another place than this command names")
                );
            }
            Origin::Direct { source, endpoint, .. } => (source, endpoint),
        };
        let keeper = Arc::new(LeaseKeeper::new(source));
        let scope = keeper.lease().await?.scope.clone();
        let endpoint = match direct.or_else(|| self.store.clone()) {
            Some(endpoint) => endpoint,
            None if destination.accelerate => Endpoint::Accelerate,
            None => Endpoint::Regional,
        };
        let place = Place {
            scope: scope.clone(),
            endpoint,
            account_id: destination.account_id.clone(),
            storage_class: destination.storage_class.clone(),
            sse: destination.sse.clone(),
            tags: destination.tags.clone().into_iter().collect(),
        };
        Ok(Arc::new(Route { bucket: Bucket::new(place, keeper, &self.net)?, scope }))
    }
}
