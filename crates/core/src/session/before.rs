//! The sign-in from before, as the keychain has it. It may ask a person first, or not answer at all: who connects goes on without it
//! after a while, and it is taken up once it is there, unless somebody signed in or left meanwhile.

use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};
use url::Url;

use super::vault::Vault;

/// So long a person may take to let the keychain answer before the company is connected to without what it has.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the keychain has.
#[derive(Debug)]
pub(super) enum Before {
    /// This, or nothing.
    Known(Option<SecretString>),
    /// It has not answered yet.
    Asked(Question),
}

/// A question that is under way.
pub(crate) type Question = JoinHandle<Option<SecretString>>;

impl Before {
    /// Asks for what is filed under an account.
    pub(super) async fn of(vault: Vault, account: Url) -> Self {
        let mut asked = tokio::runtime::Handle::current().spawn(async move { vault.load(&account).await });
        if let Ok(known) = timeout(PATIENCE, &mut asked).await {
            return Self::Known(known.ok().flatten());
        }
        tracing::info!("the keychain takes its time; a sign-in is taken up once it answers");
        Self::Asked(asked)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use tokio::time::Instant;

    use super::super::Likeness;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_keychain_that_does_not_answer_keeps_nobody_from_connecting_and_is_heard_once_it_does() {
        let (keychain, account) = (Likeness::empty(), Url::parse("https://uploads.example.com/").expect("an address"));
        assert!(keychain.store(&account, &"token".into()).await);
        let asks = || Before::of(Vault::Likeness(keychain), account.clone());
        let Before::Known(Some(_)) = asks().await else { panic!("it answers") };
        let (person, begun) = (keychain.asks.lock().await, Instant::now());
        let Before::Asked(question) = asks().await else { panic!("it asks a person first") };
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
        drop(person);
        let found = question.await.expect("answered").expect("the sign-in");
        assert_eq!(found.expose_secret(), "token");
    }
}
