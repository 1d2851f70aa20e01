//! STS on `POST /`: `AssumeRole` with session tags, `GetFederationToken`, `GetCallerIdentity`.
//!
//! Errors are `<ErrorResponse>`, as STS writes them, so that its SDK can read them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::BodyExt as _;
use s3s::route::S3Route;
use s3s::{Body, S3Request, S3Response, S3Result};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::answers::{escape, sts_error};
use crate::identity::{ACCOUNT, Caller, Identities, Refused};
use crate::observe::Observer;
use crate::policy::Policy;

/// Source: STS API reference: session policies of at most 2,048 characters.
const POLICY_AT_MOST: usize = 2_048;
/// Source: STS API reference, GetFederationToken.
const FEDERATION_AT_MOST: u64 = 129_600;
/// Source: STS API reference, AssumeRole: the role's maximum, by default an hour.
const ROLE_AT_MOST: u64 = 3_600;

pub(crate) struct Sts {
    pub(crate) identities: Arc<Identities>,
    pub(crate) observer: Arc<Observer>,
}

struct Fault {
    status: StatusCode,
    code: &'static str,
    words: String,
}

fn fault(code: &'static str, words: impl Into<String>) -> Fault {
    let status = match code {
        "AccessDenied" | "ExpiredToken" | "InvalidClientTokenId" => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    Fault { status, code, words: words.into() }
}

#[async_trait::async_trait]
impl S3Route for Sts {
    fn is_match(&self, method: &Method, uri: &Uri, headers: &HeaderMap, _: &mut http::Extensions) -> bool {
        is_asked(method, uri, headers)
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let token =
            request.headers.get("x-amz-security-token").and_then(|token| token.to_str().ok()).map(str::to_owned);
        let key = request.credentials.as_ref().map(|credentials| credentials.access_key.clone()).unwrap_or_default();
        let body = request.input.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
        Ok(match self.answer(&key, token.as_deref(), &form) {
            Ok(xml) => answer(StatusCode::OK, xml),
            Err(fault) => {
                let xml = sts_error(fault.code, &escape(&fault.words));
                answer(fault.status, xml)
            }
        })
    }
}

/// Whether a request is for STS, signed or not.
pub(crate) fn is_asked(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let form = headers.get("content-type").and_then(|kind| kind.to_str().ok());
    method == Method::POST
        && uri.path() == "/"
        && form.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn answer(status: StatusCode, xml: String) -> S3Response<Body> {
    let mut response = S3Response::with_status(Body::from(xml), status);
    response.headers.insert("content-type", http::HeaderValue::from_static("text/xml"));
    response
}

impl Sts {
    fn answer(&self, key: &str, token: Option<&str>, form: &BTreeMap<String, String>) -> Result<String, Fault> {
        let caller = self.identities.caller(key, token).map_err(|why| match why {
            Refused::Expired => fault("ExpiredToken", "The security token included in the request is expired"),
            Refused::WrongToken | Refused::Denied => fault("InvalidClientTokenId", "The security token is invalid"),
        })?;
        match (form.get("Action").map(String::as_str), caller) {
            (Some("GetCallerIdentity"), caller) => {
                self.observer.call("GetCallerIdentity");
                let arn = match caller {
                    Caller::Root => format!("arn:aws:iam::{ACCOUNT}:root"),
                    Caller::Session { arn } => arn,
                };
                let inner = format!("<Arn>{}</Arn><UserId>local</UserId><Account>{ACCOUNT}</Account>", escape(&arn));
                Ok(result("GetCallerIdentity", &inner))
            }
            (Some("AssumeRole"), Caller::Root) => self.assume_role(form),
            (Some("GetFederationToken"), Caller::Root) => self.federate(form),
            (Some("AssumeRole" | "GetFederationToken"), Caller::Session { .. }) => {
                Err(fault("AccessDenied", "temporary credentials may not ask for others here"))
            }
            (Some(action), _) => Err(fault("InvalidAction", format!("Could not find operation {action}"))),
            (None, _) => Err(fault("MissingAction", "The request names no action")),
        }
    }

    fn assume_role(&self, form: &BTreeMap<String, String>) -> Result<String, Fault> {
        self.observer.call("AssumeRole");
        let arn = form.get("RoleArn").ok_or_else(|| fault("ValidationError", "RoleArn is missing"))?;
        let name = arn.rsplit('/').next().unwrap_or_default();
        let session_name = form.get("RoleSessionName").map_or("", String::as_str);
        check_name(session_name, 2, 64)?;
        if let Some(identity) = form.get("SourceIdentity") {
            check_name(identity, 2, 64)?;
        }
        let role = self
            .identities
            .role(name)
            .filter(|_| *arn == format!("arn:aws:iam::{ACCOUNT}:role/{name}"))
            .ok_or_else(|| fault("AccessDenied", format!("not authorized to perform: sts:AssumeRole on {arn}")))?;
        let life = self.life(form, 3_600, ROLE_AT_MOST)?;
        let mut policies = vec![role];
        policies.extend(session_policy(form)?);
        let tags = tags(form)?;
        let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session_name}");
        let (credentials, packed) = self.open(life, policies, tags, session.clone(), form)?;
        let user = format!(
            "<AssumedRoleUser><AssumedRoleId>local:{}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>",
            escape(session_name),
            escape(&session)
        );
        Ok(result("AssumeRole", &format!("{credentials}{user}{packed}")))
    }

    fn federate(&self, form: &BTreeMap<String, String>) -> Result<String, Fault> {
        self.observer.call("GetFederationToken");
        let name = form.get("Name").map_or("", String::as_str);
        check_name(name, 2, 32)?;
        let life = self.life(form, 43_200, FEDERATION_AT_MOST)?;
        // Without a policy a federated user may do nothing.
        let Some(policy) = session_policy(form)? else {
            return Err(fault("ValidationError", "Policy is missing: the session could do nothing"));
        };
        let arn = format!("arn:aws:sts::{ACCOUNT}:federated-user/{name}");
        let policies = vec![Policy::everything(), policy];
        let (credentials, packed) = self.open(life, policies, tags(form)?, arn.clone(), form)?;
        let user = format!(
            "<FederatedUser><FederatedUserId>{ACCOUNT}:{}</FederatedUserId><Arn>{}</Arn></FederatedUser>",
            escape(name),
            escape(&arn)
        );
        Ok(result("GetFederationToken", &format!("{credentials}{user}{packed}")))
    }

    fn open(
        &self,
        life: Duration,
        policies: Vec<Policy>,
        tags: BTreeMap<String, String>,
        arn: String,
        form: &BTreeMap<String, String>,
    ) -> Result<(String, String), Fault> {
        let size =
            form.get("Policy").map_or(0, String::len) + tags.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>();
        // AWS packs before it counts; without that, this is the stricter of the two.
        let packed = (size * 100).div_ceil(POLICY_AT_MOST);
        if packed > 100 {
            let words = format!("Serialized token too large for session: {packed} % of the space is used");
            return Err(fault("PackedPolicyTooLarge", words));
        }
        let (keys, token) = self.identities.open_session(life, policies, tags, arn);
        let ends = (OffsetDateTime::now_utc() + life).replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let credentials = format!(
            "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{}</Expiration></Credentials>",
            keys.access_key_id,
            keys.secret_access_key,
            ends.format(&Rfc3339).unwrap_or_default()
        );
        Ok((credentials, format!("<PackedPolicySize>{packed}</PackedPolicySize>")))
    }

    fn life(&self, form: &BTreeMap<String, String>, usual: u64, most: u64) -> Result<Duration, Fault> {
        let least = self.identities.min_session.as_secs();
        let seconds = match form.get("DurationSeconds") {
            Some(text) => text.parse().map_err(|_| fault("ValidationError", "DurationSeconds is no number"))?,
            None => usual,
        };
        if (least..=most).contains(&seconds) {
            Ok(Duration::from_secs(seconds))
        } else {
            Err(fault("ValidationError", format!("DurationSeconds must be {least} to {most}")))
        }
    }
}

/// Source: STS API reference: `[\w+=,.@-]*`.
fn check_name(name: &str, least: usize, most: usize) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (least..=most).contains(&name.len()) && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(fault("ValidationError", format!("{name:?} is not a name of {least} to {most} letters")))
    }
}

