//! Signing in at the company's issuer: in the browser or with a code, renewed without a word, ended and begun again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use davit_core::engine::EnqueueOptions;
use davit_core::error::{Error, ErrorCode, Result};
use davit_core::ids::DestinationId;
use davit_core::session::By;
use davit_core::uploader::{Door, Options, SessionStatus, SignedIn, Uploader};
use davit_tests::World;
use davit_tests::issuer::{CODE, Issuer, asks, browser, pages};
use davit_tests::source::{noise, sha256};
use tokio::time::Duration;
use url::Url;

/// What comes to its end by itself has done so by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a sign-in is left: whoever leaves and whoever is left run at once.
const LEFT: u32 = 20;

/// A company whose people sign in at an issuer, and who is about to.
struct Company {
    // Ends before what it speaks to.
    uploader: Arc<Uploader>,
    issuer: Issuer,
    world: World,
}

impl Company {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With this beside in the `auth` of its file.
    async fn with(beside: &str) -> Self {
        let (mut world, issuer) = (World::new().await, Issuer::start().await);
        world.start_backend(&config(&issuer, beside)).await;
        // With a token of its own it touches no keychain of whoever runs this.
        let options = Options { token: Some("none of the issuer's".into()), hold: false, ..options(&world) };
        let uploader = Arc::new(Uploader::open(options).await.expect("opens"));
        let company = Self { uploader, issuer, world };
        company.comes_to(|now| matches!(now, SessionStatus::NeedsBrowser { .. })).await;
        company
    }

    async fn comes_to(&self, is: impl FnMut(&SessionStatus) -> bool) -> SessionStatus {
        let mut changes = self.uploader.session_changes();
        tokio::time::timeout(PATIENCE, changes.wait_for(is)).await.expect("in time").expect("it lives").clone()
    }

    async fn signs_in(&self, by: By, opens: impl Fn(&Door) -> bool + Send + 'static) -> Result<SignedIn> {
        tokio::time::timeout(PATIENCE, self.uploader.sign_in_by(by, pages(), opens)).await.expect("in time")
    }

    async fn is_signed_in(&self) {
        let signed_in = self.signs_in(By::Browser, browser).await.expect("signed in");
        assert!(matches!(signed_in.status, SessionStatus::Connected { .. }), "{:?}", signed_in.status);
    }

