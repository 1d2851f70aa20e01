//! Temporary keys: alive or not, with the right token, inside of their policy.

use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::primitives::ByteStream;

use crate::cloud::{ACCOUNT, BUCKET, Cloud, is, refusal};

fn prefix(prefix: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
        "Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],
        "Resource":"arn:aws:s3:::media/{prefix}/*","Condition":{{"Bool":{{"aws:SecureTransport":"true"}}}}}}]}}"#
    )
}

async fn put(cloud: &Cloud, credentials: &Credentials, key: &str) -> (u16, String) {
    let body = ByteStream::from_static(b"x");
    refusal(cloud.s3_as(credentials).put_object().bucket(BUCKET).key(key).body(body).send().await)
}

#[tokio::test]
async fn a_session_writes_inside_of_its_prefix_only() {
    let cloud = Cloud::start().await;
    let mine = cloud.federated(&prefix("u/one")).await;
    assert_eq!(put(&cloud, &mine, "u/one/a").await, is(200, ""));
    assert_eq!(put(&cloud, &mine, "u/one/../two/a").await, is(200, ""), "a key is no path");
    for key in ["u/two/a", "u/one", "u/onea/a", "U/one/a", "a"] {
        assert_eq!(put(&cloud, &mine, key).await, is(403, "AccessDenied"), "{key}");
    }
    assert_eq!(cloud.cloud.observer().denied(), 5);
    let s3 = cloud.s3_as(&mine);
    let denied = is(403, "AccessDenied");
    assert_eq!(refusal(s3.get_object().bucket(BUCKET).key("u/one/a").send().await), denied);
    assert_eq!(refusal(s3.delete_object().bucket(BUCKET).key("u/one/a").send().await), denied);
    assert_eq!(refusal(s3.list_objects_v2().bucket(BUCKET).send().await), denied);
    assert_eq!(refusal(s3.list_multipart_uploads().bucket(BUCKET).send().await), denied);
    let tagged = s3.put_object().bucket(BUCKET).key("u/one/b").tagging("a=b").send().await;
    assert_eq!(refusal(tagged), denied, "tags need a permission of their own");
    let begun = s3.create_multipart_upload().bucket(BUCKET).key("u/two/a").send().await;
    assert_eq!(refusal(begun), denied);
}

#[tokio::test]
async fn the_parts_of_an_upload_need_the_same_permission_as_its_object() {
    let cloud = Cloud::start().await;
    let other = cloud.s3_as(&cloud.federated(&prefix("u/two")).await);
    let id = cloud.begin("u/one/a").await;
    let denied = is(403, "AccessDenied");
    let part = other.upload_part().bucket(BUCKET).key("u/one/a").upload_id(&id).part_number(1);
    assert_eq!(refusal(part.body(ByteStream::from_static(b"x")).send().await), denied);
    let complete = other.complete_multipart_upload().bucket(BUCKET).key("u/one/a").upload_id(&id);
    assert_eq!(refusal(complete.send().await), denied);
    let abort = other.abort_multipart_upload().bucket(BUCKET).key("u/one/a").upload_id(&id);
    assert_eq!(refusal(abort.send().await), denied);
    let list = other.list_parts().bucket(BUCKET).key("u/one/a").upload_id(&id);
    assert_eq!(refusal(list.send().await), denied);
    let sneaky = other.upload_part().bucket(BUCKET).key("u/two/a").upload_id(&id).part_number(1);
    assert_eq!(refusal(sneaky.body(ByteStream::from_static(b"x")).send().await), is(404, "NoSuchUpload"));
}

#[tokio::test]
async fn an_upload_goes_on_with_other_credentials_of_the_same_scope() {
    let cloud = Cloud::start().await;
    let first = cloud.s3_as(&cloud.federated(&prefix("u/one")).await);
    let begun = first.create_multipart_upload().bucket(BUCKET).key("u/one/a").send().await.expect("begun");
    let second = cloud.s3_as(&cloud.federated(&prefix("u/one")).await);
    let part = second.upload_part().bucket(BUCKET).key("u/one/a").set_upload_id(begun.upload_id).part_number(1);
    assert_eq!(refusal(part.body(ByteStream::from_static(b"x")).send().await), is(200, ""));
}

