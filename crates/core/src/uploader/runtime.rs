//! The core's own runtime, which ends in the background however it is left.

use crate::error::{Error, ErrorCode, Result};

/// A runtime that may be dropped within another one: tokio's own panics there.
#[derive(Debug)]
pub(super) struct Runtime(Option<tokio::runtime::Runtime>, tokio::runtime::Handle);

impl Runtime {
    pub(super) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8))
            .thread_name("davit-core")
            .enable_all()
            .build()
            .map_err(|e| Error::new(ErrorCode::Unexpected).detail("no threads").source(e))?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    pub(super) const fn handle(&self) -> &tokio::runtime::Handle {
        &self.1
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
