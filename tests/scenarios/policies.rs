//! What a company rules at its people's computers, by its backend and by their own policy.

use davit_core::error::ErrorCode;
use davit_core::net::{Net, Proxies, ProxyChoice};
use davit_core::policy::Policy;
use davit_core::settings::rules::{Source, Sourced};
use davit_core::settings::{Name, Preferences};
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
