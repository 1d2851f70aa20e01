//! What a report tells: facts and numbers, as JSON that people can read.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::check::Checked;
use crate::journal::{Outlook, Reader, StatusRow};
use crate::net::{ANYWHERE, Net, Proxies, ProxyFrom};
use crate::settings::Settings;
use crate::units::UnixTime;

/// What an environment may say that matters. That it is set is told, never what to.
const ENVIRONMENT: [&str; 16] = [
    "DAVIT_HOME",
    "DAVIT_SERVER",
    "DAVIT_TOKEN",
    "DAVIT_LOG",
    "DAVIT_POLICY",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_CURRENT_DESKTOP",
];

fn told(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// This Davit, and the system it runs on.
pub(super) fn about() -> String {
    let set: Vec<_> = ENVIRONMENT.into_iter().filter(|name| std::env::var_os(name).is_some()).collect();
    told(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "written": UnixTime::now().0,
        "system": std::env::consts::OS,
        "systemVersion": whoami::distro().unwrap_or_default(),
        "processor": std::env::consts::ARCH,
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "timeZone": jiff::tz::TimeZone::system().iana_name(),
        "environment": set,
    }))
}

/// As they are on record: no secret ever goes in.
pub(super) fn settings(home: &Path) -> String {
    match Settings::load(home) {
        Ok(settings) => told(&serde_json::to_value(settings).unwrap_or_default()),
        Err(error) => told(&json!({ "problem": error.to_string() })),
    }
}

/// The way out.
pub(super) fn network(net: &Net) -> String {
    let Net { proxies, ca_bundle, connect_timeout, direct } = net;
    told(&json!({
        "proxy": proxy(proxies),
        "ownCertificates": ca_bundle.is_some(),
        "connectTimeoutMs": u64::try_from(connect_timeout.as_millis()).unwrap_or(u64::MAX),
        "direct": direct,
    }))
}

fn proxy(proxies: &Proxies) -> Value {
    let Some(through) = proxies.taken(&http::Uri::from_static(ANYWHERE)) else { return Value::Null };
    let from = match through.from {
        ProxyFrom::Person => "settings",
        ProxyFrom::Environment => "environment",
        ProxyFrom::System => "system",
    };
    json!({ "host": through.host(), "from": from, "hasPassword": through.auth.is_some() })
}

/// What the last check found.
pub(super) fn check(home: &Path) -> String {
    told(&serde_json::to_value(Checked::of(home)).unwrap_or_default())
}

/// Every name that is on record, and every name of what was watched or ended.
pub(super) fn names(home: &Path) -> Vec<String> {
    let outlook = Outlook::of(home).ok().flatten();
    let lies = outlook.as_ref().map_or(home, Outlook::home);
    Reader::open(lies).map(|reader| reader.names()).unwrap_or_default()
}

/// What is on record, in numbers; with names where they may be shown.
pub(super) fn records(home: &Path, names: bool) -> String {
    let outlook = Outlook::of(home).ok().flatten();
    let lies = outlook.as_ref().map_or(home, Outlook::home);
    let rows = match Reader::open(lies).and_then(|reader| reader.status()) {
        Ok(rows) => rows,
        Err(error) => return told(&json!({ "problem": error.to_string() })),
    };
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for row in &rows {
        *states.entry(state(row)).or_default() += 1;
    }
    let sum = |of: fn(&StatusRow) -> u64| rows.iter().map(of).fold(0, u64::saturating_add);
    let mut all = json!({
        "damaged": outlook.is_some(),
        "files": rows.len(),
        "bytes": sum(|row| row.size.get()),
        "acknowledged": sum(|row| row.sent.get()),
        "states": states,
    });
    if names {
        let named =
            rows.iter().map(|row| json!({ "path": row.path.to_string_lossy(), "key": row.key, "state": state(row) }));
        all["named"] = named.collect();
    }
    told(&all)
}

/// "waiting offline", "done".
fn state(row: &StatusRow) -> String {
    let state = serde_json::to_value(&row.standing.state).unwrap_or_default();
    let text = |name: &str| state[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("kind"), text("code")).trim().to_owned()
}
