//! The turns of a sign-in, its token, and what becomes of it in a keychain that does otherwise than it should.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::super::Likeness;
use super::super::super::wire::Bearer;
use super::*;
use crate::net::Net;

fn issuer(name: &str, client_id: &str) -> Issuer {
    // Of an issuer on this computer only a company hears that is here, too.
    let here = name.starts_with("http://127.0.0.1:");
    let backend = if here { "http://127.0.0.1:1/" } else { "https://uploads.example.com/" };
    let backend = Url::parse(backend).expect("an address");
    Issuer::new(name, client_id, &[], Bearer::AccessToken, &backend, &Net::default()).expect("an issuer")
}

async fn load(issuer: Issuer, vault: Vault, account: Url) -> Kept {
    let before = vault.load(&account).await;
    let kept = Kept::new(issuer, vault, account);
    assert_eq!(before.is_some_and(|before| kept.takes_up(&before)), kept.is_signed_in());
    kept
}

#[test]
fn a_refresh_token_is_for_the_issuer_and_the_client_that_it_was_given_to_and_no_pasted_token_is_one() {
    let ours = issuer("https://id.example.com", "davit");
    let entry = Entry::of(&"again".into(), &ours).expect("an entry");
    let taken = |issuer: &Issuer| Entry::refresh_of(&entry, issuer).map(|token| token.expose_secret().to_owned());
    assert_eq!(taken(&ours).as_deref(), Some("again"));
    assert_eq!(taken(&issuer("https://evil.example.com", "davit")), None);
    assert_eq!(taken(&issuer("https://id.example.com", "other")), None);
    assert!(Kept::is_entry(&entry) && !Kept::is_entry(&"sesame".into()));
    assert!(Entry::refresh_of(&"sesame".into(), &ours).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_left_has_no_secret_and_gives_no_token() {
    let account = Url::parse("https://uploads.example.com/").expect("an address");
    let kept = Arc::new(load(issuer("https://id.example.com", "davit"), Vault::Memory, account).await);
    assert_eq!(kept.bearer().await.expect_err("nobody").code, ErrorCode::SignInEnded);
    let now = Instant::now();
    let grant = Grant {
        bearer: Some("access".into()),
        refresh: None,
        lasts: Some((now + Duration::from_secs(50), now + Duration::from_secs(60))),
    };
    kept.sign_in(kept.turn(), Untaken::new(&kept, grant)).await.expect("nobody left");
    assert_eq!(kept.bearer().await.expect("good").expose_secret(), "access");
    tokio::time::advance(Duration::from_secs(55)).await;
    assert_eq!(kept.bearer().await.expect("good, and nothing to renew it by").expose_secret(), "access");
    assert!(!format!("{kept:?}").contains("access\""));
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(kept.bearer().await.expect_err("over").code, ErrorCode::SignInEnded);
    kept.sign_out().await;
    assert!(!kept.is_signed_in() && kept.secrets().is_empty());
}

fn renewed_by(kept: &Arc<Kept>, refresh: &str) -> Untaken {
    Untaken::new(kept, Grant { bearer: Some("access".into()), refresh: Some(refresh.into()), lasts: None })
}

/// A sign-in that is in a keychain.
async fn filed() -> (Arc<Kept>, &'static Likeness) {
    let account = Url::parse("https://uploads.example.com/").expect("an address");
    let keychain = Likeness::empty();
    let issuer = issuer("https://id.example.com", "davit");
    let kept = Arc::new(load(issuer, Vault::Likeness(keychain), account).await);
    assert_eq!(kept.sign_in(kept.turn(), renewed_by(&kept, "one")).await, Some(true));
    (kept, keychain)
}

async fn there(kept: &Kept) -> Option<String> {
    kept.entry().await.map(|refresh| refresh.expose_secret().to_owned())
}

async fn is_filed_by_and_by(kept: &Kept) {
    while kept.is_unkept() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_the_keychain_does_not_take_is_known_leaves_nothing_spent_there_and_is_offered_again() {
    let (kept, keychain) = filed().await;
    assert_eq!((kept.is_unkept(), there(&kept).await.as_deref()), (false, Some("one")));
    keychain.refuses(true);
    assert_eq!(kept.keep(kept.turn(), renewed_by(&kept, "two")).await, Some(false));
    assert_eq!((kept.is_unkept(), there(&kept).await), (true, None));
    assert_eq!(kept.bearer().await.expect("in memory").expose_secret(), "access");
    keychain.refuses(false);
    tokio::time::advance(AGAIN).await;
    kept.bearer().await.expect("as before");
    is_filed_by_and_by(&kept).await;
    assert_eq!(there(&kept).await.as_deref(), Some("two"));
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_asks_a_person_first_keeps_nobody_waiting_and_has_the_last_renewal_in_the_end() {
    let (kept, keychain) = filed().await;
    let asks = keychain.asks.lock().await;
    for refresh in ["two", "three"] {
        let begun = Instant::now();
        assert_eq!(kept.keep(kept.turn(), renewed_by(&kept, refresh)).await, Some(false), "{refresh}");
        assert_eq!(begun.elapsed().as_secs(), 5, "{refresh}");
        assert_eq!(kept.bearer().await.expect("in memory").expose_secret(), "access");
    }
    drop(asks);
    is_filed_by_and_by(&kept).await;
    assert_eq!(there(&kept).await.as_deref(), Some("three"));
}

#[tokio::test]
async fn what_another_program_of_this_person_renewed_is_renewed_by_its_token_and_not_by_the_spent_one() {
    let (kept, keychain) = filed().await;
    let by_now = async |known: &str| kept.by_now(known.into()).await.expose_secret().to_owned();
    assert_eq!(by_now("one").await, "one");
    let others = Entry::of(&"two".into(), &kept.issuer).expect("an entry");
    assert!(keychain.store(&kept.account, &others).await);
    assert_eq!(by_now("one").await, "two");
    // What this one could not put there is newer than whatever is.
    keychain.refuses(true);
    assert_eq!(kept.keep(kept.turn(), renewed_by(&kept, "three")).await, Some(false));
    keychain.refuses(false);
    assert!(keychain.store(&kept.account, &others).await);
    assert_eq!(by_now("three").await, "three");
}

/// Hears what an issuer is asked, and answers it.
async fn hears(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) =
        timeout(Duration::from_secs(30), listener.accept()).await.expect("in time").expect("somebody");
    let (mut asked, mut bytes) = (String::new(), [0; 4_096]);
    while !is_whole(&asked) {
        let read = stream.read(&mut bytes).await.expect("a request");
        assert!(read > 0, "{asked}");
        asked.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    let kind = "content-type: application/json\r\nconnection: close";
    let answer = format!("HTTP/1.1 200 OK\r\n{kind}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
    stream.write_all(answer.as_bytes()).await.expect("answered");
    asked
}

fn is_whole(asked: &str) -> bool {
    let Some((head, body)) = asked.split_once("\r\n\r\n") else { return false };
    let long = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    body.len() >= long.unwrap_or(0)
}

/// An issuer on this computer, and what it says of itself.
async fn listening() -> (TcpListener, String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let name = format!("http://{}", listener.local_addr().expect("its address"));
    let says =
        format!(r#"{{"issuer":"{name}","token_endpoint":"{name}/token","revocation_endpoint":"{name}/revoke"}}"#);
    (listener, name, says)
}

#[tokio::test]
async fn who_renews_waits_for_another_davit_that_does_and_goes_on_by_what_that_put_into_the_keychain() {
    let (listener, name, says) = listening().await;
    let (keychain, folder) = (Likeness::empty(), tempfile::tempdir().expect("a folder"));
    keychain.meets_in.set(folder.path().to_owned()).expect("once");
    let account = Url::parse("http://127.0.0.1:1/").expect("an address");
    let (ours, vault) = (issuer(&name, "davit"), Vault::Likeness(keychain));
    let entry = |refresh: &str| Entry::of(&refresh.into(), &ours).expect("an entry");
    assert!(keychain.store(&account, &entry("one")).await);
    let kept = Arc::new(load(ours.clone(), vault, account.clone()).await);
    let another = alone::alone(&vault.meets_at().expect("a place")).await.expect("nobody else");
    let renews = Arc::clone(&kept);
    let renewed = tokio::runtime::Handle::current().spawn(async move { renews.bearer().await });
    while kept.flight.try_lock().is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(keychain.store(&account, &entry("two")).await);
    drop(another);
    hears(&listener, &says).await;
    let granted = r#"{"access_token":"access","token_type":"bearer","expires_in":3600,"refresh_token":"three"}"#;
    let asked = hears(&listener, granted).await;
    assert!(asked.contains("refresh_token=two"), "{asked}");
    assert_eq!(renewed.await.expect("it lives").expect("renewed").expose_secret(), "access");
    assert_eq!(there(&kept).await.as_deref(), Some("three"));
}

#[tokio::test(start_paused = true)]
async fn whose_token_is_still_good_waits_no_longer_than_five_seconds_for_the_next() {
    let (kept, keychain) = filed().await;
    let folder = tempfile::tempdir().expect("a folder");
    keychain.meets_in.set(folder.path().to_owned()).expect("once");
    let due = Instant::now();
    let lasts = Some((due, due + Duration::from_secs(60)));
    let grant = Grant { bearer: Some("good".into()), refresh: Some("two".into()), lasts };
    kept.keep(kept.turn(), Untaken::new(&kept, grant)).await.expect("nobody left");
    let _another = alone::alone(&Vault::Likeness(keychain).meets_at().expect("a place")).await.expect("nobody else");
    assert_eq!(kept.bearer().await.expect("good").expose_secret(), "good");
    assert_eq!(due.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_another_computer_renewed_is_looked_for_a_while_after_a_refusal_and_nobody_waits_long_for_none() {
    let (kept, keychain) = filed().await;
    let begun = Instant::now();
    assert!(kept.anothers(&"one".into()).await.is_none());
    assert_eq!(begun.elapsed().as_secs(), 1);
    let others = Entry::of(&"two".into(), &kept.issuer).expect("an entry");
    let refused = "one".into();
    let stores = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(keychain.store(&kept.account, &others).await);
    };
    let (another, ()) = tokio::join!(kept.anothers(&refused), stores);
    assert_eq!(another.expect("it was slower to say so").expose_secret(), "two");
    keychain.refuses(true);
    assert_eq!(kept.keep(kept.turn(), renewed_by(&kept, "three")).await, Some(false));
    let begun = Instant::now();
    assert!(kept.anothers(&"three".into()).await.is_none());
    assert!(begun.elapsed() < LOOKS[1], "nobody else had it to renew");
}

#[tokio::test]
async fn what_the_keychain_has_from_before_is_taken_up_late_unless_somebody_signed_in_or_left() {
    let account = Url::parse("https://uploads.example.com/").expect("an address");
    let ours = issuer("https://id.example.com", "davit");
    let before = Entry::of(&"one".into(), &ours).expect("an entry");
    let fresh = || Arc::new(Kept::new(ours.clone(), Vault::Memory, account.clone()));
    let kept = fresh();
    assert!(kept.takes_up(&before) && kept.is_signed_in() && !kept.takes_up(&before));
    let kept = fresh();
    kept.sign_in(kept.turn(), renewed_by(&kept, "two")).await.expect("nobody left");
    assert!(!kept.takes_up(&before));
    let kept = fresh();
    kept.sign_out().await;
    assert!(!kept.takes_up(&before) && !kept.is_signed_in());
}

#[tokio::test]
async fn of_a_sign_in_that_was_begun_before_somebody_left_nothing_is_kept_and_its_issuer_hears_of_it() {
    let (listener, name, says) = listening().await;
    let account = Url::parse("http://127.0.0.1:1/").expect("an address");
    let kept = Arc::new(load(issuer(&name, "davit"), Vault::Memory, account).await);
    let began = kept.turn();
    kept.sign_out().await;
    assert_eq!(kept.sign_in(began, renewed_by(&kept, "one")).await, None);
    assert!(!kept.is_signed_in() && kept.secrets().is_empty());
    hears(&listener, &says).await;
    let told = hears(&listener, "").await;
    assert!(told.starts_with("POST /revoke") && told.contains("token=one&"), "{told}");
    assert_eq!(kept.sign_in(kept.turn(), renewed_by(&kept, "two")).await, Some(false), "in memory");
    assert_eq!(kept.sign_in(began, renewed_by(&kept, "three")).await, None, "another one came first");
    assert!(kept.is_signed_in());
    let told = hears(&listener, "").await;
    assert!(told.contains("token=three&"), "{told}");
}