fn session_policy(form: &BTreeMap<String, String>) -> Result<Option<Policy>, Fault> {
    if form.keys().any(|name| name.starts_with("PolicyArns.")) {
        return Err(fault("ValidationError", "managed policies are not served here"));
    }
    let Some(text) = form.get("Policy") else { return Ok(None) };
    if text.chars().count() > POLICY_AT_MOST {
        let words = "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have \
                     length less than or equal to 2048";
        return Err(fault("ValidationError", words));
    }
    if text.chars().any(|c| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) {
        return Err(fault("MalformedPolicyDocument", "a character outside of U+0020 to U+00FF"));
    }
    Policy::parse(text).map(Some).map_err(|error| fault("MalformedPolicyDocument", error.to_string()))
}

/// Source: STS API reference, Tag: letters, digits, spaces and `_.:/=+-@`.
fn tags(form: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    if form.contains_key("Tags.member.51.Key") {
        return Err(fault("ValidationError", "a session has at most 50 tags"));
    }
    let mut tags = BTreeMap::new();
    for member in 1..=50 {
        let Some(key) = form.get(&format!("Tags.member.{member}.Key")) else { break };
        let value = form.get(&format!("Tags.member.{member}.Value")).map_or("", String::as_str);
        let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        if key.is_empty() || key.len() > 128 || value.len() > 256 || !key.chars().chain(value.chars()).all(allowed) {
            return Err(fault("ValidationError", format!("tag {key} has a value that tags cannot have")));
        }
        if tags.insert(key.clone(), value.to_owned()).is_some() {
            return Err(fault("InvalidParameterValue", format!("tag {key} is given twice")));
        }
    }
    let transitive = form.iter().filter(|(name, _)| name.starts_with("TransitiveTagKeys.member."));
    if let Some((_, odd)) = transitive.into_iter().find(|(_, key)| !tags.contains_key(*key)) {
        return Err(fault("InvalidParameterValue", format!("transitive tag {odd} is not among the tags")));
    }
    Ok(tags)
}

fn result(action: &str, inner: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{inner}</{action}Result>\
         <ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></{action}Response>"
    )
}
