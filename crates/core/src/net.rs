//! How to get out of this computer: the proxy, the certificates that are trusted, and how long a connection may take.
//!
//! Every HTTP client of the core (the store's and the backend's) is made from one [`Net`], so that all take the same way.

mod issuer;
mod knock;
mod line;
mod login;
pub(crate) mod metered;
mod proxy;
mod quiet;
mod retry_after;
mod system;
mod way;

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::{Error, ErrorCode, Result};
use crate::session::address;

pub(crate) use issuer::Handshake;
pub(crate) use knock::{ON_PURPOSE, knock, time_of};
pub(crate) use line::Signal;
pub use login::ProxyLogin;
pub(crate) use login::wants_a_login;
pub(crate) use proxy::{ANYWHERE, Through};
pub use proxy::{Proxies, ProxyChoice, ProxyFrom};
pub(crate) use quiet::Quiet;
pub(crate) use retry_after::{http_date, retry_after};
pub(crate) use way::{HttpClient, QUEUED};

/// The way out. `Default` is the proxy of environment or system, and the system's certificates.
#[derive(Clone, Debug)]
pub struct Net {
    /// Which proxy leads where.
    pub proxies: Proxies,
    /// A PEM file of certificates trusted besides the system's.
    pub ca_bundle: Option<PathBuf>,
    /// How long a connection may take to stand. Proxies are slow; the SDK's 3.1 s is too short behind one.
    pub connect_timeout: Duration,
    /// No proxy, whatever the environment says: what never leaves this computer needs none.
    pub direct: bool,
}

impl Default for Net {
    fn default() -> Self {
        Self { proxies: Proxies::default(), ca_bundle: None, connect_timeout: Duration::from_secs(10), direct: false }
    }
}

/// What we are called in requests that are made by us.
pub(crate) const USER_AGENT: &str = concat!("Davit/", env!("CARGO_PKG_VERSION"));

/// A page that is asked for in plain, so that a network which wants a sign-in first shows its own in that place. Systems ask for
/// theirs in every network that they join, so that nobody new is told of this one. Never an address that a network answers.
///
/// Source: Microsoft, "Network Connectivity Status Indicator overview"; macOS, `CNA`; GNOME Shell, `portalHelper`.
pub const SIGN_IN_PAGE: &str = if cfg!(windows) {
    "http://www.msftconnecttest.com/redirect"
} else if cfg!(target_os = "macos") {
    "http://captive.apple.com/hotspot-detect.html"
} else {
    "http://nmcheck.gnome.org/"
};

/// Questions to a company come in bursts or minutes apart. What stood still for longer may have died without a word, and a
/// question on it would wait for an answer until its time is over; another connection costs less.
const KEPT: Duration = Duration::from_secs(1);

/// A system that acknowledges nothing for this long is not there any more. A backend that thinks for long is: its system
/// answers for it.
const SILENT: Duration = Duration::from_secs(15);

/// Nobody is sent on more often on the way to a file.
const REDIRECTS_AT_MOST: usize = 5;

static PROVIDER: Once = Once::new();

impl Net {
    /// The way to an address: past every proxy where it is on this computer.
    pub(crate) fn towards(&self, url: &url::Url) -> Self {
        Self { direct: self.direct || address::is_loopback(url), ..self.clone() }
    }

    /// The CA file's bytes, once every certificate in it was read: the SDK panics on a bad one.
    ///
    /// # Errors
    /// `bad-certificate-file`.
    pub(crate) fn read_ca_bundle(path: &Path) -> Result<Vec<u8>> {
        let bad = |why: String| Error::new(ErrorCode::BadCertificateFile).detail(format!("{}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
        let mut roots = rustls::RootCertStore::empty();
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|e| bad(e.to_string()))?;
            roots.add(certificate).map_err(|e| bad(e.to_string()))?;
            found += 1;
        }
        if found == 0 { Err(bad("no certificate in it".to_owned())) } else { Ok(pem) }
    }

