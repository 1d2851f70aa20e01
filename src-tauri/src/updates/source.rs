//! Where updates are, and the key that they are signed with: both are the build's. Only an administrator names another place, and
//! nobody another key.

use davit_core::policy::Updates as Policy;
use serde::Deserialize;
use serde_json::Value;
use tauri::Url;

use super::genuine::Key;
use crate::views::NoUpdates;

/// Where updates are.
#[derive(Debug)]
pub(super) struct Source {
    /// The manifest's address.
    pub(super) endpoint: Url,
    /// The key.
    pub(super) key: Key,
    /// The same as the build spells it.
    pub(super) spelt: String,
}

/// What of the updater's configuration matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Build {
    pubkey: String,
    endpoints: Vec<Url>,
}

impl Source {
    /// As the build and the policy say.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn of(build: Option<&Value>, policy: &Policy) -> Result<Self, NoUpdates> {
        let build = build.and_then(|build| Build::deserialize(build).ok()).unwrap_or_default();
        if build.pubkey.is_empty() {
            return Err(NoUpdates::Build);
        }
        let Some(key) = Key::read(&build.pubkey) else {
            tracing::error!("the key for updates is none");
            return Err(NoUpdates::Build);
        };
        let endpoint = policy.endpoint.clone().or_else(|| build.endpoints.into_iter().next());
        match endpoint {
            Some(endpoint) if endpoint.scheme() == "https" => Ok(Self { endpoint, key, spelt: build.pubkey }),
            Some(_) => {
                tracing::error!("updates are fetched by https alone");
                Err(NoUpdates::Build)
            }
            None => Err(NoUpdates::Build),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::updates::tampered::Publisher;

    #[test]
    fn a_build_without_a_key_or_a_place_looks_for_no_updates() {
        let key = Publisher::new().key;
        let whole = json!({ "pubkey": key, "endpoints": ["https://example.com/davit.json"] });
        let usual = Policy::default();
        let source = Source::of(Some(&whole), &usual).expect("a source");
        assert_eq!((source.endpoint.as_str(), source.spelt), ("https://example.com/davit.json", key.clone()));
        for none in [
            None,
            Some(json!({})),
            Some(json!({ "pubkey": "", "endpoints": ["https://example.com/davit.json"] })),
            Some(json!({ "pubkey": "nonsense", "endpoints": ["https://example.com/davit.json"] })),
            Some(json!({ "pubkey": key, "endpoints": [] })),
            Some(json!({ "pubkey": key, "endpoints": ["http://127.0.0.1/davit.json"] })),
        ] {
            assert_eq!(Source::of(none.as_ref(), &usual).expect_err("none"), NoUpdates::Build, "{none:?}");
        }
    }

    #[test]
    fn only_the_policy_names_another_place_and_nobody_another_key() {
        let key = Publisher::new().key;
        let build = json!({ "pubkey": key, "endpoints": ["https://example.com/davit.json"] });
        let elsewhere = "https://it.example.com/davit.json";
        let policy = Policy { endpoint: Some(elsewhere.parse().expect("an address")), ..Policy::default() };
        let source = Source::of(Some(&build), &policy).expect("a source");
        assert_eq!((source.endpoint.as_str(), source.spelt), (elsewhere, key));
        let keyless = json!({ "endpoints": ["https://example.com/davit.json"] });
        assert_eq!(Source::of(Some(&keyless), &policy).expect_err("no key"), NoUpdates::Build);
    }
}
