//! What may be logged at all. Spans and events of ours carry no secrets; libraries below us print requests at their
//! finer levels, and requests hold key ids and tokens. Whatever a person asks for, those stay quiet.

mod kept;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{FilterExt as _, Targets, dynamic_filter_fn};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::units::UnixTime;

/// Lines that wait to be written, at most. The room for them is made at once: 32 bytes each besides their text.
const LINES: usize = 8 << 10;

/// The finest level of libraries.
const CAPS: &[&str] = &[
    "aws_config=info",
    "aws_credential_types=info",
    "aws_runtime=info",
    "aws_sdk_s3=info",
    "aws_sdk_sts=info",
    "aws_sigv4=info",
    "aws_smithy_http=info",
    "aws_smithy_http_client=info",
    "aws_smithy_runtime=info",
    "aws_smithy_runtime_api=info",
    "aws_smithy_types=info",
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "rustls=info",
];

/// Begins to log on standard error what `DAVIT_LOG` asks for, else as `usual` says; with escapes for a terminal where
/// wanted. The guard writes what is left when it is dropped.
pub fn begin(usual: &str, escapes: bool) -> WorkerGuard {
    let wanted = EnvFilter::try_from_env("DAVIT_LOG").unwrap_or_else(|_| usual.into());
    // Standard error may be closed, or a pipe that nobody reads; nothing may wait for it, so a thread writes. A line that
    // finds no room is lost; to complain of it where there is none would stop whatever wrote it.
    let (lines, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(std::io::stderr());
    let layer = tracing_subscriber::fmt::layer().with_writer(lines).log_internal_errors(false).with_ansi(escapes);
    // How long each transfer, part and lease took.
    let layer = layer.with_span_events(FmtSpan::CLOSE);
    tracing_subscriber::registry().with(layer.with_filter(wanted.and(caps()))).init();
    guard
}

/// The same, and keeps a log in the home besides, for reports: what happened, and more of it while that is wanted.
pub fn begin_kept(usual: &str, escapes: bool, home: &Path) -> [WorkerGuard; 2] {
    let wanted = EnvFilter::try_from_env("DAVIT_LOG").unwrap_or_else(|_| usual.into());
    let (lines, first) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(std::io::stderr());
    let (kept, second) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(kept::Kept::of(home));
    let told = tracing_subscriber::fmt::layer().with_writer(lines).log_internal_errors(false).with_ansi(escapes);
    let told = told.with_span_events(FmtSpan::CLOSE);
    let kept = tracing_subscriber::fmt::layer().with_writer(kept).log_internal_errors(false).with_ansi(false);
    let kept = kept.with_span_events(FmtSpan::CLOSE);
    let filter = dynamic_filter_fn(|line, _| is_kept(line)).with_max_level_hint(LevelFilter::DEBUG);
    let lines = tracing_subscriber::registry().with(told.with_filter(wanted.and(caps())));
    lines.with(kept.with_filter(filter.and(caps()))).init();
    [first, second]
}

/// Until when the log that is kept has more in it, in seconds since 1970.
static DETAILED: AtomicU64 = AtomicU64::new(0);

/// The log that is kept has more in it until then. It has less again by itself.
pub(crate) fn is_detailed_until(until: Option<UnixTime>) {
    DETAILED.store(until.map_or(0, |until| until.0), Ordering::Relaxed);
}

/// All that is kept in a home, the oldest first.
pub(crate) fn kept_in(home: &Path) -> String {
    kept::in_home(home)
}

/// Of ours what happened, or more while that is wanted; of others what went wrong.
fn is_kept(line: &Metadata<'_>) -> bool {
    let is_ours = line.target().starts_with("davit");
    match *line.level() {
        Level::ERROR | Level::WARN => true,
        Level::INFO => is_ours,
        Level::DEBUG => is_ours && UnixTime::now().0 < DETAILED.load(Ordering::Relaxed),
        Level::TRACE => false,
    }
}

/// A filter besides the person's: it takes lines away, and never brings any. As directives of the person's own they would
/// win over it, and bring lines that nobody asked for.
fn caps() -> Targets {
    format!("trace,{}", CAPS.join(",")).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_are_capped_and_nobody_else() {
        let caps = caps();
        assert_eq!(caps.iter().count(), CAPS.len(), "each is a target");
        assert_eq!(caps.default_level(), Some(LevelFilter::TRACE));
        assert!(caps.iter().all(|(_, level)| level == LevelFilter::INFO));
    }
}
