//! What every bucket needs: its policy, its lifecycle rule and its settings.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::section;
use crate::config::{Config, Destination};
use crate::policy;

/// Documents and commands of each bucket.
pub(super) fn print(out: &mut String, config: &Config) {
    let mut buckets: BTreeMap<&str, (&Destination, bool)> = BTreeMap::new();
    for to in &config.destinations {
        let (_, accelerate) = buckets.entry(&to.bucket).or_insert((to, false));
        *accelerate |= to.accelerate;
    }
    for (to, accelerate) in buckets.into_values() {
        bucket(out, to, accelerate);
    }
}

fn bucket(out: &mut String, to: &Destination, accelerate: bool) {
    let (name, region) = (&to.bucket, &to.region);
    let arn = format!("arn:{}:s3:::{name}", policy::partition(region));
    let deny = |condition: serde_json::Value| {
        json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": condition,
        })
    };
    // Source: S3 user guide, "Examples of Amazon S3 bucket policies" and "Condition keys for Amazon S3".
    let tls = json!({
        "Version": "2012-10-17",
        "Statement": [
            deny(json!({"Bool": {"aws:SecureTransport": "false"}})),
            deny(json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}})),
        ],
    });
    let lifecycle = json!({
        "Rules": [{
            "ID": "davit-unfinished-uploads", "Status": "Enabled", "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 14},
        }],
    });
    let files = [format!("{name}-policy.json"), format!("{name}-lifecycle.json")];
    let _ = writeln!(out, "# ===== Bucket {name} =====\n");
    section(out, &files[0], "Bucket policy: TLS 1.2 or newer only", &tls);
    section(out, &files[1], "Lifecycle: unfinished uploads are removed 14 days after they began", &lifecycle);

    let at = format!("--bucket {name} --region {region}");
    // Source: S3 API reference, CreateBucket: us-east-1 is where a bucket is when nothing is said.
    let place = match region.as_str() {
        "us-east-1" => String::new(),
        region => format!(" --create-bucket-configuration LocationConstraint={region}"),
    };
    aws(out, &format!("create-bucket {at}{place}  # where it is not there yet"));
    aws(out, &format!("get-bucket-policy {at} --query Policy --output text"));
    aws(out, &format!("get-bucket-lifecycle-configuration {at}"));
    let _ = writeln!(
        out,
        "# WARNING: the next two REPLACE the whole policy and all lifecycle rules that the bucket has, rules that keep or\n\
         # delete objects among them. Put what the two above printed into the two files first."
    );
    aws(out, &format!("put-bucket-policy {at} --policy file://{}", files[0]));
    aws(out, &format!("put-bucket-lifecycle-configuration {at} --lifecycle-configuration file://{}", files[1]));
    let _ = writeln!(out, "# The next closes the bucket to the public: what is read from it without a sign-in ends.");
    let block = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
    aws(out, &format!("put-public-access-block {at} --public-access-block-configuration {block}"));
    let _ =
        writeln!(out, "# Versioning keeps, and bills, what is overwritten until a lifecycle rule of yours removes it.");
    aws(out, &format!("put-bucket-versioning {at} --versioning-configuration Status=Enabled"));
    if accelerate {
        aws(out, &format!("put-bucket-accelerate-configuration {at} --accelerate-configuration Status=Enabled"));
    }
    let _ = writeln!(out, "# No CORS rule is needed: no web page speaks to S3.\n");
}

fn aws(out: &mut String, words: &str) {
    let _ = writeln!(out, "aws s3api {words}");
}
