//! `davit-backend policy`: everything AWS must be told, filled in with the file's names.
//!
//! Documents come with the name of the file that the commands after them take. Nothing here asks AWS: what an administrator
//! has to know before a command is run (what it replaces, what it costs) is said above it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::config::{Config, Destination, Sts};
use crate::policy::{self, ACTIONS, TAGGING};
use crate::sts::TAG;

mod buckets;

/// The longest session of a role that was assumed by a role, and the shortest that a role may allow at most. Source: STS API
/// reference, AssumeRole, DurationSeconds.
const HOUR: u32 = 3_600;
/// Stands for what the file does not know.
const OWN_ROLE: &str = "THE-BACKENDS-ROLE";
const OWN_USER: &str = "davit-backend";

/// Documents and commands, in the order they are needed.
pub fn print(config: &Config) -> String {
    let mut out = String::new();
    match &config.sts {
        Sts::AssumeRole { role_arn, seconds } => role(&mut out, config, role_arn, *seconds),
        Sts::FederationToken { .. } => user(&mut out, config),
    }
    if config.destinations.iter().any(|to| to.key_arn().is_some()) {
        let _ = writeln!(out, "# The policy of each KMS key must let IAM's policies count, as the default one does.\n");
    }
    buckets::print(&mut out, config);
    out
}

/// A role that the backend assumes for every session.
fn role(out: &mut String, config: &Config, arn: &str, seconds: u32) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let (partition, account) = (parts.get(1).unwrap_or(&"aws"), parts.get(4).unwrap_or(&"ACCOUNT"));
    let (path, name) = arn.split_once(":role").and_then(|(_, role)| role.rsplit_once('/')).unwrap_or(("", arn));
    let most = seconds.max(HOUR);

    let _ = writeln!(out, "# ===== Roles =====\n");
    let by_tag = |_: &Destination| format!("${{aws:PrincipalTag/{TAG}}}/*");
    let permissions = json!({ "Version": "2012-10-17", "Statement": rights(config, by_tag) });
    section(out, "davit-role.json", &format!("Permission policy of {arn}"), &permissions);
    let principal = json!({"AWS": format!("arn:{partition}:iam::{account}:role/{OWN_ROLE}")});
    let why = "Trust policy of that role (put the backend's own role in, which must be there before)";
    section(out, "davit-trust.json", why, &trust(&principal));
    let ask = json!({
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "Resource": arn,
    });
    let statements: Vec<_> = std::iter::once(ask).chain(looking(config)).collect();
    let own = json!({ "Version": "2012-10-17", "Statement": statements });
    section(out, "davit-backend.json", "Permission policy of the backend's own role", &own);

    if seconds > HOUR {
        let _ = writeln!(
            out,
            "# WARNING: sts.seconds is {seconds}. A role that assumes a role gets {HOUR} seconds at most (role chaining), and\n\
             # AWS refuses more: with an instance role, a task role or any other role as the backend's own, set {HOUR} or less.\n\
             # More works only where the backend holds an IAM user's long-lived keys; the trust policy names that user then."
        );
    }
    let _ = writeln!(out, "# Commands. The backend's own role is the one of the machine or task that it runs on.");
    let path = if path.is_empty() { String::new() } else { format!(" --path {}", quoted(&format!("{path}/"))) };
    let _ = writeln!(
        out,
        "aws iam create-role --role-name {name}{path} --assume-role-policy-document file://davit-trust.json \
         --max-session-duration {most}"
    );
    put(out, "role", name, "davit-role");
    put(out, "role", OWN_ROLE, "davit-backend");
    let _ = writeln!(
        out,
        "# A role that is there already takes these in place of the first; its own limit is {HOUR} s where nobody set it.\n\
         aws iam update-assume-role-policy --role-name {name} --policy-document file://davit-trust.json\n\
         aws iam update-role --role-name {name} --max-session-duration {most}\n"
    );
}

/// Each action on its own: what a request carries differs. Source: IAM user guide, "Pass session tags in AWS STS",
/// "Monitor and control actions taken with assumed roles".
fn trust(principal: &Value) -> Value {
    let allow = |action: &str, condition: Value| {
        let mut statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
        statement["Condition"] = condition;
        statement
    };
    let tagged = json!({ "StringLike": { format!("aws:RequestTag/{TAG}"): "?*" } });
    let with_that_tag_alone = json!({
        "StringLike": { format!("aws:RequestTag/{TAG}"): "?*" },
        "ForAllValues:StringEquals": { "aws:TagKeys": [TAG] },
    });
    let named = json!({ "StringLike": { "sts:SourceIdentity": "?*" } });
    json!({
        "Version": "2012-10-17",
        "Statement": [
            allow("sts:AssumeRole", tagged),
            allow("sts:TagSession", with_that_tag_alone),
            allow("sts:SetSourceIdentity", named),
        ],
    })
}

/// An IAM user whose keys the backend holds.
fn user(out: &mut String, config: &Config) {
    let _ = writeln!(out, "# ===== The backend's IAM user =====\n");
    let ask = json!({"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"});
    let statements: Vec<_> = std::iter::once(ask).chain(rights(config, everybodys)).chain(looking(config)).collect();
    let own = json!({ "Version": "2012-10-17", "Statement": statements });
    section(out, "davit-backend.json", "Permission policy of the backend's IAM user", &own);
    let _ = writeln!(
        out,
        "# Commands. GetFederationToken takes an IAM user's long-lived keys alone: no instance role, no other session.\n\
         # The last one prints a secret; it goes into the backend's environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).\n\
         aws iam create-user --user-name {OWN_USER}"
    );
    put(out, "user", OWN_USER, "davit-backend");
    let _ = writeln!(out, "aws iam create-access-key --user-name {OWN_USER}\n");
}

