//! Where and how objects are written.

use aws_sdk_s3::types::ServerSideEncryption;
use serde::{Deserialize, Serialize};
use url::Url;

use super::ways::WayKind;
use crate::credentials::Scope;
use crate::error::Result;
use crate::session::address;

/// The way to the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// AWS, in the bucket's region.
    Regional,
    /// AWS, through Transfer Acceleration or in the bucket's region, as is better.
    Accelerate,
    /// Another store.
    Custom {
        /// Its address.
        url: Url,
        /// Whether the bucket stands in the path.
        path_style: bool,
        /// Another address of the same store, in the place of Transfer Acceleration.
        accelerated: Option<Url>,
    },
}

impl Endpoint {
    /// Another store than AWS, approved by policy or by whoever typed it.
    ///
    /// # Errors
    /// `address-insecure` for plain http elsewhere than on loopback, `bad-input` for what is no web address.
    pub fn custom(url: Url, path_style: bool) -> Result<Self> {
        address::check(&url)?;
        Ok(Self::Custom { url, path_style, accelerated: None })
    }

    /// Every way that it is, each an endpoint of its own.
    pub(super) fn ways(&self) -> Vec<(WayKind, Self)> {
        use WayKind::{Accelerated, Direct};
        match self {
            Self::Regional => vec![(Direct, Self::Regional)],
            Self::Accelerate => vec![(Accelerated, Self::Accelerate), (Direct, Self::Regional)],
            Self::Custom { url, path_style, accelerated } => {
                let at = |url: &Url| Self::Custom { url: url.clone(), path_style: *path_style, accelerated: None };
                let both = accelerated.iter().map(|other| (Accelerated, at(other)));
                both.chain([(Direct, at(url))]).collect()
            }
        }
    }

    /// What ways there are, the one for whoever has no choice first.
    pub(crate) fn kinds(&self) -> Vec<WayKind> {
        self.ways().into_iter().map(|(kind, _)| kind).collect()
    }

    /// The same where Transfer Acceleration may not be used.
    pub(crate) fn without_acceleration(self) -> Self {
        match self {
            Self::Accelerate => Self::Regional,
            Self::Custom { url, path_style, .. } => Self::Custom { url, path_style, accelerated: None },
            Self::Regional => Self::Regional,
        }
    }
}

/// Encryption at rest, as the destination wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Sse {
    /// S3's own keys.
    S3,
    /// A key of the company's.
    Kms {
        /// Its ARN or alias.
        key_id: String,
    },
}

/// Where and how objects are written.
#[derive(Clone, Debug)]
pub struct Place {
    /// Bucket, prefix, region.
    pub scope: Scope,
    /// The way.
    pub endpoint: Endpoint,
    /// The account that must own the bucket.
    pub account_id: Option<String>,
    /// Storage class of new objects.
    pub storage_class: Option<String>,
    /// Encryption of new objects.
    pub sse: Option<Sse>,
    /// Tags of new objects.
    pub tags: Vec<(String, String)>,
}

/// Tags as the header has them; nothing where there are none.
pub(super) fn tagging(tags: &[(String, String)]) -> Option<String> {
    let pairs = tags.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    (!tags.is_empty()).then(|| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// The kind of encryption, and its key where it has one.
pub(super) fn encryption(sse: &Sse) -> (ServerSideEncryption, Option<String>) {
    match sse {
        Sse::S3 => (ServerSideEncryption::Aes256, None),
        Sse::Kms { key_id } => (ServerSideEncryption::AwsKms, Some(key_id.clone())),
    }
}
