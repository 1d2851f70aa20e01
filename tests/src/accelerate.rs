//! A CONNECT proxy and a private CA, so that `*.s3-accelerate.amazonaws.com:443` reaches the local cloud over TLS: the
//! SDK refuses acceleration with any other endpoint, so this is the only way to exercise it truly.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, vouched_for_by_nobody};

/// A running proxy.
pub struct ConnectProxy {
    address: SocketAddr,
    /// The CA's certificate, in PEM.
    pub ca: PathBuf,
    hosts: Arc<Mutex<Vec<String>>>,
    wants: Arc<Mutex<Option<String>>>,
    wrong: watch::Sender<bool>,
    portal: watch::Sender<bool>,
    accepting: tokio::task::AbortHandle,
}

impl ConnectProxy {
    /// A proxy that takes every CONNECT to `cloud`, with a certificate for `host` and no other.
    pub async fn to(cloud: SocketAddr, host: &str, folder: &Path) -> Self {
        let authority = Authority::new(folder);
        let (acceptor, own) = (authority.vouches_for(host), vouched_for_by_nobody("login.example"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let hosts = Arc::new(Mutex::new(Vec::new()));
        let wants = Arc::new(Mutex::new(None));
        let (seen, portal, wanted) = (Arc::clone(&hosts), watch::Sender::new(false), Arc::clone(&wants));
        let (stands, wrong) = (portal.subscribe(), watch::Sender::new(false));
        let said_wrong = wrong.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut stands = stands.clone();
                let acceptor = if *stands.borrow_and_update() { own.clone() } else { acceptor.clone() };
                let (seen, wanted, wrong) = (Arc::clone(&seen), Arc::clone(&wanted), said_wrong.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = tunnel(client, cloud, acceptor, &seen, (&wanted, &wrong)) => {}
                        // Another network: what stood is gone.
                        _ = stands.changed() => {}
                    }
                });
            }
        });
        Self { address, ca: authority.ca, hosts, wants, wrong, portal, accepting: accepting.abort_handle() }
    }

    /// From now on nobody passes who does not say this name and password.
    pub fn wants(&self, user: &str, password: &str) {
        let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        *self.wants.lock().expect("wants") = Some(format!("Basic {both}"));
    }

    /// Until somebody said another.
    pub async fn refuses_one(&self) {
        self.wrong.subscribe().wait_for(|wrong| *wrong).await.expect("the proxy runs");
    }

    /// Whether a page of the local network, with a certificate of its own, answers instead.
    pub fn is_a_portal(&self, stands: bool) {
        self.portal.send_replace(stands);
    }

    /// Another network, in which it is not: what stood is cut, and nobody listens there any more.
    pub async fn is_gone(&self) {
        self.accepting.abort();
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        self.portal.send_replace(true);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `HTTPS_PROXY` must say.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Hosts that were asked for.
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.lock().expect("hosts").clone()
    }
}

async fn tunnel(
    mut client: TcpStream,
    cloud: SocketAddr,
    acceptor: TlsAcceptor,
    seen: &Mutex<Vec<String>>,
    (wanted, wrong): (&Mutex<Option<String>>, &watch::Sender<bool>),
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read_exact(&mut byte).await.is_err() {
            return;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head);
    let said = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim().to_owned())
    });
    let passes = wanted.lock().expect("wants").as_ref().is_none_or(|wanted| said.as_ref() == Some(wanted));
    if !passes {
        const NO: &[u8] =
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"company\"\r\n\
            Content-Length: 0\r\nConnection: close\r\n\r\n";
        if said.is_some() {
            wrong.send_replace(true);
        }
        let _ = client.write_all(NO).await;
        return;
    }
    let Some(host) = text.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else { return };
    seen.lock().expect("hosts").push(host.to_owned());
    if client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_err() {
        return;
    }
    let (Ok(mut tls), Ok(mut server)) = (acceptor.accept(client).await, TcpStream::connect(cloud).await) else {
        return;
    };
    let _ = copy_bidirectional(&mut tls, &mut server).await;
}
