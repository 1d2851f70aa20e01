//! What the texts of the contract may look like: for the client that reads them and for the backend that writes them.
//!
//! They end up in host names, headers, keys and on screens. None may carry a control character, turn a line of text
//! around, or lead to another host. Each function answers the end of a sentence that begins with the field's name.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::{address, wire};
use crate::transfer::checksum;

/// Nothing, or the end of a sentence that begins with the field's name.
pub type Fits = Result<(), &'static str>;

/// Storage classes that an object in a general purpose bucket may ask for. Source: S3 API reference, PutObject.
pub const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

fn fits(holds: bool, or: &'static str) -> Fits {
    if holds { Ok(()) } else { Err(or) }
}

/// Whether a character stands on a screen as itself: no control, no separator of lines, none that turns text around.
fn shows(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text that was said, made fit for a log line or a screen: one line, at most 300 characters.
pub fn told(text: &str) -> String {
    text.chars().map(|c| if shows(c) { c } else { ' ' }).take(300).collect()
}

/// Words for a screen, of at most so many bytes.
pub fn words(text: &str, most: usize) -> Fits {
    fits(
        !text.trim().is_empty() && text.len() <= most && text.chars().all(shows),
        "is empty, too long, or has control characters",
    )
}

/// A text that goes into a header as it is, of at most so many bytes.
pub fn header(text: &str, most: usize) -> Fits {
    let printable = text.bytes().all(|b| b.is_ascii_graphic());
    fits((1..=most).contains(&text.len()) && printable, "is empty, too long, or no printable ASCII without spaces")
}

/// Source: S3 user guide, "General purpose bucket naming rules".
pub fn bucket(name: &str) -> Fits {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let holds = (3..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && ends(name.bytes().next())
        && ends(name.bytes().last())
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| name.starts_with(start))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| name.ends_with(end));
    fits(
        holds,
        "is not a bucket's name: 3 to 63 small letters, digits, dots and hyphens, and no reserved beginning or end",
    )
}

/// A region's shape: it becomes part of a host name. Stores other than AWS have names of their own.
pub fn region(name: &str) -> Fits {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let ends = name.starts_with('-') || name.ends_with('-');
    fits((2..=32).contains(&name.len()) && name.bytes().all(allowed) && !ends, "is not a region")
}

/// An AWS account.
pub fn account_id(text: &str) -> Fits {
    fits(text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()), "is not twelve digits")
}

/// A storage class of S3, or one a store like it may have: a token as headers know it.
pub fn storage_class(text: &str) -> Fits {
    let token = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    fits((1..=64).contains(&text.len()) && token, "is not a storage class")
}

/// The id, ARN or alias of a KMS key. Source: KMS API reference, KeyId.
pub fn key_id(text: &str) -> Fits {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_/:".contains(&b);
    fits((1..=2_048).contains(&text.len()) && text.bytes().all(allowed), "is not a key's id, ARN or alias")
}

/// Tags of an object. Source: S3 user guide, "Categorizing your storage using tags".
pub fn tags(tags: &BTreeMap<String, String>) -> Fits {
    let allowed = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
    let holds = tags.iter().all(|(key, value)| {
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && key.chars().chain(value.chars()).all(allowed)
            && !key.to_ascii_lowercase().starts_with("aws:")
    });
    fits(
        tags.len() <= 10 && holds,
        "are not S3's: at most 10, names up to 128 and values up to 256 letters, digits, spaces and + - = . _ : / @",
    )
}

/// What "Copy link" gives: a web address whose path, query or fragment has `{key}` in it; never its host.
pub fn link_template(text: &str) -> Fits {
    let with = |key: &str| Url::parse(&text.replace("{key}", key)).ok();
    let holds = text.len() <= 2_048
        && text.contains("{key}")
        && text.bytes().all(|b| b.is_ascii_graphic())
        && with("a").zip(with("b")).is_some_and(|(a, b)| {
            matches!(a.scheme(), "http" | "https")
                && a.host().is_some()
                && a[..url::Position::BeforePath] == b[..url::Position::BeforePath]
                && a.username().is_empty()
                && a.password().is_none()
        });
    fits(holds, "is not an http or https address with {key} in its path, query or fragment")
}

/// A prefix that keys may begin with.
pub fn prefix(text: &str) -> Fits {
    let mut parts = text.strip_suffix('/').unwrap_or_default().split('/');
    let odd = text.len() > 900
        || !text.chars().all(shows)
        || parts.any(|part| part.is_empty() || part == "." || part == "..");
    fits(!odd, "is not a prefix: like a/b/, ending in /, at most 900 bytes, no empty part, no . or ..")
}

fn named(field: &str, fits: Fits) -> Result<(), String> {
    fits.map_err(|why| format!("field `{field}` {why}"))
}

/// Who the backend is.
///
/// # Errors
/// A sentence that names the field.
pub fn discovery(wire: &wire::Discovery) -> Result<(), String> {
    named("name", words(&wire.name, 256))?;
    if let Some(least) = &wire.minimum_client_version {
        named("minimum_client_version", header(least, 64))?;
    }
    if let Some(support) = &wire.support {
        named("support.words", words(&support.words, 1_024))?;
        let web = |url: &String| {
            header(url, 2_048).is_ok()
                && Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http" | "mailto"))
        };
        named("support.url", fits(support.url.as_ref().is_none_or(web), "is not a web or mail address"))?;
    }
    // A backend never names a host: the computer's own policy does.
    let policy = wire.policy.as_ref().is_none_or(wire::Policy::fits_a_backend);
    named("policy", fits(policy, "says what only a computer's own policy may"))?;
    if let wire::Auth::Oidc { issuer, client_id, scopes, bearer } = &wire.auth {
        let safe = Url::parse(issuer).is_ok_and(|url| address::check(&url).is_ok() && url.query().is_none());
        named("auth.issuer", fits(safe && header(issuer, 2_048).is_ok(), "is not an https address"))?;
        named("auth.client_id", header(client_id, 1_024))?;
        named("auth.scopes", scopes.iter().try_for_each(|scope| header(scope, 256)))?;
        let tells = *bearer == wire::Bearer::AccessToken || scopes.iter().any(|scope| scope == "openid");
        named("auth.scopes", fits(tells, "have no openid, without which there is no ID token"))?;
    }
    Ok(())
}