#[tokio::test]
async fn an_expired_session_is_told_so() {
    let cloud = Cloud::start_with(|config| config.min_session_seconds = 1).await;
    let answer = cloud.sts().get_federation_token().name("someone").policy(prefix("u")).duration_seconds(1);
    let keys = answer.send().await.expect("a token").credentials.expect("credentials");
    let short = Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test");
    assert_eq!(put(&cloud, &short, "u/a").await, is(200, ""));
    let mut last = is(200, "");
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while last.0 == 200 && std::time::Instant::now() < patience {
        last = put(&cloud, &short, "u/a").await;
    }
    assert_eq!(last, is(400, "ExpiredToken"));
    let long = cloud.federated(&prefix("u")).await;
    cloud.cloud.expire_sessions();
    assert_eq!(put(&cloud, &long, "u/a").await, is(400, "ExpiredToken"));
}

#[tokio::test]
async fn the_token_must_be_the_sessions_own() {
    let cloud = Cloud::start().await;
    let (one, two) = (cloud.federated(&prefix("u")).await, cloud.federated(&prefix("u")).await);
    let with = |token: Option<&str>| {
        Credentials::new(one.access_key_id(), one.secret_access_key(), token.map(str::to_owned), None, "test")
    };
    for token in [None, Some("x"), two.session_token()] {
        assert_eq!(put(&cloud, &with(token), "u/a").await, is(400, "InvalidToken"), "{token:?}");
    }
    let root = cloud.cloud.keys();
    let root = crate::cloud::credentials(root, Some("x"));
    assert_eq!(put(&cloud, &root, "u/a").await, is(400, "InvalidToken"), "static keys have no token");
}

#[tokio::test]
async fn plain_http_is_insecure_unless_the_demo_says_otherwise() {
    let cloud = Cloud::start_with(|config| config.loopback_is_secure = false).await;
    let mine = cloud.federated(&prefix("u")).await;
    assert_eq!(put(&cloud, &mine, "u/a").await, is(403, "AccessDenied"));
    let s3 = cloud.s3_as(&mine);
    let behind_tls = s3.put_object().bucket(BUCKET).key("u/a").customize().mutate_request(|request| {
        request.headers_mut().insert("x-forwarded-proto", "https");
    });
    assert_eq!(refusal(behind_tls.send().await), is(200, ""));
}

#[tokio::test]
async fn a_role_gives_its_policy_cut_by_the_sessions_and_the_tags() {
    let cloud = Cloud::start().await;
    let tag = |key: &str, value: &str| aws_sdk_sts::types::Tag::builder().key(key).value(value).build().expect("a tag");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/davit-uploader");
    let assume = cloud.sts().assume_role().role_arn(&role).role_session_name("someone").source_identity("someone");
    let assume = assume.tags(tag("davit-prefix", "u/one")).transitive_tag_keys("davit-prefix");
    let narrow = assume.clone().policy(prefix("u/one/deep"));
    let lease = |answer: aws_sdk_sts::operation::assume_role::AssumeRoleOutput| {
        let keys = answer.credentials.expect("credentials");
        Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test")
    };
    let wide = lease(assume.send().await.expect("the role"));
    assert_eq!(put(&cloud, &wide, "u/one/a").await, is(200, ""));
    assert_eq!(put(&cloud, &wide, "u/two/a").await, is(403, "AccessDenied"));
    let narrow = lease(narrow.send().await.expect("the role"));
    assert_eq!(
        put(&cloud, &narrow, "u/one/a").await,
        is(403, "AccessDenied"),
        "the session's policy does not allow it"
    );
    assert_eq!(put(&cloud, &narrow, "u/one/deep/a").await, is(200, ""));
    let bare = cloud.sts().assume_role().role_arn(&role).role_session_name("someone").send().await;
    assert_eq!(
        put(&cloud, &lease(bare.expect("the role")), "u/one/a").await,
        is(403, "AccessDenied"),
        "no tag, no prefix"
    );
}
