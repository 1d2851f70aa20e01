//! The turns of a sign-in, its token, and what becomes of it in a keychain that does otherwise than it should.

use super::super::super::Likeness;
use super::super::super::wire::Bearer;
use super::*;
use crate::net::Net;

fn issuer(name: &str, client_id: &str) -> Issuer {
    let backend = Url::parse("https://uploads.example.com/").expect("an address");
    Issuer::new(name, client_id, &[], Bearer::AccessToken, &backend, &Net::default()).expect("an issuer")
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
    let kept = Arc::new(Kept::load(issuer("https://id.example.com", "davit"), Vault::Memory, account).await);
    assert_eq!(kept.bearer().await.expect_err("nobody").code, ErrorCode::SignInEnded);
    let now = Instant::now();
    let grant = Grant {
        bearer: Some("access".into()),
        refresh: None,
        lasts: Some((now + Duration::from_secs(50), now + Duration::from_secs(60))),
    };
    kept.sign_in(kept.turn(), grant).await.expect("nobody left");
    assert_eq!(kept.bearer().await.expect("good").expose_secret(), "access");
    tokio::time::advance(Duration::from_secs(55)).await;
    assert_eq!(kept.bearer().await.expect("good, and nothing to renew it by").expose_secret(), "access");
    assert!(!format!("{kept:?}").contains("access\""));
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(kept.bearer().await.expect_err("over").code, ErrorCode::SignInEnded);
    kept.sign_out().await;
    assert!(!kept.is_signed_in() && kept.secrets().is_empty());
}

fn renewed_by(refresh: &str) -> Grant {
    Grant { bearer: Some("access".into()), refresh: Some(refresh.into()), lasts: None }
}

/// A sign-in that is in a keychain.
async fn filed() -> (Arc<Kept>, &'static Likeness) {
    let account = Url::parse("https://uploads.example.com/").expect("an address");
    let keychain = Likeness::empty();
    let issuer = issuer("https://id.example.com", "davit");
    let kept = Arc::new(Kept::load(issuer, Vault::Likeness(keychain), account).await);
    assert_eq!(kept.sign_in(kept.turn(), renewed_by("one")).await, Some(true));
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
    assert_eq!(kept.keep(kept.turn(), renewed_by("two")).await, Some(false));
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
        assert_eq!(kept.keep(kept.turn(), renewed_by(refresh)).await, Some(false), "{refresh}");
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
    assert_eq!(kept.keep(kept.turn(), renewed_by("three")).await, Some(false));
    keychain.refuses(false);
    assert!(keychain.store(&kept.account, &others).await);
    assert_eq!(by_now("three").await, "three");
}

#[tokio::test]
async fn of_a_sign_in_that_was_begun_before_somebody_left_nothing_is_kept() {
    let account = Url::parse("https://uploads.example.com/").expect("an address");
    let kept = Arc::new(Kept::load(issuer("https://id.example.com", "davit"), Vault::Memory, account).await);
    let began = kept.turn();
    kept.sign_out().await;
    assert_eq!(kept.sign_in(began, renewed_by("one")).await, None);
    assert!(!kept.is_signed_in() && kept.secrets().is_empty());
    assert_eq!(kept.sign_in(kept.turn(), renewed_by("two")).await, Some(false), "in memory");
    assert_eq!(kept.sign_in(began, renewed_by("three")).await, None, "another one came first");
    assert!(kept.is_signed_in());
}
