//! Requests to the company's backend, and what its answers mean. No redirects, bounded size, JSON only.

use reqwest::header::{CONTENT_TYPE, DATE, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

use super::company::{Company, Method, Proof};
use super::pause::Pause;
use super::wire::{
    API_VERSION, Auth, Credentials, CredentialsRequest, Destination, Discovery, Problem, Receipt, ReceiptTaken,
    Verified, VerifyRequest,
};
use super::{address, checks, shape};
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::net::{Net, http_date, retry_after, wants_a_login};

/// No answer of the contract is nearly as long.
const LONGEST: usize = 1 << 20;
/// A receipt of 100,000 files is some 30 MB, and lines are slow: so long at least, and as long as so many bytes a second
/// take.
const RECEIPT_TAKES: Duration = Duration::from_secs(600);
const RECEIPT_PACE: u64 = 16 << 10;

/// A backend at an address.
#[derive(Clone, Debug)]
pub struct Backend {
    base: Url,
    net: Net,
    client: reqwest::Client,
    /// What the policy file says of a company that has nothing but credentials to give.
    company: Option<Arc<Company>>,
    /// Whether it ever answered.
    reached: Arc<AtomicBool>,
    /// What engines ask for keeps to it; who signs in asks at once.
    pause: Arc<Pause>,
}

/// An answer with the moment the backend gave it.
pub(super) struct Dated<T> {
    pub(super) body: T,
    /// The `Date` header, in seconds since 1970.
    pub(super) date: Option<i64>,
}

impl Backend {
    /// A backend at a checked address.
    ///
    /// # Errors
    /// `bad-certificate-file`, `bad-input` for a proxy that is none.
    pub fn new(base: Url, net: &Net) -> Result<Self> {
        Self::at_an_address(base, None, net)
    }

    /// An endpoint that gives credentials and nothing else; the rest comes from the policy file.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn of_company(company: Arc<Company>, net: &Net) -> Result<Self> {
        let base = address::endpoint(&company.credentials_url)?;
        Self::at_an_address(base, Some(company), net)
    }

    fn at_an_address(base: Url, company: Option<Arc<Company>>, net: &Net) -> Result<Self> {
        let net = net.towards(&base);
        let client = net.backend_client()?;
        Ok(Self { base, net, client, company, reached: Arc::default(), pause: Arc::default() })
    }

    /// Where it is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Who it is.
    ///
    /// # Errors
    /// `address-unreachable`, `address-not-davit`, `captive-portal` where that is certain, `backend-contract`,
    /// `client-too-old`, `untrusted-server`.
    pub async fn discover(&self) -> Result<Discovery> {
        if let Some(company) = &self.company {
            let auth = match company.auth {
                Proof::Token => Auth::Token,
                Proof::None => Auth::None,
            };
            let name = company.name.clone();
            return Ok(Discovery {
                api_version: API_VERSION,
                name,
                auth,
                minimum_client_version: None,
                support: None,
                policy: None,
                receipts: false,
                verify: false,
            });
        }
        let request = self.client.get(self.at(".well-known/davit.json")?);
        let answer = self.answer(request, None).await;
        // Any other page may be what this address is.
        let surely_a_portal = answer.as_ref().is_ok_and(Answer::is_surely_a_portal);
        let answer = answer.and_then(Answer::read::<Discovery>).map_err(|error| match error.code {
            ErrorCode::CaptivePortal if surely_a_portal => error,
            ErrorCode::Offline => Error::new(ErrorCode::AddressUnreachable).detail(error.detail),
            ErrorCode::CaptivePortal | ErrorCode::DestinationGone => {
                Error::new(ErrorCode::AddressNotDavit).detail(error.detail)
            }
            ErrorCode::BackendContract if !error.detail.contains("field") => {
                Error::new(ErrorCode::AddressNotDavit).detail(error.detail)
            }
            ErrorCode::SignInEnded | ErrorCode::NotAllowed => {
                Error::new(ErrorCode::AddressNotDavit).detail(error.detail)
            }
            _ => error,
        })?;
        let discovery = answer.body;
        if discovery.api_version != API_VERSION {
            return Err(Error::new(ErrorCode::ClientTooOld).detail(format!("api version {}", discovery.api_version)));
        }
        checks::discovery(&discovery)?;
        if let Some(least) = &discovery.minimum_client_version
            && numbers(least) > numbers(env!("CARGO_PKG_VERSION"))
        {
            return Err(Error::new(ErrorCode::ClientTooOld).detail(format!("{least} or newer is needed")));
        }
        Ok(discovery)
    }

    /// Where this person may upload.
    ///
    /// # Errors
    /// `sign-in-ended`, `not-allowed`, `account-disabled`, `backend-contract`, `backend-down`, `offline`.
    pub async fn destinations(&self, token: Option<&SecretString>) -> Result<Vec<Destination>> {
        if let Some(company) = &self.company {
            // Only credentials show whether the token is taken.
            if let Some(first) = company.destinations.first() {
                self.credentials(token, &first.destination.id).await?;
            }
            return Ok(company.destinations.iter().map(|place| place.destination.clone()).collect());
        }
        let request = self.client.get(self.at("v1/destinations")?);
        self.ask(request, token).await.map(|answer| answer.body)
    }

    /// Credentials for a destination.
    pub(super) async fn credentials(
        &self,
        token: Option<&SecretString>,
        destination: &str,
    ) -> Result<Dated<Credentials>> {
        let body = CredentialsRequest { destination: destination.to_owned() };
        let request = match &self.company {
            None => self.client.post(self.at("v1/credentials")?).json(&body),
            Some(company) if company.method == Method::Get => self.client.get(self.base.clone()),
            Some(_) => self.client.post(self.base.clone()).json(&body),
        };
        self.pause.keep(self.ask(request, token)).await
    }

    /// What lies at a key; nothing where this backend cannot look.
    ///
    /// # Errors
    /// As [`Self::destinations`].
    pub(super) async fn verify(
        &self,
        token: Option<&SecretString>,
        destination: &str,
        key: &str,
    ) -> Result<Option<Verified>> {
        let body = VerifyRequest { destination: destination.to_owned(), key: key.to_owned() };
        let request = self.client.post(self.at("v1/verify")?).json(&body);
        let looked = async {
            let answer = self.answer(request, token).await?;
            if answer.knows_no_such_request() { Ok(None) } else { answer.read().map(|dated| Some(dated.body)) }
        };
        self.pause.keep(looked).await
    }

    /// Hands over the receipt of a finished batch. Sending the same again does no harm. How long one may be is the
    /// backend's to say.
    ///
    /// # Errors
    /// As [`Self::destinations`], and `destination-gone`.
    pub async fn send_receipt(&self, token: Option<&SecretString>, receipt: &Receipt) -> Result<()> {
        let body = serde_json::to_vec(receipt).map_err(|error| Error::new(ErrorCode::Unexpected).source(error))?;
        let takes = RECEIPT_TAKES + Duration::from_secs(body.len() as u64 / RECEIPT_PACE);
        let request = self.client.post(self.at("v1/receipts")?).timeout(takes);
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        self.pause.keep(self.ask::<ReceiptTaken>(request, token)).await.map(|_| ())
    }

    /// The prefix that a destination's credentials reach, where the answer does not say.
    pub(super) fn prefix_of(&self, destination: &str) -> Option<String> {
        let mut places = self.company.as_ref()?.destinations.iter();
        places.find(|place| place.destination.id == destination).map(|place| place.key_prefix.clone())
    }

    fn at(&self, path: &str) -> Result<Url> {
        self.base.join(path).map_err(|e| Error::new(ErrorCode::BadInput).source(e))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        token: Option<&SecretString>,
    ) -> Result<Dated<T>> {
        self.answer(request, token).await?.read()
    }

    async fn answer(&self, request: RequestBuilder, token: Option<&SecretString>) -> Result<Answer> {
        let request = match token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        let reached = self.reached.load(Ordering::Relaxed);
        let sent = self.net.send(request).await.map_err(|error| no_answer(&error).on_a_way_that_worked(reached));
        let response = sent?;
        self.reached.store(true, Ordering::Relaxed);
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
        let challenges = asks_for_a_bearer(&response);
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let date = header(DATE);
        let wait = retry_after(header(RETRY_AFTER).as_deref(), date.as_deref());
        let date = date.as_deref().and_then(http_date);
        if status.is_redirection() {
            return Err(Error::new(ErrorCode::CaptivePortal).detail(format!("{status}: it sends elsewhere")));
        }
        let bytes = bounded(response).await.map_err(|error| match error.code {
            ErrorCode::BackendContract if !kind.contains("json") => of_another(status, &kind),
            _ => error,
        })?;
        Ok(Answer { status, kind, challenges, least: self.company.is_some(), wait, date, bytes })
    }
}

