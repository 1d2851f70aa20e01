//! Where tests break the program: `DAVIT_FAILPOINT=NAME:N:before|after[:panic|:slow]`, the N-th time from 1. It is killed
//! there by what `kill -9` sends, or panics, or takes its time from then on. Debug builds only; elsewhere there is nothing.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What one that is slow takes.
const SLOW: Duration = Duration::from_millis(200);

/// Before or after what the point is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

struct Armed {
    name: String,
    number: u64,
    side: Side,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Dies,
    Panics,
    IsSlow,
}

static ARMED: LazyLock<Option<Armed>> =
    LazyLock::new(|| std::env::var("DAVIT_FAILPOINT").ok().as_deref().and_then(Armed::parse));
/// How often the way passed there.
static SEEN: AtomicU64 = AtomicU64::new(0);

impl Armed {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        let (name, number, side) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        let side = match side {
            "before" => Side::Before,
            "after" => Side::After,
            _ => return None,
        };
        let what = match words.next() {
            None => What::Dies,
            Some("panic") => What::Panics,
            Some("slow") => What::IsSlow,
            Some(_) => return None,
        };
        Some(Self { name: name.to_owned(), number, side, what })
    }
}

/// The way passes here.
pub(crate) fn pass(name: &str, side: Side) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(armed) = &*ARMED else { return };
    if armed.name != name || armed.side != side {
        return;
    }
    let times = SEEN.fetch_add(1, Ordering::SeqCst) + 1;
    match armed.what {
        What::Dies if times == armed.number => die(),
        What::Panics => assert_ne!(times, armed.number, "a test wanted it"),
        What::IsSlow if times >= armed.number => std::thread::sleep(SLOW),
        What::Dies | What::IsSlow => {}
    }
}

fn die() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}
