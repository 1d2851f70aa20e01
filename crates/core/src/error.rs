//! The one error of the core: a stable code, what to do about it, and what people who debug need.
//!
//! Nobody matches on strings. The user's words for each code live in the UI; a code without words does not compile
//! there. Details never carry secrets: no keys, tokens or signed URLs.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::units::{ByteCount, UnixTime};

/// Who can put it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The person at this computer.
    User,
    /// The company's administrator.
    Admin,
    /// Nobody here: it passes, or the service's people mend it.
    Service,
}

/// When it is worth trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not without somebody changing something.
    Never,
    /// After this long.
    After(Duration),
    /// When the network is back.
    WhenOnline,
    /// When the user has signed in again.
    WhenSignedIn,
    /// When the file has been left alone for a while.
    WhenFileQuiet,
}

impl Retry {
    /// How long somebody asked to be left alone; a backoff of ours is shorter.
    pub fn asked_for(self) -> Option<Duration> {
        match self {
            Self::After(wait) if wait >= Duration::from_secs(1) => Some(wait),
            _ => None,
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $owner:ident;)*) => {
        /// A stable name for what went wrong. Never renamed or reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        #[serde(rename_all = "kebab-case")]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable text, kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Who can put it right.
            pub const fn owner(self) -> Owner {
                match self { $(Self::$variant => Owner::$owner),* }
            }

            /// The code with this stable text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    /// No connection to the service.
    Offline = "offline", Service;
    /// The store asks to slow down or is not well.
    StorageBusy = "storage-busy", Service;
    /// The company's sign-in service does not answer.
    BackendDown = "backend-down", Service;
    /// The drive that holds the source is not there.
    SourceOffline = "source-offline", User;
    /// A page of the local network answers instead of the service.
    CaptivePortal = "captive-portal", User;
    /// The company's proxy wants a password.
    ProxyAuth = "proxy-auth", User;
    /// The sign-in is over.
    SignInEnded = "sign-in-ended", User;
    /// The token was not accepted.
    WrongToken = "wrong-token", User;
    /// Nobody signed in at the company's issuer, in time or at all.
    SignInUnfinished = "sign-in-unfinished", User;
    /// The default AWS chain has no credentials to give.
    NoCredentials = "no-credentials", User;
    /// The store refuses this person at this place.
    AccessDenied = "access-denied", Admin;
    /// The person may not use this destination, or Davit at all.
    NotAllowed = "not-allowed", Admin;
    /// A setting that the company locked.
    SetByCompany = "set-by-company", Admin;
    /// The account has been switched off.
    AccountDisabled = "account-disabled", Admin;
    /// No room at the destination.
    StorageFull = "storage-full", Admin;
    /// Larger than the company or S3 (48.8 TiB) allows.
    TooLarge = "too-large", User;
    /// The file is not where it was.
    FileMissing = "file-missing", User;
    /// Another program holds the file.
    FileInUse = "file-in-use", User;
    /// This computer has no more open files or no memory to give.
    ComputerBusy = "computer-busy", User;
    /// No right to read the file.
    FileUnreadable = "file-unreadable", User;
    /// The file changed while it was uploading.
    FileChanged = "file-changed", User;
    /// The drive reports damage.
    ReadError = "read-error", User;
    /// Not a regular file: a pipe, socket or device.
    NotAFile = "not-a-file", User;
    /// A folder that contains itself by a link.
    FolderLoop = "folder-loop", User;
    /// A name S3 cannot take, or one that is not Unicode.
    NameRefused = "name-refused", User;
    /// The key is longer than 1,024 bytes.
    KeyTooLong = "key-too-long", User;
    /// An object with this key is already there.
    AlreadyThere = "already-there", User;
    /// The drive of a file that is to go to the trash has none.
    NoTrash = "no-trash", User;
    /// A file that was uploaded could not be moved, put in the trash or deleted.
    FileStays = "file-stays", User;
    /// Pieces arrived damaged again and again.
    DamagedOnTheWay = "damaged-on-the-way", Service;
    /// The store's checksum of the whole object is not ours.
    CheckMismatch = "check-mismatch", Service;
    /// The store takes files and confirms no checksum of them.
    NoChecksums = "no-checksums", Admin;
    /// The store removed the unfinished upload.
    UploadExpired = "upload-expired", Service;
    /// Whether the object was stored cannot be known with the rights there are.
    OutcomeUnknown = "outcome-unknown", Admin;
    /// The destination no longer exists.
    DestinationGone = "destination-gone", Admin;
    /// The bucket does not exist.
    NoSuchBucket = "no-such-bucket", Admin;
    /// The bucket is in another region than the destination says.
    WrongRegion = "wrong-region", Admin;
    /// Renewed credentials reach another place than the transfer began with.
    ScopeChanged = "scope-changed", Admin;
    /// This computer's clock is wrong.
    ClockWrong = "clock-wrong", User;
    /// The server's certificate is not trusted.
    UntrustedServer = "untrusted-server", Admin;
    /// A certificate file that is not one.
    BadCertificateFile = "bad-certificate-file", Admin;
    /// The company wants a newer Davit.
    ClientTooOld = "client-too-old", User;
    /// Nothing answers at this address.
    AddressUnreachable = "address-unreachable", User;
    /// Something else than Davit answers at this address.
    AddressNotDavit = "address-not-davit", User;
    /// An address Davit does not talk to: not https.
    AddressInsecure = "address-insecure", User;
    /// The backend's answer breaks the contract.
    BackendContract = "backend-contract", Admin;
    /// The system's keychain cannot be used.
    KeychainUnavailable = "keychain-unavailable", User;
    /// This computer's disk has no room for the records.
    DiskFull = "disk-full", User;
    /// The records cannot be written.
    JournalUnwritable = "journal-unwritable", User;
    /// The records were written by a newer version.
    JournalNewer = "journal-newer", User;
    /// The records are damaged.
    JournalDamaged = "journal-damaged", User;
    /// Another Davit already works with these records.
    InstanceBusy = "instance-busy", User;
    /// A word on the command line or in a file that makes no sense.
    BadInput = "bad-input", User;
    /// None of the above.
    Unexpected = "unexpected", Service;
}

impl ErrorCode {
    /// What to do about it when nothing better is known.
    pub const fn usual_retry(self) -> Retry {
        match self {
            Self::Offline | Self::BackendDown | Self::CaptivePortal | Self::ProxyAuth => Retry::WhenOnline,
            // As patience has it, unless the store says when.
            Self::StorageBusy => Retry::After(Duration::ZERO),
            Self::SourceOffline => Retry::After(Duration::from_secs(5)),
            Self::SignInEnded | Self::WrongToken | Self::SignInUnfinished => Retry::WhenSignedIn,
            Self::FileInUse => Retry::WhenFileQuiet,
            // Room comes back without telling: asked often enough that nobody waits for it.
            Self::DiskFull | Self::JournalUnwritable | Self::ComputerBusy => Retry::After(Duration::from_secs(5)),
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number, or the object, that a problem is told with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Fact {
    /// No file may be larger.
    Largest {
        /// Than this.
        size: ByteCount,
    },
    /// This computer's clock is not the store's.
    ClockOff {
        /// By so many seconds, one way or the other.
        seconds: u32,
    },
    /// The store keeps what is unfinished.
    Kept {
        /// For so many days.
        days: u32,
    },
    /// What lies under the name that is taken.
    There {
        /// Its bytes.
        size: ByteCount,
        /// When it was stored, where the store says so.
        at: Option<UnixTime>,
    },
}

/// What an error tells of what was asked: whether it was done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not.
    No,
    /// Nothing is told of it.
    Untold,
    /// It was on its way, and no answer came.
    Unanswered,
}

/// What failed, why, and when it is worth trying again.
#[derive(Debug)]
pub struct Error {
    /// The stable code.
    pub code: ErrorCode,
    /// When to try again.
    pub retry: Retry,
    /// For people who debug: one line, no secrets.
    pub detail: String,
    /// S3's request id, where there was one.
    pub request_id: Option<String>,
    /// Whether what was asked may have been done all the same.
    pub done: Done,
    /// The number or the object that it is told with.
    pub fact: Option<Fact>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Where there is a connection, who does not answer is the company.
    pub(crate) fn of_the_company(self) -> Self {
        if self.code != ErrorCode::Offline {
            return self;
        }
        Self::new(ErrorCode::BackendDown).retry(self.retry).detail(self.detail.clone()).source(self)
    }

    /// An error with the code's usual retry.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            retry: code.usual_retry(),
            detail: String::new(),
            request_id: None,
            done: Done::Untold,
            fact: None,
            source: None,
        }
    }

    /// The same with a line for people who debug.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same with another retry than the usual.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// A certificate that nobody vouches for, where there was a good one before, is the local network's: it passes.
    #[must_use]
    pub(crate) fn on_a_way_that_worked(self, worked: bool) -> Self {
        if worked && self.code == ErrorCode::UntrustedServer { self.retry(Retry::WhenOnline) } else { self }
    }

    /// The same with what it tells of what was asked.
    #[must_use]
    pub(crate) const fn done(mut self, done: Done) -> Self {
        self.done = done;
        self
    }

    /// The same with what it is told with.
    #[must_use]
    pub(crate) fn fact(mut self, fact: Fact) -> Self {
        self.fact = Some(fact);
        self
    }

    /// The same with S3's request id.
    #[must_use]
    pub fn request_id(mut self, id: Option<impl Into<String>>) -> Self {
        self.request_id = id.map(Into::into);
        self
    }

    /// The same with what lies beneath.
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// What the core's functions answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_keeps_its_text_on_the_wire() {
        for code in ErrorCode::ALL {
            let json = serde_json::to_value(code).expect("codes serialise");
            assert_eq!(json, code.as_str());
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        }
    }
}
