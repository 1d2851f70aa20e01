//! Everything that reads what others wrote, with any bytes at all. Each function is the body of one target in `fuzz/`, and
//! is run with noise among the tests. None of them may panic; what else they promise is asserted here.

use std::ffi::OsStr;
use std::path::{Component, Path};

use crate::engine::feed::{Action, Event, Target, View};
use crate::error::Error;
use crate::file::{Fingerprint, names};
use crate::ids::{DestinationId, ObjectKey};
use crate::journal::Problem;
use crate::net::{Net, Proxies};
use crate::session::{address, checks, wire};
use crate::transfer::{Input, Plan, Standing, step};

/// A row of the records: every column that holds JSON, and what is made of it.
pub fn journal(bytes: &[u8]) {
    if let Ok(standing) = serde_json::from_slice::<Standing>(bytes) {
        // Whatever is on record, a restart brings a state that goes on or rests.
        assert!(step(&standing, Input::Restarted).is_ok(), "{standing:?}");
    }
    if let Ok(plan) = serde_json::from_slice::<Plan>(bytes) {
        let mut end = 0;
        for part in plan.parts() {
            assert!(part.offset >= end && part.len <= plan.size() - part.offset, "{plan:?} {part:?}");
            end = part.offset + part.len;
        }
    }
    if let (Ok(one), Ok(other)) =
        (serde_json::from_slice::<Fingerprint>(bytes), serde_json::from_slice::<Fingerprint>(bytes))
    {
        assert_eq!(one.likeness(&other), crate::file::Likeness::Same);
    }
    let _ = serde_json::from_slice::<crate::session::Destination>(bytes);
    let _ = serde_json::from_slice::<crate::credentials::Scope>(bytes);
    let _ = serde_json::from_slice::<crate::credentials::Remote>(bytes);
    let _ = serde_json::from_slice::<Problem>(bytes);
    let _ = serde_json::from_slice::<Event>(bytes);
}

/// What a company's backend answers.
pub fn backend(bytes: &[u8]) {
    let _ = serde_json::from_slice::<wire::Discovery>(bytes);
    let _ = serde_json::from_slice::<wire::Problem>(bytes);
    if let Ok(wires) = serde_json::from_slice::<Vec<wire::Destination>>(bytes)
        && let Ok(checked) = checks::destinations(wires)
    {
        // Bucket and region become part of a host name.
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        assert!(checked.iter().all(|to| plain(&to.bucket) && plain(&to.region)), "{checked:?}");
    }
    if let Ok(answer) = serde_json::from_slice::<wire::Credentials>(bytes) {
        let _ = checks::life(answer.expiration.as_deref(), Some(1_795_464_000), 0);
        if let Some(prefix) = answer.key_prefix.filter(|prefix| checks::prefix(prefix).is_ok()) {
            assert!(prefix.ends_with('/') && !prefix.starts_with('/') && !prefix.split('/').any(|part| part == ".."));
        }
    }
}

/// What a store, or whoever stands before it, answers to a request: a status, a kind of content, a body.
pub fn store(bytes: &[u8]) {
    let [a, b, body @ ..] = bytes else { return };
    let statuses = [200, 204, 301, 307, 400, 403, 404, 407, 409, 412, 429, 500, 501, 503];
    let status = statuses[usize::from(*a) % statuses.len()];
    let kind = ["application/xml", "text/html", "application/json", ""][usize::from(*b) % 4];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    if let Ok(runtime) = runtime {
        runtime.block_on(crate::s3::answer(status, kind.to_owned(), body.to_vec()));
    }
}

/// A path of any bytes, made a key.
pub fn key(bytes: &[u8]) {
    let name = name(bytes);
    let path = Path::new(&*name);
    let spelled = names::spelled(path);
    assert_eq!(spelled.is_empty(), path.as_os_str().is_empty(), "{spelled:?}");
    let Ok(key) = names::relative_key(path) else { return };
    assert!(!key.chars().any(char::is_control) && names::normal(&key) == key, "{key:?}");
    assert!(!key.starts_with('/') && !key.split('/').any(|part| part == ".." || part == "."), "{key:?}");
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_))).count();
    assert_eq!(key.split('/').filter(|part| !part.is_empty()).count(), parts, "{key:?}");
    for beside in [names::suffixed(&key, 2), names::beside(&key, "3f9a01bc")] {
        assert!(
            beside != key
                && beside.rsplit_once('/').map(|(folder, _)| folder) == key.rsplit_once('/').map(|(folder, _)| folder)
        );
    }
    if let Ok(key) = ObjectKey::new(key) {
        assert!((1..=ObjectKey::MAX_BYTES).contains(&key.as_str().len()));
    }
}

#[cfg(unix)]
fn name(bytes: &[u8]) -> std::borrow::Cow<'_, OsStr> {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).into()
}

/// Two bytes a unit, so that lone surrogates come by.
#[cfg(windows)]
fn name(bytes: &[u8]) -> std::borrow::Cow<'_, OsStr> {
    use std::os::windows::ffi::OsStringExt as _;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    std::ffi::OsString::from_wide(&units).into()
}

/// What the page and other processes of the same person ask.
pub fn ipc(bytes: &[u8]) {
    if let Ok(view) = serde_json::from_slice::<View>(bytes) {
        let again = serde_json::to_vec(&view).map(|text| serde_json::from_slice::<View>(&text).ok());
        assert_eq!(again.ok().flatten(), Some(view));
    }
    let _ = serde_json::from_slice::<(Action, Vec<Target>)>(bytes);
    let _ = serde_json::from_slice::<DestinationId>(bytes);
    let _ = serde_json::from_slice::<crate::uploader::control::Request>(bytes);
}

