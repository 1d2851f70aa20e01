//! HTTP/1.1 as far as S3's clients speak it: heads, and bodies in chunks, of HTTP's and of AWS's kind.

use std::io::Read;

use anyhow::{Context as _, Result, bail};

/// The longest head that is taken.
const HEAD: usize = 64 << 10;

/// A request's line and headers.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: String,
    /// The path, still escaped.
    pub(super) path: String,
    pub(super) query: String,
    headers: Vec<(String, String)>,
}

impl Head {
    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().context("a request line without a target")?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Ok(Self { method, path: path.to_owned(), query: query.to_owned(), headers: lines.filter_map(header).collect() })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter of the query; one without a value is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| unescaped(value))
    }
}

/// Without `%XX`.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let code = more.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            rest = &more[2..];
        } else {
            out.push(*first);
            rest = more;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Chunks with a size before each and trailers after the last: HTTP's, and AWS's within them.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    at: At,
    line: Vec<u8>,
    trailers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    Data(u64),
    AfterData,
    Trailers,
    End,
}

impl Chunks {
    /// Takes bytes up to the end at most, gives data on, and answers how many it took.
    pub(super) fn push(&mut self, bytes: &[u8], data: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() && self.at != At::End {
            if let At::Data(left) = self.at {
                let (now, later) = rest.split_at(usize::try_from(left).unwrap_or(usize::MAX).min(rest.len()));
                data(now)?;
                rest = later;
                let left = left - now.len() as u64;
                self.at = if left == 0 { At::AfterData } else { At::Data(left) };
                continue;
            }
            let (byte, later) = (rest[0], &rest[1..]);
            rest = later;
            match byte {
                b'\n' => self.line_ends()?,
                b'\r' => {}
                byte if self.line.len() < 4096 => self.line.push(byte),
                _ => bail!("a line in a chunked body that does not end"),
            }
        }
        Ok(bytes.len() - rest.len())
    }

    fn line_ends(&mut self) -> Result<()> {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        self.at = match self.at {
            At::Size => {
                let hex = line.split(';').next().unwrap_or_default();
                let size = u64::from_str_radix(hex.trim(), 16).with_context(|| format!("no chunk's size: {line}"))?;
                if size == 0 { At::Trailers } else { At::Data(size) }
            }
            At::AfterData if line.is_empty() => At::Size,
            At::AfterData => bail!("a chunk is longer than it says"),
            At::Trailers if line.is_empty() => At::End,
            at => {
                self.trailers.extend(line.split_once(':').map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())));
                at
            }
        };
        Ok(())
    }

    pub(super) fn ended(&self) -> bool {
        self.at == At::End
    }

    pub(super) fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a body is delimited.
#[derive(Debug)]
enum Framing {
    Length(u64),
    Chunked(Chunks),
}

/// A connection's bytes: what was read and not used yet.
#[derive(Debug)]
pub(super) struct Incoming {
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

impl Incoming {
    pub(super) fn new(size: usize) -> Self {
        Self { buffer: vec![0; size.max(HEAD)], from: 0, to: 0 }
    }

    /// Whether another request has begun to arrive.
    pub(super) fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// The next head; none when the other side is done.
    pub(super) fn head(&mut self, stream: &mut dyn Read) -> Result<Option<Head>> {
        let mut looked = self.from;
        loop {
            let start = looked.saturating_sub(3).max(self.from);
            if let Some(at) = self.buffer[start..self.to].windows(4).position(|four| four == b"\r\n\r\n") {
                let head = Head::parse(&String::from_utf8_lossy(&self.buffer[self.from..start + at]))?;
                self.from = start + at + 4;
                return Ok(Some(head));
            }
            looked = self.to;
            if self.from > 0 && self.to == self.buffer.len() {
                self.buffer.copy_within(self.from..self.to, 0);
                (looked, self.to, self.from) = (looked - self.from, self.to - self.from, 0);
            }
            if self.to == self.buffer.len() {
                bail!("a head that does not end");
            }
            if self.is_empty() {
                (looked, self.from, self.to) = (0, 0, 0);
            }
            match stream.read(&mut self.buffer[self.to..])? {
                0 if self.is_empty() => return Ok(None),
                0 => bail!("the connection ended in a head"),
                more => self.to += more,
            }
        }
    }

    /// The body of a request, piece by piece as it arrives, `step` bytes at most at a time.
    pub(super) fn body(
        &mut self,
        stream: &mut dyn Read,
        head: &Head,
        step: usize,
        pieces: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let chunked = head.header("transfer-encoding").is_some_and(|kind| kind.eq_ignore_ascii_case("chunked"));
        let length = head.header("content-length").map_or(Ok(0), str::parse).context("no length")?;
        let mut framing = if chunked { Framing::Chunked(Chunks::default()) } else { Framing::Length(length) };
        loop {
            let here = &self.buffer[self.from..self.to];
            let took = match &mut framing {
                Framing::Length(left) => {
                    let now = here.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= now as u64;
                    if now > 0 {
                        pieces(&here[..now])?;
                    }
                    now
                }
                Framing::Chunked(chunks) => chunks.push(here, pieces)?,
            };
            self.from += took;
            let over = match &framing {
                Framing::Length(left) => *left == 0,
                Framing::Chunked(chunks) => chunks.ended(),
            };
            if over {
                return Ok(());
            }
            (self.from, self.to) = (0, 0);
            let room = step.min(self.buffer.len());
            match stream.read(&mut self.buffer[..room])? {
                0 => bail!("the connection ended in a body"),
                more => self.to = more,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(chunks: &mut Chunks, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut keep = |piece: &[u8]| {
            out.extend_from_slice(piece);
            Ok(())
        };
        assert_eq!(chunks.push(bytes, &mut keep).expect("chunks"), bytes.len());
        out
    }

    #[test]
    fn chunks_are_read_whatever_they_are_cut_into() {
        let wire = b"5;chunk-signature=ab\r\nhello\r\n3\r\n\r\n!\r\n0\r\nx-amz-checksum-crc64nvme:AAAA\r\n\r\n";
        for size in 1..wire.len() {
            let mut chunks = Chunks::default();
            let got: Vec<u8> = wire.chunks(size).flat_map(|piece| data(&mut chunks, piece)).collect();
            assert_eq!(got, b"hello\r\n!", "{size}");
            assert!(chunks.ended());
            assert_eq!(chunks.trailer("x-amz-checksum-crc64nvme"), Some("AAAA"));
        }
    }

    #[test]
    fn a_chunk_that_is_longer_than_it_says_is_no_body() {
        assert!(Chunks::default().push(b"2\r\nabc\r\n", &mut |_| Ok(())).is_err());
    }

    #[test]
    fn two_requests_on_one_connection_are_told_apart() {
        let wire: &[u8] =
            b"PUT /b/a%20b?partNumber=2&uploads HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n";
        let (mut stream, mut incoming, mut body) = (wire, Incoming::new(0), Vec::new());
        let head = incoming.head(&mut stream).expect("reads").expect("a head");
        assert_eq!(unescaped(&head.path), "/b/a b");
        assert_eq!((head.parameter("partNumber"), head.parameter("uploads")), (Some("2".into()), Some(String::new())));
        let mut keep = |piece: &[u8]| {
            body.extend_from_slice(piece);
            Ok(())
        };
        incoming.body(&mut stream, &head, 2, &mut keep).expect("a body");
        assert_eq!(body, b"abc");
        assert_eq!(incoming.head(&mut stream).expect("reads").expect("a head").method, "GET");
        assert!(incoming.head(&mut stream).expect("reads").is_none());
    }
}
