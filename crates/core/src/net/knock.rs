//! One request that needs no rights, on a connection of its own: whether anybody answers at an address. Any answer is one.

use bytes::Bytes;
use http::response::Parts;
use http_body_util::Empty;
use tokio::time::Duration;

use super::{HttpClient, http_date, innermost};
use crate::units::UnixTime;

/// So long whoever asks on purpose waits for an answer.
pub(crate) const ON_PURPOSE: Duration = Duration::from_secs(10);

/// Asks once. What stands in for an answer says why there is none.
pub(crate) async fn knock(client: &HttpClient<Empty<Bytes>>, address: &str, within: Duration) -> Result<Parts, String> {
    let request = http::Request::get(address).header("connection", "close").body(Empty::new());
    let request = request.map_err(|error| error.to_string())?;
    match tokio::time::timeout(within, client.request(request)).await {
        Ok(Ok(answer)) => Ok(answer.into_parts().0),
        Ok(Err(error)) => Err(innermost(&error)),
        Err(_) => Err(format!("no answer within {} s", within.as_secs())),
    }
}

/// What time it is where that was answered, where it says.
pub(crate) fn time_of(answer: &Parts) -> Option<UnixTime> {
    let date = http_date(answer.headers.get(http::header::DATE)?.to_str().ok()?)?;
    u64::try_from(date).ok().map(UnixTime)
}
