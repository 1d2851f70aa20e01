//! A company's proxy: with a password, and told of nobody but the keychain and the proxy itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use davit_core::engine::feed::{Next, Overview, RowState, Update, View};
use davit_core::engine::{EnqueueOptions, Feed};
use davit_core::error::ErrorCode;
use davit_core::ids::ItemId;
use davit_core::net::{Net, Proxies, ProxyChoice, ProxyFrom, ProxyLogin};
use davit_core::uploader::{Options, SessionStatus, Uploader};
use davit_tests::World;
use davit_tests::accelerate::ConnectProxy;
use davit_tests::source::{noise, sha256};
use davit_tests::world::{BUCKET, connected};

pub(crate) const TOKEN: &str = "sesame-of-the-company";
pub(crate) const HOST: &str = "uploads.example.com";
pub(crate) const PASSWORD: &str = "p4ss:w/rd@of?the proxy";

/// Longer than any wait here takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// A company that is reached by a proxy alone, which wants a password.
pub(crate) async fn company() -> (World, ConnectProxy, Options) {
    let mut world = World::new().await;
    world.start_backend(&World::backend_config_by_token(TOKEN)).await;
    let backend = world.backend.as_ref().expect("a backend").address();
    let proxy = ConnectProxy::to(backend, HOST, &world.path("")).await;
    proxy.wants("ada", PASSWORD);
    let proxies = Proxies::through(proxy.url().parse().expect("an address")).expect("a proxy");
    let net = Net { proxies, ca_bundle: Some(proxy.ca.clone()), ..Net::default() };
    let store = world.cloud.endpoint().parse().expect("an address");
    let options = Options { direct: None, dev_store: Some(store), token: Some(TOKEN.into()), net, ..world.options() };
    (world, proxy, options)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_wants_a_password_is_told_it_once_it_is_known_and_nobody_else_is() {
    let (world, proxy, options) = company().await;
    let uploader = Uploader::open(options).await.expect("opens");
    let address = format!("https://{HOST}");
    let refused = uploader.connect(&address).await.expect_err("nobody knows the password");
    assert_eq!(refused.code, ErrorCode::ProxyAuth, "{refused}");
    assert!(proxy.hosts().is_empty(), "nothing passed: {:?}", proxy.hosts());
    let before = uploader.network();
    assert!(!before.has_password && before.from == Some(ProxyFrom::Person), "{before:?}");

    let login = ProxyLogin { user: "ada".to_owned(), password: PASSWORD.to_owned().into() };
    let shown = before.proxy.expect("one is taken");
    let now = uploader.set_proxy_login(&shown, login).await.expect("kept");
    assert!(now.has_password && now.proxy == Some(proxy.address().to_string()), "{now:?}");
    uploader.connect(&address).await.expect("through it");
    let signed_in = uploader.sign_in(TOKEN.into()).await.expect("taken");
    assert!(matches!(signed_in, SessionStatus::Connected { .. }), "{signed_in:?}");
    assert_eq!(proxy.hosts().first().map(String::as_str), Some("uploads.example.com:443"));
    let told = format!("{:?}{}", uploader.network(), serde_json::to_string(&uploader.network()).expect("JSON"));
    let left = world.left() + &told;
    assert!(!left.contains(PASSWORD) && !left.contains("w%2Frd") && !left.contains(TOKEN), "a secret was left behind");

    let another = uploader.forget_proxy_login("proxy.elsewhere.example:3128").await.expect("nothing to forget");
    assert!(another.has_password, "it is another one's");
    let gone = uploader.forget_proxy_login(&shown).await.expect("forgotten");
    assert!(!gone.has_password);
    let straight = uploader.set_proxy(ProxyChoice::None).await.expect("kept");
    assert_eq!((straight.proxy, straight.from), (None, None));
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_the_storage_takes_the_same_proxy_and_tells_why_it_is_not_let_through() {
    let world = World::new().await;
    let host = format!("{BUCKET}.s3-accelerate.amazonaws.com");
    let proxy = ConnectProxy::to(world.cloud.address(), &host, &world.path("")).await;
    proxy.wants("ada", "s3cret-of-ada");
    let file = world.sources().join("cut.mov");
    noise(&file, 6 << 20);
    let upload = |proxy: &str, ca: &std::path::Path| {
        let mut run = world.davit("upload");
        run.arg(&file).args(["--s3", &format!("s3://{BUCKET}/in/"), "--accelerate", "--json"]);
        run.env("AWS_ACCESS_KEY_ID", &world.cloud.keys().access_key_id).env("HTTPS_PROXY", proxy);
        run.env("AWS_SECRET_ACCESS_KEY", &world.cloud.keys().secret_access_key).env("DAVIT_LOG", "trace");
        run.arg("--ca-bundle").arg(ca).args(["--region", "eu-central-1"]);
        run
    };
    let refused = upload(&proxy.url(), &proxy.ca).end().await;
    assert!(refused.code == Some(130) && refused.failures().is_empty(), "{}{}", refused.out, refused.err);
    for said in [r#"{"event":"problem","code":"proxy-auth""#, r#"{"event":"interrupted","why":"proxy-auth"}"#] {
        assert!(refused.out.contains(said), "{}{}", refused.out, refused.err);
    }
    let known = proxy.url().replace("http://", "http://ada:s3cret-of-ada@");
    let ended = upload(&known, &proxy.ca).end().await;
    ended.all_done();
    assert_eq!(world.sha256("in/cut.mov"), sha256(&file));
    let told = ended.out + &ended.err + &world.left();
    assert!(!told.contains("s3cret-of-ada"), "the password was told");
}

/// The proxy whose form a person fills in is not the one that is taken as they send it: another network's, say.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_kept_for_the_proxy_that_was_shown_and_for_no_other_that_is_taken_meanwhile() {
    let world = World::new().await;
    let by_now = Arc::new(Mutex::new("127.0.0.1:1"));
    let names = Arc::clone(&by_now);
    let proxies = Proxies::as_said_by(move |_| Some(format!("http://{}", names.lock().expect("a name"))));
    let net = Net { proxies, ..Net::default() };
    let token = Some(TOKEN.into());
    let uploader = Uploader::open(Options { token, net, direct: None, ..world.options() }).await.expect("opens");
    let login = || ProxyLogin { user: "ada".to_owned(), password: PASSWORD.to_owned().into() };
    let shown = uploader.network().proxy.expect("one is taken");
    *by_now.lock().expect("a name") = "127.0.0.1:2";
    uploader.set_proxy(ProxyChoice::Automatic).await.expect("asked anew");
    assert_eq!(uploader.network().proxy.as_deref(), Some("127.0.0.1:2"));
    let refused = uploader.set_proxy_login(&shown, login()).await.expect_err("it is not taken any more");
    assert_eq!(refused.code, ErrorCode::BadInput, "{refused}");
    assert!(!uploader.network().has_password, "the other one is told nothing");
    uploader.set_proxy_login("127.0.0.1:2", login()).await.expect("kept");
    assert!(uploader.network().has_password);
    uploader.close().await;
}

/// The company is reached straight, and its storage by a proxy that wants a password: the one that lets nobody through is told it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_wants_a_password_for_waits_together_and_goes_on_once_it_is_entered() {
    let mut world = World::new().await;
    world.start_backend(&World::backend_config_by_token(TOKEN)).await;
    let store = format!("{BUCKET}.s3.eu-central-1.amazonaws.com");
    let company = world.backend.as_ref().expect("a backend").url();
    let proxy = ConnectProxy::to(world.cloud.address(), &store, &world.path("")).await;
    proxy.wants("ada", PASSWORD);
    let storage = proxy.url();
    let proxies = Proxies::as_said_by(move |to| to.ends_with("amazonaws.com").then(|| storage.clone()));
    let net = Net { proxies, ca_bundle: Some(proxy.ca.clone()), ..Net::default() };
    let (server, token) = (Some(company), Some(TOKEN.into()));
    let options = Options { server, token, net, direct: None, hold: false, ..world.options() };
    let uploader = connected(options).await;
    let files = ["a.mov", "b.mov", "c.mov"].map(|name| world.sources().join(name));
    for (file, size) in files.iter().zip([1_000, 6 << 20, 20 << 20]) {
        noise(file, size);
    }
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let mut feed = uploader.engine().subscribe(View { count: 10, ..View::default() }).await.expect("a feed");
    let ticket = uploader.engine().enqueue(files.to_vec(), to, EnqueueOptions::default()).await.expect("taken");

    let mut waiting = BTreeMap::new();
    all_wait(&mut feed, 3, ErrorCode::ProxyAuth, &mut waiting).await;
    assert!(proxy.hosts().is_empty(), "nothing passed: {:?}", proxy.hosts());
    let network = uploader.network();
    assert_eq!(network.proxy, Some(proxy.address().to_string()), "the one that is to be told a password");
    let shown = proxy.address().to_string();
    let login = |password: &str| ProxyLogin { user: "ada".to_owned(), password: password.to_owned().into() };
    uploader.set_proxy_login(&shown, login("not it")).await.expect("kept");
    proxy.refuses_one().await;
    all_wait(&mut feed, 3, ErrorCode::ProxyAuth, &mut waiting).await;
    uploader.set_proxy_login(&shown, login(PASSWORD)).await.expect("kept");
    let settled = tokio::time::timeout(PATIENCE, uploader.engine().settled(ticket.items)).await;
    let settled = settled.expect("it goes on by itself").expect("settles");
    assert_eq!((settled.uploaded, settled.failed), (3, 0), "{settled:?}");
    for (file, name) in files.iter().zip(["a.mov", "b.mov", "c.mov"]) {
        let key = world.keys().into_iter().find(|key| key.ends_with(name)).expect("stored");
        assert_eq!(world.sha256(&key), sha256(file));
    }
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn started_behind_a_proxy_that_wants_a_password_it_goes_on_once_that_is_entered() {
    let (_world, proxy, options) = company().await;
    let uploader = Uploader::open(Options { server: Some(format!("https://{HOST}")), ..options }).await.expect("opens");
    let mut changes = uploader.session_changes();
    let asks =
        |now: &SessionStatus| matches!(now, SessionStatus::Connecting { instead: Some(ErrorCode::ProxyAuth), .. });
    changes.wait_for(asks).await.expect("it says what it waits for");
    assert!(proxy.hosts().is_empty(), "nothing passed: {:?}", proxy.hosts());
    let login = ProxyLogin { user: "ada".to_owned(), password: PASSWORD.to_owned().into() };
    uploader.set_proxy_login(&proxy.address().to_string(), login).await.expect("kept");
    changes.wait_for(|now| matches!(now, SessionStatus::Connected { .. })).await.expect("it goes on by itself");
    uploader.close().await;
}

/// Until so many rows, and the whole, wait for a person because of this.
async fn all_wait(feed: &mut Feed, rows: usize, code: ErrorCode, waiting: &mut BTreeMap<ItemId, bool>) {
    loop {
        let update = tokio::time::timeout(PATIENCE, feed.next()).await;
        let update = update.unwrap_or_else(|_| panic!("it stays: {waiting:?}"));
        let (totals, changed) = match update.expect("the engine runs") {
            Update::Snapshot(snapshot) => (snapshot.totals, snapshot.slice.rows),
            Update::Delta(delta) => (delta.totals, delta.slice.map_or(delta.changed, |slice| slice.rows)),
        };
        for row in changed {
            assert!(!matches!(row.state, RowState::Failed { .. }), "{row:?}");
            let waits = matches!(&row.state, RowState::Waiting(wait) if wait.code == code && wait.next == Next::Person);
            waiting.insert(row.id, waits);
        }
        let whole = matches!(&totals.overview, Overview::Waiting(wait) if wait.code == code);
        if whole && waiting.len() == rows && waiting.values().all(|waits| *waits) {
            return;
        }
    }
}

/// As a company's script has it, whose answers change with the network: the company by one proxy, its storage by another.
#[tokio::test(flavor = "multi_thread")]
async fn each_host_is_reached_by_its_own_proxy_and_what_runs_goes_on_by_that_of_another_network() {
    let mut world = World::new().await;
    world.start_backend(&World::backend_config_by_token(TOKEN)).await;
    let store = format!("{BUCKET}.s3.eu-central-1.amazonaws.com");
    let folder = |name: &str| {
        let folder = world.path(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    };
    let backend = world.backend.as_ref().expect("a backend").address();
    let to_the_company = ConnectProxy::to(backend, HOST, &folder("company")).await;
    let one = ConnectProxy::to(world.cloud.address(), &store, &folder("one")).await;
    let two = ConnectProxy::to(world.cloud.address(), &store, &folder("two")).await;
    let trusted = [&to_the_company, &one, &two].map(|proxy| std::fs::read_to_string(&proxy.ca).expect("a certificate"));
    let bundle = world.path("all.pem");
    std::fs::write(&bundle, trusted.concat()).expect("written");

    let by_now = Arc::new(Mutex::new(one.url()));
    let (company, storage) = (to_the_company.url(), Arc::clone(&by_now));
    let proxies = Proxies::as_said_by(move |to| match to {
        HOST => Some(company.clone()),
        to if to.ends_with("amazonaws.com") => Some(storage.lock().expect("a proxy").clone()),
        _ => None,
    });
    let net = Net { proxies, ca_bundle: Some(bundle), ..Net::default() };
    let (server, token) = (Some(format!("https://{HOST}")), Some(TOKEN.into()));
    let options = Options { server, token, net, direct: None, hold: false, concurrency: Some(4), ..world.options() };
    let uploader = connected(options).await;
    assert_eq!(uploader.network().proxy, Some(to_the_company.address().to_string()));

    let file = world.sources().join("cut.mov");
    noise(&file, 96 << 20);
    world.cloud.takes(24 << 20);
    let to = uploader.destinations().await.expect("one")[0].id.clone();
    let ticket = uploader.engine().enqueue(vec![file.clone()], to, EnqueueOptions::default()).await.expect("taken");
    while world.cloud.observer().calls("UploadPart") < 4 {
        tokio::task::yield_now().await;
    }
    *by_now.lock().expect("a proxy") = two.url();
    one.is_gone().await;
    let settled = uploader.engine().settled(ticket.items).await.expect("settles");
    assert_eq!((settled.uploaded, settled.failed), (1, 0), "{settled:?}");
    assert_eq!(world.sha256(&world.keys()[0]), sha256(&file));
    assert_eq!(world.cloud.observer().calls("CreateMultipartUpload"), 1, "it went on where it was");
    let (company, store) = (format!("{HOST}:443"), format!("{store}:443"));
    let asked = to_the_company.hosts();
    assert!(!asked.is_empty() && asked.iter().all(|host| *host == company), "{asked:?}");
    for proxy in [&one, &two] {
        let asked = proxy.hosts();
        assert!(asked.contains(&store) && !asked.contains(&company), "{asked:?}");
    }
    uploader.close().await;
}

/// As releases are: their address sends on to a storage's.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_sends_on_to_is_fetched_by_the_proxy_that_leads_there() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = listener.local_addr().expect("its address");
    let sends_on = || async { Redirect::temporary("https://two.example/there") };
    let router = Router::new().route("/", get(sends_on)).route("/there", get(|| async { "it is there" }));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = |name: &str| {
        let folder = world.path(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    };
    let one = ConnectProxy::to(server, "one.example", &folder("one")).await;
    let two = ConnectProxy::to(server, "two.example", &folder("two")).await;
    let trusted = [&one, &two].map(|proxy| std::fs::read_to_string(&proxy.ca).expect("a certificate"));
    let bundle = world.path("both.pem");
    std::fs::write(&bundle, trusted.concat()).expect("written");
    let (to_one, to_two) = (one.url(), two.url());
    let proxies = Proxies::as_said_by(move |to| match to {
        "one.example" => Some(to_one.clone()),
        "two.example" => Some(to_two.clone()),
        _ => None,
    });
    let net = Net { proxies, ca_bundle: Some(bundle), ..Net::default() };
    let answer = net.fetch(&"https://one.example/".parse().expect("an address"), "tests").await.expect("fetched");
    assert_eq!(answer.text().await.expect("text"), "it is there");
    assert_eq!((one.hosts(), two.hosts()), (vec!["one.example:443".to_owned()], vec!["two.example:443".to_owned()]));
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_file_that_is_none_is_told_in_a_sentence_with_its_code() {
    let world = World::new().await;
    let (file, ca) = (world.sources().join("cut.mov"), world.path("ca.pem"));
    noise(&file, 1_000);
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&ca, text).expect("written");
        let ended = world.upload(&[&file]).arg("--ca-bundle").arg(&ca).end().await;
        assert!(ended.code != Some(0) && !ended.err.contains("panicked"), "{}{}", ended.out, ended.err);
        assert!((ended.out.clone() + &ended.err).contains("bad-certificate-file"), "{}{}", ended.out, ended.err);
    }
    let missing = world.upload(&[&file]).arg("--ca-bundle").arg(world.path("none.pem")).end().await;
    assert!((missing.out.clone() + &missing.err).contains("bad-certificate-file"), "{}{}", missing.out, missing.err);
}
