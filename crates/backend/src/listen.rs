//! The listener: one task a connection, HTTP/1.1. Whoever connects and does not go on to ask is let go, and nobody holds
//! more connections than there are.

use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Duration, sleep};

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// From one answer to the end of the next request's head. Longer than load balancers keep a connection that is idle,
    /// mostly a minute: otherwise they meet one that was closed this moment.
    pub(crate) silence: Duration,
    /// At a time; more of them wait.
    pub(crate) connections: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { silence: Duration::from_secs(75), connections: 1_024 }
    }
}

/// Serves until the end has come and what is in flight then is answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, mut ends: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(bounds.connections as usize));
    let next = async || {
        let permit = Arc::clone(&room).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, permit)),
                Err(error) => {
                    // Mostly too many open files, which passes.
                    tracing::warn!(%error, "a connection was not taken");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    };
    loop {
        let accepted = tokio::select! {
            accepted = next() => accepted,
            () = end(&mut ends) => break,
        };
        let Some((stream, permit)) = accepted else { break };
        let connection = connection(stream, router.clone(), bounds.silence, ends.clone());
        tokio::spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = room.acquire_many(bounds.connections).await;
}

async fn end(ends: &mut watch::Receiver<bool>) {
    let _ = ends.wait_for(|ends| *ends).await;
}

async fn connection(stream: TcpStream, router: Router, silence: Duration, mut ends: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(silence);
    let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(served);
    let outcome = tokio::select! {
        outcome = &mut served => outcome,
        () = end(&mut ends) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn start(bounds: Bounds) -> (std::net::SocketAddr, watch::Sender<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (ending, ends) = watch::channel(false);
        let router = Router::new().route("/", get(|| async { "ok" }));
        tokio::spawn(serve(listener, router, bounds, ends));
        (address, ending)
    }

    async fn ask(address: std::net::SocketAddr, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the connection is closed");
        answer
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_let_go() {
        let bounds = Bounds { silence: Duration::from_millis(50), ..Bounds::default() };
        let (address, _ending) = start(bounds).await;
        assert!(!ask(address, "GET / HTTP/1.1\r\n").await.contains("200"));
        assert!(!ask(address, "").await.contains("200"));
        // Nor is one kept that asks no more.
        assert!(ask(address, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
    }

    #[tokio::test]
    async fn more_connections_than_there_are_wait_and_are_served() {
        let bounds = Bounds { silence: Duration::from_millis(50), connections: 1 };
        let (address, _ending) = start(bounds).await;
        let _idle = TcpStream::connect(address).await.expect("connected");
        let head = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        assert!(ask(address, head).await.starts_with("HTTP/1.1 200 "));
    }
}
