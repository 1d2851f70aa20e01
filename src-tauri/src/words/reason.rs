//! Why a file needs a person, in the words that its row has in the window (`ui/src/text/en.ts`).

use davit_core::error::ErrorCode;

/// One sentence; what to do is in the details.
pub(crate) const fn reason(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Offline => "Waiting for the connection.",
        ErrorCode::StorageBusy => "The storage is busy. Trying again.",
        ErrorCode::BackendDown => "Waiting for your company to answer.",
        ErrorCode::SourceOffline => "Waiting for the drive to answer.",
        ErrorCode::CaptivePortal => "This network wants you to sign in first.",
        ErrorCode::ProxyAuth => "Your company network asks for a password.",
        ErrorCode::SignInEnded => "Sign in again to continue.",
        ErrorCode::WrongToken => "This token was not accepted.",
        ErrorCode::SignInUnfinished => "Sign-in was not finished.",
        ErrorCode::NoCredentials => "There are no credentials for this place.",
        ErrorCode::AccessDenied => "No access to this place. Ask your administrator.",
        ErrorCode::NotAllowed => "This account may not use Davit.",
        ErrorCode::SetByCompany => "Your company sets this.",
        ErrorCode::AccountDisabled => "Your account may not upload any more.",
        ErrorCode::StorageFull => "Your company’s storage is full.",
        ErrorCode::TooLarge => "Larger than your company allows.",
        ErrorCode::FileMissing => "This file was moved, renamed or deleted.",
        ErrorCode::FileInUse => "Another program has this file open.",
        ErrorCode::ComputerBusy => "This computer has too many files open.",
        ErrorCode::FileUnreadable => "Davit is not allowed to read this file.",
        ErrorCode::FileChanged => "This file changed while it was uploading.",
        ErrorCode::ReadError => "The drive reports damage in this file.",
        ErrorCode::NotAFile => "This is a pipe, link or device, not a file.",
        ErrorCode::FolderLoop => "This folder contains itself by a link.",
        ErrorCode::NameRefused => "This name has characters the storage refuses.",
        ErrorCode::KeyTooLong => "The name with its folders is too long.",
        ErrorCode::AlreadyThere => "A file with this name is already there.",
        ErrorCode::NoTrash => "This drive has no trash.",
        ErrorCode::FileStays => "It could not be moved or deleted.",
        ErrorCode::DamagedOnTheWay => "Some pieces arrived damaged.",
        ErrorCode::CheckMismatch => "The stored file does not match yours.",
        ErrorCode::NoChecksums => "The storage does not confirm checksums.",
        ErrorCode::UploadExpired => "The storage removed the unfinished upload.",
        ErrorCode::OutcomeUnknown => "It cannot be seen from here if it was stored.",
        ErrorCode::DestinationGone => "This destination no longer exists.",
        ErrorCode::NoSuchBucket => "The storage for this destination is missing.",
        ErrorCode::WrongRegion => "This destination is set up wrongly.",
        ErrorCode::ScopeChanged => "Your company moved this destination.",
        ErrorCode::ClockWrong => "This computer’s clock is off.",
        ErrorCode::UntrustedServer => "This network changes secure connections.",
        ErrorCode::BadCertificateFile => "The certificate file cannot be used.",
        ErrorCode::ClientTooOld => "Your company needs a newer Davit.",
        ErrorCode::AddressUnreachable => "Nothing answers at this address. Check the spelling.",
        ErrorCode::AddressNotDavit => "This address belongs to something else, not to Davit.",
        ErrorCode::AddressInsecure => "This address is not secure. Use one with https.",
        ErrorCode::BackendContract => "Your company’s service gives wrong answers.",
        ErrorCode::KeychainUnavailable => "The system keychain cannot be used.",
        ErrorCode::DiskFull => "This computer’s disk is full.",
        ErrorCode::JournalUnwritable => "Davit cannot write its records.",
        ErrorCode::JournalNewer => "These records were written by a newer Davit.",
        ErrorCode::JournalDamaged => "Davit’s records are damaged.",
        ErrorCode::InstanceBusy => "Another Davit is already at work.",
        ErrorCode::BadInput => "This is not an address. Check the spelling.",
        ErrorCode::Unexpected => "Something unexpected stopped this file.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_as_in_the_window() {
        let window = include_str!("../../../ui/src/text/en.ts");
        for &code in ErrorCode::ALL {
            let (plain, quoted) = (format!("\n  {}: {{", code.as_str()), format!("\n  '{}': {{", code.as_str()));
            let at = window.find(&plain).or_else(|| window.find(&quoted)).expect("it has a sentence there");
            let row = window[at..].split("row: '").nth(1).and_then(|rest| rest.split('\'').next());
            assert_eq!(row, Some(reason(code)), "{}", code.as_str());
        }
    }
}
