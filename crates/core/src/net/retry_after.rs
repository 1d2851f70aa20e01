//! When a server says that it wants to be asked again.

use std::time::Duration;

/// Nobody is taken at their word for longer than that.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What `Retry-After` asks for: seconds, or a date by the server's own clock, which `Date` tells. Nothing where it says
/// nothing that makes sense.
pub(crate) fn retry_after(said: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let said = said?.trim();
    let wait = match said.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) if said.bytes().all(|byte| byte.is_ascii_digit()) && !said.is_empty() => u64::MAX,
        Err(_) => u64::try_from(http_date(said)? - http_date(date?)?).ok()?,
    };
    Some(Duration::from_secs(wait).min(LONGEST)).filter(|wait| !wait.is_zero())
}

/// RFC 9110's date, in seconds since 1970.
pub(crate) fn http_date(text: &str) -> Option<i64> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc2822)
        .ok()
        .map(time::OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(http_date("Mon, 23 Nov 2026 20:00:00 GMT"), Some(1_795_464_000));
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn when_to_come_back_is_read_as_seconds_or_as_a_date_and_never_takes_more_than_an_hour() {
        let now = Some("Mon, 23 Nov 2026 20:00:00 GMT");
        for (said, wait) in [
            ("20", Some(20)),
            (" 120 ", Some(120)),
            ("Mon, 23 Nov 2026 20:00:30 GMT", Some(30)),
            ("86400", Some(3_600)),
            ("99999999999999999999999", Some(3_600)),
            ("Wed, 25 Nov 2026 20:00:00 GMT", Some(3_600)),
            ("0", None),
            ("-5", None),
            ("", None),
            ("soon", None),
            ("Mon, 23 Nov 2026 19:00:00 GMT", None),
        ] {
            assert_eq!(retry_after(Some(said), now).map(|wait| wait.as_secs()), wait, "{said}");
        }
        assert_eq!(retry_after(None, now), None);
        assert_eq!(retry_after(Some("Mon, 23 Nov 2026 20:00:30 GMT"), None), None, "by whose clock, nobody knows");
    }
}
