//! Proxies that somebody says of places.

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

#[tokio::test(start_paused = true)]
async fn a_password_that_a_proxy_refuses_is_not_said_to_it_again_and_again() {
    let proxies = proxies("http://proxy.example.com:3128");
    let login = |password: &str| ProxyLogin { user: "ada".to_owned(), password: password.to_owned().into() };
    let is_told = || proxies.to(&store()).expect("by the proxy").auth.is_some();
    let asks = std::io::Error::other("proxy authorization required");
    let refuses = || proxies.doubts(&store(), proxies.to(&store()).as_ref(), &asks);
    let before = proxies.to(&store());
    refuses();
    proxies.log_in("proxy.example.com:3128".to_owned(), login("wrong"));
    proxies.doubts(&store(), before.as_ref(), &asks);
    assert!(is_told(), "it was entered meanwhile");
    proxies.doubts(&store(), proxies.to(&store()).as_ref(), &std::io::Error::other("refused"));
    assert!(is_told(), "it is not what is wrong");
    for _ in 0..3 {
        refuses();
        assert!(!is_told());
        assert!(proxies.taken(&store()).expect("by the proxy").auth.is_some(), "there is one all the same");
        // Tries without it say nothing of it.
        refuses();
        tokio::time::advance(Duration::from_secs(599)).await;
        assert!(!is_told(), "ten minutes are not over");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(is_told(), "whoever refused it may know better by now");
    }
    refuses();
    proxies.log_in("proxy.example.com:3128".to_owned(), login("right"));
    assert!(is_told(), "another one is said at once");
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
    proxies.doubts(&store(), None, &std::io::Error::other("refused"));
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
    let by = proxies.to(&two);
    proxies.doubts(&two, by.as_ref(), &std::io::Error::other("proxy authorization required"));
    assert_eq!(taken(), "proxy-for-two.example:3128");
    let another = ProxyLogin { user: "ada".to_owned(), password: "another".to_owned().into() };
    proxies.log_in("proxy-for-two.example:3128".to_owned(), another);
    assert_eq!(taken(), "proxy-for-one.example:3128");
    proxies.log_out("proxy-for-one.example:3128");
    assert!(proxies.find(&one).await.expect("by a proxy").auth.is_none(), "it is forgotten");
    assert!(proxies.find(&two).await.expect("by a proxy").auth.is_some());
}
