//! A backend that said when it wants to be asked again is not asked before, whoever asks.

use crate::error::{Error, ErrorCode, Result, Retry};
use crate::net::Quiet;

/// Until when it wants to be left alone.
#[derive(Debug, Default)]
pub(super) struct Pause(Quiet);

impl Pause {
    /// Asks unless it is too early.
    ///
    /// # Errors
    /// `backend-down` while it is; what the request comes to.
    pub(super) async fn keep<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        if let Some(wait) = self.0.left() {
            let early = Error::new(ErrorCode::BackendDown).retry(Retry::After(wait));
            return Err(early.detail("it said when to come back"));
        }
        let outcome = request.await;
        if let Err(error) = &outcome
            && error.code == ErrorCode::BackendDown
            && let Some(wait) = error.retry.asked_for()
        {
            self.0.keep_for(wait);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_backend_that_said_when_to_come_back_is_not_asked_before_by_anybody() {
        let (pause, asked) = (Pause::default(), Cell::new(0));
        let ask = || {
            pause.keep(async {
                asked.set(asked.get() + 1);
                Err::<(), _>(Error::new(ErrorCode::BackendDown).retry(Retry::After(Duration::from_secs(20))))
            })
        };
        ask().await.expect_err("away");
        tokio::time::advance(Duration::from_secs(15)).await;
        for _ in 0..10 {
            let error = ask().await.expect_err("too early");
            assert_eq!((error.code, error.retry), (ErrorCode::BackendDown, Retry::After(Duration::from_secs(5))));
        }
        assert_eq!(asked.get(), 1);
        tokio::time::advance(Duration::from_secs(5)).await;
        ask().await.expect_err("away still");
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_backend_that_said_nothing_is_asked_as_before() {
        let pause = Pause::default();
        pause.keep(async { Err::<(), _>(Error::new(ErrorCode::BackendDown)) }).await.expect_err("away");
        pause.keep(async { Ok(()) }).await.expect("asked");
    }
}
