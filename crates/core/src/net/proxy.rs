//! Which proxy leads where, and the password for it. Shared by every client of one way out, asked for every new connection:
//! what is changed here, or by the system, holds for the next one, and what is under way goes on.

mod lookup;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant};
use ts_rs::TS;
use url::Url;

use super::login::{Keychain, ProxyLogin, asks_who_we_are};
use super::system::{self, Answer, Resolver, SOON, Said};
use crate::error::{Error, ErrorCode, Result};
use crate::session::address;
use lookup::Question;

/// What a proxy is asked for where nothing better is known.
pub(crate) const ANYWHERE: &str = "https://s3.amazonaws.com/";

/// A name and password that were refused are not said again for so long: everything tries again by itself, and companies lock who
/// says a wrong one several times.
const HUSHED: Duration = Duration::from_secs(600);

/// What is wanted of proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProxyChoice {
    /// What the environment says; where it says nothing, what the system's settings say.
    #[default]
    Automatic,
    /// None, whatever those say.
    None,
    /// This one.
    Fixed {
        /// Its address, without a name or password: `http://proxy.example.com:3128`.
        #[ts(type = "string")]
        address: Url,
    },
}

impl ProxyChoice {
    /// A proxy as a person types it: plain http where they say nothing else.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn typed(address: &str) -> Result<Self> {
        let address = address.trim();
        if address.is_empty() || address.contains(char::is_whitespace) {
            return Err(refused("the proxy's address"));
        }
        let whole = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let choice = Self::Fixed { address: Url::parse(&whole).map_err(|_| refused("the proxy's address"))? };
        choice.check()?;
        Ok(choice)
    }

    /// As a policy writes it.
    pub fn written(&self) -> &str {
        match self {
            Self::Automatic => "automatic",
            Self::None => "none",
            Self::Fixed { address } => address.as_str(),
        }
    }

    /// What a policy wrote; nothing for what is no proxy.
    pub fn read(written: &str) -> Option<Self> {
        match written {
            "automatic" => Some(Self::Automatic),
            "none" => Some(Self::None),
            address => Self::typed(address).ok(),
        }
    }

    /// Whether it can be kept to.
    ///
    /// # Errors
    /// `bad-input` for an address that is no proxy's, and for one with a name or password in it: those go to the keychain.
    pub fn check(&self) -> Result<()> {
        let Self::Fixed { address } = self else { return Ok(()) };
        if !address.username().is_empty() || address.password().is_some() {
            return Err(refused("a proxy's address with a name or password in it"));
        }
        if !is_a_proxys(address) {
            return Err(refused("the proxy's address"));
        }
        Ok(())
    }
}

fn refused(what: &str) -> Error {
    Error::new(ErrorCode::BadInput).detail(what.to_owned())
}

fn is_a_proxys(address: &Url) -> bool {
    matches!(address.scheme(), "http" | "https") && address.host_str().is_some()
}

/// Who says which proxy is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyFrom {
    /// A person, in the settings.
    Person,
    /// The environment, such as `HTTPS_PROXY`.
    Environment,
    /// The system's settings.
    System,
}

/// A proxy on the way to an address.
#[derive(Clone, Debug)]
pub(crate) struct Through {
    /// Where it is.
    pub(crate) proxy: Uri,
    /// What it is told of who we are.
    pub(crate) auth: Option<HeaderValue>,
    /// Who says so.
    pub(crate) from: ProxyFrom,
}

impl Through {
    /// Host and port.
    pub(crate) fn host(&self) -> &str {
        self.proxy.authority().map_or("", http::uri::Authority::as_str)
    }
}

/// Which proxy leads where. Clones are the same.
#[derive(Clone)]
pub struct Proxies(Arc<Shared>);

struct Shared {
    now: Mutex<Now>,
    system: Resolver,
}

struct Now {
    choice: ProxyChoice,
    environment: Matcher,
    /// What the system says of each place.
    said: Said,
    /// What its settings said as this began, for whoever does not wait for an answer.
    settings: Matcher,
    fixed: Option<Matcher>,
    /// What each proxy is told that wants to know who we are.
    logins: BTreeMap<String, ProxyLogin>,
    keychain: Option<Keychain>,
    /// The proxies of which the keychain was asked.
    looked_up: BTreeSet<String>,
    /// Those of which it is being asked.
    questions: BTreeMap<String, Question>,
    /// Those that let nobody through who says no other name and password, and since when one that they were told is refused.
    refused: BTreeMap<String, Option<Instant>>,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.now();
        let choice: &dyn fmt::Debug = match &now.choice {
            // Without the names of what it has not.
            ProxyChoice::Fixed { address } => &address.as_str(),
            choice => choice,
        };
        f.debug_tuple("Proxies").field(choice).finish()
    }
}

impl Default for Proxies {
    fn default() -> Self {
        Self::by(Matcher::from_env(), Matcher::from_system(), system::of_the_system())
    }
}

