//! What a company rules at its people's computers, by its backend and by their own policy.

use std::path::Path;

use davit_core::error::ErrorCode;
use davit_core::net::{Net, Proxies, ProxyChoice};
use davit_core::policy::Policy;
use davit_core::settings::rules::{Source, Sourced};
use davit_core::settings::{Name, Preferences, SETTINGS};
use davit_core::units::ByteRate;
use davit_core::uploader::{Options, Uploader};
use davit_tests::World;
use davit_tests::world::connected;

const RULES: &str =
    "policy = { presets = { tell_watched = true }, locks = { usual_limit = 5000000, keep_awake = false } }";

fn source(uploader: &Uploader, name: Name) -> (Source, bool) {
    let sources = uploader.sources();
    let Sourced { source, locked, .. } = sources.iter().find(|one| one.name == name).expect("every setting");
    (*source, *locked)
}

async fn rate(uploader: &Uploader) -> Option<ByteRate> {
    uploader.limit_now().await.expect("told").rate
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_company_rules_holds_at_once_and_while_it_does_not_answer() {
    let mut world = World::new().await;
    let config = World::backend_config(900, "role").replace("person_salt =", &format!("{RULES}\nperson_salt ="));
    world.start_backend(&config).await;
    let options = world.options_by_backend(&world.cloud.endpoint());
    let uploader = connected(options.clone()).await;
    let mut changes = uploader.preferences_changes();
    changes.wait_for(|now| now.tell_watched && !now.keep_awake).await.expect("ruled");
    assert_eq!(rate(&uploader).await, Some(ByteRate(5_000_000)));
    assert_eq!(source(&uploader, Name::KeepAwake), (Source::Backend, true));
    assert_eq!(source(&uploader, Name::TellWatched), (Source::Backend, false));
    assert_eq!(source(&uploader, Name::Tray), (Source::Default, false));

    let now = uploader.preferences();
    let refused = uploader.set_preferences(Preferences { keep_awake: true, ..now }).expect_err("locked");
    assert_eq!((refused.code, uploader.preferences()), (ErrorCode::SetByCompany, now));
    assert_eq!(uploader.choose_limit(None).await.expect_err("locked").code, ErrorCode::SetByCompany);
    uploader.set_preferences(Preferences { tell_watched: false, ..now }).expect("the person's to say");
    assert_eq!(source(&uploader, Name::TellWatched), (Source::Person, false));
    uploader.close().await;

    world.backend = None;
    let uploader = Uploader::open(options).await.expect("opens without the company");
    assert_eq!(rate(&uploader).await, Some(ByteRate(5_000_000)));
    assert_eq!(uploader.preferences(), Preferences { tell_watched: false, ..now });
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_the_computers_policy_locks_is_told_and_nobody_chooses_another() {
    let world = World::new().await;
    let policy = world.path("policy.json");
    std::fs::write(&policy, r#"{ "locks": { "usual_limit": 5000000 } }"#).expect("written");
    let limit = || {
        let mut run = world.davit("limit");
        run.env("DAVIT_POLICY", &policy);
        run
    };
    let refused = limit().arg("none").end().await;
    assert!(refused.code == Some(1) && refused.err.contains("[set-by-company"), "{}", refused.err);
    let told = limit().end().await;
    assert!(told.code == Some(0) && told.out.contains("Limited to 5.0 MB/s."), "{}", told.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_the_computers_policy_locks_is_taken_and_nobody_sets_another() {
    let world = World::new().await;
    let file = world.path("policy.json");
    std::fs::write(&file, r#"{ "locks": { "proxy": "proxy.example.com:3128" } }"#).expect("written");
    let policy = Policy::read(&file).expect("a policy");
    let run = Proxies::through("http://other.example.com:3128".parse().expect("an address")).expect("a proxy");
    let net = Net { proxies: run, ..Net::default() };
    // With a token of its own nothing is asked of the keychain.
    let options = Options { direct: None, token: Some("sesame".into()), net, policy, ..world.options() };
    let uploader = Uploader::open(options).await.expect("opens");
    let locked = uploader.network();
    assert_eq!(locked.choice, ProxyChoice::typed("proxy.example.com:3128").expect("a proxy"));
    assert_eq!(locked.proxy.as_deref(), Some("proxy.example.com:3128"));
    assert_eq!(source(&uploader, Name::Proxy), (Source::Policy, true));
    let refused = uploader.set_proxy(ProxyChoice::None).await.expect_err("locked");
    assert_eq!((refused.code, uploader.network()), (ErrorCode::SetByCompany, locked));
    uploader.close().await;
}

/// With a token of its own nothing is asked of the keychain.
fn by(world: &World, policy: &str) -> Options {
    let file = world.path("policy.json");
    std::fs::write(&file, policy).expect("written");
    let policy = Policy::read(&file).expect("a policy");
    Options { direct: None, token: Some("sesame".into()), policy, ..world.options() }
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_in_flight_are_set_for_the_next_start_and_where_the_policy_locks_them_by_nobody() {
    let world = World::new().await;
    let free = by(&world, "{}");
    let uploader = Uploader::open(free.clone()).await.expect("opens");
    assert_eq!((uploader.concurrency(), source(&uploader, Name::Concurrency)), (None, (Source::Default, false)));
    uploader.set_concurrency(Some(8)).expect("theirs to say");
    assert_eq!((uploader.concurrency(), source(&uploader, Name::Concurrency)), (Some(8), (Source::Person, false)));
    for bad in [0, 129] {
        assert_eq!(uploader.set_concurrency(Some(bad)).expect_err("too few or too many").code, ErrorCode::BadInput);
    }
    uploader.close().await;

    let uploader = Uploader::open(by(&world, r#"{ "locks": { "concurrency": 2 } }"#)).await.expect("opens");
    assert_eq!((uploader.concurrency(), source(&uploader, Name::Concurrency)), (Some(2), (Source::Policy, true)));
    assert_eq!(uploader.set_concurrency(None).expect_err("locked").code, ErrorCode::SetByCompany);
    uploader.close().await;
    let uploader = Uploader::open(free).await.expect("opens");
    assert_eq!(uploader.concurrency(), Some(8), "what was set before the lock");
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_the_policy_describes_is_shown_as_locked() {
    let world = World::new().await;
    let company = r#"{ "company": { "name": "Example", "credentials_url": "http://127.0.0.1:9/sts", "auth": "none",
        "destinations": [] } }"#;
    let uploader = Uploader::open(by(&world, company)).await.expect("opens");
    assert_eq!(source(&uploader, Name::Server), (Source::Policy, true));
    uploader.close().await;
}

#[test]
fn every_setting_has_a_place_in_the_window_that_says_who_set_it() {
    let views = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/views");
    let views = std::fs::read_dir(views).expect("the views");
    let all: String = views.filter_map(|view| std::fs::read_to_string(view.ok()?.path()).ok()).collect();
    for setting in SETTINGS {
        let name = serde_json::to_value(setting.name).expect("a name");
        let says = format!("saying(preferences.source('{}'))", name.as_str().expect("a text"));
        assert!(all.contains(&says), "{}", setting.key);
    }
}
