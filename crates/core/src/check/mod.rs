//! Whether everything is right that an upload needs: names, proxy, certificate, company, sign-in, storage, ways, clock.
//!
//! Each is looked at on its own connections with a lease of its own, within a limit of its own, and told at once. What
//! uploads is never touched: no queue, no record and no connection of it. Whoever stops listening stops it; the test file
//! is removed all the same.
//!
//! - `told`: what is told. No words: those are the shells'.
//! - `steps`: how each is looked at.
//! - `test_file`: what is sent, and removed.

mod steps;
mod test_file;
mod told;

use std::sync::Arc;

use http::Uri;
use tokio::sync::mpsc;

pub use told::{Checked, Found, Line, Skipped, Step, Verdict};

use crate::credentials::CredentialSource;
use crate::error::ErrorCode;
use crate::net::Net;
use crate::s3::Endpoint;
use crate::session::{Destination, Session};

/// What is looked at.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The way out.
    pub(crate) net: Net,
    /// What has to be reached first: the company, or the store where there is none. None where nobody was ever named.
    pub(crate) address: Option<Uri>,
    /// Whether a company is at that address.
    pub(crate) is_a_company: bool,
    /// The company, once it answered.
    pub(crate) session: Option<Session>,
    /// Where the test file goes; or why nowhere.
    pub(crate) target: Result<Target, ErrorCode>,
}

/// Where the test file goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) to: Destination,
    pub(crate) endpoint: Endpoint,
    pub(crate) source: Arc<dyn CredentialSource>,
}

/// Looks at everything in turn, and tells each as it is found; until the end, or until nobody listens.
pub(crate) async fn run(subject: Subject, lines: mpsc::Sender<Line>) {
    let all = async {
        for step in Step::ALL {
            let Some(line) = steps::look(step, &subject).await else { continue };
            if lines.send(line).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = all => {}
        () = lines.closed() => {}
    }
}