impl Proxies {
    pub(super) fn by(environment: Matcher, settings: Matcher, system: Resolver) -> Self {
        let now = Now {
            choice: ProxyChoice::Automatic,
            environment,
            said: Said::default(),
            settings,
            fixed: None,
            logins: BTreeMap::new(),
            keychain: None,
            looked_up: BTreeSet::new(),
            questions: BTreeMap::new(),
            refused: BTreeMap::new(),
        };
        Self(Arc::new(Shared { now: Mutex::new(now), system }))
    }

    /// As `resolves` says, in the place of environment and system: of a host, the address of the proxy that leads there, or none
    /// where it is reached straight.
    pub fn as_said_by(resolves: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let resolver: Resolver = Arc::new(move |to: Uri| -> BoxFuture<'static, Option<Matcher>> {
            let said = resolves(to.host().unwrap_or_default()).map_or_else(system::straight, system::through);
            Box::pin(std::future::ready(Some(said)))
        });
        Self::by(system::straight(), system::straight(), resolver)
    }

    /// One proxy for all, `http://[user:password@]host:port`.
    ///
    /// # Errors
    /// `bad-input` for an address that is no proxy's.
    pub fn through(mut address: Url) -> Result<Self> {
        if !is_a_proxys(&address) {
            return Err(refused("the proxy's address"));
        }
        let fixed = fixed(&address);
        let _ = address.set_username("");
        let _ = address.set_password(None);
        let proxies = Self::default();
        {
            let mut now = proxies.now();
            (now.choice, now.fixed) = (ProxyChoice::Fixed { address }, Some(fixed));
        }
        Ok(proxies)
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wanted.
    pub fn choice(&self) -> ProxyChoice {
        self.now().choice.clone()
    }

    /// Goes by another choice from the next connection on, and by what the system says by now.
    pub fn choose(&self, choice: ProxyChoice) {
        let mut now = self.now();
        now.fixed = match &choice {
            ProxyChoice::Fixed { address } => Some(fixed(address)),
            ProxyChoice::Automatic | ProxyChoice::None => None,
        };
        now.said = Said::default();
        now.looked_up.clear();
        now.refused.clear();
        now.choice = choice;
    }

    /// Who is asked for the password of a proxy that is taken for the first time.
    pub(crate) fn asks(&self, keychain: Keychain) {
        self.now().keychain = Some(keychain);
    }

    /// The proxy on the way to an address, as the system says by now; none where it is reached straight.
    pub(crate) async fn find(&self, to: &Uri) -> Option<Through> {
        if self.is_known(to) {
            return self.to(to);
        }
        self.hear(to).await;
        let through = self.known(to)?;
        let keychain = self.now().keychain_for(&through);
        if let Some(keychain) = keychain {
            self.looks_up(through.host(), &keychain).await;
        }
        self.to(to)
    }

    /// Hears what the system says of the way to an address by now, where that is due. Where it takes long what is known holds,
    /// nobody waits for that answer again, and it counts once it is there. No place waits for another's.
    async fn hear(&self, to: &Uri) {
        let Some((answer, is_late)) = self.question(to) else { return };
        if is_late {
            // It may be there.
            answer.now_or_never();
        } else if tokio::time::timeout(SOON, answer).await.is_err() {
            self.now().said.is_late(to);
        }
    }

    /// What the system is asked of the way to an address, where that is due.
    fn question(&self, to: &Uri) -> Option<(Answer, bool)> {
        let mut now = self.now();
        if !now.is_due(to) {
            return None;
        }
        let (shared, place) = (Arc::downgrade(&self.0), to.clone());
        let asks = async move {
            let Some(system) = shared.upgrade().map(|shared| Arc::clone(&shared.system)) else { return };
            let said = system(place.clone()).await;
            if let Some(shared) = shared.upgrade() {
                Self(shared).now().said.hears(&place, said);
            }
        };
        Some(now.said.asks(to, || asks.boxed().shared()))
    }

    /// Whether nobody has to be asked for a way.
    fn is_known(&self, to: &Uri) -> bool {
        let is_due = self.now().is_due(to);
        !is_due && self.known(to).is_none_or(|through| self.now().keychain_for(&through).is_none())
    }

    /// By what was known of the way to an address no connection came to stand, for this reason: the next asks anew.
    pub(crate) fn doubts(&self, to: &Uri, by: Option<&Through>, why: &(dyn std::error::Error + 'static)) {
        // Of another password than it was told, which somebody entered meanwhile, this says nothing.
        let is_known = |by: &Through| self.known(to).is_some_and(|known| known.auth == by.auth);
        let refused = by.filter(|&by| asks_who_we_are(why) && is_known(by));
        let mut now = self.now();
        now.said.doubts(to);
        if let Some(by) = refused {
            let since = by.auth.as_ref().map(|_| Instant::now());
            now.refused.insert(by.host().to_owned(), since);
        }
    }

    /// The proxy on the way to an address, with what it is told now; none where it is reached straight.
    pub(crate) fn to(&self, to: &Uri) -> Option<Through> {
        let through = self.known(to)?;
        let is_hushed = self.now().is_hushed(through.host());
        Some(if is_hushed { Through { auth: None, ..through } } else { through })
    }

    /// The same with what is known, whether it was refused or not.
    fn known(&self, to: &Uri) -> Option<Through> {
        let now = self.now();
        let (found, from) = now.intercept(to)?;
        let proxy = found.uri().clone();
        let through = Through { auth: found.basic_auth().cloned(), proxy, from };
        let of_the_keychain = || now.logins.get(through.host())?.header();
        let auth = through.auth.clone().or_else(of_the_keychain);
        Some(Through { auth, ..through })
    }

    /// The proxies on the way to an address, and to every other place that was asked for.
    fn ways(&self, to: &Uri) -> Vec<Through> {
        let places = self.now().said.places();
        std::iter::once(to).chain(&places).filter_map(|place| self.known(place)).collect()
    }

    /// Of the proxies on the way to an address, and to every other place that was asked for, the first that lets nobody through;
    /// where all do, the first.
    pub(crate) fn taken(&self, to: &Uri) -> Option<Through> {
        let ways = self.ways(to);
        let now = self.now();
        let refused = ways.iter().find(|through| now.refused.contains_key(through.host()));
        refused.or_else(|| ways.first()).cloned()
    }

    /// Whether the proxy at this host and port is on the way to an address, or to any other place that was asked for.
    pub(crate) fn is_taken(&self, host: &str, to: &Uri) -> bool {
        self.ways(to).iter().any(|through| through.host() == host)
    }

    /// Whether there is a name and password for the proxy at this host and port.
    pub(crate) fn knows(&self, host: &str) -> bool {
        self.now().logins.contains_key(host)
    }

    /// The same as one address, with name and password in it: how some want it.
    pub(crate) fn address_to(&self, to: &Url) -> Option<Url> {
        let through = self.to(&to.as_str().parse().ok()?)?;
        let mut address = Url::parse(&through.proxy.to_string()).ok()?;
        if let Some(login) = through.auth.as_ref().and_then(ProxyLogin::of_header) {
            address.set_username(&login.user).ok()?;
            address.set_password(Some(login.password.expose_secret())).ok()?;
        }
        Some(address)
    }

    /// The name and password for the proxy at this host and port, and for no other.
    pub(crate) fn log_in(&self, host: String, login: ProxyLogin) {
        let mut now = self.now();
        now.refused.remove(&host);
        now.logins.insert(host, login);
    }

    /// Passwords that are known, for whoever makes sure that they stand nowhere.
    pub fn passwords(&self) -> Vec<SecretString> {
        let ways = self.ways(&Uri::from_static(ANYWHERE)).into_iter();
        let mut all: Vec<_> = ways.filter_map(|through| ProxyLogin::of_header(&through.auth?)).collect();
        all.extend(self.now().logins.values().cloned());
        all.into_iter().map(|login| login.password).collect()
    }

    /// Those for a proxy are forgotten.
    pub(crate) fn log_out(&self, host: &str) {
        let mut now = self.now();
        now.logins.remove(host);
        // What the keychain had is what was to be forgotten.
        now.looked_up.insert(host.to_owned());
    }
}

impl Now {
    fn intercept(&self, to: &Uri) -> Option<(Intercept, ProxyFrom)> {
        match &self.choice {
            ProxyChoice::None => None,
            ProxyChoice::Fixed { .. } => Some((self.fixed.as_ref()?.intercept(to)?, ProxyFrom::Person)),
            ProxyChoice::Automatic => {
                if let Some(found) = self.environment.intercept(to) {
                    return Some((found, ProxyFrom::Environment));
                }
                // What reads the system's settings reads the environment as well: its exceptions count for both.
                let said = self.said.of(to).unwrap_or(&self.settings);
                Some((said.intercept(to)?, ProxyFrom::System))
            }
        }
    }

    /// Whether the system is to be asked of the way to an address: what the environment says comes before it, and what is on this
    /// computer is nobody's to lead to.
    fn is_due(&self, to: &Uri) -> bool {
        self.choice == ProxyChoice::Automatic
            && self.environment.intercept(to).is_none()
            && !address::is_loopback_uri(to)
            && self.said.is_due(to)
    }

    /// Whether what a proxy would be told was refused only just.
    fn is_hushed(&self, host: &str) -> bool {
        self.refused.get(host).is_some_and(|since| since.is_some_and(|since| since.elapsed() < HUSHED))
    }

    /// Who may know what a proxy is to be told.
    fn keychain_for(&self, through: &Through) -> Option<Keychain> {
        let wanted = through.auth.is_none() && !self.looked_up.contains(through.host());
        self.keychain.clone().filter(|_| wanted)
    }
}

fn fixed(address: &Url) -> Matcher {
    system::through(address.as_str().to_owned())
}

#[cfg(test)]
mod tests;