/// An answer as it came, whole.
struct Answer {
    status: StatusCode,
    kind: String,
    /// Whether it asks for a bearer's token. Source: RFC 6750, 3.
    challenges: bool,
    /// Whether it is of an endpoint that knows nothing of the contract but credentials.
    least: bool,
    wait: Option<Duration>,
    date: Option<i64>,
    bytes: Vec<u8>,
}

impl Answer {
    /// Whether there is nothing at this path. A gateway without a backend says so too, and it passes.
    fn knows_no_such_request(&self) -> bool {
        matches!(self.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) && self.is_the_companys()
    }

    /// Nobody else says so. Source: RFC 6585, 6.
    fn is_surely_a_portal(&self) -> bool {
        self.status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED
    }

    /// Whether a refusal is the company's own word, and not that of a filter, a gateway or a page of the local network: it
    /// is JSON, as the contract has it. A 401 may be bare or ask for a bearer, as gateways do that know who may in. An
    /// endpoint that knows nothing of the contract says it in whatever words, but in no web page.
    fn is_the_companys(&self) -> bool {
        let json = || serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&self.bytes).is_ok();
        let signs_in = self.status == StatusCode::UNAUTHORIZED && (self.challenges || self.bytes.is_empty());
        let page = ["text/html", "application/xhtml"].iter().any(|page| self.kind.starts_with(page));
        (self.kind.contains("json") && json()) || signs_in || (self.least && !page)
    }

    fn read<T: DeserializeOwned>(self) -> Result<Dated<T>> {
        if !self.status.is_success() {
            return Err(self.refused());
        }
        let Self { status, kind, date, bytes, .. } = self;
        if !kind.contains("json") {
            return Err(of_another(status, &kind));
        }
        let body = serde_json::from_slice(&bytes).map_err(|e| {
            let what = if e.is_data() { unlike(&e.to_string()) } else { "not JSON".to_owned() };
            Error::new(ErrorCode::BackendContract).detail(what)
        })?;
        Ok(Dated { body, date })
    }

    fn refused(self) -> Error {
        let problem: Problem = serde_json::from_slice(&self.bytes).unwrap_or_default();
        let status = self.status;
        let said = match &problem.detail {
            Some(detail) => format!("{status} {}: {detail}", problem.code),
            None => format!("{status} {}", problem.code),
        };
        let is = |code| Error::new(code).detail(shape::told(&said));
        match (status.as_u16(), problem.code.as_str()) {
            _ if self.is_surely_a_portal() => of_another(status, &self.kind),
            (407, _) => is(ErrorCode::ProxyAuth),
            // Whoever says so: it passes.
            (408 | 429 | 500.., _) => {
                let error = is(ErrorCode::BackendDown);
                match self.wait {
                    Some(wait) => error.retry(Retry::After(wait)),
                    None => error,
                }
            }
            _ if !self.is_the_companys() => of_another(status, &self.kind),
            (401, _) => is(ErrorCode::SignInEnded),
            (403, "account-disabled") => is(ErrorCode::AccountDisabled),
            (403, _) => is(ErrorCode::NotAllowed),
            (404, _) => is(ErrorCode::DestinationGone),
            (426, _) => is(ErrorCode::ClientTooOld),
            _ => is(ErrorCode::BackendContract),
        }
    }
}

