//! As a Linux desktop's settings have it. Asked of the desktop's portal, which answers for GNOME, KDE and others alike, and
//! evaluates a script where there is one. What the environment excepts needs no proxy.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Duration;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const RESOLVER: &str = "org.freedesktop.portal.ProxyResolver";
/// Where an environment names proxies.
const NAMED: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Where it lists what needs none; the first that is set counts.
const EXCEPTED: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// A desktop that takes longer says nothing.
const SOON: Duration = Duration::from_millis(800);

pub(super) async fn by(to: Uri) -> Option<Matcher> {
    if !is_asked_of(&to, |name| std::env::var(name).ok()) {
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

/// Whether the desktop is asked of the way to an address, by what the environment says. A server has no settings of that kind.
/// Proxies that the environment names come before them, and were looked at already.
fn is_asked_of(to: &Uri, says: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| says(name).is_some_and(|value| !value.is_empty());
    let excepted = EXCEPTED.into_iter().find_map(&says).unwrap_or_default();
    is_set("XDG_CURRENT_DESKTOP") && !NAMED.into_iter().any(is_set) && !super::is_excepted(to, &excepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_excepts_hosts_and_names_no_proxy_leaves_all_others_to_the_desktop() {
        let asked = |to: &str, environment: &[(&str, &str)]| {
            let says =
                |name: &str| environment.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
            is_asked_of(&to.parse().expect("an address"), says)
        };
        let (desktop, storage) = (("XDG_CURRENT_DESKTOP", "GNOME"), "https://s3.eu-central-1.amazonaws.com/");
        for name in EXCEPTED {
            let excepts = [desktop, (name, "localhost,10.0.0.0/8,.example.com")];
            assert!(asked(storage, &excepts), "{name}");
            assert!(!asked("https://uploads.example.com/", &excepts), "{name}");
            assert!(!asked("https://10.1.2.3/", &excepts), "{name}");
        }
        assert!(!asked(storage, &[desktop, ("NO_PROXY", "*")]));
        assert!(
            asked(storage, &[desktop, ("NO_PROXY", ""), ("no_proxy", "*")]),
            "the first counts, as for its proxies"
        );
        for name in NAMED {
            assert!(!asked(storage, &[desktop, (name, "http://proxy.example.com:3128")]), "{name}");
            assert!(asked(storage, &[desktop, (name, "")]), "{name}");
        }
        assert!(!asked(storage, &[]), "a server");
    }
}
