//! What a session may do: three actions on one prefix, over TLS, and what the destination's tags and key need besides.
//! Source: S3 user guide, "Multipart upload API and permissions".

use serde_json::{Value, json};

use crate::config::Destination;

/// Exactly what an uploader needs.
pub(crate) const ACTIONS: [&str; 3] = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
/// What tags need besides.
pub(crate) const TAGGING: &str = "s3:PutObjectTagging";
/// What a KMS key needs besides: the first for Create, the second for parts and their list.
const KEY_ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];
/// Source: AWS general reference, "Amazon Resource Names".
pub(crate) const PARTITIONS: [&str; 6] = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"];

/// The part of AWS that a region is in, as ARNs name it.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("us-iso-") => "aws-iso",
        region if region.starts_with("us-isob-") => "aws-iso-b",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// A text as IAM takes it literally. Source: IAM user guide, "Policy variables": `${*}`, `${?}`, `${$}`.
pub(crate) fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        match c {
            '*' | '?' | '$' => {
                all.push_str("${");
                all.push(c);
                all.push('}');
            }
            c => all.push(c),
        }
        all
    })
}

/// What encryption with the destination's key needs: that key, by way of S3 alone.
pub(crate) fn key_statement(to: &Destination) -> Option<Value> {
    by_way_of_s3(to, &json!(KEY_ACTIONS))
}

/// What the checksum of an object under the destination's key needs. Source: S3 API reference, HeadObject,
/// x-amz-checksum-mode.
pub(crate) fn looking_statement(to: &Destination) -> Option<Value> {
    by_way_of_s3(to, &json!("kms:Decrypt"))
}

fn by_way_of_s3(to: &Destination, actions: &Value) -> Option<Value> {
    let key = to.key_arn()?;
    let s3 = ["amazonaws.com", "amazonaws.com.cn"].map(|domain| format!("s3.{}.{domain}", to.region));
    Some(json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": key,
        "Condition": {"StringEquals": {"kms:ViaService": s3}},
    }))
}

/// The session policy for one prefix of a destination.
pub(crate) fn session(to: &Destination, prefix: &str) -> String {
    let mut actions: Vec<&str> = ACTIONS.to_vec();
    if !to.tags.is_empty() {
        actions.push(TAGGING);
    }
    let upload = json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": format!("arn:{}:s3:::{}/{}*", partition(&to.region), literal(&to.bucket), literal(prefix)),
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    });
    let statements: Vec<Value> = std::iter::once(upload).chain(key_statement(to)).collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use davit_core::session::wire::Sse;
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn destination() -> Destination {
        Destination {
            id: "a".to_owned(),
            label: "A".to_owned(),
            bucket: "media".to_owned(),
            region: "eu-central-1".to_owned(),
            prefix: "u/{person}/".to_owned(),
            groups: Vec::new(),
            account_id: None,
            accelerate: false,
            collision: davit_core::session::Collision::Fail,
            rules: None,
            storage_class: None,
            sse: None,
            tags: std::collections::BTreeMap::from([("project".to_owned(), "rushes".to_owned())]),
            link_template: None,
        }
    }

    proptest! {
        #[test]
        fn a_prefix_never_brings_a_wildcard_or_variable_of_its_own(prefix in "[ -~]{1,200}") {
            let escaped = literal(&prefix);
            let bare = escaped.replace("${*}", "").replace("${?}", "").replace("${$}", "");
            prop_assert!(!bare.contains(['*', '?', '$']), "{escaped}");
            prop_assert!(session(&destination(), &prefix).len() <= 2_048);
        }
    }

    #[test]
    fn tags_and_a_key_of_the_company_bring_their_rights_and_nothing_else_does() {
        let mut to = destination();
        assert!(session(&to, "u/").contains(TAGGING));
        to.tags.clear();
        let plain = session(&to, "u/");
        assert!(!plain.contains(TAGGING) && !plain.contains("kms:"), "{plain}");
        let key_id = "arn:aws:kms:eu-central-1:123456789012:key/1234".to_owned();
        to.sse = Some(Sse::Kms { key_id: key_id.clone() });
        let sealed: Value = serde_json::from_str(&session(&to, "u/")).expect("JSON");
        assert_eq!(sealed["Statement"][1]["Action"], json!(["kms:GenerateDataKey", "kms:Decrypt"]));
        assert_eq!(sealed["Statement"][1]["Resource"], json!(key_id));
    }

    #[test]
    fn resources_are_named_in_the_regions_own_partition() {
        let mut to = destination();
        to.region = "cn-north-1".to_owned();
        assert!(session(&to, "u/").contains("arn:aws-cn:s3:::media/u/*"));
    }
}
