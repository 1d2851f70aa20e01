//! The polite ways to be stopped: Ctrl-C, and what service managers and systems that shut down send.

/// Listens from the moment it is made, so that no signal falls between two waits.
pub(crate) struct Signals(Listening);

#[cfg(unix)]
type Listening = [tokio::signal::unix::Signal; 2];

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
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    #[cfg(windows)]
    pub(crate) fn listen() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self((ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?)))
    }

    /// Resolves with the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
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
