//! What the system's settings say of proxies. They are asked for each place on its own, since a script (PAC) may lead to each
//! by another, and again after a while and where no connection came to stand: networks change as the program runs.
//!
//! Known problem: macOS evaluates scripts, and gives its own list of exceptions, to no kept library without `unsafe`. There they
//! count for nothing; a person sets the proxy, and `NO_PROXY` excepts.

#[cfg_attr(target_os = "linux", path = "system/desktop.rs")]
#[cfg_attr(windows, path = "system/windows.rs")]
#[cfg_attr(not(any(target_os = "linux", windows)), path = "system/settings.rs")]
mod asked;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Shared};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Instant;

/// What was said holds so long.
const HOLDS: Duration = Duration::from_secs(10);
/// What is doubted is asked anew no sooner than this: where a network is gone, many find that at once.
const DOUBTED: Duration = Duration::from_secs(1);

/// Who waits for an answer waits no longer than this; then what is known holds until it is there.
pub(super) const SOON: Duration = Duration::from_secs(3);

/// What never leaves this computer needs no proxy, whatever it is called.
const HERE: &str = "localhost,127.0.0.1,::1";

/// Answers what leads to an address; none where nobody says.
pub(super) type Resolver = Arc<dyn Fn(Uri) -> BoxFuture<'static, Option<Matcher>> + Send + Sync>;

/// The system's own.
pub(super) fn of_the_system() -> Resolver {
    Arc::new(|to: Uri| -> BoxFuture<'static, Option<Matcher>> { Box::pin(asked::by(to)) })
}

/// The one proxy to all that is elsewhere.
pub(super) fn through(proxy: String) -> Matcher {
    Matcher::builder().all(proxy).no(HERE).build()
}

/// None leads anywhere.
pub(super) fn straight() -> Matcher {
    Matcher::builder().build()
}

/// Whether an address is among those that need no proxy, as an environment's `NO_PROXY` lists them.
#[cfg(any(windows, target_os = "linux", test))]
fn is_excepted(to: &Uri, excepted: &str) -> bool {
    !excepted.is_empty() && Matcher::builder().all("http://any").no(excepted).build().intercept(to).is_none()
}

/// A question that is under way: done once what it was answered is heard. It goes on as long as anybody looks at it.
pub(super) type Answer = Shared<BoxFuture<'static, ()>>;

/// What was said of each place.
#[derive(Default)]
pub(super) struct Said {
    places: BTreeMap<String, Known>,
    /// Of what the system is asked now: of one place there is never a second question. Some are late.
    asked: BTreeMap<String, (Answer, bool)>,
    /// What was asked for first: what is not known of another place is as there.
    first: Option<String>,
}

struct Known {
    to: Uri,
    said: Option<Matcher>,
    at: Instant,
    is_doubted: bool,
}

impl Said {
    /// Whether it is to be asked of a place.
    pub(super) fn is_due(&self, to: &Uri) -> bool {
        let Some(known) = self.places.get(&place(to)) else { return true };
        known.at.elapsed() >= if known.is_doubted { DOUBTED } else { HOLDS }
    }

    /// Of a place this is said. Where nobody said anything, what was said before stays.
    pub(super) fn hears(&mut self, to: &Uri, said: Option<Matcher>) {
        let place = place(to);
        self.asked.remove(&place);
        let before = self.places.remove(&place).and_then(|known| known.said);
        self.first.get_or_insert_with(|| place.clone());
        let known = Known { to: to.clone(), said: said.or(before), at: Instant::now(), is_doubted: false };
        self.places.insert(place, known);
    }

    /// The question about a place that is under way, or this one, and whether nobody is to wait for it any more.
    pub(super) fn asks(&mut self, to: &Uri, question: impl FnOnce() -> Answer) -> (Answer, bool) {
        self.asked.entry(place(to)).or_insert_with(|| (question(), false)).clone()
    }

    /// What is asked of a place is not answered in time.
    pub(super) fn is_late(&mut self, to: &Uri) {
        if let Some((_, late)) = self.asked.get_mut(&place(to)) {
            *late = true;
        }
    }

    /// By what was said of a place no connection came to stand.
    pub(super) fn doubts(&mut self, to: &Uri) {
        if let Some(known) = self.places.get_mut(&place(to)) {
            known.is_doubted = true;
        }
    }

    /// What leads to an address, as far as anything was said.
    pub(super) fn of(&self, to: &Uri) -> Option<&Matcher> {
        let said = |place: &String| self.places.get(place)?.said.as_ref();
        said(&place(to)).or_else(|| said(self.first.as_ref()?))
    }

    /// Every place that was asked for.
    pub(super) fn places(&self) -> Vec<Uri> {
        self.places.values().map(|known| known.to.clone()).collect()
    }
}

/// One host is one place: settings and scripts know no more of what is encrypted.
fn place(to: &Uri) -> String {
    to.host().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::super::Proxies;
    use super::*;

    #[test]
    fn what_the_environment_excepts_needs_no_proxy_whatever_the_system_says() {
        let excepted = |to: &str, by: &str| is_excepted(&to.parse().expect("an address"), by);
        assert!(excepted("https://uploads.example.com/", "localhost,example.com"));
        assert!(excepted("https://10.1.2.3/", "10.0.0.0/8"));
        assert!(!excepted("https://uploads.example.com/", "example.net"));
        assert!(!excepted("https://uploads.example.com/", ""));
        let to = Uri::from_static("https://uploads.example.com/");
        assert!(straight().intercept(&to).is_none());
    }

    /// As Windows is, that looks for a script where nobody answers.
    #[tokio::test(start_paused = true)]
    async fn a_system_that_does_not_answer_is_waited_for_once_for_each_place_and_asked_no_second_time() {
        let (asked, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(tokio::sync::Notify::new()));
        let (count, opens) = (Arc::clone(&asked), Arc::clone(&gate));
        let resolver: Resolver = Arc::new(move |_: Uri| -> BoxFuture<'static, Option<Matcher>> {
            count.fetch_add(1, Relaxed);
            let opens = Arc::clone(&opens);
            Box::pin(async move {
                opens.notified().await;
                Some(through("http://script:3128".to_owned()))
            })
        });
        let settings = through("http://settings:3128".to_owned());
        let proxies = Proxies::by(straight(), settings, resolver);
        let (storage, company) = (
            Uri::from_static("https://s3.eu-central-1.amazonaws.com/"),
            Uri::from_static("https://uploads.example.com/"),
        );
        let by = async |to: &Uri| {
            let begun = Instant::now();
            let by = proxies.find(to).await.expect("by a proxy").host().to_owned();
            (by, begun.elapsed().as_secs())
        };
        let known = |seconds: u64| ("settings:3128".to_owned(), seconds);
        let (one, other, same) = tokio::join!(by(&storage), by(&company), by(&storage));
        assert_eq!((one, other, same), (known(3), known(3), known(3)), "none waits for another");
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!((by(&storage).await, by(&company).await), (known(0), known(0)));
        assert_eq!(asked.load(Relaxed), 2, "each question is still the first");
        gate.notify_waiters();
        assert_eq!(by(&storage).await, ("script:3128".to_owned(), 0));
    }
}