/// Addresses as people and policies write them: of the company, of a store, of a proxy.
pub fn proxy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(base) = address::parse(text) {
        assert!(base.scheme() == "https" || address::is_loopback(&base), "{base}");
        assert!(base.path().ends_with('/') && base.username().is_empty(), "{base}");
    }
    let _ = serde_json::from_str::<crate::policy::Policy>(text);
    if let Ok(url) = url::Url::parse(text) {
        let secret = url.password().map(str::to_owned).filter(|secret| secret.len() > 5);
        let errors = match Proxies::through(url) {
            Ok(proxies) => {
                let net = Net { proxies, ..Net::default() };
                assert!(
                    secret.as_ref().is_none_or(|secret| !format!("{net:?}").contains(secret)),
                    "a password is told"
                );
                [net.backend_client().err(), crate::s3::http_client(&net).err()]
            }
            Err(error) => [Some(error), None],
        };
        for error in errors.into_iter().flatten() {
            assert!(secret.as_ref().is_none_or(|secret| !said(&error).contains(secret)), "a password in an error");
        }
    }
}

fn said(error: &Error) -> String {
    format!("{error} {error:?}")
}

/// A target: its name, its body, and examples to begin with.
pub type Entry = (&'static str, fn(&[u8]), &'static [&'static str]);

/// All of them.
pub const TARGETS: [Entry; 6] = [
    (
        "journal",
        journal,
        &[
            r#"{"state":{"kind":"uploading"},"on_s3":{"kind":"upload","upload":"u"}}"#,
            r#"{"state":{"kind":"waiting","code":"offline","until":7},"on_s3":{"kind":"putting"}}"#,
            r#"{"state":{"kind":"done","etag":"e","at":7},"on_s3":{"kind":"nothing"}}"#,
            r#"{"multipart":{"size":20971520,"part_size":8388608,"count":3}}"#,
            r#"{"size":9,"mtime":1,"ctime":1,"volume":7,"file":3,"in_doubt":true}"#,
            r#"{"bucket":"media","prefix":"in/","region":"eu-central-1"}"#,
        ],
    ),
    (
        "backend",
        backend,
        &[
            r#"{"api_version":1,"name":"Example","auth":{"kind":"token"},"support":{"words":"Ask"},"policy":{"presets":{"tray":false},"locks":{"usual_limit":0}},"receipts":true}"#,
            r#"[{"id":"r","label":"Rushes","bucket":"media","region":"eu-central-1","collision":"suffix","account_id":"123456789012","sse":{"kind":"kms","key_id":"k"},"tags":{"a":"b"},"link_template":"https://example.com/{key}"}]"#,
            r#"{"access_key_id":"A","secret_access_key":"s","session_token":"t","region":"eu-central-1","bucket":"media","key_prefix":"u/5f3a/","expiration":"2026-11-23T21:00:00Z"}"#,
            r#"{"title":"No","status":403,"code":"account-disabled","detail":"d"}"#,
        ],
    ),
    (
        "store",
        store,
        &[
            "  <?xml version=\"1.0\"?><ListPartsResult><Bucket>media</Bucket><Key>in/a</Key><UploadId>u</UploadId><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag><Size>5</Size><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME></Part></ListPartsResult>",
            "  <InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
            "  <CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
            "  <Error><Code>SlowDown</Code><Message>Please &lt;wait&gt;</Message><RequestId>r</RequestId></Error>",
            "  <html><body>Welcome</body></html>",
        ],
    ),
    ("key", key, &["day 1/u\u{308}ber.mov", "../a", "a//b/./c", "CON", "photo\u{202e}gpj.exe", "/abs"]),
    (
        "ipc",
        ipc,
        &[
            r#"{"filter":"needs-you","first":3,"count":500,"open":[1,2],"details":null}"#,
            r#"["pause",[{"kind":"item","id":1},{"kind":"transfer","id":2},{"kind":"batch","id":3}]]"#,
            r#"{"action":"cancel","transfers":[1,2]}"#,
            r#""rushes""#,
        ],
    ),
    (
        "proxy",
        proxy,
        &[
            "http://user:password@proxy.example.com:3128",
            "uploads.example.com",
            "https://[::1]:8443/davit?x#y",
            "socks5://proxy:1080",
            r#"{"server":"https://example.com","store":{"endpoint":"https://store.example.com","path_style":true},"locks":{"keep_awake":true}}"#,
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn understood<T: for<'a> serde::Deserialize<'a>>(target: usize, example: usize) {
        let (name, run, examples) = TARGETS[target];
        let read = serde_json::from_str::<T>(examples[example]).map(drop);
        assert!(read.is_ok(), "{name} {example}: {read:?}");
        run(examples[example].as_bytes());
    }

    #[test]
    fn fuzzing_begins_with_examples_that_are_understood() {
        (0..3).for_each(|example| understood::<Standing>(0, example));
        understood::<Plan>(0, 3);
        understood::<Fingerprint>(0, 4);
        understood::<crate::credentials::Scope>(0, 5);
        understood::<wire::Discovery>(1, 0);
        understood::<Vec<wire::Destination>>(1, 1);
        understood::<wire::Credentials>(1, 2);
        understood::<View>(4, 0);
        understood::<(Action, Vec<Target>)>(4, 1);
        understood::<crate::uploader::control::Request>(4, 2);
        understood::<crate::policy::Policy>(5, 4);
    }
}
