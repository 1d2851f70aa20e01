//! Credentials from the company's backend, checked against the destination they were asked for.

use std::sync::Arc;

use aws_credential_types::Credentials;
use secrecy::SecretString;
use tokio::time::Instant;

use super::{Inner, checks};
use crate::credentials::{BoxFuture, CredentialSource, Lease, Scope};
use crate::error::{Error, ErrorCode, Result};
use crate::ids::DestinationId;
use crate::units::UnixTime;

/// What the road took is not lived in; but a backend that thinks for long does so before it gives credentials, so no
/// more than this part of a life is taken for road. Else a short lease would be over whenever it arrives.
const ROAD: u32 = 10;

#[derive(Debug)]
pub(super) struct BackendSource {
    session: Arc<Inner>,
    destination: DestinationId,
}

impl BackendSource {
    pub(super) fn new(session: Arc<Inner>, destination: DestinationId) -> Self {
        Self { session, destination }
    }

    async fn ask(&self) -> Result<Lease> {
        let asking = self.session.asking().await?;
        let asked = Instant::now();
        let ask = |token: Option<SecretString>| async move {
            self.session.backend.credentials(token.as_ref(), &self.destination.0).await
        };
        let (answer, received) = (self.session.ask(&asking, ask).await?, Instant::now());
        let body = answer.body;
        checks::credentials(&body)?;
        let broken = |why: &str| Error::new(ErrorCode::BackendContract).detail(why.to_owned());
        let missing = |field: &str| broken(&format!("missing field `{field}`"));
        let known = self.session.known(&self.destination);
        // The least answer names neither: the destination and the policy file do.
        let bucket = body.bucket.or_else(|| known.as_ref().map(|known| known.bucket.clone()));
        let bucket = bucket.ok_or_else(|| missing("bucket"))?;
        let prefix = body.key_prefix.or_else(|| self.session.backend.prefix_of(&self.destination.0));
        let prefix = prefix.ok_or_else(|| missing("key_prefix"))?;
        checks::prefix(&prefix)?;
        if let Some(known) = known
            && (known.bucket != bucket || known.region != body.region)
        {
            return Err(broken("the credentials reach another bucket than the destination names"));
        }
        let here = i64::try_from(UnixTime::now().0).unwrap_or(i64::MAX);
        let life = checks::life(body.expiration.as_deref(), answer.date, here)?;
        Ok(Lease {
            credentials: Credentials::new(
                body.access_key_id,
                body.secret_access_key,
                Some(body.session_token),
                None,
                "davit-backend",
            ),
            scope: Scope { bucket, prefix, region: body.region },
            received,
            deadline: Some(received + life - (received - asked).min(life / ROAD)),
            serial: 0,
        })
    }
}

impl CredentialSource for BackendSource {
    fn fetch(&self) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(self.ask())
    }
}
