//! Before each operation: does the token fit, is it alive, is the region right, and does every policy allow it?

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use crate::identity::{Identities, Refused};
use crate::observe::Observer;

pub(crate) struct Access {
    pub(crate) identities: Arc<Identities>,
    pub(crate) observer: Arc<Observer>,
    pub(crate) loopback_is_secure: bool,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = cx.credentials() else {
            return Err(s3_error!(AccessDenied, "a signature is required"));
        };
        let key = credentials.access_key.clone();
        let token = cx.headers().get("x-amz-security-token").and_then(|token| token.to_str().ok()).map(str::to_owned);
        let token = token.or_else(|| {
            let query = cx.uri().query()?.as_bytes();
            let mut pairs = url::form_urlencoded::parse(query);
            pairs.find(|(name, _)| name == "X-Amz-Security-Token").map(|(_, token)| token.into_owned())
        });
        self.identities.caller(&key, token.as_deref()).map_err(refused)?;

        let secure = self.loopback_is_secure
            || cx.headers().get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
        let path = cx.s3_path();
        let (bucket, object) = match (path.as_object(), path.as_bucket()) {
            (Some((bucket, key)), _) => (bucket.to_owned(), Some(key.to_owned())),
            (None, Some(bucket)) => (bucket.to_owned(), None),
            (None, None) => (String::new(), None),
        };
        let resource = match &object {
            Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
            None => format!("arn:aws:s3:::{bucket}"),
        };
        let mut actions = vec![action(cx.s3_op().name())];
        if cx.headers().contains_key("x-amz-tagging") {
            actions.push("s3:PutObjectTagging");
        }
        for action in actions {
            if !self.identities.may(&key, action, &resource, secure) {
                self.observer.deny();
                return Err(s3_error!(AccessDenied, "no policy allows {} on {}", action, resource));
            }
        }
        if matches!(cx.s3_op().name(), "GetObject" | "HeadObject") {
            let may = self.identities.may(&key, "s3:ListBucket", &format!("arn:aws:s3:::{bucket}"), secure);
            cx.extensions_mut().insert(MayList(may));
        }
        Ok(())
    }
}

/// Whether the caller may list the bucket, and so learn that a key is not there.
#[derive(Clone, Copy)]
pub(crate) struct MayList(pub(crate) bool);

pub(crate) fn refused(why: Refused) -> s3s::S3Error {
    match why {
        Refused::Expired => {
            let mut error = s3_error!(ExpiredToken, "The provided token has expired.");
            error.set_status_code(http::StatusCode::BAD_REQUEST);
            error
        }
        Refused::WrongToken => {
            let mut error = s3_error!(InvalidToken, "The provided token is malformed or otherwise invalid.");
            error.set_status_code(http::StatusCode::BAD_REQUEST);
            error
        }
        Refused::Denied => s3_error!(AccessDenied),
    }
}

/// The permission an operation needs. Source: S3 user guide, "Required permissions for Amazon S3 API operations".
fn action(operation: &str) -> &'static str {
    match operation {
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "s3:PutObject",
        "AbortMultipartUpload" => "s3:AbortMultipartUpload",
        "ListParts" => "s3:ListMultipartUploadParts",
        "ListMultipartUploads" => "s3:ListBucketMultipartUploads",
        "GetObject" | "HeadObject" => "s3:GetObject",
        "DeleteObject" => "s3:DeleteObject",
        "ListObjectsV2" | "ListObjects" | "HeadBucket" => "s3:ListBucket",
        "CreateBucket" => "s3:CreateBucket",
        "GetBucketLocation" => "s3:GetBucketLocation",
        _ => "s3:NotServedHere",
    }
}
