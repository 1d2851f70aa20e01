//! Connecting at the start, when the network may not be there yet: the company is asked until it answers.

use std::sync::Arc;

use tokio::time::Duration;

use super::present::Wish;
use super::{Keeper, SessionStatus};
use crate::engine::routes::Origin;
use crate::error::{Error, ErrorCode, Result, Retry};
use crate::session::Session;

/// The first pause between two tries; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(500);
/// None is longer, unless the company asks for it. What begins a connection is sent again for as long as that may take to stand, so
/// one comes to stand within ten seconds of the network's return.
const LONGEST: Duration = Duration::from_secs(5);

impl Keeper {
    /// Tries until somebody answers, or a person turns to another company. The token that came with the options is tried where it
    /// is `given` still.
    pub(super) async fn connect_until_it_answers(self: Arc<Self>, wish: Wish, address: String, given: bool) {
        let (keeper, to) = (&self, address.as_str());
        let token = self.options.token.as_ref().filter(|_| given);
        let asks = || async move { keeper.connect(wish, to, token).await.map(drop) };
        until_it_answers(asks, |error| self.asks_again(wish, to, error)).await;
    }

    /// The sign-in from before counts once the keychain answers, while this session does.
    pub(super) fn takes_up_late(self: &Arc<Self>, wish: Wish, session: &Session) {
        let Some(question) = session.asked() else { return };
        let (keeper, followed) = (Arc::clone(self), session.followed());
        tokio::runtime::Handle::current().spawn(async move {
            let before = question.await.ok().flatten();
            let (Some(before), Some(session)) = (before, followed.session()) else { return };
            if !session.takes_up(before) {
                return;
            }
            let (keeper, session) = (&keeper, &session);
            let asks = || async move { keeper.arrive(wish, session).await.map(drop) };
            let counts = || keeper.present.while_it_counts(|now| now.is(session), || {});
            until_it_answers(asks, |error| passes_by_itself(error) && counts()).await;
        });
    }

    /// Whether the company is asked again after an error. What is waited for is told, and so is what no waiting helps against.
    fn asks_again(&self, wish: Wish, address: &str, error: &Error) -> bool {
        if passes_by_itself(error) {
            tracing::info!(%error, "the company does not answer yet");
            return self.still_waits(wish, address, error);
        }
        let (address, problem) = (address.to_owned(), (error.code, error.detail.clone()));
        self.present.arrive(wish, None, || {
            self.turn_to(Origin::None);
            self.status.send_replace(SessionStatus::Welcome { address: Some(address), problem: Some(problem) });
        });
        false
    }

    /// What it waits for is told. Answers whether anybody wants it still.
    fn still_waits(&self, wish: Wish, address: &str, error: &Error) -> bool {
        let told = [ErrorCode::CaptivePortal, ErrorCode::ProxyAuth, ErrorCode::UntrustedServer];
        let now = Some(error.code).filter(|code| told.contains(code));
        self.present.arrive(wish, None, || {
            let changed = self.status.send_if_modified(|status| match status {
                SessionStatus::Connecting { instead, .. } if *instead != now => {
                    *instead = now;
                    true
                }
                _ => false,
            });
            if changed {
                self.routes.set_origin(Origin::Connecting { address: self.options.spelt(address), instead: now });
            }
        })
    }
}

/// Asks until there is an answer, or an error after which it is not asked `again`.
async fn until_it_answers<F>(mut asks: impl FnMut() -> F, mut again: impl FnMut(&Error) -> bool)
where
    F: Future<Output = Result<()>>,
{
    let mut pause = FIRST;
    while let Err(error) = asks().await {
        if !again(&error) {
            return;
        }
        tokio::time::sleep(error.retry.asked_for().map_or(pause, |asked| asked.max(pause))).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Whether an error is over without anybody doing anything about it.
pub(super) fn passes_by_itself(error: &Error) -> bool {
    error.code == ErrorCode::AddressUnreachable || matches!(error.retry, Retry::WhenOnline | Retry::After(_))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;
    use crate::net::Net;

    /// Where nothing comes back, systems send again what begins a connection after so many seconds.
    const SENT_AGAIN: [u64; 3] = [1, 3, 7];

    /// How long after the network's return the company has answered, where a try before that is refused at once, or hangs.
    async fn late(away: Duration, hangs: bool) -> Duration {
        let back = Instant::now() + away;
        let stands = Net::default().connect_timeout;
        let asks = || async move {
            let begun = Instant::now();
            let sent = SENT_AGAIN.map(|after| begun + Duration::from_secs(after));
            let mut sent = std::iter::once(begun).chain(sent.into_iter().filter(|_| hangs));
            let Some(arrives) = sent.find(|sent| *sent >= back) else {
                tokio::time::sleep(if hangs { stands } else { Duration::ZERO }).await;
                return Err(Error::new(ErrorCode::AddressUnreachable));
            };
            tokio::time::sleep_until(arrives).await;
            Ok(())
        };
        until_it_answers(asks, passes_by_itself).await;
        back.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn from_the_start_a_company_answers_within_ten_seconds_of_the_networks_return_however_long_it_is_away() {
        let fractions = (0..400).map(|tenths| Duration::from_millis(tenths * 100));
        for away in fractions.chain([600, 3_600, 86_400].map(Duration::from_secs)) {
            for hangs in [false, true] {
                let late = late(away, hangs).await;
                assert!(late <= Duration::from_secs(10), "{late:?} after {away:?}, hangs: {hangs}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_start_a_company_is_not_asked_before_it_said_and_what_is_no_company_is_not_asked_again() {
        let (asked, begun) = (Cell::new(0), Instant::now());
        let asks = || async {
            asked.set(asked.get() + 1);
            Err::<(), _>(match asked.get() {
                1 => Error::new(ErrorCode::BackendDown).retry(Retry::After(Duration::from_secs(20))),
                _ => Error::new(ErrorCode::AddressNotDavit),
            })
        };
        until_it_answers(asks, passes_by_itself).await;
        assert_eq!((asked.get(), begun.elapsed().as_secs()), (2, 20));
    }
}
