//! Who issued the certificate of what answers: the first thing to know where something on the way changes secure connections.
//! It is told of a certificate that is not trusted as well; trusted it is by nobody but the usual verifier.

use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tower_service::Service as _;

use super::Net;
use super::login::wants_a_login;
use crate::error::{Error, ErrorCode, Result};

/// What came of a connection.
#[derive(Debug)]
pub(crate) struct Handshake {
    /// Who issued the certificate, where one was shown.
    pub(crate) issuer: Option<String>,
    /// Whether it stands, or why it does not.
    pub(crate) stands: Result<()>,
}

impl Net {
    /// Connects to an address the way that requests do, and asks for nothing.
    ///
    /// # Errors
    /// `bad-certificate-file`.
    pub(crate) async fn shakes_hands(&self, to: &Uri) -> Result<Handshake> {
        let bad = |e: &dyn std::fmt::Display| Error::new(ErrorCode::BadCertificateFile).detail(e.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(self.roots()?), Arc::clone(&provider));
        let seen = Arc::new(Seen { usual: usual.build().map_err(|e| bad(&e))?, issuer: Mutex::default() });
        let verifier: Arc<dyn ServerCertVerifier> = Arc::<Seen>::clone(&seen);
        let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = tls.map_err(|e| bad(&e))?.dangerous().with_custom_certificate_verifier(verifier);
        let mut connector = self.connector(tls.with_no_client_auth(), self.tls()?);
        let stands = connector.call(to.clone()).await.map(drop).map_err(|error| why(error.as_ref()));
        let issuer = seen.issuer.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Handshake { issuer, stands })
    }
}

/// Why there is no connection, as far as the layers below tell.
fn why(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut said = String::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        // An I/O error's `source` passes over what it was made of.
        let mut within = cause;
        while let Some(inner) = within.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            within = inner;
        }
        if let Some(rustls::Error::InvalidCertificate(why)) = within.downcast_ref() {
            return Error::new(ErrorCode::UntrustedServer).detail(format!("certificate: {why:?}"));
        }
        said = within.to_string();
        next = cause.source();
    }
    let code = if wants_a_login(&said) { ErrorCode::ProxyAuth } else { ErrorCode::Offline };
    Error::new(code).detail(said)
}

/// The usual verifier, and who issued what it was shown.
#[derive(Debug)]
struct Seen {
    usual: Arc<WebPkiServerVerifier>,
    issuer: Mutex<Option<String>>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.issuer.lock().unwrap_or_else(PoisonError::into_inner) = issuer(end_entity);
        self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// An issuer in a few words: its organisation, else its own name. What a stranger wrote there is cut, and kept on one line.
fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    const LONGEST: usize = 60;
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate.as_ref()).ok()?;
    let issuer = certificate.issuer();
    let named = issuer.iter_organization().chain(issuer.iter_common_name()).find_map(|part| part.as_str().ok());
    let named: String = named?.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    Some(named.trim().to_owned()).filter(|named| !named.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_has_no_issuer() {
        assert_eq!(issuer(&CertificateDer::from(vec![0x30, 0x03, 0x01])), None);
    }
}