    /// A client for the backend: no redirects, bounded in time.
    ///
    /// # Errors
    /// `bad-certificate-file`.
    pub fn backend_client(&self) -> Result<reqwest::Client> {
        self.client(|builder| builder.redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(30)))
    }

    /// Fetches what is large from an address, under a name of its own: https alone, and wherever it is sent on to by the proxy that
    /// leads there by now. It takes as long as it takes while anything comes.
    ///
    /// # Errors
    /// `address-insecure` for what is no https, and for whoever is sent round and round; `offline`, `bad-certificate-file`.
    pub async fn fetch(&self, from: &url::Url, name: &str) -> Result<reqwest::Response> {
        let insecure = || Error::new(ErrorCode::AddressInsecure);
        let mut at = from.clone();
        for _ in 0..=REDIRECTS_AT_MOST {
            if at.scheme() != "https" {
                return Err(insecure());
            }
            let client = self.towards(&at).client(|builder| {
                let builder = builder.redirect(reqwest::redirect::Policy::none()).https_only(true);
                builder.read_timeout(Duration::from_secs(30)).user_agent(name)
            })?;
            let answer = self.send(client.get(at.clone())).await.map_err(unreached)?;
            let leads = answer.headers().get(reqwest::header::LOCATION);
            let Some(leads) = leads.filter(|_| answer.status().is_redirection()) else { return Ok(answer) };
            at = leads.to_str().ok().and_then(|leads| at.join(leads).ok()).ok_or_else(insecure)?;
        }
        Err(insecure())
    }

    /// Sends a request of [`Self::backend_client`] by the proxy that leads there by now.
    ///
    /// # Errors
    /// What the client says of it.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<reqwest::Response> {
        let (client, request) = request.build_split();
        self.execute(&client, request?).await
    }

    /// The same of a request that is made already.
    ///
    /// # Errors
    /// As of [`Self::send`].
    pub(crate) async fn execute(
        &self,
        client: &reqwest::Client,
        request: reqwest::Request,
    ) -> reqwest::Result<reqwest::Response> {
        let to: Option<http::Uri> = request.url().as_str().parse().ok().filter(|_| !self.direct);
        let through = match &to {
            Some(to) => self.proxies.find(to).await,
            None => None,
        };
        let answer = client.execute(request).await;
        if let (Some(to), Err(error)) = (&to, &answer)
            && error.is_connect()
        {
            self.proxies.doubts(to, through.as_ref(), error);
        }
        answer
    }

    fn client(&self, of: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Result<reqwest::Client> {
        // reqwest comes without a TLS provider of its own; ring is the only one in the tree.
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let mut builder = of(reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(KEPT)
            .tcp_keepalive(SILENT / 3)
            .tcp_keepalive_interval(SILENT / 3)
            .tcp_keepalive_retries(2)
            .user_agent(USER_AGENT));
        // Here it stands in the place of the retries above, and holds for what was sent, too.
        #[cfg(target_os = "linux")]
        {
            builder = builder.tcp_user_timeout(SILENT);
        }
        if self.direct {
            builder = builder.no_proxy();
        } else {
            let proxies = self.proxies.clone();
            builder = builder.proxy(reqwest::Proxy::custom(move |to| proxies.address_to(to)));
        }
        if let Some(path) = &self.ca_bundle {
            let pem = Self::read_ca_bundle(path)?;
            let bad = |e: reqwest::Error| Error::new(ErrorCode::BadCertificateFile).source(e);
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).map_err(bad)? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().map_err(|e| Error::new(ErrorCode::Unexpected).source(e))
    }
}

/// Without the address, which may have a secret in it.
fn unreached(error: reqwest::Error) -> Error {
    Error::new(ErrorCode::Offline).detail(innermost(&error.without_url()))
}

/// What the lowest layer says: those above it only say that there was no answer.
pub fn innermost(error: &dyn std::error::Error) -> String {
    let mut lowest = error;
    while let Some(cause) = lowest.source() {
        lowest = cause;
    }
    lowest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_whose_place_a_network_shows_its_own_is_asked_for_in_plain_and_by_name() {
        let page: url::Url = SIGN_IN_PAGE.parse().expect("an address");
        assert_eq!(
            (page.scheme(), page.port(), page.query()),
            ("http", None, None),
            "nobody can answer in place of TLS"
        );
        assert!(page.domain().is_some_and(|name| name.contains('.')), "{page}");
    }

    #[test]
    fn a_file_that_holds_no_certificate_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "hello", broken] {
            std::fs::write(&path, text).expect("written");
            let net = Net { ca_bundle: Some(path.clone()), ..Net::default() };
            let error = net.backend_client().expect_err("no certificate");
            assert_eq!(error.code, ErrorCode::BadCertificateFile);
            assert_eq!(crate::s3::http_client(&net).expect_err("likewise").code, ErrorCode::BadCertificateFile);
        }
    }
}
