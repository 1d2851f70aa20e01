//! The limit: what sending a file costs when nothing else is done. Blocking sockets, reads by position into one buffer a
//! connection, hand-made HTTP, no signature; by choice CRC64NVME in an aws-chunked trailer, as Davit sends it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crc_fast::{CrcAlgorithm, Digest};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::sink::tls;

/// Read and sent at a time.
const BUFFER: usize = 256 << 10;
/// As Davit's.
const PART: u64 = 8 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Limit {
    /// Files, or a folder of them.
    paths: Vec<PathBuf>,
    /// `http://HOST:PORT/BUCKET/PREFIX`, or https.
    #[arg(long)]
    to: String,
    /// Whom to trust.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// With a checksum in the trailer.
    #[arg(long)]
    crc64: bool,
    /// How many at a time.
    #[arg(long, default_value_t = 8)]
    connections: usize,
}

pub(crate) fn run(limit: &Limit) -> Result<()> {
    let mut files = Vec::new();
    for path in &limit.paths {
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                files.push(entry?.path());
            }
        } else {
            files.push(path.clone());
        }
    }
    match files.as_slice() {
        [one] if std::fs::metadata(one)?.len() > PART => parts(limit, one),
        many => whole(limit, many),
    }
}

/// One connection a thread, each taking the next piece of work until none is left.
fn each(limit: &Limit, pieces: usize, work: impl Fn(&mut Connection, usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let one = || -> Result<()> {
        let mut connection = Connection::open(limit)?;
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return Ok(());
            }
            work(&mut connection, piece)?;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..limit.connections.min(pieces)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| bail!("a thread panicked")))
    })
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn whole(limit: &Limit, files: &[PathBuf]) -> Result<()> {
    each(limit, files.len(), |connection, n| {
        let file = File::open(&files[n])?;
        let size = file.metadata()?.len();
        connection.send(&name(&files[n]), "", &file, 0, size).map(drop)
    })
}

fn parts(limit: &Limit, path: &Path) -> Result<()> {
    let (file, name) = (File::open(path)?, name(path));
    let size = file.metadata()?.len();
    let mut control = Connection::open(limit)?;
    let begun = control.ask("POST", &name, "?uploads", "")?;
    let id = begun.split("<UploadId>").nth(1).and_then(|rest| rest.split('<').next()).context("no upload id")?;
    let count = usize::try_from(size.div_ceil(PART))?;
    let etags = Mutex::new(vec![String::new(); count]);
    each(limit, count, |connection, n| {
        let offset = n as u64 * PART;
        let query = format!("?partNumber={}&uploadId={id}", n + 1);
        let etag = connection.send(&name, &query, &file, offset, PART.min(size - offset))?;
        etags.lock().map_err(|_| anyhow::anyhow!("a thread panicked"))?[n] = etag;
        Ok(())
    })?;
    let etags = etags.into_inner().map_err(|_| anyhow::anyhow!("a thread panicked"))?;
    let part = |(n, etag)| format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", n + 1);
    let list: String = etags.iter().enumerate().map(part).collect();
    let list = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    control.ask("POST", &name, &format!("?uploadId={id}"), &list).map(drop)
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    host: String,
    prefix: String,
    buffer: Vec<u8>,
    crc64: bool,
}

impl Connection {
    fn open(limit: &Limit) -> Result<Self> {
        let (scheme, rest) = limit.to.split_once("://").context("no scheme")?;
        let (host, prefix) = rest.split_once('/').context("no bucket")?;
        let socket = TcpStream::connect(host)?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Stream> = if scheme == "https" {
            let config = tls::client(limit.ca.as_deref().context("https wants a CA")?)?;
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
            Box::new(StreamOwned::new(ClientConnection::new(config, ServerName::try_from(name)?)?, socket))
        } else {
            Box::new(socket)
        };
        let stream = BufReader::with_capacity(4 << 10, stream);
        let (host, prefix) = (host.to_owned(), prefix.trim_end_matches('/').to_owned());
        Ok(Self { stream, host, prefix, buffer: vec![0; BUFFER], crc64: limit.crc64 })
    }

    fn head(&self, method: &str, name: &str, query: &str, headers: &str, length: u64) -> String {
        let (prefix, host) = (&self.prefix, &self.host);
        let line = format!("{method} /{prefix}/{name}{query} HTTP/1.1\r\nHost: {host}\r\n");
        format!("{line}{headers}Content-Length: {length}\r\n\r\n")
    }

