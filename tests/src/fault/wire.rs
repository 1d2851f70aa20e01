//! Messages on a connection: a head, and a body of known length.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A message's head, and how long its body is.
pub(super) async fn head(stream: &mut TcpStream, held: &mut Vec<u8>) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    loop {
        if let Some(end) = held.windows(4).position(|w| w == b"\r\n\r\n") {
            let rest = held.split_off(end + 4);
            let head = std::mem::replace(held, rest);
            let text = String::from_utf8_lossy(&head).to_lowercase();
            let len = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if text.contains("expect: 100-continue") {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            return Ok(Some((head, len.unwrap_or(0))));
        }
        let mut buffer = [0; 16 << 10];
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            n => held.extend_from_slice(&buffer[..n]),
        }
    }
}

pub(super) async fn copy(
    from: &mut TcpStream,
    to: &mut TcpStream,
    held: &mut Vec<u8>,
    len: u64,
) -> std::io::Result<()> {
    let mut left = len;
    while left > 0 {
        if held.is_empty() {
            held.resize(usize::try_from(left).unwrap_or(usize::MAX).min(256 << 10), 0);
            let n = from.read(held).await?;
            held.truncate(n);
            if n == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(held.len());
        to.write_all(&held[..now]).await?;
        held.drain(..now);
        left -= now as u64;
    }
    Ok(())
}

pub(super) async fn discard(from: &mut TcpStream, held: &mut Vec<u8>, len: u64) -> std::io::Result<()> {
    let mut left = len;
    while left > 0 {
        if held.is_empty() {
            held.resize(256 << 10, 0);
            let n = from.read(held).await?;
            held.truncate(n);
            if n == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(held.len());
        held.drain(..now);
        left -= now as u64;
    }
    Ok(())
}

/// A piece of a body whose length nobody said.
pub(super) async fn chunk(to: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    to.write_all(&[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()).await
}

/// The next byte from a stream becomes another.
pub(super) async fn flip(from: &mut TcpStream, held: &mut Vec<u8>) -> std::io::Result<()> {
    while held.is_empty() {
        let mut buffer = vec![0; 16 << 10];
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        held.extend_from_slice(&buffer[..n]);
    }
    held[0] ^= 1;
    Ok(())
}

/// A whole body.
pub(super) async fn whole(from: &mut TcpStream, held: &mut Vec<u8>, len: u64) -> std::io::Result<Vec<u8>> {
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    while held.len() < len {
        let mut buffer = [0; 16 << 10];
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        held.extend_from_slice(&buffer[..n]);
    }
    Ok(held.drain(..len).collect())
}

/// An answer's head with another date.
pub(super) fn dated(head: &[u8], date: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let lines = text.trim_end().split("\r\n").filter(|line| !line.to_lowercase().starts_with("date:"));
    format!("{}\r\ndate: {date}\r\n\r\n", lines.collect::<Vec<_>>().join("\r\n")).into_bytes()
}

/// An answer with another CRC64NVME in its head or body.
pub(super) fn other_sum(mut answer: Vec<u8>) -> Vec<u8> {
    for name in ["x-amz-checksum-crc64nvme: ", "<ChecksumCRC64NVME>"] {
        if let Some(first) = place_of(&answer, name).map(|at| at + name.len()) {
            answer[first] = if answer[first] == b'A' { b'B' } else { b'A' };
        }
    }
    answer
}

/// An answer without one: what had its name has another.
pub(super) fn no_sum(mut answer: Vec<u8>) -> Vec<u8> {
    for name in ["x-amz-checksum-crc64nvme: ", "<ChecksumCRC64NVME>", "</ChecksumCRC64NVME>"] {
        if let Some(at) = place_of(&answer, name) {
            let in_its_name = at + name.find(['c', 'C']).unwrap_or_default();
            answer[in_its_name] = b'Q';
        }
    }
    answer
}

fn place_of(answer: &[u8], name: &str) -> Option<usize> {
    answer.windows(name.len()).position(|at| at.eq_ignore_ascii_case(name.as_bytes()))
}
