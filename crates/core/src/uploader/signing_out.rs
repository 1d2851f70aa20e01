//! Signing out: the sign-in is forgotten here, whether the company answers or not.

use std::sync::Arc;

use url::Url;

use super::present::Wish;
use super::{Keeper, SessionStatus};
use crate::error::{Error, ErrorCode, Result};
use crate::session::address;

impl Keeper {
    pub(super) async fn sign_out(self: &Arc<Self>) -> Result<SessionStatus> {
        let wish = self.present.wish();
        self.leave_sign_in();
        let Some(session) = self.present.session() else { return self.sign_out_of_who_is_away(wish).await };
        let farewell = session.leaves().await;
        let arrived = self.arrive(wish, &session).await;
        // An issuer that takes its time keeps nobody signed in here.
        farewell.said().await;
        arrived.map(|_| self.status.borrow().clone())
    }

    /// Nobody need answer for a sign-in to be forgotten. The company is asked on, without it: what went out with it before
    /// counts no more.
    async fn sign_out_of_who_is_away(self: &Arc<Self>, wish: Wish) -> Result<SessionStatus> {
        let status = self.status.borrow().clone();
        let SessionStatus::Connecting { address, .. } = &status else {
            return Err(Error::new(ErrorCode::BadInput).detail("not connected"));
        };
        let (filed, address) = (self.filed_under(address)?, address.clone());
        if self.present.arrive(wish, None, || {}) {
            self.vault().forget(&filed).await;
            let keeper = Arc::clone(self);
            let asks = async move { keeper.connect_until_it_answers(wish, address, false).await };
            tokio::runtime::Handle::current().spawn(asks);
        }
        Ok(status)
    }

    /// Where the sign-in of a company is kept, as its session has it.
    fn filed_under(&self, company: &str) -> Result<Url> {
        match &self.options.policy.company {
            Some(known) if known.credentials_url == company => address::endpoint(company),
            _ => address::parse(company),
        }
    }
}
