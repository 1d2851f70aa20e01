//! The contract's JSON, version 1, shared with the reference backend (docs/backend-api.md).
//!
//! snake_case; unknown fields are ignored; a missing required field is refused with its name. Types that hold secrets
//! have no `Debug`.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use uuid::Uuid;

pub use crate::settings::rules::Rules as Policy;

/// The version this program speaks.
pub const API_VERSION: u32 = 1;

/// Metadata of an object that tells its own upload from all others.
pub const TOKEN: &str = "davit-transfer";

/// `GET /.well-known/davit.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Discovery {
    /// 1.
    pub api_version: u32,
    /// Shown as the company.
    pub name: String,
    /// How to sign in.
    pub auth: Auth,
    /// Older clients are asked to update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_client_version: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<Support>,
    /// What it presets and locks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Whether receipts are wanted.
    #[serde(default)]
    pub receipts: bool,
    /// Whether it looks at objects for a client that may not.
    #[serde(default)]
    pub verify: bool,
}

/// How to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Auth {
    /// In the system's browser.
    Oidc {
        /// The issuer.
        issuer: String,
        /// Our id there.
        client_id: String,
        /// What to ask for.
        scopes: Vec<String>,
        /// What the backend is shown of what is granted.
        #[serde(default)]
        bearer: Bearer,
    },
    /// By a token that is pasted once.
    Token,
    /// Not at all; loopback only.
    None,
}

/// Which token of an issuer a backend checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// Where the issuer's access tokens are for the backend, and say so.
    #[default]
    AccessToken,
    /// Where they are for others' eyes alone: an ID token says who the person is, and that it is for us.
    IdToken,
}

/// Whom to ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Support {
    /// In words.
    pub words: String,
    /// Where.
    #[serde(default)]
    pub url: Option<String>,
}

/// One entry of `GET /v1/destinations`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Destination {
    /// Its id.
    pub id: String,
    /// Path-like words.
    pub label: String,
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The account that must own it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Whether Transfer Acceleration may be used.
    #[serde(default)]
    pub accelerate: bool,
    /// `fail`, `overwrite` or `suffix`.
    pub collision: super::Collision,
    /// What may be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<super::Rules>,
    /// Storage class of new objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Encryption of new objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sse: Option<Sse>,
    /// Tags of new objects.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What "Copy link" gives; `{key}` stands for the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_template: Option<String>,
}

/// Encryption at rest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sse {
    /// S3's own keys.
    S3,
    /// The company's.
    Kms {
        /// ARN or alias.
        key_id: String,
    },
}

/// The body of `POST /v1/credentials`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialsRequest {
    /// The destination's id.
    pub destination: String,
}

/// The answer to it. The last four may be missing in the least answer.
#[derive(Serialize, Deserialize)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session's token.
    pub session_token: String,
    /// The bucket's region.
    pub region: String,
    /// The bucket.
    #[serde(default)]
    pub bucket: Option<String>,
    /// Ends in `/`; every key begins with it.
    #[serde(default)]
    pub key_prefix: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub expiration: Option<String>,
}

/// The body of `POST /v1/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifyRequest {
    /// The destination's id.
    pub destination: String,
    /// The whole key, prefix and all.
    pub key: String,
}

/// The answer to it: what lies at the key. Size and `ETag` are there when an object was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Whether an object lies there.
    pub found: bool,
    /// In bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// As S3 tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// CRC64NVME of the whole object in base64, where S3 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum_crc64nvme: Option<String>,
    /// When it was stored, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The object's `davit-transfer` metadata, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// An RFC 9457 problem document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Problem {
    /// For people.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// Stable, for programs.
    #[serde(default)]
    pub code: String,
    /// For people who debug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The body of `POST /v1/receipts`: what became of every path of a finished batch. The three lists add up to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The batch; a receipt with the same id is the same receipt.
    pub batch_id: Uuid,
    /// The destination's id.
    pub destination: String,
    /// RFC 3339.
    pub finished_at: String,
    /// Who wrote it.
    pub client_version: String,
    /// What is in the bucket now.
    pub uploaded: Vec<Uploaded>,
    /// What a rule passed over.
    pub skipped: Vec<Skipped>,
    /// What did not arrive.
    pub failed: Vec<Failed>,
}

