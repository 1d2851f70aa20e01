//! One connection: request after request until the client closes it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crc_fast::{CrcAlgorithm, Digest};
use rustls::{ServerConnection, StreamOwned};
use socket2::SockRef;

use super::answers::{self, Answer};
use super::faults::Fate;
use super::link::{Gauge, rate_at};
use super::store::Held;
use super::wire::{Chunks, Head, Incoming, unescaped};
use super::{Link, Shared};

/// Read at a time, where nothing else limits it.
const READ: usize = 256 << 10;
const CRC64: &str = "x-amz-checksum-crc64nvme";

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

pub(super) fn serve(socket: TcpStream, shared: &Shared) -> Result<()> {
    socket.set_nodelay(true)?;
    let handle = socket.try_clone()?;
    std::thread::sleep(shared.config.link.latency);
    let stream: Box<dyn Stream> = match &shared.tls {
        Some(tls) => Box::new(StreamOwned::new(ServerConnection::new(tls.clone())?, socket)),
        None => Box::new(socket),
    };
    let mut connection =
        Connection { stream, incoming: Incoming::new(READ), shared, gauge: Gauge::default(), reset: false };
    let outcome = connection.requests();
    if connection.reset {
        SockRef::from(&handle).set_linger(Some(Duration::ZERO))?;
    }
    outcome
}

struct Connection<'a> {
    stream: Box<dyn Stream>,
    incoming: Incoming,
    shared: &'a Shared,
    gauge: Gauge,
    /// It ends without a word.
    reset: bool,
}

/// A body as it arrived.
struct Body {
    size: u64,
    crc64: u64,
    /// The checksum that the client says it has.
    theirs: Option<String>,
}

