//! The polite ways to be stopped: Ctrl-C, a terminal that is closed, and what service managers and systems that shut down
//! send.

/// Listens from the moment it is made, so that no signal falls between two waits.
pub(crate) struct Signals(Listening);

#[cfg(unix)]
type Listening = ([tokio::signal::unix::Signal; 2], Option<tokio::signal::unix::Signal>);

#[cfg(windows)]
type Listening = (
    tokio::signal::windows::CtrlC,
    tokio::signal::windows::CtrlBreak,
    tokio::signal::windows::CtrlClose,
    tokio::signal::windows::CtrlShutdown,
);

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self(([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?], hangup)))
    }

    #[cfg(windows)]
    pub(crate) fn listen() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self((ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?)))
    }

    /// Resolves with the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        let ([interrupt, terminate], hangup) = &mut self.0;
        let hung_up = async {
            match hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hung_up => {}
        }
    }

    /// Resolves with the next one.
    #[cfg(windows)]
    pub(crate) async fn next(&mut self) {
        let (interrupt, stop, close, shutdown) = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = stop.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    }
}

/// Whether it was begun to go on without its terminal (`nohup`): it was told not to hear of its end.
#[cfg(target_os = "linux")]
fn outlives_its_terminal() -> bool {
    let ignored = |status: String| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?.trim().to_owned();
        u64::from_str_radix(&mask, 16).ok()
    };
    // SIGHUP is the first.
    std::fs::read_to_string("/proc/self/status").ok().and_then(ignored).is_some_and(|mask| mask & 1 == 1)
}

/// The same where the system does not say: who goes on without a terminal writes to none.
#[cfg(all(unix, not(target_os = "linux")))]
fn outlives_its_terminal() -> bool {
    use std::io::IsTerminal as _;
    !std::io::stdout().is_terminal() && !std::io::stderr().is_terminal()
}
