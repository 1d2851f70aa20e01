//! Where the system tells it to no kept library.

use tokio::sync::watch;

pub(super) async fn follow(_: &watch::Sender<Option<bool>>) {}
