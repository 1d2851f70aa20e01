//! `davit pause|resume|cancel`: asks the process that is at work, or changes the records when none is.

use davit_core::engine::feed::Action;
use davit_core::error::Result;
use davit_core::ids::TransferId;
use davit_core::uploader::control::{self, Request};
use davit_core::uploader::{Options, Uploader};

use crate::args::Which;
use crate::{DONE, NOTHING};

pub(crate) async fn run(action: Action, which: &Which) -> Result<u8> {
    let mut options = Options::from_env()?;
    let transfers = (!which.all).then(|| which.ids.iter().copied().map(TransferId::new).collect());
    let request = Request { action, transfers };
    let reply = if let Some(reply) = control::send(&options.home, &request).await? {
        reply
    } else {
        options.hold = true;
        let uploader = Uploader::open(options).await?;
        let reply = control::perform(uploader.engine(), request).await;
        if action == Action::Cancel && reply.is_ok() {
            // Nobody else will remove what S3 holds before the next upload; do it now if the way is known.
            let sweep = uploader.engine().sweep();
            let _ = tokio::time::timeout(std::time::Duration::from_secs(20), sweep).await;
        }
        uploader.close().await;
        reply?
    };
    println!("{} changed", reply.count);
    Ok(if reply.count > 0 || which.all { DONE } else { NOTHING })
}