impl Receipt {
    /// A table for spreadsheets: one line a path, what became of it first. A cell that a spreadsheet could take for a
    /// formula stands behind a `'`, and so does one that begins with it: what a reader takes away is what was written.
    ///
    /// Source: OWASP, "CSV Injection".
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, to: impl std::io::Write) -> Result<(), csv::Error> {
        let mut table = csv::Writer::from_writer(to);
        table.write_record([
            "outcome",
            "path",
            "key",
            "size",
            "mtime",
            "crc64nvme",
            "etag",
            "version_id",
            "rule",
            "code",
        ])?;
        let mut row = |cells: [&str; 10]| {
            let cell = |(column, cell)| if OURS.contains(&column) { Cow::Borrowed(cell) } else { harmless(cell) };
            let cells: Vec<_> = cells.into_iter().enumerate().map(cell).collect();
            table.write_record(cells.iter().map(|cell| cell.as_bytes()))
        };
        for Uploaded { path, key, size, mtime, crc64nvme, etag, version_id } in &self.uploaded {
            let (size, version) = (size.to_string(), version_id.as_deref().unwrap_or_default());
            row(["uploaded", path, key, &size, mtime, crc64nvme, etag, version, "", ""])?;
        }
        for Skipped { path, rule } in &self.skipped {
            row(["skipped", path, "", "", "", "", "", "", rule, ""])?;
        }
        for Failed { path, code } in &self.failed {
            row(["failed", path, "", "", "", "", "", "", "", code])?;
        }
        table.flush().map_err(Into::into)
    }
}

/// Columns that nobody else words: what, size, mtime, crc64nvme, code. A checksum may begin with "+"; it ends with "=", as
/// no formula does.
const OURS: [usize; 5] = [0, 3, 4, 5, 9];

/// A cell of a table that no spreadsheet takes for a formula.
pub(crate) fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// A file that is in the bucket now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// Its path in the batch.
    pub path: String,
    /// The whole key, prefix and all.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// When the file was last changed, RFC 3339.
    pub mtime: String,
    /// CRC64NVME of the whole object in base64, as S3 tells it.
    pub crc64nvme: String,
    /// As S3 tells it.
    pub etag: String,
    /// In a bucket with versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A path that a rule passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path in the batch.
    pub path: String,
    /// The rule.
    pub rule: String,
}

/// A path that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Its path in the batch.
    pub path: String,
    /// The stable code of the error.
    pub code: String,
}

/// The answer to a receipt, the first time (201) and every time after (200).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptTaken {
    /// The batch.
    pub batch_id: Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_a_table_is_a_formula_and_every_cell_can_be_read_back() {
        let paths = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "'=1+1", "'x", "plain", "a=b", ""];
        let skipped = paths.map(|path| Skipped { path: path.to_owned(), rule: "junk".to_owned() }).to_vec();
        let receipt = Receipt {
            batch_id: Uuid::nil(),
            destination: "rushes".to_owned(),
            finished_at: String::new(),
            client_version: String::new(),
            uploaded: Vec::new(),
            skipped,
            failed: Vec::new(),
        };
        let mut table = Vec::new();
        receipt.write_csv(&mut table).expect("written");
        let rows: Vec<csv::StringRecord> =
            csv::Reader::from_reader(&*table).records().map(|row| row.expect("a row")).collect();
        for (row, path) in rows.iter().zip(paths) {
            assert!(!row[1].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", &row[1]);
            assert_eq!(row[1].strip_prefix('\'').unwrap_or(&row[1]), path);
        }
        assert_eq!(rows.len(), paths.len());
        let exact = serde_json::to_value(&receipt).expect("JSON");
        assert_eq!(exact["skipped"][0]["path"], "=1+1");
    }

    /// What is ours is no formula: no name, no sum with its "=" at the end.
    #[test]
    fn checksums_stand_in_a_table_as_they_are() {
        let text = |text: &str| text.to_owned();
        let file = Uploaded {
            path: text("+1.mov"),
            key: text("-1.mov"),
            size: 1,
            mtime: text("2027-01-15T08:00:00Z"),
            crc64nvme: text("+3FCKdZ0G2g="),
            etag: text("=1"),
            version_id: Some(text("-v")),
        };
        let receipt = Receipt {
            batch_id: Uuid::nil(),
            destination: text("rushes"),
            finished_at: String::new(),
            client_version: String::new(),
            uploaded: vec![file],
            skipped: Vec::new(),
            failed: Vec::new(),
        };
        let mut table = Vec::new();
        receipt.write_csv(&mut table).expect("written");
        let table = String::from_utf8(table).expect("text");
        let row = table.lines().nth(1).expect("a row");
        assert_eq!(row, "uploaded,'+1.mov,'-1.mov,1,2027-01-15T08:00:00Z,+3FCKdZ0G2g=,'=1,'-v,,");
    }
}
