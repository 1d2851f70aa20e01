//! Reading beside the writer: what is asked while others are read is read next, in one transaction. To begin and end one
//! costs more than most of what is read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Reader;
use crate::error::{Error, ErrorCode, Result};

type Look = Box<dyn FnOnce(&Reader) + Send>;

/// The one connection that reads, and who waits for it.
#[derive(Debug)]
pub(super) struct Looks {
    waiting: Mutex<Waiting>,
    reader: Mutex<Reader>,
}

#[derive(Default)]
struct Waiting {
    looks: Vec<Look>,
    /// Whether somebody is at it, and takes what is asked meanwhile.
    is_served: bool,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("looks", &self.looks.len()).field("is_served", &self.is_served).finish()
    }
}

/// Whoever waits hears of it where nobody comes to be at it, or not to its end.
struct Served(Option<Arc<Looks>>);

impl Served {
    fn serve(mut self) {
        if let Some(looks) = &self.0 {
            looks.serve();
        }
        // From here on it is another's turn.
        self.0 = None;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(looks) = &self.0 {
            let waiting = std::mem::take(&mut *looks.waiting());
            drop(waiting);
        }
    }
}

impl Looks {
    pub(super) fn by(reader: Reader) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), reader: Mutex::new(reader) })
    }

    /// Looks on a blocking thread. One that panics is an error to whoever asked, and nobody else.
    ///
    /// # Errors
    /// What `look` answers.
    pub(super) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Reader) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let look: Look = Box::new(move |reader| drop(done.send(look(reader))));
        let is_served = {
            let mut waiting = self.waiting();
            waiting.looks.push(look);
            std::mem::replace(&mut waiting.is_served, true)
        };
        if !is_served {
            let served = Served(Some(Arc::clone(self)));
            tokio::task::spawn_blocking(move || served.serve());
        }
        answer.await.map_err(|_| Error::new(ErrorCode::Unexpected).detail("a look at the records broke"))?
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who wait now; nobody is at it any more where there are none.
    fn next(&self) -> Option<Vec<Look>> {
        let mut waiting = self.waiting();
        let looks = std::mem::take(&mut waiting.looks);
        waiting.is_served = !looks.is_empty();
        waiting.is_served.then_some(looks)
    }

    fn serve(&self) {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(looks) = self.next() {
            reader.together(|| {
                for look in looks {
                    // Whoever asked hears of it by the answer that does not come.
                    drop(catch_unwind(AssertUnwindSafe(|| look(&reader))));
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::super::Journal;
    use super::*;
    use crate::engine::fixture::{FILE, rows};
    use crate::journal::Write;
    use crate::transfer::{OnS3, Standing, TransferState};

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_breaks_takes_nobody_with_it() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let ask = |n: u32| {
            journal.read(move |_| {
                assert!(!n.is_multiple_of(3), "this one breaks");
                Ok(n)
            })
        };
        let answers = join_all((0..50).map(ask)).await;
        for (n, answer) in (0..50).zip(answers) {
            match answer {
                Ok(same) => assert_eq!((same, n % 3 == 0), (n, false)),
                Err(error) => assert_eq!((error.code, n % 3), (ErrorCode::Unexpected, 0)),
            }
        }
        ask(1).await.expect("and goes on");
    }

    #[test]
    fn a_runtime_that_ends_leaves_nobody_waiting() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let runtime = |threads| {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.worker_threads(1).max_blocking_threads(threads).enable_time().build().expect("a runtime")
        };
        let (first, (hold, held)) = (runtime(1), std::sync::mpsc::channel::<()>());
        first.spawn_blocking(move || held.recv());
        let look = {
            let journal = journal.clone();
            first.spawn(async move { journal.read(|_| Ok(7)).await })
        };
        while !journal.looks.waiting().is_served {
            std::thread::yield_now();
        }
        first.shutdown_background();
        drop((hold, look));
        let next = runtime(2).block_on(async {
            tokio::time::timeout(std::time::Duration::from_secs(60), async {
                // What was not begun is dropped by the runtime that ends, in its own time.
                while journal.read(|_| Ok(7)).await.is_err() {}
            })
            .await
        });
        next.expect("answered");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_written_before_is_seen_however_many_read() {
        let home = tempfile::tempdir().expect("a folder");
        let (journal, _) = Journal::open(home.path()).expect("opened");
        let standing = Standing { state: TransferState::Queued, on_s3: OnS3::Nothing };
        let (batch, item, row) = rows(std::path::Path::new("/cut.mov"), standing);
        let all = vec![Write::Batch(batch.into()), Write::Item(item), Write::Transfer(row.into())];
        journal.write(all).await.expect("written");
        let others = async {
            loop {
                join_all((0..16).map(|_| journal.read(|reader| reader.transfer(FILE)))).await;
            }
        };
        let writes_and_reads = async {
            for n in 0..200 {
                let token = format!("token-{n}");
                journal.write(vec![Write::ForgetPlan(FILE, token.clone())]).await.expect("written");
                let row = journal.read(|reader| reader.transfer(FILE)).await.expect("read").expect("there");
                assert_eq!(row.token, token);
            }
        };
        tokio::select! {
            () = others => {}
            () = writes_and_reads => {}
        }
    }
}
