//! The contract's test suite: asks any server what a client asks, and names what does not hold.
//!
//! Of credentials only the names of fields are ever shown. Where looking is announced, keys are asked for that nobody has. Where receipts are announced, two small ones are handed over;
//! they name this check as their writer.

mod ask;
#[cfg(test)]
mod broken;
mod looking;

use std::collections::BTreeSet;
use std::sync::Mutex;

use davit_core::session::{address, shape, wire};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use ask::{Asker, Seen};

/// The shortest life of credentials, in seconds.
const SHORTEST: i64 = 900;
/// What the road and the server's own work may take of it, in seconds.
const ROAD: i64 = 10;
/// The longest, in seconds: STS gives no more.
const LONGEST: i64 = 129_600;
/// Longer than any question of the contract but a receipt, in bytes.
const TOO_LARGE: usize = (1 << 20) + 1;

/// One rule of the contract, and whether it holds.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule, as a sentence.
    pub rule: &'static str,
    /// Nothing, or what was seen instead.
    pub broken: Option<String>,
}

/// Asks `server` with `token`, and answers every rule.
///
/// # Errors
/// A sentence, when the server cannot be asked at all.
pub async fn check(server: &str, token: Option<&str>) -> Result<Vec<Finding>, String> {
    let base = address::parse(server).map_err(|error| format!("{server:?} cannot be asked: {error}"))?;
    let client = davit_core::net::Net::default().backend_client().map_err(|error| error.to_string())?;
    let asker = Asker { base, client, token: token.map(str::to_owned), moved: Mutex::default() };
    let found = asker.ask_as(None, "GET", ".well-known/davit.json", None).await;
    if found.status == 0 {
        let why = found.shown();
        return Err(format!("{} does not answer: {}", asker.base, why.trim_start_matches("no answer: ")));
    }
    let mut check = Check { asker, findings: Vec::new() };
    check.run(&found).await;
    Ok(check.findings)
}

struct Check {
    asker: Asker,
    findings: Vec<Finding>,
}

impl Check {
    fn rule(&mut self, rule: &'static str, holds: bool, seen: impl FnOnce() -> String) {
        self.findings.push(Finding { rule, broken: (!holds).then(seen) });
    }

    async fn run(&mut self, discovery: &Seen) {
        let auth = self.discovery(discovery);
        self.errors().await;
        if auth != "none" {
            self.strangers(auth == "token").await;
        }
        if auth != "none" && self.asker.token.is_none() {
            self.rule("the check has a token", false, || "none; set DAVIT_TOKEN for the rest of the rules".to_owned());
        } else {
            let all = self.destinations().await;
            self.refusals().await;
            let mut places = Vec::new();
            for to in &all {
                places.push((to, self.credentials(to).await));
            }
            if discovery.body["verify"] == true {
                for (to, prefix) in &places {
                    self.looks(to, prefix).await;
                }
                if let Some((first, prefix)) = places.first() {
                    self.looks_wrongly(first, prefix, auth == "token").await;
                }
            }
            if let Some(first) = all.first()
                && discovery.body["receipts"] == true
            {
                self.receipts(first, auth == "token").await;
            }
        }
        let moved = self.asker.moved.lock().map(|moved| moved.join(", ")).unwrap_or_default();
        self.rule("no answer sends elsewhere", moved.is_empty(), || moved);
    }

    fn discovery(&mut self, found: &Seen) -> String {
        let auth = found.body["auth"]["kind"].as_str().unwrap_or_default().to_owned();
        let json = found.status == 200 && found.kind.contains("json");
        self.rule("discovery answers 200 with JSON", json, || found.shown());
        self.rule("discovery names api_version 1", found.body["api_version"] == 1, || found.shown());
        self.rule("discovery names the company", found.body["name"].is_string(), || found.shown());
        self.rule("auth is oidc, token or none", ["oidc", "token", "none"].contains(&auth.as_str()), || auth.clone());
        let here = address::is_loopback(&self.asker.base);
        self.rule("auth none is for loopback", auth != "none" || here, || auth.clone());
        let taken = taken(&found.body, shape::discovery);
        self.rule("discovery is what a client takes", taken.is_ok(), || taken.err().unwrap_or_default());
        auth
    }

