//! Who calls: the root keys, and the sessions that STS gave out. Both survive a restart.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

use crate::policy::{Asked, Policy};
use crate::sessions::{Folder, Session, write_private};
use crate::{Config, StartError};

/// Long-lived keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keys {
    /// The key's id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
}

/// What a caller turned out to be.
pub(crate) enum Caller {
    Root,
    Session { arn: String },
}

/// Why a caller is not heard.
pub(crate) enum Refused {
    Expired,
    WrongToken,
    Denied,
}

pub(crate) struct Identities {
    root: Keys,
    sessions: Mutex<HashMap<String, Session>>,
    folder: Folder,
    roles: HashMap<String, Policy>,
    pub(crate) min_session: Duration,
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identities")
    }
}

/// The demo's role: what docs/administrators.md sets up in AWS.
const UPLOADER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
  "Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],
  "Resource":"arn:aws:s3:::*/${aws:PrincipalTag/davit-prefix}/*"}]}"#;

/// The demo's account.
pub(crate) const ACCOUNT: &str = "123456789012";

impl Identities {
    pub(crate) fn open(config: &Config) -> Result<Self, StartError> {
        let parse =
            |name: &str, text: &str| Policy::parse(text).map_err(|error| StartError::Policy(name.to_owned(), error));
        let mut roles = HashMap::from([("davit-uploader".to_owned(), parse("davit-uploader", UPLOADER)?)]);
        for (name, text) in &config.roles {
            roles.insert(name.clone(), parse(name, text)?);
        }
        let folder = Folder::within(&config.data);
        Ok(Self {
            root: root_keys(&config.data)?,
            sessions: Mutex::new(folder.open()?),
            folder,
            roles,
            min_session: Duration::from_secs(config.min_session_seconds),
        })
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn root(&self) -> &Keys {
        &self.root
    }

    pub(crate) fn role(&self, name: &str) -> Option<Policy> {
        self.roles.get(name).cloned()
    }

    pub(crate) fn open_session(
        &self,
        life: Duration,
        policies: Vec<Policy>,
        tags: BTreeMap<String, String>,
        arn: String,
    ) -> (Keys, String) {
        let keys = Keys { access_key_id: format!("ASIA{}", random(16).to_uppercase()), secret_access_key: random(40) };
        // As long as AWS' can be: clients must not assume a small header.
        let token = random(400);
        let session = Session::new(keys.clone(), token.clone(), life, policies, tags, arn);
        self.folder.keep(&session);
        self.sessions().insert(keys.access_key_id.clone(), session);
        (keys, token)
    }

    /// Keys and token of every session.
    pub(crate) fn given(&self) -> Vec<(Keys, String)> {
        self.sessions().values().map(|session| (session.keys.clone(), session.token.clone())).collect()
    }

    pub(crate) fn expire_all(&self) {
        for session in self.sessions().values_mut() {
            session.end();
            self.folder.keep(session);
        }
    }

    /// Who this is, if the token fits and has not ended.
    pub(crate) fn caller(&self, access_key: &str, token: Option<&str>) -> Result<Caller, Refused> {
        if access_key == self.root.access_key_id {
            return if token.is_none() { Ok(Caller::Root) } else { Err(Refused::WrongToken) };
        }
        let sessions = self.sessions();
        let session = sessions.get(access_key).ok_or(Refused::Denied)?;
        if token != Some(&session.token) {
            return Err(Refused::WrongToken);
        }
        if session.has_ended() {
            return Err(Refused::Expired);
        }
        Ok(Caller::Session { arn: session.arn.clone() })
    }

    /// Whether the caller may do it.
    pub(crate) fn may(&self, access_key: &str, action: &str, resource: &str, secure: bool) -> bool {
        if access_key == self.root.access_key_id {
            return true;
        }
        let sessions = self.sessions();
        let Some(session) = sessions.get(access_key) else { return false };
        let asked = Asked { action, resource, secure, tags: &session.tags };
        session.policies.iter().all(|policy| policy.allows(&asked))
    }
}

/// s3s asks for the secret behind a key id, to verify the signature.
pub(crate) struct Auth(pub(crate) std::sync::Arc<Identities>);

#[async_trait::async_trait]
impl S3Auth for Auth {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.0.root.access_key_id {
            return Ok(self.0.root.secret_access_key.clone().into());
        }
        match self.0.sessions().get(access_key) {
            Some(session) => Ok(session.keys.secret_access_key.clone().into()),
            None => Err(s3_error!(InvalidAccessKeyId, "no such key")),
        }
    }
}

fn root_keys(data: &Path) -> Result<Keys, StartError> {
    let file = data.join("keys.json");
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Ok(keys) = serde_json::from_str(&text)
    {
        return Ok(keys);
    }
    let keys = Keys { access_key_id: format!("AKIA{}", random(16).to_uppercase()), secret_access_key: random(40) };
    std::fs::create_dir_all(data)?;
    write_private(&file, &keys)?;
    Ok(keys)
}

/// Letters and digits nobody can guess.
pub(crate) fn random(len: usize) -> String {
    let mut bytes = vec![0; len.div_ceil(2)];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = uuid::Uuid::new_v4().as_bytes().repeat(len / 16 + 1);
    }
    let mut text = hex::encode(bytes);
    text.truncate(len);
    text
}
