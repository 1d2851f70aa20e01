//! As Windows tells it of the connection that leads to the internet.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use windows::Networking::Connectivity::{NetworkCostType, NetworkInformation, NetworkStatusChangedEventHandler};

use super::tell;

/// It is looked at this often whether a change is told or not.
const LOOK: Duration = Duration::from_secs(60);

pub(super) async fn follow(told: &watch::Sender<Option<bool>>) {
    let changes = Arc::new(Notify::new());
    let _listens = Listens::begin(Arc::clone(&changes));
    while !told.is_closed() {
        tell(told, tokio::task::spawn_blocking(is_metered).await.unwrap_or(false));
        let _ = tokio::time::timeout(LOOK, changes.notified()).await;
    }
}

/// As long as it lives changes are told.
struct Listens(i64);

impl Listens {
    fn begin(changes: Arc<Notify>) -> Option<Self> {
        let hears = NetworkStatusChangedEventHandler::new(move |_| {
            changes.notify_one();
            Ok(())
        });
        let begun = NetworkInformation::NetworkStatusChanged(&hears);
        begun.inspect_err(|error| tracing::debug!(%error, "nobody tells when the network changes")).ok().map(Self)
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        let _ = NetworkInformation::RemoveNetworkStatusChanged(self.0);
    }
}

fn is_metered() -> bool {
    let asked = || -> windows::core::Result<bool> {
        let cost = NetworkInformation::GetInternetConnectionProfile()?.GetConnectionCost()?;
        let kind = cost.NetworkCostType()?;
        Ok(kind == NetworkCostType::Fixed || kind == NetworkCostType::Variable || cost.Roaming()?)
    };
    // Without a connection there is nothing to pay for.
    asked().unwrap_or(false)
}
