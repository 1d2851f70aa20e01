//! How a connection comes to stand: straight, or through a proxy's tunnel, and TLS on top.

use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tower_service::Service;

use super::line::Line;
use super::{Net, Proxies, Through};
use crate::error::{Error, ErrorCode, Result};

/// S3 closes idle connections after about 20 s; a request on a dead one costs a retry.
const IDLE: Duration = Duration::from_secs(15);
/// As many idle connections as parts may fly.
const IDLE_AT_MOST: usize = 128;
/// A connection takes the next frame of a body once no more than this of those before it is left: what waits there is memory,
/// of as many connections as there are, and no longer in the processor's cache when it is sent.
pub(crate) const QUEUED: usize = 64 << 10;
/// How long a connection may be silent before the system asks the other side.
const KEEPALIVE: Duration = Duration::from_secs(15);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What sends requests to the store: HTTP/1.1, connections that are not kept longer than S3 keeps them.
pub(crate) type HttpClient<B> = Client<Timed<HttpsConnector<Tunnelled>>, B>;

impl Net {
    /// A client that takes this way out.
    ///
    /// # Errors
    /// `bad-certificate-file`.
    pub(crate) fn store_client<B>(&self) -> Result<HttpClient<B>>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        let tls = self.tls()?;
        let connect = self.connector(tls.clone(), tls);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).pool_max_idle_per_host(IDLE_AT_MOST);
        client.http1_max_buf_size(QUEUED);
        Ok(client.build(connect))
    }

    /// How a connection comes to stand, whose other end is trusted as the one says, and a proxy's own end as the other.
    pub(super) fn connector(
        &self,
        tls: rustls::ClientConfig,
        to_proxy: rustls::ClientConfig,
    ) -> Timed<HttpsConnector<Tunnelled>> {
        let mut dial = HttpConnector::new();
        dial.enforce_http(false);
        dial.set_nodelay(true);
        dial.set_keepalive(Some(KEEPALIVE));
        let dial = Dial(dial);
        let to_proxy = over_tls(to_proxy, dial.clone());
        let proxies = (!self.direct).then(|| self.proxies.clone());
        let way = Tunnelled { dial, to_proxy, proxies };
        Timed { inner: over_tls(tls, way), within: self.connect_timeout }
    }

    pub(super) fn tls(&self) -> Result<rustls::ClientConfig> {
        let bad = |e: rustls::Error| Error::new(ErrorCode::BadCertificateFile).source(e);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Ok(config.map_err(bad)?.with_root_certificates(self.roots()?).with_no_client_auth())
    }

    /// Who is trusted: the system's certificates, and those of a file that was named besides.
    pub(super) fn roots(&self) -> Result<rustls::RootCertStore> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(of_the_system().iter().cloned());
        if let Some(path) = &self.ca_bundle {
            let pem = Self::read_ca_bundle(path)?;
            roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).flatten());
        }
        Ok(roots)
    }
}

/// Read once: it is a file, or a question to the system, of a hundred certificates and more.
fn of_the_system() -> &'static [CertificateDer<'static>] {
    static FOUND: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some certificates of the system cannot be read");
        }
        found.certs
    })
}

fn over_tls<C>(tls: rustls::ClientConfig, inner: C) -> HttpsConnector<C> {
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(inner)
}

/// A connection of the system.
#[derive(Clone, Debug)]
pub(crate) struct Dial(HttpConnector);

impl Service<Uri> for Dial {
    type Response = Line;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Line, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let stream = self.0.call(to);
        Box::pin(async move { Ok(Line::new(stream.await?)) })
    }
}

/// Straight, or through a tunnel. Only https is tunnelled: plain http is spoken on this computer and to its host alone.
#[derive(Clone, Debug)]
pub(crate) struct Tunnelled {
    dial: Dial,
    /// A proxy may be reached by TLS itself.
    to_proxy: HttpsConnector<Dial>,
    /// None for what is reached straight whatever anybody says.
    proxies: Option<Proxies>,
}

impl Service<Uri> for Tunnelled {
    type Response = MaybeHttpsStream<Line>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<MaybeHttpsStream<Line>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.dial.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let https = to.scheme() == Some(&http::uri::Scheme::HTTPS);
        let Some(proxies) = self.proxies.clone().filter(|_| https) else {
            let line = self.dial.call(to);
            return Box::pin(async move { Ok(MaybeHttpsStream::Http(line.await?)) });
        };
        let (dial, to_proxy) = (self.dial.clone(), self.to_proxy.clone());
        Box::pin(async move {
            let through = proxies.find(&to).await;
            let stands = stand(dial, to_proxy, through.clone(), to.clone()).await;
            if let Err(error) = &stands {
                proxies.doubts(&to, through.as_ref(), error.as_ref());
            }
            stands
        })
    }
}

/// A connection, straight or by what leads there.
async fn stand(
    mut dial: Dial,
    to_proxy: HttpsConnector<Dial>,
    through: Option<Through>,
    to: Uri,
) -> Result<MaybeHttpsStream<Line>, BoxError> {
    let Some(through) = through else { return Ok(MaybeHttpsStream::Http(dial.call(to).await?)) };
    let mut tunnel = Tunnel::new(through.proxy, to_proxy);
    if let Some(auth) = through.auth {
        tunnel = tunnel.with_auth(auth);
    }
    Ok(tunnel.call(to).await?)
}

/// A connection that does not stand in time is none.
#[derive(Clone, Debug)]
pub(crate) struct Timed<C> {
    inner: C,
    within: Duration,
}

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
    C::Response: Send,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<C::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let stands = tokio::time::timeout(self.within, self.inner.call(to));
        let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "no connection in time");
        Box::pin(async move { stands.await.map_err(|_| BoxError::from(late()))? })
    }
}
