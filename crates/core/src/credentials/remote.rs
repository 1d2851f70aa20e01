//! Whose a batch is: what began with one company, or in one place, never goes on with another.

use serde::{Deserialize, Serialize};
use url::Url;

/// The giver of a batch's credentials, and the store they are for. Journaled with the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// Who gives credentials.
    pub giver: Giver,
    /// The store in place of AWS, where there is one.
    pub store: Option<Url>,
}

impl Remote {
    /// Whether a company gives the credentials, and may be told what became of a batch.
    pub const fn is_company(&self) -> bool {
        matches!(self.giver, Giver::Company { .. })
    }

    /// Whether the company at this address gives the credentials, whatever the store.
    pub fn is_of(&self, company: &str) -> bool {
        matches!(&self.giver, Giver::Company { address } if address == company)
    }
}

/// Who gives credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Giver {
    /// A company, by its address.
    Company {
        /// As the session has it.
        address: String,
    },
    /// The default AWS chain, for the one place that a command named.
    Chain {
        /// The bucket.
        bucket: String,
        /// Empty, or ends in `/`.
        prefix: String,
    },
}
