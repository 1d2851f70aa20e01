//! The HTTP client below the SDK: ring, HTTP/1.1, connections that are not kept longer than S3 keeps them.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::error::{Error, ErrorCode, Result};
use crate::net::Net;

/// S3 closes idle connections after about 20 s; a request on a dead one costs a retry.
const IDLE: Duration = Duration::from_secs(15);
/// As many idle connections as parts may fly.
const IDLE_AT_MOST: usize = 128;

/// A client that takes the way out that `net` says.
///
/// # Errors
/// `bad-certificate-file`, `bad-input` for a proxy address that is none.
pub fn http_client(net: &Net) -> Result<SharedHttpClient> {
    let tls = trust(net)?;
    let proxy = proxy(net)?;
    let connect_timeout = net.connect_timeout;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        // The time to connect is ours; nothing else is timed here (the watchdog times requests).
        let read = settings.and_then(aws_smithy_runtime_api::client::http::HttpConnectorSettings::read_timeout);
        let mut timed = aws_smithy_runtime_api::client::http::HttpConnectorSettings::builder();
        timed = timed.connect_timeout(connect_timeout);
        if let Some(read) = read {
            timed = timed.read_timeout(read);
        }
        let mut builder = Connector::builder()
            .connector_settings(timed.build())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_AT_MOST)
            .proxy_config(proxy.clone());
        if let Some(sleep) = components.and_then(aws_sdk_s3::config::RuntimeComponents::sleep_impl) {
            builder = builder.sleep_impl(sleep);
        }
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

fn trust(net: &Net) -> Result<TlsContext> {
    let mut store = TrustStore::default();
    if let Some(path) = &net.ca_bundle {
        store = store.with_pem_certificate(Net::read_ca_bundle(path)?);
    }
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|e| Error::new(ErrorCode::BadCertificateFile).source(e))
}

fn proxy(net: &Net) -> Result<ProxyConfig> {
    if net.direct {
        return Ok(ProxyConfig::disabled());
    }
    let Some(url) = &net.proxy else { return Ok(ProxyConfig::from_env()) };
    let mut bare = url.clone();
    // Into the header, never into a log line.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    let config = ProxyConfig::all(bare.as_str())
        .map_err(|e| Error::new(ErrorCode::BadInput).detail("proxy address").source(e))?;
    let config = config.no_proxy("localhost,127.0.0.1,::1");
    // As they are written in the address: the SDK puts them into one again, which is decoded where it is used.
    Ok(match (url.username(), url.password()) {
        ("", _) => config,
        (user, password) => config.with_basic_auth(user, password.unwrap_or_default()),
    })
}
