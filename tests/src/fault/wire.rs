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
