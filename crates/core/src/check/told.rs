//! What is told of a check, one line each. Facts and codes: whoever shows them has the words.

use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{Error, ErrorCode};
use crate::file::{Readers, write_whole};
use crate::net::ProxyFrom;
use crate::units::{ByteRate, UnixTime};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Whether names are known on this network.
    Names,
    /// Which proxy is taken.
    Proxy,
    /// Who issued the certificate of what answers.
    Certificate,
    /// Whether the company answers.
    Company,
    /// Whether it takes the sign-in.
    SignIn,
    /// Whether the storage takes a test file.
    Storage,
    /// What one connection carries by Transfer Acceleration, and straight.
    Ways,
    /// Whether this computer's clock is right.
    Clock,
}

impl Step {
    /// All of them, in the order in which each needs those before it.
    pub const ALL: [Self; 8] = [
        Self::Names,
        Self::Proxy,
        Self::Certificate,
        Self::Company,
        Self::SignIn,
        Self::Storage,
        Self::Ways,
        Self::Clock,
    ];
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// Uploads go, and somebody should look at it.
    Attention,
    /// Uploads do not go.
    Wrong,
    /// It could not be looked at.
    Skipped,
}

/// Why something was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Skipped {
    /// No company is known.
    NoCompany,
    /// It is on this computer, where nobody needs it.
    OnThisComputer,
    /// Nobody is signed in.
    NotSignedIn,
    /// The person may upload nowhere.
    NoDestination,
    /// Nobody says what time it is.
    NobodyTells,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Found {
    /// This name is known.
    Named {
        /// A host.
        host: String,
    },
    /// No proxy is taken.
    Straight,
    /// This proxy is taken.
    Proxy {
        /// Host and port.
        proxy: String,
        /// Who says so.
        from: ProxyFrom,
    },
    /// The certificate is trusted.
    Issuer {
        /// Who issued it.
        issuer: String,
    },
    /// It answers.
    Answers {
        /// After so many milliseconds.
        ms: u32,
    },
    /// The sign-in is taken.
    SignedIn {
        /// The person may upload to so many places.
        places: u32,
    },
    /// A test file was sent and removed.
    Sent {
        /// What the connection carried.
        rate: ByteRate,
    },
    /// What one connection carries by each way; none where it does not get through.
    Ways {
        /// By Transfer Acceleration.
        accelerated: Option<ByteRate>,
        /// How many milliseconds that takes to answer.
        accelerated_ms: Option<u32>,
        /// Straight to the region.
        direct: Option<ByteRate>,
        /// How many milliseconds that takes to answer.
        direct_ms: Option<u32>,
    },
    /// How far the clock is ahead, in seconds; behind, where that is negative.
    Clock {
        /// Seconds.
        ahead: i32,
    },
    /// What is wrong.
    Problem {
        /// The stable code.
        code: ErrorCode,
        /// Who issued the certificate, where it is that.
        issuer: Option<String>,
    },
    /// It was not looked at.
    Skipped {
        /// Why.
        why: Skipped,
    },
}

/// One line of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(rename = "CheckLine")]
pub struct Line {
    /// What was looked at.
    pub step: Step,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: Found,
    /// For people who debug: no secrets.
    pub detail: String,
}

impl Line {
    pub(super) fn new(step: Step, verdict: Verdict, found: Found) -> Self {
        Self { step, verdict, found, detail: String::new() }
    }

    pub(super) fn fine(step: Step, found: Found) -> Self {
        Self::new(step, Verdict::Fine, found)
    }

    pub(super) fn skipped(step: Step, why: Skipped) -> Self {
        Self::new(step, Verdict::Skipped, Found::Skipped { why })
    }

    pub(super) fn wrong(step: Step, error: &Error) -> Self {
        let found = Found::Problem { code: error.code, issuer: None };
        Self { detail: error.to_string(), ..Self::new(step, Verdict::Wrong, found) }
    }
}

/// What the last check found. Kept in the home; it may be lost or damaged at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// When it ended.
    pub at: UnixTime,
    /// Everything that was looked at.
    pub lines: Vec<Line>,
}

impl Checked {
    const FILE: &str = "check.json";

    /// The last one of a home, where there was one.
    pub fn of(home: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(home.join(Self::FILE)).ok()?).ok()
    }

    /// Of the last one of a home nothing is left.
    pub(crate) fn forget(home: &Path) {
        match std::fs::remove_file(home.join(Self::FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "what the last check found is kept still");
            }
            _ => {}
        }
    }

    pub(crate) fn keep(&self, home: &Path) {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        if let Err(error) = write_whole(&home.join(Self::FILE), Readers::Owner, |into| into.write_all(&text)) {
            tracing::debug!(%error, "what a check found was not kept");
        }
    }
}
