//! Asking the keychain what a proxy is to be told. It may ask a person first: so a question is a task of its own, there is one for
//! each proxy, and whoever makes a connection waits for its answer a moment only. What it answers later holds for the next one.

use tokio::sync::watch;
use tokio::time::{Duration, Instant, timeout_at};

use super::super::login::{Keychain, ProxyLogin};
use super::Proxies;

/// After this nobody waits for an answer any more.
const SOON: Duration = Duration::from_secs(2);

/// A question that is not answered yet.
#[derive(Clone)]
pub(super) struct Question {
    asked: Instant,
    answered: watch::Receiver<bool>,
}

impl Proxies {
    /// Has the keychain asked of the proxy at this host and port, and waits for the answer, but not for long.
    pub(super) async fn looks_up(&self, host: &str, keychain: &Keychain) {
        let mut question = self.asked_of(host, keychain);
        let _ = timeout_at(question.asked + SOON, question.answered.wait_for(|answered| *answered)).await;
    }

    /// The question there is, else another one.
    fn asked_of(&self, host: &str, keychain: &Keychain) -> Question {
        let (answers, answered) = watch::channel(false);
        let question = Question { asked: Instant::now(), answered };
        {
            let mut now = self.now();
            if let Some(there) = now.questions.get(host) {
                return there.clone();
            }
            now.questions.insert(host.to_owned(), question.clone());
        }
        let (proxies, host, answer) = (self.clone(), host.to_owned(), keychain(host.to_owned()));
        tokio::runtime::Handle::current().spawn(async move {
            let login = answer.await;
            proxies.hears(host, login);
            answers.send_replace(true);
        });
        question
    }

    fn hears(&self, host: String, login: Option<ProxyLogin>) {
        let mut now = self.now();
        now.questions.remove(&host);
        // Who entered or forgot one meanwhile knows better.
        if now.looked_up.insert(host.clone())
            && let Some(login) = login
        {
            // That nobody passed without it says nothing of it.
            now.refused.remove(&host);
            now.logins.entry(host).or_insert(login);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::future::BoxFuture;
    use http::Uri;
    use tokio::time::timeout;

    use super::super::ProxyChoice;
    use super::*;

    /// One proxy to all, and a keychain that answers once it may. Counts how often that is asked.
    fn asking(may: &watch::Sender<bool>) -> (Proxies, Arc<AtomicU32>) {
        let proxies = Proxies::as_said_by(|_| Some("http://proxy.example.com:3128".to_owned()));
        let (asked, may) = (Arc::new(AtomicU32::new(0)), may.subscribe());
        let count = Arc::clone(&asked);
        proxies.asks(Arc::new(move |_: String| -> BoxFuture<'static, Option<ProxyLogin>> {
            count.fetch_add(1, Ordering::Relaxed);
            let mut may = may.clone();
            Box::pin(async move {
                may.wait_for(|may| *may).await.ok()?;
                Some(ProxyLogin { user: "ada".to_owned(), password: "secret".to_owned().into() })
            })
        }));
        (proxies, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_keychain_that_asks_a_person_first_is_asked_once_keeps_no_connection_waiting_and_is_heard_in_the_end() {
        let may = watch::Sender::new(false);
        let (proxies, asked) = asking(&may);
        let to = Uri::from_static("https://uploads.example.com/");
        let begun = Instant::now();
        timeout(SOON / 2, proxies.find(&to)).await.expect_err("a connection that is given up");
        for _ in 0..5 {
            assert!(proxies.find(&to).await.expect("by the proxy").auth.is_none());
        }
        assert_eq!(begun.elapsed().as_secs(), 2, "all of them together");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        may.send_replace(true);
        while proxies.find(&to).await.expect("by the proxy").auth.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_a_person_forgets_while_the_keychain_is_asked_stays_forgotten_and_a_choice_asks_it_anew() {
        let may = watch::Sender::new(false);
        let (proxies, asked) = asking(&may);
        let to = Uri::from_static("https://uploads.example.com/");
        let forgets = async {
            while asked.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            proxies.log_out("proxy.example.com:3128");
            may.send_replace(true);
        };
        let (through, ()) = tokio::join!(proxies.find(&to), forgets);
        assert!(through.expect("by the proxy").auth.is_none());
        proxies.choose(ProxyChoice::Automatic);
        assert!(proxies.find(&to).await.expect("by the proxy").auth.is_some());
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