/// Something on the way answered in the company's place.
pub(super) fn of_another(status: StatusCode, kind: &str) -> Error {
    Error::new(ErrorCode::CaptivePortal).detail(format!("{status} with {}", shape::told(kind)))
}

fn asks_for_a_bearer(response: &Response) -> bool {
    let challenges = response.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.flat_map(|all| all.split(',')).any(|one| one.trim_start().to_ascii_lowercase().starts_with("bearer"))
}

/// What serde says of a body: the field and what was expected, never the value, which may be a secret.
fn unlike(said: &str) -> String {
    match said.split_once(", expected ") {
        Some((_, expected)) => shape::told(&format!("another value than expected: {expected}")),
        None => shape::told(said),
    }
}

pub(super) async fn bounded(mut response: Response) -> Result<Vec<u8>> {
    let endless = || Error::new(ErrorCode::BackendContract).detail("an answer without end");
    if response.content_length().is_some_and(|length| length > LONGEST as u64) {
        return Err(endless());
    }
    let mut all = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
        if all.len() + chunk.len() > LONGEST {
            return Err(endless());
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

pub(super) fn no_answer(error: &reqwest::Error) -> Error {
    if error.is_builder() {
        // A token that no header can carry; the text is not repeated.
        return Error::new(ErrorCode::BadInput).detail("this cannot be asked for");
    }
    let mut said = String::new();
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = cause.downcast_ref::<rustls::Error>().or_else(|| inner?.downcast_ref());
        if let Some(rustls::Error::InvalidCertificate(why)) = tls {
            return Error::new(ErrorCode::UntrustedServer).detail(format!("certificate: {why:?}"));
        }
        if !cause.is::<reqwest::Error>() {
            said = cause.to_string();
        }
        next = cause.source();
    }
    if wants_a_login(&said) {
        return Error::new(ErrorCode::ProxyAuth).detail(shape::told(&said));
    }
    Error::new(ErrorCode::Offline).detail(shape::told(&said))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).take(3).map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_held_is_not_told() {
        let error = serde_json::from_str::<Credentials>("\"wJalrXUt\"").err().expect("no object").to_string();
        assert!(error.contains("wJalrXUt") && !unlike(&error).contains("wJalrXUt"), "{error}");
        let error = serde_json::from_str::<CredentialsRequest>("{}").expect_err("nothing in it").to_string();
        assert!(unlike(&error).contains("missing field `destination`"));
    }

    fn answer(status: u16, kind: &str, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            kind: kind.to_owned(),
            challenges: false,
            least: false,
            wait: None,
            date: None,
            bytes: body.as_bytes().to_vec(),
        }
    }

    /// What a refusal is taken for.
    fn taken(status: u16, kind: &str, body: &str, change: impl FnOnce(&mut Answer)) -> ErrorCode {
        let mut answer = answer(status, kind, body);
        change(&mut answer);
        answer.read::<Credentials>().err().expect("refused").code
    }

    #[test]
    fn a_refusal_is_the_companys_where_it_is_the_contracts_and_else_of_something_on_the_way() {
        use ErrorCode as C;
        const PAGE: &str = "<html>Blocked.</html>";
        let problem = |status, body| taken(status, "application/problem+json", body, |_| {});
        assert_eq!(problem(401, "{}"), C::SignInEnded);
        assert_eq!(problem(403, r#"{"code":"account-disabled"}"#), C::AccountDisabled);
        assert_eq!(problem(403, r#"{"message":"Forbidden"}"#), C::NotAllowed);
        assert_eq!(problem(404, r#"{"code":"destination-gone"}"#), C::DestinationGone);
        assert_eq!(problem(400, r#"{"code":"bad-request"}"#), C::BackendContract);
        assert_eq!(problem(426, r#"{"code":"client-too-old"}"#), C::ClientTooOld);
        for status in [400, 401, 403, 404, 405, 413, 426, 451, 511] {
            for (kind, body) in [("text/html", PAGE), ("text/plain", "Blocked."), ("application/json", PAGE)] {
                assert_eq!(taken(status, kind, body, |_| {}), C::CaptivePortal, "{status} {kind}");
            }
        }
        for status in [400, 403, 404, 426, 511] {
            assert_eq!(taken(status, "", "", |_| {}), C::CaptivePortal, "{status}");
        }
        for status in [408, 429, 500, 502, 503] {
            assert_eq!(taken(status, "text/html", PAGE, |_| {}), C::BackendDown, "{status}");
        }
    }

    #[test]
    fn that_a_backend_cannot_look_is_believed_of_the_backend_alone() {
        for status in [404, 405] {
            let says = |kind, body| answer(status, kind, body).knows_no_such_request();
            assert!(says("application/problem+json", r#"{"code":"not-found"}"#), "{status}");
            assert!(!says("", ""), "{status}: a gateway that finds no backend");
            assert!(!says("text/html", "<html>"), "{status}");
        }
    }

    #[test]
    fn a_bare_401_and_one_that_asks_for_a_bearer_end_the_sign_in() {
        use ErrorCode as C;
        assert_eq!(taken(401, "", "", |_| {}), C::SignInEnded);
        assert_eq!(taken(401, "text/html", "<html>401</html>", |one| one.challenges = true), C::SignInEnded);
        assert_eq!(taken(403, "text/html", "<html>403</html>", |one| one.challenges = true), C::CaptivePortal);
    }

    #[test]
    fn an_endpoint_without_the_contract_refuses_in_whatever_words_but_in_no_page() {
        use ErrorCode as C;
        let least = |status, kind, body| taken(status, kind, body, |one| one.least = true);
        assert_eq!(least(401, "text/plain", "Unauthorized"), C::SignInEnded);
        assert_eq!(least(403, "text/plain", "Forbidden"), C::NotAllowed);
        assert_eq!(least(403, "", ""), C::NotAllowed);
        assert_eq!(least(403, "text/html; charset=utf-8", "<html>"), C::CaptivePortal);
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(numbers("0.10.0") > numbers("0.9.3"));
        assert!(numbers("1.0.0-beta") >= numbers("1.0.0"));
    }
}
