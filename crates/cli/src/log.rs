//! Log lines on standard error, where `DAVIT_LOG` asks for them.

use davit_core::log::CAPS;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Begins to log. The guard writes what is left when it is dropped.
pub(crate) fn begin() -> WorkerGuard {
    let wanted = EnvFilter::try_from_env("DAVIT_LOG").unwrap_or_else(|_| "off".into());
    // A line that finds no room is lost; to complain of it where there is none would stop whatever wrote it.
    // A thread writes it: nothing may wait for whoever reads standard error.
    let (lines, guard) = tracing_appender::non_blocking(std::io::stderr());
    let layer = tracing_subscriber::fmt::layer().with_writer(lines).log_internal_errors(false);
    // How long each transfer, part and lease took.
    let layer = layer.with_span_events(FmtSpan::CLOSE);
    // Escapes are for terminals, and for those who want them.
    let layer = layer.with_ansi(console::colors_enabled_stderr()).with_filter(wanted.and(caps()));
    tracing_subscriber::registry().with(layer).init();
    guard
}

/// A filter besides the person's: it takes lines away, and never brings any.
fn caps() -> Targets {
    format!("trace,{}", CAPS.join(",")).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    #[test]
    fn the_libraries_are_capped_and_nobody_else() {
        let caps = caps();
        assert_eq!(caps.iter().count(), CAPS.len(), "each is a target");
        assert_eq!(caps.default_level(), Some(LevelFilter::TRACE));
        assert!(caps.iter().all(|(_, level)| level == LevelFilter::INFO));
    }
}
