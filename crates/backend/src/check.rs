//! The contract's test suite: asks any server what a client asks, and names what does not hold.

use davit_core::session::address;
use serde_json::Value;
use url::Url;

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
    let base = address::parse(server).map_err(|error| error.to_string())?;
    let client = davit_core::net::Net::default().backend_client().map_err(|error| error.to_string())?;
    let asker = Asker { base, client, token: token.map(str::to_owned) };
    asker.run().await
}

struct Asker {
    base: Url,
    client: reqwest::Client,
    token: Option<String>,
}

struct Seen {
    status: u16,
    kind: String,
    no_store: bool,
    body: Value,
}

impl Asker {
    async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Result<Seen, String> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let method = method.parse().map_err(|_| "method".to_owned())?;
        let mut request = self.client.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let (status, kind) = (answer.status().as_u16(), header("content-type"));
        let no_store = header("cache-control").contains("no-store");
        let body = answer.json().await.unwrap_or(Value::Null);
        Ok(Seen { status, kind, no_store, body })
    }

    async fn run(&self) -> Result<Vec<Finding>, String> {
        let token = self.token.as_deref();
        let mut findings = Vec::new();
        let mut rule = |rule: &'static str, holds: bool, seen: String| {
            findings.push(Finding { rule, broken: (!holds).then_some(seen) });
        };
        let found = self.ask("GET", ".well-known/davit.json", None, None).await?;
        let auth = found.body["auth"]["kind"].as_str().unwrap_or_default().to_owned();
        rule("discovery answers 200 with JSON", found.status == 200 && found.kind.contains("json"), shown(&found));
        rule("discovery names api_version 1", found.body["api_version"] == 1, shown(&found));
        rule("discovery names the company", found.body["name"].is_string(), shown(&found));
        rule("auth is oidc, token or none", ["oidc", "token", "none"].contains(&auth.as_str()), auth.clone());
        rule("auth none is for loopback", auth != "none" || address::is_loopback(&self.base), auth.clone());

        if auth == "token" {
            let stranger = self.ask("GET", "v1/destinations", Some("not-a-token"), None).await?;
            rule("a wrong token is answered 401", stranger.status == 401, shown(&stranger));
            let bare = self.ask("POST", "v1/credentials", None, Some(serde_json::json!({"destination": "x"}))).await?;
            rule("no token is answered 401", bare.status == 401, shown(&bare));
            let problem = bare.kind.contains("problem+json") && bare.body["code"].is_string();
            rule("errors are problem documents with a code", problem, shown(&bare));
        }
        let list = self.ask("GET", "v1/destinations", token, None).await?;
        rule("destinations answer 200 with a list", list.status == 200 && list.body.is_array(), shown(&list));
        let all = list.body.as_array().cloned().unwrap_or_default();
        for entry in &all {
            let whole = ["id", "label", "bucket", "region", "collision"].iter().all(|field| entry[*field].is_string());
            rule("a destination has id, label, bucket, region and collision", whole, entry.to_string());
        }
        let gone = serde_json::json!({"destination": "there is no such destination"});
        let gone = self.ask("POST", "v1/credentials", token, Some(gone)).await?;
        rule("an unknown destination is answered 404", gone.status == 404, shown(&gone));
        for entry in &all {
            let body = serde_json::json!({"destination": entry["id"]});
            let seen = self.ask("POST", "v1/credentials", token, Some(body)).await?;
            // What is shown of it holds no secret: only the status and the names of fields.
            let fields = || {
                let names = seen.body.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>().join(", "));
                format!("{} with {}", seen.status, names.unwrap_or_default())
            };
            let text = |field: &str| seen.body[field].as_str().unwrap_or_default();
            let keys = ["access_key_id", "secret_access_key", "session_token", "region"];
            let whole = keys.iter().all(|field| !text(field).is_empty());
            rule("credentials have their four fields", seen.status == 200 && whole, fields());
            rule("credentials are not to be stored", seen.no_store, fields());
            rule("credentials name the destination's bucket", seen.body["bucket"] == entry["bucket"], fields());
            rule("credentials name the destination's region", seen.body["region"] == entry["region"], fields());
            rule("the prefix ends in /", text("key_prefix").ends_with('/'), fields());
            rule("credentials say when they end", !text("expiration").is_empty(), fields());
            let endpoint = seen.body.as_object().is_some_and(|all| all.keys().any(|key| key.contains("endpoint")));
            rule("nothing names an endpoint", !endpoint, fields());
        }
        Ok(findings)
    }
}

fn shown(seen: &Seen) -> String {
    let mut body = seen.body.to_string();
    body.truncate(body.char_indices().nth(200).map_or(body.len(), |(at, _)| at));
    format!("{} {} {body}", seen.status, seen.kind)
}
