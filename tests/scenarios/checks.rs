//! A check of the connection: line by line, with a test file that is removed, and nothing else touched.

use std::sync::atomic::Ordering;

use davit_core::check::{Checked, Found, Line, Skipped, Step, Verdict};
use davit_core::error::ErrorCode;
use davit_core::net::{Net, Proxies, ProxyFrom};
use davit_core::uploader::{Options, Uploader};
use davit_tests::World;
use davit_tests::accelerate::ConnectProxy;
use davit_tests::fault::FaultProxy;
use davit_tests::world::{BUCKET, connected};

use crate::proxies::HOST;

/// All that a check finds.
async fn all(uploader: &Uploader) -> Vec<Line> {
    let (mut lines, mut all) = (uploader.check(None), Vec::new());
    while let Some(line) = lines.recv().await {
        all.push(line);
    }
    all
}

fn of(lines: &[Line], step: Step) -> &Line {
    lines.iter().find(|line| line.step == step).unwrap_or_else(|| panic!("no line for {step:?}: {lines:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_what_is_right_and_leaves_nothing_in_the_storage() {
    let world = World::with_backend(900, "role").await;
    let uploader = connected(world.options_by_backend(&world.cloud.endpoint())).await;
    let lines = all(&uploader).await;
    for step in [Step::Names, Step::Proxy, Step::Company, Step::SignIn, Step::Storage, Step::Clock] {
        assert_eq!(of(&lines, step).verdict, Verdict::Fine, "{lines:?}");
    }
    let skipped = Found::Skipped { why: Skipped::OnThisComputer };
    assert_eq!(of(&lines, Step::Certificate).found, skipped);
    assert!(lines.iter().all(|line| line.step != Step::Ways), "there is one way: {lines:?}");
    let Found::Sent { rate } = of(&lines, Step::Storage).found else { panic!("{lines:?}") };
    assert!(rate.0 > 0);
    assert_eq!((world.keys().len(), world.cloud.uploads(BUCKET).len()), (0, 0), "nothing is left of the test file");
    assert_eq!(world.cloud.observer().calls("UploadPart"), 1, "one test file");
    let kept = uploader.checked().expect("kept");
    assert_eq!(kept.lines, lines);
    assert_eq!(Checked::of(&world.home()), Some(kept), "there after a restart");
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ways_are_compared_by_a_test_file_each() {
    let mut world = World::new().await;
    world.start_backend(&format!("{}\naccelerate = true\n", World::backend_config(900, "role"))).await;
    let (accelerated, direct) = (FaultProxy::before(world.cloud.address()).await, world.cloud.endpoint());
    let by = accelerated.endpoint().parse().expect("an address");
    let options = Options { dev_accelerated: Some(by), ..world.options_by_backend(&direct) };
    let uploader = connected(options).await;
    let lines = all(&uploader).await;
    let Found::Ways { accelerated: Some(_), direct: Some(_), .. } = of(&lines, Step::Ways).found else {
        panic!("{lines:?}")
    };
    accelerated.goes_away();
    let lines = all(&uploader).await;
    let ways = of(&lines, Step::Ways);
    assert_eq!(ways.verdict, Verdict::Attention, "{lines:?}");
    assert!(matches!(ways.found, Found::Ways { accelerated: None, direct: Some(_), .. }), "{ways:?}");
    assert_eq!(of(&lines, Step::Storage).verdict, Verdict::Fine, "one way is enough: {lines:?}");
    assert_eq!((world.keys().len(), world.cloud.uploads(BUCKET).len()), (0, 0));
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_nobody_listens_to_any_more_removes_its_test_file() {
    let world = World::with_backend(900, "role").await;
    let link = FaultProxy::tight(world.cloud.address());
    link.faults.rate_each.store(256 << 10, Ordering::SeqCst);
    let uploader = connected(world.options_by_backend(&link.endpoint())).await;
    let mut lines = uploader.check(None);
    while lines.recv().await.expect("a line").step != Step::SignIn {}
    while world.cloud.uploads(BUCKET).is_empty() {
        tokio::task::yield_now().await;
    }
    drop(lines);
    while !world.cloud.uploads(BUCKET).is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(uploader.checked().is_none(), "it did not come to its end");
    assert_eq!(world.keys().len(), 0);
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_secure_connections_is_named_by_the_certificate_that_is_not_trusted() {
    let world = World::with_backend(900, "role").await;
    let backend = world.backend.as_ref().expect("a backend").address();
    let proxy = ConnectProxy::to(backend, HOST, &world.path("")).await;
    let proxies = Proxies::through(proxy.url().parse().expect("an address")).expect("a proxy");
    let net = Net { proxies, ..Net::default() };
    let server = Some(format!("https://{HOST}"));
    let uploader = Uploader::open(Options { direct: None, server, net, ..world.options() }).await.expect("opens");
    let lines = all(&uploader).await;
    let by = Found::Proxy { proxy: proxy.address().to_string(), from: ProxyFrom::Person };
    assert_eq!(of(&lines, Step::Proxy).found, by);
    let certificate = of(&lines, Step::Certificate);
    let Found::Problem { code, issuer } = &certificate.found else { panic!("{lines:?}") };
    assert_eq!((*code, issuer.as_deref()), (ErrorCode::UntrustedServer, Some("rcgen self signed cert")));
    assert_eq!(certificate.verdict, Verdict::Wrong);
    uploader.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_checks_the_way_and_sends_a_test_file() {
    let world = World::with_backend(900, "role").await;
    for word in ["doctor", "check"] {
        let mut doctor = world.davit(word);
        doctor.env("DAVIT_SERVER", world.backend.as_ref().expect("a backend").url());
        let told = doctor.env("DAVIT_DEV_S3_ENDPOINT", world.cloud.endpoint()).end().await;
        assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
        for line in ["names       ok", "proxy       none", "test file   ok, sent and removed"] {
            assert!(told.out.contains(line), "{line}: {}", told.out);
        }
    }
    assert_eq!((world.keys().len(), world.cloud.uploads(BUCKET).len()), (0, 0));
}
