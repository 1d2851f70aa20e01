//! What a file may say. Whatever cannot work is refused at start, in one sentence that names the field: better here than
//! at a person's first upload.

use std::collections::BTreeSet;

use davit_core::limits;
use davit_core::session::shape;
use davit_core::session::shape::Fits;
use davit_core::session::wire;
use sha2::{Digest as _, Sha256};

use super::{Auth, Config, Destination, Oidc, Person, Sts};
use crate::people::OPAQUE;
use crate::policy;

/// The shortest lease of AWS. Source: STS API reference.
const SHORTEST: u32 = 900;
/// The longest of a role. Source: STS API reference, AssumeRole.
const LONGEST_ROLE: u32 = 43_200;
/// The longest of a federation token. Source: STS API reference, GetFederationToken.
const LONGEST_FEDERATION: u32 = 129_600;
/// Source: STS API reference, AssumeRole, Policy and Tag.
const LONGEST_POLICY: usize = 2_048;
const LONGEST_TAG: usize = 256;
/// Clients take no more.
const DESTINATIONS_AT_MOST: usize = 1_000;

type Valid = Result<(), String>;

/// The sentence, unless it holds.
fn holds(holds: bool, or: impl FnOnce() -> String) -> Valid {
    if holds { Ok(()) } else { Err(or()) }
}

fn field(name: &str, fits: Fits) -> Valid {
    fits.map_err(|why| format!("{name} {why}"))
}

pub(super) fn config(config: &Config) -> Valid {
    field("name", shape::words(&config.name, 256))?;
    holds(!config.person_salt.is_empty(), || "person_salt is empty".to_owned())?;
    holds(config.requests_a_minute > 0, || "requests_a_minute is 0: nobody would get credentials".to_owned())?;
    holds(config.looks_a_minute > 0, || "looks_a_minute is 0: nobody would be told anything".to_owned())?;
    holds(config.longest_receipt_mib > 0, || "longest_receipt_mib is 0: no receipt would be taken".to_owned())?;
    if let Some(least) = &config.minimum_client_version {
        let valid = semver::Version::parse(least).is_ok();
        holds(valid, || format!("minimum_client_version {least:?} is no version like 1.2.3"))?;
    }
    auth(config)?;
    sts(&config.sts, config.allow_short_leases)?;
    shape::discovery(&wire::Discovery {
        api_version: wire::API_VERSION,
        name: config.name.clone(),
        auth: match &config.auth {
            Auth::Oidc(said) => said.wire(),
            Auth::None | Auth::Token { .. } => wire::Auth::None,
        },
        minimum_client_version: None,
        support: config.support.clone(),
        policy: config.policy.clone(),
        receipts: false,
        verify: false,
    })?;
    holds(!config.destinations.is_empty(), || "destinations are empty: nobody could upload".to_owned())?;
    holds(config.destinations.len() <= DESTINATIONS_AT_MOST, || "destinations are more than 1,000".to_owned())?;
    let mut ids = BTreeSet::new();
    for to in &config.destinations {
        let about = |why: String| format!("destination {:?}: {why}", to.id);
        holds(ids.insert(&to.id), || about("id stands twice".to_owned()))?;
        destination(config, to).map_err(about)?;
    }
    Ok(())
}

fn auth(config: &Config) -> Valid {
    let people = match &config.auth {
        Auth::Token { people } => people,
        Auth::Oidc(said) => return oidc(said),
        Auth::None => {
            let here = config.listen.ip().is_loopback();
            return holds(here, || {
                format!("auth kind \"none\" is for loopback addresses only, not for listen {}", config.listen)
            });
        }
    };
    holds(!people.is_empty(), || "auth.people is empty: nobody could sign in".to_owned())?;
    let (mut ids, mut tokens) = (BTreeSet::new(), BTreeSet::new());
    for person in people {
        let about = |why: String| format!("auth.people {:?}: {why}", person.id);
        the_person(person).map_err(about)?;
        holds(ids.insert(&person.id), || about("id stands twice".to_owned()))?;
        let token = person.token_sha256.to_ascii_lowercase();
        holds(tokens.insert(token), || about("token_sha256 is another person's too".to_owned()))?;
    }
    Ok(())
}

