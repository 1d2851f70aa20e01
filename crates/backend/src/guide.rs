//! `davit-backend policy`: everything AWS must be told, filled in with the file's names.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use crate::config::{Config, Sts};
use crate::policy::ACTIONS;
use crate::sts::TAG;

/// Documents and commands, in the order they are needed.
pub fn print(config: &Config) -> String {
    let mut out = String::new();
    let buckets: BTreeSet<_> = config.destinations.iter().map(|d| (d.bucket.as_str(), d.accelerate)).collect();
    match &config.sts {
        Sts::AssumeRole { role_arn, .. } => {
            let resources: BTreeSet<_> = config
                .destinations
                .iter()
                .map(|d| format!("arn:aws:s3:::{}/${{aws:PrincipalTag/{TAG}}}/*", d.bucket))
                .collect();
            section(
                &mut out,
                &format!("Permission policy of {role_arn}"),
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": ACTIONS, "Resource": resources}],
                }),
            );
            section(
                &mut out,
                "Trust policy of that role (put the backend's own role in)",
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::ACCOUNT:role/THE-BACKENDS-ROLE"},
                        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                    }],
                }),
            );
            section(
                &mut out,
                "Permission policy of the backend's own role",
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                        "Resource": role_arn,
                    }],
                }),
            );
        }
        Sts::FederationToken { .. } => {
            let resources: BTreeSet<_> = config
                .destinations
                .iter()
                .map(|d| format!("arn:aws:s3:::{}/{}*", d.bucket, d.prefix.split('{').next().unwrap_or_default()))
                .collect();
            section(
                &mut out,
                "Permission policy of the backend's IAM user",
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"},
                        {"Effect": "Allow", "Action": ACTIONS, "Resource": resources},
                    ],
                }),
            );
        }
    }
    for (bucket, accelerate) in buckets {
        let _ = writeln!(out, "# ===== Bucket {bucket} =====\n");
        section(
            &mut out,
            "Bucket policy: TLS 1.2 or newer only",
            &json!({
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                    {
                        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
                        "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
                    },
                ],
            }),
        );
        section(
            &mut out,
            "Lifecycle: unfinished uploads are removed after 14 days",
            &json!({
                "Rules": [{
                    "ID": "davit-unfinished-uploads", "Status": "Enabled", "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 14},
                }],
            }),
        );
        let _ = writeln!(out, "# Commands; the two documents above as policy.json and lifecycle.json");
        let _ = writeln!(out, "aws s3api put-bucket-policy --bucket {bucket} --policy file://policy.json");
        let lifecycle = "put-bucket-lifecycle-configuration";
        let _ =
            writeln!(out, "aws s3api {lifecycle} --bucket {bucket} --lifecycle-configuration file://lifecycle.json");
        let block = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
        let _ = writeln!(
            out,
            "aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration {block}"
        );
        let _ = writeln!(
            out,
            "aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
        );
        if accelerate {
            let accelerate = "put-bucket-accelerate-configuration";
            let _ = writeln!(out, "aws s3api {accelerate} --bucket {bucket} --accelerate-configuration Status=Enabled");
        }
        let _ = writeln!(out);
    }
    out
}

fn section(out: &mut String, title: &str, document: &serde_json::Value) {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    let _ = writeln!(out, "# {title}\n{text}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_holds_the_files_names_and_no_wide_right() {
        let config = Config::parse(
            r#"
            listen = "127.0.0.1:0"
            name = "Example"
            person_salt = "s"
            auth = { kind = "none" }
            sts = { kind = "assume-role", role_arn = "arn:aws:iam::123456789012:role/davit-uploader", seconds = 900 }
            [[destinations]]
            id = "a"
            label = "A"
            bucket = "example-media"
            region = "eu-central-1"
            prefix = "u/{person}/"
            accelerate = true
            "#,
        )
        .expect("a file");
        let text = print(&config);
        assert!(text.contains("arn:aws:s3:::example-media/${aws:PrincipalTag/davit-prefix}/*"));
        assert!(text.contains("put-bucket-accelerate-configuration --bucket example-media"));
        // Everything at once is only ever denied.
        assert_eq!(text.matches("s3:*").count(), text.matches("\"Effect\": \"Deny\"").count());
    }
}
