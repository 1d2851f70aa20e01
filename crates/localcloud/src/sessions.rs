//! Temporary keys on disk, a file each, so that a restart takes them from nobody. Only their owner may read them.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::identity::Keys;
use crate::policy::Policy;

/// For so long a start still knows that a session was one, and calls it expired.
const REMEMBERED: time::Duration = time::Duration::days(1);

/// Temporary keys, and what they may do.
#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) keys: Keys,
    pub(crate) token: String,
    ends: OffsetDateTime,
    /// All must allow: the role's or user's policy, and the session's own.
    pub(crate) policies: Vec<Policy>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) arn: String,
}

impl Session {
    pub(crate) fn new(
        keys: Keys,
        token: String,
        life: Duration,
        policies: Vec<Policy>,
        tags: BTreeMap<String, String>,
        arn: String,
    ) -> Self {
        Self { keys, token, ends: OffsetDateTime::now_utc() + life, policies, tags, arn }
    }

    pub(crate) fn has_ended(&self) -> bool {
        OffsetDateTime::now_utc() >= self.ends
    }

    pub(crate) fn end(&mut self) {
        self.ends = OffsetDateTime::now_utc();
    }
}

/// Where they lie.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn within(data: &Path) -> Self {
        Self(data.join("sessions"))
    }

    /// Those of earlier starts, by key id. What ended long ago is removed.
    pub(crate) fn open(&self) -> io::Result<HashMap<String, Session>> {
        std::fs::create_dir_all(&self.0)?;
        let mut all = HashMap::new();
        for entry in std::fs::read_dir(&self.0)? {
            let path = entry?.path();
            let session = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Session>(&text).ok());
            match session {
                Some(session) if session.ends + REMEMBERED > OffsetDateTime::now_utc() => {
                    all.insert(session.keys.access_key_id.clone(), session);
                }
                _ => std::fs::remove_file(&path)?,
            }
        }
        Ok(all)
    }

    /// Keeps one. What cannot be kept holds until the end of this start.
    pub(crate) fn keep(&self, session: &Session) {
        let kept = write_private(&self.0.join(format!("{}.json", session.keys.access_key_id)), session);
        if let Err(error) = kept {
            tracing::warn!(%error, "a session will not outlast a restart");
        }
    }
}

/// Whole or not at all, for its owner alone.
pub(crate) fn write_private<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let partial = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&partial)?.write_all(&serde_json::to_vec(value).map_err(io::Error::other)?)?;
    std::fs::rename(partial, path)
}
