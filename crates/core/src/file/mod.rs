//! Files as they are sent: opened once where they were given ([`Place`]), identified ([`Fingerprint`]), read by position
//! ([`SourceFile`]); folders walked ([`walk`]); names made keys ([`names`]); buffers used again ([`buffers`]). And files of
//! ours, written whole or not at all ([`write_whole`]).
//!
//! A path is opened once. Everything after that goes through the handle, so that a link put in the file's place is not
//! followed, and one upload never holds parts of two files.

mod alias;
mod aside;
pub mod buffers;
mod drive;
mod extent;
mod fingerprint;
mod held;
mod links;
mod mount;
mod mounted;
pub mod names;
mod place;
mod placeholder;
mod source;
mod tree;
#[cfg(target_os = "linux")]
mod volume;
pub mod walk;
mod whole;

pub(crate) use aside::open_aside;
pub use drive::drive_of;
pub use extent::{Extent, Links, Placeholders};
pub use fingerprint::{Fingerprint, Likeness};
pub(crate) use held::HOLDERS_ARE_TOLD;
pub(crate) use mount::{is_remote, unless_unmounted};
pub use mount::{is_unmounted, mount_of};
pub(crate) use mounted::{Asked, Asking, Mounted};
pub use place::{Place, Stamp};
pub use source::SourceFile;
pub(crate) use source::classify;
pub use tree::{FolderId, Seen, Sight, Tree};
#[cfg(target_os = "linux")]
pub(crate) use volume::plain;
pub(crate) use whole::sync_folder;
pub use whole::{Readers, write_whole};

/// Of what lasts of a volume: whether it is the UUID of a file system. Then no other volume is that one, whatever lies on it; what
/// else lasts, as where a share comes from, may be called otherwise one day.
pub(crate) const OF_A_UUID: u64 = 1;
