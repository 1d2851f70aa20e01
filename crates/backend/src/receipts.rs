//! Section 4 of the contract: receipts of finished batches, kept as one JSON file each.
//!
//! A body of any length the contract allows goes to disk as it comes; memory holds a piece of it. A file is there whole
//! or not at all, and is never replaced: a receipt that comes again is answered from what is kept. Where several
//! backends run, they must share the folder.

use std::fmt;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use davit_core::session::{shape, wire};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::answers::{Answer, Pieces, Refusal, json};
use crate::people::Caller;
use crate::server::{self, State};

/// A folder that can be written to.
///
/// # Errors
/// A sentence.
pub(crate) fn prepare(folder: &Path) -> Result<(), String> {
    let tried = std::fs::create_dir_all(folder).and_then(|()| incoming(folder));
    tried.map(|_| ()).map_err(|error| format!("receipts: {} cannot be written to: {error}", folder.display()))
}

fn incoming(folder: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".incoming-").tempfile_in(folder)
}

pub(crate) async fn receive(Shared(app): Shared<Arc<State>>, headers: HeaderMap, body: Body) -> Answer {
    let caller = app.admit(&headers, "receipts", app.config().requests_a_minute).await?;
    let folder = app.config().receipts.clone().ok_or_else(server::nothing)?;
    let mut body = Pieces::of(body, u64::from(app.config().longest_receipt_mib) << 20);
    let head = head(&caller);
    let start = head.len() as u64;
    let mut file = blocking(move || {
        let mut file = incoming(&folder).map_err(|error| full(&error))?;
        file.write_all(head.as_bytes()).map_err(|error| full(&error))?;
        Ok(file)
    })
    .await?;
    while let Some(piece) = body.next().await? {
        file = blocking(move || file.write_all(&piece).map(|()| file).map_err(|error| full(&error))).await?;
    }
    blocking(move || keep(&app, &caller, file, start)).await
}

/// What stands before the receipt in its file; the server's word, not the client's.
fn head(caller: &Caller) -> String {
    let person = serde_json::Value::from(caller.id.as_str());
    let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    format!("{{\"person\":{person},\"received_at\":\"{now}\",\"receipt\":")
}

fn keep(app: &State, caller: &Caller, mut file: NamedTempFile, start: u64) -> Answer {
    let end = file.as_file_mut().seek(SeekFrom::End(0)).map_err(|e| full(&e))?;
    file.as_file_mut().seek(SeekFrom::Start(start)).map_err(|e| full(&e))?;
    let receipt: Looked = serde_json::from_reader(BufReader::new(file.as_file().take(end - start)))
        .map_err(|error| bad(&error.to_string()))?;
    let destination = app.destination(caller, &receipt.destination)?;
    let prefix = caller.prefix(destination);
    if receipt.uploaded.common.as_ref().is_some_and(|common| !common.starts_with(&prefix)) {
        return Err(bad("a key in `uploaded` is outside the person's prefix"));
    }
    let whole = OffsetDateTime::parse(&receipt.finished_at, &Rfc3339).is_ok();
    if !whole || shape::header(&receipt.client_version, 64).is_err() {
        return Err(bad("`finished_at` is not RFC 3339, or `client_version` is no version"));
    }

    file.as_file_mut().seek(SeekFrom::Start(end)).map_err(|e| full(&e))?;
    file.write_all(b"}\n").and_then(|()| file.as_file().sync_all()).map_err(|e| full(&e))?;
    let folder = file.path().parent().map(Path::to_path_buf).unwrap_or_default();
    // With the person's part, nobody's receipt can stand in another's place.
    let name = folder.join(format!("{}-{}.json", caller.opaque(), receipt.batch_id));
    let taken = wire::ReceiptTaken { batch_id: receipt.batch_id };
    match file.persist_noclobber(name) {
        Ok(_) => {
            let (uploaded, skipped, failed) = (receipt.uploaded.count, receipt.skipped.0, receipt.failed.0);
            tracing::info!(
                target: "audit", person = %caller.id, destination = %destination.id, batch = %receipt.batch_id,
                uploaded, skipped, failed, "receipt"
            );
            Ok(json(StatusCode::CREATED, &taken))
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(json(StatusCode::OK, &taken)),
        Err(error) => Err(full(&error.error)),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    let task = tokio::task::spawn_blocking(work).await;
    task.unwrap_or_else(|error| Err(full(&std::io::Error::other(error))))
}

fn full(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "a receipt cannot be kept");
    let title = "Receipts cannot be kept right now.";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "receipts-unavailable", title).after(60)
}

fn bad(why: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "bad-request", format!("No receipt: {}", shape::told(why)))
}

/// A receipt whose entries were looked at one by one, and not kept.
#[derive(Deserialize)]
struct Looked {
    batch_id: Uuid,
    destination: String,
    finished_at: String,
    client_version: String,
    #[serde(deserialize_with = "each")]
    uploaded: Keys,
    #[serde(deserialize_with = "each")]
    skipped: Count<wire::Skipped>,
    #[serde(deserialize_with = "each")]
    failed: Count<wire::Failed>,
}

/// What remains of a list.
trait Remains: Default {
    type Entry: DeserializeOwned;

    fn add(&mut self, entry: Self::Entry) -> Result<(), &'static str>;
}

/// How many were uploaded, and the beginning that all their keys share.
#[derive(Default)]
struct Keys {
    count: u64,
    common: Option<String>,
}

impl Remains for Keys {
    type Entry = wire::Uploaded;

    fn add(&mut self, entry: wire::Uploaded) -> Result<(), &'static str> {
        if OffsetDateTime::parse(&entry.mtime, &Rfc3339).is_err() {
            return Err("`mtime` is not RFC 3339");
        }
        // Eight bytes in base64.
        if entry.crc64nvme.len() != 12 || shape::header(&entry.crc64nvme, 12).is_err() {
            return Err("`crc64nvme` is not a checksum in base64");
        }
        self.count += 1;
        match &mut self.common {
            None => self.common = Some(entry.key),
            Some(common) => {
                let same = common.bytes().zip(entry.key.bytes()).take_while(|(a, b)| a == b).count();
                let same = (0..=same).rev().find(|at| common.is_char_boundary(*at)).unwrap_or(0);
                common.truncate(same);
            }
        }
        Ok(())
    }
}

/// How many.
struct Count<E>(u64, PhantomData<E>);

impl<E> Default for Count<E> {
    fn default() -> Self {
        Self(0, PhantomData)
    }
}

impl<E: DeserializeOwned> Remains for Count<E> {
    type Entry = E;

    fn add(&mut self, _: E) -> Result<(), &'static str> {
        self.0 += 1;
        Ok(())
    }
}

fn each<'de, D: Deserializer<'de>, R: Remains>(list: D) -> Result<R, D::Error> {
    struct List<R>(PhantomData<R>);

    impl<'de, R: Remains> Visitor<'de> for List<R> {
        type Value = R;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<R, A::Error> {
            let mut remains = R::default();
            while let Some(entry) = list.next_element()? {
                remains.add(entry).map_err(serde::de::Error::custom)?;
            }
            Ok(remains)
        }
    }

    list.deserialize_seq(List(PhantomData))
}
