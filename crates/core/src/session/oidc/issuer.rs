//! Who an issuer is, as it describes itself (RFC 8414 and OpenID Connect Discovery 1.0). All of it is input.

use std::sync::Arc;

use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
};
use oauth2::{ClientId, EndpointNotSet, EndpointSet, Scope, StandardRevocableToken, TokenUrl};
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant};
use url::{Url, form_urlencoded};

use super::super::wire::Bearer;
use super::super::{address, shape};
use super::asks::{self, Way};
use super::broken;
use super::grant::TokenAnswer;
use crate::error::Result;
use crate::net::Net;

/// No page has a longer address.
const PAGE: usize = 2_048;

/// What an issuer says of itself holds so long. It may move while Davit runs.
const HOLDS: Duration = Duration::from_secs(3_600);

/// The library's client of a public application.
pub(super) type Client<Authorize = EndpointNotSet, Device = EndpointNotSet, Token = EndpointNotSet> = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    Authorize,
    Device,
    EndpointNotSet,
    EndpointNotSet,
    Token,
>;

/// An issuer, and who we are there. Cheap to clone.
#[derive(Clone, Debug)]
pub(in super::super) struct Issuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    url: Url,
    client_id: String,
    scopes: Vec<String>,
    bearer: Bearer,
    way: Way,
    /// What it said, and when. Held by whoever asks it.
    found: Mutex<Option<(Instant, Arc<Metadata>)>>,
}

/// What it says of itself, checked.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    /// Where a person signs in.
    pub(super) authorization_endpoint: Option<Url>,
    pub(super) token_endpoint: Url,
    /// Where a code is asked for that a person types elsewhere.
    pub(super) device_authorization_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    code_challenge_methods_supported: Option<Vec<String>>,
    /// Whether it says with an answer who gave it. Source: RFC 9207.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Issuer {
    /// The issuer that the backend at `backend` names: https, or plain http on loopback, where the backend is too.
    ///
    /// # Errors
    /// `backend-contract`, `bad-certificate-file`.
    pub(in super::super) fn new(
        issuer: &str,
        client_id: &str,
        scopes: &[String],
        bearer: Bearer,
        backend: &Url,
        net: &Net,
    ) -> Result<Self> {
        let url = Url::parse(issuer).map_err(|_| broken("its name is no address"))?;
        reachable(&url, backend)?;
        let net = net.towards(&url);
        let way = Way { client: net.backend_client()?, net };
        Ok(Self(Arc::new(Inner {
            issuer: issuer.to_owned(),
            url,
            client_id: client_id.to_owned(),
            scopes: scopes.to_vec(),
            bearer,
            way,
            found: Mutex::default(),
        })))
    }

    pub(super) fn name(&self) -> &str {
        &self.0.issuer
    }

    pub(super) fn client_id(&self) -> &str {
        &self.0.client_id
    }

    pub(super) fn bearer(&self) -> Bearer {
        self.0.bearer
    }

    pub(super) fn way(&self) -> &Way {
        &self.0.way
    }

    /// What to ask for.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.scopes.iter().cloned().map(Scope::new)
    }

    /// Whether it is asked who the person is.
    pub(super) fn tells_who(&self) -> bool {
        self.0.scopes.iter().any(|scope| scope == "openid")
    }

    /// Who we are there.
    pub(super) fn us(&self) -> Client {
        Client::new(ClientId::new(self.0.client_id.clone()))
    }

    /// The same, for whoever asks for tokens.
    pub(super) fn tokens(&self, found: &Metadata) -> Client<EndpointNotSet, EndpointNotSet, EndpointSet> {
        self.us().set_token_uri(TokenUrl::from_url(found.token_endpoint.clone()))
    }

    /// What it says of itself; asked once for a while.
    ///
    /// # Errors
    /// `backend-contract`, or that it does not answer.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>> {
        let mut found = self.0.found.lock().await;
        if let Some((at, said)) = &*found
            && at.elapsed() < HOLDS
        {
            return Ok(Arc::clone(said));
        }
        let said = Arc::new(self.discover().await?);
        *found = Some((Instant::now(), Arc::clone(&said)));
        Ok(said)
    }

    /// By what it said it could not be asked: it is asked anew what it is.
    pub(super) async fn doubts(&self) {
        *self.0.found.lock().await = None;
    }

    async fn discover(&self) -> Result<Metadata> {
        for from in places(&self.0.url) {
            if let Some(bytes) = asks::get(&self.0.way, from).await? {
                return self.checked(&bytes);
            }
        }
        Err(broken("it does not describe itself"))
    }

    fn checked(&self, bytes: &[u8]) -> Result<Metadata> {
        let found: Metadata = serde_json::from_slice(bytes)
            .map_err(|error| broken(&format!("its description: {}", shape::told(&error.to_string()))))?;
        // Letter by letter. Source: RFC 8414, 3.3.
        if found.issuer != self.0.issuer {
            return Err(broken("it calls itself otherwise than the company does"));
        }
        let named = [&found.authorization_endpoint, &found.device_authorization_endpoint, &found.revocation_endpoint];
        for url in named.into_iter().flatten().chain([&found.token_endpoint]) {
            reachable(url, &self.0.url)?;
        }
        let s256 = |methods: &Vec<String>| methods.iter().any(|method| method == "S256");
        if !found.code_challenge_methods_supported.as_ref().is_none_or(s256) {
            return Err(broken("it knows no PKCE with S256"));
        }
        Ok(found)
    }

    /// Whether a person, or their browser, may be sent to this page of it.
    ///
    /// # Errors
    /// `backend-contract`.
    pub(super) fn may_lead_to(&self, page: &Url) -> Result<()> {
        if page.as_str().len() > PAGE {
            return Err(broken("the address of a page of it is too long"));
        }
        reachable(page, &self.0.url)
    }

    /// Tells the issuer that a refresh token is used no more, where it wants to hear of that. The library's own request takes no
    /// issuer on loopback.
    pub(super) async fn revoke(&self, refresh: &SecretString) -> Result<()> {
        let Some(to) = self.metadata().await?.revocation_endpoint.clone() else { return Ok(()) };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", refresh.expose_secret())
            .append_pair("token_type_hint", "refresh_token")
            .append_pair("client_id", &self.0.client_id)
            .finish();
        let way = &self.0.way;
        let request = way.client.post(to).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let sent = way.net.send(request).await.map_err(|error| super::super::backend::no_answer(&error))?;
        let (status, _) = asks::read(sent).await?;
        if status.is_success() { Ok(()) } else { Err(broken(&format!("{status}: it takes no token back"))) }
    }

    /// Whether an error of the authorization endpoint is of the person, who may try again.
    pub(super) fn is_of_the_person(word: &str) -> bool {
        let admins = [
            BasicErrorResponseType::InvalidRequest,
            BasicErrorResponseType::InvalidScope,
            BasicErrorResponseType::UnauthorizedClient,
        ];
        word != "unsupported_response_type" && !admins.iter().any(|admin| admin.as_ref() == word)
    }
}