    /// Sends a range of a file; answers its `ETag`.
    fn send(&mut self, name: &str, query: &str, file: &File, offset: u64, len: u64) -> Result<String> {
        const TRAILER: &str = "x-amz-checksum-crc64nvme";
        let (before, headers, more) = if self.crc64 {
            let before = format!("{len:x}\r\n");
            let headers = format!(
                "Content-Encoding: aws-chunked\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n\
                 x-amz-trailer: {TRAILER}\r\nx-amz-decoded-content-length: {len}\r\n"
            );
            let more = before.len() + 5 + TRAILER.len() + 1 + 12 + 4;
            (before, headers, more as u64)
        } else {
            (String::new(), "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n".to_owned(), 0)
        };
        let head = self.head("PUT", name, query, &headers, len + more) + &before;
        let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        // The head goes with the first bytes, and the trailer with the last: one write for a small file.
        self.buffer[..head.len()].copy_from_slice(head.as_bytes());
        let (mut used, mut at, end) = (head.len(), offset, offset + len);
        while at < end {
            let room = (self.buffer.len() - used).min(usize::try_from(end - at).unwrap_or(usize::MAX));
            let piece = &mut self.buffer[used..used + room];
            file.read_exact_at(piece, at)?;
            if self.crc64 {
                digest.update(piece);
            }
            (used, at) = (used + room, at + room as u64);
            if at < end {
                self.stream.get_mut().write_all(&self.buffer[..used])?;
                used = 0;
            }
        }
        if self.crc64 {
            let trailer =
                format!("\r\n0\r\n{TRAILER}:{}\r\n\r\n", BASE64_STANDARD.encode(digest.finalize().to_be_bytes()));
            if used + trailer.len() > self.buffer.len() {
                self.stream.get_mut().write_all(&self.buffer[..used])?;
                used = 0;
            }
            self.buffer[used..used + trailer.len()].copy_from_slice(trailer.as_bytes());
            used += trailer.len();
        }
        self.stream.get_mut().write_all(&self.buffer[..used])?;
        self.stream.get_mut().flush()?;
        Ok(self.answer()?.0)
    }

    fn ask(&mut self, method: &str, name: &str, query: &str, body: &str) -> Result<String> {
        let head = self.head(method, name, query, "", body.len() as u64);
        self.stream.get_mut().write_all((head + body).as_bytes())?;
        self.stream.get_mut().flush()?;
        Ok(self.answer()?.1)
    }

    /// The `ETag` and the body of an answer; no answer but a 200 is expected.
    fn answer(&mut self) -> Result<(String, String)> {
        let (mut line, mut status, mut etag, mut length) = (String::new(), String::new(), String::new(), 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let text = line.trim_end();
            if status.is_empty() {
                text.clone_into(&mut status);
            } else if text.is_empty() {
                break;
            } else if let Some((name, value)) = text.split_once(": ") {
                match name {
                    "ETag" => value.clone_into(&mut etag),
                    "Content-Length" => length = value.parse()?,
                    _ => {}
                }
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if !status.contains(" 200 ") {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok((etag, String::from_utf8_lossy(&body).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::inputs::Input;
    use crate::sink::{Config, Faults, Link, Report, Sink};

    /// What the sink saw, and whether it holds what was sent.
    fn sent(input: Input, crc64: bool, tls: bool, faults: Option<Faults>) -> (Result<()>, Report) {
        let folder = tempfile::tempdir().expect("a folder");
        let source = input.make(folder.path()).expect("an input");
        let ca = tls.then(|| folder.path().join("ca.pem"));
        let config = Config { link: Link::default(), faults, ca: ca.clone(), ..Config::default() };
        let sink = Sink::start(config, Arc::default()).expect("a sink");
        let to = format!("{}/media/in", sink.url());
        let outcome = run(&Limit { paths: vec![source.path.clone()], to, ca, crc64, connections: 3 });
        let proof = outcome.and_then(|()| source.prove(&sink.store().objects()));
        (proof, sink.report())
    }

    #[test]
    fn what_was_sent_is_what_the_sink_holds() {
        for (crc64, tls) in [(false, false), (true, false), (false, true), (true, true)] {
            for input in [Input::Noise((20 << 20) + 7), Input::Sparse(9 << 20), Input::Many(40, 70_001)] {
                let (proof, seen) = sent(input, crc64, tls, None);
                proof.unwrap_or_else(|error| panic!("{input:?} {crc64} {tls}: {error:#}"));
                assert_eq!((seen.bytes, seen.wrong_checksums), (input.bytes(), 0));
                assert!((1..=4).contains(&seen.connections), "{}", seen.connections);
            }
        }
    }

    #[test]
    fn a_fault_is_no_proof() {
        let busy = Faults { seed: 1, busy_per_mille: 1_000, reset_per_mille: 0 };
        let reset = Faults { seed: 1, busy_per_mille: 0, reset_per_mille: 1_000 };
        for (faults, says) in [(busy, "SlowDown"), (reset, "")] {
            let (proof, seen) = sent(Input::Noise(9 << 20), true, false, Some(faults));
            let error = proof.expect_err("nothing arrived");
            assert!(format!("{error:#}").contains(says), "{error:#}");
            assert!(seen.busy + seen.resets > 0);
        }
    }
}
