//! Which proxy a Linux desktop's settings name. Asked of the desktop's portal, which answers for GNOME, KDE and others alike;
//! Windows and macOS are asked by `hyper-util`.

use tokio::time::Duration;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const RESOLVER: &str = "org.freedesktop.portal.ProxyResolver";
/// What an environment says of proxies.
const SAID: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];
/// A desktop that takes longer says nothing.
const SOON: Duration = Duration::from_millis(800);

/// The proxy on the way to an address; none where it is reached straight, and where there is no desktop.
pub(crate) async fn proxy_to(address: &str) -> Option<String> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // A server has no settings of that kind. What the environment says of proxies, exceptions too, comes before them.
    if !is_set(&"XDG_CURRENT_DESKTOP") || SAID.iter().any(is_set) {
        return None;
    }
    let asked = async {
        let bus = zbus::Connection::session().await?;
        let portal = zbus::Proxy::new(&bus, PORTAL, PATH, RESOLVER).await?;
        let found: zbus::Result<Vec<String>> = portal.call("Lookup", &(address,)).await;
        found
    };
    match tokio::time::timeout(SOON, asked).await {
        // The first that is named counts; "direct://" is none.
        Ok(Ok(found)) => found.into_iter().next().filter(|proxy| proxy.starts_with("http")),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the desktop names no proxy");
            None
        }
        Err(_) => None,
    }
}