/// Where uploads may go.
///
/// # Errors
/// A sentence that names the field.
pub fn destination(wire: &wire::Destination) -> Result<(), String> {
    named("id", words(&wire.id, 256))?;
    named("label", words(&wire.label, 1_024))?;
    named("bucket", bucket(&wire.bucket))?;
    named("region", region(&wire.region))?;
    named("account_id", wire.account_id.as_deref().map_or(Ok(()), account_id))?;
    named("storage_class", wire.storage_class.as_deref().map_or(Ok(()), storage_class))?;
    if let Some(wire::Sse::Kms { key_id: id }) = &wire.sse {
        named("sse.key_id", key_id(id))?;
    }
    named("tags", tags(&wire.tags))?;
    named("link_template", wire.link_template.as_deref().map_or(Ok(()), link_template))
}

/// Credentials, apart from how long they live. What they say is never repeated: it may be a secret.
///
/// # Errors
/// A sentence that names the field.
pub fn credentials(wire: &wire::Credentials) -> Result<(), String> {
    let id = &wire.access_key_id;
    let word = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    named("access_key_id", fits((1..=128).contains(&id.len()) && word, "is not an access key's id"))?;
    named("secret_access_key", header(&wire.secret_access_key, 1_024))?;
    named("session_token", header(&wire.session_token, 16_384))?;
    named("region", region(&wire.region))?;
    named("bucket", wire.bucket.as_deref().map_or(Ok(()), bucket))?;
    named("key_prefix", wire.key_prefix.as_deref().map_or(Ok(()), prefix))
}

/// A checksum of eight bytes in base64, as S3 writes it.
pub fn crc64(text: &str) -> Fits {
    fits(checksum::from_base64(text).is_some(), "is not a checksum of eight bytes in base64")
}

/// What lies at a key.
///
/// # Errors
/// A sentence that names the field.
pub fn verified(wire: &wire::Verified) -> Result<(), String> {
    if !wire.found {
        return Ok(());
    }
    named("size", fits(wire.size.is_some(), "is missing"))?;
    named("etag", header(wire.etag.as_deref().unwrap_or_default(), 256))?;
    named("checksum_crc64nvme", wire.checksum_crc64nvme.as_deref().map_or(Ok(()), crc64))?;
    named(
        "last_modified",
        wire.last_modified.as_deref().map_or(Ok(()), |at| fits(moment(at).is_some(), "is not RFC 3339")),
    )?;
    named("token", wire.token.as_deref().map_or(Ok(()), |token| header(token, 256)))
}

/// A moment in RFC 3339.
pub(super) fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        let long = "a".repeat(64);
        for bad in ["", "ab", "Media", "a_b", "a..b", "-media", "media.example.com/x", "a@evil.com", &long, "10.0.0.1"]
        {
            assert!(bucket(bad).is_err(), "{bad}");
        }
        for bad in ["xn--media", "media-s3alias", "media--x-s3", "media--ol-s3", "media.mrap"] {
            assert!(bucket(bad).is_err(), "{bad}");
        }
        bucket("example-media.2026").expect("fine");
        for bad in ["", "eu central", "eu-central-1.evil.com", "../x", "-eu", "EU"] {
            assert!(region(bad).is_err(), "{bad}");
        }
        for bad in ["", "/", "a", "/a/", "a//b/", "a/../b/", "./a/", "a/\n/", "a//", "a/\u{202e}b/"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
        prefix("u/5f3a/").expect("fine");
    }

    #[test]
    fn a_link_is_a_web_address_whose_host_no_key_can_change() {
        for good in ["https://media.example.com/{key}", "http://nas.local:8080/a?file={key}", "https://x.io/#/{key}"] {
            link_template(good).expect(good);
        }
        for bad in [
            "",
            "https://example.com/",
            "https://{key}/x",
            "https://{key}.example.com/",
            "https://example.com{key}",
            "https://example.com:{key}/",
            "https://me:pw@example.com/{key}",
            "javascript:alert('{key}')",
            "file:///{key}",
            "https://example.com/\r\nx/{key}",
            "https://ex\u{e4}mple.com/{key}",
        ] {
            assert!(link_template(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_told_stands_on_one_line() {
        assert_eq!(told("a\r\nb\u{1b}[2J\u{202e}c"), "a  b [2J c");
        assert_eq!(told(&"x".repeat(1_000)).len(), 300);
    }

    #[test]
    fn tags_follow_s3s_rules() {
        let one = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        tags(&one("Projekt größe", "a+b=c/d:e@f_g.h-1")).expect("fine");
        for (key, value) in [("", "x"), ("a\n", "x"), ("a", "x\r\ny"), ("aws:x", "y"), ("a", "b&c"), ("a", "*")] {
            assert!(tags(&one(key, value)).is_err(), "{key:?} {value:?}");
        }
        assert!(tags(&one(&"k".repeat(129), "x")).is_err() && tags(&one("k", &"x".repeat(257))).is_err());
        assert!(tags(&(0..11).map(|n| (format!("k{n}"), String::new())).collect()).is_err());
    }
}
