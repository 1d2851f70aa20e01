//! The listener: one task a connection, HTTP/1.1.

use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::S3ServiceBuilder;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::front::Front;
use crate::host::Hosts;
use crate::identity::{Auth, Identities};
use crate::observe::Observer;
use crate::operations::Operations;
use crate::store::Store;
use crate::sts::Sts;

/// What the service is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    pub(crate) identities: Arc<Identities>,
    pub(crate) observer: Arc<Observer>,
    pub(crate) region: String,
    pub(crate) loopback_is_secure: bool,
}

pub(crate) async fn serve(listener: TcpListener, parts: Parts, stop: CancellationToken) {
    let observer = Arc::clone(&parts.observer);
    let front = Arc::new(front(parts));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let (seen, serving) = (observer.connection_begins(), connection(stream, Arc::clone(&front), stop.clone()));
        tokio::spawn(async move {
            serving.await;
            drop(seen);
        });
    }
}

fn front(parts: Parts) -> Front {
    let Parts { store, identities, observer, region, loopback_is_secure } = parts;
    let operations = Operations { store, observer: Arc::clone(&observer), region: region.clone() };
    let mut builder = S3ServiceBuilder::new(operations);
    builder.set_auth(Auth(Arc::clone(&identities)));
    builder.set_host(Hosts::new(&region));
    builder.set_route(Sts { identities: Arc::clone(&identities), observer: Arc::clone(&observer) });
    builder.set_access(Access { identities, observer, loopback_is_secure });
    Front { service: builder.build(), region }
}

async fn connection(stream: TcpStream, front: Arc<Front>, stop: CancellationToken) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let front = Arc::clone(&front);
        async move { Ok::<_, std::convert::Infallible>(front.answer(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        () = stop.cancelled() => {}
        outcome = served => {
            if let Err(error) = outcome {
                tracing::debug!(%error, "a connection ended");
            }
        }
    }
}
