//! `davit pause|resume|cancel`: asks the process that is at work, or changes the records when none is.

use davit_core::engine::feed::Action;
use davit_core::error::Result;
use davit_core::ids::TransferId;
use davit_core::journal::Reader;
use davit_core::uploader::control::{self, Request};
use davit_core::uploader::{Options, Uploader};

use crate::args::Which;
use crate::look::on_record;
use crate::{DONE, NOTHING, SOME, left, status, text, words};

pub(crate) async fn run(action: Action, which: &Which) -> Result<u8> {
    let mut options = Options::from_env()?;
    if !on_record(&options.home)? {
        text::line(status::NOTHING_YET)?;
        return Ok(if which.all { DONE } else { NOTHING });
    }
    let (known, unknown) = which.known(&Reader::open(&options.home)?)?;
    for id in &unknown {
        text::note(&format!("davit: There is no transfer {id}. See `davit status`."));
    }
    if known.is_empty() && !which.all {
        return Ok(NOTHING);
    }
    let request = Request { action, transfers: (!which.all).then_some(known) };
    let (mut later, mut still_left) = ("", Vec::new());
    let reply = if let Some(reply) = control::send(&options.home, &request).await? {
        reply
    } else {
        options.hold = true;
        let uploader = Uploader::open(options.clone()).await?;
        words::tell(uploader.notice());
        let reply = control::perform(uploader.engine(), request).await;
        let sweeps = action == Action::Cancel && reply.is_ok();
        if sweeps {
            left::sweep(&uploader).await;
        }
        uploader.close().await;
        if sweeps {
            left::sweep_places(&options).await?;
            still_left = left::on_record(&options.home)?;
        }
        if action == Action::Resume {
            later = "; the next `davit upload` to the same place goes on with them";
        }
        reply?
    };
    let (done, verb) = match action {
        Action::Pause => ("paused", "pause"),
        Action::Resume => ("resumed", "resume"),
        _ => ("cancelled", "cancel"),
    };
    text::line(&match reply.count {
        0 => format!("There is nothing to {verb}. See `davit status`."),
        count => format!("{count} {done}{later}"),
    })?;
    for line in left::sentences(&still_left) {
        text::note(&format!("davit: {line}"));
    }
    Ok(match reply.count {
        0 if !which.all => NOTHING,
        _ if !unknown.is_empty() => SOME,
        _ => DONE,
    })
}

impl Which {
    /// The transfers on record, and the numbers that are not.
    fn known(&self, journal: &Reader) -> Result<(Vec<TransferId>, Vec<TransferId>)> {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for id in self.ids.iter().copied().map(TransferId::new) {
            let found = journal.transfer(id)?.is_some();
            if found { &mut known } else { &mut unknown }.push(id);
        }
        Ok((known, unknown))
    }
}
