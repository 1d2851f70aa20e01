//! A sign-in that waits for a person: in their browser, or wherever they type a code.

use std::borrow::Cow;

use oauth2::basic::BasicErrorResponseType;
use oauth2::{
    AuthUrl, AuthorizationCode, CsrfToken, DeviceAuthorizationUrl, DeviceCodeErrorResponse,
    DeviceCodeErrorResponseType, EmptyExtraDeviceAuthorizationFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, StandardDeviceAuthorizationResponse,
};
use tokio::time::{Duration, Instant, timeout};
use url::Url;

use super::super::shape;
use super::grant::Grant;
use super::issuer::Issuer;
use super::kept::Kept;
use super::listener::{Listener, Pages};
use super::{asks, broken, unfinished};
use crate::error::{Error, ErrorCode, Result};

/// So long the browser may take to come back: whoever looks for a second factor has the time.
const BROWSER: Duration = Duration::from_secs(600);
/// No code is waited for longer, whatever the issuer says.
const CODE: Duration = Duration::from_secs(1_800);
/// Nobody is asked more often, whatever they say.
const AT_LEAST: Duration = Duration::from_secs(1);

/// How a person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// In the browser of this computer, which comes back by itself.
    Browser,
    /// The same, where they are asked which account it is to be.
    BrowserAndAnotherAccount,
    /// In any browser, with a code.
    Code,
}

/// A sign-in that waits. Dropped, it is given up: nobody listens for it any more.
pub(crate) struct Pending {
    issuer: Issuer,
    /// The sign-in that there was as it began.
    pub(in super::super) turn: u64,
    /// The page that a person signs in at.
    pub(crate) page: Url,
    /// The same as somebody types it on another device.
    pub(crate) typed: Url,
    /// What that page asks for or shows.
    pub(crate) code: Option<String>,
    /// So long it waits.
    pub(crate) life: Duration,
    how: How,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("issuer", &self.issuer.name()).field("life", &self.life).finish_non_exhaustive()
    }
}

enum How {
    Browser(Box<Asked>),
    Code(Box<StandardDeviceAuthorizationResponse>),
}

/// What the browser was sent away with, and where it comes back to.
struct Asked {
    listener: Listener,
    redirect: RedirectUrl,
    state: CsrfToken,
    nonce: Option<String>,
    verifier: PkceCodeVerifier,
}

impl Pending {
    /// Begins a sign-in.
    ///
    /// # Errors
    /// `backend-contract` for an issuer that does not know this way, or that it does not answer.
    pub(in super::super) async fn begin(kept: &Kept, by: By, pages: Pages) -> Result<Self> {
        match by {
            By::Browser => Self::by_browser(kept, false, pages).await,
            By::BrowserAndAnotherAccount => Self::by_browser(kept, true, pages).await,
            By::Code => Self::by_code(kept).await,
        }
    }

    async fn by_browser(kept: &Kept, another: bool, pages: Pages) -> Result<Self> {
        let (issuer, turn) = (kept.issuer(), kept.turn());
        let page = issuer.metadata().await?.authorization_endpoint.clone();
        let page = page.ok_or_else(|| broken("it has no page to sign in at"))?;
        let listener = Listener::open(pages).await?;
        let redirect =
            RedirectUrl::new(listener.redirect()).map_err(|e| Error::new(ErrorCode::Unexpected).source(e))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = issuer.tells_who().then(|| CsrfToken::new_random().into_secret());
        let client = issuer.us().set_auth_uri(AuthUrl::from_url(page)).set_redirect_uri(redirect.clone());
        let mut request = client.authorize_url(CsrfToken::new_random).add_scopes(issuer.scopes());
        request = request.set_pkce_challenge(challenge);
        if let Some(nonce) = &nonce {
            request = request.add_extra_param("nonce", nonce.clone());
        }
        if another {
            request = request.add_extra_param("prompt", "select_account");
        }
        let (page, state) = request.url();
        let how = How::Browser(Box::new(Asked { listener, redirect, state, nonce, verifier }));
        Ok(Self { issuer: issuer.clone(), turn, typed: page.clone(), page, code: None, life: BROWSER, how })
    }

