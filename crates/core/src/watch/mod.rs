//! Watched folders: what appears in them is uploaded once, whole, without anyone looking. Events are hints, the ledger in the
//! records is the truth.
//!
//! - [`spec`]: what a person wants of a folder; [`rules`]: which files are taken; [`key`]: where to.
//! - [`settle`]: when a file is whole; [`ledger`]: what differs from what is on record; [`agenda`]: what is to be looked at, and
//!   when; [`backoff`]: when what failed is tried again. All of these are pure.
//! - [`preview`]: what rules would take of a folder as it is now.
//! - [`root`]: which folders may be watched, and whether one is there; [`owner`]: one Davit a folder; [`events`]: what the
//!   system tells.
//! - `folder`: the task of one folder; `hearing`: what it is asked and told.
//!   - It finds the folder: `finding`, on its `drive`; when nothing happens in it: `presence`; what tells that it is the one:
//!     `evidence`.
//!   - It looks: `looking`; at all of it as `checks` and `bursts` say; `first`: at the first start; `gone`, `below`, `moves`: what
//!     is not where it was; `ways`: where links lead; `passed`: what is passed over, and why.
//!   - It gives what is whole to the engine, in its `hours`: `delivering`; `reading`: where only what a file holds tells whether it
//!     is new; `growing`: what is still written; `retrying`: what failed.
//!   - It sees to what is done: `aftermath`, `due`, `taking`, `trashing`; `stays`: what could not be taken away; `strays`: what an earlier
//!     run left half done.
//!   - It counts: `tally`, and tells who sees it: `showing`. Once it is watched no more it is let go of: `stopping`.
//! - [`Watches`]: all of them, what shells hold; [`card`]: what they see; [`record`]: what is kept.
//!
//! Every rule W1 to W30 has a test whose comment names it.

mod aftermath;
pub mod agenda;
pub mod backoff;
mod below;
mod bursts;
pub mod card;
mod checks;
mod delivering;
mod drive;
mod due;
mod events;
mod evidence;
mod finding;
mod first;
#[cfg(test)]
pub(crate) mod fixture;
mod folder;
mod gone;
mod growing;
mod hearing;
mod hours;
pub mod key;
pub mod ledger;
mod looking;
mod moves;
mod owner;
mod passed;
mod presence;
pub mod preview;
mod reading;
pub mod record;
mod retrying;
mod root;
pub mod rules;
pub mod settle;
mod showing;
pub mod spec;
mod stays;
mod stopping;
mod strays;
mod taking;
mod tally;
mod trashing;
mod watches;
mod ways;

pub use spec::Spec;
pub use watches::Watches;
