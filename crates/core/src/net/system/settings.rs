//! As the system's settings have it: `hyper-util` reads the proxies of macOS, and what the environment excepts.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

pub(super) async fn by(_: Uri) -> Option<Matcher> {
    tokio::task::spawn_blocking(Matcher::from_system).await.ok()
}
