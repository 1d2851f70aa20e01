//! Whether the network costs by the byte, as the system tells: a mobile hotspot does, and what a person called metered.
//!
//! Known problem: macOS tells it by Network.framework alone (`isExpensive`), for which there is no kept library without `unsafe`.
//! There no network is called metered; a person pauses for an hour, or until they resume.

#[cfg_attr(target_os = "linux", path = "metered/networkmanager.rs")]
#[cfg_attr(windows, path = "metered/windows.rs")]
#[cfg_attr(not(any(target_os = "linux", windows)), path = "metered/none.rs")]
mod system;

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Whether it does, now and as that changes; none until the system has answered. Nobody who says so is as one that does not.
pub(crate) fn follow(handle: &Handle) -> watch::Receiver<Option<bool>> {
    let (told, hears) = watch::channel(None);
    handle.spawn(async move {
        system::follow(&told).await;
        tell(&told, false);
        told.closed().await;
    });
    hears
}

/// Tells it where it is news.
fn tell(told: &watch::Sender<Option<bool>>, now: bool) {
    told.send_if_modified(|known| known.replace(now) != Some(now));
}
