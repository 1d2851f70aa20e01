//! As NetworkManager tells it on the system bus. Where there is another, or none, nobody tells it.

use futures::StreamExt as _;
use tokio::sync::watch;
use zbus::proxy::MethodFlags;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, Proxy};

use super::tell;

const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Its `NM_METERED_YES` and `NM_METERED_GUESS_YES`; that it guesses so of telephones is what it is asked for.
const METERED: [u32; 2] = [1, 3];

pub(super) async fn follow(told: &watch::Sender<Option<bool>>) {
    if let Err(error) = listen(told).await {
        tracing::debug!(%error, "nobody tells whether the network is metered");
    }
}

async fn listen(told: &watch::Sender<Option<bool>>) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let manager = Proxy::new(&bus, NAME, PATH, PROPERTIES).await?;
    let mut changes = manager.receive_signal("PropertiesChanged").await?;
    // It may be started, or end, at any time.
    let mut comes = manager.receive_owner_changed().await?;
    loop {
        tell(told, is_metered(&manager).await);
        let goes_on = tokio::select! {
            change = changes.next() => change.is_some(),
            owner = comes.next() => owner.is_some(),
        };
        if !goes_on {
            return Ok(());
        }
    }
}

async fn is_metered(manager: &Proxy<'_>) -> bool {
    // One that is not there is not started for this.
    let said: zbus::Result<Option<OwnedValue>> =
        manager.call_with_flags("Get", MethodFlags::NoAutoStart.into(), &(NAME, "Metered")).await;
    let said = said.ok().flatten().and_then(|value| u32::try_from(value).ok());
    said.is_some_and(|said| METERED.contains(&said))
}
