//! The listener: one task a connection, HTTP/1.1.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::host::Hosts;
use crate::identity::{Auth, Identities};
use crate::observe::Observer;
use crate::operations::Operations;
use crate::rechunk::rechunk;
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
    let service = service(parts);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(stream, service.clone(), stop.clone()));
    }
}

fn service(parts: Parts) -> S3Service {
    let Parts { store, identities, observer, region, loopback_is_secure } = parts;
    let operations = Operations { store, observer: Arc::clone(&observer), region: region.clone() };
    let mut builder = S3ServiceBuilder::new(operations);
    builder.set_auth(Auth(Arc::clone(&identities)));
    builder.set_host(Hosts { region });
    builder.set_route(Sts { identities: Arc::clone(&identities), observer: Arc::clone(&observer) });
    builder.set_access(Access { identities, observer, loopback_is_secure });
    builder.build()
}

async fn connection(stream: TcpStream, service: S3Service, stop: CancellationToken) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let service = service.clone();
        async move { service.call(request_with_short_chunks(request)).await }
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

/// The same request, a chunked body cut into pieces that fit into memory.
fn request_with_short_chunks(request: Request<Incoming>) -> Request<s3s::Body> {
    let hash = request.headers().get("x-amz-content-sha256");
    if hash.is_none_or(|hash| hash.as_bytes() != b"STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
        return request.map(s3s::Body::from);
    }
    request.map(|body| {
        let data = body.into_data_stream().map_err(Into::into).boxed();
        let frames = rechunk(data).map_ok(hyper::body::Frame::<Bytes>::data).boxed();
        s3s::Body::http_body_unsync(http_body_util::StreamBody::new(frames))
    })
}
