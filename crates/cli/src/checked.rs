//! What a check found of the way to the company, in words: what the doctor does not ask by itself.

use davit_core::check::{Found, Line, Step, Verdict};
use davit_core::error::{Error, ErrorCode};
use davit_core::net::ProxyFrom;
use davit_core::units::ByteRate;

use crate::{text, words};

/// The line's name and words; none for what the doctor told already, and for what could not be looked at.
pub(crate) fn told(line: &Line) -> Option<(&'static str, String)> {
    let name = match line.step {
        Step::Names => "names",
        Step::Proxy => "proxy",
        Step::Certificate => "certificate",
        Step::Storage => "test file",
        Step::Ways => "ways",
        Step::Company | Step::SignIn | Step::Clock => return None,
    };
    let how = match &line.found {
        Found::Skipped { .. } => return None,
        Found::Named { host } => format!("ok, this network knows {}", text::plain(host)),
        Found::Straight => "none".to_owned(),
        Found::Proxy { proxy, from } => format!("{} ({})", text::plain(proxy), said_by(*from)),
        Found::Issuer { issuer } => format!("ok, issued by {}", text::plain(issuer)),
        Found::Sent { rate } => format!("ok, sent and removed ({})", text::speed(rate.0)),
        Found::Ways { accelerated, direct, .. } => {
            let way = |rate: Option<ByteRate>| {
                rate.map_or_else(|| "does not get through".to_owned(), |rate| text::speed(rate.0))
            };
            format!("one connection by Transfer Acceleration: {}, straight: {}", way(*accelerated), way(*direct))
        }
        Found::Problem { code, issuer } => problem(*code, issuer.as_deref(), &line.detail),
        Found::Answers { .. } | Found::SignedIn { .. } | Found::Clock { .. } => return None,
    };
    Some((name, how))
}

/// Whether uploads do not go.
pub(crate) fn is_wrong(line: &Line) -> bool {
    line.verdict == Verdict::Wrong
}

fn said_by(from: ProxyFrom) -> &'static str {
    match from {
        ProxyFrom::Person => "from Davit's settings",
        ProxyFrom::Environment => "from the environment",
        ProxyFrom::System => "from the system's settings",
    }
}

fn problem(code: ErrorCode, issuer: Option<&str>, technical: &str) -> String {
    let whose = issuer.map(|issuer| format!(" It was issued by {}.", text::plain(issuer))).unwrap_or_default();
    format!("{}{whose} [{}]", words::sentence(&Error::new(code)), text::plain(technical))
}

#[cfg(test)]
mod tests {
    use davit_core::check::Skipped;

    use super::*;

    fn line(step: Step, found: Found) -> Line {
        Line { step, verdict: Verdict::Fine, found, detail: "untrusted-server: certificate: UnknownIssuer".to_owned() }
    }

    #[test]
    fn who_changes_secure_connections_is_named() {
        let found = Found::Problem { code: ErrorCode::UntrustedServer, issuer: Some("Example Proxy CA".to_owned()) };
        let (name, how) = told(&line(Step::Certificate, found)).expect("told");
        assert!(name == "certificate" && how.contains("issued by Example Proxy CA."), "{how}");
        assert!(how.ends_with("[untrusted-server: certificate: UnknownIssuer]"), "{how}");
    }

    #[test]
    fn what_was_not_looked_at_or_is_told_already_has_no_line() {
        assert!(told(&line(Step::Storage, Found::Skipped { why: Skipped::NotSignedIn })).is_none());
        assert!(told(&line(Step::Company, Found::Answers { ms: 3 })).is_none());
    }
}
