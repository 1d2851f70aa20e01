//! Which proxy leads where, and the password for it. Shared by every client of one way out, asked for every new connection:
//! what is changed here holds for the next one, and what is under way goes on.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use url::Url;

use crate::error::{Error, ErrorCode, Result};

/// What never leaves this computer needs no proxy, whatever it is called.
const HERE: &str = "localhost,127.0.0.1,::1";

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

/// A name and password for one proxy, and for no other: a network may name another any time.
#[derive(Clone, Debug)]
pub struct ProxyLogin {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

impl ProxyLogin {
    /// As the keychain holds it.
    pub(crate) fn to_kept(&self) -> SecretString {
        let both = [self.user.as_str(), self.password.expose_secret()];
        serde_json::to_string(&both).unwrap_or_default().into()
    }

    /// As the keychain held it.
    pub(crate) fn of_kept(kept: &SecretString) -> Option<Self> {
        let [user, password] = serde_json::from_str::<[String; 2]>(kept.expose_secret()).ok()?;
        Some(Self { user, password: password.into() })
    }

    fn header(&self) -> Option<HeaderValue> {
        let both = format!("{}:{}", self.user, self.password.expose_secret());
        let mut header = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(both))).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    fn of_header(header: &HeaderValue) -> Option<Self> {
        let told = BASE64.decode(header.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
        let told = String::from_utf8(told).ok()?;
        let (user, password) = told.split_once(':')?;
        Some(Self { user: user.to_owned(), password: password.to_owned().into() })
    }
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
pub struct Proxies(Arc<Mutex<Now>>);

struct Now {
    choice: ProxyChoice,
    environment: Matcher,
    /// What the system's settings say, read when it was last chosen.
    system: Matcher,
    fixed: Option<Matcher>,
    /// The proxy it is for, and what it is told.
    login: Option<(String, ProxyLogin)>,
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
        Self(Arc::new(Mutex::new(Now {
            choice: ProxyChoice::Automatic,
            environment: Matcher::from_env(),
            system: Matcher::from_system(),
            fixed: None,
            login: None,
        })))
    }
}

impl Proxies {
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        now.system = Matcher::from_system();
        now.choice = choice;
    }

    /// What a desktop's settings say, where nobody reads them for us.
    #[cfg(target_os = "linux")]
    pub(crate) fn system_says(&self, proxy: &str) {
        self.now().system = Matcher::builder().all(proxy.to_owned()).no(HERE).build();
    }

    /// The proxy on the way to an address; none where it is reached straight.
    pub(crate) fn to(&self, to: &Uri) -> Option<Through> {
        let now = self.now();
        let (found, from) = now.intercept(to)?;
        let proxy = found.uri().clone();
        let through = Through { auth: found.basic_auth().cloned(), proxy, from };
        let of_the_keychain = || {
            let (of, login) = now.login.as_ref()?;
            if of == through.host() { login.header() } else { None }
        };
        let auth = through.auth.clone().or_else(of_the_keychain);
        Some(Through { auth, ..through })
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

    /// The name and password for the proxy at this host and port; what was for another is forgotten.
    pub(crate) fn log_in(&self, host: String, login: ProxyLogin) {
        self.now().login = Some((host, login));
    }

    /// Passwords that are known, for whoever makes sure that they stand nowhere.
    pub fn passwords(&self) -> Vec<SecretString> {
        let taken = self.to(&Uri::from_static(ANYWHERE)).and_then(|through| through.auth);
        let taken = taken.as_ref().and_then(ProxyLogin::of_header).map(|login| login.password);
        let kept = self.now().login.as_ref().map(|(_, login)| login.password.clone());
        taken.into_iter().chain(kept).collect()
    }

    /// They are forgotten.
    pub(crate) fn log_out(&self) {
        self.now().login = None;
    }
}

impl Now {
    fn intercept(&self, to: &Uri) -> Option<(Intercept, ProxyFrom)> {
        match &self.choice {
            ProxyChoice::None => None,
            ProxyChoice::Fixed { .. } => Some((self.fixed.as_ref()?.intercept(to)?, ProxyFrom::Person)),
            ProxyChoice::Automatic => match self.environment.intercept(to) {
                Some(found) => Some((found, ProxyFrom::Environment)),
                // What reads the system's settings reads the environment as well: its exceptions count for both.
                None => Some((self.system.intercept(to)?, ProxyFrom::System)),
            },
        }
    }
}

fn fixed(address: &Url) -> Matcher {
    Matcher::builder().all(address.as_str().to_owned()).no(HERE).build()
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_login_comes_back_from_the_keychain_as_it_was() {
        let login = ProxyLogin { user: "DOMAIN\\ada".to_owned(), password: "a\"b\nc".to_owned().into() };
        let back = ProxyLogin::of_kept(&login.to_kept()).expect("read");
        assert_eq!((back.user, back.password.expose_secret()), (login.user, login.password.expose_secret()));
        assert!(ProxyLogin::of_kept(&"nonsense".to_owned().into()).is_none());
    }
}