    /// What every address answers when it is asked wrongly.
    async fn errors(&mut self) {
        let seen = self.asker.ask("GET", "v1/there-is-no-such-path", None).await;
        self.rule("an unknown path is answered 404 with a problem document", seen.is_problem(404), || seen.shown());
        let seen = self.asker.ask("DELETE", "v1/credentials", None).await;
        self.rule("a wrong method is answered 405 with a problem document", seen.is_problem(405), || seen.shown());
    }

    async fn strangers(&mut self, by_token: bool) {
        if by_token {
            let seen = self.asker.ask_as(Some("not-a-token"), "GET", "v1/destinations", None).await;
            self.rule("a wrong token is answered 401 with a problem document", seen.is_problem(401), || seen.shown());
        }
        let seen = self.asker.ask_as(None, "GET", "v1/destinations", None).await;
        self.rule("no token is answered 401 with a problem document", seen.is_problem(401), || seen.shown());
        let seen = self.asker.ask_as(None, "POST", "v1/credentials", bytes(&json!({"destination": "x"}))).await;
        self.rule("no token gets no credentials, but 401 with a problem document", seen.is_problem(401), || {
            seen.shown()
        });
        self.not_stored(&seen);
    }

    fn not_stored(&mut self, seen: &Seen) {
        let rule = "answers about credentials are not to be stored, errors neither";
        self.rule(rule, seen.no_store, || format!("{} without Cache-Control: no-store", seen.status));
    }

    async fn destinations(&mut self) -> Vec<Value> {
        let list = self.asker.ask("GET", "v1/destinations", None).await;
        self.rule("destinations answer 200 with a list", list.status == 200 && list.body.is_array(), || list.shown());
        let all = list.body.as_array().cloned().unwrap_or_default();
        for entry in &all {
            let whole = ["id", "label", "bucket", "region", "collision"].iter().all(|field| entry[*field].is_string());
            self.rule("a destination has id, label, bucket, region and collision", whole, || entry.to_string());
            let taken = taken(entry, shape::destination);
            self.rule("a destination is what a client takes", taken.is_ok(), || taken.err().unwrap_or_default());
        }
        let ids: BTreeSet<String> = all.iter().map(|entry| entry["id"].to_string()).collect();
        self.rule("no two destinations share an id", ids.len() == all.len(), || {
            format!("{} ids for {} destinations", ids.len(), all.len())
        });
        all
    }

    async fn refusals(&mut self) {
        let gone = bytes(&json!({"destination": "there is no such destination"}));
        let seen = self.asker.ask("POST", "v1/credentials", gone).await;
        self.rule("an unknown destination is answered 404 with a problem document", seen.is_problem(404), || {
            seen.shown()
        });
        self.not_stored(&seen);
        for body in [b"{\"destination\":".to_vec(), b"{}".to_vec()] {
            let seen = self.asker.ask("POST", "v1/credentials", Some(body)).await;
            self.rule("a body that is none is answered 400 with a problem document", seen.is_problem(400), || {
                seen.shown()
            });
            self.not_stored(&seen);
        }
        let large = bytes(&json!({"destination": "x".repeat(TOO_LARGE)}));
        let seen = self.asker.ask("POST", "v1/credentials", large).await;
        self.rule("a body too large is answered 413 with a problem document", seen.is_problem(413), || seen.shown());
        self.not_stored(&seen);
    }

