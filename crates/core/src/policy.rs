//! What a company rolls out to its computers: a JSON file that only an administrator may write, and what the system's own
//! management says, in the same schema. It presets and locks settings, approves a store other than AWS, says where updates
//! are, and describes a company whose endpoint gives credentials and nothing else.
//!
//! Where both are there, management comes before the file, setting by setting.

mod managed;
mod place;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use url::Url;

use crate::error::{Error, ErrorCode, Result};
use crate::session::{Company, address};
use crate::settings::Name;
use crate::settings::rules::Rules;
use place::Place;

/// What it says. Unknown fields are left to newer versions.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Policy {
    /// A company without a backend of the contract.
    #[serde(default, deserialize_with = "something")]
    pub company: Option<Company>,
    /// A store other than AWS that uploads may go to.
    #[serde(default, deserialize_with = "something")]
    pub store: Option<Store>,
    /// What it presets and locks.
    #[serde(flatten)]
    pub rules: Rules,
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
    #[serde(deserialize_with = "something")]
    pub endpoint: Option<Url>,
}

/// What is said is something: null is a value that could not be read, and would silently be as if nobody had said it.
fn something<'de, D: Deserializer<'de>, T: Deserialize<'de>>(said: D) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(said).map(Some)
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
    /// `bad-input` for what is there and cannot be read, is no policy, or could have been written by others than
    /// administrators: half a policy is worse than an error.
    pub fn of_this_machine() -> Result<Self> {
        let named = || std::env::var_os("DAVIT_POLICY").map(PathBuf::from);
        Self::of_machine(managed::read()?, &Place::of_this_machine(), named)
    }

    fn of_machine(managed: Option<Json>, system: &Place, named: impl FnOnce() -> Option<PathBuf>) -> Result<Self> {
        let name = system.name();
        let file = system.read()?.map(|bytes| json(&bytes, &name)).transpose()?;
        match (file, managed) {
            (None, None) => named().map_or_else(|| Ok(Self::default()), |file| Self::read(&file)),
            (Some(file), None) => Self::of(file, &name),
            (None, Some(managed)) => Self::of(managed, MANAGED),
            (Some(file), Some(managed)) => Self::of(managed::over(file, managed), &format!("{name}, {MANAGED}")),
        }
    }

    /// The address of the company it is about, where it leaves no choice.
    pub fn address(&self) -> Option<&str> {
        self.rules.locks.text(Name::Server)
    }

    /// Whether the company may be left.
    ///
    /// # Errors
    /// `set-by-company` where it leaves no choice.
    pub fn lets_go(&self) -> Result<()> {
        let stays = || Error::new(ErrorCode::SetByCompany).detail("server");
        self.address().map_or(Ok(()), |_| Err(stays()))
    }

    /// The address of the company that it begins with, where people may turn to another.
    pub fn preset_address(&self) -> Option<&str> {
        self.rules.presets.text(Name::Server)
    }

    /// Reads a file, whosever it is.
    ///
    /// # Errors
    /// `bad-input`; `address-insecure` for a store, company or updates by plain http.
    pub fn read(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let bytes = there(std::fs::read(file), &name)?.ok_or_else(|| bad(&name, "there is no such file"))?;
        Self::of(json(&bytes, &name)?, &name)
    }

    fn of(written: Json, name: &str) -> Result<Self> {
        let policy: Self = serde_json::from_value(managed::folded(written)).map_err(|e| bad(name, &e.to_string()))?;
        if let Some(company) = &policy.company {
            company.check()?;
        }
        if let Some(store) = &policy.store {
            address::check(&store.endpoint)?;
        }
        if policy.updates.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() != "https") {
            return Err(Error::new(ErrorCode::AddressInsecure).detail(format!("{name}: updates")));
        }
        Ok(policy)
    }
}

/// What the system's management is called in an error.
const MANAGED: &str = if cfg!(windows) { r"Software\Policies\Davit" } else { "managed preferences" };

fn bad(name: &str, why: &str) -> Error {
    Error::new(ErrorCode::BadInput).detail(format!("{name}: {why}"))
}

/// What a file holds. Editors and shells of Windows put a mark before it, or write it as nothing else reads it.
fn json(bytes: &[u8], name: &str) -> Result<Json> {
    let text = std::str::from_utf8(bytes.strip_prefix(MARK).unwrap_or(bytes)).ok();
    let text =
        text.filter(|text| !text.contains('\0')).ok_or_else(|| bad(name, "it is not UTF-8; save it as UTF-8"))?;
    serde_json::from_str(text).map_err(|e| bad(name, &e.to_string()))
}

