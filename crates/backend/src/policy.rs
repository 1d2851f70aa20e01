//! What a session may do: three actions on one prefix, over TLS. Source: S3 user guide, "Multipart upload API and
//! permissions".

use serde_json::json;

/// Exactly what an uploader needs.
pub(crate) const ACTIONS: [&str; 3] = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

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

/// The session policy for one prefix of one bucket.
pub(crate) fn session(bucket: &str, prefix: &str, tagging: bool) -> String {
    let mut actions: Vec<&str> = ACTIONS.to_vec();
    if tagging {
        actions.push("s3:PutObjectTagging");
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": actions,
            "Resource": format!("arn:aws:s3:::{}/{}*", literal(bucket), literal(prefix)),
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_prefix_never_brings_a_wildcard_or_variable_of_its_own(prefix in "[ -~]{1,200}") {
            let escaped = literal(&prefix);
            let bare = escaped.replace("${*}", "").replace("${?}", "").replace("${$}", "");
            prop_assert!(!bare.contains(['*', '?', '$']), "{escaped}");
            prop_assert!(session("media", &prefix, true).len() <= 2_048);
        }
    }
}
