//! As Windows says for one address, which looks for a script and evaluates it; where it names no proxy, as its settings have
//! it, which `hyper-util` reads.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Duration;
use windows::Foundation::Uri as Address;
use windows::Networking::Connectivity::NetworkInformation;
use windows::core::HSTRING;

/// A script that is looked for longer than this says nothing.
const SOON: Duration = Duration::from_secs(3);

pub(super) async fn by(to: Uri) -> Option<Matcher> {
    let named = tokio::task::spawn_blocking(move || named(&to));
    match tokio::time::timeout(SOON, named).await.ok()?.ok()? {
        Ok(Some(proxy)) => Some(super::through(proxy)),
        Ok(None) => tokio::task::spawn_blocking(Matcher::from_system).await.ok(),
        Err(error) => {
            tracing::debug!(%error, "Windows does not say which proxy leads there");
            tokio::task::spawn_blocking(Matcher::from_system).await.ok()
        }
    }
}

/// The first that is named counts.
fn named(to: &Uri) -> windows::core::Result<Option<String>> {
    let to = Address::CreateUri(&HSTRING::from(to.to_string()))?;
    let proxies = NetworkInformation::GetProxyConfigurationAsync(&to)?.join()?.ProxyUris()?;
    if proxies.Size()? == 0 {
        return Ok(None);
    }
    let first = proxies.GetAt(0)?.AbsoluteUri()?.to_string();
    Ok(Some(first).filter(|proxy| proxy.starts_with("http")))
}
