//! Which proxy leads where, and the password for it. Shared by every client of one way out, asked for every new connection:
//! what is changed here, or by the system, holds for the next one, and what is under way goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use url::Url;

use super::login::{Keychain, ProxyLogin, asks_who_we_are};
use super::system::{self, Answer, Resolver, SOON, Said};
use crate::error::{Error, ErrorCode, Result};
use crate::session::address;

/// What a proxy is asked for where nothing better is known.
pub(crate) const ANYWHERE: &str = "https://s3.amazonaws.com/";

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
    /// One at a time asks the keychain, and those who wait for it go by what it heard.
    asking: tokio::sync::Mutex<()>,
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
    /// Those that let nobody through who says no other name and password.
    refused: BTreeSet<String>,
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
            refused: BTreeSet::new(),
        };
        Self(Arc::new(Shared { now: Mutex::new(now), system, asking: tokio::sync::Mutex::default() }))
    }

    /// As `resolves` says, in the place of environment and system: of a host, the address of the proxy that leads there, or none
    /// where it is reached straight.
    pub fn as_said_by(resolves: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let none = || Matcher::builder().build();
        let resolver: Resolver = Arc::new(move |to: Uri| -> BoxFuture<'static, Option<Matcher>> {
            let said = resolves(to.host().unwrap_or_default()).map_or_else(none, system::through);
            Box::pin(std::future::ready(Some(said)))
        });
        Self::by(none(), none(), resolver)
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
        let _turn = self.0.asking.lock().await;
        let through = self.to(to)?;
        let keychain = self.now().keychain_for(&through);
        if let Some(keychain) = keychain {
            let host = through.host().to_owned();
            let login = keychain(host.clone()).await;
            let mut now = self.now();
            now.looked_up.insert(host.clone());
            // Who entered one meanwhile knows better.
            if let Some(login) = login {
                now.logins.entry(host).or_insert(login);
            }
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
        !is_due && self.to(to).is_none_or(|through| self.now().keychain_for(&through).is_none())
    }

    /// By what is known of the way to an address no connection came to stand, for this reason: the next asks anew.
    pub(crate) fn doubts(&self, to: &Uri, why: &(dyn std::error::Error + 'static)) {
        let through = self.to(to).filter(|_| asks_who_we_are(why));
        let mut now = self.now();
        now.said.doubts(to);
        now.refused.extend(through.map(|through| through.host().to_owned()));
    }

    /// What is known of the proxy on the way to an address; none where it is reached straight.
    pub(crate) fn to(&self, to: &Uri) -> Option<Through> {
        let now = self.now();
        let (found, from) = now.intercept(to)?;
        let proxy = found.uri().clone();
        let through = Through { auth: found.basic_auth().cloned(), proxy, from };
        let of_the_keychain = || now.logins.get(through.host())?.header();
        let auth = through.auth.clone().or_else(of_the_keychain);
        Some(Through { auth, ..through })
    }

    /// Of the proxies on the way to an address, and to every other place that was asked for, the first that lets nobody through;
    /// where all do, the first.
    pub(crate) fn taken(&self, to: &Uri) -> Option<Through> {
        let places = self.now().said.places();
        let ways: Vec<_> = std::iter::once(to).chain(&places).filter_map(|place| self.to(place)).collect();
        let now = self.now();
        let refused = ways.iter().find(|through| now.refused.contains(through.host()));
        refused.or_else(|| ways.first()).cloned()
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
        let places = self.now().said.places();
        let ways = std::iter::once(Uri::from_static(ANYWHERE)).chain(places).filter_map(|place| self.to(&place));
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
            && !to.to_string().parse().is_ok_and(|url| address::is_loopback(&url))
            && self.said.is_due(to)
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
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;

    use super::*;

    fn store() -> Uri {
        Uri::from_static("https://s3.eu-central-1.amazonaws.com/")
    }

    fn proxies(address: &str) -> Proxies {
        Proxies::through(Url::parse(address).expect("an address")).expect("a proxy")
    }

    #[test]
    fn a_proxy_is_typed_with_or_without_its_scheme_and_never_with_a_password() {
        for typed in ["proxy.example.com:3128", " http://proxy.example.com:3128 "] {
            let ProxyChoice::Fixed { address } = ProxyChoice::typed(typed).expect(typed) else { panic!("{typed}") };
            assert_eq!(address.as_str(), "http://proxy.example.com:3128/");
        }
        for bad in ["", "two words", "socks5://proxy:1080", "http://", "ada:secret1@proxy:3128"] {
            let error = ProxyChoice::typed(bad).expect_err(bad);
            assert!(error.code == ErrorCode::BadInput && !error.to_string().contains("secret1"), "{error}");
        }
    }

    #[test]
    fn a_password_goes_to_the_proxy_it_is_for_and_to_no_other() {
        let proxies = proxies("http://proxy.example.com:3128");
        assert!(proxies.to(&store()).expect("by the proxy").auth.is_none());
        let login = ProxyLogin { user: "ada".to_owned(), password: "s:e/c@r?et".to_owned().into() };
        proxies.log_in("proxy.example.com:3128".to_owned(), login);
        let header = proxies.to(&store()).expect("by the proxy").auth.expect("told");
        assert!(header.is_sensitive());
        assert_eq!(header, format!("Basic {}", BASE64.encode("ada:s:e/c@r?et")));
        let whole = proxies.address_to(&Url::parse(&store().to_string()).expect("an address")).expect("by the proxy");
        assert_eq!((whole.username(), whole.host_str()), ("ada", Some("proxy.example.com")));
        assert!(whole.password().is_some_and(|password| !password.contains('@')), "as an address has it");
        proxies.choose(ProxyChoice::typed("other.example.com:3128").expect("a proxy"));
        assert!(proxies.to(&store()).expect("by the other").auth.is_none());
    }

    #[test]
    fn what_is_on_this_computer_and_who_wants_none_need_no_proxy() {
        let proxies = proxies("http://ada:secret1@proxy.example.com:3128");
        assert!(proxies.to(&store()).expect("by the proxy").auth.is_some());
        assert!(proxies.to(&Uri::from_static("https://127.0.0.1:8443/")).is_none());
        assert!(!format!("{proxies:?}").contains("secret1"), "{proxies:?}");
        proxies.choose(ProxyChoice::None);
        assert!(proxies.to(&store()).is_none());
    }

    /// As a script has it: the company is reached straight, and its storage by a proxy.
    #[tokio::test(start_paused = true)]
    async fn each_place_is_reached_as_the_system_says_of_it_by_now() {
        let company = Uri::from_static("https://uploads.example.com/");
        let (says, hears) = std::sync::mpsc::channel();
        let now = Arc::new(Mutex::new("one:3128"));
        let by_now = Arc::clone(&now);
        let proxies = Proxies::as_said_by(move |host| {
            says.send(host.to_owned()).expect("the test listens");
            host.ends_with("amazonaws.com").then(|| format!("http://{}", by_now.lock().expect("a name")))
        });
        let by = async |to: &Uri| proxies.find(to).await.map(|through| through.host().to_owned());
        assert_eq!(by(&company).await, None);
        assert_eq!(by(&store()).await.as_deref(), Some("one:3128"));
        assert_eq!(proxies.taken(&company).expect("for the storage").host(), "one:3128");
        let asked = || hears.try_iter().collect::<Vec<_>>();
        assert_eq!(asked(), ["uploads.example.com", "s3.eu-central-1.amazonaws.com"]);
        // Another network.
        *now.lock().expect("a name") = "two:3128";
        assert_eq!(by(&store()).await.as_deref(), Some("one:3128"), "what was said holds for a while");
        tokio::time::advance(std::time::Duration::from_secs(11)).await;
        assert_eq!(by(&store()).await.as_deref(), Some("two:3128"));
        *now.lock().expect("a name") = "three:3128";
        tokio::time::advance(std::time::Duration::from_secs(2)).await;
        proxies.doubts(&store(), &std::io::Error::other("refused"));
        assert_eq!(by(&store()).await.as_deref(), Some("three:3128"), "no connection came to stand");
        asked();
        for nobodys in ["https://localhost:8443/", "https://127.0.0.1/", "https://[::1]/"] {
            assert_eq!(by(&Uri::from_static(nobodys)).await, None);
        }
        proxies.choose(ProxyChoice::None);
        assert_eq!(by(&store()).await, None);
        assert_eq!(asked(), Vec::<String>::new(), "nobody asks of what is decided");
    }

    #[tokio::test]
    async fn each_proxy_that_is_taken_is_told_the_password_that_is_kept_for_it_and_the_keychain_is_asked_once() {
        let proxies = Proxies::as_said_by(|host| Some(format!("http://proxy-for-{host}:3128")));
        let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let count = Arc::clone(&asked);
        proxies.asks(Arc::new(move |host: String| -> BoxFuture<'static, Option<ProxyLogin>> {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let user = host.trim_end_matches(":3128").to_owned();
            let login = ProxyLogin { user, password: "secret".to_owned().into() };
            Box::pin(std::future::ready(Some(login)))
        }));
        let (one, two) = (Uri::from_static("https://one.example/"), Uri::from_static("https://two.example/"));
        for to in [&one, &two, &one] {
            let through = proxies.find(to).await.expect("by a proxy");
            let told = ProxyLogin::of_header(&through.auth.clone().expect("told")).expect("read");
            assert_eq!(format!("{}:3128", told.user), through.host());
        }
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
        // The one that is asked about is the one that a password is entered for.
        let taken = || proxies.taken(&one).expect("by a proxy").host().to_owned();
        assert_eq!(taken(), "proxy-for-one.example:3128");
        proxies.doubts(&two, &std::io::Error::other("proxy authorization required"));
        assert_eq!(taken(), "proxy-for-two.example:3128");
        let another = ProxyLogin { user: "ada".to_owned(), password: "another".to_owned().into() };
        proxies.log_in("proxy-for-two.example:3128".to_owned(), another);
        assert_eq!(taken(), "proxy-for-one.example:3128");
        proxies.log_out("proxy-for-one.example:3128");
        assert!(proxies.find(&one).await.expect("by a proxy").auth.is_none(), "it is forgotten");
        assert!(proxies.find(&two).await.expect("by a proxy").auth.is_some());
    }
}
