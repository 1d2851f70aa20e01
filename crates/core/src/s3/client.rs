//! The core's HTTP client, as the SDK wants one.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::capture_connection;

use super::watch::Rides;
use crate::error::Result;
use crate::net::{HttpClient, Net};

/// A client that takes the way out that `net` says.
///
/// # Errors
/// `bad-certificate-file`, `bad-input` for a proxy address that is none.
pub fn http_client(net: &Net) -> Result<SharedHttpClient> {
    Ok(Sender::new(net)?.for_the_sdk())
}

/// Sends requests on connections of one pool. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: HttpClient<SdkBody>,
    within: Option<Duration>,
}

impl Sender {
    /// As [`http_client`].
    pub(super) fn new(net: &Net) -> Result<Self> {
        Ok(Self { client: net.store_client()?, within: None })
    }

    /// The same as the SDK wants it.
    pub(super) fn for_the_sdk(self) -> SharedHttpClient {
        http_client_fn(move |settings, _| {
            // The time to connect is ours. Parts are timed by the watchdog; the chain's questions to a machine bring a
            // limit.
            SharedHttpConnector::new(Self { within: settings.read_timeout(), ..self.clone() })
        })
    }
}

impl HttpConnector for Sender {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        let watch = request.extensions().get().map(|Rides(watch)| Arc::clone(watch));
        if let Some(watch) = &watch {
            watch.rides(connection);
        }
        let (answer, within) = (self.client.request(request), self.within);
        HttpConnectorFuture::new(async move {
            let answer = match within {
                Some(within) => {
                    tokio::time::timeout(within, answer).await.map_err(|e| ConnectorError::timeout(e.into()))?
                }
                None => answer.await,
            };
            let answer = answer.map_err(|error| told(error.into()))?;
            let heard = move || watch.iter().for_each(|watch| watch.moves(false));
            heard();
            let body = |body: Incoming| {
                SdkBody::from_body_1_x(body.map_frame(move |frame| {
                    heard();
                    frame
                }))
            };
            HttpResponse::try_from(answer.map(body)).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// In the SDK's words; what it means is read from the causes, in `classify`.
fn told(error: Box<dyn StdError + Send + Sync>) -> ConnectorError {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error.as_ref());
    while let Some(cause) = next {
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_user) {
            return ConnectorError::user(error);
        }
        next = cause.source();
    }
    ConnectorError::io(error)
}
