//! One question of the check, and what came back.

use std::sync::Mutex;

use davit_core::net::innermost;
use davit_core::session::wire::Problem;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::{Duration, sleep};
use url::Url;

/// No answer of the contract is nearly as long.
const LONGEST: usize = 1 << 20;

/// What one question brought back.
#[derive(Default)]
pub(super) struct Seen {
    /// 0 when there was no answer.
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) no_store: bool,
    /// The server's clock, in seconds since 1970.
    pub(super) date: Option<i64>,
    pub(super) body: Value,
    /// Why there was no answer, or none that can be read.
    pub(super) fault: Option<String>,
    wait: Option<u64>,
}

impl Seen {
    /// Whether it is a problem document with a code.
    pub(super) fn is_problem(&self, status: u16) -> bool {
        let problem: Problem = serde_json::from_value(self.body.clone()).unwrap_or_default();
        self.status == status && self.kind.contains("application/problem+json") && !problem.code.is_empty()
    }

    /// For a person who mends it; never for answers with secrets.
    pub(super) fn shown(&self) -> String {
        match &self.fault {
            Some(fault) if self.status == 0 => return fault.clone(),
            Some(fault) => return format!("{} {fault}", self.status),
            None => {}
        }
        let body: String = self.body.to_string().chars().take(200).collect();
        format!("{} {} {body}", self.status, self.kind)
    }
}

/// Who asks, where, and with which token.
pub(super) struct Asker {
    pub(super) base: Url,
    pub(super) client: reqwest::Client,
    pub(super) token: Option<String>,
    /// Paths that sent elsewhere.
    pub(super) moved: Mutex<Vec<String>>,
}

impl Asker {
    /// Asks with the person's token.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Seen {
        self.ask_as(self.token.as_deref(), method, path, body).await
    }

    /// Asks with another token, or none. Where the server says to wait, it waits once.
    pub(super) async fn ask_as(&self, token: Option<&str>, method: &str, path: &str, body: Option<Vec<u8>>) -> Seen {
        let seen = self.once(token, method, path, body.clone()).await;
        match seen.wait {
            Some(wait) if seen.status == 429 => {
                sleep(Duration::from_secs(wait.clamp(1, 60))).await;
                self.once(token, method, path, body).await
            }
            _ => seen,
        }
    }

    async fn once(&self, token: Option<&str>, method: &str, path: &str, body: Option<Vec<u8>>) -> Seen {
        let fault = |fault: String| Seen { fault: Some(fault), ..Seen::default() };
        let (Ok(url), Ok(method)) = (self.base.join(path), method.parse()) else {
            return fault("no such address".to_owned());
        };
        let mut request = self.client.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return fault(format!("no answer: {}", innermost(&error))),
        };
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let mut seen = Seen {
            status: answer.status().as_u16(),
            kind: header("content-type"),
            no_store: header("cache-control").contains("no-store"),
            date: OffsetDateTime::parse(&header("date"), &Rfc2822).ok().map(OffsetDateTime::unix_timestamp),
            wait: header("retry-after").parse().ok(),
            ..Seen::default()
        };
        if answer.status().is_redirection()
            && let Ok(mut moved) = self.moved.lock()
        {
            moved.push(format!("{path}: {}", seen.status));
        }
        let mut all = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if all.len() + chunk.len() <= LONGEST => all.extend_from_slice(&chunk),
                Ok(Some(_)) => break seen.fault = Some("longer than 1 MiB".to_owned()),
                Ok(None) => break seen.body = serde_json::from_slice(&all).unwrap_or(Value::Null),
                Err(error) => break seen.fault = Some(format!("it breaks off: {}", error.without_url())),
            }
        }
        seen
    }
}
