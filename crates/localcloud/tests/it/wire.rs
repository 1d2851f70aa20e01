//! Requests by hand: signed as SigV4 says, or wrong on purpose, which no SDK can be brought to.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use davit_localcloud::{Keys, LocalCloud};
use sha2::{Digest as _, Sha256};
use time::macros::format_description;
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::cloud::REGION;

pub(crate) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
pub(crate) const TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
pub(crate) const SIGNED_CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

pub(crate) const SIGNED_CHUNKS_AND_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

/// A request to be signed.
#[derive(Clone)]
pub(crate) struct Ask {
    address: SocketAddr,
    keys: Keys,
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    unsigned: Vec<(String, String)>,
    region: String,
    service: &'static str,
    off: Duration,
    hash: String,
}

/// A signed request's head, and what chunk signatures go on from.
pub(crate) struct Signed {
    pub(crate) head: String,
    signature: String,
    key: [u8; 32],
    scope: String,
    date: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn refusal(&self) -> (u16, String) {
        let code = self.body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        (self.status, code.map_or("", |(code, _)| code).to_owned())
    }
}

impl Ask {
    pub(crate) fn new(cloud: &LocalCloud, method: &str, path: &str) -> Self {
        Self::to(cloud.address(), cloud.keys().clone(), method, path)
    }

    pub(crate) fn to(address: SocketAddr, keys: Keys, method: &str, path: &str) -> Self {
        Self {
            address,
            keys,
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: BTreeMap::from([("host".to_owned(), address.to_string())]),
            unsigned: Vec::new(),
            region: REGION.to_owned(),
            service: "s3",
            off: Duration::ZERO,
            hash: UNSIGNED.to_owned(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Names in order, encoded.
    pub(crate) fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    pub(crate) fn hash(mut self, hash: &str) -> Self {
        hash.clone_into(&mut self.hash);
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    pub(crate) fn service(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }

    /// A clock that is off by so much.
    pub(crate) fn off(mut self, off: Duration) -> Self {
        self.off = off;
        self
    }

    pub(crate) fn sign(&self, length: usize) -> Signed {
        let now = OffsetDateTime::now_utc() + self.off;
        let date = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).expect("a date");
        let mut headers = self.headers.clone();
        headers.insert("x-amz-date".to_owned(), date.clone());
        headers.insert("x-amz-content-sha256".to_owned(), self.hash.clone());
        let names = headers.keys().map(String::as_str).collect::<Vec<_>>().join(";");
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let lines = lines.concat();
        let canonical = format!("{}\n{}\n{}\n{lines}\n{names}\n{}", self.method, self.path, self.query, self.hash);
        let scope = format!("{}/{}/{}/aws4_request", &date[..8], self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
        let mut key = hmac(format!("AWS4{}", self.keys.secret_access_key).as_bytes(), &date.as_bytes()[..8]);
        for part in [self.region.as_str(), self.service, "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        let signature = hex::encode(hmac(&key, text.as_bytes()));
        let question = if self.query.is_empty() { "" } else { "?" };
        let mut head = format!("{} {}{question}{} HTTP/1.1\r\n", self.method, self.path, self.query);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.keys.access_key_id
        );
        let length = length.to_string();
        let more = [("authorization", authorization.as_str()), ("content-length", length.as_str())];
        let all = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(more);
        for (name, value) in all.chain(self.unsigned.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
            head += &[name, ": ", value, "\r\n"].concat();
        }
        head.push_str("\r\n");
        Signed { head, signature, key, scope, date }
    }

    pub(crate) async fn send(&self, body: &[u8]) -> Answer {
        let mut stream = self.open(body.len()).await;
        // A refusal may end the connection before all is sent; what counts is the answer.
        let _ = stream.write_all(body).await;
        answer(&mut stream).await
    }

    /// Sends the head alone.
    pub(crate) async fn open(&self, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(self.sign(length).head.as_bytes()).await.expect("sent");
        stream
    }
}

impl Signed {
    /// The chunks with their signatures, the empty one last.
    pub(crate) fn chunks(&self, chunks: &[&[u8]]) -> Vec<u8> {
        self.signed_chunks(chunks).0
    }

    /// The chunks, and a signed trailer after them.
    pub(crate) fn chunks_and_trailer(&self, chunks: &[&[u8]], trailer: &str) -> Vec<u8> {
        let (mut wire, before) = self.signed_chunks(chunks);
        wire.truncate(wire.len() - 2);
        let (date, scope, hash) = (&self.date, &self.scope, hex::encode(Sha256::digest(format!("{trailer}\n"))));
        let text = format!("AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{before}\n{hash}");
        let signature = hex::encode(hmac(&self.key, text.as_bytes()));
        wire.extend_from_slice(format!("{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n").as_bytes());
        wire
    }

    fn signed_chunks(&self, chunks: &[&[u8]]) -> (Vec<u8>, String) {
        let mut before = self.signature.clone();
        let mut wire = Vec::new();
        for chunk in chunks.iter().chain(&[&[][..]]) {
            let text = format!(
                "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{before}\n{}\n{}",
                self.date,
                self.scope,
                hex::encode(Sha256::digest("")),
                hex::encode(Sha256::digest(chunk))
            );
            before = hex::encode(hmac(&self.key, text.as_bytes()));
            wire.extend_from_slice(format!("{:x};chunk-signature={before}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        (wire, before)
    }
}

/// What comes back on a connection.
pub(crate) async fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
            let length: usize = length.lines().next().and_then(|text| text.parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
                return Answer { status, head, body };
            }
        }
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        assert!(read > 0, "the connection ended after {:?}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&buffer[..read]);
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}