    async fn has_uploaded(&self) {
        let there = async {
            while self.world.keys().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.expect("it goes on");
    }

    /// Nobody's sign-in outlives what this company believes of its issuer.
    async fn forgets_the_issuers_keys(&mut self) {
        let config = config(&self.issuer, "");
        self.world.start_backend(&config).await;
    }

    /// Where a backend was before, the first who asks may ask on a connection of that one.
    async fn credentials(&self) -> Result<String> {
        let to = DestinationId("rushes".to_owned());
        let asked = async {
            loop {
                match self.uploader.try_credentials(&to).await {
                    Err(error) if error.code == ErrorCode::Offline => {}
                    outcome => return outcome,
                }
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("in time")
    }
}

fn config(issuer: &Issuer, beside: &str) -> String {
    let config = World::backend_config_by_issuer(&issuer.url());
    config.replace("client_id = \"davit\"", &format!("client_id = \"davit\"{beside}"))
}

fn options(world: &World) -> Options {
    world.options_by_backend(&world.cloud.endpoint())
}

fn code(outcome: Result<SignedIn>) -> ErrorCode {
    outcome.map(|signed_in| signed_in.status).expect_err("refused").code
}

/// Of the page's address, where the browser comes back to, and the sign-in's own word.
fn back(page: &str) -> (String, String) {
    let page = Url::parse(page).expect("an address");
    let of = |name: &str| page.query_pairs().find(|(known, _)| known == name).expect(name).1.into_owned();
    (of("redirect_uri"), of("state"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_in_the_browser_uploads_with_what_the_issuer_grants() {
    let company = Company::new().await;
    company.is_signed_in().await;
    let file = company.world.sources().join("cut.mov");
    noise(&file, 1_000);
    let engine = company.uploader.engine();
    let to = DestinationId("rushes".to_owned());
    engine.enqueue(vec![file.clone()], to, EnqueueOptions::default()).await.expect("taken");
    company.has_uploaded().await;
    let key = company.world.keys().pop().expect("an object");
    assert_eq!(company.world.sha256(&key), sha256(&file));
    assert!(!key.contains("ada"), "the person's name is nowhere: {key}");
    let came = company.issuer.seen().came;
    let [came] = &came[..] else { panic!("once: {came:?}") };
    assert_eq!(came["scope"], "openid offline_access");
    assert!(came["code_challenge"].len() == 43 && came["nonce"].len() > 20 && came["state"].len() > 20, "{came:?}");
    assert!(!came.contains_key("prompt"), "{came:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_is_what_the_company_is_shown_where_it_wants_that() {
    let company = Company::with(", bearer = \"id_token\"").await;
    company.is_signed_in().await;
    company.credentials().await.expect("given");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_renewed_before_its_end_and_nobody_sees_it() {
    let company = Company::new().await;
    company.issuer.does(|does| does.life = 1);
    company.is_signed_in().await;
    let renewed = async {
        while company.issuer.seen().renewals < 3 {
            company.credentials().await.expect("given all the time");
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.expect("in time");
    assert_eq!(company.issuer.seen().twice, 0, "each refresh token is used once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_gives_its_tokens_elsewhere_by_now_is_asked_there() {
    let company = Company::new().await;
    company.issuer.does(|does| does.life = 1);
    company.is_signed_in().await;
    company.issuer.moves();
    let before = company.issuer.seen().renewals;
    let renewed = async {
        while company.issuer.seen().renewals == before {
            // Where it was nobody answers for it; that is found out by asking there.
            let _ = company.credentials().await;
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.expect("in time");
    company.credentials().await.expect("given");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_company_takes_no_more_is_renewed_by_one_request_for_all_who_ask() {
    let mut company = Company::new().await;
    company.is_signed_in().await;
    company.issuer.changes_its_key();
    company.forgets_the_issuers_keys().await;
    let (a, b, c, d) =
        tokio::join!(company.credentials(), company.credentials(), company.credentials(), company.credentials());
    for given in [a, b, c, d] {
        given.expect("given");
    }
    let seen = company.issuer.seen();
    assert_eq!((seen.renewals, seen.twice), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_renewal_ends_the_sign_in_and_uploads_continue_after_the_next() {
    let mut company = Company::new().await;
    company.is_signed_in().await;
    company.issuer.does(|does| does.refuses = true);
    company.issuer.changes_its_key();
    company.forgets_the_issuers_keys().await;
    let file = company.world.sources().join("cut.mov");
    noise(&file, 1_000);
    let to = DestinationId("rushes".to_owned());
    company.uploader.engine().enqueue(vec![file], to, EnqueueOptions::default()).await.expect("taken");
    company.comes_to(|now| matches!(now, SessionStatus::SignedOut { browser: true, .. })).await;
    for _ in 0..5 {
        assert_eq!(company.credentials().await.expect_err("over").code, ErrorCode::SignInEnded);
    }
    assert_eq!(company.issuer.seen().renewals, 1, "the issuer is asked once");
    assert!(company.world.keys().is_empty());

    company.issuer.does(|does| does.refuses = false);
    company.is_signed_in().await;
    company.has_uploaded().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_the_sign_ins_own_word_changes_nothing_and_the_first_with_it_is_the_last() {
    let company = Company::new().await;
    let (tell, told) = std::sync::mpsc::channel();
    let opens = move |door: &Door| tell.send(door.page.clone()).is_ok();
    let strangers = async {
        company.comes_to(|now| matches!(now, SessionStatus::SigningIn { code: None, at: None, .. })).await;
        let page = told.try_recv().expect("a page");
        let (redirect, state) = back(&page);
        assert!(redirect.starts_with("http://127.0.0.1:"), "{redirect}");
        for odd in [
            format!("{redirect}?code=stolen&state=other"),
            format!("{redirect}?code=stolen"),
            redirect.clone(),
            format!("{}?code=stolen&state={state}", redirect.replace("/sign-in", "/other")),
            format!("{}?code=stolen&state={state}", redirect.replace("127.0.0.1", "localhost")),
        ] {
            // Not every system leads that name to the address that is listened at.
            if let Ok((status, _, said)) = asks(&odd).await {
                assert!(status == 404 && said.contains("Another sign-in."), "{odd}: {status} {said}");
            }
        }
        let (_, to, _) = asks(&page).await.expect("the issuer");
        let to = to.expect("back");
        assert_eq!(asks(&to).await.expect("Davit").0, 200);
        asks(&to).await.expect_err("nobody listens any more");
    };
    let (signed_in, ()) = tokio::join!(company.signs_in(By::Browser, opens), strangers);
    signed_in.expect("signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_the_person_denies_is_not_finished_and_can_be_begun_again() {
    let company = Company::new().await;
    company.issuer.does(|does| does.denies = true);
    assert_eq!(code(company.signs_in(By::Browser, browser).await), ErrorCode::SignInUnfinished);
    company.comes_to(|now| matches!(now, SessionStatus::NeedsBrowser { .. })).await;
    company.issuer.does(|does| does.denies = false);
    let signed_in = company.signs_in(By::BrowserAndAnotherAccount, browser).await.expect("signed in");
    assert!(matches!(signed_in.status, SessionStatus::Connected { .. }));
    assert_eq!(company.issuer.seen().came[1]["prompt"], "select_account");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_calls_itself_otherwise_is_refused_and_so_is_another_ones_answer() {
    let company = Company::new().await;
    company.issuer.does(|does| does.answers_as = Some("https://evil.example.com".to_owned()));
    assert_eq!(code(company.signs_in(By::Browser, browser).await), ErrorCode::BackendContract);
    let company = Company::new().await;
    company.issuer.does(|does| does.name = Some("https://evil.example.com".to_owned()));
    assert_eq!(code(company.signs_in(By::Browser, browser).await), ErrorCode::BackendContract);
    assert!(company.issuer.seen().came.is_empty(), "nobody is sent there");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_browser_opens_a_code_signs_in() {
    let company = Company::new().await;
    company.issuer.does(|does| does.pending = 1);
    let asked = Arc::new(AtomicU32::new(0));
    let opened = Arc::clone(&asked);
    let opens = move |_: &Door| {
        opened.fetch_add(1, Ordering::Relaxed);
        false
    };
    let shown = async {
        let is_code =
            |now: &SessionStatus| matches!(now, SessionStatus::SigningIn { code: Some(code), .. } if code == CODE);
        let SessionStatus::SigningIn { at, .. } = company.comes_to(is_code).await else { unreachable!() };
        assert!(at.is_some_and(|at| at.ends_with("/device")));
    };
    let (signed_in, ()) = tokio::join!(company.signs_in(By::Browser, opens), shown);
    assert!(matches!(signed_in.expect("signed in").status, SessionStatus::Connected { .. }));
    assert_eq!(asked.load(Ordering::Relaxed), 2, "once without a code, and once with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_denied_or_not_known_is_no_sign_in() {
    let company = Company::new().await;
    company.issuer.does(|does| does.denies = true);
    assert_eq!(code(company.signs_in(By::Code, |_| false).await), ErrorCode::SignInUnfinished);
    let company = Company::new().await;
    company.issuer.does(|does| does.no_codes = true);
    assert_eq!(code(company.signs_in(By::Code, |_| false).await), ErrorCode::BackendContract);
    assert_eq!(code(company.signs_in(By::Browser, |_| false).await), ErrorCode::SignInUnfinished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_left_or_begun_anew_listens_no_more() {
    let company = Company::new().await;
    let (tell, told) = std::sync::mpsc::channel();
    let opens = move |door: &Door| tell.send(door.page.clone()).is_ok();
    let waits = |now: &SessionStatus| matches!(now, SessionStatus::SigningIn { .. });
    let again = async {
        company.comes_to(waits).await;
        // Another takes its place.
        company.is_signed_in().await;
    };
    let (left, ()) = tokio::join!(company.signs_in(By::Browser, opens.clone()), again);
    assert!(left.is_ok(), "it says how things stand");
    company.uploader.sign_out().await.expect("left");
    for _ in 0..LEFT {
        let leaves = async {
            company.comes_to(waits).await;
            company.uploader.leave_sign_in();
        };
        let (left, ()) = tokio::join!(company.signs_in(By::Browser, opens.clone()), leaves);
        assert!(matches!(left.expect("left").status, SessionStatus::NeedsBrowser { .. }));
    }
    for _ in 0..=LEFT {
        let (redirect, state) = back(&told.try_recv().expect("a page"));
        asks(&format!("{redirect}?code=late&state={state}")).await.expect_err("nobody listens");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_left_while_the_issuer_is_asked_opens_no_browser() {
    let company = Company::new().await;
    company.issuer.hears(false);
    let (opened, before) = (Arc::new(AtomicU32::new(0)), company.issuer.seen().described);
    let count = Arc::clone(&opened);
    let opens = move |_: &Door| {
        count.fetch_add(1, Ordering::Relaxed);
        true
    };
    let leaves = async {
        while company.issuer.seen().described == before {
            tokio::task::yield_now().await;
        }
        company.uploader.leave_sign_in();
        company.issuer.hears(true);
    };
    let (left, ()) = tokio::join!(company.signs_in(By::Browser, opens), leaves);
    assert!(matches!(left.expect("left").status, SessionStatus::NeedsBrowser { .. }));
    assert_eq!(opened.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_waits_ends_where_its_company_is_forgotten_left_or_signed_out_of() {
    for how in ["forgotten", "left for another", "signed out of"] {
        let company = Company::new().await;
        let other = World::with_backend(900, "role").await;
        let (tell, told) = std::sync::mpsc::channel();
        let opens = move |door: &Door| tell.send(door.page.clone()).is_ok();
        let leaves = async {
            company.comes_to(|now| matches!(now, SessionStatus::SigningIn { .. })).await;
            match how {
                "forgotten" => drop(company.uploader.forget_company().await.expect(how)),
                "signed out of" => drop(company.uploader.sign_out().await.expect(how)),
                _ => {
                    let address = other.backend.as_ref().expect("a backend").url();
                    drop(company.uploader.connect(&address).await.expect(how));
                }
            }
        };
        let (left, ()) = tokio::join!(company.signs_in(By::Browser, opens), leaves);
        assert!(!left.expect("it says how things stand").lasts, "{how}");
        let (redirect, state) = back(&told.try_recv().expect("a page"));
        asks(&format!("{redirect}?code=late&state={state}")).await.expect_err(how);
        assert!(company.issuer.seen().given.is_empty(), "{how}");
        let waits = matches!(company.uploader.session(), SessionStatus::SigningIn { .. });
        assert!(!waits, "{how}: nobody waits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_signed_out_at_the_issuer_as_well() {
    let company = Company::new().await;
    company.is_signed_in().await;
    let status = company.uploader.sign_out().await.expect("signed out");
    assert!(matches!(status, SessionStatus::NeedsBrowser { .. }), "{status:?}");
    assert_eq!(company.issuer.seen().revoked, 1);
    assert_eq!(company.credentials().await.expect_err("nobody is signed in").code, ErrorCode::SignInEnded);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_is_signed_out_here_before_the_issuer_has_heard_of_it() {
    let company = Company::new().await;
    company.is_signed_in().await;
    company.issuer.hears(false);
    let is_out = async {
        company.comes_to(|now| matches!(now, SessionStatus::NeedsBrowser { .. })).await;
        company.issuer.hears(true);
    };
    let (status, ()) = tokio::join!(company.uploader.sign_out(), is_out);
    assert!(matches!(status.expect("signed out"), SessionStatus::NeedsBrowser { .. }));
    assert_eq!(company.issuer.seen().revoked, 1, "it heard of it in time all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_company_does_not_take_of_an_issuer_is_given_back_to_it() {
    let company = Company::with(", disabled = [\"ada\"]").await;
    assert_eq!(code(company.signs_in(By::Browser, browser).await), ErrorCode::AccountDisabled);
    assert_eq!(company.issuer.seen().revoked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_away_for_the_company_is_waited_for_and_ends_no_sign_in() {
    let mut company = Company::new().await;
    company.is_signed_in().await;
    let config = config(&company.issuer, "");
    let address = company.issuer.url().trim_start_matches("http://").to_owned();
    // Another one, which is nobody's.
    company.issuer = Issuer::start().await;
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    company.world.start_backend(&config).await;
    let error: Error = company.credentials().await.expect_err("away");
    assert_eq!(error.code, ErrorCode::BackendDown, "{error}");
    assert!(matches!(company.uploader.session(), SessionStatus::Connected { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_prints_where_to_sign_in_and_with_which_code() {
    let (mut world, issuer) = (World::new().await, Issuer::start().await);
    world.start_backend(&config(&issuer, "")).await;
    let url = world.backend.as_ref().expect("a backend").url();
    let none = world.davit("destinations").env("DAVIT_SERVER", &url).end().await;
    assert!(none.code == Some(1) && none.err.contains("davit sign-in"), "{}", none.err);
    // With a token of its own it touches no keychain, and says that the sign-in ends with it.
    let mut run = world.davit("sign-in");
    run.arg("--device").env("DAVIT_SERVER", &url);
    let ended = run.env("DAVIT_TOKEN", "none of the issuer's").end().await;
    assert!(ended.out.contains(&format!("/device in a browser, and enter {CODE}")), "{}", ended.out);
    assert!(ended.code == Some(1) && ended.err.contains("keychain-unavailable"), "{}", ended.err);
    assert!(ended.err.contains("takes DAVIT_TOKEN, or --s3"), "the two other ways: {}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_an_issuer_gives_is_found_in_what_a_sign_in_leaves_and_prints() {
    let (mut world, issuer) = (World::new().await, Issuer::start().await);
    world.start_backend(&config(&issuer, "")).await;
    let url = world.backend.as_ref().expect("a backend").url();
    let mut run = world.davit("sign-in");
    run.arg("--device").env("DAVIT_SERVER", &url).env("DAVIT_LOG", "trace");
    // With a token of its own it touches no keychain.
    let ended = run.env("DAVIT_TOKEN", "none of the issuer's").end().await;
    let given = issuer.seen().given;
    assert_eq!(given.len(), 3, "an access token, an ID token and a refresh token: {}", ended.err);
    assert!(ended.err.contains("signed in at the company's issuer"), "it is logged: {}", ended.err);
    let left = ended.out.clone() + &ended.err + &world.left();
    for token in given {
        assert!(!left.contains(&token), "{token} was left behind");
    }
}

/// As a service does on a server without a keychain: it would look well for ever, and upload nothing.
#[tokio::test(flavor = "multi_thread")]
async fn folders_are_not_watched_in_silence_where_nobody_is_signed_in() {
    let (mut world, issuer) = (World::new().await, Issuer::start().await);
    let runs = |world: &World, token: &str| {
        let mut run = world.davit("watch");
        run.args(["run", "--json"]).env("DAVIT_TOKEN", token);
        run.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url());
        run.env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint());
        run
    };
    world.start_backend(&config(&issuer, "")).await;
    let ended = tokio::time::timeout(PATIENCE, runs(&world, "a token").end()).await.expect("it ends");
    assert!(ended.code == Some(1) && ended.err.contains("takes none"), "{:?} {}", ended.code, ended.err);

    world.start_backend(&World::backend_config_by_token("right")).await;
    let ended = tokio::time::timeout(PATIENCE, runs(&world, "wrong").end()).await.expect("it ends");
    assert!(ended.code == Some(1) && ended.err.contains("wrong-token"), "{:?} {}", ended.code, ended.err);

    // The company takes the token back while folders are watched.
    let folder = world.path("in");
    noise(&folder.join("first.mov"), 20 << 20);
    let mut add = world.davit("watch");
    add.arg("add").arg(&folder).args(["--existing", "all", "--settle", "1s"]).env("DAVIT_TOKEN", "right");
    add.env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint());
    let added = add.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url()).end().await;
    assert_eq!(added.code, Some(0), "{}{}", added.out, added.err);
    let mut running = runs(&world, "right").start();
    let there = async {
        while world.keys().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, there).await.expect("uploaded");
    world.start_backend(&World::backend_config_by_token("another")).await;
    noise(&folder.join("second.mov"), 20 << 20);
    let ends = tokio::task::spawn_blocking(move || (running.until_event("problem"), running.end().code));
    let (problem, code) = tokio::time::timeout(PATIENCE, ends).await.expect("it ends").expect("asked");
    assert_eq!((problem["code"].as_str(), code), (Some("sign-in-ended"), Some(1)));
}