/// U+FEFF, as UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What was read, if it is there. Only what is not found is none: behind what may not be looked into there may be a policy.
fn there<T>(read: std::io::Result<T>, name: &str) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(bad(name, &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::session::company::{Method, Proof};
    use crate::settings::Value;

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
        let policy = policy.expect("a policy");
        let company = policy.company.as_ref().expect("a company");
        assert_eq!((company.method, company.auth), (Method::Get, Proof::Token));
        assert_eq!(company.destinations[0].key_prefix, "in/");
        assert_eq!(company.destinations[0].destination.bucket, "media");
        assert_eq!(policy.lets_go().expect_err("nobody turns from it").code, ErrorCode::SetByCompany);
    }

    #[test]
    fn a_company_that_is_described_is_a_lock_of_its_address_unless_one_names_another() {
        let company =
            r#""company": { "name": "Example", "credentials_url": "https://a.example/sts", "destinations": [] }"#;
        let locked = |rest: &str| {
            let policy = read(&format!("{{ {company}{rest} }}")).expect("a policy");
            policy.rules.locks.text(Name::Server).map(str::to_owned)
        };
        assert_eq!(locked("").as_deref(), Some("https://a.example/sts"));
        assert_eq!(locked(r#", "server": "https://b.example""#).as_deref(), Some("https://b.example"));
    }

    #[test]
    fn a_policy_presets_and_locks_and_an_address_alone_is_a_lock() {
        let policy =
            read(r#"{ "server": "https://a.example", "presets": { "tray": false, "newer": 1 } }"#).expect("one");
        assert_eq!(policy.address(), Some("https://a.example"));
        assert_eq!(policy.rules.locks.get(Name::Server), Some(&Value::Text("https://a.example".to_owned())));
        assert_eq!(policy.rules.presets.get(Name::Tray), Some(&Value::Switch(false)));
        let preset = read(r#"{ "presets": { "server": "https://b.example" } }"#).expect("one");
        assert_eq!((preset.address(), preset.preset_address()), (None, Some("https://b.example")));
    }

    #[test]
    fn an_address_in_a_file_that_was_left_gives_way_to_the_one_that_management_locks() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("policy.json");
        let place = Place::written(file, r#"{ "server": "https://old.example", "locks": { "tray": true } }"#);
        let managed = json!({ "locks": { "server": "https://new.example" } });
        let company = json!({ "name": "New", "credentials_url": "https://new.example", "destinations": [] });
        for managed in [managed, json!({ "company": company })] {
            let policy = Policy::of_machine(Some(managed), &place, || None).expect("a policy");
            assert_eq!(policy.address(), Some("https://new.example"));
            assert_eq!(policy.rules.locks.get(Name::Tray), Some(&Value::Switch(true)), "and all else of it counts");
        }
    }

    #[test]
    fn a_file_as_windows_shells_write_it_is_read_or_refused_in_words_that_say_how_to_save_it() {
        let text = r#"{ "server": "https://a.example" }"#;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("policy.json");
        let read = |bytes: &[u8]| {
            std::fs::write(&file, bytes).expect("written");
            Policy::read(&file)
        };
        let marked = [MARK, text.as_bytes()].concat();
        assert_eq!(read(&marked).expect("a policy").address(), Some("https://a.example"));
        read(&[MARK, &marked].concat()).expect_err("one mark is one too many already");
        let wide = |mark: &str| format!("{mark}{text}").encode_utf16().collect::<Vec<u16>>();
        let little = |units: Vec<u16>| units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |units: Vec<u16>| units.into_iter().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let latin = b"{ \"company\": { \"name\": \"Caf\xe9\" } }".to_vec();
        for bytes in [little(wide("\u{feff}")), big(wide("\u{feff}")), little(wide("")), big(wide("")), latin] {
            let error = read(&bytes).expect_err("refused");
            assert!(error.code == ErrorCode::BadInput && error.detail.contains("save it as UTF-8"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_policy_that_may_not_be_looked_at_is_an_error_and_one_that_is_not_there_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("davit");
        std::fs::write(&file, "{}").expect("written");
        let of_machine = |managed, file| Policy::of_machine(managed, &Place::of_a_test(file), || None);
        let none = of_machine(None, folder.path().join("davit.d/policy.json")).expect("none");
        assert!(none.rules.is_empty());
        // What is no folder nobody may look into, not even who may do everything.
        for managed in [None, Some(json!({}))] {
            let error = of_machine(managed, file.join("policy.json")).expect_err("not looked at");
            assert!(error.code == ErrorCode::BadInput && error.detail.contains("davit/policy.json"), "{error}");
        }
        Policy::read(&folder.path().join("named.json")).expect_err("one that is named is to be there");
        let refused = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        there::<()>(Err(refused()), "the registry").expect_err("it may hold one");
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
            r#"{ "locks": { "keep_awake": "no" } }"#.to_owned(),
            r#"{ "server": 7 }"#.to_owned(),
            r#"{ "server": "" }"#.to_owned(),
            r#"{ "presets": [] }"#.to_owned(),
            "[]".to_owned(),
            r#"{ "updates": { "endpoint": "http://127.0.0.1/updates.json" } }"#.to_owned(),
            r#"{ "updates": { "enabled": "no" } }"#.to_owned(),
            r#"{ "updates": { "endpoint": null } }"#.to_owned(),
            r#"{ "company": null }"#.to_owned(),
            r#"{ "store": null }"#.to_owned(),
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
