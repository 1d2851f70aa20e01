//! A private CA, and servers' side of TLS with what it vouches for, or with what nobody does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// A CA that nobody knows but who is given its certificate.
pub(crate) struct Authority {
    /// Its certificate, in PEM.
    pub(crate) ca: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one, with its certificate in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        std::fs::create_dir_all(folder).expect("a folder");
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let ca = folder.join("ca.pem");
        std::fs::write(&ca, authority.self_signed(&key).expect("a CA").pem()).expect("written");
        Self { ca, issuer: Issuer::new(authority, key) }
    }

    /// Who answers for `host`.
    pub(crate) fn vouches_for(&self, host: &str) -> TlsAcceptor {
        let (leaf, key) = leaf(host);
        acceptor(leaf.signed_by(&key, &self.issuer).expect("a certificate").der(), &key)
    }
}

/// Who says of themselves that they answer for `host`.
pub(crate) fn vouched_for_by_nobody(host: &str) -> TlsAcceptor {
    let (leaf, key) = leaf(host);
    acceptor(leaf.self_signed(&key).expect("a certificate").der(), &key)
}

fn leaf(host: &str) -> (CertificateParams, KeyPair) {
    let leaf = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
    (leaf, KeyPair::generate().expect("a key"))
}

fn acceptor(leaf: &CertificateDer<'_>, key: &KeyPair) -> TlsAcceptor {
    let chain = vec![leaf.clone().into_owned()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("TLS");
    TlsAcceptor::from(Arc::new(tls))
}