    /// Answers the prefix that they reach.
    async fn credentials(&mut self, to: &Value) -> String {
        let seen = self.asker.ask("POST", "v1/credentials", bytes(&json!({"destination": to["id"]}))).await;
        // What is shown of it holds no secret: only the status and the names of fields.
        let names = seen.body.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>().join(", "));
        let fields = || format!("{} with {}", seen.status, names.clone().unwrap_or_default());
        let text = |field: &str| seen.body[field].as_str().unwrap_or_default();
        let keys = ["access_key_id", "secret_access_key", "session_token", "region"];
        let whole = keys.iter().all(|field| !text(field).is_empty());
        self.rule("credentials have their four fields", seen.status == 200 && whole, fields);
        self.not_stored(&seen);
        self.rule("credentials name the destination's bucket", seen.body["bucket"] == to["bucket"], fields);
        self.rule("credentials name the destination's region", seen.body["region"] == to["region"], fields);
        self.rule("the prefix ends in /", text("key_prefix").ends_with('/'), fields);
        // Fields with the wrong type already break a rule above; serde might repeat a secret.
        let well = serde_json::from_value::<wire::Credentials>(seen.body.clone()).ok();
        let taken = well.as_ref().map_or_else(|| Err(fields()), shape::credentials);
        self.rule("credentials are what a client takes", taken.is_ok(), || taken.err().unwrap_or_default());
        let ends = OffsetDateTime::parse(text("expiration"), &Rfc3339).ok().map(OffsetDateTime::unix_timestamp);
        self.rule("credentials say when they end, in RFC 3339", ends.is_some(), fields);
        if let Some(ends) = ends {
            let now = seen.date.unwrap_or_else(|| OffsetDateTime::now_utc().unix_timestamp());
            let left = ends.saturating_sub(now);
            let told = || format!("{left} s by the answer's Date");
            self.rule("credentials live 900 s or more", left >= SHORTEST - ROAD, told);
            self.rule("credentials live 36 hours at most", left <= LONGEST + ROAD, told);
        }
        let endpoint = seen.body.as_object().is_some_and(|all| all.keys().any(|key| key.contains("endpoint")));
        self.rule("nothing names an endpoint", !endpoint, fields);
        text("key_prefix").to_owned()
    }

    async fn receipts(&mut self, to: &Value, by_token: bool) {
        let receipt = |destination: &Value| {
            json!({
                "batch_id": Uuid::new_v4(), "destination": destination, "finished_at": "2026-01-01T00:00:00Z",
                "client_version": concat!("davit-backend-check/", env!("CARGO_PKG_VERSION")),
                "uploaded": [], "skipped": [{"path": "nothing", "rule": "check"}], "failed": [],
            })
        };
        let sent = receipt(&to["id"]);
        let seen = self.asker.ask("POST", "v1/receipts", bytes(&sent)).await;
        let answers = |seen: &Seen| (200..300).contains(&seen.status) && seen.body["batch_id"] == sent["batch_id"];
        self.rule("a receipt is taken, and answered with its batch_id", answers(&seen), || seen.shown());
        let seen = self.asker.ask("POST", "v1/receipts", bytes(&sent)).await;
        self.rule("the same receipt is taken again", answers(&seen), || seen.shown());
        // A larger one than most limits on bodies: the contract's is 64 MiB.
        let mut large = receipt(&to["id"]);
        large["skipped"] =
            (0..40_000).map(|n| json!({"path": format!("{n}/{}", "x".repeat(80)), "rule": "check"})).collect();
        let seen = self.asker.ask("POST", "v1/receipts", bytes(&large)).await;
        self.rule("a receipt of 5 MB is taken", (200..300).contains(&seen.status), || seen.shown());
        let seen = self.asker.ask("POST", "v1/receipts", Some(b"{}".to_vec())).await;
        self.rule("a receipt that is none is answered 400 with a problem document", seen.is_problem(400), || {
            seen.shown()
        });
        let gone = receipt(&json!("there is no such destination"));
        let seen = self.asker.ask("POST", "v1/receipts", bytes(&gone)).await;
        self.rule("a receipt for an unknown destination is answered 404", seen.is_problem(404), || seen.shown());
        if by_token {
            let seen = self.asker.ask_as(None, "POST", "v1/receipts", bytes(&receipt(&to["id"]))).await;
            self.rule("a receipt without a token is answered 401", seen.is_problem(401), || seen.shown());
        }
    }
}

fn bytes(body: &Value) -> Option<Vec<u8>> {
    serde_json::to_vec(body).ok()
}

/// Whether a client takes it, by the client's own rules.
fn taken<T: serde::de::DeserializeOwned>(body: &Value, by: impl Fn(&T) -> Result<(), String>) -> Result<(), String> {
    let read: T = serde_json::from_value(body.clone()).map_err(|error| shape::told(&error.to_string()))?;
    by(&read)
}