/// Where an issuer may describe itself. Source: OpenID Connect Discovery 1.0, 4.1, and RFC 8414, 3.1.
fn places(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/').to_owned();
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        url
    };
    [
        at(format!("{path}/.well-known/openid-configuration")),
        at(format!("/.well-known/oauth-authorization-server{path}")),
    ]
}

/// The one rule for every address, and: nobody elsewhere names an address of this computer.
fn reachable(url: &Url, named_by: &Url) -> Result<()> {
    address::check(url).map_err(|_| broken("an address of it is not https"))?;
    if address::leads_here(url, named_by) {
        return Err(broken("an address of it is on this computer"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn issuer(name: &str, backend: &str) -> Result<Issuer> {
        let backend = Url::parse(backend).expect("an address");
        Issuer::new(name, "davit", &["openid".to_owned()], Bearer::AccessToken, &backend, &Net::default())
    }

    #[test]
    fn an_issuer_is_reached_by_https_or_on_the_computer_that_the_backend_is_on() {
        issuer("https://id.example.com/a", "https://uploads.example.com/").expect("good");
        issuer("http://127.0.0.1:9/a", "http://127.0.0.1:8/").expect("good");
        for (name, backend) in [
            ("http://id.example.com", "https://uploads.example.com/"),
            ("http://127.0.0.1:9", "https://uploads.example.com/"),
            ("https://localhost:9", "https://uploads.example.com/"),
            ("https://localhost.:9", "https://uploads.example.com/"),
            ("https://[::ffff:127.0.0.1]:9", "https://uploads.example.com/"),
            ("https://me:pw@id.example.com", "https://uploads.example.com/"),
        ] {
            assert_eq!(issuer(name, backend).expect_err(name).code, ErrorCode::BackendContract);
        }
    }

    #[test]
    fn an_issuer_describes_itself_where_the_standards_say() {
        let at = |name: &str| places(&Url::parse(name).expect("an address")).map(String::from);
        assert_eq!(
            at("https://id.example.com"),
            [
                "https://id.example.com/.well-known/openid-configuration",
                "https://id.example.com/.well-known/oauth-authorization-server"
            ]
        );
        assert_eq!(
            at("https://id.example.com/a/v2.0/"),
            [
                "https://id.example.com/a/v2.0/.well-known/openid-configuration",
                "https://id.example.com/.well-known/oauth-authorization-server/a/v2.0"
            ]
        );
    }

    #[test]
    fn what_an_issuer_says_of_itself_is_checked() {
        let issuer = issuer("https://id.example.com", "https://uploads.example.com/").expect("good");
        let good = serde_json::json!({
            "issuer": "https://id.example.com",
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": "https://token.example.com/",
        });
        let says = |field: &str, value: serde_json::Value| {
            let mut said = good.clone();
            said[field] = value;
            issuer.checked(said.to_string().as_bytes())
        };
        says("code_challenge_methods_supported", serde_json::json!(["plain", "S256"])).expect("good");
        for (field, value) in [
            ("issuer", "https://id.example.com/".into()),
            ("issuer", "https://evil.example.com".into()),
            ("token_endpoint", "http://id.example.com/token".into()),
            ("token_endpoint", "http://127.0.0.1/token".into()),
            ("token_endpoint", "https://0.0.0.0/token".into()),
            ("authorization_endpoint", "file:///etc/passwd".into()),
            ("authorization_endpoint", "javascript:alert(1)".into()),
            ("revocation_endpoint", "http://id.example.com/revoke".into()),
            ("device_authorization_endpoint", "not an address".into()),
            ("code_challenge_methods_supported", serde_json::json!(["plain"])),
        ] {
            assert_eq!(says(field, value).expect_err(field).code, ErrorCode::BackendContract);
        }
    }

    #[test]
    fn the_page_for_a_code_leads_nobody_to_this_computer() {
        let issuer = issuer("https://id.example.com", "https://uploads.example.com/").expect("good");
        let leads = |page: &str| issuer.may_lead_to(&Url::parse(page).expect("an address"));
        leads("https://id.example.com/device?code=WXRK-PLTM").expect("good");
        let long = format!("https://id.example.com/{}", "a".repeat(PAGE));
        let odd = ["http://id.example.com/device", "http://127.0.0.1:631/", "https://localhost/", "file:///etc"];
        for page in odd.into_iter().chain([long.as_str()]) {
            assert_eq!(leads(page).expect_err(page).code, ErrorCode::BackendContract);
        }
    }
}
