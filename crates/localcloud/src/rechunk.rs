//! One aws-chunked chunk may be as long as a part. The protocol layer holds a chunk whole before it hands it on, so a
//! long one is cut into short ones on the way in: unsigned chunks say nothing about where they are cut.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;

use crate::front::Tap;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body with its chunks cut.
pub(crate) fn body(body: Tap) -> s3s::Body {
    let data = body.into_data_stream().map_err(Into::into).boxed();
    s3s::Body::http_body_unsync(StreamBody::new(rechunk(data).map_ok(Frame::data).boxed()))
}

/// Where in the framing we are.
enum At {
    /// In a chunk's first line.
    Line,
    /// In a chunk's data, this many bytes before its end.
    Data(u64),
    /// Past the last chunk: trailers.
    Rest,
}

/// Cuts long chunks of an unsigned aws-chunked body. What is not such a body passes as it is, to be refused later.
fn rechunk<S>(mut body: S) -> impl Stream<Item = Result<Bytes, BoxError>> + Send
where
    S: Stream<Item = Result<Bytes, BoxError>> + Send + Unpin + 'static,
{
    async_stream::try_stream! {
        let mut held = BytesMut::new();
        let mut at = At::Line;
        while let Some(bytes) = body.next().await {
            held.extend_from_slice(&bytes?);
            loop {
                match at {
                    At::Line => {
                        let Some(end) = held.windows(2).position(|pair| pair == b"\r\n") else { break };
                        let size = std::str::from_utf8(&held[..end]).ok().and_then(|hex| u64::from_str_radix(hex, 16).ok());
                        match size {
                            Some(size) if size > 0 => {
                                let _ = held.split_to(end + 2);
                                at = At::Data(size);
                            }
                            _ => at = At::Rest,
                        }
                    }
                    At::Data(0) => {
                        // The chunk's own line end; ours was written with each piece.
                        if held.len() < 2 {
                            break;
                        }
                        let _ = held.split_to(2);
                        at = At::Line;
                    }
                    At::Data(left) => {
                        if held.is_empty() {
                            break;
                        }
                        let take = usize::try_from(left).unwrap_or(usize::MAX).min(held.len());
                        let piece = held.split_to(take).freeze();
                        yield Bytes::from(format!("{take:x}\r\n"));
                        yield piece;
                        yield Bytes::from_static(b"\r\n");
                        at = At::Data(left - take as u64);
                    }
                    At::Rest => {
                        if !held.is_empty() {
                            yield held.split().freeze();
                        }
                        break;
                    }
                }
            }
        }
        if !held.is_empty() {
            yield held.freeze();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_chunk_becomes_short_ones_and_the_trailer_stays() {
        let wire: Vec<Result<Bytes, BoxError>> =
            ["a\r\nhel", "lo wor", "ld\r", "\n0\r\nx-amz-checksum-crc64nvme:AA==\r\n\r\n"]
                .map(|text| Ok(Bytes::from_static(text.as_bytes())))
                .into();
        // "hello world" is eleven letters: the chunk says ten, and the eleventh is found out as no line end.
        let out: Vec<_> = Box::pin(rechunk(futures::stream::iter(wire))).map(|b| b.expect("bytes")).collect().await;
        let text = String::from_utf8(out.concat()).expect("text");
        assert!(text.starts_with("3\r\nhel\r\n6\r\nlo wor\r\n1\r\nl\r\n"), "{text}");

        let wire: Vec<Result<Bytes, BoxError>> = vec![Ok(Bytes::from_static(b"b\r\nhello world\r\n0\r\nt:1\r\n\r\n"))];
        let out: Vec<_> = Box::pin(rechunk(futures::stream::iter(wire))).map(|b| b.expect("bytes")).collect().await;
        assert_eq!(out.concat(), b"b\r\nhello world\r\n0\r\nt:1\r\n\r\n");
    }
}
