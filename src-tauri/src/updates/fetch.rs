//! The way to updates: that of everything else of this program, by https alone, and no faster than uploads leave room for.

use std::io;
use std::time::Duration;

use davit_core::error::{Error, ErrorCode};
use davit_core::net::{Net, innermost};
use davit_core::units::ByteRate;
use reqwest::Response;
use semver::Version;
use tauri::Url;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;

use super::genuine::Refused;
use super::offer::Offer;
use crate::standing::Standing;
use crate::views::UpdateTrouble;

/// Bytes a second beside what is uploaded.
const BESIDE: ByteRate = ByteRate(1_000_000);
/// No manifest is larger, in bytes.
const MANIFEST_AT_MOST: u64 = 256 << 10;
/// No update is larger, in bytes.
const AT_MOST: u64 = 1 << 30;

/// Why there is no update.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// It cannot be reached.
    #[error("updates cannot be reached: {0}")]
    Unreachable(String),
    /// It is not taken.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be kept.
    #[error("an update cannot be kept: {0}")]
    Disk(#[from] io::Error),
}

impl Failed {
    /// What a person is told.
    pub(super) fn trouble(&self) -> UpdateTrouble {
        match self {
            Self::Unreachable(_) => UpdateTrouble::Unreachable,
            Self::Refused(_) => UpdateTrouble::NotGenuine,
            Self::Disk(_) => UpdateTrouble::NoRoom,
        }
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(innermost(&error.without_url()))
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error.code {
            // Sent on to what is no https, or round and round.
            ErrorCode::AddressInsecure => Self::Refused(Refused::Insecure),
            _ => Self::Unreachable(error.to_string()),
        }
    }
}

/// The way out of this computer, as a version that is known by its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub(super) net: &'a Net,
    pub(super) running: &'a Version,
}

impl Way<'_> {
    async fn ask(self, address: &Url) -> Result<Response, Failed> {
        let answer = self.net.fetch(address, &format!("Davit/{}", self.running)).await?;
        Ok(answer.error_for_status()?)
    }

    /// The manifest.
    pub(super) async fn manifest(self, address: &Url) -> Result<Vec<u8>, Failed> {
        let mut answer = self.ask(address).await?;
        let mut manifest = Vec::new();
        while let Some(more) = answer.chunk().await? {
            manifest.extend_from_slice(&more);
            if manifest.len() as u64 > MANIFEST_AT_MOST {
                return Err(Refused::Manifest.into());
            }
        }
        Ok(manifest)
    }

    /// The archive, into a file; tells how much of it is there, in percent.
    pub(super) async fn archive(
        self,
        offer: &Offer,
        into: &NamedTempFile,
        mut standing: watch::Receiver<Standing>,
        told: impl Fn(u8),
    ) -> Result<(), Failed> {
        let mut answer = self.ask(&offer.url).await?;
        let size = answer.content_length();
        if size > Some(AT_MOST) {
            return Err(Refused::TooLarge.into());
        }
        let mut file = tokio::fs::File::from_std(into.reopen()?);
        let mut got = 0;
        while let Some(more) = answer.chunk().await? {
            file.write_all(&more).await?;
            let len = more.len() as u64;
            got += len;
            if got > AT_MOST {
                return Err(Refused::TooLarge.into());
            }
            told(percent(got, size));
            keep_pace(&mut standing, len).await;
        }
        file.flush().await?;
        file.sync_all().await?;
        Ok(())
    }
}

fn percent(got: u64, of: Option<u64>) -> u8 {
    let percent = of.and_then(|of| got.saturating_mul(100).checked_div(of)).unwrap_or(0).min(99);
    u8::try_from(percent).unwrap_or(99)
}

/// Bytes a second that an update may take; nothing where it may take all that come. None at all while everything pauses.
fn leaves(standing: &Standing) -> Option<ByteRate> {
    let limit = &standing.totals.limit;
    match limit.rate {
        _ if limit.paused => Some(ByteRate(0)),
        Some(rate) if standing.sends() => Some(rate.min(BESIDE)),
        None if standing.sends() => Some(BESIDE),
        rate => rate,
    }
}

/// Waits as long as these bytes take.
async fn keep_pace(standing: &mut watch::Receiver<Standing>, bytes: u64) {
    loop {
        let leaves = leaves(&standing.borrow_and_update());
        match leaves {
            None => return,
            Some(ByteRate(0)) => {
                if standing.changed().await.is_err() {
                    return;
                }
            }
            Some(ByteRate(rate)) => {
                return tokio::time::sleep(Duration::from_micros(bytes.saturating_mul(1_000_000) / rate)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use davit_core::bandwidth::LimitNow;
    use davit_core::engine::feed::{Overview, Totals};

    use super::*;

    fn standing(moving: u32, limit: LimitNow) -> Standing {
        let totals = Totals { overview: Overview::Moving, moving, limit, ..Totals::default() };
        Standing { totals, ..Standing::default() }
    }

    #[test]
    fn an_update_takes_what_uploads_leave_and_keeps_to_their_limit() {
        let limit = |rate| LimitNow { rate, ..LimitNow::default() };
        let (slow, fast) = (ByteRate(50_000), ByteRate(50_000_000));
        for (moving, limit, may) in [
            (0, limit(None), None),
            (0, limit(Some(slow)), Some(slow)),
            (2, limit(None), Some(BESIDE)),
            (2, limit(Some(slow)), Some(slow)),
            (2, limit(Some(fast)), Some(BESIDE)),
            (2, LimitNow { paused: true, ..limit(None) }, Some(ByteRate(0))),
            (0, LimitNow { paused: true, ..limit(None) }, Some(ByteRate(0))),
        ] {
            assert_eq!(leaves(&standing(moving, limit.clone())), may, "{moving}, {limit:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_everything_holds_an_update_and_its_end_lets_it_go_on() {
        let pause = LimitNow { paused: true, ..LimitNow::default() };
        let now = watch::Sender::new(standing(1, pause));
        let mut told = now.subscribe();
        let mut held = std::pin::pin!(keep_pace(&mut told, 1_000_000));
        let within = tokio::time::timeout(Duration::from_secs(3_600), &mut held).await;
        within.expect_err("it is held");
        let begun = tokio::time::Instant::now();
        now.send_replace(standing(1, LimitNow::default()));
        held.await;
        let took = begun.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(2)).contains(&took), "{took:?}");
    }

    #[test]
    fn how_much_is_there_is_never_all_before_it_is_checked() {
        for (got, of, said) in
            [(0, Some(0), 0), (1, None, 0), (50, Some(200), 25), (200, Some(200), 99), (9, Some(3), 99)]
        {
            assert_eq!(percent(got, of), said);
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_of_an_address_without_https() {
        let (net, running) = (Net::default(), Version::new(0, 1, 0));
        let way = Way { net: &net, running: &running };
        let refused = way.manifest(&"http://127.0.0.1:9/davit.json".parse().expect("an address")).await;
        assert!(matches!(refused, Err(Failed::Refused(Refused::Insecure))), "{refused:?}");
    }
}