    async fn by_code(kept: &Kept) -> Result<Self> {
        let (issuer, turn) = (kept.issuer(), kept.turn());
        let from = issuer.metadata().await?.device_authorization_endpoint.clone();
        let from = from.ok_or_else(|| broken("it knows no sign-in by code"))?;
        let client = issuer.us().set_device_authorization_url(DeviceAuthorizationUrl::from_url(from));
        let http = asks::by(issuer.way());
        let request = client.exchange_device_code().add_scopes(issuer.scopes());
        let asked = request.request_async::<_, EmptyExtraDeviceAuthorizationFields>(&http).await;
        let details = asked.map_err(|error| asks::refused(error, ErrorCode::BackendContract))?;
        let code = details.user_code().secret().clone();
        shape::words(&code, 64).map_err(|_| broken("its code cannot be shown"))?;
        let typed = details.verification_uri().url().clone();
        let whole = details.verification_uri_complete().and_then(|whole| Url::parse(whole.secret()).ok());
        let page = whole.unwrap_or_else(|| typed.clone());
        for page in [&typed, &page] {
            issuer.may_lead_to(page)?;
        }
        let life = details.expires_in().min(CODE);
        let how = How::Code(Box::new(details));
        Ok(Self { issuer: issuer.clone(), turn, page, typed, code: Some(code), life, how })
    }

    /// What comes of it, once the person is done there.
    ///
    /// # Errors
    /// `sign-in-unfinished` where they were not, in time or at all; `backend-contract`, or that the issuer does not answer.
    pub(in super::super) async fn granted(self) -> Result<Grant> {
        let Self { issuer, life, how, .. } = self;
        let late = |_| unfinished("nobody signed in in time");
        match how {
            How::Browser(asked) => {
                let Asked { listener, redirect, state, nonce, verifier } = *asked;
                let answer = timeout(life, listener.answer(state.secret())).await.map_err(late)?;
                let found = issuer.metadata().await?;
                // Source: RFC 9207, 2.4.
                let says = answer.issuer.as_deref();
                let silent = says.is_none() && found.authorization_response_iss_parameter_supported;
                if silent || says.is_some_and(|says| says != issuer.name()) {
                    return Err(broken("another one answered in its place"));
                }
                let code = match (answer.code, answer.error) {
                    (Some(code), _) => code,
                    (None, Some(word)) if !Issuer::is_of_the_person(&word) => {
                        return Err(asks::said_so(ErrorCode::BackendContract, &word));
                    }
                    (None, word) => return Err(asks::said_so(ErrorCode::SignInUnfinished, &word.unwrap_or_default())),
                };
                let (client, http, asked) = (issuer.tokens(&found), asks::by(issuer.way()), Instant::now());
                let request = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
                let answer = request.set_redirect_uri(Cow::Owned(redirect)).request_async(&http).await;
                let answer = answer.map_err(|error| asks::refused(error, ErrorCode::SignInUnfinished))?;
                Grant::of(&answer, asked, &issuer, nonce.as_deref())
            }
            How::Code(details) => {
                let (found, http) = (issuer.metadata().await?, asks::by(issuer.way()));
                let (client, details) = (issuer.tokens(&found), *details);
                let paces = |pause: Duration| tokio::time::sleep(pause.max(AT_LEAST));
                let asking = client.exchange_device_access_token(&details).request_async(&http, paces, Some(life));
                let answer = timeout(life, asking).await.map_err(late)?.map_err(no_code)?;
                // The token is as old as the last question, which took no longer than a client's patience.
                Grant::of(&answer, Instant::now(), &issuer, None)
            }
        }
    }
}

/// What a refusal means of who waits for a code to be typed.
fn no_code(error: RequestTokenError<Error, DeviceCodeErrorResponse>) -> Error {
    use DeviceCodeErrorResponseType as Word;
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(said) => {
            let code = match said.error() {
                Word::AccessDenied | Word::ExpiredToken | Word::Basic(BasicErrorResponseType::InvalidGrant) => {
                    ErrorCode::SignInUnfinished
                }
                _ => ErrorCode::BackendContract,
            };
            asks::said_so(code, said.error().as_ref())
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => broken("its answer is none of RFC 8628"),
    }
}
