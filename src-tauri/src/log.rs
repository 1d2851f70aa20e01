//! Log lines on standard error: warnings, or what `DAVIT_LOG` asks for.

use std::io::IsTerminal as _;

use davit_core::log::CAPS;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Begins to log. The guard writes what is left when it is dropped.
pub(crate) fn begin() -> WorkerGuard {
    let wanted = EnvFilter::try_from_env("DAVIT_LOG").unwrap_or_else(|_| "warn".into());
    // A filter besides the person's: it takes lines away, and never brings any.
    let caps: Targets = format!("trace,{}", CAPS.join(",")).parse().unwrap_or_default();
    // Standard error may be closed, or a pipe that nobody reads; a window must not wait for it.
    // A line that finds no room is lost; to complain of it where there is none would stop whatever wrote it.
    let (lines, guard) = tracing_appender::non_blocking(std::io::stderr());
    let layer = tracing_subscriber::fmt::layer().with_writer(lines).log_internal_errors(false);
    // How long each transfer, part and lease took.
    let layer = layer.with_span_events(FmtSpan::CLOSE);
    let layer = layer.with_ansi(std::io::stderr().is_terminal()).with_filter(wanted.and(caps));
    tracing_subscriber::registry().with(layer).init();
    guard
}
