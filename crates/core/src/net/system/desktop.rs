//! As a Linux desktop's settings have it. Asked of the desktop's portal, which answers for GNOME, KDE and others alike, and
//! evaluates a script where there is one.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Duration;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const RESOLVER: &str = "org.freedesktop.portal.ProxyResolver";
/// What an environment says of proxies.
const SAID: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];
/// A desktop that takes longer says nothing.
const SOON: Duration = Duration::from_millis(800);

pub(super) async fn by(to: Uri) -> Option<Matcher> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // A server has no settings of that kind. What the environment says of proxies, exceptions too, comes before them, and was looked
    // at already.
    if !is_set(&"XDG_CURRENT_DESKTOP") || SAID.iter().any(is_set) {
        return Some(super::straight());
    }
    let address = to.to_string();
    let asked = async {
        let bus = zbus::Connection::session().await?;
        let portal = zbus::Proxy::new(&bus, PORTAL, PATH, RESOLVER).await?;
        let found: zbus::Result<Vec<String>> = portal.call("Lookup", &(address.as_str(),)).await;
        found
    };
    match tokio::time::timeout(SOON, asked).await {
        // The first that is named counts; "direct://" is none.
        Ok(Ok(found)) => {
            let named = found.into_iter().next().filter(|proxy| proxy.starts_with("http"));
            Some(named.map_or_else(super::straight, super::through))
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "the desktop names no proxy");
            None
        }
        Err(_) => None,
    }
}
