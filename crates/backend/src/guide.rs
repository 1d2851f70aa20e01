//! `davit-backend policy`: everything AWS must be told, filled in with the file's names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::config::{Config, Destination, Sts};
use crate::policy::{self, ACTIONS, TAGGING};
use crate::sts::TAG;

/// Documents and commands, in the order they are needed.
pub fn print(config: &Config) -> String {
    let mut out = String::new();
    let mut buckets: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for to in &config.destinations {
        let (_, accelerate) = buckets.entry(&to.bucket).or_insert((policy::partition(&to.region), false));
        *accelerate |= to.accelerate;
    }
    let partition = config.destinations.first().map_or("aws", |to| policy::partition(&to.region));
    match &config.sts {
        Sts::AssumeRole { role_arn, .. } => {
            let by_tag = |_: &Destination| format!("${{aws:PrincipalTag/{TAG}}}/*");
            section(
                &mut out,
                &format!("Permission policy of {role_arn}"),
                &json!({ "Version": "2012-10-17", "Statement": rights(config, by_tag) }),
            );
            section(
                &mut out,
                "Trust policy of that role (put the backend's own role in)",
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Principal": {"AWS": format!("arn:{partition}:iam::ACCOUNT:role/THE-BACKENDS-ROLE")},
                        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                    }],
                }),
            );
            let ask = json!({
                "Effect": "Allow",
                "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                "Resource": role_arn,
            });
            let statements: Vec<_> = std::iter::once(ask).chain(looking(config)).collect();
            section(
                &mut out,
                "Permission policy of the backend's own role",
                &json!({ "Version": "2012-10-17", "Statement": statements }),
            );
        }
        Sts::FederationToken { .. } => {
            let ask = json!({"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"});
            let statements: Vec<_> =
                std::iter::once(ask).chain(rights(config, everybodys)).chain(looking(config)).collect();
            section(
                &mut out,
                "Permission policy of the backend's IAM user",
                &json!({ "Version": "2012-10-17", "Statement": statements }),
            );
        }
    }
    for (bucket, (partition, accelerate)) in buckets {
        let _ = writeln!(out, "# ===== Bucket {bucket} =====\n");
        section(
            &mut out,
            "Bucket policy: TLS 1.2 or newer only",
            &json!({
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                        "Resource": [format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                    {
                        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                        "Resource": [format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")],
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

/// What whoever gives the sessions their rights needs on all destinations: a session never has more.
fn rights(config: &Config, keys: impl Fn(&Destination) -> String) -> Vec<Value> {
    let resources = |of: &dyn Fn(&Destination) -> bool| -> BTreeSet<String> {
        let all = config.destinations.iter().filter(|to| of(to));
        all.map(|to| format!("arn:{}:s3:::{}/{}", policy::partition(&to.region), to.bucket, keys(to))).collect()
    };
    let mut statements = vec![json!({"Effect": "Allow", "Action": ACTIONS, "Resource": resources(&|_| true)})];
    let tagged = resources(&|to| !to.tags.is_empty());
    if !tagged.is_empty() {
        statements.push(json!({"Effect": "Allow", "Action": TAGGING, "Resource": tagged}));
    }
    let mut keys = BTreeSet::new();
    let sealed = config.destinations.iter().filter(|to| keys.insert(to.key_arn()));
    statements.extend(sealed.filter_map(policy::key_statement));
    statements
}

/// The keys of all people at a destination.
fn everybodys(to: &Destination) -> String {
    format!("{}*", to.prefix.split('{').next().unwrap_or_default())
}

/// What the backend itself needs to say what lies at a key. Without `s3:ListBucket` S3 answers 403 for a key that is not
/// there; the condition holds for the key that is asked for. Source: S3 API reference, HeadObject.
fn looking(config: &Config) -> Vec<Value> {
    if !config.verify {
        return Vec::new();
    }
    let mut buckets: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for to in &config.destinations {
        buckets.entry((policy::partition(&to.region), &to.bucket)).or_default().insert(everybodys(to));
    }
    let mut statements = Vec::new();
    for ((partition, bucket), keys) in buckets {
        let bucket = format!("arn:{partition}:s3:::{bucket}");
        let objects: Vec<_> = keys.iter().map(|keys| format!("{bucket}/{keys}")).collect();
        statements.push(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects}));
        statements.push(json!({
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": keys}},
        }));
    }
    let mut keys = BTreeSet::new();
    let sealed = config.destinations.iter().filter(|to| keys.insert(to.key_arn()));
    statements.extend(sealed.filter_map(policy::looking_statement));
    statements
}

fn section(out: &mut String, title: &str, document: &serde_json::Value) {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    let _ = writeln!(out, "# {title}\n{text}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_keys_bring_their_rights_into_what_is_printed() {
        for sts in [
            r#"{ kind = "assume-role", role_arn = "arn:aws:iam::123456789012:role/davit-uploader", seconds = 900 }"#,
            r#"{ kind = "federation-token", seconds = 900 }"#,
        ] {
            let plain = format!(
                r#"
                listen = "127.0.0.1:0"
                name = "Example"
                person_salt = "s"
                auth = {{ kind = "none" }}
                sts = {sts}
                [[destinations]]
                id = "a"
                label = "A"
                bucket = "example-media"
                region = "eu-central-1"
                prefix = "u/{{person}}/"
                "#
            );
            let printed = |text: &str| print(&Config::parse(text).expect("a file"));
            let bare = printed(&plain);
            assert!(!bare.contains("s3:PutObjectTagging") && !bare.contains("kms:"), "{bare}");
            let key = "arn:aws:kms:eu-central-1:123456789012:key/1234";
            let more =
                format!("{plain}\ntags = {{ project = \"rushes\" }}\nsse = {{ kind = \"kms\", key_id = \"{key}\" }}\n");
            let text = printed(&more);
            for needed in ["s3:PutObjectTagging", "kms:GenerateDataKey", "kms:Decrypt", key] {
                assert!(text.contains(needed), "{needed}: {text}");
            }
        }
    }

    #[test]
    fn looking_brings_the_rights_of_the_backends_own_role_and_of_nobody_else() {
        let role =
            r#"{ kind = "assume-role", role_arn = "arn:aws:iam::123456789012:role/davit-uploader", seconds = 900 }"#;
        let user = r#"{ kind = "federation-token", seconds = 900 }"#;
        let key = "arn:aws:kms:eu-central-1:123456789012:key/1234";
        for (sts, whose) in [(role, "the backend's own role"), (user, "the backend's IAM user")] {
            let file = |verify: bool| {
                let text = format!(
                    r#"
                    listen = "127.0.0.1:0"
                    name = "Example"
                    person_salt = "s"
                    verify = {verify}
                    auth = {{ kind = "none" }}
                    sts = {sts}
                    [[destinations]]
                    id = "a"
                    label = "A"
                    bucket = "example-media"
                    region = "eu-central-1"
                    prefix = "u/{{person}}/"
                    sse = {{ kind = "kms", key_id = "{key}" }}
                    "#
                );
                print(&Config::parse(&text).expect("a file"))
            };
            assert!(!file(false).contains("s3:GetObject") && !file(false).contains("s3:ListBucket"));
            let text = file(true);
            let (_, section) = text.split_once(&format!("Permission policy of {whose}")).expect("the section");
            let (section, _) = section.split_once("\n# ").expect("its end");
            let policy: Value = serde_json::from_str(section.trim()).expect("JSON");
            let of = |action: &str| {
                let all = policy["Statement"].as_array().expect("statements").iter();
                all.filter(|one| one["Action"] == action).cloned().collect::<Vec<_>>()
            };
            assert_eq!(of("s3:GetObject")[0]["Resource"], json!(["arn:aws:s3:::example-media/u/*"]));
            assert_eq!(of("s3:ListBucket")[0]["Resource"], "arn:aws:s3:::example-media");
            assert_eq!(of("s3:ListBucket")[0]["Condition"]["StringLike"]["s3:prefix"], json!(["u/*"]));
            assert_eq!(of("kms:Decrypt")[0]["Resource"], key);
            for action in ["s3:GetObject", "s3:ListBucket"] {
                assert_eq!(text.matches(action).count(), 1, "{action} in another section: {text}");
            }
        }
    }

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
