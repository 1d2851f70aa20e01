//! As Windows says for one address, which looks for a script and evaluates it; where it says neither a proxy nor that there is
//! none, as its settings have it, which `hyper-util` reads. What the environment excepts needs no proxy. How long Windows takes
//! is nowhere bounded: a script may be looked for where nobody answers.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use windows::Foundation::Uri as Address;
use windows::Networking::Connectivity::NetworkInformation;
use windows::core::HSTRING;

pub(super) async fn by(to: Uri) -> Option<Matcher> {
    // Names of the environment's have no case here.
    let excepted = std::env::var("NO_PROXY").unwrap_or_default();
    if super::is_excepted(&to, &excepted) {
        return Some(super::straight());
    }
    tokio::task::spawn_blocking(move || said(&to)).await.ok()
}

fn said(to: &Uri) -> Matcher {
    let named = named(to).unwrap_or_else(|error| {
        tracing::debug!(%error, "Windows does not say which proxy leads there");
        None
    });
    named.unwrap_or_else(Matcher::from_system)
}

/// The first that is named counts.
fn named(to: &Uri) -> windows::core::Result<Option<Matcher>> {
    let to = Address::CreateUri(&HSTRING::from(to.to_string()))?;
    let said = NetworkInformation::GetProxyConfigurationAsync(&to)?.join()?;
    let proxies = said.ProxyUris()?;
    if proxies.Size()? == 0 {
        return Ok(said.CanConnectDirectly()?.then(super::straight));
    }
    let first = proxies.GetAt(0)?.AbsoluteUri()?.to_string();
    Ok(Some(first).filter(|proxy| proxy.starts_with("http")).map(super::through))
}
