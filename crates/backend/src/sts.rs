//! Asking STS: a role with session tags, or a federation token with an inline policy.

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::error::{DisplayErrorContext, SdkError};
use aws_sdk_sts::types::Tag;

use crate::config::{Destination, Sts};
use crate::people::Caller;
use crate::policy;

/// The session tag that the role's policy reaches by.
pub(crate) const TAG: &str = "davit-prefix";

/// Why STS gave nothing.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is busy or away.
    Busy,
    /// It says no; the backend's own set-up is wrong.
    Denied(String),
}

/// What STS gave.
pub(crate) struct Given {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expiration: i64,
}

#[derive(Debug)]
pub(crate) struct Asker {
    client: Client,
}

impl Asker {
    pub(crate) fn new(aws: &SdkConfig) -> Self {
        Self { client: Client::new(aws) }
    }

    pub(crate) async fn ask(&self, how: &Sts, caller: &Caller, to: &Destination) -> Result<Given, Refused> {
        let prefix = caller.prefix(to);
        let policy = policy::session(to, &prefix);
        let seconds = i32::try_from(how.seconds()).unwrap_or(i32::MAX);
        let credentials = match how {
            Sts::AssumeRole { role_arn, .. } => {
                let tag = Tag::builder().key(TAG).value(prefix.trim_end_matches('/')).build();
                let tag = tag.map_err(|error| Refused::Denied(error.to_string()))?;
                let asked = self.client.assume_role();
                let asked = asked.role_arn(role_arn).role_session_name(caller.session_name()).duration_seconds(seconds);
                let asked = asked.source_identity(caller.session_name()).tags(tag).policy(policy);
                asked.send().await.map_err(refused)?.credentials
            }
            Sts::FederationToken { .. } => {
                let mut name = caller.session_name();
                name.truncate(32);
                let asked = self.client.get_federation_token();
                let asked = asked.name(name).duration_seconds(seconds).policy(policy);
                asked.send().await.map_err(refused)?.credentials
            }
        };
        let given = credentials.ok_or_else(|| Refused::Denied("STS answered without credentials".to_owned()))?;
        Ok(Given {
            expiration: given.expiration.secs(),
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key,
            session_token: given.session_token,
        })
    }
}

fn refused<E, R>(error: SdkError<E, R>) -> Refused
where
    E: aws_sdk_sts::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    if let SdkError::ServiceError(said) = &error {
        let code = said.err().code().unwrap_or("unknown").to_owned();
        if matches!(code.as_str(), "Throttling" | "ThrottlingException" | "ServiceUnavailable" | "InternalFailure") {
            Refused::Busy
        } else {
            Refused::Denied(format!("{code}: {}", said.err().message().unwrap_or_default()))
        }
    } else {
        tracing::warn!(error = %DisplayErrorContext(&error), "STS did not answer");
        Refused::Busy
    }
}
