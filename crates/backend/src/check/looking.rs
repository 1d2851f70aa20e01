//! The rules of `POST /v1/verify`, for servers that announce it.

use davit_core::session::shape;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::Seen;
use super::{Check, TOO_LARGE, bytes, taken};

const PATH: &str = "v1/verify";

impl Check {
    /// A key that nobody has, at one destination.
    pub(super) async fn looks(&mut self, to: &Value, prefix: &str) {
        let seen = self.looked(&to["id"], &format!("{prefix}davit-backend-check-{}", Uuid::new_v4())).await;
        let absent = seen.status == 200 && seen.body["found"] == false;
        self.rule("a key that nobody has is answered found: false", absent, || {
            format!("destination {}: {}", to["id"], seen.shown())
        });
        let taken = taken(&seen.body, shape::verified);
        self.rule("what lies at a key is told as a client takes it", taken.is_ok(), || taken.err().unwrap_or_default());
        self.no_look_is_stored(&seen);
    }

    /// What is refused, and how.
    pub(super) async fn looks_wrongly(&mut self, to: &Value, prefix: &str, by_token: bool) {
        // Beside the prefix, above it, and out of it by dots.
        let beside = format!("{}-{}/x", prefix.trim_end_matches('/'), Uuid::new_v4());
        for key in [beside, Uuid::new_v4().to_string(), format!("{prefix}../{}", Uuid::new_v4())] {
            let seen = self.looked(&to["id"], &key).await;
            let refused = seen.is_problem(403) && seen.body["code"] == "not-allowed";
            self.rule("a key outside the person's prefix is answered 403 not-allowed", refused, || seen.shown());
            self.no_look_is_stored(&seen);
        }
        let seen = self.looked(&json!("there is no such destination"), &format!("{prefix}x")).await;
        self.rule("a look at an unknown destination is answered 404", seen.is_problem(404), || seen.shown());
        let seen = self.asker.ask("POST", PATH, bytes(&json!({"destination": to["id"]}))).await;
        self.rule("a look without a key is answered 400 with a problem document", seen.is_problem(400), || {
            seen.shown()
        });
        self.no_look_is_stored(&seen);
        let seen = self.looked(&to["id"], &format!("{prefix}{}", "x".repeat(TOO_LARGE))).await;
        self.rule("a look too large is answered 413 with a problem document", seen.is_problem(413), || seen.shown());
        if by_token {
            let body = bytes(&json!({"destination": to["id"], "key": format!("{prefix}x")}));
            let seen = self.asker.ask_as(None, "POST", PATH, body).await;
            self.rule("a look without a token is answered 401", seen.is_problem(401), || seen.shown());
        }
    }

    async fn looked(&self, destination: &Value, key: &str) -> Seen {
        self.asker.ask("POST", PATH, bytes(&json!({"destination": destination, "key": key}))).await
    }

    fn no_look_is_stored(&mut self, seen: &Seen) {
        let rule = "what lies at a key is not to be stored, errors neither";
        self.rule(rule, seen.no_store, || format!("{} without Cache-Control: no-store", seen.status));
    }
}