fn put(out: &mut String, kind: &str, name: &str, policy: &str) {
    let _ = writeln!(
        out,
        "aws iam put-{kind}-policy --{kind}-name {name} --policy-name {policy} --policy-document file://{policy}.json"
    );
}

/// As a shell takes it literally.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
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

fn section(out: &mut String, file: &str, title: &str, document: &Value) {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    let _ = writeln!(out, "# {file}: {title}\n{text}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/teams/davit-uploader";
    const USER: &str = r#"{ kind = "federation-token", seconds = 900 }"#;

    fn role(seconds: u32) -> String {
        format!(r#"{{ kind = "assume-role", role_arn = "{ROLE}", seconds = {seconds} }}"#)
    }

    /// What is printed of a file with one destination; `more` are further lines of that.
    fn printed(sts: &str, region: &str, verify: bool, more: &str) -> String {
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
            region = "{region}"
            prefix = "u/{{person}}/"
            {more}
            "#
        );
        print(&Config::parse(&text).expect("a file"))
    }

    fn file(sts: &str, region: &str) -> String {
        printed(sts, region, false, "")
    }

    fn by_role(seconds: u32) -> String {
        file(&role(seconds), "eu-central-1")
    }

    #[test]
    fn tags_and_keys_bring_their_rights_into_what_is_printed() {
        for sts in [&*role(900), USER] {
            let bare = file(sts, "eu-central-1");
            assert!(!bare.contains("s3:PutObjectTagging") && !bare.contains("kms:"), "{bare}");
            let key = "arn:aws:kms:eu-central-1:123456789012:key/1234";
            let more = format!("tags = {{ project = \"rushes\" }}\nsse = {{ kind = \"kms\", key_id = \"{key}\" }}");
            let text = printed(sts, "eu-central-1", false, &more);
            for needed in ["s3:PutObjectTagging", "kms:GenerateDataKey", "kms:Decrypt", key] {
                assert!(text.contains(needed), "{needed}: {text}");
            }
        }
    }

    #[test]
    fn looking_brings_the_rights_of_the_backends_own_role_and_of_nobody_else() {
        let key = "arn:aws:kms:eu-central-1:123456789012:key/1234";
        for (sts, whose) in [(&*role(900), "the backend's own role"), (USER, "the backend's IAM user")] {
            let more = format!("sse = {{ kind = \"kms\", key_id = \"{key}\" }}");
            let file = |verify: bool| printed(sts, "eu-central-1", verify, &more);
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
        let text = printed(&role(900), "eu-central-1", false, "accelerate = true");
        assert!(text.contains("arn:aws:s3:::example-media/${aws:PrincipalTag/davit-prefix}/*"));
        assert!(text.contains("put-bucket-accelerate-configuration --bucket example-media"));
        // Everything at once is only ever denied.
        assert_eq!(text.matches("s3:*").count(), text.matches("\"Effect\": \"Deny\"").count());
    }

    #[test]
    fn a_life_that_a_role_cannot_give_to_a_role_is_warned_of_and_the_roles_own_limit_is_set() {
        let long = by_role(43_200);
        assert!(long.contains("WARNING: sts.seconds is 43200") && long.contains("role chaining"), "{long}");
        assert_eq!(long.matches("--max-session-duration 43200").count(), 2, "{long}");
        assert!(long.contains("--role-name davit-uploader --path '/teams/'"), "{long}");
        for seconds in [900, 3_600] {
            let short = by_role(seconds);
            assert!(!short.contains("role chaining"), "{short}");
            assert_eq!(short.matches("--max-session-duration 3600").count(), 2, "{short}");
        }
    }

    #[test]
    fn the_role_is_given_the_one_tag_and_no_other() {
        let text = by_role(900);
        let (_, trust) = text.split_once("which must be there before)").expect("the section");
        let (trust, _) = trust.split_once("\n# ").expect("its end");
        let trust: Value = serde_json::from_str(trust.trim()).expect("JSON");
        let statements = trust["Statement"].as_array().expect("statements");
        let of = |action: &str| statements.iter().find(|one| one["Action"] == action).expect(action);
        let tagging = &of("sts:TagSession")["Condition"];
        assert_eq!(tagging["ForAllValues:StringEquals"]["aws:TagKeys"], json!(["davit-prefix"]));
        for action in ["sts:AssumeRole", "sts:TagSession"] {
            assert_eq!(of(action)["Condition"]["StringLike"]["aws:RequestTag/davit-prefix"], "?*", "{action}");
        }
        assert_eq!(of("sts:SetSourceIdentity")["Principal"]["AWS"], "arn:aws:iam::123456789012:role/THE-BACKENDS-ROLE");
    }

    #[test]
    fn a_federation_token_is_said_to_want_a_users_own_keys() {
        let text = file(r#"{ kind = "federation-token", seconds = 129600 }"#, "eu-central-1");
        assert!(text.contains("long-lived keys alone: no instance role"), "{text}");
        assert!(text.contains("aws iam create-access-key") && !text.contains("role chaining"), "{text}");
    }

    #[test]
    fn what_replaces_a_buckets_own_rules_comes_after_a_look_at_them_and_a_warning() {
        let text = by_role(900);
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words}: {text}"));
        for what in ["policy", "lifecycle-configuration"] {
            assert!(at(&format!("get-bucket-{what} ")) < at("REPLACE"), "{text}");
            assert!(at("REPLACE") < at(&format!("put-bucket-{what} ")), "{text}");
        }
        assert!(text.contains("LocationConstraint=eu-central-1") && text.contains("No CORS rule is needed"), "{text}");
        let virginia = file(USER, "us-east-1");
        assert!(virginia.contains("create-bucket") && !virginia.contains("LocationConstraint"), "{virginia}");
    }
}
