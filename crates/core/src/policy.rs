//! What a company rolls out to its computers: one JSON file that only an administrator may write. It presets the
//! address, approves a store other than AWS, and describes a company whose endpoint gives credentials and nothing else.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use crate::error::{Error, ErrorCode, Result};
use crate::session::{Company, address};

/// The file's content. Unknown fields are left to newer versions.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Policy {
    /// The company's address, instead of one that a person types.
    pub server: Option<String>,
    /// A company without a backend of the contract.
    pub company: Option<Company>,
    /// A store other than AWS that uploads may go to.
    pub store: Option<Store>,
    /// How the window is kept up to date.
    #[serde(default)]
    pub updates: Updates,
}

/// How the window is kept up to date. By which key an update is known is no matter of a file: the build has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Updates {
    /// Whether it looks for updates by itself. Without, the company brings them.
    pub enabled: bool,
    /// Where they are, in place of where the build says. Https alone.
    pub endpoint: Option<Url>,
}

impl Default for Updates {
    fn default() -> Self {
        Self { enabled: true, endpoint: None }
    }
}

/// A store that speaks S3, in place of AWS.
#[derive(Clone, Debug, Deserialize)]
pub struct Store {
    /// Its address.
    pub endpoint: Url,
    /// Whether the bucket stands in the path.
    #[serde(default)]
    pub path_style: bool,
}

impl Policy {
    /// The machine's policy; none means that nobody set one. On a machine without one, `DAVIT_POLICY` may name a file.
    ///
    /// # Errors
    /// `bad-input` for a file that cannot be read or is no policy: half a policy is worse than an error.
    pub fn of_this_machine() -> Result<Self> {
        let system = system_file();
        let file = if system.exists() { Some(system) } else { std::env::var_os("DAVIT_POLICY").map(PathBuf::from) };
        file.map_or_else(|| Ok(Self::default()), |file| Self::read(&file))
    }

    /// The address of the company it is about.
    pub fn address(&self) -> Option<String> {
        self.server.clone().or_else(|| Some(self.company.as_ref()?.credentials_url.clone()))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `bad-input`; `address-insecure` for a store or company by plain http.
    pub fn read(file: &Path) -> Result<Self> {
        let bad = |why: String| Error::new(ErrorCode::BadInput).detail(format!("{}: {why}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|e| bad(e.to_string()))?;
        let policy: Self = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if let Some(company) = &policy.company {
            company.check()?;
        }
        if let Some(store) = &policy.store {
            address::check(&store.endpoint)?;
        }
        if policy.updates.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() != "https") {
            return Err(Error::new(ErrorCode::AddressInsecure).detail(format!("{}: updates", file.display())));
        }
        Ok(policy)
    }
}

/// Where administrators put it: a folder that people cannot write to.
fn system_file() -> PathBuf {
    #[cfg(windows)]
    {
        let data = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        data.join("Davit").join("policy.json")
    }
    #[cfg(target_os = "macos")]
    {
        PathBuf::from("/Library/Application Support/Davit/policy.json")
    }
    #[cfg(not(any(windows, target_os = "macos")))]
    {
        PathBuf::from("/etc/davit/policy.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::company::{Method, Proof};

    fn read(text: &str) -> Result<Policy> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("policy.json");
        std::fs::write(&file, text).expect("written");
        Policy::read(&file)
    }

    #[test]
    fn a_company_with_nothing_but_credentials_is_described() {
        let policy = read(
            r#"{ "company": { "name": "Example Films", "credentials_url": "https://example.com/api/sts?for=uploads",
                 "method": "GET", "destinations": [ { "id": "rushes", "label": "Rushes", "bucket": "media",
                 "region": "eu-central-1", "collision": "suffix", "key_prefix": "in/" } ] }, "newer": true }"#,
        );
        let company = policy.expect("a policy").company.expect("a company");
        assert_eq!((company.method, company.auth), (Method::Get, Proof::Token));
        assert_eq!(company.destinations[0].key_prefix, "in/");
        assert_eq!(company.destinations[0].destination.bucket, "media");
    }

    #[test]
    fn half_a_policy_is_refused() {
        let company = |url: &str, auth: &str| {
            let company = format!(r#""name": "A", "credentials_url": "{url}", "auth": "{auth}", "destinations": []"#);
            format!("{{ \"company\": {{ {company} }} }}")
        };
        for bad in [
            "not json".to_owned(),
            r#"{ "company": { "name": "A" } }"#.to_owned(),
            r#"{ "store": { "endpoint": "http://store.example.com" } }"#.to_owned(),
            r#"{ "store": { "endpoint": "ftp://127.0.0.1/" } }"#.to_owned(),
            r#"{ "updates": { "endpoint": "http://127.0.0.1/updates.json" } }"#.to_owned(),
            r#"{ "updates": { "enabled": "no" } }"#.to_owned(),
            company("http://example.com/sts", "token"),
            company("https://example.com/sts", "none"),
        ] {
            let code = read(&bad).expect_err(&bad).code;
            assert!(matches!(code, ErrorCode::BadInput | ErrorCode::AddressInsecure), "{bad}");
        }
        read(&company("http://127.0.0.1:8080/sts", "none")).expect("fine on loopback");
    }

    #[test]
    fn a_company_may_bring_updates_itself_or_say_where_they_are() {
        assert_eq!(read("{}").expect("a policy").updates, Updates { enabled: true, endpoint: None });
        assert!(!read(r#"{ "updates": { "enabled": false } }"#).expect("a policy").updates.enabled);
        let elsewhere =
            read(r#"{ "updates": { "endpoint": "https://it.example.com/davit.json" } }"#).expect("a policy");
        assert!(elsewhere.updates.enabled);
        assert_eq!(elsewhere.updates.endpoint.expect("one").as_str(), "https://it.example.com/davit.json");
    }
}