impl Connection<'_> {
    fn requests(&mut self) -> Result<()> {
        while let Some(head) = self.incoming.head(&mut self.stream)? {
            self.shared.counts.requests.fetch_add(1, Ordering::Relaxed);
            if head.header("expect").is_some() {
                self.late();
                self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                self.stream.flush()?;
            }
            let answer = self.answer(&head)?;
            self.late();
            self.stream.write_all(&answer.bytes(head.method == "HEAD"))?;
            self.stream.flush()?;
            if head.header("connection").is_some_and(|how| how.eq_ignore_ascii_case("close")) {
                break;
            }
        }
        Ok(())
    }

    fn late(&self) {
        std::thread::sleep(self.shared.config.link.latency);
    }

    fn answer(&mut self, head: &Head) -> Result<Answer> {
        let key = unescaped(head.path.trim_start_matches('/'));
        let of_bucket = !key.trim_end_matches('/').contains('/');
        let (store, upload) = (&self.shared.store, head.parameter("uploadId"));
        Ok(match (head.method.as_str(), upload) {
            ("PUT", _) if of_bucket => {
                self.small(head)?;
                Answer::ok(String::new())
            }
            ("PUT", upload) => self.object(head, &key, upload.as_deref())?,
            ("POST", Some(id)) => {
                let list = String::from_utf8_lossy(&self.small(head)?).into_owned();
                let numbers: Vec<u32> = answers::values(&list, "PartNumber").filter_map(|n| n.parse().ok()).collect();
                match store.complete(&id, &numbers) {
                    Some(held) => Answer::ok(answers::completed(&key, &held)),
                    None => Answer::refused(404, "NoSuchUpload"),
                }
            }
            ("POST", None) if head.parameter("uploads").is_some() => {
                self.small(head)?;
                Answer::ok(answers::begun(&key, &store.begin(&key, metadata(head))))
            }
            ("DELETE", Some(id)) => {
                store.abort(&id);
                Answer::empty(204)
            }
            ("GET", Some(id)) => {
                let after = head.parameter("part-number-marker").and_then(|n| n.parse().ok()).unwrap_or(0);
                match store.parts_after(&id, after, 1_000) {
                    Some((page, more)) => Answer::ok(answers::parts(&key, &id, &page, more)),
                    None => Answer::refused(404, "NoSuchUpload"),
                }
            }
            ("HEAD", _) if of_bucket => Answer::empty(200),
            ("HEAD", _) => store.object(&key).map_or_else(|| Answer::empty(404), |held| Answer::of_object(&held)),
            ("GET", _) if head.parameter("location").is_some() => Answer::ok(answers::LOCATION.to_owned()),
            ("GET", _) if head.parameter("uploads").is_some() => Answer::ok(answers::NO_UPLOADS.to_owned()),
            ("GET", _) if of_bucket => Answer::ok(answers::NO_OBJECTS.to_owned()),
            _ => {
                self.small(head)?;
                Answer::refused(501, "NotImplemented")
            }
        })
    }

    /// An object or a part of one.
    fn object(&mut self, head: &Head, key: &str, upload: Option<&str>) -> Result<Answer> {
        let counts = &self.shared.counts;
        self.shared.begins();
        let fate = self.shared.dice.next(self.shared.config.faults);
        let body = self.body(head, fate);
        counts.active.fetch_sub(1, Ordering::Relaxed);
        let body = body?;
        if fate == Fate::Busy {
            counts.busy.fetch_add(1, Ordering::Relaxed);
            return Ok(Answer::refused(503, "SlowDown"));
        }
        let ours = BASE64_STANDARD.encode(body.crc64.to_be_bytes());
        if body.theirs.as_ref().is_some_and(|theirs| *theirs != ours) {
            counts.wrong_checksums.fetch_add(1, Ordering::Relaxed);
            return Ok(Answer::refused(400, "BadDigest"));
        }
        // Clients that send an MD5 compare it with the ETag; for the others it must not look like one.
        let md5 = head.header("content-md5").and_then(|text| BASE64_STANDARD.decode(text).ok());
        let etag = md5.map_or_else(
            || format!("{:032x}-1", body.crc64),
            |md5| md5.iter().map(|byte| format!("{byte:02x}")).collect(),
        );
        let mut answer = Answer::empty(200).with("ETag", &format!("\"{etag}\""));
        if body.theirs.is_some() {
            answer = answer.with(CRC64, &ours).with("x-amz-checksum-type", "FULL_OBJECT");
        }
        let held = Held { size: body.size, crc64: body.crc64, etag, metadata: metadata(head) };
        match upload {
            None => self.shared.store.put(key, held),
            Some(id) => {
                let number = head.parameter("partNumber").and_then(|n| n.parse().ok()).context("a part's number")?;
                if !self.shared.store.part(id, number, held) {
                    return Ok(Answer::refused(404, "NoSuchUpload"));
                }
            }
        }
        Ok(answer)
    }

    fn body(&mut self, head: &Head, fate: Fate) -> Result<Body> {
        let signed = head.header("x-amz-content-sha256").is_some_and(|kind| kind.starts_with("STREAMING-"));
        let mut chunks = signed.then(Chunks::default);
        let length: u64 = ["x-amz-decoded-content-length", "content-length"]
            .iter()
            .find_map(|name| head.header(name)?.parse().ok())
            .context("a body without a length")?;
        let ends_at = match fate {
            Fate::Reset(per_mille) => Some(length * per_mille / 1_000),
            Fate::Well | Fate::Busy => None,
        };
        let (mut digest, mut size) = (Digest::new(CrcAlgorithm::Crc64Nvme), 0);
        let (mut passed, mut reset) = (0, false);
        let (shared, gauge) = (self.shared, &self.gauge);
        let step = shared.config.link.step();
        let mut data = |piece: &[u8]| {
            digest.update(piece);
            size += piece.len() as u64;
            shared.came(piece.len() as u64);
            Ok(())
        };
        let outcome = self.incoming.body(&mut self.stream, head, step, &mut |piece| {
            slow(&shared.config.link, gauge, shared, piece.len());
            match &mut chunks {
                Some(chunks) => drop(chunks.push(piece, &mut data)?),
                None => data(piece)?,
            }
            passed += piece.len() as u64;
            if ends_at.is_some_and(|end| passed > end) {
                reset = true;
                bail!("reset");
            }
            Ok(())
        });
        if reset {
            self.reset = true;
            shared.counts.resets.fetch_add(1, Ordering::Relaxed);
        }
        outcome?;
        if size != length || chunks.as_ref().is_some_and(|chunks| !chunks.ended()) {
            bail!("a body of {size} bytes that says it has {length}");
        }
        let trailer = chunks.as_ref().and_then(|chunks| chunks.trailer(CRC64));
        let theirs = trailer.or_else(|| head.header(CRC64)).map(str::to_owned);
        Ok(Body { size, crc64: digest.finalize(), theirs })
    }

    /// A body that is no object: kept.
    fn small(&mut self, head: &Head) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        self.incoming.body(&mut self.stream, head, READ, &mut |piece| {
            all.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(all)
    }
}

fn slow(link: &Link, own: &Gauge, shared: &Shared, bytes: usize) {
    let each = link.each.map(|rate| own.book(bytes, rate));
    let rate = if link.all.is_empty() { None } else { rate_at(&link.all, shared.since_first()) };
    let all = rate.map(|rate| shared.all.book(bytes, rate));
    if let Some(through) = each.into_iter().chain(all).max() {
        std::thread::sleep(through.saturating_duration_since(std::time::Instant::now()));
    }
}

fn metadata(head: &Head) -> Vec<(String, String)> {
    let ours = head.headers().filter(|(name, _)| name.starts_with("x-amz-meta-"));
    ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
