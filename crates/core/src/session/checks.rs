//! What a backend says is input. Nothing of it is used before it went through here.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::time::Duration;

use super::destination::Destination;
use super::{shape, wire};
use crate::error::{Error, ErrorCode, Result};
use crate::ids::DestinationId;
use crate::s3::{Head, Sse};
use crate::transfer::checksum;
use crate::units::UnixTime;

/// Credentials that live longer than this are not short-lived. Source: STS, GetFederationToken (129,600 s).
const LONGEST_LIFE: Duration = Duration::from_secs(129_600);
/// What is assumed of an answer that does not say.
pub(super) const ASSUMED_LIFE: Duration = Duration::from_secs(900);
const DESTINATIONS_AT_MOST: usize = 1_000;

fn broken(why: impl Into<String>) -> Error {
    Error::new(ErrorCode::BackendContract).detail(why)
}

/// Who the backend is.
pub(super) fn discovery(wire: &wire::Discovery) -> Result<()> {
    shape::discovery(wire).map_err(broken)
}

/// All destinations, or none of them.
pub(crate) fn destinations(wires: Vec<wire::Destination>) -> Result<Arc<[Destination]>> {
    if wires.len() > DESTINATIONS_AT_MOST {
        return Err(broken("more than 1,000 destinations"));
    }
    let mut ids = HashSet::new();
    if let Some(twice) = wires.iter().find(|wire| !ids.insert(wire.id.as_str())) {
        return Err(broken(format!("field `id` {:?} stands twice", shape::told(&twice.id))));
    }
    wires.into_iter().map(destination).collect()
}

fn destination(wire: wire::Destination) -> Result<Destination> {
    shape::destination(&wire).map_err(broken)?;
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

/// Credentials, apart from how long they live.
pub(super) fn credentials(wire: &wire::Credentials) -> Result<()> {
    shape::credentials(wire).map_err(broken)
}

/// What lies at a key.
pub(super) fn verified(wire: wire::Verified) -> Result<Head> {
    shape::verified(&wire).map_err(broken)?;
    Ok(match (wire.found, wire.size, wire.etag) {
        (true, Some(size), Some(etag)) => {
            let crc64 = wire.checksum_crc64nvme.as_deref().and_then(checksum::from_base64);
            let at = wire.last_modified.as_deref().and_then(shape::moment);
            let at = at.and_then(|at| u64::try_from(at.unix_timestamp()).ok()).map(UnixTime);
            Head::There { etag, size, crc64, token: wire.token, at }
        }
        _ => Head::Absent,
    })
}

/// A prefix that keys may begin with.
pub(crate) fn prefix(text: &str) -> Result<()> {
    shape::prefix(text).map_err(|why| broken(format!("field `key_prefix` {why}")))
}

/// How long credentials live, from their end and the moment the backend answered by its own clock: nothing where they
/// are over, which is no breach of the contract. A backend that tells no time is not measured by this computer's clock,
/// which may be ahead: the store says when they end.
pub(crate) fn life(expiration: Option<&str>, answered: Option<i64>, here: i64) -> Result<Duration> {
    let Some(text) = expiration else { return Ok(ASSUMED_LIFE) };
    let end = shape::moment(text).ok_or_else(|| broken("field `expiration` is not RFC 3339"))?;
    let left = u64::try_from(end.unix_timestamp().saturating_sub(answered.unwrap_or(here))).unwrap_or(0);
    match Duration::from_secs(left) {
        Duration::ZERO if answered.is_none() => Ok(ASSUMED_LIFE),
        // A minute for clocks and roads.
        left if left > LONGEST_LIFE + Duration::from_secs(60) => Err(broken("field `expiration` is days away")),
        left => Ok(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_counted_from_the_backends_own_clock() {
        let answered = 1_795_464_000; // 2026-11-23T20:00:00Z
        let left = |text| life(Some(text), Some(answered), 0);
        assert_eq!(left("2026-11-23T21:00:00Z").expect("an hour"), Duration::from_secs(3_600));
        assert_eq!(left("2026-11-23T19:59:59Z").expect("no breach"), Duration::ZERO);
        assert!(left("2036-11-23T20:00:00Z").is_err());
        assert!(left("soon").is_err());
        assert_eq!(life(None, Some(answered), 0).expect("assumed"), ASSUMED_LIFE);
        let by_this_clock = |here| life(Some("2026-11-23T21:00:00Z"), None, here).expect("a life");
        assert_eq!(by_this_clock(answered), Duration::from_secs(3_600));
        assert_eq!(by_this_clock(answered + 86_400), ASSUMED_LIFE, "this computer's clock is ahead");
    }
}
