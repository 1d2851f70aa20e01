//! STS: what it refuses, in a form that its SDK reads.

use aws_sdk_s3::config::Credentials;
use sha2::Digest as _;

use crate::cloud::{ACCOUNT, Cloud, REGION, credentials, is, refusal};

const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#;

#[tokio::test]
async fn a_federation_token_says_who_and_until_when() {
    let cloud = Cloud::start().await;
    let before = time::OffsetDateTime::now_utc().unix_timestamp();
    let ask = cloud.sts().get_federation_token().name("someone").policy(ALLOW).duration_seconds(900);
    let answer = ask.send().await.expect("a token");
    let keys = answer.credentials.expect("credentials");
    assert!((before + 899..=before + 960).contains(&keys.expiration.secs()), "{}", keys.expiration);
    assert!(keys.access_key_id.starts_with("ASIA"));
    #[expect(deprecated, reason = "what the reference backend watches")]
    let packed = answer.packed_policy_size;
    assert!(packed.is_some_and(|percent| (1..=100).contains(&percent)));
    let arn = format!("arn:aws:sts::{ACCOUNT}:federated-user/someone");
    assert_eq!(answer.federated_user.expect("a user").arn, arn);
    let mine = Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test");
    let mine = cloud.sts_as(mine, REGION);
    assert_eq!(mine.get_caller_identity().send().await.expect("itself").arn, Some(arn));
    let more = mine.get_federation_token().name("another").policy(ALLOW).send().await;
    assert_eq!(refusal(more), is(403, "AccessDenied"), "a session gets no further ones");
}

#[tokio::test]
async fn durations_are_those_of_aws() {
    let cloud = Cloud::start().await;
    let federate =
        |seconds: i32| cloud.sts().get_federation_token().name("someone").policy(ALLOW).duration_seconds(seconds);
    assert_eq!(refusal(federate(899).send().await), is(400, "ValidationError"));
    assert_eq!(refusal(federate(900).send().await), is(200, ""));
    assert_eq!(refusal(federate(129_600).send().await), is(200, ""));
    assert_eq!(refusal(federate(129_601).send().await), is(400, "ValidationError"));
    let role = format!("arn:aws:iam::{ACCOUNT}:role/davit-uploader");
    let assume =
        |seconds: i32| cloud.sts().assume_role().role_arn(&role).role_session_name("someone").duration_seconds(seconds);
    assert_eq!(refusal(assume(899).send().await), is(400, "ValidationError"));
    assert_eq!(refusal(assume(3_600).send().await), is(200, ""));
    assert_eq!(refusal(assume(3_601).send().await), is(400, "ValidationError"));
}

#[tokio::test]
async fn a_policy_must_be_one_and_short_and_of_latin_letters() {
    let cloud = Cloud::start().await;
    let federate = |policy: &str| cloud.sts().get_federation_token().name("someone").policy(policy);
    let spaces = |len: usize| format!("{ALLOW}{}", " ".repeat(len - ALLOW.len()));
    assert_eq!(refusal(federate(&spaces(2_048)).send().await), is(200, ""));
    assert_eq!(refusal(federate(&spaces(2_049)).send().await), is(400, "ValidationError"));
    for bad in [
        "{",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::media/サンプル/*"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"media/*"}]}"#,
    ] {
        assert_eq!(refusal(federate(bad).send().await), is(400, "MalformedPolicyDocument"), "{bad}");
    }
    let tag =
        |key: &str, value: String| aws_sdk_sts::types::Tag::builder().key(key).value(value).build().expect("a tag");
    let full = federate(&spaces(2_000)).tags(tag("a", "b".repeat(256)));
    assert_eq!(refusal(full.send().await), is(400, "PackedPolicyTooLarge"));
    for value in ["*", "a?b", "$", "a\nb"] {
        let odd = federate(ALLOW).tags(tag("a", value.to_owned())).send().await;
        assert_eq!(refusal(odd), is(400, "ValidationError"), "{value}");
    }
    assert_eq!(refusal(federate(ALLOW).tags(tag("name", "山田 花子".to_owned())).send().await), is(200, ""));
}

#[tokio::test]
async fn names_and_roles_must_exist_and_fit() {
    let cloud = Cloud::start().await;
    for name in ["x", &"x".repeat(33), "a b", "a/b", "é"] {
        let refused = cloud.sts().get_federation_token().name(name).policy(ALLOW).send().await;
        assert_eq!(refusal(refused), is(400, "ValidationError"), "{name}");
    }
    for role in ["role/none", "user/davit-uploader"] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:{role}");
        let refused = cloud.sts().assume_role().role_arn(arn).role_session_name("someone").send().await;
        assert_eq!(refusal(refused), is(403, "AccessDenied"), "{role}");
    }
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/davit-uploader");
    let transitive = cloud.sts().assume_role().role_arn(arn).role_session_name("someone").transitive_tag_keys("none");
    assert_eq!(refusal(transitive.send().await), is(400, "InvalidParameterValue"));
}

#[tokio::test]
async fn who_signs_wrong_is_told_in_a_form_that_the_sdk_reads() {
    let cloud = Cloud::start().await;
    let mut keys = cloud.cloud.keys().clone();
    let wrong_region = cloud.sts_as(credentials(&keys, None), "us-east-1").get_caller_identity().send().await;
    assert_eq!(refusal(wrong_region), is(403, "SignatureDoesNotMatch"));
    keys.secret_access_key.push('x');
    let wrong = cloud.sts_as(credentials(&keys, None), REGION).get_caller_identity().send().await;
    assert_eq!(refusal(wrong), is(403, "SignatureDoesNotMatch"));
    keys.access_key_id = "AKIANOBODY".to_owned();
    let unknown = cloud.sts_as(credentials(&keys, None), REGION).get_caller_identity().send().await;
    assert_eq!(refusal(unknown), is(403, "InvalidClientTokenId"));
    let good = cloud.sts().get_caller_identity().send().await.expect("the account");
    assert_eq!(good.account.as_deref(), Some(ACCOUNT));
}

#[tokio::test]
async fn who_does_not_sign_is_told_in_the_words_of_sts() {
    let cloud = Cloud::start().await;
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    for more in ["", "authorization: AWS AKID:c2ln\r\n"] {
        let mut stream = tokio::net::TcpStream::connect(cloud.cloud.address()).await.expect("a connection");
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n{more}\
             content-length: {}\r\n\r\n{form}",
            form.len()
        );
        tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.expect("sent");
        let answer = crate::wire::answer(&mut stream).await;
        assert!(answer.body.starts_with("<ErrorResponse "), "{}", answer.body);
        let code = if more.is_empty() { is(403, "MissingAuthenticationToken") } else { is(400, "InvalidRequest") };
        assert_eq!(answer.refusal(), code);
    }
}

#[tokio::test]
async fn an_action_that_is_none_is_named() {
    let cloud = Cloud::start().await;
    let ask = crate::wire::Ask::new(&cloud.cloud, "POST", "/").service("sts");
    let ask = ask.header("content-type", "application/x-www-form-urlencoded");
    let form = b"Action=Nope&Version=2011-06-15";
    let answer = ask.hash(&hex::encode(sha2::Sha256::digest(form))).send(form).await;
    assert_eq!(answer.refusal(), is(400, "InvalidAction"));
    assert!(answer.body.contains(" Nope<"), "{}", answer.body);
}
