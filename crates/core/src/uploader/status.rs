//! Who is signed in, as shells show it.

use std::sync::Arc;

use crate::error::ErrorCode;
use crate::session::Destination;
use crate::units::UnixTime;

/// The state of the session.
#[derive(Clone, Debug)]
pub enum SessionStatus {
    /// No company yet, or its address does not work.
    Welcome {
        /// The address that was tried.
        address: Option<String>,
        /// What came of it: code, and a line for people who debug.
        problem: Option<(ErrorCode, String)>,
    },
    /// A known company that has not answered yet; it is tried until it does.
    Connecting {
        /// Its name, as it told last.
        company: Option<String>,
        /// Its address.
        address: String,
        /// What answers in its place, where something does: `captive-portal`, `proxy-auth` or `untrusted-server`.
        instead: Option<ErrorCode>,
    },
    /// The company wants a token.
    NeedsToken {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
    },
    /// The company wants a sign-in in the browser.
    NeedsBrowser {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
    },
    /// Somebody signs in, in their browser or with a code.
    SigningIn {
        /// The company's name.
        company: String,
        /// Its address.
        address: String,
        /// What the page in the browser asks for, or shows.
        code: Option<String>,
        /// Where that page is, where no browser could be opened.
        at: Option<String>,
        /// So long it is waited for.
        until: UnixTime,
    },
    /// The token that was given is not taken.
    TokenRefused {
        /// Why.
        code: ErrorCode,
        /// For people who debug.
        detail: String,
    },
    /// Ready.
    Connected {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
        /// Where uploads may go.
        destinations: Arc<[Destination]>,
        /// Why the sign-in lasts no longer than this program, where it was to: `keychain-unavailable`.
        unkept: Option<ErrorCode>,
    },
    /// The sign-in is over; the list stays, and goes on after the next sign-in.
    SignedOut {
        /// Its name.
        company: String,
        /// Its address.
        address: String,
        /// Since when.
        since: UnixTime,
        /// Whether the next one is in the browser.
        browser: bool,
    },
}