/// What of an issuer the contract does not tell; the rest is checked as clients check it.
fn oidc(said: &Oidc) -> Valid {
    said.audience.iter().try_for_each(|id| field("auth.audience", shape::header(id, 2_048)))?;
    field("auth.person", shape::words(&said.person, 256))?;
    field("auth.groups", shape::words(&said.groups, 256))?;
    said.disabled.iter().try_for_each(|id| field("auth.disabled", shape::words(id, 256)))
}

fn the_person(person: &Person) -> Valid {
    field("id", shape::words(&person.id, 256))?;
    let hash = person.token_sha256.to_ascii_lowercase();
    let digits = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    holds(digits, || "token_sha256 is not 64 hex digits; `davit-backend token` prints them".to_owned())?;
    let empty = hash == hex::encode(Sha256::digest([]));
    holds(!empty, || "token_sha256 is that of an empty token".to_owned())?;
    person.groups.iter().try_for_each(|group| field("groups", shape::words(group, 256)))
}

fn sts(sts: &Sts, allow_short_leases: bool) -> Valid {
    let (most, whose) = match sts {
        Sts::AssumeRole { role_arn, .. } => {
            holds(is_role(role_arn), || {
                format!("sts.role_arn {role_arn:?} is not like arn:aws:iam::123456789012:role/davit-uploader")
            })?;
            (LONGEST_ROLE, "a role's session")
        }
        Sts::FederationToken { .. } => (LONGEST_FEDERATION, "a federation token"),
    };
    let seconds = sts.seconds();
    let least = if allow_short_leases { 1 } else { SHORTEST };
    holds((least..=most).contains(&seconds), || {
        format!("sts.seconds is {seconds}: {whose} lives {least} to {most} seconds")
    })
}

/// Source: IAM user guide, "IAM ARNs"; IAM API reference, Role.
fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [start, partition, service, region, account, role] = parts[..] else { return false };
    let Some(role) = role.strip_prefix("role/") else { return false };
    let name = role.rsplit('/').next().unwrap_or_default();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    start == "arn"
        && policy::PARTITIONS.contains(&partition)
        && (service, region) == ("iam", "")
        && shape::account_id(account).is_ok()
        && (1..=64).contains(&name.len())
        && name.bytes().all(allowed)
        && arn.len() <= 2_048
        && role.bytes().all(|b| b.is_ascii_graphic())
}

/// `eu-central-1`, `us-gov-west-1`. Source: AWS general reference, "Regional endpoints".
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let [area, middle @ .., number] = &parts[..] else { return false };
    let letters = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase());
    letters(area)
        && !middle.is_empty()
        && middle.iter().all(letters)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && shape::region(name).is_ok()
}

/// A key's own ARN: policies cannot name an alias. Source: KMS developer guide, "Key identifiers".
fn is_key(arn: &str, region: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "kms", home, account, key] = parts[..] else { return false };
    partition == policy::partition(region)
        && home == region
        && shape::account_id(account).is_ok()
        && shape::key_id(arn).is_ok()
        && key.strip_prefix("key/").is_some_and(|id| !id.is_empty())
}

fn destination(config: &Config, to: &Destination) -> Valid {
    shape::destination(&to.wire())?;
    holds(is_region(&to.region), || format!("region {:?} is not like eu-central-1", to.region))?;
    let first = config.destinations.first().map_or("", |first| first.region.as_str());
    holds(policy::partition(first) == policy::partition(&to.region), || {
        format!("region {:?} is in another partition of AWS than {first:?}: one STS cannot serve both", to.region)
    })?;
    if let Sts::AssumeRole { role_arn, .. } = &config.sts {
        let partition = policy::partition(&to.region);
        holds(role_arn.split(':').nth(1) == Some(partition), || {
            format!("region {:?} is in partition {partition}, and sts.role_arn is not", to.region)
        })?;
    }
    holds(!to.accelerate || limits::can_accelerate(&to.bucket, &to.region), || {
        "accelerate needs a bucket without dots in its name, outside China".to_owned()
    })?;
    if let Some(class) = &to.storage_class {
        let known = shape::STORAGE_CLASSES;
        holds(known.contains(&class.as_str()), || format!("storage_class {class:?} is none of {}", known.join(", ")))?;
    }
    if let Some(arn) = to.key_arn() {
        holds(is_key(arn, &to.region), || {
            format!(
                "sse.key_id {arn:?} is not like arn:aws:kms:{}:123456789012:key/ID, in the bucket's region",
                to.region
            )
        })?;
    }
    if let Some(rules) = &to.rules {
        let some = rules.largest.is_none_or(|largest| largest.get() > 0);
        holds(some, || "rules.largest is 0: nothing could be uploaded".to_owned())?;
    }
    groups(config, to)?;
    prefix(config, to)
}

