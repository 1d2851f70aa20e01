//! What a backend says is input. Nothing of it is used before it went through here.

use std::sync::Arc;

use tokio::time::Duration;

use super::destination::Destination;
use super::wire;
use crate::error::{Error, ErrorCode, Result};
use crate::ids::DestinationId;
use crate::s3::Sse;

/// Credentials that live longer than this are not short-lived. Source: STS, GetFederationToken (129,600 s).
const LONGEST_LIFE: Duration = Duration::from_secs(129_600);
/// What is assumed of an answer that does not say.
pub(super) const ASSUMED_LIFE: Duration = Duration::from_secs(900);
const DESTINATIONS_AT_MOST: usize = 1_000;

fn broken(why: impl Into<String>) -> Error {
    Error::new(ErrorCode::BackendContract).detail(why)
}

/// All destinations, or none of them.
pub(super) fn destinations(wires: Vec<wire::Destination>) -> Result<Arc<[Destination]>> {
    if wires.len() > DESTINATIONS_AT_MOST {
        return Err(broken("more than 1,000 destinations"));
    }
    wires.into_iter().map(destination).collect()
}

fn destination(wire: wire::Destination) -> Result<Destination> {
    bucket(&wire.bucket)?;
    region(&wire.region)?;
    if let Some(account) = &wire.account_id
        && (account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(broken("field `account_id` is not twelve digits"));
    }
    if wire.id.is_empty() || wire.id.len() > 256 || wire.label.is_empty() || wire.label.len() > 1_024 {
        return Err(broken("field `id` or `label` is empty or too long"));
    }
    if let Some(template) = &wire.link_template
        && !(template.starts_with("https://") && template.contains("{key}"))
    {
        return Err(broken("field `link_template` is not https with {key} in it"));
    }
    Ok(Destination {
        id: DestinationId(wire.id),
        label: wire.label,
        bucket: wire.bucket,
        region: wire.region,
        account_id: wire.account_id,
        accelerate: wire.accelerate,
        collision: wire.collision,
        rules: wire.rules,
        storage_class: wire.storage_class,
        sse: wire.sse.map(|sse| match sse {
            wire::Sse::S3 => Sse::S3,
            wire::Sse::Kms { key_id } => Sse::Kms { key_id },
        }),
        tags: wire.tags,
        link_template: wire.link_template,
    })
}

/// Source: S3 user guide, "General purpose bucket naming rules".
pub(super) fn bucket(name: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let fits = (3..=63).contains(&name.len()) && name.bytes().all(allowed);
    if fits && ends(name.bytes().next()) && ends(name.bytes().last()) && !name.contains("..") {
        Ok(())
    } else {
        Err(broken("field `bucket` is not a bucket's name"))
    }
}

/// A region's shape: it becomes part of a host name.
pub(super) fn region(name: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (2..=32).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-') && !name.ends_with('-') {
        Ok(())
    } else {
        Err(broken("field `region` is not a region"))
    }
}

/// A prefix that keys may begin with.
pub(super) fn prefix(text: &str) -> Result<()> {
    let parts = || text.trim_end_matches('/').split('/');
    let odd = text.starts_with('/')
        || !text.ends_with('/')
        || text.len() > 900
        || text.chars().any(char::is_control)
        || parts().any(|part| part.is_empty() || part == "." || part == "..");
    if odd { Err(broken("field `key_prefix` is not a prefix that ends in /")) } else { Ok(()) }
}

/// How long credentials live, from their end and the moment the backend answered by its own clock.
pub(super) fn life(expiration: Option<&str>, answered: i64) -> Result<Duration> {
    let Some(text) = expiration else { return Ok(ASSUMED_LIFE) };
    let end = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .map_err(|_| broken("field `expiration` is not RFC 3339"))?;
    let left = u64::try_from(end.unix_timestamp() - answered).unwrap_or(0);
    match Duration::from_secs(left) {
        Duration::ZERO => Err(broken("field `expiration` is in the past")),
        // A minute for clocks and roads.
        left if left > LONGEST_LIFE + Duration::from_secs(60) => Err(broken("field `expiration` is days away")),
        left => Ok(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        for bad in ["", "ab", "Media", "a_b", "a..b", "-media", "media.example.com/x", "a@evil.com", &"a".repeat(64)] {
            assert!(bucket(bad).is_err(), "{bad}");
        }
        bucket("example-media.2026").expect("fine");
        for bad in ["", "eu central", "eu-central-1.evil.com", "../x", "-eu", "EU"] {
            assert!(region(bad).is_err(), "{bad}");
        }
        for bad in ["", "/", "a", "/a/", "a//b/", "a/../b/", "./a/", "a/\n/"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
        prefix("u/5f3a/").expect("fine");
    }

    #[test]
    fn a_life_is_counted_from_the_backends_own_clock() {
        let answered = 1_795_464_000; // 2026-11-23T20:00:00Z
        let left = |text| life(Some(text), answered);
        assert_eq!(left("2026-11-23T21:00:00Z").expect("an hour"), Duration::from_secs(3_600));
        assert!(left("2026-11-23T19:59:59Z").is_err());
        assert!(left("2036-11-23T20:00:00Z").is_err());
        assert!(left("soon").is_err());
        assert_eq!(life(None, answered).expect("assumed"), ASSUMED_LIFE);
    }
}
