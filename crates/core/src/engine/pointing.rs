//! Links to what is, or will be, in the store. One that may come to point at somebody else's object says so.

use super::{Holds, Link};
use crate::error::ErrorCode;
use crate::journal::BatchRow;
use crate::session::Collision;
use crate::transfer::TransferState;

/// What a link leads to.
#[derive(Debug)]
pub(super) enum To<'a> {
    /// An object: its key below the prefix, and what its transfer does.
    Object(&'a str, &'a TransferState),
    /// A folder by its name, and whether all of it is there.
    Folder(&'a str, bool),
}

/// The link, where the company gives links and there is, or will be, something to lead to.
pub(super) fn link(batch: &BatchRow, to: &To<'_>) -> Option<Link> {
    let template = batch.destination.link_template.as_deref()?;
    // Not known before the first upload was let in.
    let prefix = &batch.scope.as_ref()?.prefix;
    let key = match to {
        To::Object(key, _) => format!("{prefix}{key}"),
        To::Folder(name, _) => format!("{prefix}{name}/"),
    };
    let encoded: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let encoded = encoded.replace("%2F", "/").replace('+', "%20");
    Some(Link { url: template.replace("{key}", &encoded), holds: holds(to, batch.collision)? })
}

fn holds(to: &To<'_>, collision: Collision) -> Option<Holds> {
    Some(match to {
        To::Folder(_, true) | To::Object(_, TransferState::Done { .. }) => Holds::Now,
        To::Folder(_, false) => Holds::Later,
        // The object of that name is somebody else's.
        To::Object(_, TransferState::Failed { code: ErrorCode::AlreadyThere } | TransferState::Cancelled { .. }) => {
            return None;
        }
        // A key is only ours once the object is.
        To::Object(..) if collision == Collision::Overwrite => Holds::Later,
        To::Object(..) => Holds::Perhaps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::UnixTime;

    #[test]
    fn a_link_is_only_promised_where_the_key_is_certain() {
        let done = TransferState::Done { at: UnixTime(1), etag: String::new() };
        let taken = TransferState::Failed { code: ErrorCode::AlreadyThere };
        let object = |state, collision| holds(&To::Object("a.mov", state), collision);
        for collision in [Collision::Fail, Collision::Overwrite, Collision::Suffix] {
            assert_eq!(object(&done, collision), Some(Holds::Now));
            assert_eq!(object(&taken, collision), None);
        }
        assert_eq!(object(&TransferState::Queued, Collision::Overwrite), Some(Holds::Later));
        assert_eq!(object(&TransferState::Queued, Collision::Suffix), Some(Holds::Perhaps));
        assert_eq!(object(&TransferState::Queued, Collision::Fail), Some(Holds::Perhaps));
        assert_eq!(holds(&To::Folder("day", false), Collision::Suffix), Some(Holds::Later));
    }
}