fn groups(config: &Config, to: &Destination) -> Valid {
    let has = |group: &String| match &config.auth {
        Auth::None => false,
        // The issuer says who has which.
        Auth::Oidc(_) => true,
        Auth::Token { people } => people.iter().any(|person| person.groups.contains(group)),
    };
    match to.groups.iter().find(|group| !has(group)) {
        Some(group) => Err(format!("groups name {group:?}, which no person has")),
        None => Ok(()),
    }
}

/// As it is for anybody: every person's part of a prefix is of the same length.
fn prefix(config: &Config, to: &Destination) -> Valid {
    let prefix = to.prefix.replace("{person}", &"f".repeat(OPAQUE));
    let wild = prefix.contains(['*', '?', '$', '{', '}']);
    holds(!wild, || format!("prefix {:?} may hold {{person}}, and no * ? $ {{ }} besides", to.prefix))?;
    field("prefix", shape::prefix(&prefix))?;
    if let Sts::AssumeRole { .. } = &config.sts {
        // Source: STS API reference, Tag: [\p{L}\p{Z}\p{N}_.:/=+\-@]*
        let allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
        holds(prefix.chars().all(allowed), || {
            format!(
                "prefix {:?} may hold letters, digits, spaces and _ . : / = + - @: it becomes a session tag",
                to.prefix
            )
        })?;
        let long = prefix.trim_end_matches('/').chars().count();
        holds(long <= LONGEST_TAG, || {
            format!("prefix is {long} characters with a person's id in it; a session tag holds {LONGEST_TAG}")
        })?;
    }
    // Source: STS API reference, Policy: U+0020 to U+00FF.
    holds(prefix.chars().all(|c| u32::from(c) <= 0xff), || {
        format!("prefix {:?} has characters that a session policy cannot hold (beyond U+00FF)", to.prefix)
    })?;
    let long = policy::session(to, &prefix).chars().count();
    holds(long <= LONGEST_POLICY, || {
        format!("prefix makes a session policy of {long} characters; STS takes {LONGEST_POLICY}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        listen = "127.0.0.1:0"
        name = "Example"
        person_salt = "s"
        minimum_client_version = "0.1.0"
        auth = { kind = "token", people = [
            { id = "ada@example.com", groups = ["editors"], token_sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
            { id = "bob@example.com", token_sha256 = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB" },
        ] }
        sts = { kind = "assume-role", role_arn = "arn:aws:iam::123456789012:role/teams/davit-uploader", seconds = 3600 }
        support = { words = "Ask IT", url = "https://it.example.com" }
        policy = { presets = { tray = false }, locks = { usual_limit = 50000000 } }
        [[destinations]]
        id = "a"
        label = "Projects / A"
        bucket = "example-media"
        region = "eu-central-1"
        prefix = "u/{person}/"
        groups = ["editors"]
        account_id = "123456789012"
        accelerate = true
        storage_class = "STANDARD_IA"
        sse = { kind = "kms", key_id = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd" }
        tags = { project = "rushes" }
        link_template = "https://media.example.com/{key}"
        [[destinations]]
        id = "b"
        label = "B"
        bucket = "example.b"
        region = "eu-west-1"
        prefix = "b/"
        sse = { kind = "s3" }
    "#;

    fn sentence(text: &str) -> String {
        Config::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn a_good_file_is_taken() {
        Config::parse(GOOD).expect("good");
        let federation = r#"sts = { kind = "federation-token", seconds = 129600 }"#;
        let role = GOOD.lines().find(|line| line.trim().starts_with("sts =")).expect("the line");
        Config::parse(&GOOD.replace(role, federation)).expect("good");
        assert!(sentence(&GOOD.replace("seconds = 3600", "seconds = 2")).contains("sts.seconds"));
    }

    /// What is changed, into what, and the word that the sentence must have.
    #[test]
    fn what_cannot_work_is_refused_with_the_name_of_the_field() {
        let long = format!("\"{}/{{person}}/\"", "p".repeat(240));
        let most = format!("tags = {{ {} }}", (0..11).map(|n| format!("k{n} = \"v\"")).collect::<Vec<_>>().join(", "));
        let long_tag = format!("tags = {{ project = \"{}\" }}", "v".repeat(257));
        let empty_token = hex::encode(Sha256::digest([]));
        let b = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
        let cases = [
            ("name = \"Example\"", "nmae = \"Example\"", "nmae"),
            ("name = \"Example\"", "name = \"\"", "name"),
            ("name = \"Example\"", "name = \"Exa\\u0007mple\"", "name"),
            ("person_salt = \"s\"", "person_salt = \"\"", "person_salt"),
            ("person_salt", "requests_a_minute = 0\nperson_salt", "requests_a_minute"),
            ("person_salt", "looks_a_minute = 0\nperson_salt", "looks_a_minute"),
            ("\"0.1.0\"", "\"newest\"", "minimum_client_version"),
            ("\"0.1.0\"", "\"1.0\"", "minimum_client_version"),
            ("https://it.example.com", "it.example.com", "support.url"),
            ("tray = false", "tray = 0", "tray"),
            ("tray = false", "server = \"https://evil.example\"", "policy"),
            ("usual_limit = 50000000", "usual_limit = 1", "usual_limit"),
            ("ada@example.com", "", "id"),
            ("ada@example.com", "bob@example.com", "id stands twice"),
            (b, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "token_sha256"),
            (b, "secret", "token_sha256"),
            (b, &b.replace('B', "g"), "token_sha256"),
            (b, &empty_token, "token_sha256"),
            ("[\"editors\"], token", "[\"\"], token", "groups"),
            ("seconds = 3600", "seconds = 60", "sts.seconds"),
            ("seconds = 3600", "seconds = 43201", "sts.seconds"),
            ("arn:aws:iam::123456789012:role/teams/davit-uploader", "davit-uploader", "sts.role_arn"),
            ("arn:aws:iam::123456789012:role", "arn:aws:iam::12345:role", "sts.role_arn"),
            ("arn:aws:iam::123456789012:role/", "arn:aws:iam::123456789012:user/", "sts.role_arn"),
            ("arn:aws:iam::", "arn:aws-cn:iam::", "sts.role_arn"),
            ("id = \"a\"", "id = \"\"", "id"),
            ("id = \"b\"", "id = \"a\"", "id stands twice"),
            ("label = \"B\"", "label = \"\"", "label"),
            ("label = \"B\"", "label = \"B\\u001b[2J\"", "label"),
            ("\"example-media\"", "\"Example_Media\"", "bucket"),
            ("\"example-media\"", "\"ex\"", "bucket"),
            ("\"example-media\"", "\"192.168.5.4\"", "bucket"),
            ("\"example-media\"", "\"example.media\"", "accelerate"),
            ("\"eu-central-1\"\n", "\"eu-central-1a\"\n", "region"),
            ("\"eu-central-1\"\n", "\"eu-central\"\n", "region"),
            ("\"eu-central-1\"\n", "\"Frankfurt\"\n", "region"),
            ("region = \"eu-west-1\"", "region = \"cn-north-1\"", "partition"),
            ("account_id = \"123456789012\"", "account_id = \"1234-5678-9012\"", "account_id"),
            ("\"STANDARD_IA\"", "\"standard\"", "storage_class"),
            ("\"STANDARD_IA\"", "\"FROZEN\"", "storage_class"),
            ("arn:aws:kms:eu-central-1:", "arn:aws:kms:us-east-1:", "sse.key_id"),
            ("arn:aws:kms:eu-central-1:123456789012:key/1234abcd", "alias/media", "sse.key_id"),
            ("{ kind = \"s3\" }", "{ kind = \"gpg\" }", "gpg"),
            ("tags = { project = \"rushes\" }", &most, "tags"),
            ("tags = { project = \"rushes\" }", &long_tag, "tags"),
            ("tags = { project = \"rushes\" }", "tags = { project = \"a&b\" }", "tags"),
            ("https://media.example.com/{key}", "https://media.example.com/", "link_template"),
            ("https://media.example.com/{key}", "s3://media/{key}", "link_template"),
            ("groups = [\"editors\"]\n", "groups = [\"editor\"]\n", "groups"),
            ("\"u/{person}/\"", "\"u/*/\"", "prefix"),
            ("\"u/{person}/\"", "\"../x/\"", "prefix"),
            ("\"u/{person}/\"", "\"u/{persona}/\"", "prefix"),
            ("\"u/{person}/\"", "\"u/{person}\"", "prefix"),
            ("\"u/{person}/\"", "\"u#/\"", "session tag"),
            ("\"u/{person}/\"", "\"제작/\"", "session policy"),
            ("\"u/{person}/\"", &long, "session tag"),
            ("prefix = \"b/\"", "prefix = \"b/\"\nrules = { largest = 0 }", "rules.largest"),
        ];
        for (from, to, word) in cases {
            assert!(GOOD.contains(from), "{from}");
            let said = sentence(&GOOD.replacen(from, to, 1));
            assert!(said.contains(word), "{from} -> {to}: {said}");
        }
    }

    #[test]
    fn a_federation_token_bounds_the_session_policy_itself() {
        let role = GOOD.lines().find(|line| line.trim().starts_with("sts =")).expect("the line");
        let text = GOOD.replace(role, r#"sts = { kind = "federation-token", seconds = 900 }"#);
        assert!(sentence(&text.replace("seconds = 900", "seconds = 129601")).contains("sts.seconds"));
        // Two characters each in JSON, beside what tags and a key take.
        let backslashes = format!("prefix = '{}/'", "\\".repeat(850));
        assert!(sentence(&text.replace("prefix = \"u/{person}/\"", &backslashes)).contains("session policy"));
    }

    #[test]
    fn without_a_sign_in_it_listens_on_loopback_and_knows_no_groups() {
        let start = GOOD.find("auth =").expect("auth");
        let end = GOOD.find("sts =").expect("sts");
        let text = format!("{}auth = {{ kind = \"none\" }}\n{}", &GOOD[..start], &GOOD[end..]);
        assert!(sentence(&text).contains("groups"));
        let text = text.replace("groups = [\"editors\"]", "");
        Config::parse(&text).expect("good");
        assert!(sentence(&text.replace("127.0.0.1:0", "0.0.0.0:80")).contains("loopback"));
    }

    #[test]
    fn an_issuer_is_refused_as_clients_would_refuse_it() {
        let start = GOOD.find("auth =").expect("auth");
        let end = GOOD.find("sts =").expect("sts");
        let with = |auth: &str| format!("{}auth = {{ kind = \"oidc\", {auth} }}\n{}", &GOOD[..start], &GOOD[end..]);
        let good = "issuer = \"https://id.example.com\", client_id = \"davit\"";
        Config::parse(&with(good)).expect("good");
        for (auth, word) in [
            ("issuer = \"http://id.example.com\", client_id = \"davit\"".to_owned(), "auth.issuer"),
            ("issuer = \"https://id.example.com\", client_id = \"\"".to_owned(), "auth.client_id"),
            (format!("{good}, scopes = [\"a b\"]"), "auth.scopes"),
            (format!("{good}, scopes = [\"profile\"], bearer = \"id_token\""), "openid"),
            (format!("{good}, audience = \"\""), "auth.audience"),
            (format!("{good}, person = \"\""), "auth.person"),
            (format!("{good}, client_secret = \"x\""), "client_secret"),
        ] {
            assert!(sentence(&with(&auth)).contains(word), "{auth}");
        }
    }
}
